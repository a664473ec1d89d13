package subscription_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func (w *world) buyers() *buyer.Service {
	return buyer.NewService(store.UnitOf(w.db, func(tx *store.Tx) buyer.Tx { return tx }), w.clock.Now)
}

func TestOnlyWhoSaysThatTheyAreOfAgeBuys(t *testing.T) {
	w := newWorld(t)
	young := w.person(true)
	w.update(func(tx *store.Tx) error { return tx.PutLimits(t.Context(), buyer.Limits{Account: young}) })
	open := func(key string, ofAge bool) error {
		_, err := w.service.OpenCheckout(t.Context(), young, w.channel, subscription.Purchase{Key: key, Agreement: subscription.Agreement{OfAge: ofAge, Terms: "2026-11"}})
		return err
	}
	wantReason(t, open("a", false), "age_unconfirmed")
	_, err := w.service.OpenGift(t.Context(), young, w.channel, subscription.GiftWish{Key: "g", People: 1})
	wantReason(t, err, "age_unconfirmed")
	if opened := len(w.provider.sessions); opened != 0 {
		t.Errorf("the provider was asked %d times", opened)
	}
	if err := open("b", true); err != nil {
		t.Fatal(err)
	}
	if l, err := w.buyers().Limits(t.Context(), young); err != nil || l.OfAge.IsZero() {
		t.Errorf("it was forgotten: %+v, %v", l, err)
	}
	w.update(func(tx *store.Tx) error {
		c, _, err := tx.CheckoutByKey(t.Context(), young, w.channel, "b")
		if c.Terms != "2026-11" {
			t.Errorf("agreed to %q", c.Terms)
		}
		return err
	})
}

func TestALimitIsAskedBeforeTheProvider(t *testing.T) {
	w := newWorld(t)
	by := w.person(true)
	gold := w.tier("Gold", 999, 0)
	cap := func(limit int64) {
		t.Helper()
		if _, err := w.buyers().SetCap(t.Context(), by, limit); err != nil {
			t.Fatal(err)
		}
	}
	cap(498)
	_, err := w.service.OpenCheckout(t.Context(), by, w.channel, subscription.Purchase{Key: "a"})
	wantReason(t, err, "cap_reached")
	if opened := len(w.provider.sessions); opened != 0 {
		t.Errorf("the provider was asked %d times", opened)
	}
	cap(0)
	w.clock.Advance(24 * time.Hour)
	cap(1000)
	sub, _ := w.subscribe(by)
	_, err = w.service.OpenGift(t.Context(), by, w.channel, subscription.GiftWish{Key: "g", People: 2})
	wantReason(t, err, "cap_reached") // 4.99 are spent, and two months are 9.98
	_, err = w.service.Change(t.Context(), by, sub.ID, gold.ID, subscription.Month, 1<<40, "k")
	if err != nil {
		t.Errorf("5.00 more are within the limit: %v", err)
	}
	_, err = w.service.OpenGift(t.Context(), by, w.channel, subscription.GiftWish{Key: "g2", People: 1})
	wantReason(t, err, "cap_reached")
	if got, err := w.buyers().Limits(t.Context(), by); err != nil || len(got.Spent) != 1 || got.Spent[0] != euros(999) {
		t.Errorf("4.99 and 5.00 are spent: %+v, %v", got, err)
	}
	w.clock.Advance(buyer.Week + time.Second)
	if got, err := w.buyers().Limits(t.Context(), by); err != nil || len(got.Spent) != 0 {
		t.Errorf("a week later: %+v, %v", got, err)
	}
	if _, err = w.service.OpenGift(t.Context(), by, w.channel, subscription.GiftWish{Key: "g3", People: 2}); err != nil {
		t.Errorf("a week later: %v", err)
	}
	if got, err := w.buyers().SetCap(t.Context(), by, 998); err != nil || len(got.Spent) != 1 || got.Spent[0] != euros(998) {
		t.Errorf("what is promised counts: %+v, %v", got, err)
	}
}

func TestALimitFallsAtOnceAndRisesAfterADay(t *testing.T) {
	w := newWorld(t)
	by := w.person(true)
	set := func(limit, holds, next int64) {
		t.Helper()
		l, err := w.buyers().SetCap(t.Context(), by, limit)
		if err != nil || l.Cap != holds || l.Next != next || l.Raised.IsZero() != (next == 0 && limit == holds) {
			t.Errorf("asked for %d: %+v, %v", limit, l, err)
		}
	}
	set(1000, 1000, 0)
	set(2000, 1000, 2000)
	w.clock.Advance(23 * time.Hour)
	set(2000, 1000, 2000) // asking again does not wait anew
	w.clock.Advance(time.Hour)
	if l, err := w.buyers().Limits(t.Context(), by); err != nil || l.Cap != 2000 {
		t.Errorf("after a day: %+v, %v", l, err)
	}
	set(3000, 2000, 3000)
	set(500, 500, 0) // and the raise is off
	w.clock.Advance(25 * time.Hour)
	if l, err := w.buyers().Limits(t.Context(), by); err != nil || l.Cap != 500 {
		t.Errorf("a raise that was taken back held: %+v, %v", l, err)
	}
	if l, err := w.buyers().SetCap(t.Context(), by, 0); err != nil || l.Cap != 500 || l.Raised.IsZero() {
		t.Errorf("no limit at once: %+v, %v", l, err)
	}
	_, err := w.buyers().SetCap(t.Context(), by, -1)
	wantReason(t, err, "cap_invalid")
}

