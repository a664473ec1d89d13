package subscription_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func (w *world) refresh(ref string) {
	w.t.Helper()
	if _, err := w.service.Refresh(w.t.Context(), "fake", ref); err != nil {
		w.t.Fatal(err)
	}
}

func TestApplyingTheSameTwiceChangesNothing(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	first, ref := w.subscribe(buyer)
	for range 3 {
		w.refresh(ref)
	}
	w.provider.renew(ref)
	for range 3 {
		w.refresh(ref)
	}
	if whys := w.whys(); !slices.Equal(whys, []string{"paid", "renewed"}) {
		t.Errorf("the log tells of %v", whys)
	}
	list, err := w.service.List(t.Context(), buyer)
	if err != nil || len(list) != 1 || list[0].ID != first.ID || list[0].Months != 2 {
		t.Fatalf("got %+v, %v", list, err)
	}
	if want := list[0].PeriodEnd.Add(grace); !list[0].AccessUntil.Equal(want) || list[0].Title != "Deep water" {
		t.Errorf("access until %v, want %v", list[0].AccessUntil, want)
	}
}

func TestEveryChangeSaysWhy(t *testing.T) {
	w := newWorld(t)
	_, ref := w.subscribe(w.person(true))
	step := func(change func(*subscription.Object)) {
		w.provider.change(ref, change)
		w.refresh(ref)
	}
	step(func(o *subscription.Object) { o.CancelAtPeriodEnd = true })
	step(func(o *subscription.Object) { o.CancelAtPeriodEnd = false })
	w.provider.renew(ref)
	w.refresh(ref)
	step(func(o *subscription.Object) { o.Status = subscription.StatusUnknown })
	step(func(o *subscription.Object) { o.Status = subscription.StatusActive })
	step(func(o *subscription.Object) { dispute(o, w.clock.Now()) })
	step(func(o *subscription.Object) { o.Status, o.EndedAt = subscription.StatusEnded, w.clock.Now() })
	want := []string{"paid", "cancelled", "resumed", "renewed", "payment_failed", "renewed", "disputed", "ended"}
	if whys := w.whys(); !slices.Equal(whys, want) {
		t.Errorf("got  %v\nwant %v", whys, want)
	}
}

func TestADisputeShutsTheDoorAtOnce(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, ref := w.subscribe(buyer)
	w.clock.Advance(time.Hour)
	w.provider.change(ref, func(o *subscription.Object) { dispute(o, w.clock.Now()) })
	if !w.inside(buyer).Allowed {
		t.Fatal("the buyer was not inside")
	}
	w.refresh(ref)
	if d := w.inside(buyer); d.Allowed || d.Reason != "right_revoked" {
		t.Fatalf("got %+v", d)
	}
}

func TestWithoutNewsTheClockShutsTheDoor(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	sub, _ := w.subscribe(buyer)
	closes := sub.PeriodEnd.Add(grace)
	if d := w.inside(buyer); !d.Until.Equal(closes) {
		t.Fatalf("until %v, want %v", d.Until, closes)
	}
	w.clock.Set(closes.Add(-time.Millisecond))
	if !w.inside(buyer).Allowed {
		t.Error("shut too early")
	}
	w.clock.Set(closes)
	if d := w.inside(buyer); d.Allowed || d.Reason != "period_ended" {
		t.Errorf("got %+v", d)
	}
}

func TestReconcileFindsWhatNoEventTold(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, ref := w.buy(buyer)
	reconcile := func() {
		t.Helper()
		if err := w.service.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if reconcile(); w.inside(buyer).Allowed {
		t.Error("the event was not given its time")
	}
	w.clock.Advance(time.Minute)
	reconcile()
	w.provider.renew(ref)
	reconcile()
	w.provider.change(ref, func(o *subscription.Object) { dispute(o, w.clock.Now()) })
	reconcile()
	if whys := w.whys(); !slices.Equal(whys, []string{"paid", "renewed", "disputed"}) {
		t.Errorf("the log tells of %v", whys)
	}
}

func TestAnIncompletePurchaseLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, ref := w.buy(buyer)
	w.provider.change(ref, func(o *subscription.Object) { o.Status = subscription.StatusIncomplete })
	w.refresh(ref)
	if list, err := w.service.List(t.Context(), buyer); err != nil || len(list) != 0 || len(w.whys()) != 0 {
		t.Fatalf("got %v, %v, %v", list, err, w.whys())
	}
}

