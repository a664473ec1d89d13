package stripe_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/payment/stripe"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// TestEverythingStripeAnswersIsRead sends every call to stripe-mock and reads
// its samples, which have all the fields there are. The mock remembers nothing,
// so a mark of ours is laid on every object on its way back. What is asked is
// held against the mock by all other tests too.
func TestEverythingStripeAnswersIsRead(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts stripe-mock")
	}
	address, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	var w *world
	front := httptest.NewServer(marking(t, address, func() js { return w.meta("checkout", "01checkout", "purpose", "gift", "price", "499") }))
	defer front.Close()
	w = newWorld(t, func(c *stripe.Config) { c.API, c.Tax = front.URL, true })
	ctx := t.Context()
	gift := w.order()
	gift.Purpose = subscription.ForGift
	trial := w.order()
	trial.Trial = 7 * day
	for name, call := range map[string]func() error{
		"open a checkout":        func() error { _, err := w.stripe.OpenCheckout(ctx, trial); return err },
		"open a gift":            func() error { _, err := w.stripe.OpenCheckout(ctx, gift); return err },
		"fetch a checkout":       func() error { _, err := w.stripe.FetchCheckout(ctx, "cs_1"); return err },
		"expire a checkout":      func() error { _ = w.stripe.ExpireCheckout(ctx, "cs_1"); return nil }, // the sample stays open
		"fetch a subscription":   func() error { _, err := w.stripe.FetchSubscription(ctx, "sub_1"); return err },
		"cancel":                 func() error { return w.stripe.CancelAtPeriodEnd(ctx, "sub_1") },
		"pause":                  func() error { return w.stripe.Pause(ctx, "sub_1") },
		"resume":                 func() error { return w.stripe.Resume(ctx, "sub_1") },
		"end":                    func() error { return w.stripe.End(ctx, "sub_1") },
		"preview":                func() error { _, err := w.stripe.PreviewChange(ctx, "sub_1", yearly(gold, 1)); return err },
		"change now":             func() error { return w.stripe.ChangeNow(ctx, "sub_1", yearly(gold, 1), "key") },
		"change at period's end": func() error { return w.stripe.ChangeAtPeriodEnd(ctx, "sub_1", yearly(gold, 1)) },
		"refund": func() error {
			return w.stripe.Refund(ctx, subscription.Repayment{Charge: "ch_1", Amount: eur(1), Key: "key"})
		},
		"card page": func() error { _, err := w.stripe.CardPage(ctx, "sub_1", back); return err },
		"events":    func() error { _, err := w.stripe.EventsSince(ctx, began); return err },
		"resolve":   func() error { _, err := w.stripe.Resolve(ctx, "charge:ch_1"); return err },
		"onboard":   func() error { _, err := w.stripe.Onboard(ctx, "01channel", "", back); return err },
		"standing":  func() error { _, err := w.stripe.Standing(ctx, "acct_1"); return err },
		"transfer":  func() error { _, err := w.stripe.Transfer(ctx, "acct_1", eur(1), "key"); return err },
		"set up":    func() error { _, err := stripe.Setup(ctx, "sk_test_123", front.URL, here, true); return err },
		"look":      func() error { _, err := stripe.Look(ctx, "sk_test_123", front.URL); return err },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// marking passes requests on to a mock and lays metadata on what comes back.
func marking(t *testing.T, address string, metadata func() js) http.Handler {
	to, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Header.Del("Accept-Encoding") },
		ModifyResponse: func(res *http.Response) error {
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			if res.StatusCode != http.StatusOK {
				t.Errorf("stripe-mock refuses %s %s: %s", res.Request.Method, res.Request.URL, body)
			}
			var o any
			if err := json.Unmarshal(body, &o); err != nil {
				return err
			}
			mark(o, metadata())
			if body, err = json.Marshal(o); err != nil {
				return err
			}
			res.Body = io.NopCloser(bytes.NewReader(body))
			res.Header.Set("Content-Length", strconv.Itoa(len(body)))
			res.ContentLength = int64(len(body))
			return nil
		},
	}
}

// mark lays metadata on every object that has some, and lets subscriptions run.
func mark(o any, metadata js) {
	switch o := o.(type) {
	case []any:
		for _, x := range o {
			mark(x, metadata)
		}
	case js:
		if _, has := o["metadata"]; has {
			o["metadata"] = metadata
		}
		if o["object"] == "subscription" {
			o["pause_collection"], o["pending_update"] = nil, nil // what is paused takes no change, and this card pays
		}
		for name, x := range o {
			if name != "metadata" {
				mark(x, metadata)
			}
		}
	}
}
