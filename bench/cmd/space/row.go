package main

import (
	"fmt"

	"github.com/subspace-live/subspace/bench/internal/report"
)

// row is what one round came to.
type row struct {
	Database     string  `json:"database"`
	Door         string  `json:"door"`
	Round        int     `json:"round"`
	Voters       int     `json:"voters"`
	Rate         float64 `json:"rate"` // asked for, votes a second
	Sent         int     `json:"sent"`
	Acknowledged int     `json:"acknowledged"`
	Refused      int     `json:"refused"`
	Achieved     float64 `json:"achieved_rate"` // acknowledged a second, until the last answer
	P50          float64 `json:"p50_ms"`        // from when a vote was due to its answer
	P99          float64 `json:"p99_ms"`
	Slowest      float64 `json:"slowest_ms"`
	Micros       float64 `json:"cpu_micros"`    // of processor time for each vote, the kernel's among it
	Lost         int     `json:"lost"`          // people of whose last acknowledged vote the result knows nothing
	Why          string  `json:"why,omitempty"` // it is not valid
}

func (r row) String() string {
	if r.Why != "" {
		return fmt.Sprintf("votes by %s, %s, round %d: not valid: %s", r.Door, r.Database, r.Round, r.Why)
	}
	return fmt.Sprintf("votes by %s, %s, round %d: %.0f votes a second of %.0f, p50 %.1f ms, p99 %.1f ms, %d refused, %d lost",
		r.Door, r.Database, r.Round, r.Achieved, r.Rate, r.P50, r.P99, r.Refused, r.Lost)
}

func table(rows []row) string {
	t := report.Table{Head: []string{"database", "by", "round", "people", "asked/s", "achieved/s", "p50 ms", "p99 ms", "slowest ms", "µs of CPU each", "refused", "lost", "valid"}}
	for _, r := range rows {
		valid := "yes"
		if r.Why != "" {
			valid = "no: " + r.Why
		}
		t.Add(r.Database, r.Door, fmt.Sprint(r.Round), fmt.Sprint(r.Voters), fmt.Sprintf("%.0f", r.Rate), fmt.Sprintf("%.0f", r.Achieved),
			fmt.Sprintf("%.1f", r.P50), fmt.Sprintf("%.1f", r.P99), fmt.Sprintf("%.1f", r.Slowest), fmt.Sprintf("%.0f", r.Micros),
			fmt.Sprint(r.Refused), fmt.Sprint(r.Lost), valid)
	}
	return t.Markdown()
}
