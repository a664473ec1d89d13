package subscription_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestOnlyTheOwnerSetsAPriceThatMakesSense(t *testing.T) {
	w := newWorld(t)
	stranger := w.person(true)
	_, err := w.service.SetPrice(t.Context(), stranger, w.channel, euros(500))
	wantReason(t, err, "owner_only")
	_, err = w.service.SetPrice(t.Context(), w.owner, w.channel, euros(49))
	wantReason(t, err, "price_invalid")
	_, err = w.service.SetPrice(t.Context(), w.owner, w.channel, euros(100_001))
	wantReason(t, err, "price_invalid")
	_, err = w.service.SetPrice(t.Context(), w.owner, w.channel, money.Amount{Minor: 500, Currency: "XXX"})
	wantReason(t, err, "currency_unsupported")
	_, err = w.service.SetPrice(t.Context(), w.owner, "nowhere", euros(500))
	wantReason(t, err, "channel_missing")

	heads := func() (public, business int64) {
		for audience, head := range map[room.Audience]*int64{room.Public: &public, room.Business: &business} {
			log, err := w.db.Logs().Log(t.Context(), room.Address{Channel: w.channel, Audience: audience})
			if err != nil {
				t.Fatal(err)
			}
			*head = log.Head
		}
		return public, business
	}
	for range 2 { // the second time nothing changes
		if _, err := w.service.SetPrice(t.Context(), w.owner, w.channel, euros(700)); err != nil {
			t.Fatal(err)
		}
	}
	if public, business := heads(); public != 2 || business != 2 {
		t.Errorf("two prices were set and told %d and %d times", public, business)
	}
	tier, onSale, err := w.service.Tier(t.Context(), w.channel)
	if price, _ := tier.PriceFor(subscription.Month); err != nil || !onSale || price != euros(700) {
		t.Errorf("got %v, %v, %v", tier, onSale, err)
	}
}

func TestWhoMayOpenACheckout(t *testing.T) {
	w := newWorld(t)
	light, banned := w.person(false), w.person(true)
	w.update(func(tx *store.Tx) error {
		return tx.PutSanction(t.Context(), moderation.Sanction{
			Channel: w.channel, Account: banned, Kind: access.BlockBan, At: w.clock.Now(), By: w.owner,
		})
	})
	open := func(by ident.Account, key string) error {
		_, err := w.service.OpenCheckout(t.Context(), by, w.channel, subscription.Purchase{Key: key})
		return err
	}
	wantReason(t, open("", "k"), "sign_in")
	wantReason(t, open(light, "k"), "password_required")
	wantReason(t, open(banned, "k"), "banned")
	wantReason(t, open(w.owner, "k"), "own_channel")
	wantReason(t, open(w.person(true), ""), "key_invalid")
	subscriber := w.person(true)
	w.subscribe(subscriber)
	wantReason(t, open(subscriber, "again"), "already_subscribed")
	w.update(func(tx *store.Tx) error {
		tiers, err := tx.TiersOf(t.Context(), w.channel)
		if err == nil {
			tiers[0].OnSale = false
			err = tx.PutTier(t.Context(), tiers[0])
		}
		return err
	})
	wantReason(t, open(w.person(true), "k"), "not_on_sale")
}

// What the buyer reads after paying is when they will pay again, however long the
// sheet stood open.
func TestPaidCheckoutSaysWhenItRenews(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "a"})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(29 * time.Minute)
	if _, err := w.service.Refresh(t.Context(), "fake", w.provider.pay(c.ID)); err != nil {
		t.Fatal(err)
	}
	c, err = w.service.CheckoutByID(t.Context(), buyer, c.ID)
	if want := w.clock.Now().AddDate(0, 1, 0); err != nil || c.State != subscription.CheckoutComplete || !c.RenewsAt.Equal(want) {
		t.Errorf("%s, renews %v, want %v (%v)", c.State, c.RenewsAt, want, err)
	}
}

func TestOneUnfinishedCheckoutPerChannel(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	open := func(key string) subscription.Checkout {
		t.Helper()
		c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: key})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := open("a")
	if first.State != subscription.CheckoutOpen || first.Ref == "" || first.RenewsAt.IsZero() || first.Plan.Price != euros(499) {
		t.Fatalf("got %+v", first)
	}
	if again, other := open("a"), open("b"); again.ID != first.ID || other.ID != first.ID {
		t.Fatal("a second page was given a second checkout")
	}
	w.clock.Advance(time.Hour)
	if again := open("a"); again.State != subscription.CheckoutExpired || again.ID != first.ID {
		t.Fatalf("got %+v", again)
	}
	_, err := w.service.Payable(t.Context(), buyer, first.ID)
	wantReason(t, err, "checkout_expired")
	if fresh := open("c"); fresh.ID == first.ID || fresh.State != subscription.CheckoutOpen {
		t.Fatalf("got %+v", fresh)
	}
}

