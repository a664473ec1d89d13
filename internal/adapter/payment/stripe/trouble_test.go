package stripe_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/money"
)

func TestTrouble(t *testing.T) {
	base := newWorld(t)
	const call = "GET /v1/subscriptions/sub_1"
	for name, c := range map[string]struct {
		status int
		body   js
		reason string // empty: an accident, for the log
		kind   fault.Kind
		again  bool // it says when to try again
	}{
		"declined":           {http.StatusPaymentRequired, refusal("card_error", "card_declined", ""), "card_declined", fault.Conflict, false},
		"to be approved":     {http.StatusPaymentRequired, refusal("invalid_request_error", "subscription_payment_intent_requires_action", ""), "card_declined", fault.Conflict, false},
		"not there":          {http.StatusNotFound, refusal("invalid_request_error", "resource_missing", "id"), "provider_object_missing", fault.Missing, false},
		"too many requests":  {http.StatusTooManyRequests, refusal("invalid_request_error", "rate_limit", ""), "provider_unavailable", fault.Unavailable, true},
		"locked":             {http.StatusConflict, refusal("invalid_request_error", "lock_timeout", ""), "provider_unavailable", fault.Unavailable, true},
		"down":               {http.StatusInternalServerError, refusal("api_error", "", ""), "provider_unavailable", fault.Unavailable, true},
		"a proxy's page":     {http.StatusBadGateway, js{"page": "Bad gateway"}, "provider_unavailable", fault.Unavailable, true},
		"a line that is cut": {0, nil, "provider_unavailable", fault.Unavailable, true},
		"a wrong key":        {http.StatusUnauthorized, refusal("invalid_request_error", "", ""), "", 0, false},
		"a wrong parameter":  {http.StatusBadRequest, refusal("invalid_request_error", "parameter_unknown", "expand"), "", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			w.say(call, c.status, c.body)
			_, err := w.stripe.FetchSubscription(t.Context(), "sub_1")
			if err == nil {
				t.Fatal("it went through")
			}
			f := fault.Of(err)
			if (f != nil) != (c.reason != "") || (f != nil && (f.Reason != c.reason || f.Kind != c.kind || (f.RetryAfter > 0) != c.again)) {
				t.Errorf("got %v", err)
			}
			for _, secret := range []string{"buyer@example.org", "sk_test", "secret words"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error tells %q: %v", secret, err)
				}
			}
			if c.status >= 400 && c.body["error"] != nil && !strings.Contains(err.Error(), "req_1") {
				t.Errorf("the error does not tell the request: %v", err)
			}
		})
	}
}

// TestACutLineIsTriedAgainWithTheSameKey: it is not known whether the first one
// arrived.
func TestACutLineIsTriedAgainWithTheSameKey(t *testing.T) {
	w := newWorld(t)
	w.till(w.open(nil))
	var answered atomic.Bool
	w.reply(sessions, func(request) (int, js) {
		if !answered.Swap(true) {
			return 0, nil
		}
		return http.StatusOK, w.open(nil)
	})
	w.opens(w.order())
	if asked := w.calls(sessions); len(asked) != 2 || asked[0].key == "" || asked[0].key != asked[1].key {
		t.Errorf("asked %+v", asked)
	}
}

func TestWhoGivesUpIsNotStripesTrouble(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := w.stripe.FetchSubscription(ctx, "sub_1")
	if !errors.Is(err, context.Canceled) || fault.Of(err) != nil {
		t.Errorf("got %v", err)
	}
}

// TestEveryCurrencyHasAPlaceInStripesTable: what prices may be set in can be
// charged, and nothing else.
func TestEveryCurrencyHasAPlaceInStripesTable(t *testing.T) {
	w := newWorld(t)
	w.on("GET /v1/transfers", list(js{}))
	w.on(transfers, js{"id": "tr_1", "object": "transfer"})
	n := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			for c := 'A'; c <= 'Z'; c++ {
				currency := fmt.Sprintf("%c%c%c", a, b, c)
				if !money.Supported(currency) {
					continue
				}
				n++
				if _, err := w.stripe.Transfer(t.Context(), "acct_1", money.Amount{Minor: 1, Currency: currency}, "key"+currency); err != nil {
					t.Errorf("%s: %v", currency, err)
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d currencies were tried", n)
	}
}