// Two servers that are asked at the same time do not both find room in a limit.
func TestALimitHoldsForTwoPurchasesAtOnce(t *testing.T) {
	w := newWorld(t)
	_, other := w.node(nil)
	first := w.channel
	for range 10 {
		by := w.person(true)
		if _, err := w.buyers().SetCap(t.Context(), by, 500); err != nil {
			t.Fatal(err)
		}
		w.open()
		second := w.channel
		results := make(chan error, 2)
		for s, ch := range map[*subscription.Service]ident.Channel{w.service: first, other: second} {
			go func() {
				_, err := s.OpenCheckout(t.Context(), by, ch, subscription.Purchase{Key: "k"})
				results <- err
			}()
		}
		refused := 0
		for range 2 {
			if err := <-results; err != nil {
				wantReason(t, err, "cap_reached")
				refused++
			}
		}
		if refused != 1 {
			t.Errorf("%d of two were refused", refused)
		}
	}
}

// A change of plan that is on its way counts against the limit, so that a second
// one, or a purchase, at the same moment does not find the same room in it.
func TestALimitHoldsForTwoChangesAtOnce(t *testing.T) {
	w := newWorld(t)
	by := w.person(true)
	gold := w.tier("Gold", 999, 0)
	first, _ := w.subscribe(by)
	w.open()
	dear := w.tier("Gold", 999, 0)
	second, _ := w.subscribe(by)
	w.open()
	if _, err := w.buyers().SetCap(t.Context(), by, 998+500); err != nil { // what is paid, and one change
		t.Fatal(err)
	}
	_, other := w.node(nil)
	change := func(s *subscription.Service, id ident.Subscription, to subscription.Tier, key string) error {
		_, err := s.Change(t.Context(), by, id, to.ID, subscription.Month, 1<<40, key)
		return err
	}
	met := 0
	w.provider.onChange = func() {
		if met++; met > 1 {
			return
		}
		wantReason(t, change(other, second.ID, dear, "b"), "cap_reached")
		_, err := other.OpenCheckout(t.Context(), by, w.channel, subscription.Purchase{Key: "c"})
		wantReason(t, err, "cap_reached")
		if got, err := w.buyers().Limits(t.Context(), by); err != nil || got.Spent[0] != euros(1498) {
			t.Errorf("what is promised does not count: %+v, %v", got, err)
		}
	}
	if err := change(w.service, first.ID, gold, "a"); err != nil || met != 1 {
		t.Fatalf("%d changes, %v", met, err)
	}
	if got, err := w.buyers().Limits(t.Context(), by); err != nil || got.Spent[0] != euros(1498) {
		t.Errorf("it counts twice once it is paid: %+v, %v", got, err)
	}
}

// A change that is refused promises nothing any more; one of which nobody knows
// what became counts for an hour, and asking for the same again is no second one.
func TestAPromiseEndsWithItsOutcome(t *testing.T) {
	w := newWorld(t)
	by := w.person(true)
	gold, silver := w.tier("Gold", 999, 0), w.tier("Silver", 899, 0)
	sub, _ := w.subscribe(by)
	if _, err := w.buyers().SetCap(t.Context(), by, 999); err != nil {
		t.Fatal(err)
	}
	to := gold.ID
	change := func(key string) error {
		_, err := w.service.Change(t.Context(), by, sub.ID, to, subscription.Month, 1<<40, key)
		return err
	}
	spent := func(want int64) {
		t.Helper()
		if got, err := w.buyers().Limits(t.Context(), by); err != nil || got.Spent[0] != euros(want) {
			t.Errorf("%+v counts, %v; want %d", got.Spent, err, want)
		}
	}
	p := &refusing{fakeProvider: w.provider, with: fault.New(fault.Conflict, "card_declined", "no")}
	w.service.Providers = []subscription.Provider{p}
	for range 2 {
		wantReason(t, change("a"), "card_declined")
		spent(499)
	}
	p.with = fmt.Errorf("a wrong parameter: %w", subscription.ErrRefused)
	wantReason(t, change("a"), "provider_unavailable")
	spent(499)
	p.with = refusedConnection()
	for _, key := range []string{"b", "b", "from another tab"} {
		wantReason(t, change(key), "provider_unavailable")
		spent(999)
	}
	to = silver.ID
	wantReason(t, change("c"), "cap_reached")
	to = gold.ID
	w.clock.Advance(time.Hour)
	spent(499)
	p.with = nil
	if err := change("c"); err != nil {
		t.Error(err)
	}
	spent(999)
}

