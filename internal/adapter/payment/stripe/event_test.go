package stripe_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func happened(kind string, object js) js {
	return js{"id": "evt_1", "object": "event", "type": kind, "created": began.Unix(), "data": js{"object": object}}
}

func signed(t testing.TB, w *world, e js, secrets ...string) (http.Header, []byte) {
	t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Stripe-Signature": {webhook.Sign(body, w.now, secrets...)}}, body
}

// TestWhatAnEventIsAbout is the table of events: whose object each concerns, and
// which of them go first.
func TestWhatAnEventIsAbout(t *testing.T) {
	w := newWorld(t)
	ours, theirs := w.meta("checkout", "01checkout"), js{"subspace": "0123"}
	sub := func(metadata js) js { return js{"id": "sub_1", "object": "subscription", "metadata": metadata} }
	invoice := func(metadata js) js {
		return js{"id": "in_1", "object": "invoice", "metadata": js{}, "parent": js{
			"type": "subscription_details", "subscription_details": js{"subscription": "sub_1", "metadata": metadata},
		}}
	}
	older := js{"id": "in_1", "object": "invoice", "subscription": "sub_1", "subscription_details": js{"metadata": ours}}
	session := func(metadata js) js { return js{"id": "cs_1", "object": "checkout.session", "metadata": metadata} }
	charge := func(changes js) js {
		return after(js{"id": "ch_1", "object": "charge", "metadata": js{}, "refunded": false}, changes)
	}
	of := func(kind, id string, more js) js {
		return after(js{"id": id, "object": kind, "charge": "ch_1", "payment_intent": "pi_1"}, more)
	}
	for name, c := range map[string]struct {
		kind     string
		object   js
		want     string
		terminal bool
	}{
		"a subscription":                      {"customer.subscription.updated", sub(ours), "sub_1", false},
		"a new subscription":                  {"customer.subscription.created", sub(ours), "sub_1", false},
		"an ended one":                        {"customer.subscription.deleted", sub(ours), "sub_1", true},
		"an ended one of another server":      {"customer.subscription.deleted", sub(theirs), "", false},
		"one of another product":              {"customer.subscription.updated", sub(js{}), "", false},
		"an invoice":                          {"invoice.paid", invoice(ours), "sub_1", false},
		"an invoice that failed":              {"invoice.payment_failed", invoice(ours), "sub_1", false},
		"an invoice of an older version":      {"invoice.paid", older, "sub_1", false},
		"an invoice of another product":       {"invoice.paid", invoice(nil), "", false},
		"an invoice without a subscription":   {"invoice.paid", js{"id": "in_1", "parent": nil}, "", false},
		"a checkout":                          {"checkout.session.completed", session(ours), subscription.CheckoutObject("cs_1"), false},
		"a checkout that expired":             {"checkout.session.expired", session(ours), subscription.CheckoutObject("cs_1"), false},
		"a checkout of another server":        {"checkout.session.completed", session(theirs), "", false},
		"a checkout of another product":       {"checkout.session.completed", session(nil), "", false},
		"a part of a charge went back":        {"charge.refunded", charge(nil), "charge:ch_1", false},
		"a whole charge went back":            {"charge.refunded", charge(js{"refunded": true}), "charge:ch_1", true},
		"a gift's charge went back":           {"charge.refunded", charge(js{"metadata": ours}), "charge:ch_1", false},
		"a charge of another server":          {"charge.refunded", charge(js{"metadata": theirs, "refunded": true}), "", false},
		"a refund that failed":                {"refund.failed", of("refund", "re_1", nil), "charge:ch_1", false},
		"a refund of no charge":               {"refund.updated", js{"id": "re_1", "charge": nil}, "", false},
		"a dispute":                           {"charge.dispute.created", of("dispute", "dp_1", nil), "charge:ch_1", true},
		"a dispute with its charge":           {"charge.dispute.created", of("dispute", "dp_1", js{"charge": js{"id": "ch_1"}}), "charge:ch_1", true},
		"a dispute that ends":                 {"charge.dispute.closed", of("dispute", "dp_1", nil), "charge:ch_1", false},
		"something that is not of our matter": {"product.updated", js{"id": "prod_1", "metadata": ours}, "", false},
		"a word of tomorrow":                  {"subscription.dreamt", sub(ours), "", false},
		"a charge that succeeded":             {"charge.succeeded", charge(nil), "", false},
		"fields of another shape":             {"customer.subscription.updated", js{"id": "sub_1", "metadata": ours, "refunded": "yes"}, "", false},
		"references of another shape":         {"refund.updated", js{"id": "re_1", "charge": 7}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			header, body := signed(t, w, happened(c.kind, c.object), secret)
			got, err := w.stripe.ParseWebhook(header, body)
			want := subscription.Event{Provider: "stripe", ID: "evt_1", Kind: c.kind, Object: c.want, Terminal: c.terminal}
			if err != nil || got != want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

// TestOnlyWhatStripeSignedIsRead holds the adapter to package webhook's
// promises, and to both of its secrets.
func TestOnlyWhatStripeSignedIsRead(t *testing.T) {
	w := newWorld(t)
	e := happened("customer.subscription.updated", js{"id": "sub_1", "metadata": w.meta()})
	for name, c := range map[string]struct {
		secrets []string
		late    time.Duration
		reason  string
	}{
		"the secret":             {[]string{secret}, 0, ""},
		"the one before":         {[]string{before}, 0, ""},
		"both":                   {[]string{"whsec_guess", before}, 0, ""},
		"a guess":                {[]string{"whsec_guess"}, 0, "signature_invalid"},
		"nothing":                {nil, 0, "signature_invalid"},
		"an old one":             {[]string{secret}, 6 * time.Minute, "signature_stale"},
		"one of an hour to come": {[]string{secret}, -time.Hour, "signature_stale"},
	} {
		t.Run(name, func(t *testing.T) {
			header, body := signed(t, w, e, c.secrets...)
			w.now = w.now.Add(c.late)
			got, err := w.stripe.ParseWebhook(header, body)
			w.now = w.now.Add(-c.late)
			if (c.reason == "" && (err != nil || got.Object != "sub_1")) || (c.reason != "" && !fault.Is(err, c.reason)) {
				t.Errorf("got %+v, %v, want %q", got, err, c.reason)
			}
		})
	}
	for _, body := range []string{``, `{`, `[]`, `{"type":"x"}`, `{"id":7}`, `"evt_1"`} {
		header := http.Header{"Stripe-Signature": {webhook.Sign([]byte(body), w.now, secret)}}
		if _, err := w.stripe.ParseWebhook(header, []byte(body)); !fault.Is(err, "event_malformed") {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// TestAConnectedAccountsEvents are about that account's own business.
func TestAConnectedAccountsEvents(t *testing.T) {
	w := newWorld(t)
	e := happened("customer.subscription.updated", js{"id": "sub_1", "metadata": w.meta()})
	e["account"] = "acct_1"
	header, body := signed(t, w, e, secret)
	if got, err := w.stripe.ParseWebhook(header, body); err != nil || got.Object != "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestWhatAChargeWasFor(t *testing.T) {
	base := newWorld(t)
	const charges, payments, sessions = "GET /v1/charges/ch_1", "GET /v1/invoice_payments", "GET /v1/checkout/sessions"
	paid := func(w *world, metadata js) js {
		return js{"id": "inpay_1", "object": "invoice_payment", "invoice": js{"id": "in_1", "object": "invoice", "parent": js{
			"subscription_details": js{"subscription": "sub_1", "metadata": metadata},
		}}}
	}
	for name, c := range map[string]struct {
		object string
		lay    func(*world)
		want   string
	}{
		"a subscription, at no cost": {"sub_1", func(*world) {}, "sub_1"},
		"a checkout, at no cost":     {subscription.CheckoutObject("cs_1"), func(*world) {}, subscription.CheckoutObject("cs_1")},
		"a period": {"charge:ch_1", func(w *world) {
			w.on(charges, charged("ch_1", "pi_1", 499, began, nil))
			w.on(payments, list(paid(w, w.meta())))
		}, "sub_1"},
		"a gift": {"charge:ch_1", func(w *world) {
			w.on(charges, charged("ch_1", "pi_1", 499, began, js{"metadata": w.meta()}))
			w.on(sessions, list(w.open(js{"metadata": js{}}), w.open(nil)))
		}, subscription.CheckoutObject("cs_1")},
		"a gift whose session is gone": {"charge:ch_1", func(w *world) {
			w.on(charges, charged("ch_1", "pi_1", 499, began, js{"metadata": w.meta()}))
			w.on(sessions, list())
		}, ""},
		"another server's gift": {"charge:ch_1", func(w *world) {
			w.on(charges, charged("ch_1", "pi_1", 499, began, js{"metadata": js{"subspace": "0123"}}))
		}, ""},
		"another server's period": {"charge:ch_1", func(w *world) {
			w.on(charges, charged("ch_1", "pi_1", 499, began, nil))
			w.on(payments, list(paid(w, js{"subspace": "0123"})))
		}, ""},
		"another product": {"charge:ch_1", func(w *world) {
			w.on(charges, charged("ch_1", "pi_1", 499, began, nil))
			w.on(payments, list())
		}, ""},
		"without an intent": {"charge:ch_1", func(w *world) {
			w.on(charges, charged("ch_1", "", 499, began, js{"payment_intent": nil}))
		}, ""},
		"nothing that is there": {"charge:ch_1", func(w *world) {
			w.say(charges, http.StatusNotFound, refusal("invalid_request_error", "resource_missing", "id"))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := base.in(t)
			c.lay(w)
			if got, err := w.stripe.Resolve(t.Context(), c.object); err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
	w := newWorld(t)
	w.say(charges, http.StatusInternalServerError, refusal("api_error", "", ""))
	if _, err := w.stripe.Resolve(t.Context(), "charge:ch_1"); !fault.Is(err, "provider_unavailable") {
		t.Errorf("while Stripe is down: %v", err)
	}
}

func TestEventsThatDidNotArrive(t *testing.T) {
	w := newWorld(t)
	var all []js
	var want []subscription.Event
	for n := range 130 {
		id := "evt_" + string(rune('a'+n/26)) + string(rune('a'+n%26))
		all = append(all, after(happened("customer.subscription.deleted", js{"id": "sub_" + id, "metadata": w.meta()}), js{"id": id}))
		want = append(want, subscription.Event{Provider: "stripe", ID: id, Kind: "customer.subscription.deleted", Object: "sub_" + id, Terminal: true})
	}
	all = append(all, after(happened("customer.subscription.deleted", js{"id": "sub_x", "metadata": js{}}), js{"id": "evt_foreign"}))
	w.reply("GET /v1/events", paged(all))
	got, err := w.stripe.EventsSince(t.Context(), began)
	if err != nil || len(got) != len(want)+1 || got[len(want)].Object != "" || !reflect.DeepEqual(got[:len(want)], want) {
		t.Errorf("got %d events, %v", len(got), err)
	}
	asked := w.calls("GET /v1/events")
	if len(asked) != 2 || asked[0].form.Get("delivery_success") != "false" || asked[0].form.Get("created[gte]") != "1772395200" || asked[1].form.Get("starting_after") != "evt_dv" {
		t.Errorf("asked %v", asked)
	}
	if types := 0; true {
		for field := range asked[0].form {
			if strings.HasPrefix(field, "types[") {
				types++
			}
		}
		if types == 0 || types > 20 {
			t.Errorf("asked for %d kinds; Stripe takes 20", types)
		}
	}
}

// FuzzParseWebhook: whatever is signed, nothing but an object with our mark, or
// a charge, comes out, and nothing ends the process.
func FuzzParseWebhook(f *testing.F) {
	w := newWorld(f)
	for _, e := range []js{
		happened("customer.subscription.deleted", js{"id": "sub_1", "metadata": w.meta("checkout", "01checkout")}),
		happened("invoice.paid", js{"parent": js{"subscription_details": js{"subscription": js{"id": "sub_1"}, "metadata": w.meta()}}}),
		happened("checkout.session.completed", js{"id": "cs_1", "metadata": w.meta()}),
		happened("charge.refunded", js{"id": "ch_1", "refunded": true}),
		happened("charge.dispute.created", js{"charge": "ch_1"}),
	} {
		_, body := signed(f, w, e)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		header := http.Header{"Stripe-Signature": {webhook.Sign(body, w.now, secret)}}
		e, err := w.stripe.ParseWebhook(header, body)
		switch {
		case err != nil && fault.Of(err) == nil:
			t.Fatalf("an accident: %v", err)
		case err != nil:
			return
		case e.Provider != "stripe" || e.ID == "" || (e.Terminal && e.Object == ""):
			t.Fatalf("got %+v", e)
		case e.Object != "" && !strings.HasPrefix(e.Object, "charge:") && !strings.Contains(string(body), w.mark):
			t.Fatalf("%+v carries no mark of ours", e)
		}
	})
}
