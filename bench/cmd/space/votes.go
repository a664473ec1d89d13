package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
	"github.com/subspace-live/subspace/bench/internal/report"
)

// experiment is one call of the command.
type experiment struct {
	binary        string
	voters, hands int
	rate          float64
	length        time.Duration

	log  progress.Log
	rows []row
}

const handle, options = "ines", 3

// take is one round on one database, with a fresh server.
func (e *experiment) take(ctx context.Context, r *row) error {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Minute)
	defer cancel()
	folder, err := os.MkdirTemp("", "subspace-bench-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // temporary
	var args []string
	if r.Database == "postgres" {
		address, err := place.Database(ctx)
		if err != nil {
			return err
		}
		args = append(args, "--database", address)
	}
	server, err := place.Serve(ctx, place.Options{Binary: e.binary, Data: folder, Args: args})
	if err != nil {
		return err
	}
	defer server.Stop()
	owner, err := server.Found(ctx, handle)
	if err != nil {
		return err
	}
	people, err := server.Light(ctx, e.voters)
	if err != nil {
		return fmt.Errorf("make accounts: %w", err)
	}
	caller := place.NewCaller(server.URL, "127.0.2.2")
	defer caller.Close()
	var poll struct{ ID string }
	if err := caller.Call(ctx, owner, "POST", "/api/channels/"+handle+"/polls", map[string]any{
		"key": "the-only-one", "room": "public", "question": "Which?", "options": []string{"A", "B", "C"}, "changeable": true,
	}, &poll); err != nil {
		return err
	}
	spent, err := meter.Spend(server.PID)
	if err != nil {
		return err
	}
	hands := e.vote(ctx, server, "/api/channels/"+handle+"/polls/"+poll.ID, people)
	cost, err := meter.Spend(server.PID)
	if err != nil {
		return err
	}
	r.sum(hands)
	r.Micros = cost.Since(spent).Per(int64(r.Acknowledged))
	var result struct{ Options []struct{ Votes int } }
	if err := caller.Call(ctx, owner, "POST", "/api/channels/"+handle+"/polls/"+poll.ID+"/close", nil, &result); err != nil {
		return err
	}
	want := make([]int, options)
	for _, h := range hands {
		for _, choice := range h.last {
			want[choice]++
		}
	}
	for i, o := range result.Options {
		r.Lost += max(0, want[i]-o.Votes)
	}
	if r.Refused > 0 || r.Lost > 0 {
		return fmt.Errorf("%d refused, of which the first: %v; %d lost", r.Refused, firstRefusal(hands), r.Lost)
	}
	return nil
}

// hand votes for some of the people, one vote after the other, each when it is due.
type hand struct {
	last    map[int]int // what of each person was acknowledged last
	delays  []time.Duration
	refused []error
	began   time.Time
	ended   time.Time
}

// vote has everybody vote in turn, on schedule.
func (e *experiment) vote(ctx context.Context, server *place.Server, poll string, people []place.Person) []*hand {
	count := int(e.rate * e.length.Seconds())
	hands := make([]*hand, min(e.hands, len(people)))
	began := time.Now().Add(200 * time.Millisecond)
	var all sync.WaitGroup
	for n := range hands {
		h := &hand{last: map[int]int{}, began: began}
		hands[n] = h
		all.Go(func() {
			c := place.NewCaller(server.URL, fmt.Sprintf("127.0.%d.%d", 40+n/250, 1+n%250))
			defer c.Close()
			for i := n; i < count && ctx.Err() == nil; i += len(hands) {
				due := began.Add(time.Duration(float64(i) / e.rate * float64(time.Second)))
				time.Sleep(time.Until(due))
				who := i % len(people)
				choice := (who + i/len(people)) % options
				err := c.Call(ctx, people[who], "PUT", poll+"/vote", map[string]any{"option": choice}, nil)
				if h.ended = time.Now(); err != nil {
					h.refused = append(h.refused, err)
					continue
				}
				h.last[who] = choice
				h.delays = append(h.delays, h.ended.Sub(due))
			}
		})
	}
	all.Wait()
	return hands
}

func (r *row) sum(hands []*hand) {
	var delays []time.Duration
	var began, ended time.Time
	for _, h := range hands {
		delays = append(delays, h.delays...)
		r.Refused += len(h.refused)
		if began = h.began; h.ended.After(ended) {
			ended = h.ended
		}
	}
	slices.Sort(delays)
	r.Acknowledged = len(delays)
	r.Sent = r.Acknowledged + r.Refused
	r.Achieved = float64(r.Acknowledged) / ended.Sub(began).Seconds()
	r.P50, r.P99, r.Slowest = report.Percentile(delays, 0.5), report.Percentile(delays, 0.99), report.Percentile(delays, 1)
}

func firstRefusal(hands []*hand) error {
	for _, h := range hands {
		if len(h.refused) > 0 {
			return h.refused[0]
		}
	}
	return nil
}
