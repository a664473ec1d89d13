package patron_test

import (
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/payment/patron"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	grace   = 72 * time.Hour
	heading = "channel,code,tier,paid_until,months\n"
)

// world is a channel with two tiers and a list of patrons.
type world struct {
	*storetest.World
	t       *testing.T
	file    string
	owner   ident.Account
	channel ident.Channel
	gold    subscription.Tier
	journal *journal
	*node   // the first one
}

// node is a server that follows the list.
type node struct {
	patrons *patron.Patrons
	service *subscription.Service
	inbox   *subscription.Inbox
	desk    *patron.Desk
}

// journal is a log that a test can read.
type journal struct {
	mu sync.Mutex
	b  strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// newWorld begins at midnight, so that a day that is paid ends when a day does.
func newWorld(t *testing.T) *world {
	w := &world{World: storetest.NewWorld(t), t: t, file: filepath.Join(t.TempDir(), "patrons.csv"), journal: &journal{}}
	w.Clock.Advance(4 * time.Hour)
	w.owner = w.Person("Owner")
	w.channel = w.Channel(w.owner) // channel-2
	w.node = w.start(w.DB)
	if _, err := w.service.SetPrice(t.Context(), w.owner, w.channel, money.Amount{Minor: 499, Currency: "EUR"}); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.gold, err = w.service.SaveTier(t.Context(), w.owner, subscription.Tier{
		Channel: w.channel, Name: "Gold", OnSale: true,
		Prices: []subscription.Price{{Interval: subscription.Month, Amount: money.Amount{Minor: 999, Currency: "EUR"}}},
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) start(db *store.DB) *node {
	n := &node{}
	log := slog.New(slog.NewTextHandler(w.journal, nil))
	n.patrons = patron.New(patron.Config{
		Store: store.UnitOf(db, func(tx *store.Tx) patron.Tx { return tx }), IDs: w.IDs, Now: w.Clock.Now, Log: log, File: w.file,
	})
	n.service = subscription.NewService(subscription.Config{
		Store: store.UnitOf(db, func(tx *store.Tx) subscription.Tx { return tx }),
		IDs:   w.IDs, Now: w.Clock.Now, Random: rand.Reader, Providers: []subscription.Provider{n.patrons}, Grace: grace,
	})
	n.inbox = subscription.NewInbox(n.service, time.Hour, func(err error) { log.Warn("inbox", "error", err) })
	n.desk = patron.NewDesk(n.patrons, n.service, n.inbox)
	return n
}

// write puts lines into the file, as one who knows to do it at once.
func (w *world) write(lines ...string) {
	w.t.Helper()
	fresh := w.file + ".new"
	if err := os.WriteFile(fresh, []byte(heading+strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(fresh, w.file); err != nil {
		w.t.Fatal(err)
	}
}

// look lets a node look at the file twice, because the first time it may still
// be being written, and apply what it heard.
func (w *world) look(n *node) {
	w.t.Helper()
	for range 2 {
		if err := n.patrons.Look(w.t.Context(), n.inbox); err != nil {
			w.t.Fatal(err)
		}
	}
	w.settle(n)
}

func (w *world) settle(n *node) {
	w.t.Helper()
	if _, err := n.inbox.Settle(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// says is a list that a node has read.
func (w *world) says(lines ...string) {
	w.t.Helper()
	w.write(lines...)
	w.look(w.node)
}

func (w *world) checkout(by ident.Account) subscription.Checkout {
	w.t.Helper()
	c, err := w.service.OpenCheckout(w.t.Context(), by, w.channel, subscription.Purchase{Key: ident.Make[string](w.IDs), Provider: patron.Name, Agreement: subscription.Agreement{OfAge: true}})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) claim(by ident.Account, code string) error {
	w.t.Helper()
	_, err := w.desk.Claim(w.t.Context(), by, "192.0.2.1", w.checkout(by).ID, code)
	if err == nil {
		w.settle(w.node)
	}
	return err
}

// claimed is claim that must not fail.
func (w *world) claimed(by ident.Account, code string) {
	w.t.Helper()
	if err := w.claim(by, code); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) facts(by ident.Account) access.Facts {
	w.t.Helper()
	s := access.Subject{Account: by, Channel: w.channel}
	facts, err := w.Rights().Facts(w.t.Context(), []access.Subject{s})
	if err != nil {
		w.t.Fatal(err)
	}
	return facts[s]
}

func (w *world) inside(by ident.Account) access.Decision {
	w.t.Helper()
	return access.Decide(w.facts(by), access.ReadSpace, w.Clock.Now())
}

func (w *world) until(by ident.Account, want time.Time) {
	w.t.Helper()
	if d := w.inside(by); !d.Allowed || !d.Until.Equal(want) {
		w.t.Errorf("%+v, want inside until %v", d, want)
	}
}

func (w *world) outside(by ident.Account) {
	w.t.Helper()
	if d := w.inside(by); d.Allowed {
		w.t.Errorf("inside until %v", d.Until)
	}
}

func (w *world) subscriptionOf(by ident.Account) subscription.Owned {
	w.t.Helper()
	list, err := w.service.List(w.t.Context(), by)
	if err != nil || len(list) == 0 {
		w.t.Fatal(list, err)
	}
	return list[0]
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if !fault.Is(err, reason) {
		t.Errorf("got %v, want the refusal %s", err, reason)
	}
}

func day(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, time.UTC) }
