package subscription_test

import (
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// tierOf is the tier of the grant that holds for by.
func (w *world) tierOf(by ident.Account) (tier ident.Tier) {
	w.t.Helper()
	list, err := w.service.List(w.t.Context(), by)
	if err != nil || len(list) != 1 {
		w.t.Fatal(list, err)
	}
	people, err := w.service.Subscribers(w.t.Context(), w.owner, w.channel, "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range people {
		if p.Account == by {
			tier = p.Tier
		}
	}
	return tier
}

func TestADearerPlanBeginsAtOnce(t *testing.T) {
	w := newWorld(t)
	gold, buyer := w.tier("Gold", 999, 9990), w.person(true)
	sub, _ := w.subscribe(buyer)
	p, err := w.service.PreviewChange(t.Context(), buyer, sub.ID, gold.ID, subscription.Month)
	if err != nil || !p.Now || p.Proration.Due != euros(500) || p.Proration.Credit != euros(499) {
		t.Fatalf("got %+v, %v", p, err)
	}
	_, err = w.service.Change(t.Context(), buyer, sub.ID, gold.ID, subscription.Month, 499, "k")
	wantReason(t, err, "price_moved")
	got, err := w.service.Change(t.Context(), buyer, sub.ID, gold.ID, subscription.Month, 500, "k")
	if err != nil || got.Plan.Tier != gold.ID || got.TierName != "Gold" || got.Plan.Price != euros(999) || !got.PeriodEnd.Equal(sub.PeriodEnd) {
		t.Fatalf("got %+v, %v", got, err)
	}
	if tier := w.tierOf(buyer); tier != gold.ID {
		t.Errorf("the right is of tier %s", tier)
	}
	if whys := w.whys(); !slices.Equal(whys, []string{"paid", "plan_changed"}) {
		t.Errorf("the log tells of %v", whys)
	}
	_, err = w.service.PreviewChange(t.Context(), buyer, sub.ID, gold.ID, subscription.Month)
	wantReason(t, err, "same_plan")
}

func TestACheaperPlanWaitsForThePeriodsEnd(t *testing.T) {
	w := newWorld(t)
	gold := w.tier("Gold", 999, 9990)
	buyer := w.person(true)
	sub, ref := w.subscribe(buyer)
	low := sub.Plan
	if _, err := w.service.Change(t.Context(), buyer, sub.ID, gold.ID, subscription.Year, 1<<40, "k"); err != nil {
		t.Fatal(err)
	}
	p, err := w.service.PreviewChange(t.Context(), buyer, sub.ID, low.Tier, subscription.Month)
	if err != nil || p.Now || !p.At.Equal(w.clock.Now().AddDate(1, 0, 0)) {
		t.Fatalf("got %+v, %v", p, err)
	}
	got, err := w.service.Change(t.Context(), buyer, sub.ID, low.Tier, subscription.Month, 0, "k2")
	if err != nil || got.Plan.Tier != gold.ID || got.Next != low {
		t.Fatalf("got %+v, %v", got, err)
	}
	if got, err = w.service.KeepPlan(t.Context(), buyer, sub.ID); err != nil || got.Next != (subscription.Plan{}) {
		t.Fatalf("keep: %+v, %v", got, err)
	}
	if _, err = w.service.Change(t.Context(), buyer, sub.ID, low.Tier, subscription.Month, 0, "k3"); err != nil {
		t.Fatal(err)
	}
	w.provider.renew(ref)
	w.refresh(ref)
	if tier := w.tierOf(buyer); tier != low.Tier {
		t.Errorf("after the period the right is of tier %s", tier)
	}
}

func TestOnlyARunningPlanOfOnesOwnChanges(t *testing.T) {
	w := newWorld(t)
	gold, buyer := w.tier("Gold", 999, 0), w.person(true)
	sub, ref := w.subscribe(buyer)
	try := func(by ident.Account) error {
		_, err := w.service.Change(t.Context(), by, sub.ID, gold.ID, subscription.Month, 1<<40, "k")
		return err
	}
	wantReason(t, try(w.person(true)), "subscription_missing")
	wantReason(t, try(w.owner), "subscription_missing")
	if _, err := w.service.Cancel(t.Context(), buyer, sub.ID); err != nil {
		t.Fatal(err)
	}
	wantReason(t, try(buyer), "change_later")
	w.provider.end(ref)
	w.refresh(ref)
	wantReason(t, try(buyer), "subscription_ended")
}

func TestAPauseKeepsWhatIsPaidAndNoMore(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	sub, _ := w.subscribe(buyer)
	for range 2 {
		got, err := w.service.Pause(t.Context(), buyer, sub.ID)
		if err != nil || got.State != subscription.Paused || !got.AccessUntil.Equal(sub.PeriodEnd) {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	if got, err := w.service.Resume(t.Context(), buyer, sub.ID); err != nil || got.State != subscription.Active || !got.AccessUntil.Equal(sub.PeriodEnd.Add(grace)) {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := w.service.Pause(t.Context(), buyer, sub.ID); err != nil {
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
	if whys := w.whys(); !slices.Equal(whys, []string{"paid", "paused", "resumed", "paused"}) {
		t.Errorf("the log tells of %v", whys)
	}
}

func TestATrialIsHadOnce(t *testing.T) {
	w := newWorld(t)
	tier := w.tier("Gold", 999, 0)
	tier.Trial = 7
	w.save(tier)
	begin := func(by ident.Account, fingerprint string) (subscription.Subscription, string) {
		t.Helper()
		c, err := w.service.OpenCheckout(t.Context(), by, w.channel, subscription.Purchase{Key: ident.Make[string](w.ids), Tier: tier.ID})
		if err != nil {
			t.Fatal(err)
		}
		ref := w.provider.pay(c.ID)
		w.provider.change(ref, func(o *subscription.Object) { o.Card.Fingerprint = fingerprint })
		sub, err := w.service.Refresh(t.Context(), "fake", ref)
		if err != nil {
			t.Fatal(err)
		}
		return sub, ref
	}
	buyer := w.person(true)
	sub, ref := begin(buyer, "card")
	if sub.State != subscription.Trialing || !sub.TrialEnd.Equal(w.clock.Now().Add(7*24*time.Hour)) {
		t.Fatalf("got %+v", sub)
	}
	if d := w.inside(buyer); !d.Allowed || !d.Until.Equal(sub.TrialEnd.Add(10*time.Minute)) {
		t.Errorf("during the trial, which becomes paid: %+v", d)
	}
	w.provider.end(ref)
	w.refresh(ref)
	if again, _ := begin(buyer, "card"); again.State != subscription.Active {
		t.Errorf("the same person tried again: %+v", again)
	}
	other := w.person(true)
	refused, ref := begin(other, "card")
	if refused.State != subscription.Ended || refused.Refused != subscription.RefusedTrial || w.inside(other).Allowed {
		t.Errorf("the same card tried again: %+v, inside %v", refused, w.inside(other))
	}
	if o := w.provider.change(ref, func(*subscription.Object) {}); o.Status != subscription.StatusEnded || len(o.Charges) > 0 {
		t.Errorf("the provider goes on: %+v", o)
	}
	c, err := w.service.OpenCheckout(t.Context(), other, w.channel, subscription.Purchase{Key: "fresh", Tier: tier.ID})
	if err != nil || c.State != subscription.CheckoutOpen || c.Trial != 0 {
		t.Errorf("they cannot pay instead: %+v, %v", c, err)
	}
	if third, _ := begin(w.person(true), "another"); third.State != subscription.Trialing {
		t.Errorf("a newcomer with a card of their own: %+v", third)
	}
}

// A trial begins with a card that can be told from others, or not at all: what has
// no mark would have one after the other.
func TestATrialNeedsACardThatCanBeTold(t *testing.T) {
	w := newWorld(t)
	tier := w.tier("Gold", 999, 0)
	tier.Trial = 7
	w.save(tier)
	begin := func(card subscription.Card) (ident.Account, subscription.Checkout, string) {
		t.Helper()
		by := w.person(true)
		c, err := w.service.OpenCheckout(t.Context(), by, w.channel, subscription.Purchase{Key: "k", Tier: tier.ID})
		if err != nil {
			t.Fatal(err)
		}
		ref := w.provider.pay(c.ID)
		if _, err := w.service.Progress(t.Context(), c.ID, subscription.CheckoutPending, ""); err != nil {
			t.Fatal(err)
		}
		w.provider.change(ref, func(o *subscription.Object) { o.Card = card })
		w.refresh(ref)
		return by, c, ref
	}
	refused := func(what string, by ident.Account, c subscription.Checkout, ref string) {
		t.Helper()
		c, err := w.service.CheckoutByID(t.Context(), by, c.ID)
		if err != nil || c.State != subscription.CheckoutExpired || c.Reason != subscription.RefusedUnknown || w.inside(by).Allowed {
			t.Errorf("%s: %+v, %v", what, c, err)
		}
		if o := w.provider.change(ref, func(*subscription.Object) {}); o.Status != subscription.StatusEnded || len(o.Charges) > 0 {
			t.Errorf("%s: the provider goes on: %+v", what, o)
		}
		if c, err = w.service.OpenCheckout(t.Context(), by, w.channel, subscription.Purchase{Key: "fresh", Tier: tier.ID}); err != nil || c.Trial != 0 {
			t.Errorf("%s: they cannot pay instead: %+v, %v", what, c, err)
		}
	}
	by, c, ref := begin(subscription.Card{Brand: "link"})
	refused("a wallet that shows no card", by, c, ref)

	by, _, ref = begin(subscription.Card{}) // the provider has not told it yet
	if w.inside(by).Allowed {
		t.Error("inside before the card is known")
	}
	if found := w.examine(); len(found.Left) > 0 {
		t.Errorf("what waits for its card differs: %+v", found)
	}
	w.provider.change(ref, func(o *subscription.Object) {
		o.Card = subscription.Card{Brand: "visa", Last4: "4242", Fingerprint: "one"}
	})
	w.clock.Advance(time.Minute)
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil || !w.inside(by).Allowed {
		t.Errorf("outside when the card is known, %v", err)
	}
	// Another card on the way does not forget the one that it began with.
	w.provider.change(ref, func(o *subscription.Object) { o.Card.Fingerprint = "two" })
	w.refresh(ref)
	again, _, _ := begin(subscription.Card{Brand: "visa", Last4: "4242", Fingerprint: "one"})
	if w.inside(again).Allowed {
		t.Error("the card that was exchanged has a second trial")
	}

	by, c, ref = begin(subscription.Card{})
	w.clock.Advance(5 * time.Minute)
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil {
		t.Error(err)
	}
	refused("a card that nobody tells", by, c, ref)
}

func TestAYearBringsItsMonthsAsTheyBegin(t *testing.T) {
	w := newWorld(t)
	w.tier("Year", 0, 5000)
	tiers, err := w.service.Tiers(t.Context(), "", w.channel)
	if err != nil {
		t.Fatal(err)
	}
	buyer := w.person(true)
	c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "k", Tier: tiers[1].ID})
	if err != nil {
		t.Fatal(err)
	}
	start := w.clock.Now()
	w.refresh(w.provider.pay(c.ID))
	for months, want := range map[int]int{0: 1, 1: 2, 2: 3, 5: 6, 11: 12, 12: 12} {
		w.clock.Set(start.AddDate(0, months, 0))
		if got := w.facts(buyer).Tenure(w.clock.Now()); got != want {
			t.Errorf("after %d months: %d, want %d", months, got, want)
		}
		list, err := w.service.List(t.Context(), buyer)
		if err != nil || len(list) != 1 || list[0].TenureAt(w.clock.Now()) != want {
			t.Errorf("after %d months the buyer's own page does not say %d: %+v, %v", months, want, list, err)
		}
	}
	w.clock.Set(start.AddDate(0, 1, 0).Add(-time.Second))
	if got := w.facts(buyer).Tenure(w.clock.Now()); got != 1 {
		t.Errorf("a second before the second month: %d", got)
	}
	w.clock.Set(start.AddDate(1, 0, 0).Add(grace))
	if access.Decide(w.facts(buyer), access.ReadSpace, w.clock.Now()).Allowed {
		t.Error("open after the year and its grace")
	}
}

// What was paid back, or is disputed, counts as no credit for another plan: whoever
// got the money of the period that runs changes nothing in it.
func TestWhatWasTakenBackPaysForNoChange(t *testing.T) {
	for name, take := range map[string]func(o *subscription.Object, at time.Time){
		"refunded": func(o *subscription.Object, at time.Time) {
			o.Charges[0].Refunds = []subscription.Refund{{Ref: "re", Amount: o.Charges[0].Total.Minor, At: at}}
		},
		"disputed": dispute,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			gold, buyer := w.tier("Gold", 999, 9990), w.person(true)
			sub, ref := w.subscribe(buyer)
			w.clock.Advance(time.Hour)
			w.provider.change(ref, func(o *subscription.Object) { take(o, w.clock.Now()) })
			w.refresh(ref)
			_, err := w.service.PreviewChange(t.Context(), buyer, sub.ID, gold.ID, subscription.Year)
			wantReason(t, err, "change_later")
			_, err = w.service.Change(t.Context(), buyer, sub.ID, gold.ID, subscription.Year, 1<<40, "k")
			wantReason(t, err, "change_later")
		})
	}
}

// Who is shut out is not charged for more; what they have they may still cancel.
func TestWhoIsBannedBuysNoDearerPlan(t *testing.T) {
	w := newWorld(t)
	gold, buyer := w.tier("Gold", 999, 0), w.person(true)
	sub, ref := w.subscribe(buyer)
	w.update(func(tx *store.Tx) error {
		return tx.PutSanction(t.Context(), moderation.Sanction{Channel: w.channel, Account: buyer, Kind: access.BlockBan, At: w.clock.Now(), By: w.owner})
	})
	_, err := w.service.Change(t.Context(), buyer, sub.ID, gold.ID, subscription.Month, 1<<40, "k")
	wantReason(t, err, "banned")
	if o := w.provider.change(ref, func(*subscription.Object) {}); len(o.Charges) != 1 {
		t.Errorf("charged %d times", len(o.Charges))
	}
	if got, err := w.service.Cancel(t.Context(), buyer, sub.ID); err != nil || !got.CancelAtPeriodEnd {
		t.Errorf("cancelled: %+v, %v", got, err)
	}
}

// A pause that is ended after the paid period charges the next one now: not whom
// the gate would sell nothing to, and not beyond their limit.
func TestResumingPastThePeriodIsAPurchase(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	sub, ref := w.subscribe(buyer)
	if _, err := w.service.Pause(t.Context(), buyer, sub.ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(sub.PeriodEnd.Add(time.Hour))
	resume := func() error { _, err := w.service.Resume(t.Context(), buyer, sub.ID); return err }
	if _, err := w.buyers().SetCap(t.Context(), buyer, 498); err != nil {
		t.Fatal(err)
	}
	wantReason(t, resume(), "cap_reached")
	if _, err := w.buyers().SetCap(t.Context(), buyer, 0); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(24 * time.Hour)
	ban := moderation.Sanction{Channel: w.channel, Account: buyer, Kind: access.BlockBan, At: w.clock.Now(), By: w.owner}
	w.update(func(tx *store.Tx) error { return tx.PutSanction(t.Context(), ban) })
	wantReason(t, resume(), "banned")
	if o := w.provider.change(ref, func(*subscription.Object) {}); !o.Paused {
		t.Error("the provider was asked")
	}
	w.update(func(tx *store.Tx) error {
		_, err := tx.DropSanction(t.Context(), w.channel, buyer)
		return err
	})
	if err := resume(); err != nil {
		t.Error(err)
	}
	if o := w.provider.change(ref, func(*subscription.Object) {}); o.Paused {
		t.Error("it stays paused")
	}
}
