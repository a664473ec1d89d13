// Package badge owns what shows how long somebody has subscribed.
//
// Owns: the steps of tenure that carry a badge, and the creator's own pictures for
// them. Promises: a picture and the event that tells of it commit together; only
// the owner of a channel changes its pictures; a picture is everybody's to see,
// as badges stand beside public messages. Does not do: counting months (package
// access), reading pictures (adapter/picture).
package badge

import "github.com/subspace-live/subspace/internal/domain/fault"

// Badge names a step of tenure, such as m3; empty for none.
type Badge string

// Of returns the badge of a tenure in months; empty for who does not subscribe.
func Of(subscriber bool, months int) Badge {
	if !subscriber {
		return ""
	}
	is := Badge("m1")
	for _, step := range Steps() {
		if months >= step.Months {
			is = step.Badge
		}
	}
	return is
}

// Step is a badge and from how many months on it is carried.
type Step struct {
	Badge  Badge
	Months int
}

// Steps returns all of them, the shortest tenure first.
func Steps() []Step {
	return []Step{{"m1", 1}, {"m3", 3}, {"m6", 6}, {"m12", 12}, {"m24", 24}}
}

// check refuses what is no badge with badge_missing.
func (b Badge) check() error {
	for _, step := range Steps() {
		if step.Badge == b {
			return nil
		}
	}
	return fault.New(fault.Missing, "badge_missing", "There is no badge %q.", b)
}
