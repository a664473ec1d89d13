package stripe_test

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/stripe"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const (
	sessions = "POST /v1/checkout/sessions"
	back     = "https://live.example.org/c/deep"
)

// till lays out what opening a checkout asks.
func (w *world) till(session js) {
	w.on("POST /v1/products/"+w.product(bronze), js{"id": w.product(bronze), "object": "product"})
	w.on("POST /v1/customers", js{"id": "cus_1", "object": "customer"})
	w.on(sessions, session)
}

// open is a session of ours that waits for the buyer.
func (w *world) open(changes js) js {
	return after(js{
		"id": "cs_1", "object": "checkout.session", "status": "open", "payment_status": "unpaid", "url": "https://checkout.stripe.com/c/pay/cs_1",
		"metadata": w.meta("checkout", "01checkout", "purpose", "subscription", "tier", string(bronze), "interval", "month", "price", "499", "trial_days", "0"),
	}, changes)
}

func (w *world) order() subscription.Order {
	return subscription.Order{
		Checkout: "01checkout", Purpose: subscription.ForSubscription, Plan: monthly(bronze, 499), Quantity: 1, Account: buyer,
		Title: "Deep water · Bronze", Language: "fr", Back: back, Expires: w.now.Add(time.Hour),
	}
}

func (w *world) opens(o subscription.Order) subscription.Session {
	w.t.Helper()
	session, err := w.stripe.OpenCheckout(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return session
}

func TestASubscriptionIsSoldOnStripesPage(t *testing.T) {
	w := newWorld(t)
	w.till(w.open(nil))
	want := subscription.Session{Ref: "cs_1", URL: "https://checkout.stripe.com/c/pay/cs_1", RenewsAt: w.now.AddDate(0, 1, 0)}
	if got := w.opens(w.order()); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	asked := w.one(sessions)
	for field, value := range map[string]string{
		"mode": "subscription", "customer": "cus_1", "client_reference_id": "01checkout", "locale": "fr",
		"success_url": back, "cancel_url": back, "expires_at": strconv.FormatInt(w.now.Add(time.Hour).Unix(), 10),
		"payment_method_collection": "always", "payment_method_types[0]": "card", "adaptive_pricing[enabled]": "false",
		"line_items[0][quantity]": "1", "line_items[0][price_data][unit_amount]": "499", "line_items[0][price_data][currency]": "eur",
		"line_items[0][price_data][product]": w.product(bronze), "line_items[0][price_data][recurring][interval]": "month",
		"line_items[0][price_data][tax_behavior]": "inclusive",
		"metadata[subspace]":                      w.mark, "metadata[checkout]": "01checkout",
		"subscription_data[metadata][subspace]": w.mark, "subscription_data[metadata][checkout]": "01checkout",
		"subscription_data[trial_period_days]": "", "automatic_tax[enabled]": "", "customer_update[address]": "",
	} {
		if got := asked.form.Get(field); got != value {
			t.Errorf("%s is %q, want %q", field, got, value)
		}
	}
	if named := w.one("POST /v1/products/" + w.product(bronze)); named.form.Get("name") != "Deep water · Bronze" {
		t.Errorf("the product is called %v", named.form)
	}
}

func TestATrialIsCountedInDays(t *testing.T) {
	for trial, days := range map[time.Duration]string{day: "1", 7 * day: "7", 6*day + time.Hour: "7", time.Minute: "1"} {
		w := newWorld(t)
		w.till(w.open(js{"metadata": w.meta("interval", "month", "trial_days", days)}))
		o := w.order()
		o.Trial = trial
		got := w.opens(o)
		asked := w.one(sessions).form
		if asked.Get("subscription_data[trial_period_days]") != days || asked.Get("subscription_data[trial_settings][end_behavior][missing_payment_method]") != "cancel" {
			t.Errorf("%v is asked for as %v", trial, asked)
		}
		n, _ := strconv.Atoi(days)
		if want := w.now.Add(time.Duration(n) * day); !got.RenewsAt.Equal(want) {
			t.Errorf("%v renews at %v, want %v", trial, got.RenewsAt, want)
		}
	}
}

func TestTaxIsContainedInThePrice(t *testing.T) {
	w := newWorld(t, func(c *stripe.Config) { c.Tax = true })
	w.till(w.open(nil))
	w.opens(w.order())
	asked := w.one(sessions).form
	if asked.Get("automatic_tax[enabled]") != "true" || asked.Get("customer_update[address]") != "auto" || asked.Get("line_items[0][price_data][tax_behavior]") != "inclusive" {
		t.Errorf("asked %v", asked)
	}
}

func TestAGiftIsPaidOnce(t *testing.T) {
	w := newWorld(t)
	w.till(w.open(nil))
	o := w.order()
	o.Purpose, o.Quantity, o.Language = subscription.ForGift, 5, "de"
	w.opens(o)
	asked := w.one(sessions).form
	for field, value := range map[string]string{
		"mode": "payment", "line_items[0][quantity]": "5", "line_items[0][price_data][unit_amount]": "499",
		"line_items[0][price_data][recurring][interval]": "", "payment_method_collection": "", "subscription_data[metadata][subspace]": "",
		"payment_intent_data[metadata][subspace]": w.mark, "payment_intent_data[metadata][checkout]": "01checkout", "locale": "auto",
	} {
		if got := asked.Get(field); got != value {
			t.Errorf("%s is %q, want %q", field, got, value)
		}
	}
}

// TestASessionLivesAsShortAsStripeAllows: half an hour at least.
func TestASessionLivesAsShortAsStripeAllows(t *testing.T) {
	w := newWorld(t)
	w.till(w.open(nil))
	o := w.order()
	o.Expires = w.now.Add(20 * time.Minute)
	w.opens(o)
	got, _ := strconv.ParseInt(w.one(sessions).form.Get("expires_at"), 10, 64)
	if left := time.Unix(got, 0).Sub(w.now); left < 30*time.Minute || left > 31*time.Minute {
		t.Errorf("it lives for %v", left)
	}
}

func TestEveryObjectIsMadeOnce(t *testing.T) {
	w := newWorld(t)
	w.till(w.open(nil))
	w.opens(w.order())
	w.opens(w.order())
	other := w.start() // after a restart
	if _, err := other.OpenCheckout(t.Context(), w.order()); err != nil {
		t.Fatal(err)
	}
	made := w.one("POST /v1/customers")
	if made.form.Get("metadata[subspace]") != w.mark || made.form.Get("metadata[account]") != string(buyer) || len(made.form) != 2 {
		t.Errorf("the customer is told of as %v", made.form)
	}
	opened := w.calls(sessions)
	for _, asked := range opened {
		if asked.key == "" || asked.key != opened[0].key {
			t.Errorf("a repeated order has the key %q, the first %q", asked.key, opened[0].key)
		}
	}
	o := w.order()
	o.Checkout = "01other"
	w.opens(o)
	if asked := w.calls(sessions); asked[3].key == asked[0].key {
		t.Error("another checkout has the same key")
	}
	const named = "POST /v1/products/"
	if n := len(w.calls(named + w.product(bronze))); n != 1 {
		t.Errorf("a product that kept its name was named %d times", n)
	}
	o.Title = "Deeper water · Bronze"
	w.opens(o)
	if asked := w.calls(named + w.product(bronze)); len(asked) != 2 || asked[1].form.Get("name") != o.Title {
		t.Errorf("a product with a new name was named by %v", asked)
	}
}

// TestABuyerInTwoCurrencies: Stripe lets no customer have subscriptions in more
// than one currency (docs.stripe.com/invoicing/multi-currency-customers).
func TestABuyerInTwoCurrencies(t *testing.T) {
	w := newWorld(t)
	w.till(w.open(nil))
	w.reply("POST /v1/customers", func(request) (int, js) {
		return http.StatusOK, js{"id": "cus_" + strconv.Itoa(len(w.calls("POST /v1/customers"))), "object": "customer"}
	})
	for _, currency := range []string{"EUR", "USD", "EUR"} {
		o := w.order()
		o.Checkout, o.Plan.Price.Currency = ident.Checkout("01"+currency), currency
		w.opens(o)
	}
	var customers []string
	for _, asked := range w.calls(sessions) {
		customers = append(customers, asked.form.Get("customer"))
	}
	if want := []string{"cus_1", "cus_2", "cus_1"}; !slices.Equal(customers, want) {
		t.Errorf("the customers are %v, want %v", customers, want)
	}
	if made := w.calls("POST /v1/customers"); made[0].key == made[1].key {
		t.Error("both are made by one key")
	}
}

func TestAProductIsMadeWithTheFirstOrderOfItsTier(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   js
	}{
		"made":                     {http.StatusOK, js{"id": "x", "object": "product"}},
		"another node was quicker": {http.StatusBadRequest, refusal("invalid_request_error", "resource_already_exists", "id")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.till(w.open(nil))
			w.say("POST /v1/products/"+w.product(bronze), http.StatusNotFound, refusal("invalid_request_error", "resource_missing", "id"))
			w.say("POST /v1/products", c.status, c.body)
			w.opens(w.order())
			made := w.one("POST /v1/products").form
			if made.Get("id") != w.product(bronze) || made.Get("metadata[subspace]") != w.mark || made.Get("metadata[tier]") != string(bronze) {
				t.Errorf("made as %v", made)
			}
		})
	}
}

