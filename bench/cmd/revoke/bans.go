package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/subspace-live/subspace/bench/internal/place"
)

// ban bans the first members, by the owner's hand on both nodes in turn, and
// returns how long the burst took.
func (s *stage) ban(ctx context.Context, e *experiment) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	callers := make([]*place.Caller, len(s.nodes))
	for i, node := range s.nodes {
		callers[i] = place.NewCaller(node.URL, "127.0.2.1")
		defer callers[i].Close()
	}
	next := make(chan int)
	began := time.Now()
	var working sync.WaitGroup
	for range e.moderating {
		working.Go(func() {
			for i := range next {
				order := map[string]any{"account": s.members[i].ID, "kind": "ban", "reason": "bench"}
				if err := callers[i%2].Call(ctx, s.owner, "POST", "/api/channels/"+handle+"/sanctions", order, nil); err != nil {
					cancel(fmt.Errorf("ban member %d: %w", i, err))
				}
			}
		})
	}
	for i := range e.bans {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	working.Wait()
	return time.Since(began).Seconds(), context.Cause(ctx)
}

// imposed reads from the channel's own log when each ban was written, by account.
func (s *stage) imposed(ctx context.Context) (map[string]time.Time, error) {
	c := place.NewCaller(s.nodes[0].URL, "127.0.2.1")
	defer c.Close()
	at := map[string]time.Time{}
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
			var e struct {
				Seq  int64
				Kind string
				At   time.Time
				Data struct{ Account string }
			}
			if err := json.Unmarshal(raw, &e); err != nil {
				return nil, fmt.Errorf("read the channel's log: %w", err)
			}
			if e.Kind == "sanction.imposed" {
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
