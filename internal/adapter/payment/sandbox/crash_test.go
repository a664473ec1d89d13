package sandbox_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// The process dies before and after every commit, and before and after every call
// of the provider, at the first, the second, the third of these steps and so on,
// until an act comes through without reaching the next. Each time another process
// starts, and whoever was answered nothing tries again with the same key: before
// the new process has looked around, and after. In the end it was paid once, given
// once and booked once.
func TestADeathAtAnyStepPaysGivesAndBooksOnce(t *testing.T) {
	for name, s := range scenes() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Mischief{})
			steps, found := w.deaths(s, honest)
			for _, f := range found {
				t.Error(f)
			}
			if steps < s.steps {
				t.Errorf("it died at %d steps only: somebody goes past the wrappers", steps)
			}
			storetest.Sound(t, w.db)
		})
	}
}

// The same with a provider that knows no keys, as it looks to a service that
// forgets them: the deaths must show it.
func TestDeathsShowAKeyThatIsForgotten(t *testing.T) {
	for name, s := range scenes() {
		if !s.keyed {
			continue
		}
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Mischief{})
			if _, found := w.deaths(s, func(p subscription.Provider) subscription.Provider { return &forgetful{Provider: p} }); len(found) == 0 {
				t.Error("nobody notices")
			}
		})
	}
}

// scene is an act that may be interrupted anywhere.
type scene struct {
	steps   int  // that it takes at least
	keyed   bool // only its key keeps the provider from doing it twice
	prepare func(w *world, p *process, a *actor)
	play    func(p *process, ctx context.Context, a *actor) error
	// over are refusals that say that it was done.
	over []string
	// wrong says in words what is not once.
	wrong func(w *world, p *process, a *actor) string
}

// actor is who does it, each time somebody else.
type actor struct {
	by, friend ident.Account
	checkout   subscription.Checkout
	ref        string
	sub        ident.Subscription
}

func scenes() map[string]scene {
	return map[string]scene{
		"opening a checkout": {steps: 4, keyed: true, play: (*process).open, wrong: wrongSession},
		"paying": {steps: 2, prepare: opened, play: func(p *process, ctx context.Context, a *actor) error {
			_, err := p.till.Pay(ctx, a.by, a.checkout.ID, good, false)
			return err
		}, over: []string{"already_subscribed"}, wrong: wrongPurchase},
		"applying events": {steps: 6, prepare: paid, play: func(p *process, ctx context.Context, _ *actor) error {
			if err := p.inbox.Listen(ctx); err != nil {
				return err
			}
			_, err := p.inbox.Settle(ctx)
			return err
		}, wrong: wrongPurchase},
		"changing the plan": {steps: 8, prepare: subscribed, play: func(p *process, ctx context.Context, a *actor) error {
			_, err := p.service.Change(ctx, a.by, a.sub, p.gold, subscription.Month, 1000, "up")
			return err
		}, over: []string{"same_plan"}, wrong: wrongPlan},
		"refunding a part": {steps: 6, keyed: true, prepare: subscribed, play: func(p *process, ctx context.Context, a *actor) error {
			return p.refund(ctx, a, subscription.RefundWish{Amount: 100, Key: "part"})
		}, wrong: func(w *world, p *process, a *actor) string { return wrongRefund(w, p, a, 100, false) }},
		"refunding and ending": {steps: 8, prepare: subscribed, play: func(p *process, ctx context.Context, a *actor) error {
			return p.refund(ctx, a, subscription.RefundWish{End: true, Key: "all"})
		}, wrong: func(w *world, p *process, a *actor) string { return wrongRefund(w, p, a, 499, true) }},
		"withdrawing": {steps: 8, prepare: subscribed, play: func(p *process, ctx context.Context, a *actor) error {
			_, err := p.service.Withdraw(ctx, a.by, a.sub)
			return err
		}, over: []string{"subscription_ended"}, wrong: func(w *world, p *process, a *actor) string { return wrongRefund(w, p, a, 499, true) }},
		"handing out a gift": {steps: 3, prepare: giftPaid, play: func(p *process, ctx context.Context, a *actor) error {
			_, err := p.service.Refresh(ctx, sandbox.Name, subscription.CheckoutObject(a.ref))
			return err
		}, wrong: wrongGift},
		"settling a gift": {steps: 6, keyed: true, prepare: giftGiven, play: func(p *process, ctx context.Context, _ *actor) error {
			return p.service.SettleGifts(ctx)
		}, wrong: wrongGift},
	}
}

