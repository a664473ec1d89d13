package subscription_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// What it takes from when a provider's event is received until its effect is
// committed: 300 subscriptions renew in turn, 200 a second whether the work keeps
// up or not, and the provider takes 5 ms for an answer.
//
//	make bench-money
//	go test -run - -bench Event -benchtime 3000x ./internal/domain/subscription
//	scripts/with-postgres go test -run - -bench Event -benchtime 3000x ./internal/domain/subscription
//
// 'sharded' is Inbox.Run. 'plain' is the control: one worker takes the events as
// they came.
func BenchmarkEvent(b *testing.B) {
	b.Run("sharded", func(b *testing.B) {
		arriving(b, func(ctx context.Context, in *subscription.Inbox) { _ = in.Run(ctx) }) // it ends with ctx
	})
	b.Run("plain", func(b *testing.B) {
		arriving(b, func(ctx context.Context, in *subscription.Inbox) {
			for ctx.Err() == nil {
				if n, err := in.Settle(ctx); (err != nil && ctx.Err() == nil) || n == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	})
}

// renewal is one event: until when it lengthens a right, and when it was received.
type renewal struct{ ends, received time.Time }

// clockwork measures when renewals were received and when they were committed.
type clockwork struct {
	mu     sync.Mutex
	due    map[ident.Account][]renewal // in order
	delays []time.Duration
	all    chan struct{} // closed when so many have been committed as are wanted
	wanted int
}

func (c *clockwork) begin(by ident.Account, ends time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due[by] = append(c.due[by], renewal{ends, time.Now()})
}

// hear takes what was committed. One commit may be the effect of several events.
func (c *clockwork) hear(bells []room.Bell) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, bell := range bells {
		envelope, err := event.Decode(bell.Bytes)
		if err != nil {
			continue
		}
		g, is := event.As[event.GrantChanged](envelope)
		for is && len(c.due[g.Account]) > 0 && !c.due[g.Account][0].ends.After(time.Time(g.Ends)) {
			c.delays = append(c.delays, now.Sub(c.due[g.Account][0].received))
			c.due[g.Account] = c.due[g.Account][1:]
			if len(c.delays) == c.wanted {
				close(c.all)
			}
		}
	}
}

func arriving(b *testing.B, run func(context.Context, *subscription.Inbox)) {
	const subscribers, rate, answer = 300, 200, 5 * time.Millisecond
	w := newWorld(b)
	c := &clockwork{due: map[ident.Account][]renewal{}, all: make(chan struct{}), wanted: b.N}
	_, service := w.node(c.hear)
	people := w.persons(subscribers, true)
	refs := make([]string, subscribers)
	for i, by := range people {
		_, refs[i] = w.subscribe(by)
	}
	w.provider.hook(func(subscription.Object) error { time.Sleep(answer); return nil })
	in := subscription.NewInbox(service, time.Hour, func(err error) { b.Log("inbox:", err) })
	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() { run(ctx, in) })
	defer working.Wait()
	defer stop()

	b.ResetTimer()
	began := time.Now()
	for n := range b.N {
		time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / rate)))
		i := n % subscribers
		o := w.provider.change(refs[i], w.provider.renewed)
		c.begin(people[i], o.PeriodEnd.Add(grace))
		e := subscription.Event{Provider: "fake", ID: fmt.Sprintf("evt_%d", n), Kind: "renewed", Object: refs[i]}
		if err := in.Receive(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
	late := time.NewTimer(2 * time.Minute)
	defer late.Stop()
	select {
	case <-c.all:
	case <-late.C:
		b.Errorf("%d of %d events were applied", len(c.delays), b.N)
		return
	}
	b.StopTimer()
	slices.Sort(c.delays)
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "events/s")
	b.ReportMetric(float64(c.delays[len(c.delays)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(c.delays[len(c.delays)*99/100].Microseconds())/1000, "p99-ms")
}
