package event

// Badge names a step of tenure, such as m3; empty for none. Authors carry it.
type Badge string

// BadgeOf returns the badge of a tenure in months; empty for who does not
// subscribe.
func BadgeOf(subscriber bool, months int) Badge {
	if !subscriber {
		return ""
	}
	is := Badge("m1")
	for _, step := range BadgeSteps() {
		if months >= step.Months {
			is = step.Badge
		}
	}
	return is
}

// BadgeStep is a badge and from how many months on it is carried.
type BadgeStep struct {
	Badge  Badge
	Months int
}

// BadgeSteps returns all of them, the shortest tenure first.
func BadgeSteps() []BadgeStep {
	return []BadgeStep{{"m1", 1}, {"m3", 3}, {"m6", 6}, {"m12", 12}, {"m24", 24}}
}
