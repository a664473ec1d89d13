package patron_test

import (
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/patron"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Who enters the code of a line that is paid is inside as long as it is, in its
// tier and with its months, however the code is typed.
func TestACodeOpensTheDoor(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,ABCD-EFGH-2345,Gold,2026-04-01,14")
	who := w.Person("Patron")
	c, err := w.desk.Claim(t.Context(), who, "192.0.2.1", w.checkout(who).ID, " abcd efgh 2345")
	if err != nil || c.State != subscription.CheckoutPending {
		t.Fatalf("got %+v, %v", c, err)
	}
	w.outside(who) // the event is still on its way
	w.settle(w.node)
	w.until(who, day(4, 2).Add(grace))
	sub := w.subscriptionOf(who)
	if sub.Provider != patron.Name || sub.Plan.Tier != w.gold.ID || sub.State != subscription.Active || !sub.PeriodEnd.Equal(day(4, 2)) {
		t.Errorf("got %+v", sub)
	}
	if n := w.facts(who).Tenure(w.Clock.Now()); n != 14 {
		t.Errorf("tenure %d", n)
	}
	if c, err := w.service.CheckoutByID(t.Context(), who, c.ID); err != nil || c.State != subscription.CheckoutComplete || !c.RenewsAt.Equal(day(4, 2)) {
		t.Errorf("got %+v, %v", c, err)
	}
	if sales, err := w.service.Sales(t.Context(), w.owner, w.channel, "", "", ""); err != nil || len(sales) != 0 {
		t.Errorf("sold %v, %v", sales, err)
	}
}

func TestWhatIsNoCodeOpensNothing(t *testing.T) {
	w := newWorld(t)
	other := w.Channel(w.owner) // channel-4
	if other == "" {
		t.Fatal("no other channel")
	}
	w.says("channel-2,PAIDPAID,,2026-04-01,1", "channel-2,OVERDUES,,2026-03-01,1", "channel-2,TIERLESS,Silver,2026-04-01,1", "nowhere,NOCHANEL,,2026-04-01,1")
	who := w.Person("Patron")
	for code, reason := range map[string]string{
		"PAIDPAIE": "code_wrong", "PAIDPAI": "code_wrong", "": "code_wrong", "OVERDUES": "code_unpaid", "TIERLESS": "tier_missing", "NOCHANEL": "code_wrong",
	} {
		wantReason(t, w.claim(who, code), reason)
		w.Clock.Advance(time.Minute) // who guesses must wait
	}
	w.outside(who)
	c := w.checkout(who)
	for _, stranger := range []ident.Account{w.Person("Stranger"), w.owner, ""} {
		_, err := w.desk.Claim(t.Context(), stranger, "192.0.2.2", c.ID, "PAIDPAID")
		wantReason(t, err, "checkout_missing")
	}
	w.Clock.Advance(time.Hour)
	_, err := w.desk.Claim(t.Context(), who, "192.0.2.2", c.ID, "PAIDPAID")
	wantReason(t, err, "checkout_expired")
}

func TestBeforeAListIsReadNobodyCanClaim(t *testing.T) {
	w := newWorld(t)
	who := w.Person("Patron")
	wantReason(t, w.claim(who, "ABCDEFGH"), "patrons_unreadable")
	w.says("channel-2,ABCDEFGH,,not a day,1")
	wantReason(t, w.claim(who, "ABCDEFGH"), "patrons_unreadable")
	w.says("channel-2,ABCDEFGH,,2026-04-01,1")
	w.claimed(who, "ABCDEFGH")
}

// A code is the first one's for ever: others are refused also when its right has
// ended, and the first one may come back.
func TestACodeBelongsToOneAccount(t *testing.T) {
	w := newWorld(t)
	line := "channel-2,ABCDEFGH,,2026-04-01,5"
	w.says(line)
	first, second := w.Person("First"), w.Person("Second")
	w.claimed(first, "ABCDEFGH")
	wantReason(t, w.claim(second, "ABCDEFGH"), "code_taken")
	_, err := w.service.OpenCheckout(t.Context(), first, w.channel, subscription.Purchase{Key: "again"})
	wantReason(t, err, "already_subscribed")
	w.says()
	w.outside(first)
	w.says(line)
	w.outside(first) // what has ended does not begin again by itself
	wantReason(t, w.claim(second, "ABCDEFGH"), "code_taken")
	w.claimed(first, "ABCDEFGH")
	w.until(first, day(4, 2).Add(grace))
	if n := len(w.facts(first).Grants); n != 2 {
		t.Errorf("%d rights", n)
	}
	if n := w.facts(first).Tenure(w.Clock.Now()); n != 5 {
		t.Errorf("tenure %d: months count once, however often they are claimed", n)
	}
}

// Many accounts enter one code at once, on two nodes; one of them has it.
func TestSimultaneousClaimsHaveOneWinner(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,ABCDEFGH,,2026-04-01,1")
	other := w.start(w.DB)
	w.look(other)
	const people = 8
	checkouts := make([]subscription.Checkout, people)
	for i := range checkouts {
		checkouts[i] = w.checkout(w.Person("Patron"))
	}
	errs := make([]error, people)
	var wg sync.WaitGroup
	for i, c := range checkouts {
		desk := []*patron.Desk{w.desk, other.desk}[i%2]
		wg.Go(func() { _, errs[i] = desk.Claim(t.Context(), c.Account, "192.0.2.1", c.ID, "ABCDEFGH") })
	}
	wg.Wait()
	w.settle(w.node)
	won := 0
	for i, err := range errs {
		switch {
		case err == nil:
			won++
			w.until(checkouts[i].Account, day(4, 2).Add(grace))
		case !fault.Is(err, "code_taken"):
			t.Error(err)
		default:
			w.outside(checkouts[i].Account)
		}
	}
	if won != 1 {
		t.Errorf("%d accounts have the code", won)
	}
}

// A double click, or the same page in two tabs, is one claim.
func TestADoubleClickClaimsOnce(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,ABCDEFGH,,2026-04-01,1")
	who := w.Person("Patron")
	c := w.checkout(who)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if _, err := w.desk.Claim(t.Context(), who, "192.0.2.1", c.ID, "ABCDEFGH"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.settle(w.node)
	if n := len(w.facts(who).Grants); n != 1 {
		t.Errorf("%d rights", n)
	}
}

// Guessing is slow: for an account, and for an address with many accounts.
func TestGuessingIsSlow(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,ABCDEFGH,,2026-04-01,1")
	who := w.Person("Guesser")
	c := w.checkout(who)
	guess := func(c subscription.Checkout, origin, code string) error {
		_, err := w.desk.Claim(t.Context(), c.Account, origin, c.ID, code)
		return err
	}
	for range 6 {
		wantReason(t, guess(c, "192.0.2.7", "WRONGONE"), "code_wrong")
	}
	wantReason(t, guess(c, "192.0.2.8", "ABCDEFGH"), "too_many_attempts")
	for range 4 {
		next := w.checkout(w.Person("Guesser"))
		for range 6 {
			wantReason(t, guess(next, "192.0.2.7", "WRONGONE"), "code_wrong")
		}
	}
	last := w.checkout(w.Person("Guesser"))
	wantReason(t, guess(last, "192.0.2.7", "ABCDEFGH"), "too_many_attempts")
	w.Clock.Advance(time.Minute)
	if err := guess(c, "192.0.2.9", "ABCDEFGH"); err != nil {
		t.Error(err)
	}
}

// A page that was left for another provider, or given up, is claimed no more.
func TestAClosedCheckoutIsNotClaimed(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,ABCDEFGH,,2026-04-01,1")
	who := w.Person("Patron")
	c := w.checkout(who)
	for range 2 {
		if err := w.patrons.ExpireCheckout(t.Context(), c.Ref); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.desk.Claim(t.Context(), who, "192.0.2.1", c.ID, "ABCDEFGH")
	wantReason(t, err, "checkout_expired")
	who = w.Person("Another")
	c = w.checkout(who)
	if _, err := w.desk.Claim(t.Context(), who, "192.0.2.1", c.ID, "ABCDEFGH"); err != nil {
		t.Fatal(err)
	}
	wantReason(t, w.patrons.ExpireCheckout(t.Context(), c.Ref), "checkout_paid")
}

// Nothing is taken here: there is no trial to have, and no limit to keep.
func TestAPatronNeedsNoTrialAndSpendsNothing(t *testing.T) {
	w := newWorld(t)
	tier := w.gold
	tier.Trial = 7
	if _, err := w.service.SaveTier(t.Context(), w.owner, tier); err != nil {
		t.Fatal(err)
	}
	who := w.Person("Patron")
	if err := w.Update(t.Context(), func(tx *store.Tx) error {
		l, err := tx.LimitsOf(t.Context(), who)
		if l.Cap = 1; err == nil {
			err = tx.PutLimits(t.Context(), l)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	w.says("channel-2,ABCDEFGH,Gold,2026-04-01,1")
	c, err := w.service.OpenCheckout(t.Context(), who, w.channel, subscription.Purchase{
		Key: "k", Tier: tier.ID, Provider: patron.Name, Agreement: subscription.Agreement{OfAge: true},
	})
	if err != nil || c.Trial != 0 {
		t.Fatalf("got %+v, %v", c, err)
	}
	limits := buyer.NewService(store.UnitOf(w.DB, func(tx *store.Tx) buyer.Tx { return tx }), w.Clock.Now)
	if l, err := limits.Limits(t.Context(), who); err != nil || len(l.Spent) != 0 {
		t.Errorf("what is paid elsewhere is counted: %+v, %v", l, err)
	}
	if _, err := w.desk.Claim(t.Context(), who, "192.0.2.1", c.ID, "ABCDEFGH"); err != nil {
		t.Error(err)
	}
}
