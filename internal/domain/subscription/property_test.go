package subscription_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// TestAnyDeliveryEndsInTheProvidersTruth lets things happen at the provider and
// delivers the events shuffled, doubled and one in ten not at all. After a
// reconcile the gate must say what the provider's own state says.
func TestAnyDeliveryEndsInTheProvidersTruth(t *testing.T) {
	w := newWorld(t)
	modestly(t)
	rapid.Check(t, func(r *rapid.T) {
		w.open()
		m := &month{w: w, r: r, in: w.inbox(), refs: map[ident.Account]string{}}
		for range 3 {
			m.buyers = append(m.buyers, w.person(true))
		}
		for range rapid.IntRange(5, 30).Draw(r, "steps") {
			m.step()
		}
		for len(m.events) > 0 {
			m.deliver()
		}
		m.reconcile()
		m.compare()
		told := len(w.whys())
		m.reconcile()
		if again := len(w.whys()); again != told {
			r.Fatalf("applying the same again told %d things", again-told)
		}
	})
}

// modestly keeps the ordinary run short; -rapid.checks asks for more.
func modestly(t *testing.T) {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if asked {
		return
	}
	if err := flag.Set("rapid.checks", "20"); err != nil {
		t.Fatal(err)
	}
}

// month is one run: what happened at the provider, and the events under way.
type month struct {
	w      *world
	r      *rapid.T
	in     *subscription.Inbox
	buyers []ident.Account
	refs   map[ident.Account]string // the newest subscription of each
	events []subscription.Event
	made   int
}

func (m *month) step() {
	m.w.clock.Advance(time.Duration(rapid.IntRange(0, 20*24).Draw(m.r, "hours")) * time.Hour)
	buyer := rapid.SampledFrom(m.buyers).Draw(m.r, "buyer")
	ref, has := m.refs[buyer]
	if !has {
		_, ref := m.w.buy(buyer)
		m.refs[buyer] = ref
		m.emit(ref, false)
		return
	}
	switch rapid.IntRange(0, 8).Draw(m.r, "what") {
	case 0, 1:
		m.happen(ref, func(o *subscription.Object) {
			m.w.provider.renewed(o)
		})
	case 2:
		m.happen(ref, func(o *subscription.Object) { o.Status = subscription.StatusPastDue })
	case 3:
		m.happen(ref, func(o *subscription.Object) { o.Status = subscription.StatusUnknown })
	case 4:
		m.happen(ref, func(o *subscription.Object) { o.CancelAtPeriodEnd = !o.CancelAtPeriodEnd })
	case 5:
		m.happen(ref, func(o *subscription.Object) { dispute(o, m.w.clock.Now()) })
	case 6:
		m.happen(ref, func(o *subscription.Object) { o.Status, o.EndedAt = subscription.StatusEnded, m.w.clock.Now() })
	default:
		m.deliver()
	}
}

// happen changes a subscription that has not ended, and makes an event or two.
func (m *month) happen(ref string, change func(*subscription.Object)) {
	ended := false
	o := m.w.provider.change(ref, func(o *subscription.Object) {
		if ended = o.Status == subscription.StatusEnded; !ended {
			change(o)
		}
	})
	if !ended {
		m.emit(ref, o.Status == subscription.StatusEnded || !o.TakenBack().IsZero())
	}
}

func (m *month) emit(ref string, terminal bool) {
	for range rapid.IntRange(1, 2).Draw(m.r, "events") {
		m.made++
		m.events = append(m.events, subscription.Event{
			Provider: "fake", ID: fmt.Sprintf("%s_%d", ref, m.made), Kind: "changed", Object: ref, Terminal: terminal,
		})
	}
}

// deliver takes any event under way: lost, brought once, or brought and kept to
// be brought again.
func (m *month) deliver() {
	if len(m.events) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.events)-1).Draw(m.r, "event")
	e, fate := m.events[i], rapid.IntRange(0, 9).Draw(m.r, "fate")
	if fate < 7 {
		m.events = append(m.events[:i], m.events[i+1:]...)
	}
	if fate == 0 {
		return
	}
	m.w.receive(m.in, e.ID, e.Object, e.Terminal)
	m.w.settle(m.in)
}

func (m *month) reconcile() {
	m.w.clock.Advance(time.Minute) // a paid checkout gives its event that long
	if err := m.w.service.Reconcile(m.w.t.Context()); err != nil {
		m.r.Fatal(err)
	}
}

func (m *month) compare() {
	for buyer, ref := range m.refs {
		o := m.w.provider.change(ref, func(*subscription.Object) {})
		now := m.w.clock.Now()
		want, ok := subscription.GrantFor(o, grace)
		if !want.Revoked.IsZero() && want.Revoked.Before(want.Ends) {
			want.Ends = want.Revoked
		}
		ok = ok && now.Before(want.Ends)
		tenure := access.Facts{Grants: []access.Grant{{Paid: want.Paid, Months: want.Months}}}.Tenure(now)
		facts := m.w.facts(buyer)
		got, until := facts.Subscriber(now)
		if got != ok || (ok && (!until.Equal(want.Ends) || facts.Tenure(now) != tenure)) {
			m.r.Fatalf("the provider has %+v\nentitled %v until %v; the gate says %v until %v, %d months",
				o, ok, want.Ends, got, until, facts.Tenure(now))
		}
	}
}