// TestAKeyOfAnotherStripeAccount: the customers and products of before are not
// there.
func TestAKeyOfAnotherStripeAccount(t *testing.T) {
	w := newWorld(t)
	w.till(w.open(nil))
	w.opens(w.order())
	w.on("POST /v1/customers", js{"id": "cus_2", "object": "customer"})
	w.say("POST /v1/products/"+w.product(bronze), http.StatusNotFound, refusal("invalid_request_error", "resource_missing", "id"))
	w.on("POST /v1/products", js{"object": "product"})
	w.reply(sessions, func(r request) (int, js) {
		switch {
		case len(w.calls("POST /v1/products")) == 0:
			return http.StatusBadRequest, refusal("invalid_request_error", "resource_missing", "line_items[0][price_data][product]")
		case r.form.Get("customer") == "cus_1":
			return http.StatusBadRequest, refusal("invalid_request_error", "resource_missing", "customer")
		}
		return http.StatusOK, w.open(nil)
	})
	w.opens(w.order())
	w.opens(w.order())
	made := w.calls("POST /v1/customers")
	if len(made) != 2 || made[0].key == made[1].key || len(w.calls("POST /v1/products")) != 1 {
		t.Errorf("made by %v", w.trail())
	}
}

// TestWhatIsNeverThere is refused after it was made anew.
func TestWhatIsNeverThere(t *testing.T) {
	w := newWorld(t)
	w.till(nil)
	w.say(sessions, http.StatusBadRequest, refusal("invalid_request_error", "resource_missing", "something"))
	if _, err := w.stripe.OpenCheckout(t.Context(), w.order()); !fault.Is(err, "provider_object_missing") || len(w.calls(sessions)) > 3 {
		t.Errorf("got %v after %v", err, w.trail())
	}
}

