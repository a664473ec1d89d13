package subscription_test

import (
	"slices"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Repair takes in what was lost, mends, and books what the books lack, once.
func TestRepair(t *testing.T) {
	w := newWorld(t)
	p := w.talking()
	in := w.inbox()
	buyer, other := w.person(true), w.person(true)
	_, ref := w.buy(buyer)
	p.events = []subscription.Event{told("evt_1", ref)}
	_, unbooked := w.subscribe(other)
	w.provider.renew(unbooked)
	sale := w.sales()[0].Sale
	before := w.books()
	charge := w.provider.change(unbooked, func(o *subscription.Object) {
		o.Charges[1].Refunds = []subscription.Refund{{Ref: "re_1", Amount: 99, At: w.clock.Now()}}
	}).Charges[1]
	sale.Charge, sale.PeriodStart, sale.PeriodEnd, sale.Refunded, sale.RefundedAt = charge.Ref, charge.PeriodStart, charge.PeriodEnd, 99, w.clock.Now()
	if err := w.put(sale); err != nil {
		t.Fatal(err)
	}
	done, err := in.Repair(t.Context())
	if err != nil || done.Applied != 1 || len(done.Left) != 0 {
		t.Fatalf("got %+v, %v", done, err)
	}
	if got := whats(done.Booked); !slices.Equal(got, []string{"books_differ", "sums_differ", "sums_differ", "sums_differ"}) {
		t.Errorf("booked %v", done.Booked)
	}
	if got := whats(done.Mended); !slices.Equal(got, []string{"right_differs", "subscription_differs"}) {
		t.Errorf("mended %v", done.Mended)
	}
	if got := w.books(); got.clearing != before.clearing+2*(499-30)-99 || !w.inside(buyer).Allowed {
		t.Errorf("the books say %+v, before %+v", got, before)
	}
	after := w.books()
	if done, err := in.Repair(t.Context()); err != nil || done.Applied+len(done.Mended)+len(done.Booked)+len(done.Left) > 0 || w.books() != after {
		t.Errorf("the second time: %+v, %v", done, err)
	}
}

// What only somebody can decide is left: a repair invents no payment.
func TestRepairLeavesWhatNobodyCanExplain(t *testing.T) {
	w := newWorld(t)
	w.crooked = true
	w.subscribe(w.person(true))
	sale := w.sales()[0].Sale
	sale.Charge = "ch_forged"
	if err := w.put(sale); err != nil {
		t.Fatal(err)
	}
	before := w.books()
	done, err := w.inbox().Repair(t.Context())
	if err == nil || len(done.Booked)+len(done.Mended) > 0 || !slices.Contains(whats(done.Left), "charge_missing") {
		t.Errorf("got %+v, %v", done, err)
	}
	if w.books() != before {
		t.Error("the books moved")
	}
}
