package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/webhook"
	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

type js = map[string]any

// fakeStripe is a Stripe that sells one subscription.
type fakeStripe struct {
	*httptest.Server
	mu       sync.Mutex
	opened   js // metadata of the subscription that was opened
	price    js
	disputed bool
	hooks    []js
}

func newFakeStripe(t *testing.T) *fakeStripe {
	f := &fakeStripe{}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeStripe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	status, out := f.answer(r)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(out) // who went away needs no answer
}

func (f *fakeStripe) answer(r *http.Request) (int, any) {
	list := func(items ...js) js { return js{"object": "list", "data": append([]js{}, items...), "url": r.URL.Path} }
	now := time.Now().Truncate(time.Second)
	month := js{"start": now.Add(-time.Hour).Unix(), "end": now.AddDate(0, 1, 0).Unix()}
	switch call := r.Method + " " + r.URL.Path; call {
	case "POST /v1/customers":
		return http.StatusOK, js{"id": "cus_1", "object": "customer"}
	case "POST /v1/checkout/sessions":
		f.opened = js{"subspace": r.PostFormValue("subscription_data[metadata][subspace]"), "checkout": r.PostFormValue("subscription_data[metadata][checkout]")}
		f.price = js{
			"id": "price_1", "object": "price", "currency": "eur", "unit_amount": 499, "product": r.PostFormValue("line_items[0][price_data][product]"),
			"recurring": js{"interval": "month", "interval_count": 1},
		}
		return http.StatusOK, js{"id": "cs_1", "object": "checkout.session", "status": "open", "url": "https://checkout.stripe.com/c/pay/cs_1", "metadata": f.opened}
	case "GET /v1/checkout/sessions/cs_1":
		return http.StatusOK, js{"id": "cs_1", "object": "checkout.session", "status": "complete", "subscription": "sub_1", "metadata": f.opened}
	case "GET /v1/subscriptions/sub_1":
		return http.StatusOK, js{
			"id": "sub_1", "object": "subscription", "status": "active", "metadata": f.opened, "customer": "cus_1", "start_date": month["start"],
			"items": list(js{"id": "si_1", "price": f.price, "current_period_start": month["start"], "current_period_end": month["end"]}),
		}
	case "GET /v1/invoices":
		return http.StatusOK, list(js{
			"id": "in_1", "object": "invoice", "created": month["start"], "currency": "eur",
			"payments": list(js{"status": "paid", "payment": js{"type": "payment_intent", "payment_intent": "pi_1"}}),
			"lines": list(js{
				"amount": 499, "period": month, "parent": js{"subscription_item_details": js{"proration": false}},
				"pricing": js{"price_details": js{"price": "price_1"}},
			}),
		})
	case "GET /v1/charges", "GET /v1/charges/ch_1":
		c := js{
			"id": "ch_1", "object": "charge", "paid": true, "amount": 499, "currency": "eur", "created": month["start"],
			"payment_intent": "pi_1", "disputed": f.disputed,
		}
		if call == "GET /v1/charges" {
			return http.StatusOK, list(c)
		}
		return http.StatusOK, c
	case "GET /v1/disputes":
		return http.StatusOK, list(js{"id": "dp_1", "object": "dispute", "status": "needs_response", "created": now.Unix()})
	case "GET /v1/invoice_payments":
		return http.StatusOK, list(js{"invoice": js{"id": "in_1", "object": "invoice", "parent": js{
			"subscription_details": js{"subscription": "sub_1", "metadata": f.opened},
		}}})
	case "GET /v1/account":
		return http.StatusOK, js{"id": "acct_1", "country": "FR", "charges_enabled": true, "settings": js{"dashboard": js{"display_name": "Deep water"}}}
	case "GET /v1/webhook_endpoints":
		return http.StatusOK, list(f.hooks...)
	case "POST /v1/webhook_endpoints":
		made := js{"id": "we_1", "object": "webhook_endpoint", "url": r.PostFormValue("url"), "status": "enabled", "enabled_events": []string{"*"}}
		f.hooks = append(f.hooks, made)
		return http.StatusOK, js{"id": "we_1", "url": r.PostFormValue("url"), "secret": "whsec_of_" + strings.Repeat("x", len(f.hooks))}
	}
	if strings.HasPrefix(r.URL.Path, "/v1/products/") || strings.HasPrefix(r.URL.Path, "/v1/webhook_endpoints/") {
		return http.StatusOK, js{"id": "x"}
	}
	return http.StatusNotFound, js{"error": js{"type": "invalid_request_error", "code": "resource_missing"}}
}

