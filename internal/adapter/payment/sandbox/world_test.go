package sandbox_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	good     = "4242 4242 4242 4242"
	declined = "4000000000000002"
	disputes = "4000000000000259"

	period       = 30 * 24 * time.Hour
	disputeAfter = time.Minute
	grace        = 72 * time.Hour
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// journal is a log that a test can read while others write it.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
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

// world is one database, a channel on sale, and one or more nodes.
type world struct {
	t       *testing.T
	clock   *clock
	url     string
	ids     *ident.Source
	journal *journal
	owner   ident.Account
	channel ident.Channel
	people  int
	*node   // the first one
}

// node is a server: its own connection, its own sandbox, its own webhook route.
type node struct {
	db      *store.DB
	sandbox *sandbox.Sandbox
	service *subscription.Service
	inbox   *subscription.Inbox
	till    *sandbox.Till
	web     *httptest.Server
	whys    chan string // of the grants that this node changed
	// before, when set, answers a delivery in place of the route by returning
	// another status than 200.
	before func(r *http.Request) int
}

func newWorld(t *testing.T, m sandbox.Mischief) *world {
	w := &world{
		t: t, url: storetest.URL(t), journal: &journal{},
		clock: &clock{at: time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)},
	}
	w.ids = ident.NewSource(w.clock.Now, rand.Reader)
	w.node = w.start(m)
	w.owner = w.person()
	w.channel = ident.Make[ident.Channel](w.ids)
	w.update(func(tx *store.Tx) error {
		_, err := tx.InsertChannel(t.Context(), channel.Channel{
			ID: w.channel, Handle: "deep", Title: "Deep water", Owner: w.owner, SpaceOpen: true,
			LiveAudience: access.LivePublic, Created: w.clock.Now(),
		})
		return err
	})
	if _, err := w.service.SetPrice(t.Context(), w.owner, w.channel, money.Amount{Minor: 499, Currency: "EUR"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) start(m sandbox.Mischief) *node {
	n := &node{whys: make(chan string, 1000)}
	n.db = storetest.Open(w.t, w.url, w.clock.Now, n.hear)
	log := slog.New(slog.NewTextHandler(w.journal, nil))
	var err error
	n.sandbox, err = sandbox.New(w.t.Context(), sandbox.Config{
		Store: store.UnitOf(n.db, func(tx *store.Tx) sandbox.Tx { return tx }),
		IDs:   w.ids, Now: w.clock.Now, Random: rand.Reader, Log: log,
		Period: sandbox.Period(period), DisputeAfter: disputeAfter, Mischief: m,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	n.service = subscription.NewService(subscription.Config{
		Store: store.UnitOf(n.db, func(tx *store.Tx) subscription.Tx { return tx }),
		IDs:   w.ids, Now: w.clock.Now, Providers: []subscription.Provider{unasked{n.sandbox}}, Grace: grace,
	})
	n.till = sandbox.NewTill(n.sandbox, n.service)
	n.inbox = subscription.NewInbox(n.service, time.Hour, func(err error) { log.Warn("inbox", "error", err) })
	route := webhook.Route(n.sandbox, n.inbox, log)
	n.web = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if n.before != nil {
			if status := n.before(r); status != http.StatusOK {
				rw.WriteHeader(status)
				return
			}
		}
		route.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(n.web.Close)
	return n
}

// unasked is a sandbox whose events come by the webhook or not at all.
type unasked struct{ *sandbox.Sandbox }

func (unasked) EventsSince(context.Context, time.Time) ([]subscription.Event, error) { return nil, nil }

// run starts the node's goroutines; the test's end stops and awaits them.
func (w *world) run(nodes ...*node) {
	ctx, stop := context.WithCancel(w.t.Context())
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() { _ = n.sandbox.Run(ctx, n.web.URL) })
		wg.Go(func() { _ = n.inbox.Run(ctx) })
	}
	w.t.Cleanup(func() { stop(); wg.Wait() })
}

func (n *node) hear(bells []room.Bell) {
	for _, b := range bells {
		e, err := event.Decode(b.Bytes)
		if err != nil {
			continue
		}
		if g, ok := event.As[event.GrantChanged](e); ok {
			n.whys <- g.Why
		}
	}
}

// await waits for the next change of a grant.
func (w *world) await(n *node, why string) {
	w.t.Helper()
	select {
	case got := <-n.whys:
		if got != why {
			w.t.Fatalf("a grant changed because of %q, want %q", got, why)
		}
	case <-time.After(30 * time.Second):
		w.t.Fatalf("no grant changed because of %q; the log says:\n%s", why, w.journal)
	}
}

// allSent waits until no delivery is on its way.
func (w *world) allSent() {
	w.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for {
		var left []subscription.SandboxEvent
		w.update(func(tx *store.Tx) (err error) {
			left, err = tx.UnsentSandboxEvents(w.t.Context(), w.clock.Now().Add(period), time.Time{}, 1)
			return err
		})
		if len(left) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			w.t.Fatalf("an event is still not sent: %+v\n%s", left, w.journal)
		}
	}
}

func (w *world) update(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person() ident.Account {
	w.people++
	name := fmt.Sprintf("person%d", w.people)
	a := account.Account{ID: ident.Make[ident.Account](w.ids), Name: name, Folded: name, Password: "set", Created: w.clock.Now()}
	w.update(func(tx *store.Tx) error { _, err := tx.InsertAccount(w.t.Context(), a); return err })
	return a.ID
}

func (w *world) checkout(by ident.Account) subscription.Checkout {
	w.t.Helper()
	c, err := w.service.OpenCheckout(w.t.Context(), by, w.channel, subscription.Purchase{Key: "key", Agreement: subscription.Agreement{OfAge: true}})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) pay(by ident.Account, id ident.Checkout, card string) subscription.Checkout {
	w.t.Helper()
	c, err := w.till.Pay(w.t.Context(), by, id, card, false)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) inside(by ident.Account) access.Decision {
	w.t.Helper()
	s := access.Subject{Account: by, Channel: w.channel}
	facts, err := w.db.Rights().Facts(w.t.Context(), []access.Subject{s})
	if err != nil {
		w.t.Fatal(err)
	}
	return access.Decide(facts[s], access.ReadSpace, w.clock.Now())
}
