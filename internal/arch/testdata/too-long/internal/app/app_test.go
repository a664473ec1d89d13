package app

func longTest() {
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
	_ = 1
}
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
// More.
