package main

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/progress"
	"github.com/subspace-live/subspace/bench/internal/report"
)

// experiment is one call of the command.
type experiment struct {
	n, window, rounds int
	settle            time.Duration

	stage *contender.Stage
	log   progress.Log
	rows  []row
}

// row is one server in one round. Memory is in KiB.
type row struct {
	N       int     `json:"n"`
	Server  string  `json:"server"`
	Round   int     `json:"round"`
	Seconds float64 `json:"seconds"` // until all were in
	CPU     float64 `json:"cpu_us_per_join"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	RSS     float64 `json:"rss_per_conn"`
	Valid   bool    `json:"valid"`
	Why     string  `json:"why,omitempty"` // it is not valid

	User     float64 `json:"user_us"`
	Kernel   float64 `json:"kernel_kib_per_conn"` // the server's half of what the kernel's sockets take
	RSSEmpty float64 `json:"rss_empty_kib"`
	Closed   int64   `json:"closed"`
}

// perform lets all servers take turns.
func (e *experiment) perform(ctx context.Context, servers []string) error {
	for round := 1; round <= e.rounds; round++ {
		for _, server := range servers {
			r := row{N: e.n, Server: server, Round: round}
			if err := e.storm(ctx, &r); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				r.Why = err.Error()
			}
			e.rows = append(e.rows, r)
			e.log.Tell("%-15s round %d: all in after %.2f s, %.0f µs (user %.0f), p50 %.0f p99 %.0f ms, %.2f KiB %s",
				server, round, r.Seconds, r.CPU, r.User, r.P50, r.P99, r.RSS, r.Why)
		}
	}
	return nil
}

// storm is one server's turn.
func (e *experiment) storm(ctx context.Context, r *row) error {
	running, err := e.stage.Start(ctx, r.Server, contender.Class{})
	if err != nil {
		return err
	}
	defer running.Stop()
	if err := progress.Pause(ctx, time.Second); err != nil { // what the start has left to do
		return err
	}
	before, err := meter.Read(running.PID)
	if err != nil {
		return err
	}
	people, err := crowd.Join(ctx, crowd.Options{
		Address: running.Address, N: e.n, Dialect: running.Dialect, Window: e.window,
		From: netip.AddrFrom4([4]byte{127, 0, 16, 1}),
	})
	if err != nil {
		return err
	}
	defer people.Close()
	if err := progress.Pause(ctx, 200*time.Millisecond); err != nil { // answers still on their way
		return err
	}
	after, err := meter.Spend(running.PID)
	if err != nil {
		return err
	}
	if err := progress.Pause(ctx, e.settle); err != nil {
		return err
	}
	idle, err := meter.Read(running.PID)
	if err != nil {
		return err
	}
	r.joined(people, after.Since(before.Spent))
	r.RSSEmpty, r.RSS = before.Resident, (idle.Resident-before.Resident)/float64(e.n)
	r.Kernel = (idle.Kernel - before.Kernel) / 2 / float64(e.n) // the other half is the crowd's end
	return nil
}

func (r *row) joined(people *crowd.Crowd, cost meter.Spent) {
	all, each := people.Joining()
	slices.Sort(each)
	r.Seconds, r.P50, r.P99 = all.Seconds(), report.Percentile(each, 0.5), report.Percentile(each, 0.99)
	r.CPU, r.User = cost.Per(int64(r.N)), meter.Micros(cost.User, int64(r.N))
	r.Closed = people.Tally().Closed
	if r.Valid = r.Closed == 0; !r.Valid {
		r.Why = fmt.Sprintf("%d connections closed", r.Closed)
	}
}
