package stripe_test

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/payment/stripe"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const (
	preview = "POST /v1/invoices/create_preview"
	void    = "POST /v1/invoices/in_up/void"
	plan    = "POST /v1/subscription_schedules"
	replan  = "POST /v1/subscription_schedules/sub_sched_1"
)

func (w *world) planned(next subscription.Plan) js {
	end := began.AddDate(0, 1, 0)
	return js{
		"id": "sub_sched_1", "object": "subscription_schedule", "status": "active",
		"current_phase": js{"start_date": began.Unix(), "end_date": end.Unix()}, "phases": []js{
			{"start_date": began.Unix(), "end_date": end.Unix(), "items": []js{{"price": w.price("price_1", monthly(bronze, 499))}}},
			{"start_date": end.Unix(), "end_date": end.AddDate(0, 1, 0).Unix(), "items": []js{{"price": w.price("price_2", next)}}},
		},
	}
}

func TestWhatAChangeWouldCost(t *testing.T) {
	base := newWorld(t)
	end := began.AddDate(0, 1, 0)
	for name, c := range map[string]struct {
		to      subscription.Plan
		invoice js
		want    subscription.Proration
	}{
		"a dearer tier": {
			monthly(gold, 1499),
			js{"amount_due": 677, "currency": "eur", "lines": list(
				line(-338, "price_1", began.Add(day), end, true), line(1015, "price_2", began.Add(day), end, true))},
			subscription.Proration{Credit: eur(338), Due: eur(677), RenewsAt: end},
		},
		"a year": {
			yearly(bronze, 4990),
			js{"amount_due": 4652, "currency": "eur", "lines": list(
				line(-338, "price_1", began.Add(day), end, true), line(4990, "price_2", began.Add(day), began.Add(day).AddDate(1, 0, 0), false))},
			subscription.Proration{Credit: eur(338), Due: eur(4652), RenewsAt: began.Add(day).AddDate(1, 0, 0)},
		},
		"more credit than price": {
			monthly(gold, 1499),
			js{"amount_due": 0, "total": -100, "currency": "eur", "lines": list(
				line(-1115, "price_1", began.Add(day), end, true), line(1015, "price_2", began.Add(day), end, true))},
			subscription.Proration{Credit: eur(1115), Due: eur(0), RenewsAt: end},
		},
		"in a trial": {
			monthly(gold, 1499),
			js{"amount_due": 0, "currency": "eur", "lines": list()},
			subscription.Proration{Credit: eur(0), Due: eur(0), RenewsAt: end},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), nil))
			w.on("POST /v1/products/"+w.product(c.to.Tier), js{"object": "product"})
			w.on(preview, c.invoice)
			got, err := w.stripe.PreviewChange(t.Context(), "sub_1", c.to)
			if err != nil || got != c.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, c.want)
			}
			asked := w.one(preview).form
			for field, value := range map[string]string{
				"subscription": "sub_1", "subscription_details[items][0][id]": "si_1",
				"subscription_details[items][0][price_data][product]":             w.product(c.to.Tier),
				"subscription_details[items][0][price_data][unit_amount]":         strconv.FormatInt(c.to.Price.Minor, 10),
				"subscription_details[items][0][price_data][recurring][interval]": string(c.to.Interval),
				"subscription_details[proration_behavior]":                        "always_invoice",
				"subscription_details[proration_date]":                            strconv.FormatInt(w.now.Unix(), 10),
			} {
				if got := asked.Get(field); got != value {
					t.Errorf("%s is %q, want %q", field, got, value)
				}
			}
			if wrote := w.acts(); !slices.Equal(wrote, []string{preview}) {
				t.Errorf("wrote %v", wrote)
			}
		})
	}
}

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func TestChangingNow(t *testing.T) {
	base := newWorld(t)
	from, to := monthly(bronze, 499), monthly(gold, 1499)
	waits := js{"pending_update": js{"expires_at": began.Add(day).Unix()}, "latest_invoice": "in_up"}
	product := func(w *world) string { return "POST /v1/products/" + w.product(gold) }
	for name, c := range map[string]struct {
		changes func(*world) js
		answer  js // to the update
		voided  int
		trail   []string
		reason  string
	}{
		"paid": {nil, nil, http.StatusOK, []string{update}, ""},
		"with a planned change": {
			func(w *world) js { return js{"schedule": w.planned(monthly(bronze, 299))} }, nil, http.StatusOK,
			[]string{release, update},
			"",
		},
		"changed already": {
			func(w *world) js { return w.subscribed(to, nil) }, nil, http.StatusOK,
			nil, "",
		},
		"declined": {nil, waits, http.StatusOK, []string{update, void}, "card_declined"},
		"declined, and voided before": {
			nil, waits, http.StatusBadRequest,
			[]string{update, void},
			"card_declined",
		},
		"paused": {
			func(*world) js { return js{"pause_collection": js{"behavior": "void"}} }, nil, http.StatusOK,
			nil, "provider_cannot",
		},
		"ended": {func(*world) js { return js{"status": "canceled"} }, nil, http.StatusOK, nil, "subscription_ended"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			var changes js
			if c.changes != nil {
				changes = c.changes(w)
			}
			w.on("GET /v1/subscriptions/sub_1", w.subscribed(from, changes))
			w.on(product(w), js{"object": "product"})
			w.on(release, js{"object": "subscription_schedule"})
			w.on(update, w.subscribed(to, c.answer))
			if w.on(void, js{"object": "invoice"}); c.voided != http.StatusOK {
				w.say(void, c.voided, refusal("invalid_request_error", "invoice_not_editable", ""))
			}
			err := w.stripe.ChangeNow(t.Context(), "sub_1", to, "key")
			if (c.reason == "" && err != nil) || (c.reason != "" && !fault.Is(err, c.reason)) {
				t.Fatalf("got %v, want %q", err, c.reason)
			}
			if got := w.acts(); !slices.Equal(got, c.trail) {
				t.Fatalf("wrote %v, want %v", got, c.trail)
			}
		})
	}
}