// TestAnAnswerThatWasNotHeard: the first call opened the session, and the second
// one comes with other words.
func TestAnAnswerThatWasNotHeard(t *testing.T) {
	w := newWorld(t)
	w.till(nil)
	w.say(sessions, http.StatusBadRequest, refusal("idempotency_error", "", ""))
	w.on("GET /v1/checkout/sessions", list(
		after(w.open(nil), js{"id": "cs_other", "metadata": w.meta("checkout", "01other")}),
		after(w.open(nil), js{"id": "cs_foreign", "metadata": js{"subspace": "0123", "checkout": "01checkout"}}),
		w.open(nil)))
	if got := w.opens(w.order()); got.Ref != "cs_1" {
		t.Errorf("got %+v", got)
	}
	if asked := w.one("GET /v1/checkout/sessions").form; asked.Get("customer") != "cus_1" {
		t.Errorf("looked among %v", asked)
	}
}

func TestWhatCannotBeSold(t *testing.T) {
	w := newWorld(t)
	w.till(w.open(nil))
	o := w.order()
	o.Back = ""
	if _, err := w.stripe.OpenCheckout(t.Context(), o); !fault.Is(err, "provider_cannot") {
		t.Errorf("without an address to return to: %v", err)
	}
	o = w.order()
	o.Plan.Price.Currency = "JPY"
	if _, err := w.stripe.OpenCheckout(t.Context(), o); !fault.Is(err, "currency_unsupported") {
		t.Errorf("in yen: %v", err)
	}
	if made := w.trail(); len(made) != 0 {
		t.Errorf("something was made all the same: %v", made)
	}
}

