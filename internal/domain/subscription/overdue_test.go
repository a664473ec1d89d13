package subscription_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// openPages opens checkouts that somebody left open on the provider's own page.
func (w *world) openPages(n int) (open []subscription.Checkout) {
	w.t.Helper()
	w.provider.page = "https://pay.example.org/"
	for _, by := range w.persons(n, true) {
		c, err := w.service.OpenCheckout(w.t.Context(), by, w.channel, subscription.Purchase{Key: "k"})
		if err != nil {
			w.t.Fatal(err)
		}
		open = append(open, c)
	}
	return open
}

// What nobody pays is asked about ever more rarely, and not all of it in one
// round, however many there are; what is paid meanwhile is found all the same.
func TestUnpaidCheckoutsAreAskedAboutEverMoreRarely(t *testing.T) {
	w := newWorld(t)
	const crowd = 130
	p := &counting{fakeProvider: w.provider}
	open := w.openPages(crowd)
	w.service.Providers = []subscription.Provider{p}
	_, other := w.node(nil)
	other.Providers = w.service.Providers
	round := func() int {
		t.Helper()
		before := len(p.asked)
		for _, s := range []*subscription.Service{w.service, other} { // a second server asks about none of them again
			if err := s.ReconcileCheckouts(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return len(p.asked) - before
	}
	w.clock.Advance(time.Minute)
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil || len(p.asked) != 100 {
		t.Fatalf("the first round asks about %d, %v", len(p.asked), err)
	}
	if n := round(); n != crowd-100 {
		t.Fatalf("the next ones ask about %d more", n)
	}
	if n := round(); n != 0 {
		t.Fatalf("within the same minute %d are asked about again", n)
	}
	late := open[77]
	for minute := 2; minute < 60; minute++ {
		w.clock.Advance(time.Minute)
		if minute == 40 {
			w.provider.pay(late.ID)
		}
		round()
	}
	if n := len(p.asked); n > 8*crowd {
		t.Errorf("within an hour %d checkouts are asked about %d times", crowd, n)
	}
	if !w.inside(late.Account).Allowed {
		t.Error("who paid after forty minutes, and whose event is lost, is outside")
	}
	w.clock.Advance(time.Minute)
	round()
	round()
	for _, c := range open {
		want := subscription.CheckoutExpired
		if c.ID == late.ID {
			want = subscription.CheckoutComplete
		}
		if is, err := w.service.CheckoutByID(t.Context(), c.Account, c.ID); err != nil || is.State != want {
			t.Fatalf("after its hour it is %+v, %v", is, err)
		}
		if s := w.provider.sessions[c.ID]; s.expired != (want == subscription.CheckoutExpired) {
			t.Fatal("it can be paid still")
		}
	}
}

// The examination asks about all of them, whenever their turn is.
func TestTheExaminationAsksAboutEveryCheckout(t *testing.T) {
	w := newWorld(t)
	open := w.openPages(3)
	w.clock.Advance(time.Minute)
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range open {
		w.provider.pay(c.ID)
	}
	if err := w.service.Reconcile(t.Context()); err != nil || len(w.sales()) != 3 {
		t.Errorf("%d sales, %v", len(w.sales()), err)
	}
}

// A question that the provider did not answer is put again in the next round.
func TestAQuestionThatFailedDoesNotCount(t *testing.T) {
	w := newWorld(t)
	p := &counting{fakeProvider: w.provider, down: refusedConnection()}
	c := w.openPages(1)[0]
	w.service.Providers = []subscription.Provider{p}
	w.clock.Advance(time.Minute)
	for n := range 4 {
		wantReason(t, w.service.ReconcileCheckouts(t.Context()), "provider_unavailable")
		if len(p.asked) != n+1 {
			t.Fatalf("asked %d times", len(p.asked))
		}
	}
	w.provider.pay(c.ID)
	p.is(nil)
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil || !w.inside(c.Account).Allowed {
		t.Errorf("who paid is outside: %v", err)
	}
}
