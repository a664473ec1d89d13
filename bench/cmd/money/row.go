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

// transfers is how many a gift is.
const transfers = 3

// row is one round of one way on one database.
type row struct {
	Database  string  `json:"database"`
	Way       string  `json:"way"`
	Round     int     `json:"round"`
	Gifts     int     `json:"gifts"`
	Rate      float64 `json:"gifts_per_second"`
	Transfers float64 `json:"transfers_per_second"`
	P50       float64 `json:"p50_ms"` // from the wish to the answer after the commit
	P99       float64 `json:"p99_ms"`
	Valid     bool    `json:"valid"`
	Why       string  `json:"why,omitempty"` // it is not valid
}

// measure runs the benchmark once.
func (r *row) measure(ctx context.Context, binary string) {
	cmd := exec.CommandContext(ctx, binary, "-test.run", "-", "-test.bench", "^BenchmarkGift$/^"+r.Way+"$", "-test.benchtime", fmt.Sprintf("%dx", r.Gifts)) //nolint:gosec // a program of this repository
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "GOGC=100")
	if r.Database == "sqlite" {
		cmd.Env = append(cmd.Env, "SUBSPACE_TEST_DATABASE=")
	}
	text, err := cmd.CombinedOutput()
	found := r.read(string(text))
	switch {
	case err != nil:
		r.Why = fmt.Sprintf("%v: %s", err, strings.Join(strings.Fields(string(text)), " "))
	case !found:
		r.Why = "the benchmark told no figures"
	}
	r.Valid = r.Why == ""
}

// read takes the figures from the line of a Go benchmark: pairs of value and unit.
func (r *row) read(text string) (found bool) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "BenchmarkGift/"+r.Way) {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return false
			}
			switch fields[i+1] {
			case "gifts/s":
				r.Rate, r.Transfers, found = value, transfers*value, true
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
	s := fmt.Sprintf("%-8s %-8s round %d: %.0f gifts/s, p50 %.1f p99 %.1f ms", r.Database, r.Way, r.Round, r.Rate, r.P50, r.P99)
	if !r.Valid {
		s += "  NOT VALID: " + r.Why
	}
	return s
}

// of returns a figure of the valid rows of one way on one database.
func of(rows []row, database, way string, f func(row) float64) (values []float64, all int) {
	for _, r := range rows {
		if r.Database == database && r.Way == way {
			all++
			if r.Valid {
				values = append(values, f(r))
			}
		}
	}
	return values, all
}

// pairs lists each database with each way, in the order in which they came.
func pairs(rows []row) (out [][2]string) {
	for _, r := range rows {
		if p := [2]string{r.Database, r.Way}; !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b [2]string) int { return -strings.Compare(a[0], b[0]) })
	return out
}

func rate(r row) float64 { return r.Rate }

// table shows the ways side by side.
func table(rows []row) string {
	t := report.Table{Head: []string{"database", "way", "gifts/s", "transfers/s", "p50 ms", "p99 ms", "× plain", "valid"}}
	for _, p := range pairs(rows) {
		column := func(f func(row) float64) string {
			values, _ := of(rows, p[0], p[1], f)
			return report.Of(values).String()
		}
		valid, all := of(rows, p[0], p[1], rate)
		t.Add(p[0], p[1], column(rate), column(func(r row) float64 { return r.Transfers }),
			column(func(r row) float64 { return r.P50 }), column(func(r row) float64 { return r.P99 }),
			report.Of(ratios(rows, p[0], p[1])).String(), fmt.Sprintf("%d of %d", len(valid), all))
	}
	return "### money, 200 givers, 20 channels\n\nMedian (lowest–highest) of the rounds; ratios within a round.\n\n" + t.Markdown()
}

// ratios compares a way with the plain one of the same round.
func ratios(rows []row, database, way string) (values []float64) {
	for _, r := range rows {
		for _, plain := range rows {
			if r.Database == database && r.Way == way && plain.Database == database && plain.Way == "plain" && plain.Round == r.Round &&
				r.Valid && plain.Valid && plain.Rate > 0 {
				values = append(values, r.Rate/plain.Rate)
			}
		}
	}
	return values
}

// holds fails when 'together' is below the floor on one of the databases.
func holds(rows []row, floor float64) error {
	for _, p := range pairs(rows) {
		values, _ := of(rows, p[0], p[1], rate)
		if got := report.Of(values).Median; floor > 0 && p[1] == "together" && !(got >= floor) { // no valid row is no rate
			return fmt.Errorf("%s: %.0f gifts a second, at least %.0f are asked for", p[0], got, floor)
		}
	}
	return nil
}