func TestWhereACheckoutStands(t *testing.T) {
	base := newWorld(t)
	gift := func(w *world, changes js) js {
		return after(w.open(js{"metadata": w.meta("checkout", "01checkout", "purpose", "gift", "tier", string(gold), "interval", "month", "price", "1499", "trial_days", "0")}), changes)
	}
	for name, c := range map[string]struct {
		session func(*world) js
		want    func(*world) subscription.Session
	}{
		"open": {
			func(w *world) js { return w.open(nil) },
			func(w *world) subscription.Session {
				return subscription.Session{Ref: "cs_1", URL: "https://checkout.stripe.com/c/pay/cs_1", RenewsAt: w.now.AddDate(0, 1, 0)}
			},
		},
		"paid": {
			func(w *world) js {
				return w.open(js{"status": "complete", "payment_status": "paid", "url": nil, "subscription": "sub_1"})
			},
			func(w *world) subscription.Session {
				return subscription.Session{Ref: "cs_1", Subscription: "sub_1", RenewsAt: w.now.AddDate(0, 1, 0)}
			},
		},
		"begun with a trial": {
			func(w *world) js {
				return w.open(js{"status": "complete", "payment_status": "no_payment_required", "subscription": "sub_1"})
			},
			func(w *world) subscription.Session {
				return subscription.Session{Ref: "cs_1", Subscription: "sub_1", RenewsAt: w.now.AddDate(0, 1, 0)}
			},
		},
		"expired": {
			func(w *world) js { return w.open(js{"status": "expired"}) },
			func(w *world) subscription.Session {
				return subscription.Session{Ref: "cs_1", Expired: true, RenewsAt: w.now.AddDate(0, 1, 0)}
			},
		},
		"a gift that is not paid yet": {
			func(w *world) js { return gift(w, js{"status": "complete", "payment_status": "unpaid"}) },
			func(w *world) subscription.Session {
				return subscription.Session{Ref: "cs_1", RenewsAt: w.now.AddDate(0, 1, 0)}
			},
		},
		"a gift": {
			func(w *world) js {
				return gift(w, js{
					"status": "complete", "payment_status": "paid", "customer_details": js{"address": js{"country": "IT"}},
					"payment_intent": js{"id": "pi_g", "object": "payment_intent", "latest_charge": charged("ch_g", "pi_g", 4497, began, nil)},
					"total_details":  js{"amount_tax": 811, "breakdown": js{"taxes": []js{{"amount": 811, "rate": js{"id": "txr_1", "percentage": 22.0}}}}},
				})
			},
			func(w *world) subscription.Session {
				return subscription.Session{Ref: "cs_1", RenewsAt: w.now.AddDate(0, 1, 0), Charge: &subscription.Charge{
					Ref: "ch_g", Kind: subscription.ChargeGift, Plan: monthly(gold, 1499), Total: monthly(gold, 4497).Price, Fee: 39, At: began,
					Tax:  subscription.Tax{Minor: 811, Rate: 2200, Country: "IT", Proof: "DE"},
					Card: subscription.Card{Brand: "visa", Last4: "4242", Fingerprint: "fp_1"},
				}}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			w.on("GET /v1/checkout/sessions/cs_1", c.session(w))
			got, err := w.stripe.FetchCheckout(t.Context(), "cs_1")
			if err != nil || !reflect.DeepEqual(got, c.want(w)) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, c.want(w))
			}
		})
	}
}

