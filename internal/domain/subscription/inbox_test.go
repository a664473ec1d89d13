package subscription_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func (w *world) inbox() *subscription.Inbox {
	return subscription.NewInbox(w.service, time.Hour, func(err error) { w.t.Log("inbox:", err) })
}

func (w *world) receive(in *subscription.Inbox, id, ref string, terminal bool) {
	w.t.Helper()
	e := subscription.Event{Provider: "fake", ID: id, Kind: "changed", Object: ref, Terminal: terminal}
	if err := in.Receive(w.t.Context(), e); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) settle(in *subscription.Inbox) int {
	w.t.Helper()
	n, err := in.Settle(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestARepeatedEventHasNoSecondEffect(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	buyer := w.person(true)
	_, ref := w.buy(buyer)
	for range 3 {
		w.receive(in, "evt_1", ref, false)
	}
	if n := w.settle(in); n != 1 || !w.inside(buyer).Allowed {
		t.Fatalf("%d objects were due; inside: %v", n, w.inside(buyer))
	}
	fetches := w.provider.fetches
	w.receive(in, "evt_1", ref, false)
	if n := w.settle(in); n != 0 || w.provider.fetches != fetches {
		t.Errorf("%d objects were due again", n)
	}
}

func TestAFailedEventComesBackLaterAndLater(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	buyer := w.person(true)
	_, ref := w.buy(buyer)
	w.receive(in, "evt_1", ref, false)
	w.provider.hook(func(subscription.Object) error { return errors.New("provider down") })
	for _, pause := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		if _, err := in.Settle(t.Context()); err == nil {
			t.Fatal("the trouble was not told")
		}
		w.clock.Advance(pause - time.Millisecond)
		if n := w.settle(in); n != 0 {
			t.Fatalf("tried again before %v", pause)
		}
		w.clock.Advance(time.Millisecond)
	}
	w.provider.hook(nil)
	if n := w.settle(in); n != 1 || !w.inside(buyer).Allowed {
		t.Fatal("not healed")
	}
}

func TestAClaimEndsWithTheNodeThatHeldIt(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	buyer := w.person(true)
	_, ref := w.buy(buyer)
	w.receive(in, "evt_1", ref, false)
	ctx, crash := context.WithCancel(t.Context())
	w.provider.hook(func(subscription.Object) error { crash(); return ctx.Err() })
	if _, err := in.Settle(ctx); err == nil {
		t.Fatal("the node did not crash")
	}
	w.provider.hook(nil)
	next := w.inbox() // of the node that starts again
	if n := w.settle(next); n != 0 {
		t.Fatal("two nodes work on one object")
	}
	w.clock.Advance(5 * time.Second)
	if n := w.settle(next); n != 1 || !w.inside(buyer).Allowed {
		t.Fatal("the event was lost with its node")
	}
}

func TestWhatShutsDoorsGoesFirst(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	for i := range 5 {
		_, ref := w.buy(w.person(true))
		w.receive(in, fmt.Sprint("evt_", i), ref, false)
		w.clock.Advance(time.Second)
	}
	_, disputed := w.subscribe(w.person(true))
	w.provider.change(disputed, func(o *subscription.Object) { dispute(o, w.clock.Now()) })
	w.receive(in, "evt_dispute", disputed, true)
	w.settle(in)
	if whys := w.whys(); !slices.Equal(whys[:2], []string{"paid", "disputed"}) || len(whys) != 7 {
		t.Errorf("applied in the order %v", whys)
	}
}

func TestAnEventOfSomethingGoneIsSettled(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	w.receive(in, "evt_1", "sub_gone", false)
	_, err := in.Settle(t.Context())
	wantReason(t, err, "no_subscription")
	w.clock.Advance(time.Hour)
	if n := w.settle(in); n != 0 {
		t.Error("it is asked about for ever")
	}
}

// TestRunAppliesWhatWasLeftBehindAndWhatComes uses the goroutines of a server.
func TestRunAppliesWhatWasLeftBehindAndWhatComes(t *testing.T) {
	w := newWorld(t)
	rung := make(chan struct{}, 100)
	_, service := w.node(func(events []room.Bell) {
		for _, e := range events {
			envelope, err := event.Decode(e.Bytes)
			if _, ok := event.As[event.GrantChanged](envelope); ok && err == nil {
				rung <- struct{}{}
			}
		}
	})
	in := subscription.NewInbox(service, time.Hour, func(err error) { t.Log(err) })
	left, comes := w.person(true), w.person(true)
	_, ref := w.buy(left)
	w.receive(w.inbox(), "evt_left", ref, false)

	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = in.Run(ctx) })
	await(t, rung)
	_, ref = w.buy(comes)
	w.receive(in, "evt_comes", ref, false)
	await(t, rung)
	stop()
	wg.Wait()
	if !w.inside(left).Allowed || !w.inside(comes).Allowed {
		t.Error("not inside after the bell")
	}
}

// TestMoreThanTheQueuesHoldIsInTheTable overfills the shards before anybody works.
func TestMoreThanTheQueuesHoldIsInTheTable(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	_, ref := w.buy(w.person(true))
	for i := range 400 { // all of one object, hence of one shard of 256
		w.receive(in, fmt.Sprint("evt_", i), ref, false)
	}
	if n := w.settle(in); n != 1 {
		t.Errorf("%d objects were due", n)
	}
	if n := w.settle(in); n != 0 || len(w.whys()) != 1 {
		t.Errorf("%d objects still due; told %v", n, w.whys())
	}
}

func await(t *testing.T, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatal("nothing happened")
	}
}

// Events of a provider that is switched off wait in silence: what it sold is left
// to the clock, and nobody can do anything about them.
func TestEventsOfAProviderThatIsOffWaitInSilence(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	if err := in.Receive(t.Context(), subscription.Event{Provider: "gone", ID: "evt_1", Object: "sub_1"}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := in.Settle(t.Context()); err != nil {
			t.Error(err)
		}
		w.clock.Advance(10 * time.Minute)
	}
	w.service.Providers = append(w.service.Providers, renamed{w.provider})
	if n, err := in.Settle(t.Context()); n != 1 || err == nil { // it is asked, and knows nothing of it
		t.Errorf("when it is on again %d are due, %v", n, err)
	}
}
