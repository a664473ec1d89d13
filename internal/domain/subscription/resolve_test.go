package subscription_test

import (
	"errors"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// own makes objects of the provider belong to others.
func (w *world) own(owners map[string]string) {
	w.provider.mu.Lock()
	defer w.provider.mu.Unlock()
	w.provider.owners = owners
}

func TestAnEventAboutAChargeRefreshesWhatWasPaid(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	buyer := w.person(true)
	c, ref := w.buy(buyer)
	w.own(map[string]string{"charge:1": ref, "charge:2": subscription.CheckoutObject(c.Ref), "charge:3": ""})
	w.receive(in, "evt_3", "charge:3", true)
	if n := w.settle(in); n != 1 || w.inside(buyer).Allowed || w.provider.fetches != 0 {
		t.Fatalf("a charge of nothing of ours: %d objects, %d fetches", n, w.provider.fetches)
	}
	w.receive(in, "evt_1", "charge:1", true)
	if n := w.settle(in); n != 1 || !w.inside(buyer).Allowed {
		t.Fatalf("a charge of a subscription: %d objects, inside: %v", n, w.inside(buyer))
	}
	w.receive(in, "evt_2", "charge:2", false)
	if n := w.settle(in); n != 1 {
		t.Fatalf("a charge of a checkout: %d objects", n)
	}
	w.clock.Advance(time.Hour)
	if n := w.settle(in); n != 0 {
		t.Errorf("%d objects are still due", n)
	}
}

func TestAnOwnerThatCannotBeAskedIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	buyer := w.person(true)
	_, ref := w.buy(buyer)
	w.own(map[string]string{"charge:1": ref})
	w.receive(in, "evt_1", "charge:1", false)
	for name, trouble := range map[string]func(){
		"who owns it": func() { w.provider.down = errors.New("down") },
		"the owner":   func() { w.provider.hook(func(subscription.Object) error { return errors.New("down") }) },
	} {
		trouble()
		if _, err := in.Settle(t.Context()); err == nil || w.inside(buyer).Allowed {
			t.Fatalf("%s: %v", name, err)
		}
		w.provider.down = nil
		w.provider.hook(nil)
		w.clock.Advance(time.Minute)
	}
	if n := w.settle(in); n != 1 || !w.inside(buyer).Allowed {
		t.Fatalf("not healed: %d objects", n)
	}
}

// TestAnOwnerThatIsGone settles the event: it would come back for ever.
func TestAnOwnerThatIsGone(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	w.own(map[string]string{"charge:1": "sub_gone"})
	w.receive(in, "evt_1", "charge:1", false)
	if _, err := in.Settle(t.Context()); fault.Of(err) == nil || fault.Of(err).Kind != fault.Missing {
		t.Fatalf("got %v", err)
	}
	w.clock.Advance(time.Hour)
	if n := w.settle(in); n != 0 {
		t.Errorf("%d objects are still due", n)
	}
}
