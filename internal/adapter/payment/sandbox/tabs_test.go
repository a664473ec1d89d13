package sandbox_test

import (
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Two tabs, two plans, on two servers: one is being paid while the other opens a
// checkout of its own, and pays it. Whoever comes first, the buyer is charged
// once, and no tab is told that it has paid when it has not.
func TestTwoTabsWithTwoPlansChargeOnce(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	other := w.start(sandbox.Mischief{})
	w.tier("Gold", 999)
	tiers, err := w.service.Tiers(t.Context(), w.owner, w.channel)
	must(w, err)
	const rounds = 30
	paid := map[ident.Tier]int{}
	for range rounds {
		buyer := w.person()
		low, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "low", Tier: tiers[0].ID, Agreement: subscription.Agreement{OfAge: true}})
		must(w, err)
		var wg sync.WaitGroup
		told := make([]subscription.Checkout, 2)
		wg.Go(func() {
			for range 2 { // a double click
				if told[0], err = w.till.Pay(t.Context(), buyer, low.ID, good, false); err != nil {
					refusedFairly(t, err)
				}
			}
		})
		wg.Go(func() {
			gold, err := other.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "gold", Tier: tiers[1].ID, Agreement: subscription.Agreement{OfAge: true}})
			if err != nil {
				refusedFairly(t, err)
				return
			}
			if gold.State != subscription.CheckoutOpen {
				return // the other tab was quicker, and this one shows it
			}
			if told[1], err = other.till.Pay(t.Context(), buyer, gold.ID, good, false); err != nil {
				refusedFairly(t, err)
			}
		})
		wg.Wait()
		n := w.count(`SELECT COUNT(*) FROM sandbox_subscription WHERE checkout IN (SELECT id FROM checkout WHERE account = $1)`, string(buyer))
		if n != 1 {
			t.Fatalf("charged %d times; the tabs were told %s and %s", n, told[0].State, told[1].State)
		}
		pending := 0
		for _, c := range told {
			if c.State == subscription.CheckoutPending || c.State == subscription.CheckoutComplete {
				pending++
			}
		}
		if pending > 1 {
			t.Fatalf("both tabs say that they have paid: %+v", told)
		}
		w.lookAround(w.process(&life{}, honest))
		list, err := w.service.List(t.Context(), buyer)
		must(w, err)
		if len(list) != 1 || !w.inside(buyer).Allowed {
			t.Fatalf("in the end there are %d subscriptions", len(list))
		}
		paid[list[0].Plan.Tier]++
	}
	t.Logf("who came first: %v", paid)
}

// Resuming past the period that was paid begins the next one, and charges it: once,
// also from two tabs on two servers that click twice.
func TestResumingPastThePeriodChargesOnce(t *testing.T) {
	w := newWorld(t, sandbox.Mischief{})
	other := w.start(sandbox.Mischief{})
	for range 10 {
		buyer := w.person()
		w.pay(buyer, w.checkout(buyer).ID, good)
		w.lookAround(w.process(&life{}, honest))
		list, err := w.service.List(t.Context(), buyer)
		must(w, err)
		_, err = w.service.Pause(t.Context(), buyer, list[0].ID)
		must(w, err)
		w.clock.Advance(period + time.Hour)
		var wg sync.WaitGroup
		for _, n := range []*node{w.node, other, w.node, other} {
			wg.Go(func() {
				if is, err := n.service.Resume(t.Context(), buyer, list[0].ID); err != nil || is.State != subscription.Active {
					t.Errorf("got %+v, %v", is, err)
				}
			})
		}
		wg.Wait()
		if n := w.count(`SELECT COUNT(*) FROM sale WHERE buyer = $1`, string(buyer)); n != 2 {
			t.Fatalf("%d payments", n)
		}
	}
}

// refusedFairly accepts what a tab may be told that came second.
func refusedFairly(t *testing.T, err error) {
	t.Helper()
	for _, reason := range []string{"checkout_expired", "already_subscribed", "checkout_busy", "checkout_paid"} {
		if fault.Is(err, reason) {
			return
		}
	}
	t.Errorf("a tab was told %v", err)
}
