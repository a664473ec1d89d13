package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/report"
	"github.com/subspace-live/subspace/bench/internal/speaker"
)

// row is one round on one database.
type row struct {
	Database  string  `json:"database"`
	Round     int     `json:"round"`
	Listeners int     `json:"listeners"`
	Senders   int     `json:"senders"`
	Rate      float64 `json:"rate"`
	Achieved  float64 `json:"achieved_rate"` // acknowledged per second
	P50       float64 `json:"p50_ms"`        // from when a post was due to its acknowledgement
	P99       float64 `json:"p99_ms"`
	Valid     bool    `json:"valid"`
	Why       string  `json:"why,omitempty"` // it is not valid

	Seconds      float64 `json:"seconds"`
	Posted       int64   `json:"posted"`
	Acknowledged int64   `json:"acknowledged"`
	Refused      int64   `json:"refused"`
	Cores        float64 `json:"server_cores"` // that the server kept busy
	Busy         float64 `json:"machine_busy"` // share of all cores
	Delivered    int64   `json:"delivered"`
	Heard        float64 `json:"heard_per_listener_per_second"`
	Skipped      int64   `json:"skipped_frames"`
	Slow         int64   `json:"slow_frames"` // of them to listeners who were too slow for the sample
	Closed       int64   `json:"closed"`
	OutOfOrder   int64   `json:"out_of_order"` // neither said nor announced as skipped, or said again
}

// written notes what became of the posts.
func (r *row) written(a speaker.Answers, cost meter.Spent) {
	r.Acknowledged, r.Refused = a.Acknowledged, a.Refused
	r.P50, r.P99 = report.Percentile(a.Delays, 0.5), report.Percentile(a.Delays, 0.99)
	if a.Span > 0 {
		r.Achieved = float64(a.Acknowledged) / a.Span.Seconds()
	}
	r.Cores = cost.Process.Seconds() / r.Seconds
	r.Busy = cost.Busy.Seconds() / r.Seconds / float64(runtime.NumCPU())
}

// heard notes what the listeners got of it.
func (r *row) heard(t crowd.Tally, w crowd.Window) {
	r.Delivered, r.Closed, r.OutOfOrder, r.Skipped, r.Slow = t.Delivered, t.Closed, w.OutOfOrder, w.Skips, w.Slow
	if r.Listeners > 0 {
		r.Heard = float64(t.Delivered) / r.Seconds / float64(r.Listeners)
	}
}

// heldShare is how much of the offered rate a valid row has carried.
const heldShare = 0.98

func (r *row) judge(complaint error) {
	var why []string
	is := func(wrong bool, format string, args ...any) {
		if wrong {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	is(r.Acknowledged != r.Posted, "acknowledged %d of %d", r.Acknowledged, r.Posted)
	is(r.Refused > 0, "%d refused", r.Refused)
	is(r.Achieved < heldShare*r.Rate, "acknowledged %.0f/s of %.0f/s", r.Achieved, r.Rate)
	is(r.Closed > 0, "%d listeners closed", r.Closed)
	is(r.OutOfOrder > 0, "%d gaps or repetitions", r.OutOfOrder)
	is(r.Listeners > 0 && r.Delivered == 0, "nobody heard anything")
	is(complaint != nil, "%v", complaint)
	r.Valid, r.Why = len(why) == 0, strings.Join(why, "; ")
}

// String is a line for the terminal.
func (r row) String() string {
	s := fmt.Sprintf("%-8s round %d: %.0f/s acknowledged, p50 %.0f p99 %.0f ms, %.2f cores, each of %d hears %.1f/s, %d skips",
		r.Database, r.Round, r.Achieved, r.P50, r.P99, r.Cores, r.Listeners, r.Heard, r.Skipped)
	if !r.Valid {
		s += "  NOT VALID: " + r.Why
	}
	return s
}

// table shows the databases side by side.
func table(rows []row) string {
	t := report.Table{Head: []string{"database", "offered/s", "acknowledged/s", "p50 ms", "p99 ms", "server cores", "heard/s each", "closed", "valid"}}
	var databases []string
	for _, r := range rows {
		if !slices.Contains(databases, r.Database) {
			databases = append(databases, r.Database)
		}
	}
	for _, d := range databases {
		valid, all := 0, 0
		of := func(f func(row) float64) string {
			var values []float64
			for _, r := range rows {
				if r.Database == d && r.Posted > 0 {
					values = append(values, f(r))
				}
			}
			return report.Of(values).String()
		}
		for _, r := range rows {
			if r.Database == d {
				all++
				if r.Valid {
					valid++
				}
			}
		}
		t.Add(d, of(func(r row) float64 { return r.Rate }), of(func(r row) float64 { return r.Achieved }),
			of(func(r row) float64 { return r.P50 }), of(func(r row) float64 { return r.P99 }), of(func(r row) float64 { return r.Cores }),
			of(func(r row) float64 { return r.Heard }), of(func(r row) float64 { return float64(r.Closed) }), fmt.Sprintf("%d of %d", valid, all))
	}
	return fmt.Sprintf("### post, %d senders, %d listeners\n\nMedian (lowest–highest) of the rounds.\n\n%s", rows[0].Senders, rows[0].Listeners, t.Markdown())
}
