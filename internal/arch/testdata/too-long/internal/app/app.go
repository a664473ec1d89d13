// Package app is a sample.
//
// Owns: nothing. Promises: nothing. Does not do: anything.
package app

func long() {
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

func fits() {
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
