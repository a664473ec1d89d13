package payout_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/payout"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	day      = 24 * time.Hour
	holdback = 14 * day
	minimum  = 1000
	share    = 2000 // the operator's, in basis points
)

// world is a database with one creator after the other, a shop that sells what the
// test says, and a bank that pays.
type world struct {
	t     testing.TB
	clock *storetest.Clock
	url   string
	db    *store.DB
	ids   *ident.Source
	shop  *shop
	bank  *bank
	sales *subscription.Service
	rules payout.Rules
	names int
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, clock: storetest.NewClock(), url: storetest.URL(t), bank: newBank(), shop: &shop{name: "fake", objects: map[string]*subscription.Object{}}}
	w.clock.Advance(123456) // a store keeps less than a clock shows
	w.ids = ident.NewSource(w.clock.Now, rand.Reader)
	w.db = storetest.Open(t, w.url, w.clock.Now, nil)
	w.rules = payout.Rules{Holdback: holdback, Interval: payout.Weekly, Minimum: func(string) int64 { return minimum }}
	w.sales = w.selling(w.shop)
	return w
}

func (w *world) selling(p subscription.Provider) *subscription.Service {
	return subscription.NewService(subscription.Config{
		Store: store.UnitOf(w.db, func(tx *store.Tx) subscription.Tx { return tx }), IDs: w.ids, Now: w.clock.Now, Random: rand.Reader,
		Providers: []subscription.Provider{p}, Share: share,
	})
}

// paying is the service on a connection, as it would run in a process.
func (w *world) paying(db *store.DB, change ...func(*payout.Config)) *payout.Service {
	c := payout.Config{
		Store: store.UnitOf(db, func(tx *store.Tx) payout.Tx { return tx }), IDs: w.ids, Now: w.clock.Now,
		Payer: w.bank, Rules: w.rules, Operator: invoice.Party{Name: "The operator", Address: "Quay 1"},
	}
	for _, f := range change {
		f(&c)
	}
	return payout.NewService(c)
}

func (w *world) payouts() *payout.Service { return w.paying(w.db) }

func (w *world) update(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) person() ident.Account {
	w.names++
	name := fmt.Sprintf("person%d", w.names)
	a := account.Account{ID: ident.Make[ident.Account](w.ids), Name: name, Folded: account.Fold(name), Password: "set", Created: w.clock.Now()}
	w.update(func(tx *store.Tx) error {
		if _, err := tx.InsertAccount(w.t.Context(), a); err != nil {
			return err
		}
		l, err := tx.LimitsOf(w.t.Context(), a.ID)
		if l.OfAge = w.clock.Now(); err == nil {
			err = tx.PutLimits(w.t.Context(), l)
		}
		return err
	})
	return a.ID
}

// creator is somebody whose channel sells one subscription, on which anything may
// be charged.
type creator struct {
	w       *world
	owner   ident.Account
	channel ident.Channel
	handle  string
	ref     string
	sales   *subscription.Service
	shop    *shop
}

func (w *world) creator() *creator {
	w.t.Helper()
	c := &creator{w: w, owner: w.person(), channel: ident.Make[ident.Channel](w.ids), sales: w.sales, shop: w.shop}
	c.handle = fmt.Sprintf("kiln%d", w.names)
	w.update(func(tx *store.Tx) error {
		_, err := tx.InsertChannel(w.t.Context(), channel.Channel{
			ID: c.channel, Handle: c.handle, Title: "Kiln", Owner: c.owner, SpaceOpen: true, LiveAudience: access.LivePublic, Created: w.clock.Now(),
		})
		return err
	})
	if _, err := w.sales.SetPrice(w.t.Context(), c.owner, c.channel, euros(499)); err != nil {
		w.t.Fatal(err)
	}
	c.subscribed()
	return c
}

