package main

import (
	"math"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/bench/internal/contender"
)

func TestTheGateShutsForWhatIsDearAndForWhatIsLost(t *testing.T) {
	ran := func(server string, round int, cpu float64) row {
		return row{Class: "immediate", N: 1000, Rate: 10, Server: server, Round: round, CPU: cpu, Delivered: 1, Valid: true}
	}
	invalid := func(r row, late bool) row {
		r.Valid, r.Late, r.Why = false, late, "reasons"
		return r
	}
	ours, floor := contender.Subspace, contender.Floor
	for name, c := range map[string]struct {
		rows  []row
		limit float64
		shut  string
	}{
		"within the limit":         {[]row{ran(ours, 1, 20), ran(floor, 1, 10)}, 3.5, ""},
		"above it":                 {[]row{ran(ours, 1, 36), ran(floor, 1, 10)}, 3.5, "3.60 times"},
		"above it in one round":    {[]row{ran(ours, 1, 36), ran(floor, 1, 10), ran(ours, 2, 20), ran(floor, 2, 10)}, 3.5, ""},
		"above it in every round":  {[]row{ran(ours, 1, 36), ran(floor, 1, 10), ran(ours, 2, 40), ran(floor, 2, 10)}, 3.5, "3.60 times"},
		"no limit":                 {[]row{ran(ours, 1, 90), ran(floor, 1, 10)}, 0, ""},
		"a message was lost":       {[]row{invalid(ran(ours, 1, 20), false), ran(floor, 1, 10)}, 3.5, "not valid"},
		"the machine was busy":     {[]row{invalid(ran(ours, 1, 20), true), ran(floor, 1, 10)}, 3.5, ""},
		"the floor lost something": {[]row{ran(ours, 1, 20), invalid(ran(floor, 1, 10), false)}, 3.5, "not valid"},
		"no floor":                 {[]row{ran(ours, 1, 20)}, 3.5, "nothing was compared"},
		"no cost":                  {[]row{ran(ours, 1, math.NaN()), ran(floor, 1, 10)}, 3.5, "NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			err := hold(c.rows, c.limit)
			if c.shut == "" && err != nil || c.shut != "" && (err == nil || !strings.Contains(err.Error(), c.shut)) {
				t.Errorf("%v, want %q", err, c.shut)
			}
		})
	}
}

// A rate that was not held is the machine's, as long as nothing else is wrong.
func TestARowIsLateOnlyWhenNothingElseIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		row           row
		uneven        int
		valid, isLate bool
	}{
		"all well":           {row{N: 10, Published: 2, Delivered: 20, Rate: 10, Achieved: 10}, 0, true, false},
		"slow":               {row{N: 10, Published: 2, Delivered: 20, Rate: 10, Achieved: 9}, 0, false, true},
		"lost":               {row{N: 10, Published: 2, Delivered: 19, Rate: 10, Achieved: 10}, 1, false, false},
		"lost and slow":      {row{N: 10, Published: 2, Delivered: 19, Rate: 10, Achieved: 9}, 1, false, false},
		"another's messages": {row{N: 10, Published: 2, Delivered: 20, Rate: 10, Achieved: 10}, 2, false, false},
	} {
		c.row.judge(c.uneven, 0, 0, nil)
		if c.row.Valid != c.valid || c.row.Late != c.isLate {
			t.Errorf("%s: valid %v, late %v: %s", name, c.row.Valid, c.row.Late, c.row.Why)
		}
	}
}
