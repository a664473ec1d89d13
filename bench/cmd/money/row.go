package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/subspace-live/subspace/bench/internal/report"
)

// row is one round of one way on one database.
type row struct {
	What      string  `json:"what"`
	Database  string  `json:"database"`
	Way       string  `json:"way"`
	Round     int     `json:"round"`
	Times     int     `json:"times"`
	Rate      float64 `json:"per_second"`
	Transfers float64 `json:"transfers_per_second,omitempty"`
	P50       float64 `json:"p50_ms"` // from the wish to the answer after the commit; from received to committed
	P99       float64 `json:"p99_ms"`
	Valid     bool    `json:"valid"`
	Why       string  `json:"why,omitempty"` // it is not valid
}

// measure runs the benchmark once.
func (r *row) measure(ctx context.Context, binary string, t trial) {
	r.Times = t.share(r.Database, r.Way)
	cmd := exec.CommandContext(ctx, binary, "-test.run", "-", "-test.bench", "^"+t.benchmark+"$/^"+r.Way+"$", "-test.benchtime", fmt.Sprintf("%dx", r.Times)) //nolint:gosec // a program of this repository
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "GOGC=100")
	if r.Database == "sqlite" {
		cmd.Env = append(cmd.Env, "SUBSPACE_TEST_DATABASE=")
	}
	text, err := cmd.CombinedOutput()
	found := r.read(t, string(text))
	switch {
	case err != nil:
		r.Why = fmt.Sprintf("%v: %s", err, strings.Join(strings.Fields(string(text)), " "))
	case !found:
		r.Why = "the benchmark told no figures"
	}
	r.Valid = r.Why == ""
}

// read takes the figures from the line of a Go benchmark: pairs of value and unit.
func (r *row) read(t trial, text string) (found bool) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], t.benchmark+"/"+r.Way) {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return false
			}
			switch fields[i+1] {
			case t.unit:
				r.Rate, r.Transfers, found = value, t.transfers*value, true
			case "p50-ms":
				r.P50 = value
			case "p99-ms":
				r.P99 = value
			}
		}
	}
	return found
}

// String is a line for the terminal.
func (r row) String() string {
	s := fmt.Sprintf("%-5s %-8s %-8s round %d: %.0f/s, p50 %.1f p99 %.1f ms", r.What, r.Database, r.Way, r.Round, r.Rate, r.P50, r.P99)
	if !r.Valid {
		s += "  NOT VALID: " + r.Why
	}
	return s
}

// of returns a figure of the valid rows of one way on one database.
func of(rows []row, what, database, way string, f func(row) float64) (values []float64, all int) {
	for _, r := range rows {
		if r.What == what && r.Database == database && r.Way == way {
			all++
			if r.Valid {
				values = append(values, f(r))
			}
		}
	}
	return values, all
}

// pairs lists each database with each way of a trial, in the order in which they
// came.
func pairs(rows []row, what string) (out [][2]string) {
	for _, r := range rows {
		if p := [2]string{r.Database, r.Way}; r.What == what && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b [2]string) int { return -strings.Compare(a[0], b[0]) })
	return out
}

func rate(r row) float64 { return r.Rate }

func p50(r row) float64 { return r.P50 }

// tables shows what was measured, the ways side by side.
func tables(rows []row) string {
	text := "Median (lowest–highest) of the rounds; ratios within a round.\n"
	for _, what := range []string{"gift", "event"} {
		if t := trials()[what]; len(pairs(rows, what)) > 0 {
			text += "\n#### " + t.title + "\n\n" + t.table(rows)
		}
	}
	return text
}

func (t trial) table(rows []row) string {
	faster := "× " + t.control()
	out := report.Table{Head: []string{"database", "way", t.unit, "transfers/s", "p50 ms", "p99 ms", faster, "valid"}}
	if t.transfers == 0 {
		out.Head[6] = "p50 " + faster
	}
	for _, p := range pairs(rows, t.what) {
		column := func(f func(row) float64) string {
			values, _ := of(rows, t.what, p[0], p[1], f)
			return report.Of(values).String()
		}
		valid, all := of(rows, t.what, p[0], p[1], rate)
		out.Add(p[0], p[1], column(rate), column(func(r row) float64 { return r.Transfers }),
			column(p50), column(func(r row) float64 { return r.P99 }),
			report.Of(t.ratios(rows, p[0], p[1])).String(), fmt.Sprintf("%d of %d", len(valid), all))
	}
	return out.Markdown()
}

// ratios compares a way with the control of the same round: how many times as many
// gifts, or how many times as soon.
func (t trial) ratios(rows []row, database, way string) (values []float64) {
	for _, r := range rows {
		for _, c := range rows {
			if r.What != t.what || c.What != t.what || r.Database != database || r.Way != way || c.Database != database ||
				c.Way != t.control() || c.Round != r.Round || !r.Valid || !c.Valid {
				continue
			}
			switch {
			case t.transfers > 0 && c.Rate > 0:
				values = append(values, r.Rate/c.Rate)
			case t.transfers == 0 && r.P50 > 0:
				values = append(values, c.P50/r.P50)
			}
		}
	}
	return values
}

// holds fails when fewer gifts than the floor are posted together on one of the
// databases.
func holds(rows []row, floor float64) error {
	for _, p := range pairs(rows, "gift") {
		values, _ := of(rows, "gift", p[0], p[1], rate)
		if got := report.Of(values).Median; floor > 0 && p[1] == "together" && !(got >= floor) { // no valid row is no rate
			return fmt.Errorf("%s: %.0f gifts a second, at least %.0f are asked for", p[0], got, floor)
		}
	}
	return nil
}