// refusing is a provider that changes no plan.
type refusing struct {
	*fakeProvider
	with error
}

func (p *refusing) ChangeNow(ctx context.Context, ref string, to subscription.Plan, key string) error {
	if p.with != nil {
		return p.with
	}
	return p.fakeProvider.ChangeNow(ctx, ref, to, key)
}

// lateAnswer is a provider that changes a plan, and is not heard of.
type lateAnswer struct{ *fakeProvider }

func (p lateAnswer) ChangeNow(ctx context.Context, ref string, to subscription.Plan, key string) error {
	if err := p.fakeProvider.ChangeNow(ctx, ref, to, key); err != nil {
		return err
	}
	return refusedConnection()
}

// A charge that only its event tells of counts once: its sale takes the place of the
// promise. A sale from before the promise leaves it.
func TestAPromiseIsKeptByItsSale(t *testing.T) {
	w := newWorld(t)
	by := w.person(true)
	gold := w.tier("Gold", 999, 0)
	sub, ref := w.subscribe(by)
	if _, err := w.buyers().SetCap(t.Context(), by, 1500); err != nil {
		t.Fatal(err)
	}
	spent := func(want int64) {
		t.Helper()
		if got, err := w.buyers().Limits(t.Context(), by); err != nil || got.Spent[0] != euros(want) {
			t.Errorf("%+v counts, %v; want %d", got.Spent, err, want)
		}
	}
	w.provider.change(ref, func(o *subscription.Object) { w.provider.charge(o, subscription.ChargePeriod, euros(1)) }) // nobody has heard of it
	w.clock.Advance(time.Hour)
	w.service.Providers = []subscription.Provider{&refusing{fakeProvider: w.provider, with: refusedConnection()}}
	_, err := w.service.Change(t.Context(), by, sub.ID, gold.ID, subscription.Month, 1<<40, "a")
	wantReason(t, err, "provider_unavailable")
	w.refresh(ref)
	spent(499 + 1 + 500)
	w.service.Providers = []subscription.Provider{lateAnswer{w.provider}}
	_, err = w.service.Change(t.Context(), by, sub.ID, gold.ID, subscription.Month, 1<<40, "a")
	wantReason(t, err, "provider_unavailable")
	spent(499 + 1 + 500)
	w.refresh(ref) // the event
	spent(499 + 1 + 500)
	if n := len(w.sales()); n != 3 {
		t.Errorf("%d sales", n)
	}
}

// leaving is a provider whose asker closes the page while the card is declined.
type leaving struct {
	*fakeProvider
	leave func()
}

func (p leaving) ChangeNow(context.Context, string, subscription.Plan, string) error {
	p.leave()
	return fault.New(fault.Conflict, "card_declined", "no")
}

// Who leaves before they hear that the card was declined has promised nothing.
func TestWhoLeavesWhileDeclinedOwesNothing(t *testing.T) {
	w := newWorld(t)
	by := w.person(true)
	gold := w.tier("Gold", 999, 0)
	sub, _ := w.subscribe(by)
	ctx, leave := context.WithCancel(t.Context())
	w.service.Providers = []subscription.Provider{leaving{w.provider, leave}}
	_, err := w.service.Change(ctx, by, sub.ID, gold.ID, subscription.Month, 1<<40, "a")
	wantReason(t, err, "card_declined")
	if got, err := w.buyers().Limits(t.Context(), by); err != nil || got.Spent[0] != euros(499) {
		t.Errorf("%+v counts, %v", got.Spent, err)
	}
}

// A trial is promised money: several of them, each paid for later, are held to the
// limit together.
func TestALimitHoldsForTrialsTogether(t *testing.T) {
	w := newWorld(t)
	by := w.person(true)
	if _, err := w.buyers().SetCap(t.Context(), by, 1000); err != nil {
		t.Fatal(err)
	}
	try := func(key string) (subscription.Subscription, error) {
		t.Helper()
		tier := w.tier("Gold", 999, 0)
		tier.Trial = 7
		w.save(tier)
		c, err := w.service.OpenCheckout(t.Context(), by, w.channel, subscription.Purchase{Key: key, Tier: tier.ID})
		if err != nil {
			return subscription.Subscription{}, err
		}
		sub, err := w.service.Refresh(t.Context(), "fake", w.provider.pay(c.ID))
		if err != nil || sub.State != subscription.Trialing {
			t.Fatalf("got %+v, %v", sub, err)
		}
		return sub, nil
	}
	first, err := try("a")
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	w.open()
	_, err = try("b")
	wantReason(t, err, "cap_reached")
	if _, err := w.service.Cancel(t.Context(), by, first.ID); err != nil {
		t.Fatal(err)
	}
	w.open()
	if _, err := try("c"); err != nil {
		t.Errorf("nothing will be paid for the first one any more: %v", err)
	}
}