func TestACheckoutOfSomebodyElse(t *testing.T) {
	w := newWorld(t)
	w.on("GET /v1/checkout/sessions/cs_1", w.open(js{"metadata": js{"subspace": "0123"}}))
	if _, err := w.stripe.FetchCheckout(t.Context(), "cs_1"); !fault.Is(err, "provider_object_missing") {
		t.Errorf("fetched: %v", err)
	}
	if err := w.stripe.ExpireCheckout(t.Context(), "cs_1"); !fault.Is(err, "provider_object_missing") {
		t.Errorf("expired: %v", err)
	}
}

func TestExpiring(t *testing.T) {
	base := newWorld(t)
	const expire = "POST /v1/checkout/sessions/cs_1/expire"
	late := refusal("invalid_request_error", "", "")
	for name, c := range map[string]struct {
		before, after string // the status when it is looked at
		status        int    // of the answer to expire
		reason        string
		asked         int
	}{
		"open":                     {"open", "expired", http.StatusOK, "", 1},
		"expired already":          {"expired", "expired", http.StatusOK, "", 0},
		"paid already":             {"complete", "complete", http.StatusOK, "checkout_paid", 0},
		"paid in between":          {"open", "complete", http.StatusBadRequest, "checkout_paid", 1},
		"expired in between":       {"open", "expired", http.StatusBadRequest, "", 1},
		"refused for other causes": {"open", "open", http.StatusBadRequest, "?", 1},
		"a word of tomorrow":       {"asleep", "asleep", http.StatusOK, "provider_unavailable", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			looked := 0
			w.reply("GET /v1/checkout/sessions/cs_1", func(request) (int, js) {
				looked++
				if looked == 1 {
					return http.StatusOK, w.open(js{"status": c.before})
				}
				return http.StatusOK, w.open(js{"status": c.after})
			})
			if w.say(expire, c.status, late); c.status == http.StatusOK {
				w.on(expire, w.open(js{"status": c.after}))
			}
			err := w.stripe.ExpireCheckout(t.Context(), "cs_1")
			switch {
			case c.reason == "" && err != nil, c.reason == "?" && err == nil, len(c.reason) > 1 && !fault.Is(err, c.reason):
				t.Errorf("got %v, want %q", err, c.reason)
			}
			if n := len(w.calls(expire)); n != c.asked {
				t.Errorf("it was expired %d times", n)
			}
		})
	}
}

// TestAMonthFromTheLastOfOne: Stripe keeps the day, and falls on a shorter
// month's last one.
func TestAMonthFromTheLastOfOne(t *testing.T) {
	w := newWorld(t)
	for from, to := range map[string]string{
		"2026-01-31T20:15:00Z": "2026-02-28T20:15:00Z", "2028-01-31T00:00:00Z": "2028-02-29T00:00:00Z",
		"2026-12-15T10:00:00Z": "2027-01-15T10:00:00Z", "2026-02-28T10:00:00Z": "2026-03-28T10:00:00Z",
	} {
		w.now, _ = time.Parse(time.RFC3339, from)
		w.on("GET /v1/checkout/sessions/cs_1", w.open(nil))
		got, err := w.stripe.FetchCheckout(t.Context(), "cs_1")
		if err != nil || got.RenewsAt.Format(time.RFC3339) != to {
			t.Errorf("a month from %s is %v, want %s", from, got.RenewsAt, to)
		}
	}
}
