package subscription_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// talking is a provider that remembers what it told.
type talking struct {
	*fakeProvider
	events []subscription.Event
	asked  []time.Time
	mute   error
}

func (p *talking) EventsSince(_ context.Context, since time.Time) ([]subscription.Event, error) {
	p.asked = append(p.asked, since)
	return p.events, p.mute
}

func (w *world) talking() *talking {
	p := &talking{fakeProvider: w.provider}
	w.service.Providers = []subscription.Provider{p}
	return p
}

func told(id, object string) subscription.Event {
	return subscription.Event{Provider: "fake", ID: id, Kind: "changed", Object: object}
}

// Events that were lost are asked for; those that came have no second effect.
func TestEventsThatDidNotArriveAreAskedFor(t *testing.T) {
	w := newWorld(t)
	p := w.talking()
	in := w.inbox()
	buyer := w.person(true)
	_, ref := w.buy(buyer)
	p.events = []subscription.Event{told("evt_1", ref), {Provider: "fake", ID: "evt_other", Kind: "changed"}}
	listen := func() {
		t.Helper()
		if err := in.Listen(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	listen()
	if n := w.settle(in); n != 1 || !w.inside(buyer).Allowed {
		t.Fatalf("%d objects were due; inside: %v", n, w.inside(buyer))
	}
	listen()
	w.receive(in, "evt_1", ref, false)
	if n := w.settle(in); n != 0 {
		t.Errorf("%d objects were due again", n)
	}
}

// A provider is asked from a while before the last answer on, so that clocks may
// differ; after a failure, from where it was.
func TestProvidersAreAskedWithAnOverlap(t *testing.T) {
	w := newWorld(t)
	p := w.talking()
	in := w.inbox()
	began := w.clock.Now()
	listen := func(mute error) {
		t.Helper()
		p.mute = mute
		if err := in.Listen(t.Context()); (err != nil) != (mute != nil) {
			t.Fatal(err)
		}
		w.clock.Advance(5 * time.Minute)
	}
	listen(nil)
	listen(nil)
	listen(errors.New("no answer"))
	listen(nil)
	for i, want := range []time.Duration{-72 * time.Hour, -time.Hour, 5*time.Minute - time.Hour, 5*time.Minute - time.Hour} {
		if got := p.asked[i].Sub(began); got != want {
			t.Errorf("question %d is about %v, want %v", i+1, got, want)
		}
	}
}

// Of two providers one that fails does not keep the other waiting, and many
// events are taken in.
func TestManyEventsOfOneProviderBesideASilentOne(t *testing.T) {
	w := newWorld(t)
	silent := &talking{fakeProvider: newFakeProvider(w.clock.Now), mute: errors.New("no answer")}
	p := w.talking()
	_, ref := w.buy(w.person(true))
	w.service.Providers = []subscription.Provider{silent, p}
	for i := range 250 {
		p.events = append(p.events, told(fmt.Sprint("evt_", i), []string{ref, "sub_gone"}[i%2]))
	}
	in := w.inbox()
	wantReason(t, in.Listen(t.Context()), "provider_unavailable")
	if n, err := in.Settle(t.Context()); n != 2 || err == nil {
		t.Errorf("%d objects were due, %v", n, err)
	}
}
