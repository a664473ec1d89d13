package subscription_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
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

// A question that the provider did not answer is put again a minute later, not ever
// more rarely.
func TestAQuestionThatFailedDoesNotCount(t *testing.T) {
	w := newWorld(t)
	p := &counting{fakeProvider: w.provider, down: refusedConnection()}
	c := w.openPages(1)[0]
	w.service.Providers = []subscription.Provider{p}
	for n := range 4 {
		w.clock.Advance(time.Minute)
		wantReason(t, w.service.ReconcileCheckouts(t.Context()), "provider_unavailable")
		if len(p.asked) != n+1 {
			t.Fatalf("asked %d times", len(p.asked))
		}
		if err := w.service.ReconcileCheckouts(t.Context()); err != nil || len(p.asked) != n+1 {
			t.Fatalf("within the same minute it is asked again: %v", err)
		}
	}
	w.provider.pay(c.ID)
	p.is(nil)
	w.clock.Advance(time.Minute)
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil || !w.inside(c.Account).Allowed {
		t.Errorf("who paid is outside: %v", err)
	}
}

// named is a provider under a name of its own.
type named struct {
	*counting
	name string
}

func (n named) Name() string { return n.name }

// A provider that does not answer, with however many open pages, keeps nothing of
// another's from being found.
func TestAProviderThatIsDownHoldsUpNoOther(t *testing.T) {
	w := newWorld(t)
	down := named{&counting{fakeProvider: w.provider, down: refusedConnection()}, "down"}
	w.service.Providers = []subscription.Provider{named{&counting{fakeProvider: w.provider}, "down"}}
	w.openPages(130)
	w.clock.Advance(time.Second)
	w.service.Providers = []subscription.Provider{w.provider}
	late := w.openPages(1)[0]
	w.provider.pay(late.ID)
	w.service.Providers = []subscription.Provider{down, w.provider}
	w.clock.Advance(time.Minute)
	wantReason(t, w.service.ReconcileCheckouts(t.Context()), "provider_unavailable")
	if n := len(down.asked); n != 3 {
		t.Errorf("the one that does not answer is asked %d times", n)
	}
	if !w.inside(late.Account).Allowed {
		t.Error("who paid at the one that answers is outside")
	}
}

// What nobody answered about goes to the end of the row: others of the same
// provider have their turn.
func TestWhatWasNotAnsweredLetsOthersGoFirst(t *testing.T) {
	w := newWorld(t)
	p := &counting{fakeProvider: w.provider, down: refusedConnection()}
	w.openPages(100)
	w.clock.Advance(time.Second)
	late := w.openPages(1)[0]
	w.service.Providers = []subscription.Provider{p}
	w.clock.Advance(time.Minute)
	wantReason(t, w.service.ReconcileCheckouts(t.Context()), "provider_unavailable")
	w.provider.pay(late.ID)
	p.is(nil)
	if err := w.service.ReconcileCheckouts(t.Context()); err != nil || !w.inside(late.Account).Allowed {
		t.Errorf("who paid is outside: %v", err)
	}
}

// However many come after it, what was asked about once is asked about again when
// its turn has come.
func TestNewPagesDoNotGoBeforeOldOnes(t *testing.T) {
	w := newWorld(t)
	late := w.openPages(1)[0]
	round := func() {
		t.Helper()
		w.clock.Advance(time.Minute)
		if err := w.service.ReconcileCheckouts(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	round()
	w.provider.pay(late.ID)
	for range 3 {
		w.openPages(101)
		round()
	}
	if !w.inside(late.Account).Allowed {
		t.Error("who paid is outside after three minutes")
	}
}

// A checkout of a provider that is switched off ends with its hour. Were it paid
// all the same, the door opens when the provider is back.
func TestWhatExpiredAtAProviderThatIsOffIsClosed(t *testing.T) {
	for name, on := range map[string]bool{"none is on": false, "another is on": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.openPages(1)[0]
			ref := w.provider.pay(c.ID)
			w.service.Providers = nil
			if on {
				w.service.Providers = []subscription.Provider{named{&counting{fakeProvider: w.provider}, "another"}}
			}
			unfinished := func() (n int) {
				t.Helper()
				if err := w.service.ReconcileCheckouts(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.update(func(tx *store.Tx) error {
					_, found, err := tx.UnfinishedCheckout(t.Context(), c.Account, c.Channel)
					if found {
						n++
					}
					return err
				})
				return n
			}
			w.clock.Advance(59 * time.Minute)
			if unfinished() != 1 {
				t.Error("closed before its hour is over")
			}
			w.clock.Advance(time.Minute)
			if unfinished() != 0 {
				t.Error("it stays open")
			}
			w.service.Providers = []subscription.Provider{w.provider}
			w.refresh(ref)
			if !w.inside(c.Account).Allowed {
				t.Error("who paid is outside when the provider is back")
			}
		})
	}
}
