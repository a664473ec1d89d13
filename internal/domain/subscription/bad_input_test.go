package subscription_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// payments that cannot be, each in one way.
func impossible() map[string]func(c *subscription.Charge) {
	back := func(amounts ...int64) func(*subscription.Charge) {
		return func(c *subscription.Charge) {
			for i, n := range amounts {
				c.Refunds = append(c.Refunds, subscription.Refund{Ref: string(rune('a' + i)), Amount: n, At: c.At})
			}
		}
	}
	return map[string]func(c *subscription.Charge){
		"another currency":           func(c *subscription.Charge) { c.Total.Currency = "USD" },
		"a currency that is none":    func(c *subscription.Charge) { c.Total.Currency = "" },
		"nothing":                    func(c *subscription.Charge) { c.Total.Minor = 0 },
		"less than nothing":          func(c *subscription.Charge) { c.Total.Minor = -499 },
		"more than can be counted":   func(c *subscription.Charge) { c.Total.Minor = math.MaxInt64 },
		"a share too large to count": func(c *subscription.Charge) { c.Total.Minor = math.MaxInt64/10_000 + 1 },
		"more tax than price":        func(c *subscription.Charge) { c.Tax.Minor = c.Total.Minor + 1 },
		"a tax below nothing":        func(c *subscription.Charge) { c.Tax.Minor = -1 },
		"a fee below nothing":        func(c *subscription.Charge) { c.Fee = -1 },
		"more back than was paid":    back(300, 300),
		"a refund below nothing":     back(-1),
		"refunds that overflow":      back(100, math.MaxInt64),
	}
}

// A provider that tells of what cannot be is not believed: no right, no sale, no
// posting comes of it, somebody is told, and it is asked again until it says
// something else.
func TestAPaymentThatCannotBeIsNotBelieved(t *testing.T) {
	for name, spoil := range impossible() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.service.Share = 2000
			var alerts []subscription.Difference
			w.service.Differs = func(d subscription.Difference) { alerts = append(alerts, d) }
			in := w.inbox()
			buyer, holder := w.person(true), w.person(true)
			_, ref := w.buy(buyer)
			_, running := w.subscribe(holder)
			stands, books := w.inside(holder), w.books()
			w.provider.renew(running)
			honest := map[string]subscription.Object{}
			for _, ref := range []string{ref, running} {
				honest[ref] = w.provider.change(ref, func(*subscription.Object) {})
				w.provider.change(ref, func(o *subscription.Object) { spoil(&o.Charges[len(o.Charges)-1]) })
				w.receive(in, "evt_"+ref, ref, false)
			}
			for range 2 {
				_, err := in.Settle(t.Context())
				wantReason(t, err, "charge_differs")
				w.clock.Advance(time.Minute)
			}
			if w.inside(buyer).Allowed || w.inside(holder) != stands || w.books() != books || len(w.sales()) != 1 {
				t.Errorf("it was believed: %+v, %+v, %d sales", w.inside(buyer), w.books(), len(w.sales()))
			}
			if got := whats(alerts); !slices.Equal(got, []string{"charge_differs", "charge_differs"}) || in.Differences() != 2 {
				t.Errorf("told %v, counted %d", alerts, in.Differences())
			}
			if found, err := w.service.Examine(t.Context()); len(found.Left) == 0 {
				t.Errorf("a look at everything finds %+v, %v", found, err)
			}
			for ref, o := range honest {
				w.provider.change(ref, func(is *subscription.Object) { *is = o })
			}
			w.clock.Advance(5 * time.Minute)
			w.settle(in)
			if !w.inside(buyer).Allowed || !w.inside(holder).Until.After(stands.Until) || len(w.sales()) != 3 {
				t.Errorf("when it says something else: %+v, %+v", w.inside(buyer), w.inside(holder))
			}
			if left, err := w.service.Recheck(t.Context()); err != nil || len(left) > 0 {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}

// The same for the one payment of a gift.
func TestAGiftThatCannotBeIsNotHandedOut(t *testing.T) {
	for name, spoil := range impossible() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			in := w.inbox()
			friend := w.person(true)
			c := w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(friend), Months: 1})
			spoil(w.provider.sessions[c.ID].charge)
			w.receive(in, "evt_1", subscription.CheckoutObject(c.Ref), false)
			_, err := in.Settle(t.Context())
			wantReason(t, err, "charge_differs")
			if w.inside(friend).Allowed || len(w.sales()) > 0 {
				t.Error("it was believed")
			}
		})
	}
}

// What another product sold by the same account, or another provider of ours,
// gives nothing here, and is not asked about for ever.
func TestWhatWasNotSoldHereGivesNothing(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	elsewhere := w.person(true)
	w.service.Providers = append(w.service.Providers, limited{w.provider})
	other, err := w.service.OpenCheckout(t.Context(), elsewhere, w.channel, subscription.Purchase{Key: "k", Provider: "limited"})
	if err != nil {
		t.Fatal(err)
	}
	for name, checkout := range map[string]ident.Checkout{
		"no metadata": "", "metadata of another server": "06eanz3y0196vnxz7qva5jzbr4", "a checkout of another provider": other.ID,
	} {
		t.Run(name, func(t *testing.T) {
			buyer := w.person(true)
			_, ref := w.buy(buyer)
			w.provider.change(ref, func(o *subscription.Object) { o.Checkout = checkout })
			w.receive(in, "evt_"+ref, ref, false)
			if n := w.settle(in); n != 1 {
				t.Fatalf("%d objects were due", n)
			}
			w.clock.Advance(10 * time.Minute)
			if n := w.settle(in); n != 0 {
				t.Errorf("%d objects are due again", n)
			}
			if w.inside(buyer).Allowed || w.inside(elsewhere).Allowed || len(w.sales()) > 0 {
				t.Error("it gave something")
			}
		})
	}
}

// Two tabs open checkouts for two plans and both are paid by somebody who can:
// the first is given up when the second opens, so that only one can.
func TestOnlyOneOfTwoPlansCanBePaid(t *testing.T) {
	w := newWorld(t)
	gold, buyer := w.tier("Gold", 999, 0), w.person(true)
	open := func(key string, tier ident.Tier) subscription.Checkout {
		t.Helper()
		c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: key, Tier: tier})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	low := open("a", "")
	dear := open("b", gold.ID)
	if low.ID == dear.ID || !w.provider.sessions[low.ID].expired {
		t.Fatalf("both can be paid: %+v and %+v", low, dear)
	}
	_, err := w.service.Payable(t.Context(), buyer, low.ID)
	wantReason(t, err, "checkout_expired")
	w.refresh(w.provider.pay(dear.ID))
	_, err = w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "c"})
	wantReason(t, err, "already_subscribed")
	// The page of the first one is paid all the same, late: the money is there, and
	// the buyer keeps what it bought.
	w.refresh(w.provider.pay(low.ID))
	w.update(func(tx *store.Tx) error {
		c, _, err := tx.CheckoutByID(t.Context(), low.ID)
		if c.State != subscription.CheckoutComplete {
			t.Errorf("what was paid is %s", c.State)
		}
		return err
	})
}

// A price cannot leave what a year of the dearest tier for a hundred people costs.
func TestNoCheckoutCostsMoreThanCanBeCounted(t *testing.T) {
	most := subscription.Checkout{Plan: subscription.Plan{Price: money.Amount{Minor: math.MaxInt64 / 2, Currency: "EUR"}}, Quantity: 3}
	if total, err := most.Total(); err == nil {
		t.Errorf("it costs %v", total)
	}
}
