package stripe_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const (
	portals = "POST /v1/billing_portal/configurations"
	portal  = "POST /v1/billing_portal/sessions"
)

func (w *world) cards() {
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), nil))
	w.on("POST /v1/customers/cus_1", js{"id": "cus_1", "object": "customer"})
	w.on(update, w.subscribed(monthly(bronze, 499), nil))
	w.on(portals, js{"id": "bpc_1", "object": "billing_portal.configuration"})
	w.on(portal, js{"object": "billing_portal.session", "url": "https://billing.stripe.com/p/session/x"})
}

// TestTheCardOfThePageIsCharged: Checkout ties a card to the subscription, where
// it goes before the one that the page changes.
func TestTheCardOfThePageIsCharged(t *testing.T) {
	w := newWorld(t)
	w.cards()
	url, err := w.stripe.CardPage(t.Context(), "sub_1", back)
	if err != nil || url != "https://billing.stripe.com/p/session/x" {
		t.Fatal(url, err)
	}
	if got, want := w.trail(), []string{"POST /v1/customers/cus_1", update, portals, portal}; !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v", got, want)
	}
	if f := w.one("POST /v1/customers/cus_1").form; f.Get("invoice_settings[default_payment_method]") != "pm_1" {
		t.Errorf("the customer's card: %v", f)
	}
	if got, sent := w.one(update).form["default_payment_method"]; !sent || got[0] != "" {
		t.Errorf("the subscription's card: %q", got)
	}
	for field, value := range map[string]string{
		"customer": "cus_1", "configuration": "bpc_1", "return_url": back, "flow_data[type]": "payment_method_update",
		"flow_data[after_completion][type]": "redirect", "flow_data[after_completion][redirect][return_url]": back,
	} {
		if got := w.one(portal).form.Get(field); got != value {
			t.Errorf("%s is %q, want %q", field, got, value)
		}
	}
	if f := w.one(portals).form; f.Get("features[payment_method_update][enabled]") != "true" || len(f) != 2 {
		t.Errorf("the page can do %v", f)
	}

	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), js{"default_payment_method": nil}))
	if _, err := w.stripe.CardPage(t.Context(), "sub_1", back); err != nil {
		t.Fatal(err)
	}
	if got, want := w.trail()[4:], []string{portal}; !slices.Equal(got, want) {
		t.Errorf("the second time it wrote %v, want %v", got, want)
	}
}

// TestOtherSubscriptionsKeepTheirCard: the page changes the card of one
// subscription, and those that went by the customer's card until then go by it
// still.
func TestOtherSubscriptionsKeepTheirCard(t *testing.T) {
	w := newWorld(t)
	w.cards()
	customer := js{"id": "cus_1", "object": "customer", "invoice_settings": js{"default_payment_method": js{
		"id": "pm_0", "object": "payment_method", "type": "card", "card": js{"brand": "visa", "last4": "0000", "fingerprint": "fp_0"},
	}}}
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), js{"customer": customer}))
	other := func(id string, changes js) js {
		return w.subscribed(monthly(bronze, 499), after(js{"id": id, "default_payment_method": nil, "customer": "cus_1"}, changes))
	}
	w.on("GET /v1/subscriptions", list(
		other("sub_1", js{"default_payment_method": "pm_1"}), other("sub_2", nil),
		other("sub_3", js{"default_payment_method": "pm_3"}), other("sub_4", js{"metadata": js{"subspace": "0123"}}), other("sub_5", js{"status": "canceled"}),
	))
	w.on("POST /v1/subscriptions/sub_2", other("sub_2", nil))
	if _, err := w.stripe.CardPage(t.Context(), "sub_1", back); err != nil {
		t.Fatal(err)
	}
	if got, want := w.trail(), []string{"POST /v1/subscriptions/sub_2", "POST /v1/customers/cus_1", update, portals, portal}; !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v", got, want)
	}
	if card := w.one("POST /v1/subscriptions/sub_2").form.Get("default_payment_method"); card != "pm_0" {
		t.Errorf("the other one goes by %q", card)
	}
	if f := w.one("GET /v1/subscriptions").form; f.Get("customer") != "cus_1" {
		t.Errorf("listed %v", f)
	}
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), js{"customer": customer, "default_payment_method": nil}))
	o, err := fetched(w)
	if err != nil || o.Card.Fingerprint != "fp_0" || o.Card.Last4 != "0000" {
		t.Errorf("the card of the page is not told: %+v, %v", o.Card, err)
	}
}

// fetched reads the subscription, of which nothing was paid.
func fetched(w *world) (subscription.Object, error) {
	w.on("GET /v1/invoices", list())
	return w.stripe.FetchSubscription(w.t.Context(), "sub_1")
}

func TestAPageOfAnotherStripeAccount(t *testing.T) {
	w := newWorld(t)
	w.cards()
	if err := w.db.Update(t.Context(), func(tx *store.Tx) error { return tx.PutStripeObject(t.Context(), "portal", "cards", "bpc_old") }); err != nil {
		t.Fatal(err)
	}
	w.reply(portal, func(r request) (int, js) {
		if r.form.Get("configuration") == "bpc_old" {
			return http.StatusBadRequest, refusal("invalid_request_error", "resource_missing", "configuration")
		}
		return http.StatusOK, js{"object": "billing_portal.session", "url": "https://billing.stripe.com/p/session/x"}
	})
	if _, err := w.stripe.CardPage(t.Context(), "sub_1", back); err != nil {
		t.Fatal(err)
	}
	if _, err := w.stripe.CardPage(t.Context(), "sub_1", back); err != nil || len(w.calls(portals)) != 1 || len(w.calls(portal)) != 3 {
		t.Errorf("the new page is not kept: %v, %v", w.trail(), err)
	}
}

func TestNoPageForWhatHasEnded(t *testing.T) {
	w := newWorld(t)
	w.on("GET /v1/subscriptions/sub_1", w.subscribed(monthly(bronze, 499), js{"status": "canceled"}))
	if _, err := w.stripe.CardPage(t.Context(), "sub_1", back); !fault.Is(err, "subscription_ended") {
		t.Errorf("got %v", err)
	}
}
