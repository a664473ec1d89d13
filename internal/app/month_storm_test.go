//go:build storm

package app_test

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	people "github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// The month that is played, and how it is delivered.
const (
	monthSeed    = 20261127
	monthDays    = 35
	monthBuyers  = 300
	monthKills   = 10
	monthGrace   = 72 * time.Hour
	monthCarrier = 8 // deliveries under way at a time
	// monthPatience is how long reconciling may take; it is no goal.
	monthPatience = 90 * time.Second
)

// TestStormOfAMonthsEvents plays a month at the sandbox while no server runs,
// and then delivers its events to the real binary: shuffled, a third of them
// twice, a tenth never, while the binary is killed 60 to 180 ms after it says
// that it is ready. In the end rights and books must be what the sandbox's own
// state says. Handlers that believe what events carry fail on the same delivery.
func TestStormOfAMonthsEvents(t *testing.T) {
	url := storetest.URL(t)
	m := playMonth(t, url)
	deliveries := m.hostile()
	wrong, postings := m.naive(deliveries, false)
	guarded, _ := m.naive(deliveries, true)
	fmt.Printf("    %d subscriptions, %d events, %d deliveries; believing them: %d rights wrong, %d payments for %d; guarded by their time: %d rights wrong\n",
		len(m.refs), len(m.events), len(deliveries), wrong, postings, m.payments(), guarded)
	if wrong == 0 || guarded == 0 || postings == m.payments() {
		t.Error("the delivery is not hostile: handlers that believe it come out right")
	}
	b := newBinary(t, url)
	c := &carrier{url: "http://" + b.address + "/api/webhooks/sandbox", secret: m.secret, left: deliveries, now: time.Now}
	chance := rand.New(rand.NewPCG(monthSeed, 2))
	for range monthKills {
		b.start()
		ctx, stop := context.WithTimeout(t.Context(), time.Duration(60+chance.IntN(120))*time.Millisecond)
		c.carry(ctx)
		stop()
		b.kill()
	}
	b.start()
	c.carry(t.Context())
	for end := time.Now().Add(monthPatience); len(m.differences()) > 0 && time.Now().Before(end); {
		time.Sleep(100 * time.Millisecond) // the server reconciles by itself
	}
	b.stop()
	if left := m.differences(); len(left) > 0 {
		t.Errorf("after the end: %v", left)
	}
	fmt.Printf("    %d kills, %d deliveries answered, %d tried again\n", monthKills, c.answered, c.again)
}

// month is what happened at the sandbox.
type month struct {
	t       *testing.T
	db      *store.DB
	box     *sandbox.Sandbox
	till    *sandbox.Till
	service *subscription.Service
	chance  *rand.Rand
	at      time.Time
	secret  string

	channel  ident.Channel
	tiers    []subscription.Tier
	accounts []ident.Account
	refs     map[ident.Account]string
	events   []happened
}

// happened is an event with what it would have said of its subscription.
type happened struct {
	id, kind, ref string
	at            time.Time
	object        subscription.Object
}

func playMonth(t *testing.T, url string) *month {
	t.Helper()
	m := &month{
		t: t, chance: rand.New(rand.NewPCG(monthSeed, 1)), at: time.Now().AddDate(0, 0, -monthDays).UTC().Truncate(time.Second),
		refs: map[ident.Account]string{},
	}
	now := func() time.Time { return m.at }
	m.db = storetest.Open(t, url, now, nil)
	ids := ident.NewSource(now, crand.Reader)
	var err error
	m.box, err = sandbox.New(t.Context(), sandbox.Config{
		Store: store.UnitOf(m.db, func(tx *store.Tx) sandbox.Tx { return tx }), IDs: ids, Now: now, Random: crand.Reader,
		Log: slog.New(slog.DiscardHandler), DisputeAfter: 48 * time.Hour,
	})
	m.must(err)
	m.service = subscription.NewService(subscription.Config{
		Store: store.UnitOf(m.db, func(tx *store.Tx) subscription.Tx { return tx }), IDs: ids, Now: now, Random: crand.Reader,
		Providers: []subscription.Provider{m.box}, Grace: monthGrace,
	})
	m.till = sandbox.NewTill(m.box, m.service)
	m.found(ids)
	for day := range monthDays {
		m.play(day)
	}
	m.at = time.Now().UTC()
	m.must(m.box.Advance(t.Context()))
	m.collect()
	return m
}