// subscribed makes the subscription that is charged.
func (c *creator) subscribed() {
	c.w.t.Helper()
	checkout, err := c.sales.OpenCheckout(c.w.t.Context(), c.w.person(), c.channel, subscription.Purchase{Key: "k"})
	if err != nil {
		c.w.t.Fatal(err)
	}
	c.ref = "sub_" + string(checkout.ID)
	now := c.w.clock.Now()
	c.shop.objects[c.ref] = &subscription.Object{
		Ref: c.ref, Checkout: checkout.ID, Status: subscription.StatusActive, Plan: checkout.Plan, Started: now, PeriodStart: now, PeriodEnd: now.AddDate(1, 0, 0), Months: 1,
	}
}

// ready is a creator who can be paid.
func (w *world) ready() *creator {
	w.t.Helper()
	c := w.creator()
	c.named()
	c.banked()
	return c
}

func (c *creator) named() {
	c.w.t.Helper()
	if _, err := c.w.payouts().SetPayee(c.w.t.Context(), c.owner, payout.Payee{Channel: c.channel, Name: "Ines Kiln", Address: "Mole 2\n2000 Harbour", TaxID: "FR1"}); err != nil {
		c.w.t.Fatal(err)
	}
}

func (c *creator) banked() {
	c.w.t.Helper()
	if _, err := c.w.payouts().OpenAccount(c.w.t.Context(), c.owner, c.channel, "http://here/back"); err != nil {
		c.w.t.Fatal(err)
	}
	a, err := c.w.payouts().CheckAccount(c.w.t.Context(), c.owner, c.channel)
	if err != nil || !a.Payable {
		c.w.t.Fatalf("got %+v, %v", a, err)
	}
}

// sell charges a sum with a tax in it, and returns which charge it is.
func (c *creator) sell(total, tax int64) int {
	c.w.t.Helper()
	n := -1
	c.happen(func(o *subscription.Object) {
		n = len(o.Charges)
		o.Charges = append(o.Charges, subscription.Charge{
			Ref: fmt.Sprintf("ch_%s_%d", c.ref, n), Kind: subscription.ChargeChange, Plan: o.Plan, Total: euros(total), Tax: subscription.Tax{Minor: tax}, At: c.w.clock.Now(),
		})
	})
	return n
}

// happen changes what the provider knows, and lets it be written down.
func (c *creator) happen(change func(*subscription.Object)) {
	c.w.t.Helper()
	change(c.shop.objects[c.ref])
	if _, err := c.sales.Refresh(c.w.t.Context(), c.shop.name, c.ref); err != nil {
		c.w.t.Fatal(err)
	}
}

func (c *creator) refund(n int, amount int64) {
	c.w.t.Helper()
	c.happen(func(o *subscription.Object) {
		ch := &o.Charges[n]
		ch.Refunds = append(slices.Clone(ch.Refunds), subscription.Refund{Ref: fmt.Sprintf("re_%d", len(ch.Refunds)), Amount: amount, At: c.w.clock.Now()})
	})
}

func (c *creator) dispute(n int, to subscription.DisputeState) {
	c.w.t.Helper()
	c.happen(func(o *subscription.Object) {
		d := &o.Charges[n].Dispute
		if d.Ref, d.State = "dp_"+o.Charges[n].Ref, to; to == subscription.DisputeOpen {
			d.At = c.w.clock.Now()
		} else {
			d.Closed = c.w.clock.Now()
		}
	})
}

// rest leaves the creator out of all sweeps to come.
func (c *creator) rest() {
	c.w.t.Helper()
	c.w.update(func(tx *store.Tx) error {
		a, _, err := tx.AccountAt(c.w.t.Context(), c.channel, payout.Till{Provider: c.w.bank.Name()})
		if a.Due = c.w.clock.Now().AddDate(100, 0, 0); err == nil {
			err = tx.PutAccount(c.w.t.Context(), a)
		}
		return err
	})
}

