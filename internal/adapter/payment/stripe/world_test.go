package stripe_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/stripe"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const (
	secret = "whsec_new"
	before = "whsec_before"
	buyer  = ident.Account("01buyer")
	bronze = ident.Tier("01bronze")
	gold   = ident.Tier("01gold")
	day    = 24 * time.Hour
)

// began is when the subscription of most tests was bought.
var began = time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)

func monthly(tier ident.Tier, minor int64) subscription.Plan {
	return subscription.Plan{Tier: tier, Interval: subscription.Month, Price: money.Amount{Minor: minor, Currency: "EUR"}}
}

func yearly(tier ident.Tier, minor int64) subscription.Plan {
	return subscription.Plan{Tier: tier, Interval: subscription.Year, Price: money.Amount{Minor: minor, Currency: "EUR"}}
}

// world is an adapter that talks to a fake.
type world struct {
	*fake
	t      testing.TB
	now    time.Time
	db     *store.DB
	mark   string
	change []func(*stripe.Config)
	stripe *stripe.Stripe
}

func newWorld(t testing.TB, change ...func(*stripe.Config)) *world {
	t.Helper()
	w := &world{db: storetest.Open(t, storetest.URL(t), time.Now, nil), change: change}
	w = w.in(t)
	owner, place := ident.Account("01owner"), ident.Channel("01channel")
	if err := w.db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertAccount(t.Context(), account.Account{ID: owner, Name: "owner", Folded: "owner", Created: began})
		if err == nil {
			_, err = tx.InsertChannel(t.Context(), channel.Channel{
				ID: place, Handle: "deep", Title: "Deep water", Owner: owner, LiveAudience: access.LivePublic, Created: began,
			})
		}
		for level, tier := range []ident.Tier{bronze, gold} {
			if err == nil {
				err = tx.PutTier(t.Context(), subscription.Tier{ID: tier, Channel: place, Name: string(tier), Level: level + 1, Created: began})
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

// in is w with a fake of its own, and the same database.
func (w *world) in(t testing.TB) *world {
	t.Helper()
	is := &world{t: t, fake: newFake(t), now: began.Add(day), db: w.db, change: w.change}
	is.stripe = is.start()
	err := is.db.Update(t.Context(), func(tx *store.Tx) (err error) {
		is.mark, err = tx.PutSettingOnce(t.Context(), "stripe_mark", "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return is
}

// start is a node.
func (w *world) start() *stripe.Stripe {
	w.t.Helper()
	c := stripe.Config{
		Store: store.UnitOf(w.db, func(tx *store.Tx) stripe.Tx { return tx }), Now: func() time.Time { return w.now }, Random: rand.Reader,
		Key: "sk_test_123", Secrets: []string{secret, before}, API: w.fake.url,
	}
	for _, change := range w.change {
		change(&c)
	}
	s, err := stripe.New(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	return s
}

// The objects of Stripe, in the shape of its documentation.

func (w *world) product(tier ident.Tier) string { return "subspace_" + w.mark + "_" + string(tier) }

func (w *world) price(id string, p subscription.Plan) js {
	return js{
		"id": id, "object": "price", "currency": "eur", "unit_amount": p.Price.Minor, "product": w.product(p.Tier),
		"recurring": js{"interval": p.Interval, "interval_count": 1},
	}
}

// meta is metadata with this server's mark.
func (w *world) meta(more ...string) js {
	m := js{"subspace": w.mark}
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

// after is o with some fields set anew.
func after(o js, changes js) js {
	out := js{}
	for _, from := range []js{o, changes} {
		for name, value := range from {
			out[name] = value
		}
	}
	return out
}

// subscribed is a subscription of ours that runs in its first month.
func (w *world) subscribed(p subscription.Plan, changes js) js {
	return after(js{
		"id": "sub_1", "object": "subscription", "status": "active", "metadata": w.meta("checkout", "01checkout"),
		"customer":   js{"id": "cus_1", "object": "customer", "invoice_settings": js{}},
		"start_date": began.Unix(), "created": began.Unix(), "cancel_at_period_end": false,
		"items": list(js{
			"id": "si_1", "object": "subscription_item", "price": w.price("price_1", p), "quantity": 1,
			"current_period_start": began.Unix(), "current_period_end": began.AddDate(0, 1, 0).Unix(),
		}),
		"default_payment_method": js{
			"id": "pm_1", "object": "payment_method", "type": "card",
			"card": js{"brand": "visa", "last4": "4242", "fingerprint": "fp_1", "country": "DE"},
		},
	}, changes)
}

// line is one of an invoice's.
func line(minor int64, price string, from, to time.Time, prorated bool) js {
	return js{
		"id": "il_1", "object": "line_item", "amount": minor, "period": js{"start": from.Unix(), "end": to.Unix()},
		"parent":  js{"type": "subscription_item_details", "subscription_item_details": js{"proration": prorated, "subscription": "sub_1"}},
		"pricing": js{"type": "price_details", "price_details": js{"price": price, "product": "prod"}},
	}
}

// invoiced is a paid invoice; intent is empty when nothing had to be paid.
func invoiced(id, intent string, at time.Time, lines ...js) js {
	var due int64
	for _, l := range lines {
		due += l["amount"].(int64)
	}
	payments := list()
	if intent != "" {
		payments = list(js{
			"id": "inpay_" + id, "object": "invoice_payment", "status": "paid",
			"payment": js{"type": "payment_intent", "payment_intent": intent},
		})
	}
	return js{
		"id": id, "object": "invoice", "status": "paid", "created": at.Unix(), "currency": "eur", "amount_paid": due,
		"lines": list(lines...), "payments": payments, "total_taxes": []js{},
	}
}

// charged is a charge that went through.
func charged(id, intent string, minor int64, at time.Time, changes js) js {
	return after(js{
		"id": id, "object": "charge", "amount": minor, "amount_refunded": 0, "currency": "eur", "created": at.Unix(),
		"paid": true, "status": "succeeded", "payment_intent": intent, "disputed": false, "refunded": false,
		"billing_details": js{"address": js{"country": "FR"}}, "metadata": js{}, "refunds": list(),
		"payment_method_details": js{"type": "card", "card": js{"brand": "visa", "last4": "4242", "fingerprint": "fp_1", "country": "DE"}},
		"balance_transaction":    js{"id": "txn_1", "object": "balance_transaction", "amount": minor, "currency": "eur", "fee": 39},
	}, changes)
}

// sells lays out a subscription with its invoices and charges.
func (w *world) sells(sub js, invoices []js, charges ...js) {
	w.on("GET /v1/subscriptions/sub_1", sub)
	w.on("GET /v1/invoices", list(invoices...))
	w.on("GET /v1/charges", list(charges...))
}

// month is the paid invoice of one month on a plan, and its charge.
func month(n int, p subscription.Plan) (invoice, charge js) {
	from := began.AddDate(0, n, 0)
	id := string(rune('a' + n))
	return invoiced("in_"+id, "pi_"+id, from, line(p.Price.Minor, "price_1", from, began.AddDate(0, n+1, 0), false)),
		charged("ch_"+id, "pi_"+id, p.Price.Minor, from, nil)
}
