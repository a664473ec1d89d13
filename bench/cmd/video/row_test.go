package main

import "testing"

func TestARatioIsTakenWithinARound(t *testing.T) {
	rows := []row{
		{Server: ours, Round: 1, Thousand: 1, Valid: true},
		{Server: library, Round: 1, Thousand: 3, Valid: true},
		{Server: ours, Round: 2, Thousand: 2, Valid: true},
		{Server: library, Round: 2, Thousand: 4, Valid: true},
		{Server: ours, Round: 3, Thousand: 1, Valid: true},
		{Server: library, Round: 3, Thousand: 1, Why: "left behind"},
	}
	if got := ratios(rows, library, thousand); len(got) != 2 || got[0] != 3 || got[1] != 2 {
		t.Errorf("%v", got)
	}
	if err := holds(rows, map[string]float64{library: 2.5, cached: 9}); err != nil {
		t.Errorf("a median of 2.5 is below 2.5: %v", err)
	}
	if holds(rows, map[string]float64{library: 2.6}) == nil {
		t.Error("a median of 2.5 is not below 2.6")
	}
	if holds(rows[:1], map[string]float64{library: 1}) != nil {
		t.Error("who took no turn is missed")
	}
	if holds([]row{rows[5]}, map[string]float64{library: 1}) == nil {
		t.Error("a server without a valid row holds")
	}
}
