package main

import (
	"fmt"
	"strings"

	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/report"
	"github.com/subspace-live/subspace/bench/internal/stand"
)

// row is one node, or all of them, while people talked. Memory is in MiB.
type row struct {
	Part      string  `json:"part"`  // memory, nodes
	Phase     string  `json:"phase"` // paced, burst
	Node      int     `json:"node"`  // 0: all
	N         int     `json:"n"`
	Rate      float64 `json:"rate"`
	Published int64   `json:"published"`
	Delivered int64   `json:"delivered"`
	P50       float64 `json:"p50_ms"` // of one connection in 16; of all nodes, the slowest one's
	P99       float64 `json:"p99_ms"`
	Most      float64 `json:"max_ms"`
	Valid     bool    `json:"valid"`
	Why       string  `json:"why,omitempty"` // it is not valid

	Closed       int64   `json:"closed"`
	Uneven       int     `json:"uneven"`       // connections with another number of messages than was said
	OutOfOrder   int64   `json:"out_of_order"` // on any connection
	Repeated     int64   `json:"repeated"`
	Skips        int64   `json:"skipped"`
	Acknowledged int64   `json:"acknowledged"` // since the beginning
	Refused      int64   `json:"refused"`
	Unanswered   int64   `json:"unanswered"`
	Join         float64 `json:"join_seconds"`
	Empty        float64 `json:"rss_empty_mib"`
	Memory       float64 `json:"rss_above_empty_mib"`
	After        float64 `json:"rss_above_empty_after_load_mib"`
	Kernel       float64 `json:"kernel_mib"`          // the servers' half of what the kernel's sockets take
	CPU          float64 `json:"cpu_us_per_delivery"` // processes and ksoftirqd
	Cores        float64 `json:"server_cores"`        // that the servers kept busy
	Seconds      float64 `json:"seconds"`
}

// seen notes what reached the connections; each had so many messages before.
func (r *row) seen(a stand.Account, before int64) {
	r.Delivered = a.Delivered - before*int64(r.N)
	r.Closed, r.Uneven, r.OutOfOrder, r.Repeated, r.Skips = a.Closed, a.Uneven, a.OutOfOrder, a.Repeated, a.Skips
	r.P50, r.P99, r.Most = a.P50, a.P99, a.Most
}

// spent notes what it took.
func (r *row) spent(s meter.Spent) {
	r.CPU, r.Cores = s.Per(r.Delivered), s.Process.Seconds()/r.Seconds
}

// judge says whether the row counts.
func (r *row) judge(complaint error) {
	is := func(wrong bool, format string, args ...any) {
		if wrong {
			r.blame(fmt.Sprintf(format, args...))
		}
	}
	r.Valid = true
	wanted := r.Published * int64(r.N)
	is(r.Delivered != wanted, "delivered %d of %d", r.Delivered, wanted)
	is(r.Uneven > 0, "%d connections have another count than was said", r.Uneven)
	is(r.OutOfOrder > 0, "%d messages out of order", r.OutOfOrder)
	is(r.Repeated > 0, "%d messages twice", r.Repeated)
	is(r.Skips > 0, "%d times something was left out", r.Skips)
	is(r.Closed > 0, "%d connections closed", r.Closed)
	is(r.Refused > 0, "%d posts refused", r.Refused)
	is(r.Unanswered > 0, "%d posts without an answer", r.Unanswered)
	is(complaint != nil, "%v", complaint)
}

func (r *row) blame(why string) {
	r.Valid = false
	r.Why = strings.TrimPrefix(r.Why+"; "+why, "; ")
}

// add adds a node to the row of all.
func (r *row) add(node row) {
	if r.Why == "" {
		r.Valid = true
	}
	r.Delivered += node.Delivered
	r.Closed += node.Closed
	r.Uneven += node.Uneven
	r.OutOfOrder += node.OutOfOrder
	r.Repeated += node.Repeated
	r.Skips += node.Skips
	r.Acknowledged += node.Acknowledged
	r.Refused += node.Refused
	r.Unanswered += node.Unanswered
	r.Empty += node.Empty
	r.Memory += node.Memory
	r.After += node.After
	r.P50, r.P99, r.Most = max(r.P50, node.P50), max(r.P99, node.P99), max(r.Most, node.Most)
	if !node.Valid {
		r.blame(fmt.Sprintf("node %d: %s", node.Node, node.Why))
	}
}

// String is a line for the terminal.
func (r row) String() string {
	s := fmt.Sprintf("%s %s, %s: %d connections in after %.0f s, %.1f MiB above the empty server's %.1f (%.1f after load), %d messages, %d delivered, p50 %.0f p99 %.0f max %.0f ms",
		r.Part, r.Phase, r.name(), r.N, r.Join, r.Memory, r.Empty, r.After, r.Published, r.Delivered, r.P50, r.P99, r.Most)
	if !r.Valid {
		s += "  NOT VALID: " + r.Why
	}
	return s
}

func (r row) name() string {
	if r.Node == 0 {
		return "all"
	}
	return fmt.Sprint(r.Node)
}

// table shows both parts.
func table(rows []row) string {
	memory := report.Table{Head: []string{"connections", "empty MiB", "MiB above it", "KiB/conn", "after load", "kernel MiB", "in after s", "valid"}}
	nodes := report.Table{Head: []string{
		"phase", "node", "connections", "messages", "msg/s", "delivered", "wrong", "closed", "p50 ms", "p99 ms", "most ms", "MiB above empty", "CPU µs/delivery", "valid",
	}}
	mib := func(f float64) string { return fmt.Sprintf("%.1f", f) }
	for _, r := range rows {
		if r.Part == "memory" {
			memory.Add(fmt.Sprint(r.N), mib(r.Empty), mib(r.Memory), fmt.Sprintf("%.2f", r.Memory*1024/float64(r.N)), mib(r.After), mib(r.Kernel), mib(r.Join), fmt.Sprint(r.Valid))
			continue
		}
		cpu := ""
		if r.CPU > 0 {
			cpu = fmt.Sprintf("%.2f", r.CPU)
		}
		wrong := int64(r.Uneven) + r.OutOfOrder + r.Repeated + r.Skips
		nodes.Add(r.Phase, r.name(), fmt.Sprint(r.N), fmt.Sprint(r.Published), fmt.Sprint(r.Rate), fmt.Sprint(r.Delivered), fmt.Sprint(wrong), fmt.Sprint(r.Closed),
			fmt.Sprintf("%.0f", r.P50), fmt.Sprintf("%.0f", r.P99), fmt.Sprintf("%.0f", r.Most), mib(r.Memory), cpu, fmt.Sprint(r.Valid))
	}
	text := ""
	if len(memory.Rows) > 0 {
		text += "### scale, one node\n\n" + memory.Markdown()
	}
	if len(nodes.Rows) > 0 {
		text += "\n### scale, one room on several nodes\n\nDelays of all are the slowest node's.\n\n" + nodes.Markdown()
	}
	return text
}