func TestAChangeIsChargedOnce(t *testing.T) {
	w := newWorld(t)
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), nil))
	w.on("POST /v1/products/"+w.product(gold), js{"object": "product"})
	w.on(update, w.subscribed(monthly(gold, 1499), nil))
	for _, key := range []string{"one", "one", "two"} {
		if err := w.stripe.ChangeNow(t.Context(), "sub_1", monthly(gold, 1499), key); err != nil {
			t.Fatal(err)
		}
	}
	asked := w.calls(update)
	if asked[0].key != asked[1].key || asked[1].key == asked[2].key {
		t.Errorf("the keys are %q, %q, %q", asked[0].key, asked[1].key, asked[2].key)
	}
	for field, value := range map[string]string{
		"items[0][id]": "si_1", "items[0][price_data][unit_amount]": "1499", "items[0][price_data][product]": w.product(gold),
		"items[0][price_data][recurring][interval]": "month", "payment_behavior": "pending_if_incomplete", "proration_behavior": "always_invoice",
		"proration_date": "", "metadata[tier]": "",
	} {
		if got := asked[0].form.Get(field); got != value {
			t.Errorf("%s is %q, want %q", field, got, value)
		}
	}
	if got := w.calls("POST /v1/products/" + w.product(gold))[0].form.Get("name"); got != "Deep water · 01gold" {
		t.Errorf("the product is called %q", got)
	}
}

// TestARefusedCardAtOnce: Stripe may also refuse the update itself.
func TestARefusedCardAtOnce(t *testing.T) {
	w := newWorld(t)
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), nil))
	w.on("POST /v1/products/"+w.product(gold), js{"object": "product"})
	w.say(update, http.StatusPaymentRequired, refusal("card_error", "card_declined", ""))
	if err := w.stripe.ChangeNow(t.Context(), "sub_1", monthly(gold, 1499), "key"); !fault.Is(err, "card_declined") {
		t.Errorf("got %v", err)
	}
}

