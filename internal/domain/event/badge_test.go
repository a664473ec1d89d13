package event

import "testing"

func TestTheBadgeGrowsWithTheMonths(t *testing.T) {
	for months, want := range map[int]Badge{
		0: "m1", 1: "m1", 2: "m1", 3: "m3", 5: "m3", 6: "m6", 11: "m6", 12: "m12", 23: "m12", 24: "m24", 240: "m24",
	} {
		if got := BadgeOf(true, months); got != want {
			t.Errorf("%d months: %q, want %q", months, got, want)
		}
		if got := BadgeOf(false, months); got != "" {
			t.Errorf("%d months once: %q", months, got)
		}
	}
}
