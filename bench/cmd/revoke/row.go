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
	Way     string  `json:"way"`
	Round   int     `json:"round"`
	Sockets int     `json:"sockets"`
	Leaving int     `json:"revocations"`
	Rate    float64 `json:"private_messages_per_second"`
	P50     float64 `json:"p50_ms"` // from the loss to the last private byte
	P99     float64 `json:"p99_ms"`
	Max     float64 `json:"max_ms"`
	Valid   bool    `json:"valid"`
	Why     string  `json:"why,omitempty"` // it is not valid

	ShutP50      float64 `json:"closed_p50_ms"` // from the loss to the frame that says so
	ShutP99      float64 `json:"closed_p99_ms"`
	AskedP50     float64 `json:"asked_p50_ms"` // from the owner's call to the frame; 0: the clock took the right
	AskedP99     float64 `json:"asked_p99_ms"`
	BurstSeconds float64 `json:"burst_seconds"`
	Revoked      int     `json:"revoked_sockets"`
	Open         int     `json:"never_closed"`
	AfterShut    int64   `json:"private_after_closed"`
	Missing      int     `json:"others_incomplete"` // sockets of members who stayed and miss messages
	Messages     int64   `json:"messages"`
}

// measure compares what each socket of those who left saw with when they lost the
// right.
func (r *row) measure(s *stage, e *experiment, lost map[string]time.Time) {
	var last, shut, asked []time.Duration
	for node := range s.nodes {
		for i := range e.leaving {
			at, socket := lost[s.members[i].ID].UnixNano(), node*e.members+i
			r.Revoked++
			// Nothing private after the loss is no time at all.
			last = append(last, max(0, time.Duration(s.watch.private[socket].Load()-at)))
			if when := s.watch.shut[socket].Load(); when != 0 {
				shut = append(shut, time.Duration(when-at))
				if s.asked != nil {
					asked = append(asked, time.Duration(when-s.asked[i].UnixNano()))
				}
			} else {
				r.Open++
			}
		}
	}
	slices.Sort(last)
	slices.Sort(shut)
	slices.Sort(asked)
	r.P50, r.P99, r.Max = report.Percentile(last, 0.5), report.Percentile(last, 0.99), report.Percentile(last, 1)
	r.ShutP50, r.ShutP99 = report.Percentile(shut, 0.5), report.Percentile(shut, 0.99)
	r.AskedP50, r.AskedP99 = report.Percentile(asked, 0.5), report.Percentile(asked, 0.99)
	r.AfterShut, r.Missing = s.watch.after.Load(), s.missing(e, r.Messages)
	if len(lost) != e.leaving {
		r.Why = fmt.Sprintf("the log tells of %d losses, not %d; ", len(lost), e.leaving)
	}
}

func (r *row) judge(refused int64, complaint error) {
	why := []string{}
	is := func(wrong bool, format string, args ...any) {
		if wrong {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	is(r.Open > 0, "%d sockets of those who left were never told", r.Open)
	is(r.AfterShut > 0, "%d private frames after a door was shut", r.AfterShut)
	is(r.Missing > 0, "%d sockets of others miss messages", r.Missing)
	is(refused > 0, "%d posts refused", refused)
	is(complaint != nil, "%v", complaint)
	r.Why += strings.Join(why, "; ")
	r.Valid = r.Why == ""
}

// String is a line for the terminal.
func (r row) String() string {
	s := fmt.Sprintf("%s round %d: %d in %.1f s, last private byte p50 %.0f p99 %.0f max %.0f ms after, door shut p50 %.0f p99 %.0f ms after, p99 %.0f ms after it was asked for",
		r.Way, r.Round, r.Leaving, r.BurstSeconds, r.P50, r.P99, r.Max, r.ShutP50, r.ShutP99, r.AskedP99)
	if !r.Valid {
		s += "  NOT VALID: " + r.Why
	}
	return s
}

// table shows every round.
func table(rows []row) string {
	t := report.Table{Head: []string{"by", "sockets", "people", "burst s", "private msg/s", "last private byte p50 ms", "p99", "most", "told p50 ms", "p99", "told after the call p50 ms", "p99", "leaks", "valid"}}
	for _, r := range rows {
		t.Add(r.Way, fmt.Sprint(r.Sockets), fmt.Sprint(r.Leaving), fmt.Sprintf("%.1f", r.BurstSeconds), fmt.Sprint(r.Rate),
			fmt.Sprintf("%.0f", r.P50), fmt.Sprintf("%.0f", r.P99), fmt.Sprintf("%.0f", r.Max),
			fmt.Sprintf("%.0f", r.ShutP50), fmt.Sprintf("%.0f", r.ShutP99),
			fmt.Sprintf("%.0f", r.AskedP50), fmt.Sprintf("%.0f", r.AskedP99), fmt.Sprint(r.AfterShut), fmt.Sprint(r.Valid))
	}
	return "### revoke, two nodes\n\n" + t.Markdown()
}
