package subscription_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func refusedConnection() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

// For an hour the provider does not answer. Who is inside stays to the end of
// their right and not a second longer; who wants in is told; events that come are
// kept, asked about ever more rarely, and applied when it is back.
func TestAProviderThatIsDownForAnHour(t *testing.T) {
	w := newWorld(t)
	in := w.inbox()
	refs := map[ident.Account]string{}
	for range 20 {
		by := w.person(true)
		_, refs[by] = w.subscribe(by)
	}
	leaves := w.person(true)
	w.clock.Advance(30 * time.Minute)
	sub, _ := w.subscribe(leaves)
	if _, err := w.service.Cancel(t.Context(), leaves, sub.ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Set(sub.PeriodEnd.Add(-30 * time.Minute)) // where the others' period ends
	began := w.clock.Now()
	for by, ref := range refs {
		w.provider.renew(ref)
		w.receive(in, "evt_"+string(by), ref, false)
	}
	w.provider.down = refusedConnection()
	before, told := w.provider.fetches, len(w.whys())
	for second := range 3600 {
		if n, err := in.Settle(t.Context()); n > 0 && err == nil {
			t.Fatal("something was applied")
		}
		if second%600 == 0 {
			_, err := w.service.OpenCheckout(t.Context(), w.person(true), w.channel, subscription.Purchase{Key: "k"})
			wantReason(t, err, "provider_unavailable")
		}
		if got, want := w.inside(leaves).Allowed, w.clock.Now().Before(sub.PeriodEnd); got != want {
			t.Fatalf("at %v who had cancelled is inside: %v", w.clock.Now(), got)
		}
		w.clock.Advance(time.Second)
	}
	if asked := w.provider.fetches - before; asked < 20 || asked > 20*25 {
		t.Errorf("asked %d times about 20 subscriptions", asked)
	}
	for by := range refs {
		if d := w.inside(by); !d.Allowed || !d.Until.Equal(began.Add(grace)) {
			t.Errorf("after the hour: %+v", d)
		}
	}
	w.provider.down = nil
	w.clock.Advance(5 * time.Minute) // the longest pause
	w.settle(in)
	for by := range refs {
		if d := w.inside(by); !d.Allowed || !d.Until.Equal(began.AddDate(0, 1, 0).Add(grace)) {
			t.Errorf("when it is back: %+v", d)
		}
	}
	if whys := w.whys()[told:]; len(whys) != 20 || slices.ContainsFunc(whys, func(why string) bool { return why != "renewed" }) {
		t.Errorf("the log tells of %v", whys)
	}
}

// counting is a provider that remembers when it was asked for anything, and can
// be down.
type counting struct {
	*fakeProvider
	mu    sync.Mutex
	asked []time.Time
	down  error
}

func (p *counting) ask() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, time.Now())
	return p.down
}

func (p *counting) is(down error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

func (p *counting) between(from, to time.Time) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, at := range p.asked {
		if !at.Before(from) && at.Before(to) {
			n++
		}
	}
	return n
}

func (p *counting) FetchSubscription(ctx context.Context, ref string) (subscription.Object, error) {
	if err := p.ask(); err != nil {
		return subscription.Object{}, err
	}
	return p.fakeProvider.FetchSubscription(ctx, ref)
}

func (p *counting) FetchCheckout(ctx context.Context, ref string) (subscription.Session, error) {
	if err := p.ask(); err != nil {
		return subscription.Session{}, err
	}
	return p.fakeProvider.FetchCheckout(ctx, ref)
}

func (p *counting) Refund(ctx context.Context, r subscription.Repayment) error {
	if err := p.ask(); err != nil {
		return err
	}
	return p.fakeProvider.Refund(ctx, r)
}

func (p *counting) EventsSince(context.Context, time.Time) ([]subscription.Event, error) {
	return nil, p.ask()
}

// A round of purchases whose events are missing ends when the provider does not
// answer.
func TestAPurchaseRoundEndsWithASilentProvider(t *testing.T) {
	w := newWorld(t)
	p := &counting{fakeProvider: w.provider, down: refusedConnection()}
	for range 10 {
		w.buy(w.person(true))
	}
	w.service.Providers = []subscription.Provider{p}
	w.clock.Advance(2 * time.Minute)
	wantReason(t, w.service.ReconcileCheckouts(t.Context()), "provider_unavailable")
	if n := len(p.asked); n != 3 {
		t.Errorf("asked %d times", n)
	}
	p.is(nil)
	w.clock.Advance(time.Minute) // those that were asked about wait for so long
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil || len(w.sales()) != 10 {
		t.Errorf("%d sales, %v", len(w.sales()), err)
	}
}

// The same hour with everything that a server does by itself: it asks a provider
// that is down a few times in a minute at most, and heals when it is back.
func TestNothingRunsHotWhileAProviderIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.service.Now, w.provider.now = time.Now, time.Now
		p := &counting{fakeProvider: w.provider}
		w.service.Providers = []subscription.Provider{p}
		buyers := w.persons(3, true)
		var refs []string
		for _, by := range buyers {
			_, ref := w.subscribe(by)
			refs = append(refs, ref)
		}
		waits := w.person(true)
		w.buy(waits)                                                        // pending, and its event is lost
		w.applied(w.gift(w.person(true), subscription.GiftWish{People: 2})) // to be paid back
		time.Sleep(time.Until(time.Now().Add(2 * time.Minute)))             // the purchase is overdue
		p.is(refusedConnection())
		in := subscription.NewInbox(w.service, 5*time.Minute, func(error) {})
		for _, ref := range refs {
			w.provider.renew(ref)
			w.receive(in, "evt_"+ref, ref, false)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = in.Run(ctx) })
		began := time.Now()
		time.Sleep(time.Hour)
		if n := p.between(began, began.Add(time.Minute)); n == 0 || n > 60 {
			t.Errorf("in the first minute it is asked %d times", n)
		}
		for at := began.Add(30 * time.Minute); at.Before(began.Add(time.Hour)); at = at.Add(time.Minute) {
			if n := p.between(at, at.Add(time.Minute)); n > 12 {
				t.Errorf("%v after the beginning it is asked %d times in a minute", at.Sub(began), n)
			}
		}
		if n := p.between(began.Add(30*time.Minute), began.Add(time.Hour)); n == 0 || n > 90 {
			t.Errorf("in the second half of the hour it is asked %d times", n)
		}
		p.is(nil)
		time.Sleep(11 * time.Minute)
		stop()
		wg.Wait()
		for _, by := range append(buyers, waits) {
			if d := w.facts(by).SubscriberAt(time.Now()); !d {
				t.Error("somebody who paid is outside")
			}
		}
		for _, sale := range w.sales() {
			if sale.Kind == subscription.ChargeGift && sale.Refunded != sale.Total.Minor {
				t.Errorf("of the gift %d went back", sale.Refunded)
			}
		}
		if n := len(w.sales()); n != 3+3+1+1 {
			t.Errorf("%d sales", n)
		}
	})
}
