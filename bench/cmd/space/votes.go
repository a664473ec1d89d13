package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/report"
)

// byHTTP has people vote as pages without a socket do.
func (e *experiment) byHTTP(ctx context.Context, st *stage, r *row) ([]int, error) {
	hands := e.vote(ctx, st.server, "/api/channels/"+handle+"/polls/"+st.poll, st.people)
	r.sum(hands)
	want := make([]int, options)
	for _, h := range hands {
		for _, choice := range h.last {
			want[choice]++
		}
	}
	return want, firstRefusal(hands)
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
