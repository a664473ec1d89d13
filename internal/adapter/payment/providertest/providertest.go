// Package providertest is what every payment provider must pass: one life of a
// subscription, through the real service and a real store.
//
// Owns: the acts of that life, and the right that must follow each of them, the
// same for all providers. Promises: what a provider says it cannot do it must
// refuse with provider_cannot, and then nothing may change; events are brought
// twice and in any order. Does not do: the wire of a provider (its own tests
// do), and taking money.
package providertest

import (
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Place is a store with a channel that sells nothing yet. Its clock must stand at
// midnight UTC, on a day that every month has.
type Place struct {
	Store   subscription.Store
	IDs     *ident.Source
	Now     func() time.Time
	Advance func(time.Duration)
	Owner   ident.Account
	Channel ident.Channel
	Person  func(name string) ident.Account // a full account
	Name    func(ident.Account) string      // by which others find it
	Random  io.Reader
}

// Act is what some providers cannot do.
type Act string

// The acts.
const (
	Cancel Act = "cancel"
	Pause  Act = "pause"
	Change Act = "change"
	Refund Act = "refund"
	Give   Act = "give"
)

// Outside is a provider together with the world around it.
type Outside struct {
	Provider subscription.Provider
	Cannot   []Act
	// Pay lets the buyer of a checkout pay it; an error says that they could not.
	// Nobody may be told but by the provider's events.
	Pay func(s *subscription.Service, c subscription.Checkout) error
	// Renew lets the next period be paid, when the clock stands at its beginning.
	Renew func(ref string)
	// End lets the provider end a subscription now, without our asking.
	End func(ref string)
}

// grace is how long a right outlives a period that should be renewed.
const grace = 72 * time.Hour

// Run lets a provider live through everything. Open makes a fresh place and what
// is outside of it.
func Run(t *testing.T, open func(t *testing.T) (Place, Outside)) {
	for name, scene := range map[string]func(*stage){
		"life": life, "another plan": plans, "money back": moneyBack, "an end, and coming back": comingBack,
		"a checkout": checkouts, "silence": silence, "a gift": gifts, "what is unknown": unknown,
	} {
		t.Run(name, func(t *testing.T) {
			place, outside := open(t)
			scene(newStage(t, place, outside))
		})
	}
}

// stage is one place while something is played.
type stage struct {
	*testing.T
	Place
	Outside
	service *subscription.Service
	inbox   *subscription.Inbox
	chance  *rand.Rand
	low     subscription.Tier
	gold    subscription.Tier
	began   time.Time
	keys    int
}

func newStage(t *testing.T, p Place, o Outside) *stage {
	t.Helper()
	s := &stage{T: t, Place: p, Outside: o, chance: rand.New(rand.NewPCG(1, 2)), began: p.Now()}
	s.service = subscription.NewService(subscription.Config{
		Store: p.Store, IDs: p.IDs, Now: p.Now, Random: p.Random, Providers: []subscription.Provider{o.Provider}, Grace: grace,
	})
	s.inbox = subscription.NewInbox(s.service, time.Hour, func(err error) { t.Log("inbox:", err) })
	s.low, s.gold = s.tier("Low", 499), s.tier("Gold", 999)
	return s
}

func (s *stage) tier(name string, price int64) subscription.Tier {
	s.Helper()
	tier, err := s.service.SaveTier(s.Context(), s.Owner, subscription.Tier{
		Channel: s.Channel, Name: name, OnSale: true,
		Prices: []subscription.Price{{Interval: subscription.Month, Amount: money.Amount{Minor: price, Currency: "EUR"}}},
	})
	s.must(err)
	return tier
}

func (s *stage) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *stage) refuses(err error, reason string) {
	s.Helper()
	if !fault.Is(err, reason) {
		s.Errorf("got %v, want the refusal %s", err, reason)
	}
}

// can reports whether the provider does an act. One that does not must refuse
// it, and the holder's right must be afterwards what it was.
func (s *stage) can(a Act, by ident.Account, try func() error) bool {
	s.Helper()
	if !slices.Contains(s.Cannot, a) {
		s.must(try())
		return true
	}
	before := s.right(by)
	s.refuses(try(), "provider_cannot")
	s.deliver()
	if after := s.right(by); after != before {
		s.Errorf("it cannot %s, and yet %+v became %+v", a, before, after)
	}
	return false
}

func (s *stage) checkout(by ident.Account) subscription.Checkout {
	s.Helper()
	s.keys++
	c, err := s.service.OpenCheckout(s.Context(), by, s.Channel, subscription.Purchase{
		Key: string(rune('a' + s.keys)), Tier: s.low.ID, Country: "FR", Agreement: subscription.Agreement{OfAge: true},
	})
	s.must(err)
	return c
}

// subscribe is a purchase up to the open door, and the provider's name for it.
func (s *stage) subscribe(by ident.Account) string {
	s.Helper()
	c := s.checkout(by)
	s.must(s.Pay(s.service, c))
	s.deliver()
	session, err := s.Provider.FetchCheckout(s.Context(), c.Ref)
	s.must(err)
	return session.Subscription
}

// deliver brings every event that the provider ever made, again those that were
// brought before, each once or twice and in any order.
func (s *stage) deliver() {
	s.Helper()
	events, err := s.Provider.EventsSince(s.Context(), s.began.Add(-time.Hour))
	s.must(err)
	for _, e := range slices.Clone(events) {
		if s.chance.IntN(2) == 0 {
			events = append(events, e)
		}
	}
	s.chance.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for _, e := range events {
		if e.Provider != s.Provider.Name() || e.ID == "" {
			s.Fatalf("an event is not the provider's: %+v", e)
		}
		s.must(s.inbox.Receive(s.Context(), e))
	}
	s.settle()
}

func (s *stage) settle() {
	s.Helper()
	_, err := s.inbox.Settle(s.Context())
	s.must(err)
}

// right is what somebody may, as the gate and the service say.
type right struct {
	inside bool
	until  time.Time
	tier   ident.Tier
	tenure int
	state  subscription.State
}

func (s *stage) right(by ident.Account) right {
	s.Helper()
	var r right
	err := s.Place.Store.View(s.Context(), func(tx subscription.Tx) error {
		subject := access.Subject{Account: by, Channel: s.Channel}
		facts, err := tx.Facts(s.Context(), []access.Subject{subject})
		if err != nil {
			return err
		}
		r.inside, r.until = facts[subject].Subscriber(s.Now())
		r.tenure = facts[subject].Tenure(s.Now())
		if r.inside != access.Decide(facts[subject], access.ReadSpace, s.Now()).Allowed {
			s.Error("the gate and the rights disagree")
		}
		return nil
	})
	s.must(err)
	list, err := s.service.List(s.Context(), by)
	s.must(err)
	if len(list) > 0 {
		r.tier, r.state = list[0].Plan.Tier, list[0].State
	}
	return r
}

// stands compares somebody's right with what must be.
func (s *stage) stands(when string, by ident.Account, want right) {
	s.Helper()
	if !want.inside {
		want.until = time.Time{}
	}
	got := s.right(by)
	if !got.inside {
		got.until = time.Time{}
	}
	if got.until = got.until.UTC(); got != want {
		s.Errorf("%s\ngot  %+v\nwant %+v", when, got, want)
	}
}

// month is the beginning of the nth month from the start of the stage.
func (s *stage) month(n int) time.Time { return s.began.AddDate(0, n, 0).UTC() }

// to moves the clock forward to a moment.
func (s *stage) to(at time.Time) { s.Advance(at.Sub(s.Now())) }
