package main

import (
	"fmt"
	"slices"

	"github.com/subspace-live/subspace/bench/internal/contender"
)

// hold fails when a delivery of Subspace costs more than a limit times the floor's
// in every round, or when it did not do its work: a machine that is busy with
// something else may make a round dear or late, but not lose a message. 0 is no
// limit.
func hold(rows []row, atMost float64) error {
	if atMost == 0 {
		return nil
	}
	compared := false
	for _, r := range rows {
		if !r.Valid && !r.Late {
			return fmt.Errorf("a row of %s at %g/s is not valid: %s", r.Server, r.Rate, r.Why)
		}
	}
	for _, c := range cells(rows) {
		if c.server != contender.Floor {
			continue
		}
		var ratios []float64
		for _, p := range pairs(rows, c) {
			ratios = append(ratios, p[1].CPU/p[0].CPU)
		}
		if len(ratios) == 0 {
			continue
		}
		compared = true
		if least := slices.Min(ratios); !(least <= atMost) { // also what is no number
			return fmt.Errorf("at %g/s a delivery costs %.2f times the floor's and never less: more than %g", c.rate, least, atMost)
		}
	}
	if !compared {
		return fmt.Errorf("nothing was compared with %s", contender.Floor)
	}
	return nil
}
