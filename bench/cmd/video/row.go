package main

import (
	"fmt"
	"time"

	"github.com/subspace-live/subspace/bench/internal/report"
	"github.com/subspace-live/subspace/bench/internal/viewer"
)

// row is one turn of one server.
type row struct {
	Server  string `json:"server"`
	Round   int    `json:"round"`
	Viewers int    `json:"viewers"`
	// Shares of a core: while nothing is sent, while nobody watches, with all viewers.
	Quiet     float64 `json:"quiet_core"`
	Unwatched float64 `json:"unwatched_core"`
	Busy      float64 `json:"busy_core"`
	Stream    float64 `json:"stream_core"` // what the stream adds
	Thousand  float64 `json:"core_per_1000_viewers"`
	Requests  float64 `json:"requests_per_viewer_s"`
	Parts     float64 `json:"parts_per_viewer_s"` // of each rendition
	Megabits  float64 `json:"megabits_per_viewer_s"`
	Resident  float64 `json:"resident_kib"`
	Valid     bool    `json:"valid"`
	Why       string  `json:"why,omitempty"` // it is not valid
}

func (r *row) count(got viewer.Counts, d time.Duration, renditions int) {
	each := d.Seconds() * float64(r.Viewers)
	r.Requests = float64(got.Requests) / each
	r.Parts = float64(got.Parts) / each / float64(renditions)
	r.Megabits = float64(got.Bytes) * 8 / 1e6 / each
	r.Stream = r.Unwatched - r.Quiet
	r.Thousand = (r.Busy - r.Unwatched) / float64(r.Viewers) * 1000
}

// partsASecond is how many there are to be had, and how few are too few: who gets
// less has been left behind.
const (
	partsASecond = 2.0
	partsAtLeast = 0.9 * partsASecond
)

func (r *row) complete() error {
	if r.Parts < partsAtLeast {
		return fmt.Errorf("viewers got %.2f parts a second of %.0f", r.Parts, partsASecond)
	}
	return nil
}

// String is a line for the terminal.
func (r row) String() string {
	s := fmt.Sprintf("%-15s round %d: %d viewers, %.2f cores per 1,000, a stream %.2f %% and the server %.2f %% of a core, %.1f requests and %.2f parts a second, %.0f MB",
		r.Server, r.Round, r.Viewers, r.Thousand, 100*r.Stream, 100*r.Quiet, r.Requests, r.Parts, r.Resident/1024)
	if !r.Valid {
		s += "  NOT VALID: " + r.Why
	}
	return s
}

// of returns a figure of the valid rows of a server.
func of(rows []row, server string, f func(row) float64) (values []float64, all int) {
	for _, r := range rows {
		if r.Server == server {
			all++
			if r.Valid {
				values = append(values, f(r))
			}
		}
	}
	return values, all
}

func thousand(r row) float64 { return r.Thousand }

func streams(r row) float64 { return r.Stream }

// ratios compares a server with ours in the same round.
func ratios(rows []row, server string, f func(row) float64) (values []float64) {
	for _, r := range rows {
		for _, o := range rows {
			if r.Server == server && o.Server == ours && r.Round == o.Round && r.Valid && o.Valid && f(o) > 0 {
				values = append(values, f(r)/f(o))
			}
		}
	}
	return values
}

func table(rows []row) string {
	out := report.Table{Head: []string{"server", "cores per 1,000 viewers", "× ours", "server alone, % of a core", "a stream, % of a core", "× ours", "requests/s each", "parts/s each", "Mb/s each", "MB", "valid"}}
	for _, server := range []string{ours, library, cached} {
		valid, all := of(rows, server, thousand)
		if all == 0 {
			continue
		}
		column := func(f func(row) float64) string {
			values, _ := of(rows, server, f)
			return report.Of(values).String()
		}
		out.Add(server, column(thousand), report.Of(ratios(rows, server, thousand)).String(),
			column(func(r row) float64 { return 100 * r.Quiet }), column(func(r row) float64 { return 100 * r.Stream }), report.Of(ratios(rows, server, streams)).String(),
			column(func(r row) float64 { return r.Requests }), column(func(r row) float64 { return r.Parts }),
			column(func(r row) float64 { return r.Megabits }), column(func(r row) float64 { return r.Resident / 1024 }),
			fmt.Sprintf("%d of %d", len(valid), all))
	}
	return "Median (lowest–highest) of the rounds; ratios within a round.\n\n" + out.Markdown()
}

// holds fails unless each server costs at least so many times as much as ours.
func holds(rows []row, least map[string]float64) error {
	for server, want := range least {
		values := ratios(rows, server, thousand)
		if _, all := of(rows, server, thousand); all == 0 || want == 0 {
			continue
		}
		if got := report.Of(values).Median; !(got >= want) {
			return fmt.Errorf("%s costs %.2f times as much as ours for each viewer, which is less than %.2f", server, got, want)
		}
	}
	return nil
}
