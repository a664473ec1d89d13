package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/meter"
)

// row is one server at one rate in one round. Memory is in KiB, CPU in
// microseconds.
type row struct {
	Class  string  `json:"class"`
	N      int     `json:"n"`
	Rate   float64 `json:"rate"`
	Server string  `json:"server"`
	Round  int     `json:"round"`
	RSS    float64 `json:"rss_per_conn"`
	CPU    float64 `json:"cpu_us_per_delivery"` // process and ksoftirqd
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
	Valid  bool    `json:"valid"`
	Why    string  `json:"why,omitempty"` // it is not valid
	Late   bool    `json:"late"`          // it is not, but for nothing else than the rate, which may be the machine's fault

	Kernel      float64 `json:"kernel_kib_per_conn"` // the server's half of what the kernel's sockets take
	RSSAfter    float64 `json:"rss_per_conn_after_load"`
	RSSEmpty    float64 `json:"rss_empty_kib"`
	JoinCPU     float64 `json:"join_cpu_us"`
	JoinSeconds float64 `json:"join_seconds"`
	Process     float64 `json:"process_us"`
	User        float64 `json:"user_us"`
	Softirq     float64 `json:"ksoftirqd_us"`
	Busy        float64 `json:"machine_busy"` // share of all cores, generator and strangers included
	Seconds     float64 `json:"seconds"`
	Achieved    float64 `json:"achieved_rate"`
	Published   int64   `json:"published"`
	Delivered   int64   `json:"delivered"`
	Closed      int64   `json:"closed"`
	OutOfOrder  int64   `json:"out_of_order"` // on the connections looked at
	Reads       float64 `json:"reads_per_message"`
	Bytes       float64 `json:"bytes_per_message"`

	cost meter.Spent
}

func (r *row) spent(s meter.Spent) {
	r.cost = s
	r.Busy = s.Busy.Seconds() / r.Seconds / float64(runtime.NumCPU())
}

// counted notes what arrived.
func (r *row) counted(t crowd.Tally, w crowd.Window, merge time.Duration) {
	r.Delivered, r.Closed = t.Delivered, t.Closed
	r.OutOfOrder = w.OutOfOrder
	r.P50, r.P99 = percentiles(w)
	if t.Delivered > 0 {
		r.CPU = r.cost.Per(t.Delivered)
		r.Process = meter.Micros(r.cost.Process, t.Delivered)
		r.User = meter.Micros(r.cost.User, t.Delivered)
		r.Softirq = meter.Micros(r.cost.Softirq, t.Delivered)
		r.Reads = float64(t.Reads) / float64(t.Delivered)
		r.Bytes = float64(t.Bytes) / float64(t.Delivered)
	}
	// The first message may have left at once and the last waited for company.
	span := max(w.Span-merge, time.Duration(float64(r.Published-1)/r.Rate*float64(time.Second)))
	if span > 0 {
		r.Achieved = float64(r.Published-1) / span.Seconds()
	}
}

// heldShare is how much of the offered rate a valid row has carried.
const heldShare = 0.98

// judge says whether the row counts.
func (r *row) judge(uneven int, unacknowledged, refused int64, err error) {
	var why []string
	is := func(wrong bool, format string, args ...any) {
		if wrong {
			why = append(why, fmt.Sprintf(format, args...))
		}
	}
	is(r.Delivered != r.Published*int64(r.N), "delivered %d of %d", r.Delivered, r.Published*int64(r.N))
	is(uneven > 0, "%d connections have another count than was sent", uneven)
	is(r.Closed > 0, "%d connections closed", r.Closed)
	is(r.OutOfOrder > 0, "%d messages out of order", r.OutOfOrder)
	is(unacknowledged > 0, "%d posts without an answer", unacknowledged)
	is(refused > 0, "%d posts refused", refused)
	is(err != nil, "%v", err)
	r.Late = len(why) == 0
	is(r.Achieved < heldShare*r.Rate, "carried %.1f/s of %.1f/s", r.Achieved, r.Rate)
	r.Late = r.Late && len(why) > 0
	r.Valid, r.Why = len(why) == 0, strings.Join(why, "; ")
}

// String is a line for the terminal.
func (r row) String() string {
	s := fmt.Sprintf("%-9s n=%-5d %3g/s %-15s round %d: %5.2f KiB, %5.2f µs (user %.2f), p50 %.0f p99 %.0f ms, join %.0f µs, %.2f reads/message",
		r.Class, r.N, r.Rate, r.Server, r.Round, r.RSS, r.CPU, r.User, r.P50, r.P99, r.JoinCPU, r.Reads)
	if !r.Valid {
		s += "  NOT VALID: " + r.Why
	}
	return s
}