func TestAnObjectOfAnotherProductIsPassedOver(t *testing.T) {
	w := newWorld(t)
	_, ref := w.buy(w.person(true))
	w.provider.change(ref, func(o *subscription.Object) { o.Checkout = "" })
	w.refresh(ref)
	if len(w.whys()) != 0 {
		t.Error("it gave a right")
	}
}

func TestTenureCountsEarlierSubscriptions(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, ref := w.subscribe(buyer)
	w.provider.renew(ref)
	w.provider.end(ref)
	w.refresh(ref)
	w.clock.Advance(90 * 24 * time.Hour)
	again, _ := w.subscribe(buyer)
	if again.Tenure() != 3 || w.facts(buyer).Tenure(w.clock.Now()) != 3 {
		t.Errorf("tenure %d, the gate says %d", again.Tenure(), w.facts(buyer).Tenure(w.clock.Now()))
	}
}

// TestAnOldAnswerNeverReplacesANewOne holds one node's answer back until
// another node has asked later and applied.
func TestAnOldAnswerNeverReplacesANewOne(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, ref := w.subscribe(buyer)
	_, slow := w.node(nil)
	asked, release := make(chan struct{}), make(chan struct{})
	var fetches atomic.Int32
	w.provider.hook(func(subscription.Object) error {
		if fetches.Add(1) == 1 {
			close(asked)
			<-release
		}
		return nil
	})
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := slow.Refresh(t.Context(), "fake", ref); err != nil {
			t.Error(err)
		}
	})
	<-asked // the slow node holds the old object
	w.provider.change(ref, func(o *subscription.Object) { dispute(o, w.clock.Now()) })
	w.refresh(ref)
	close(release)
	wg.Wait()
	if d := w.inside(buyer); d.Allowed {
		t.Error("the old answer opened the door again")
	}
	if whys := w.whys(); !slices.Equal(whys, []string{"paid", "disputed"}) {
		t.Errorf("the log tells of %v", whys)
	}
}

func TestTwoNodesApplyTheSameOnce(t *testing.T) {
	w := newWorld(t)
	_, other := w.node(nil)
	nodes := []*subscription.Service{w.service, other}
	for range 5 {
		buyer := w.person(true)
		_, ref := w.buy(buyer)
		before := len(w.whys())
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if _, err := nodes[i%2].Refresh(t.Context(), "fake", ref); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if told := len(w.whys()) - before; told != 1 {
			t.Fatalf("one purchase was told %d times", told)
		}
		if n := len(w.facts(buyer).Grants); n != 1 {
			t.Fatalf("one purchase gave %d grants", n)
		}
	}
}

func TestCancelKeepsThePeriodToTheSecond(t *testing.T) {
	w := newWorld(t)
	buyer, stranger := w.person(true), w.person(true)
	sub, ref := w.subscribe(buyer)
	for _, by := range []ident.Account{stranger, w.owner, ""} {
		_, err := w.service.Cancel(t.Context(), by, sub.ID)
		wantReason(t, err, "subscription_missing")
	}
	for range 2 {
		got, err := w.service.Cancel(t.Context(), buyer, sub.ID)
		if err != nil || !got.CancelAtPeriodEnd || !got.AccessUntil.Equal(sub.PeriodEnd) {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	if got, err := w.service.Resume(t.Context(), buyer, sub.ID); err != nil || !got.AccessUntil.Equal(sub.PeriodEnd.Add(grace)) {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := w.service.Cancel(t.Context(), buyer, sub.ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(sub.PeriodEnd.Add(-time.Second))
	if !w.inside(buyer).Allowed {
		t.Error("shut before the paid period ended")
	}
	w.clock.Set(sub.PeriodEnd)
	if w.inside(buyer).Allowed {
		t.Error("open after the paid period ended")
	}
	w.provider.end(ref)
	w.refresh(ref)
	_, err := w.service.Resume(t.Context(), buyer, sub.ID)
	wantReason(t, err, "subscription_ended")
}

func TestWhatASwitchedOffProviderSoldClosesByTheClock(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	sub, _ := w.subscribe(buyer)
	w.service.Providers = nil
	if err := w.service.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := w.service.Cancel(t.Context(), buyer, sub.ID)
	wantReason(t, err, "provider_off")
	_, err = w.service.OpenCheckout(t.Context(), w.person(true), w.channel, subscription.Purchase{Key: "k"})
	wantReason(t, err, "payments_off")
	w.clock.Set(sub.PeriodEnd.Add(grace))
	if w.inside(buyer).Allowed {
		t.Error("open after period and grace")
	}
}