func (m *month) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *month) update(f func(*store.Tx) error) { m.t.Helper(); m.must(m.db.Update(m.t.Context(), f)) }

// found makes the channel, its tiers and everybody who will buy.
func (m *month) found(ids *ident.Source) {
	owner := ident.Make[ident.Account](ids)
	m.channel = ident.Make[ident.Channel](ids)
	m.update(func(tx *store.Tx) (err error) {
		m.secret, err = tx.PutSettingOnce(m.t.Context(), "sandbox_webhook_secret", "")
		all := []people.Account{{ID: owner, Name: "Owner", Folded: people.Fold("Owner"), Password: "set", Created: m.at}}
		for i := range monthBuyers {
			id := ident.Make[ident.Account](ids)
			m.accounts = append(m.accounts, id)
			all = append(all, people.Account{ID: id, Name: fmt.Sprint("Buyer ", i), Folded: string(id), Password: "set", Created: m.at})
		}
		for _, a := range all {
			if err == nil {
				_, err = tx.InsertAccount(m.t.Context(), a)
			}
		}
		if err == nil {
			_, err = tx.InsertChannel(m.t.Context(), channel.Channel{
				ID: m.channel, Handle: "month", Title: "Month", Owner: owner, SpaceOpen: true, LiveAudience: access.LivePublic, Created: m.at,
			})
		}
		return err
	})
	for i, price := range []int64{499, 999} {
		tier, err := m.service.SaveTier(m.t.Context(), owner, subscription.Tier{Channel: m.channel, OnSale: true, Level: i + 1, Prices: []subscription.Price{
			{Interval: subscription.Month, Amount: money.Amount{Minor: price, Currency: "EUR"}},
			{Interval: subscription.Year, Amount: money.Amount{Minor: 10 * price, Currency: "EUR"}},
		}})
		m.must(err)
		m.tiers = append(m.tiers, tier)
	}
}

// play is one day: newcomers, and a few who change their mind.
func (m *month) play(day int) {
	ctx := m.t.Context()
	begin := m.at
	for i := range m.accounts {
		if i%(monthDays-5) == day {
			m.subscribe(m.accounts[i])
		}
	}
	for _, by := range m.accounts {
		ref, has := m.refs[by]
		if !has || m.chance.IntN(11) > 0 {
			continue
		}
		m.at = m.at.Add(time.Duration(m.chance.IntN(60)) * time.Second)
		x, err := m.box.FetchSubscription(ctx, ref)
		m.must(err)
		if x.Status == subscription.StatusEnded {
			continue
		}
		m.act(ref, x)
		m.collect()
	}
	m.at = begin.Add(24 * time.Hour)
	m.must(m.box.Advance(ctx))
	m.collect()
}

func (m *month) subscribe(by ident.Account) {
	ctx := m.t.Context()
	plan := subscription.Purchase{Key: string(by), Tier: m.tiers[m.chance.IntN(2)].ID, Interval: subscription.Month, Country: "FR", Agreement: subscription.Agreement{OfAge: true}}
	if m.chance.IntN(10) == 0 {
		plan.Interval = subscription.Year
	}
	c, err := m.service.OpenCheckout(ctx, by, m.channel, plan)
	m.must(err)
	cards := []string{"4242424242424242", "4242424242424242", "4242424242424242", "4000000000000259", "4000000000002685", "4000000000000341"}
	_, err = m.till.Pay(ctx, by, c.ID, cards[m.chance.IntN(len(cards))], false)
	m.must(err)
	session, err := m.box.FetchCheckout(ctx, c.Ref)
	m.must(err)
	m.refs[by] = session.Subscription
	m.collect()
}