// tells posts a signed event to the server.
func (f *fakeStripe) tells(t *testing.T, s *apptest.Server, secret, kind string, object js) int {
	t.Helper()
	body, err := json.Marshal(js{"id": "evt_" + kind, "type": kind, "data": js{"object": object}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/api/webhooks/stripe", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Stripe-Signature", webhook.Sign(body, time.Now(), secret))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// TestStripeOpensAndShutsTheDoor is a purchase by way of Stripe and of the real
// webhook, and its end by a dispute that names nothing but a charge.
func TestStripeOpensAndShutsTheDoor(t *testing.T) {
	f := newFakeStripe(t)
	apptest.Secret(t, "sk_test_doors", "whsec_doors")
	s := apptest.Start(t, apptest.Options{Args: []string{
		"--stripe-key", "sk_test_doors", "--stripe-webhook-secret", "whsec_doors", "--stripe-api", f.Server.URL,
	}})
	c := s.Found("deep")
	buyer := s.SignUp("Buyer")
	var checkout struct {
		ID, URL, State string
		Sandbox        bool
	}
	buyer.Do("POST", c.Path("/checkout"), js{"key": "k", "of_age": true}).Into(t, &checkout)
	if checkout.URL != "https://checkout.stripe.com/c/pay/cs_1" || checkout.Sandbox || buyer.Standing(c.Handle).Inside {
		t.Fatalf("got %+v", checkout)
	}
	if reason := buyer.Refused("POST", "/api/sandbox/checkouts/"+checkout.ID+"/pay", js{"card": "4242424242424242"}); reason != "route_missing" {
		t.Errorf("the sandbox's till answers %s", reason)
	}
	sub := js{"id": "sub_1", "metadata": f.opened}
	if status := f.tells(t, s, "whsec_guess", "customer.subscription.created", sub); status != http.StatusBadRequest || buyer.Standing(c.Handle).Inside {
		t.Errorf("a forged event is answered with %d", status)
	}
	if status := f.tells(t, s, "whsec_doors", "customer.subscription.created", sub); status != http.StatusOK {
		t.Fatalf("the event is answered with %d", status)
	}
	apptest.Eventually(t, "who paid is not inside", func() bool { return buyer.Standing(c.Handle).Inside })
	f.mu.Lock()
	f.disputed = true
	f.mu.Unlock()
	if status := f.tells(t, s, "whsec_doors", "charge.dispute.created", js{"id": "dp_1", "charge": "ch_1"}); status != http.StatusOK {
		t.Fatalf("the dispute is answered with %d", status)
	}
	apptest.Eventually(t, "who took the money back is still inside", func() bool { return !buyer.Standing(c.Handle).Inside })
}

func TestWithoutStripeThereIsNoRouteForIt(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	if status := newFakeStripe(t).tells(t, s, "", "customer.subscription.created", js{}); status != http.StatusNotFound {
		t.Errorf("answered with %d", status)
	}
}

func TestSettingUpStripe(t *testing.T) {
	f := newFakeStripe(t)
	cfg := config.Default()
	cfg.Data, cfg.StripeKey, cfg.StripeAPI, cfg.PublicURL = t.TempDir(), "sk_test_setup", f.Server.URL, "https://live.example.org"
	file := filepath.Join(cfg.Data, "stripe-webhook-secret")
	var said strings.Builder
	setup := func(renew bool) error {
		said.Reset()
		return app.StripeSetup(t.Context(), cfg, renew, func(format string, args ...any) { fmt.Fprintf(&said, format, args...) })
	}
	kept := func(want string) {
		t.Helper()
		got, err := os.ReadFile(file)
		if err != nil || string(got) != want {
			t.Errorf("kept %q, %v", got, err)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others may read the secret: %v, %v", info.Mode(), err)
		}
	}
	if err := setup(false); err != nil {
		t.Fatal(err)
	}
	kept("whsec_of_x\n")
	for _, words := range []string{"Deep water (FR)", "test mode", "https://live.example.org/api/webhooks/stripe", file} {
		if !strings.Contains(said.String(), words) {
			t.Errorf("does not say %q:\n%s", words, &said)
		}
	}
	if strings.Contains(said.String(), "whsec_") || strings.Contains(said.String(), "sk_test") {
		t.Errorf("says a secret:\n%s", &said)
	}
	if err := setup(false); err != nil || !strings.Contains(said.String(), "is there") {
		t.Errorf("the second time: %v\n%s", err, &said)
	}
	if err := setup(true); err != nil {
		t.Error(err)
	}
	kept("whsec_of_xx\nwhsec_of_x\n")
	if err := setup(true); err != nil {
		t.Error(err)
	}
	kept("whsec_of_xxx\nwhsec_of_xx\n")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := setup(false); !fault.Is(err, "stripe_secret_missing") {
		t.Errorf("without the secret: %v", err)
	}
	for name, c := range map[string]struct{ key, url string }{
		"no key": {"", "https://live.example.org"}, "no address": {"sk_test_1", ""}, "this machine": {"sk_test_1", "http://127.0.0.1:8080"},
		"a name of this machine": {"sk_test_1", "https://localhost"}, "plain in earnest": {"sk_live_1", "http://live.example.org"},
	} {
		cfg.StripeKey, cfg.PublicURL = c.key, c.url
		if err := setup(false); !fault.Is(err, "config_invalid") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
