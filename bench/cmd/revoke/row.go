package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/subspace-live/subspace/bench/internal/report"
)

// row is one round.
type row struct {
	Round   int     `json:"round"`
	Sockets int     `json:"sockets"`
	Bans    int     `json:"revocations"`
	Rate    float64 `json:"private_messages_per_second"`
	P50     float64 `json:"p50_ms"` // from the ban's event to the last private byte
	P99     float64 `json:"p99_ms"`
	Max     float64 `json:"max_ms"`
	Valid   bool    `json:"valid"`
	Why     string  `json:"why,omitempty"` // it is not valid

	ShutP50      float64 `json:"closed_p50_ms"` // from the ban's event to the frame that says so
	ShutP99      float64 `json:"closed_p99_ms"`
	BurstSeconds float64 `json:"burst_seconds"`
	Revoked      int     `json:"revoked_sockets"`
	Open         int     `json:"never_closed"`
	AfterShut    int64   `json:"private_after_closed"`
	Missing      int     `json:"others_incomplete"` // sockets of members who stayed and miss messages
	Messages     int64   `json:"messages"`
}

// measure compares what each banned socket saw with when its ban was written.
func (r *row) measure(s *stage, e *experiment, bans map[string]time.Time) {
	var last, shut []time.Duration
	for node := range s.nodes {
		for i := range e.bans {
			at, socket := bans[s.members[i].ID].UnixNano(), node*e.members+i
			r.Revoked++
			// Nothing private after the ban is no time at all.
			last = append(last, max(0, time.Duration(s.watch.private[socket].Load()-at)))
			if when := s.watch.shut[socket].Load(); when != 0 {
				shut = append(shut, time.Duration(when-at))
			} else {
				r.Open++
			}
		}
	}
	slices.Sort(last)
	slices.Sort(shut)
	r.P50, r.P99, r.Max = report.Percentile(last, 0.5), report.Percentile(last, 0.99), report.Percentile(last, 1)
	r.ShutP50, r.ShutP99 = report.Percentile(shut, 0.5), report.Percentile(shut, 0.99)
	r.AfterShut, r.Missing = s.watch.after.Load(), s.missing(e, r.Messages)
	if len(bans) != e.bans {
		r.Why = fmt.Sprintf("the log tells of %d bans, not %d; ", len(bans), e.bans)
	}
}

func (r *row) judge(refused int64, complaint error) {
	why := []string{}
	is := func(wrong bool, format string, args ...any) {
		if wrong {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	is(r.Open > 0, "%d sockets of banned members were never told", r.Open)
	is(r.AfterShut > 0, "%d private frames after a door was shut", r.AfterShut)
	is(r.Missing > 0, "%d sockets of others miss messages", r.Missing)
	is(refused > 0, "%d posts refused", refused)
	is(complaint != nil, "%v", complaint)
	r.Why += strings.Join(why, "; ")
	r.Valid = r.Why == ""
}

// String is a line for the terminal.
func (r row) String() string {
	s := fmt.Sprintf("round %d: %d bans in %.1f s, last private byte p50 %.0f p99 %.0f max %.0f ms after, door shut p50 %.0f p99 %.0f ms after",
		r.Round, r.Bans, r.BurstSeconds, r.P50, r.P99, r.Max, r.ShutP50, r.ShutP99)
	if !r.Valid {
		s += "  NOT VALID: " + r.Why
	}
	return s
}

// table shows every round.
func table(rows []row) string {
	t := report.Table{Head: []string{"sockets", "bans", "burst s", "private msg/s", "last private byte p50 ms", "p99", "most", "told p50 ms", "p99", "leaks", "valid"}}
	for _, r := range rows {
		t.Add(fmt.Sprint(r.Sockets), fmt.Sprint(r.Bans), fmt.Sprintf("%.1f", r.BurstSeconds), fmt.Sprint(r.Rate),
			fmt.Sprintf("%.0f", r.P50), fmt.Sprintf("%.0f", r.P99), fmt.Sprintf("%.0f", r.Max),
			fmt.Sprintf("%.0f", r.ShutP50), fmt.Sprintf("%.0f", r.ShutP99), fmt.Sprint(r.AfterShut), fmt.Sprint(r.Valid))
	}
	return "### revoke, two nodes\n\n" + t.Markdown()
}