func (m *month) act(ref string, x subscription.Object) {
	ctx := m.t.Context()
	var err error
	switch m.chance.IntN(7) {
	case 0:
		err = m.box.CancelAtPeriodEnd(ctx, ref)
	case 1:
		err = m.box.Resume(ctx, ref)
	case 2:
		err = m.box.Pause(ctx, ref)
	case 3:
		to := subscription.Plan{Tier: m.tiers[1].ID, Interval: x.Plan.Interval}
		to.Price, _ = m.tiers[1].PriceFor(to.Interval)
		err = m.box.ChangeNow(ctx, ref, to, fmt.Sprint(m.at.UnixNano()))
	case 4:
		to := subscription.Plan{Tier: m.tiers[0].ID, Interval: subscription.Month}
		to.Price, _ = m.tiers[0].PriceFor(to.Interval)
		err = m.box.ChangeAtPeriodEnd(ctx, ref, to)
	case 5, 6:
		c := x.Charges[len(x.Charges)-1]
		back := c.Total
		if back.Minor -= c.Refunded(); m.chance.IntN(2) == 0 {
			back.Minor = min(back.Minor, 100)
		}
		if back.Minor > 0 {
			err = m.box.Refund(ctx, subscription.Repayment{Charge: c.Ref, Amount: back, Key: fmt.Sprint("k", m.at.UnixNano())})
		}
	}
	_ = err // the sandbox refuses what cannot be; then nothing happened
}

// collect takes the events that were made out of the sandbox's hands, each with
// its subscription as it stands.
func (m *month) collect() {
	ctx := m.t.Context()
	var made []subscription.SandboxEvent
	m.update(func(tx *store.Tx) (err error) {
		if made, err = tx.UnsentSandboxEvents(ctx, m.at.Add(time.Hour), time.Time{}, 10_000); err != nil {
			return err
		}
		for _, e := range made {
			if err := tx.SandboxEventSent(ctx, e.ID, m.at); err != nil {
				return err
			}
		}
		return nil
	})
	for _, e := range made {
		x, err := m.box.FetchSubscription(ctx, e.Subscription)
		m.must(err)
		m.events = append(m.events, happened{e.ID, e.Kind, e.Subscription, e.Created, x})
	}
}

func (m *month) payments() int {
	n := 0
	for _, ref := range m.refs {
		x, err := m.box.FetchSubscription(m.t.Context(), ref)
		m.must(err)
		n += len(x.Charges)
	}
	return n
}

// hostile is the events as they will arrive.
func (m *month) hostile() []happened {
	var out []happened
	for _, e := range m.events {
		if m.chance.IntN(10) == 0 {
			continue
		}
		if out = append(out, e); m.chance.IntN(3) == 0 {
			out = append(out, e)
		}
	}
	m.chance.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// naive is a handler that believes what events carry: the last one that arrives
// wins, or with the guard the one that was made last, by the second. It returns
// how many rights are wrong, and how many payments it has booked.
func (m *month) naive(deliveries []happened, guard bool) (wrong, postings int) {
	said, made := map[string]subscription.Object{}, map[string]int64{}
	for _, e := range deliveries {
		if e.kind == "invoice.paid" {
			postings++
		}
		if guard && e.at.Unix() < made[e.ref] {
			continue
		}
		said[e.ref], made[e.ref] = e.object, e.at.Unix()
	}
	for _, ref := range m.refs {
		x, err := m.box.FetchSubscription(m.t.Context(), ref)
		m.must(err)
		want, entitled := subscription.GrantFor(x, monthGrace)
		got, believed := subscription.GrantFor(said[ref], monthGrace)
		if entitled != believed || !want.Ends.Equal(got.Ends) || !want.Revoked.Equal(got.Revoked) {
			wrong++
		}
	}
	return wrong, postings
}

// carrier brings deliveries to the webhook route, signed when they are sent.
// What is not answered with 200 is brought again.
type carrier struct {
	url, secret string
	now         func() time.Time

	mu              sync.Mutex
	left            []happened
	answered, again int
}

func (c *carrier) carry(ctx context.Context) {
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	for range monthCarrier {
		wg.Go(func() {
			for ctx.Err() == nil {
				e, ok := c.next()
				if !ok {
					return
				}
				if !c.post(ctx, client, e) {
					c.back(e)
				}
			}
		})
	}
	wg.Wait()
}

func (c *carrier) next() (happened, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.left) == 0 {
		return happened{}, false
	}
	e := c.left[0]
	c.left = c.left[1:]
	return e, true
}

