package subscription_test

import (
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// back pays the newest charge of a subscription back at its provider, and lets it
// be written down.
func (w *world) back(ref string) {
	w.t.Helper()
	w.provider.change(ref, func(o *subscription.Object) {
		c := &o.Charges[len(o.Charges)-1]
		c.Refunds = []subscription.Refund{{Ref: "re_" + c.Ref, Amount: c.Total.Minor, At: w.clock.Now()}}
	})
	w.refresh(ref)
}

func (w *world) changes(by ident.Account, id ident.Subscription, to subscription.Tier, i subscription.Interval, key string) {
	w.t.Helper()
	if _, err := w.service.Change(w.t.Context(), by, id, to.ID, i, 1<<40, key); err != nil {
		w.t.Fatal(err)
	}
}

// Whoever gets the difference to a dearer plan back has the plan that they paid
// for still, until the dearer one is paid for by its next period.
func TestWithoutItsDifferenceADearerPlanFallsBack(t *testing.T) {
	w := newWorld(t)
	gold, kiln := w.tier("Gold", 999, 0), w.tier("Kiln", 1999, 0)
	buyer := w.person(true)
	sub, ref := w.subscribe(buyer)
	right := func(when string, tier ident.Tier) {
		t.Helper()
		if d := w.inside(buyer); !d.Allowed || !d.Until.Equal(sub.PeriodEnd.Add(grace)) || w.tierOf(buyer) != tier {
			t.Errorf("%s: %+v on %s, want %s", when, d, w.tierOf(buyer), tier)
		}
		if is, err := w.service.ByID(t.Context(), buyer, sub.ID); err != nil || is.Reduced != (is.Plan.Tier != tier) {
			t.Errorf("%s: the buyer reads %+v, %v", when, is, err)
		}
	}
	w.clock.Advance(time.Hour)
	w.changes(buyer, sub.ID, gold, subscription.Month, "a")
	right("on gold", gold.ID)
	w.provider.change(ref, func(o *subscription.Object) {
		o.Charges[1].Refunds = []subscription.Refund{{Ref: "part", Amount: 100, At: w.clock.Now()}}
	})
	w.refresh(ref)
	right("with a part of the difference back", gold.ID)

	w.provider.change(ref, func(o *subscription.Object) { dispute(o, w.clock.Now()) })
	w.refresh(ref)
	right("while the difference is disputed", sub.Plan.Tier)
	w.provider.change(ref, func(o *subscription.Object) { settle(o, subscription.DisputeWon, w.clock.Now()) })
	w.refresh(ref)
	right("when the dispute is won", gold.ID)

	w.changes(buyer, sub.ID, kiln, subscription.Month, "b")
	right("on kiln", kiln.ID)
	w.back(ref)
	right("without the second difference", gold.ID)
	_, err := w.service.PreviewChange(t.Context(), buyer, sub.ID, gold.ID, subscription.Month)
	wantReason(t, err, "change_later")
	_, err = w.service.Change(t.Context(), buyer, sub.ID, gold.ID, subscription.Month, 1<<40, "c")
	wantReason(t, err, "change_later")
	if whys := w.whys(); !slices.Equal(whys, []string{"paid", "plan_changed", "plan_changed", "plan_changed", "plan_changed", "plan_changed"}) {
		t.Errorf("the log tells of %v", whys)
	}
	if found := w.examine(); len(found.Mended)+len(found.Left) > 0 {
		t.Errorf("the examination finds %+v", found)
	}
	w.provider.renew(ref)
	w.refresh(ref)
	sub.PeriodEnd = sub.PeriodEnd.AddDate(0, 1, 0)
	right("paid for by its next period", kiln.ID)
}

// A difference that stands pays nothing without the ones before it.
func TestADifferenceTakesThoseAfterItAlong(t *testing.T) {
	w := newWorld(t)
	gold, kiln := w.tier("Gold", 999, 0), w.tier("Kiln", 1999, 0)
	buyer := w.person(true)
	sub, ref := w.subscribe(buyer)
	w.changes(buyer, sub.ID, gold, subscription.Month, "a")
	w.changes(buyer, sub.ID, kiln, subscription.Month, "b")
	w.provider.change(ref, func(o *subscription.Object) {
		o.Charges[1].Refunds = []subscription.Refund{{Ref: "re", Amount: 500, At: w.clock.Now()}}
	})
	w.refresh(ref)
	if tier := w.tierOf(buyer); tier != sub.Plan.Tier {
		t.Errorf("the right is of %s", tier)
	}
}

// A month that was paid, and for whose rest a year took its place, opens the door
// to its end when the year's payment goes back; the month's own then shuts it.
func TestWithoutTheYearTheMonthThatWasPaidIsLeft(t *testing.T) {
	w := newWorld(t)
	gold, buyer := w.tier("Gold", 999, 9990), w.person(true)
	sub, ref := w.subscribe(buyer)
	month := sub.PeriodEnd
	w.clock.Advance(10 * 24 * time.Hour)
	w.changes(buyer, sub.ID, gold, subscription.Year, "a")
	if tier := w.tierOf(buyer); tier != gold.ID {
		t.Fatalf("on the year the right is of %s", tier)
	}
	w.back(ref)
	if d := w.inside(buyer); !d.Allowed || !d.Until.Equal(month) || w.tierOf(buyer) != sub.Plan.Tier {
		t.Errorf("without the year: %+v on %s, want the month until %v", d, w.tierOf(buyer), month)
	}
	_, err := w.service.PreviewChange(t.Context(), buyer, sub.ID, gold.ID, subscription.Month)
	wantReason(t, err, "change_later")
	if found := w.examine(); len(found.Mended)+len(found.Left) > 0 {
		t.Errorf("the examination finds %+v", found)
	}
	w.provider.change(ref, func(o *subscription.Object) {
		o.Charges[0].Refunds = []subscription.Refund{{Ref: "re0", Amount: 499, At: w.clock.Now()}}
	})
	w.refresh(ref)
	if w.inside(buyer).Allowed {
		t.Error("open though all was paid back")
	}
}
