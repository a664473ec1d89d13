package subscription_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const grace = 72 * time.Hour

// clock stands still until a test moves it.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Set(t time.Time)         { c.mu.Lock(); c.at = t; c.mu.Unlock() }
func (c *clock) Advance(d time.Duration) { c.Set(c.Now().Add(d)) }

// world is one database with a channel on sale, and a provider that does what
// the test says.
type world struct {
	t        testing.TB
	clock    *clock
	url      string
	db       *store.DB
	ids      *ident.Source
	provider *fakeProvider
	service  *subscription.Service
	owner    ident.Account
	channel  ident.Channel
	people   int
	crooked  bool // the test spoils the books
}

// newWorld returns a world whose books must agree with its sales when the test
// ends.
func newWorld(t testing.TB) *world {
	w := &world{t: t, clock: newClock(), url: storetest.URL(t)}
	w.ids = ident.NewSource(w.clock.Now, rand.Reader)
	w.provider = newFakeProvider(w.clock.Now)
	w.db, w.service = w.node(nil)
	t.Cleanup(func() {
		found, err := w.service.Audit(context.Background())
		if err != nil || (len(found) > 0 && !w.crooked) {
			t.Errorf("the books differ from the sales: %v, %v", found, err)
		}
	})
	w.owner = w.person(true)
	w.open()
	return w
}

// node opens the database once more, as another server would.
func (w *world) node(bell func([]room.Bell)) (*store.DB, *subscription.Service) {
	db := storetest.Open(w.t, w.url, w.clock.Now, bell)
	return db, subscription.NewService(subscription.Config{
		Store: store.UnitOf(db, func(tx *store.Tx) subscription.Tx { return tx }),
		IDs:   w.ids, Now: w.clock.Now, Random: rand.Reader, Providers: []subscription.Provider{w.provider}, Grace: grace,
	})
}

// open makes a fresh channel of the same owner, on sale for 4.99.
func (w *world) open() {
	w.channel = ident.Make[ident.Channel](w.ids)
	w.update(func(tx *store.Tx) error {
		_, err := tx.InsertChannel(w.t.Context(), channel.Channel{
			ID: w.channel, Handle: "c" + string(w.channel)[10:], Title: "Deep water", Owner: w.owner,
			SpaceOpen: true, LiveAudience: access.LivePublic, Created: w.clock.Now(),
		})
		return err
	})
	if _, err := w.service.SetPrice(w.t.Context(), w.owner, w.channel, euros(499)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) update(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person(full bool) ident.Account { return w.persons(1, full)[0] }

// persons makes n accounts in one transaction.
func (w *world) persons(n int, full bool) []ident.Account {
	out := make([]ident.Account, n)
	for i := range out {
		out[i] = ident.Make[ident.Account](w.ids)
	}
	w.update(func(tx *store.Tx) error {
		for i, id := range out {
			name := fmt.Sprintf("person%d", w.people+i+1)
			a := account.Account{ID: id, Name: name, Folded: account.Fold(name), Created: w.clock.Now()}
			if full {
				a.Password = "set"
			}
			if _, err := tx.InsertAccount(w.t.Context(), a); err != nil {
				return err
			}
			l, err := tx.LimitsOf(w.t.Context(), id)
			if l.OfAge = w.clock.Now(); err == nil {
				err = tx.PutLimits(w.t.Context(), l)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	w.people += n
	return out
}

// buy opens a checkout and pays it at the provider. No event is delivered.
func (w *world) buy(by ident.Account) (subscription.Checkout, string) {
	w.t.Helper()
	c, err := w.service.OpenCheckout(w.t.Context(), by, w.channel, subscription.Purchase{Key: "k" + ident.Make[string](w.ids)})
	if err != nil {
		w.t.Fatal(err)
	}
	ref := w.provider.pay(c.ID)
	if c, err = w.service.Progress(w.t.Context(), c.ID, subscription.CheckoutPending, ""); err != nil {
		w.t.Fatal(err)
	}
	return c, ref
}

// subscribe is buy with the provider's word applied.
func (w *world) subscribe(by ident.Account) (subscription.Subscription, string) {
	w.t.Helper()
	_, ref := w.buy(by)
	sub, err := w.service.Refresh(w.t.Context(), "fake", ref)
	if err != nil {
		w.t.Fatal(err)
	}
	return sub, ref
}

func (w *world) facts(by ident.Account) access.Facts {
	w.t.Helper()
	s := access.Subject{Account: by, Channel: w.channel}
	facts, err := w.db.Rights().Facts(w.t.Context(), []access.Subject{s})
	if err != nil {
		w.t.Fatal(err)
	}
	return facts[s]
}

// inside asks the gate.
func (w *world) inside(by ident.Account) access.Decision {
	w.t.Helper()
	return access.Decide(w.facts(by), access.ReadSpace, w.clock.Now())
}

// whys returns the reasons of all changes of grants, in order.
func (w *world) whys() []string {
	w.t.Helper()
	page, err := w.db.Logs().Page(w.t.Context(), room.Address{Channel: w.channel, Audience: room.Business}, room.NoCursor, 0, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	out := []string{}
	for _, e := range page.Events {
		envelope, err := event.Decode(e.Bytes)
		if err != nil {
			w.t.Fatal(err)
		}
		if g, ok := event.As[event.GrantChanged](envelope); ok {
			out = append(out, g.Why)
		}
	}
	return out
}

func euros(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "EUR"} }

func wantReason(t testing.TB, err error, reason string) {
	t.Helper()
	if !fault.Is(err, reason) {
		t.Fatalf("got %v, want the refusal %s", err, reason)
	}
}