// deaths plays a scene until it comes through, and returns how many steps it has
// and what went wrong.
func (w *world) deaths(s scene, as func(subscription.Provider) subscription.Provider) (steps int, found []string) {
	w.t.Helper()
	w.tier("Gold", 999)
	orders := []string{"tries again, then all is looked at", "all is looked at, then tries again"}
	if testing.Short() {
		orders = orders[1:] // in which more could go wrong
	}
	for n := 1; ; n++ {
		for _, order := range orders {
			a := &actor{by: w.person(), friend: w.person()}
			if s.prepare != nil {
				s.prepare(w, w.process(&life{}, honest), a)
			}
			mortal := &life{dies: n}
			err := s.play(w.process(mortal, as), w.t.Context(), a)
			if mortal.dead == (err == nil) {
				w.t.Fatalf("it ended with %v at step %d of %d", err, mortal.step, n)
			}
			next := w.process(&life{}, as)
			if order[0] == 'a' {
				w.lookAround(next)
			}
			if err := s.play(next, w.t.Context(), a); err != nil && !over(err, s.over) {
				found = append(found, fmt.Sprintf("died at step %d, %s: the second try ended with %v", n, order, err))
			}
			w.lookAround(next)
			if wrong := s.wrong(w, next, a); wrong != "" {
				found = append(found, fmt.Sprintf("died at step %d, %s: %s", n, order, wrong))
			}
			if !mortal.dead {
				return n - 1, found
			}
		}
	}
}

func over(err error, reasons []string) bool {
	for _, reason := range reasons {
		if fault.Is(err, reason) {
			return true
		}
	}
	return false
}