// TestAChangeThatStripeRefusesIsNotCharged: what it says no to charges nothing, and
// the domain is told so; what it does not answer, and an invoice that it does not
// void, may be charged.
func TestAChangeThatStripeRefusesIsNotCharged(t *testing.T) {
	base := newWorld(t)
	for name, c := range map[string]struct {
		call    string
		status  int
		body    js
		refused bool
	}{
		"a wrong parameter": {update, http.StatusBadRequest, refusal("invalid_request_error", "parameter_unknown", "items"), true},
		"a wrong key":       {update, http.StatusUnauthorized, refusal("invalid_request_error", "", ""), true},
		"a key used before": {update, http.StatusBadRequest, refusal("idempotency_error", "", ""), false},
		"down":              {update, http.StatusInternalServerError, refusal("api_error", "", ""), false},
		"a paid invoice":    {void, http.StatusBadRequest, refusal("invalid_request_error", "parameter_unknown", ""), false},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			runs := monthly(bronze, 499)
			w.on("GET /v1/subscriptions/sub_1", w.subscribed(runs, nil))
			w.on("POST /v1/products/"+w.product(gold), js{"object": "product"})
			w.on(update, w.subscribed(runs, js{"pending_update": js{"expires_at": 1}, "latest_invoice": js{"id": "in_up", "object": "invoice"}}))
			w.say(c.call, c.status, c.body)
			err := w.stripe.ChangeNow(t.Context(), "sub_1", monthly(gold, 1499), "key")
			if err == nil || len(w.calls(c.call)) == 0 || errors.Is(err, subscription.ErrRefused) != c.refused {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestChangingAtThePeriodsEnd(t *testing.T) {
	base := newWorld(t)
	runs, to := monthly(gold, 1499), yearly(bronze, 4990)
	product := func(w *world) string { return "POST /v1/products/" + w.product(bronze) }
	for name, c := range map[string]struct {
		changes func(*world) js
		to      subscription.Plan
		trail   []string
		reason  string
	}{
		"for the first time": {nil, to, []string{plan, replan}, ""},
		"to yet another plan": {
			func(w *world) js { return js{"schedule": w.planned(monthly(bronze, 499))} }, to,
			[]string{replan},
			"",
		},
		"again": {func(w *world) js { return js{"schedule": w.planned(to)} }, to, nil, ""},
		"back":  {func(w *world) js { return js{"schedule": w.planned(to)} }, runs, []string{release}, ""},
		"back at a new price": {
			func(w *world) js { return js{"schedule": w.planned(to)} }, monthly(gold, 1999),
			[]string{release},
			"",
		},
		"back from nothing": {nil, runs, nil, ""},
		"ended":             {func(*world) js { return js{"status": "canceled"} }, to, nil, "subscription_ended"},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			var changes js
			if c.changes != nil {
				changes = c.changes(w)
			}
			w.on("GET /v1/subscriptions/sub_1", w.subscribed(runs, changes))
			w.on(product(w), js{"object": "product"})
			for _, call := range []string{plan, replan, release} {
				w.on(call, w.planned(to))
			}
			err := w.stripe.ChangeAtPeriodEnd(t.Context(), "sub_1", c.to)
			if (c.reason == "" && err != nil) || (c.reason != "" && !fault.Is(err, c.reason)) {
				t.Fatalf("got %v, want %q", err, c.reason)
			}
			if got := w.acts(); !slices.Equal(got, c.trail) {
				t.Fatalf("wrote %v, want %v", got, c.trail)
			}
		})
	}
}

func TestThePhasesOfAChange(t *testing.T) {
	w := newWorld(t, func(c *stripe.Config) { c.Tax = true })
	end := began.AddDate(0, 1, 0)
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(gold, 1499), js{"status": "trialing", "trial_end": end.Unix()}))
	w.on("POST /v1/products/"+w.product(bronze), js{"object": "product"})
	w.on(plan, js{"id": "sub_sched_1", "object": "subscription_schedule", "current_phase": js{"start_date": began.Unix()}})
	w.on(replan, w.planned(yearly(bronze, 4990)))
	if err := w.stripe.ChangeAtPeriodEnd(t.Context(), "sub_1", yearly(bronze, 4990)); err != nil {
		t.Fatal(err)
	}
	if got := w.one(plan).form.Get("from_subscription"); got != "sub_1" {
		t.Errorf("planned from %q", got)
	}
	asked := w.one(replan).form
	for field, value := range map[string]string{
		"end_behavior": "release", "proration_behavior": "none",
		"phases[0][start_date]": strconv.FormatInt(began.Unix(), 10), "phases[0][end_date]": strconv.FormatInt(end.Unix(), 10),
		"phases[0][trial_end]": strconv.FormatInt(end.Unix(), 10), "phases[0][items][0][price]": "price_1", "phases[0][proration_behavior]": "none",
		"phases[1][items][0][price_data][unit_amount]": "4990", "phases[1][items][0][price_data][product]": w.product(bronze),
		"phases[1][items][0][price_data][recurring][interval]": "year", "phases[1][duration][interval]": "year", "phases[1][proration_behavior]": "none",
		"phases[0][automatic_tax][enabled]": "true", "phases[1][automatic_tax][enabled]": "true", "phases[1][trial_end]": "",
	} {
		if got := asked.Get(field); got != value {
			t.Errorf("%s is %q, want %q", field, got, value)
		}
	}
}