func (c *carrier) back(e happened) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.again = append(c.left, e), c.again+1
}

func (c *carrier) post(ctx context.Context, client *http.Client, e happened) bool {
	body := fmt.Appendf(nil, `{"id":%q,"object":"event","type":%q,"created":%d,"data":{"object":{"subscription":%q}}}`, e.id, e.kind, e.at.Unix(), e.ref)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set(sandbox.SignatureHeader, sandbox.SignWith(c.secret, body, c.now()))
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return false
	}
	c.mu.Lock()
	c.answered++
	c.mu.Unlock()
	return true
}

// differences compares rights, sales and books with the sandbox's own state.
func (m *month) differences() (out []string) {
	ctx := m.t.Context()
	var want booked
	for by, ref := range m.refs {
		x, err := m.box.FetchSubscription(ctx, ref)
		m.must(err)
		span, entitled := subscription.GrantFor(x, monthGrace)
		m.must(m.db.View(ctx, func(tx *store.Tx) error {
			grants, err := tx.GrantsOf(ctx, by, m.channel)
			if err != nil {
				return err
			}
			switch {
			case len(grants) != 1:
				out = append(out, fmt.Sprintf("%s has %d rights", ref, len(grants)))
			case entitled && (grants[0].Span != normal(span) || grants[0].Tier != subscription.TierFor(x, x.Plan.Tier)):
				out = append(out, fmt.Sprintf("%s: %+v, the sandbox says %+v", ref, grants[0].Span, span))
			}
			for _, c := range x.Charges {
				want.add(c)
				sale, found, err := tx.SaleByCharge(ctx, sandbox.Name, c.Ref)
				if err != nil {
					return err
				}
				if !found || sale.Refunded != c.Refunded() || sale.Dispute != c.Dispute.State {
					out = append(out, fmt.Sprintf("%s: kept as %+v", c.Ref, sale))
				}
			}
			return nil
		}))
	}
	if got := m.booked(); got != want {
		out = append(out, fmt.Sprintf("the books say %+v, the sandbox %+v", got, want))
	}
	return out[:min(len(out), 5)]
}

func normal(s subscription.Span) subscription.Span {
	for _, t := range []*time.Time{&s.Starts, &s.Ends, &s.Paid, &s.Revoked} {
		if !t.IsZero() {
			*t = time.UnixMilli(t.UnixMilli()).UTC()
		}
	}
	return s
}

// booked is sums over all sales, in cents.
type booked struct{ cash, ours, held int64 }

func (b *booked) add(c subscription.Charge) {
	left := c.Total.Minor - c.Refunded()
	switch c.Dispute.State {
	case subscription.DisputeLost:
		left = 0
	case subscription.DisputeOpen:
		b.held += left - left*c.Tax.Minor/c.Total.Minor
	}
	b.cash += left - c.Fee
	b.ours += left
}

func (m *month) booked() (b booked) {
	accounts := []ledger.Account{
		ledger.Of("provider:"+sandbox.Name, ledger.Clearing, "EUR"), ledger.Of(ledger.Operator, ledger.VAT, "EUR"),
		ledger.Of(m.channel, ledger.CreatorPayable, "EUR"), ledger.Of(ledger.Operator, ledger.Revenue, "EUR"),
		ledger.Of(m.channel, ledger.CreatorHeld, "EUR"),
	}
	m.must(m.db.View(m.t.Context(), func(tx *store.Tx) error {
		found, err := tx.Balances(m.t.Context(), accounts)
		b.cash = -found[accounts[0]].Net()
		b.held = found[accounts[4]].Net()
		for _, a := range accounts[1:] {
			b.ours += found[a].Net()
		}
		return err
	}))
	return b
}
