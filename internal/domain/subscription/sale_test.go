package subscription_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/insight"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const (
	day = 24 * time.Hour
)

// books is what stands on the accounts that sales move, in cents.
type books struct{ clearing, vat, payable, held, revenue, fees int64 }

func (w *world) books() books {
	w.t.Helper()
	accounts := []ledger.Account{
		ledger.Of("provider:fake", ledger.Clearing, "EUR"), ledger.Of(ledger.Operator, ledger.VAT, "EUR"),
		ledger.Of(w.channel, ledger.CreatorPayable, "EUR"), ledger.Of(w.channel, ledger.CreatorHeld, "EUR"),
		ledger.Of(ledger.Operator, ledger.Revenue, "EUR"), ledger.Of(ledger.Operator, ledger.FeeExpense, "EUR"),
	}
	var net [6]int64
	w.update(func(tx *store.Tx) error {
		found, err := tx.Balances(w.t.Context(), accounts)
		for i, a := range accounts {
			net[i] = found[a].Net()
		}
		return err
	})
	return books{-net[0], net[1], net[2], net[3], net[4], -net[5]}
}

func (w *world) wantBooks(want books) {
	w.t.Helper()
	if got := w.books(); got != want {
		w.t.Errorf("the books say %+v, want %+v", got, want)
	}
}

func (w *world) sales() []subscription.NamedSale {
	w.t.Helper()
	sales, err := w.service.Sales(w.t.Context(), w.owner, w.channel, "", "", "")
	if err != nil {
		w.t.Fatal(err)
	}
	return sales
}

// The fake provider takes a sixth for the state and 30 cents for itself; the
// operator keeps a fifth of the rest.
func TestAPaymentIsSharedToTheCent(t *testing.T) {
	w := newWorld(t)
	w.service.Share = 2000
	_, ref := w.subscribe(w.person(true))
	w.refresh(ref) // the same again posts nothing
	paid := books{clearing: 499 - 30, vat: 83, payable: 333, revenue: 83, fees: 30}
	w.wantBooks(paid)
	w.provider.renew(ref)
	w.refresh(ref)
	w.wantBooks(books{clearing: 2 * 469, vat: 2 * 83, payable: 2 * 333, revenue: 2 * 83, fees: 60})
	if sales := w.sales(); len(sales) != 2 || sales[0].Creator() != 333 || sales[0].BuyerName == "" {
		t.Errorf("got %+v", sales)
	}
}

func TestARefundMirrorsThePayment(t *testing.T) {
	w := newWorld(t)
	w.service.Share = 2000
	buyer := w.person(true)
	w.subscribe(buyer)
	charge := w.sales()[0].Charge
	refund := func(by ident.Account, amount int64, end bool) error {
		_, err := w.service.Refund(t.Context(), by, w.channel, "fake", charge, subscription.RefundWish{Amount: amount, End: end})
		return err
	}
	wantReason(t, refund(w.person(true), 0, false), "owner_only")
	wantReason(t, refund(buyer, 0, false), "owner_only")
	wantReason(t, refund(w.owner, 500, false), "refund_too_large")
	if err := refund(w.owner, 100, false); err != nil {
		t.Fatal(err)
	}
	if got := w.books(); got.clearing != 369 || got.vat+got.payable+got.revenue-got.fees != 369 {
		t.Errorf("after a part: %+v", got)
	}
	if !w.inside(buyer).Allowed {
		t.Error("a part closed the door")
	}
	if err := refund(w.owner, 0, true); err != nil {
		t.Fatal(err)
	}
	w.wantBooks(books{clearing: -30, fees: 30})
	if d := w.inside(buyer); d.Allowed || d.Reason != "right_revoked" {
		t.Errorf("after all of it: %+v", d)
	}
	wantReason(t, refund(w.owner, 0, false), "refund_too_large")
	_, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", "nothing", subscription.RefundWish{})
	wantReason(t, err, "sale_missing")
	_, err = w.service.Sales(t.Context(), w.owner, w.channel, "", "fake", "nothing")
	wantReason(t, err, "sale_missing")
}

// TestSalesOfOneMomentAreAllRead has more of them than a page holds.
func TestSalesOfOneMomentAreAllRead(t *testing.T) {
	w := newWorld(t)
	buyers := w.persons(130, true)
	for _, buyer := range buyers {
		w.subscribe(buyer)
	}
	seen := map[string]bool{}
	for last := (subscription.NamedSale{}); ; {
		page, err := w.service.Sales(t.Context(), w.owner, w.channel, "", last.Provider, last.Charge)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, s := range page {
			if seen[s.Charge] || !s.At.Equal(page[0].At) {
				t.Fatalf("sale %s of %v once more, or of another moment", s.Charge, s.At)
			}
			seen[s.Charge] = true
		}
		last = page[len(page)-1]
	}
	if len(seen) != len(buyers) {
		t.Errorf("read %d sales of %d", len(seen), len(buyers))
	}
}

