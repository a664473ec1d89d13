package stripe_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/fault"
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