func (w *world) sweep() {
	w.t.Helper()
	if err := w.payouts().Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (c *creator) overview() payout.Overview {
	c.w.t.Helper()
	o, err := c.w.payouts().Overview(c.w.t.Context(), c.owner, c.channel)
	if err != nil {
		c.w.t.Fatal(err)
	}
	return o
}

func (c *creator) balance() payout.Balance {
	c.w.t.Helper()
	if list := c.overview().Balances; len(list) > 0 {
		return list[0]
	}
	return payout.Balance{}
}

// got is what the bank has paid the creator.
func (c *creator) got() (sum int64) {
	c.w.t.Helper()
	a, err := c.w.payouts().Account(c.w.t.Context(), c.owner, c.channel)
	if err != nil {
		c.w.t.Fatal(err)
	}
	for _, t := range c.w.bank.all() {
		if t.account == a.Ref {
			sum += t.amount.Minor
		}
	}
	return sum
}

// sound looks at the books, the sales and the payouts.
func (w *world) sound() { w.t.Helper(); storetest.Sound(w.t, w.db) }

func euros(cents int64) money.Amount { return money.Amount{Minor: cents, Currency: "EUR"} }

func wantReason(t testing.TB, err error, reason string) {
	t.Helper()
	if !fault.Is(err, reason) {
		t.Fatalf("got %v, want the refusal %s", err, reason)
	}
}

// shop is a provider whose objects the test writes.
type shop struct {
	subscription.Provider
	name    string
	objects map[string]*subscription.Object
}

func (s *shop) Name() string { return s.name }

func (s *shop) OpenCheckout(_ context.Context, o subscription.Order) (subscription.Session, error) {
	return subscription.Session{Ref: "cs_" + string(o.Checkout)}, nil
}

func (s *shop) FetchSubscription(_ context.Context, ref string) (subscription.Object, error) {
	return *s.objects[ref], nil
}

// transferred is a payment of the bank.
type transferred struct {
	account string
	amount  money.Amount
}

// bank is a payer that keeps every payment it ever made.
type bank struct {
	mu       sync.Mutex
	paid     map[string]transferred
	more     []transferred // under a key that was used before, by a bank that forgets
	accounts map[string]payout.Standing
	asked    int
	// trouble is what it answers instead, after paying when late is set.
	trouble error
	late    bool
	// reversed is what was taken back, by key.
	reversed map[string]int64
	// forgets makes it pay again under the same key.
	forgets bool
}

func newBank() *bank {
	return &bank{paid: map[string]transferred{}, accounts: map[string]payout.Standing{}, reversed: map[string]int64{}}
}

func (b *bank) Name() string { return "fake" }

func (b *bank) Onboard(_ context.Context, channel ident.Channel, account, back string) (payout.Onboarding, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if account == "" {
		account = "acct_" + string(channel)
		b.accounts[account] = payout.Standing{Payable: true}
	}
	return payout.Onboarding{Account: account, URL: back + "?at=bank"}, nil
}

func (b *bank) Standing(_ context.Context, account string) (payout.Standing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.accounts[account], nil
}

func (b *bank) Transfer(_ context.Context, account string, amount money.Amount, key string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	was, known := b.paid[key]
	if b.trouble != nil && !b.late && (!known || fault.Of(b.trouble) == nil) { // what is paid is refused no more
		return "", b.trouble
	}
	switch want := (transferred{account, amount}); {
	case !known:
		b.paid[key] = want
	case was != want:
		return "", fmt.Errorf("key %s was for %v", key, was)
	case b.forgets:
		b.more = append(b.more, want)
	}
	if b.late {
		return "", b.trouble
	}
	return "tr_" + key, nil
}

func (b *bank) Reversals(context.Context, time.Time) (out []payout.Reversal, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, total := range b.reversed {
		out = append(out, payout.Reversal{Key: key, Ref: "tr_" + key, Total: euros(total)})
	}
	return out, b.trouble
}

func (b *bank) all() []transferred {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append(slices.Collect(maps.Values(b.paid)), b.more...)
}