// Who asks about one buyer hears of nobody else, page by page.
func TestSalesToOneBuyer(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, ref := w.subscribe(buyer)
	w.subscribe(w.person(true))
	w.provider.renew(ref)
	w.refresh(ref)
	sales, err := w.service.Sales(t.Context(), w.owner, w.channel, buyer, "", "")
	if err != nil || len(sales) != 2 || sales[0].Buyer != buyer || sales[1].Buyer != buyer {
		t.Fatalf("got %+v, %v", sales, err)
	}
	sales, err = w.service.Sales(t.Context(), w.owner, w.channel, buyer, sales[0].Provider, sales[0].Charge)
	if err != nil || len(sales) != 1 || sales[0].Buyer != buyer {
		t.Errorf("after the first: %+v, %v", sales, err)
	}
	_, err = w.service.Sales(t.Context(), buyer, w.channel, buyer, "", "")
	wantReason(t, err, "owner_only")
}

// A buyer reads what they paid page by page, and nothing of what others paid.
func TestPaymentsOfOneBuyer(t *testing.T) {
	w := newWorld(t)
	buyer, other := w.person(true), w.person(true)
	_, ref := w.subscribe(buyer)
	w.subscribe(other)
	w.provider.renew(ref)
	w.refresh(ref)
	paid, err := w.service.Payments(t.Context(), buyer, "", "")
	if err != nil || len(paid) != 2 || paid[0].Buyer != buyer || paid[1].Buyer != buyer {
		t.Fatalf("got %+v, %v", paid, err)
	}
	rest, err := w.service.Payments(t.Context(), buyer, paid[0].Provider, paid[0].Charge)
	if err != nil || len(rest) != 1 || rest[0].Charge != paid[1].Charge {
		t.Errorf("after the first: %+v, %v", rest, err)
	}
	_, err = w.service.Payments(t.Context(), other, paid[0].Provider, paid[0].Charge)
	wantReason(t, err, "sale_missing")
}

// A refund of the first of two months leaves the second alone.
func TestARefundOfAnOldPeriodLeavesTheDoorOpen(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, ref := w.subscribe(buyer)
	first := w.sales()[0].Charge
	w.clock.Advance(31 * day) // of March
	w.provider.renew(ref)
	w.refresh(ref)
	if _, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", first, subscription.RefundWish{}); err != nil {
		t.Fatal(err)
	}
	if !w.inside(buyer).Allowed {
		t.Error("the door is shut")
	}
	w.wantBooks(books{clearing: 499 - 60, vat: 83, payable: 416, fees: 60})
}

func TestADisputeFreezesAndThenDecides(t *testing.T) {
	for outcome, want := range map[subscription.DisputeState]books{
		subscription.DisputeWon:  {clearing: 469, vat: 83, payable: 333, revenue: 83, fees: 30},
		subscription.DisputeLost: {clearing: -30, fees: 30},
	} {
		t.Run(string(outcome), func(t *testing.T) {
			w := newWorld(t)
			w.service.Share = 2000
			buyer := w.person(true)
			_, ref := w.subscribe(buyer)
			w.provider.change(ref, func(o *subscription.Object) { dispute(o, w.clock.Now()) })
			w.refresh(ref)
			w.refresh(ref)
			w.wantBooks(books{clearing: 469, vat: 83, held: 333, revenue: 83, fees: 30})
			if w.inside(buyer).Allowed {
				t.Error("open while the dispute runs")
			}
			charge := w.sales()[0].Charge
			_, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", charge, subscription.RefundWish{})
			wantReason(t, err, "refund_too_large")
			w.provider.change(ref, func(o *subscription.Object) { settle(o, outcome, w.clock.Now()) })
			w.refresh(ref)
			w.refresh(ref)
			w.wantBooks(want)
			if w.inside(buyer).Allowed != (outcome == subscription.DisputeWon) {
				t.Errorf("after it was %s: %+v", outcome, w.inside(buyer))
			}
		})
	}
}

func TestADisputeThatWasOverWhenWeHeardOfIt(t *testing.T) {
	w := newWorld(t)
	_, ref := w.subscribe(w.person(true))
	w.provider.change(ref, func(o *subscription.Object) {
		dispute(o, w.clock.Now())
		settle(o, subscription.DisputeLost, w.clock.Now())
	})
	w.refresh(ref)
	w.wantBooks(books{clearing: -30, fees: 30})
}