// lookAround is what a process does by itself when it starts, some minutes later.
func (w *world) lookAround(p *process) {
	w.t.Helper()
	w.clock.Advance(2 * time.Minute)
	_, settling := p.inbox.Settle(w.t.Context())
	if err := errors.Join(p.inbox.Listen(w.t.Context()), settling, p.service.Reconcile(w.t.Context())); err != nil {
		w.t.Fatal(err)
	}
	if _, err := p.inbox.Settle(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// life is that of a process: it ends at a step, and nothing happens afterwards.
// The zero life goes on.
type life struct {
	dies int
	step int
	dead bool
	mu   sync.Mutex
}

var errDead = errors.New("the process is no more")

func (l *life) next() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.step++; l.step == l.dies {
		l.dead = true
	}
	return l.last()
}

func (l *life) last() error {
	if l.dead {
		return errDead
	}
	return nil
}

// process is a server with one life.
type process struct {
	service *subscription.Service
	inbox   *subscription.Inbox
	till    *sandbox.Till
	world   *world
	gold    ident.Tier
}

func (w *world) process(l *life, as func(subscription.Provider) subscription.Provider) *process {
	p := &process{world: w}
	p.service = subscription.NewService(subscription.Config{
		Store: mortalStore{l, store.UnitOf(w.db, func(tx *store.Tx) subscription.Tx { return tx })}, IDs: w.ids, Now: w.clock.Now, Random: rand.Reader,
		Providers: []subscription.Provider{mortalProvider{as(w.sandbox), l}}, Grace: grace,
	})
	p.inbox = subscription.NewInbox(p.service, time.Hour, func(error) {})
	p.till = sandbox.NewTill(w.sandbox, p.service)
	tiers, err := w.service.Tiers(w.t.Context(), w.owner, w.channel)
	if err != nil {
		w.t.Fatal(err)
	}
	p.gold = tiers[len(tiers)-1].ID
	return p
}

// mortalStore dies before or after a commit.
type mortalStore struct {
	life  *life
	store subscription.Store
}

func (m mortalStore) Update(ctx context.Context, f func(subscription.Tx) error) error {
	if err := m.life.last(); err != nil {
		return err
	}
	err := m.store.Update(ctx, func(tx subscription.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return m.life.next()
	})
	if err != nil {
		return err
	}
	return m.life.next()
}

func (m mortalStore) View(ctx context.Context, f func(subscription.Tx) error) error {
	if err := m.life.last(); err != nil {
		return err
	}
	return m.store.View(ctx, f)
}

func (m mortalStore) Snapshot(ctx context.Context, f func(subscription.Tx) error) error {
	return m.View(ctx, f)
}

// mortalProvider dies before or after a call.
type mortalProvider struct {
	subscription.Provider
	life *life
}

func through[T any](l *life, call func() (T, error)) (T, error) {
	var none T
	if err := l.next(); err != nil {
		return none, err
	}
	answer, err := call()
	if err == nil {
		err = l.next()
	}
	return answer, err
}

func (m mortalProvider) does(call func() error) error {
	_, err := through(m.life, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

func (m mortalProvider) OpenCheckout(ctx context.Context, o subscription.Order) (subscription.Session, error) {
	return through(m.life, func() (subscription.Session, error) { return m.Provider.OpenCheckout(ctx, o) })
}

func (m mortalProvider) FetchCheckout(ctx context.Context, ref string) (subscription.Session, error) {
	return through(m.life, func() (subscription.Session, error) { return m.Provider.FetchCheckout(ctx, ref) })
}

func (m mortalProvider) FetchSubscription(ctx context.Context, ref string) (subscription.Object, error) {
	return through(m.life, func() (subscription.Object, error) { return m.Provider.FetchSubscription(ctx, ref) })
}

func (m mortalProvider) PreviewChange(ctx context.Context, ref string, to subscription.Plan) (subscription.Proration, error) {
	return through(m.life, func() (subscription.Proration, error) { return m.Provider.PreviewChange(ctx, ref, to) })
}

func (m mortalProvider) ChangeNow(ctx context.Context, ref string, to subscription.Plan, key string) error {
	return m.does(func() error { return m.Provider.ChangeNow(ctx, ref, to, key) })
}

func (m mortalProvider) End(ctx context.Context, ref string) error {
	return m.does(func() error { return m.Provider.End(ctx, ref) })
}

func (m mortalProvider) Refund(ctx context.Context, r subscription.Repayment) error {
	return m.does(func() error { return m.Provider.Refund(ctx, r) })
}

func (m mortalProvider) EventsSince(ctx context.Context, since time.Time) ([]subscription.Event, error) {
	return through(m.life, func() ([]subscription.Event, error) { return m.Provider.EventsSince(ctx, since) })
}

func honest(p subscription.Provider) subscription.Provider { return p }

// forgetful takes every wish for a new one.
type forgetful struct {
	subscription.Provider
}

func (f *forgetful) OpenCheckout(ctx context.Context, o subscription.Order) (subscription.Session, error) {
	o.Checkout = ident.Checkout(rand.Text())
	return f.Provider.OpenCheckout(ctx, o)
}

func (f *forgetful) ChangeNow(ctx context.Context, ref string, to subscription.Plan, _ string) error {
	return f.Provider.ChangeNow(ctx, ref, to, rand.Text())
}

func (f *forgetful) Refund(ctx context.Context, r subscription.Repayment) error {
	r.Key = rand.Text()
	return f.Provider.Refund(ctx, r)
}

func (p *process) open(ctx context.Context, a *actor) (err error) {
	a.checkout, err = p.service.OpenCheckout(ctx, a.by, p.world.channel, subscription.Purchase{Key: "key", Country: "FR", Agreement: subscription.Agreement{OfAge: true}})
	return err
}

func (p *process) refund(ctx context.Context, a *actor, want subscription.RefundWish) error {
	x, err := p.world.sandbox.FetchSubscription(ctx, a.ref)
	if err != nil {
		return err
	}
	_, err = p.service.Refund(ctx, p.world.owner, p.world.channel, sandbox.Name, x.Charges[0].Ref, want)
	return err
}

func must(w *world, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func opened(w *world, p *process, a *actor) { must(w, p.open(w.t.Context(), a)) }

func paid(w *world, p *process, a *actor) {
	opened(w, p, a)
	_, err := p.till.Pay(w.t.Context(), a.by, a.checkout.ID, good, false)
	must(w, err)
}

func subscribed(w *world, p *process, a *actor) {
	paid(w, p, a)
	session, err := w.sandbox.FetchCheckout(w.t.Context(), a.checkout.Ref)
	must(w, err)
	sub, err := p.service.Refresh(w.t.Context(), sandbox.Name, session.Subscription)
	must(w, err)
	a.ref, a.sub = sub.Ref, sub.ID
}

// giftPaid is a month for each of three people of a room in which one has said
// something.
func giftPaid(w *world, p *process, a *actor) {
	w.update(func(tx *store.Tx) error {
		_, err := tx.Append(w.t.Context(), room.Entry{
			Address: room.Address{Channel: w.channel, Audience: room.Public}, Author: a.friend,
			Payload: event.MessagePosted{Author: event.Author{ID: a.friend}, Text: "hello"},
		})
		return err
	})
	c, err := p.service.OpenGift(w.t.Context(), a.by, w.channel, subscription.GiftWish{Key: "gift", People: 3, Country: "FR", Agreement: subscription.Agreement{OfAge: true}})
	must(w, err)
	_, err = p.till.Pay(w.t.Context(), a.by, c.ID, good, false)
	must(w, err)
	a.checkout, a.ref = c, c.Ref
}

func giftGiven(w *world, p *process, a *actor) {
	giftPaid(w, p, a)
	_, err := p.service.Refresh(w.t.Context(), sandbox.Name, subscription.CheckoutObject(a.ref))
	must(w, err)
}

// wrongSession looks for one checkout here and one session there.
func wrongSession(w *world, p *process, a *actor) string {
	again, err := p.service.OpenCheckout(w.t.Context(), a.by, w.channel, subscription.Purchase{Key: "key", Country: "FR", Agreement: subscription.Agreement{OfAge: true}})
	must(w, err)
	if again.ID != a.checkout.ID || again.Ref == "" || again.Ref != a.checkout.Ref {
		return fmt.Sprintf("opened as %s at %s, and then as %s at %s", a.checkout.ID, a.checkout.Ref, again.ID, again.Ref)
	}
	if n := w.count(`SELECT COUNT(*) FROM sandbox_session WHERE body LIKE '%' || $1 || '%'`, string(a.by)); n != 1 {
		return fmt.Sprintf("%d sessions were opened", n)
	}
	return ""
}

// wrongPurchase looks for one payment, one right and one sale, and the door open.
func wrongPurchase(w *world, _ *process, a *actor) string {
	var wrong []string
	for what, query := range map[string]string{
		"subscriptions there": `SELECT COUNT(*) FROM sandbox_subscription WHERE checkout IN (SELECT id FROM checkout WHERE account = $1)`,
		"subscriptions here":  `SELECT COUNT(*) FROM subscription WHERE account = $1`,
		"rights":              `SELECT COUNT(*) FROM access_grant WHERE account = $1`,
		"sales":               `SELECT COUNT(*) FROM sale WHERE buyer = $1`,
		"postings":            `SELECT COUNT(*) FROM ledger_transaction t JOIN sale s ON t.key = s.provider || ':charge:' || s.charge WHERE s.buyer = $1`,
	} {
		if n := w.count(query, string(a.by)); n != 1 {
			wrong = append(wrong, fmt.Sprintf("%d %s", n, what))
		}
	}
	if !w.inside(a.by).Allowed {
		wrong = append(wrong, "who paid is outside")
	}
	return strings.Join(wrong, ", ")
}

func wrongPlan(w *world, p *process, a *actor) string {
	x, err := w.sandbox.FetchSubscription(w.t.Context(), a.ref)
	must(w, err)
	sub, err := p.service.ByID(w.t.Context(), a.by, a.sub)
	must(w, err)
	rights := w.count(`SELECT COUNT(*) FROM access_grant WHERE account = $1 AND tier = '`+string(p.gold)+`'`, string(a.by))
	sales := w.count(`SELECT COUNT(*) FROM sale WHERE buyer = $1`, string(a.by))
	if len(x.Charges) != 2 || x.Plan.Tier != p.gold || sub.Plan.Tier != p.gold || rights != 1 || sales != 2 {
		return fmt.Sprintf("%d charges for %s, here %s, %d rights, %d sales", len(x.Charges), x.Plan.Tier, sub.Plan.Tier, rights, sales)
	}
	return ""
}

func wrongRefund(w *world, _ *process, a *actor, back int64, ends bool) string {
	x, err := w.sandbox.FetchSubscription(w.t.Context(), a.ref)
	must(w, err)
	kept := w.count(`SELECT refunded_minor FROM sale WHERE buyer = $1`, string(a.by))
	if there := x.Charges[0].Refunded(); there != back || kept != back || len(x.Charges[0].Refunds) != 1 {
		return fmt.Sprintf("%d went back in %d parts, we say %d", there, len(x.Charges[0].Refunds), kept)
	}
	if over := x.Status == subscription.StatusEnded; over != ends || w.inside(a.by).Allowed == ends {
		return fmt.Sprintf("it is %s, and its owner inside: %v", x.Status, w.inside(a.by).Allowed)
	}
	return ""
}

// wrongGift looks for one month that was given, and two that were paid back.
func wrongGift(w *world, _ *process, a *actor) string {
	session, err := w.sandbox.FetchCheckout(w.t.Context(), a.ref)
	must(w, err)
	rights := w.count(`SELECT COUNT(*) FROM access_grant WHERE account = $1`, string(a.friend))
	sales := w.count(`SELECT COUNT(*) FROM sale WHERE buyer = $1`, string(a.by))
	kept := w.count(`SELECT refunded_minor FROM sale WHERE buyer = $1`, string(a.by))
	given := w.count(`SELECT COUNT(*) FROM gift WHERE checkout = $1 AND given = 1 AND left_over = 2 AND settled = 1`, string(a.checkout.ID))
	if there := session.Charge.Refunded(); rights != 1 || sales != 1 || given != 1 || there != 2*499 || kept != there {
		return fmt.Sprintf("%d rights, %d sales, %d gifts as it should be; %d went back, we say %d", rights, sales, given, there, kept)
	}
	return ""
}

func (w *world) tier(name string, price int64) {
	w.t.Helper()
	_, err := w.service.SaveTier(w.t.Context(), w.owner, subscription.Tier{
		Channel: w.channel, Name: name, OnSale: true,
		Prices: []subscription.Price{{Interval: subscription.Month, Amount: money.Amount{Minor: price, Currency: "EUR"}}},
	})
	must(w, err)
}

// count asks the database itself, past everything that is tested.
func (w *world) count(query string, args ...any) (n int64) {
	w.t.Helper()
	driver, source := "pgx", w.url
	if file, ok := strings.CutPrefix(w.url, "sqlite:"); ok {
		driver, source = "sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, source)
	must(w, err)
	defer db.Close() //nolint:errcheck // it only read
	must(w, db.QueryRowContext(w.t.Context(), query, args...).Scan(&n))
	return n
}
