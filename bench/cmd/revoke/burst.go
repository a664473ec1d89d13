package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
)

// revoke takes the right of those who leave, by the owner's hand on both nodes in
// turn, or waits until the clock has. It returns how long the burst took.
func (s *stage) revoke(ctx context.Context, e *experiment) (float64, error) {
	if s.way.take == nil {
		return 0, progress.Pause(ctx, time.Until(s.ends))
	}
	s.asked = make([]time.Time, s.leaving)
	began := time.Now()
	err := s.each(ctx, e.moderating, s.leaving, func(ctx context.Context, c *place.Caller, i int) error {
		path, body := s.way.take(s, s.members[i])
		s.asked[i] = time.Now()
		return c.Call(ctx, s.owner, "POST", "/api/channels/"+handle+path, body, nil)
	})
	return time.Since(began).Seconds(), err
}

// each does something for every number below n, so many at once, on both nodes in
// turn. The first failure ends it.
func (s *stage) each(ctx context.Context, atOnce, n int, do func(ctx context.Context, c *place.Caller, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	callers := make([]*place.Caller, len(s.nodes))
	for i, node := range s.nodes {
		callers[i] = place.NewCaller(node.URL, "127.0.2.1")
		defer callers[i].Close()
	}
	next := make(chan int)
	var working sync.WaitGroup
	for range atOnce {
		working.Go(func() {
			for i := range next {
				if err := do(ctx, callers[i%len(callers)], i); err != nil {
					cancel(fmt.Errorf("member %d: %w", i, err))
				}
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	working.Wait()
	return context.Cause(ctx)
}

// businessEvent is an event of the channel's own log.
type businessEvent struct {
	Seq  int64
	Kind string
	At   time.Time
	Data struct{ Account, Why string }
}

// lost says when each of those who left lost the right, by account: the clock's
// time, or what the channel's own log says.
func (s *stage) lost(ctx context.Context) (map[string]time.Time, error) {
	at := map[string]time.Time{}
	if s.way.take == nil {
		for _, m := range s.members[:s.leaving] {
			at[m.ID] = s.ends
		}
		return at, nil
	}
	c := place.NewCaller(s.nodes[0].URL, "127.0.2.1")
	defer c.Close()
	before := int64(0)
	for {
		var page struct {
			Events []json.RawMessage
			More   bool
		}
		path := fmt.Sprintf("/api/channels/%s/rooms/channel/events?limit=500&before=%d", handle, before)
		if err := c.Call(ctx, s.owner, "GET", path, nil, &page); err != nil {
			return nil, fmt.Errorf("read the channel's log: %w", err)
		}
		for i, raw := range page.Events {
			var e businessEvent
			if err := json.Unmarshal(raw, &e); err != nil {
				return nil, fmt.Errorf("read the channel's log: %w", err)
			}
			if s.way.lost(e) {
				at[e.Data.Account] = e.At
			}
			if i == 0 {
				before = e.Seq
			}
		}
		if !page.More || len(page.Events) == 0 {
			return at, nil
		}
	}
}