func TestSimultaneousPagesShareACheckout(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	_, other := w.node(nil)
	var wg sync.WaitGroup
	ids := make([]ident.Checkout, 12)
	for i := range ids {
		s := []*subscription.Service{w.service, other}[i%2]
		wg.Go(func() {
			c, err := s.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "k" + string(rune('a'+i/2))})
			if err != nil {
				t.Error(err)
			}
			ids[i] = c.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("several checkouts: %v", ids)
		}
	}
}

func TestACheckoutIsItsOpenersAlone(t *testing.T) {
	w := newWorld(t)
	buyer, stranger := w.person(true), w.person(true)
	c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	for _, by := range []ident.Account{stranger, w.owner, ""} {
		_, err = w.service.CheckoutByID(t.Context(), by, c.ID)
		wantReason(t, err, "checkout_missing")
		_, err = w.service.Payable(t.Context(), by, c.ID)
		wantReason(t, err, "checkout_missing")
	}
}

func TestProgressNeverTakesBackWhatIsConfirmed(t *testing.T) {
	w := newWorld(t)
	c, ref := w.buy(w.person(true))
	if _, err := w.service.Refresh(t.Context(), "fake", ref); err != nil {
		t.Fatal(err)
	}
	for _, state := range []subscription.CheckoutState{subscription.CheckoutPending, subscription.CheckoutDeclined} {
		if is, err := w.service.Progress(t.Context(), c.ID, state, "late"); err != nil || is.State != subscription.CheckoutComplete {
			t.Fatalf("got %+v, %v", is, err)
		}
		w.update(func(tx *store.Tx) error { // as one who read before the confirmation
			stale := c
			stale.State, stale.Reason = state, "stale"
			return tx.SetCheckout(t.Context(), stale)
		})
	}
	if c, err := w.service.CheckoutByID(t.Context(), c.Account, c.ID); err != nil || c.State != subscription.CheckoutComplete || c.Reason != "" {
		t.Fatalf("got %+v, %v", c, err)
	}
}

func TestAnUnpaidCheckoutIsClosedByTheClock(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(61 * time.Minute)
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.update(func(tx *store.Tx) error {
		is, _, err := tx.CheckoutByID(t.Context(), c.ID)
		if is.State != subscription.CheckoutExpired {
			t.Errorf("stored as %s", is.State)
		}
		return err
	})
	if s, err := w.provider.FetchCheckout(t.Context(), c.Ref); err != nil || !s.Expired {
		t.Errorf("it can still be paid: %+v, %v", s, err)
	}
}

// Nobody tells us that a buyer has paid on the provider's own page, if the event
// is lost: after a minute the provider is asked.
func TestAPaymentElsewhereIsFoundWithoutItsEvent(t *testing.T) {
	w := newWorld(t)
	w.provider.page = "https://pay.example.org/"
	buyer := w.person(true)
	c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "k"})
	if err != nil || c.URL != w.provider.page {
		t.Fatalf("got %+v, %v", c, err)
	}
	w.provider.pay(c.ID)
	for _, inside := range []bool{false, true} {
		if err := w.service.ReconcileCheckouts(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.inside(buyer).Allowed; got != inside {
			t.Errorf("inside: %v, want %v", got, inside)
		}
		w.clock.Advance(time.Minute)
	}
}

// A payment that is on its way and never comes does not stand in the way for ever.
func TestAPaymentThatNeverComesIsGivenUp(t *testing.T) {
	w := newWorld(t)
	buyer := w.person(true)
	c, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.Progress(t.Context(), c.ID, subscription.CheckoutPending, ""); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(61 * time.Minute)
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err = w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "again"}); err != nil || c.State != subscription.CheckoutOpen {
		t.Errorf("got %+v, %v", c, err)
	}
}

// interrupted is a provider at which something happens while a page is opened.
type interrupted struct {
	*fakeProvider
	meanwhile func()
}

func (p *interrupted) OpenCheckout(ctx context.Context, o subscription.Order) (subscription.Session, error) {
	session, err := p.fakeProvider.OpenCheckout(ctx, o)
	if f := p.meanwhile; f != nil {
		p.meanwhile = nil
		f()
	}
	return session, err
}

// While the provider opens a page, another tab asks for another plan: the first
// page is shut before its buyer sees it, so that only one of the two can be paid.
func TestAPageThatIsGivenUpWhileItOpensCannotBePaid(t *testing.T) {
	w := newWorld(t)
	gold, buyer := w.tier("Gold", 999, 0), w.person(true)
	p := &interrupted{fakeProvider: w.provider}
	w.service.Providers = []subscription.Provider{p}
	var dear subscription.Checkout
	p.meanwhile = func() {
		var err error
		if dear, err = w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "b", Tier: gold.ID}); err != nil {
			t.Error(err)
		}
	}
	low, err := w.service.OpenCheckout(t.Context(), buyer, w.channel, subscription.Purchase{Key: "a"})
	if err != nil || low.State != subscription.CheckoutExpired || !w.provider.sessions[low.ID].expired {
		t.Errorf("the first can be paid: %+v, %v", low, err)
	}
	if dear.State != subscription.CheckoutOpen || w.provider.sessions[dear.ID].expired {
		t.Errorf("the second cannot be paid: %+v", dear)
	}
}