func TestWithdrawingPaysAllBack(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	sub, _ := w.subscribe(buyer)
	_, err := w.service.Withdraw(t.Context(), w.person(true), sub.ID)
	wantReason(t, err, "subscription_missing")
	w.clock.Advance(13 * day)
	got, err := w.service.Withdraw(t.Context(), buyer, sub.ID)
	if err != nil || got.State != subscription.Ended || w.inside(buyer).Allowed {
		t.Errorf("got %+v, %v", got, err)
	}
	w.wantBooks(books{clearing: -30, fees: 30})

	late := w.person(true)
	sub, _ = w.subscribe(late)
	w.clock.Advance(14 * day)
	_, err = w.service.Withdraw(t.Context(), late, sub.ID)
	wantReason(t, err, "withdrawal_over")

	abroad := w.person(true)
	c, ref := w.buy(abroad)
	w.provider.change(ref, func(o *subscription.Object) { o.Charges[0].Tax = subscription.Tax{Country: "US"} })
	w.refresh(ref)
	list, err := w.service.List(t.Context(), c.Account)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.service.Withdraw(t.Context(), abroad, list[0].ID)
	wantReason(t, err, "withdrawal_elsewhere")
}

// TestAnythingThatHappensToASaleLeavesTheBooksRight lets refunds and disputes of
// any size happen in any order, and compares with the sums that the provider has.
func TestAnythingThatHappensToASaleLeavesTheBooksRight(t *testing.T) {
	w := newWorld(t)
	modestly(t)
	rapid.Check(t, func(r *rapid.T) {
		w.open()
		before := w.books()
		w.service.Share = int64(rapid.IntRange(0, 10_000).Draw(r, "share"))
		price := int64(rapid.IntRange(50, 5000).Draw(r, "price"))
		if _, err := w.service.SetPrice(t.Context(), w.owner, w.channel, euros(price)); err != nil {
			r.Fatal(err)
		}
		_, ref := w.subscribe(w.person(true))
		left := price
		for range rapid.IntRange(0, 6).Draw(r, "steps") {
			if left > 0 && rapid.Bool().Draw(r, "refund") {
				back := int64(rapid.IntRange(1, int(left)).Draw(r, "back"))
				left -= back
				if _, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", w.sales()[0].Charge, subscription.RefundWish{Amount: back}); err != nil {
					r.Fatal(err)
				}
			}
			w.refresh(ref)
		}
		if left > 0 && rapid.Bool().Draw(r, "disputed") {
			state := rapid.SampledFrom([]subscription.DisputeState{subscription.DisputeOpen, subscription.DisputeWon, subscription.DisputeLost}).Draw(r, "outcome")
			w.provider.change(ref, func(o *subscription.Object) {
				dispute(o, w.clock.Now())
				settle(o, state, w.clock.Now())
			})
			w.refresh(ref)
			if state == subscription.DisputeLost {
				left = 0
			}
		}
		got := w.books()
		ours := got.vat - before.vat + got.payable + got.held + got.revenue - before.revenue
		if got.clearing-before.clearing != left-30 || ours != left {
			r.Fatalf("%d of %d are ours; the books say %+v after %+v", left, price, got, before)
		}
		if left == 0 && (got.payable != 0 || got.held != 0 || got.vat != before.vat || got.revenue != before.revenue) {
			r.Fatalf("nothing is ours; the books say %+v after %+v", got, before)
		}
	})
}

// What a live sold is what was bought in it: a renewal that fell due meanwhile is not.
func TestARenewalIsNoSaleOfALive(t *testing.T) {
	w := newWorld(t)
	_, ref := w.subscribe(w.person(true))
	w.clock.Advance(31 * 24 * time.Hour)
	w.update(func(tx *store.Tx) error {
		return tx.InsertBroadcast(t.Context(), live.Broadcast{
			ID: "live", Channel: w.channel, State: live.Live, Node: "one", Take: 1, Started: w.clock.Now(),
		})
	})
	w.clock.Advance(time.Minute)
	w.provider.renew(ref)
	if _, err := w.service.Refresh(t.Context(), "fake", ref); err != nil {
		t.Fatal(err)
	}
	figures := insight.Service{Store: store.UnitOf(w.db, func(tx *store.Tx) insight.Tx { return tx }), Now: w.clock.Now}
	sold := func() []insight.Sales {
		t.Helper()
		at, err := figures.Live(t.Context(), w.owner, w.channel, "live")
		if err != nil {
			t.Fatal(err)
		}
		return at.Sales
	}
	if got := sold(); len(got) != 0 {
		t.Errorf("after a renewal: %+v", got)
	}
	w.subscribe(w.person(true))
	w.applied(w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(w.person(true)), Months: 2}))
	if got := sold(); len(got) != 1 || got[0].Count != 2 || got[0].Paid != euros(3*499) {
		t.Errorf("after a first payment and a gift of two months: %+v", got)
	}
}
