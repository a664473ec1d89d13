package stripe_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/payment/stripe"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

const (
	hooks = "POST /v1/webhook_endpoints"
	hook  = "POST /v1/webhook_endpoints/we_1"
	here  = "https://live.example.org/api/webhooks/stripe"
)

func TestSettingUp(t *testing.T) {
	other := js{"id": "we_0", "object": "webhook_endpoint", "url": "https://shop.example.org/stripe", "status": "enabled", "enabled_events": []string{"*"}}
	old := func(changes js) js {
		return after(js{"id": "we_1", "object": "webhook_endpoint", "url": here, "status": "enabled", "livemode": true, "enabled_events": []string{"invoice.paid"}}, changes)
	}
	made := js{"id": "we_2", "object": "webhook_endpoint", "url": here, "secret": "whsec_1", "livemode": true}
	f := newFake(t)
	f.on(hooks, made)
	f.on("GET /v1/webhook_endpoints", list(other))
	if _, err := stripe.Setup(t.Context(), "sk_test_123", f.url, here, false); err != nil {
		t.Fatal(err)
	}
	kinds := []string{}
	for field, value := range f.one(hooks).form {
		if strings.HasPrefix(field, "enabled_events[") {
			kinds = append(kinds, value[0])
		}
	}
	for name, c := range map[string]struct {
		there []js
		renew bool
		want  stripe.Endpoint
		trail []string
	}{
		"for the first time": {nil, false, stripe.Endpoint{URL: here, Live: true, Made: true, Secret: "whsec_1"}, []string{hooks}},
		"beside others":      {[]js{other}, false, stripe.Endpoint{URL: here, Live: true, Made: true, Secret: "whsec_1"}, []string{hooks}},
		"again":              {[]js{other, old(js{"enabled_events": kinds})}, false, stripe.Endpoint{URL: here, Live: true}, nil},
		"with fewer events":  {[]js{old(nil)}, false, stripe.Endpoint{URL: here, Live: true}, []string{hook}},
		"switched off":       {[]js{old(js{"enabled_events": kinds, "status": "disabled"})}, false, stripe.Endpoint{URL: here, Live: true}, []string{hook}},
		"anew": {
			[]js{other, old(nil)},
			true,
			stripe.Endpoint{URL: here, Live: true, Made: true, Secret: "whsec_1"},
			[]string{hooks, "DELETE /v1/webhook_endpoints/we_1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.on("GET /v1/webhook_endpoints", list(c.there...))
			f.on(hooks, made)
			f.on(hook, old(nil))
			f.on("DELETE /v1/webhook_endpoints/we_1", js{"id": "we_1", "deleted": true})
			got, err := stripe.Setup(t.Context(), "sk_test_123", f.url, here, c.renew)
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v, want %+v", got, err, c.want)
			}
			if trail := f.trail(); !slices.Equal(trail, c.trail) {
				t.Errorf("wrote %v, want %v", trail, c.trail)
			}
			for _, asked := range f.calls(hooks) {
				if asked.form.Get("url") != here || asked.form.Get("api_version") != "2026-03-25.dahlia" {
					t.Errorf("made as %v", asked.form)
				}
			}
		})
	}
}

func TestAKeyThatOpensNothing(t *testing.T) {
	for status, reason := range map[int]string{
		http.StatusUnauthorized: "stripe_key_refused", http.StatusForbidden: "stripe_key_refused", http.StatusInternalServerError: "provider_unavailable",
	} {
		f := newFake(t)
		f.say("GET /v1/webhook_endpoints", status, refusal("invalid_request_error", "", ""))
		f.say("GET /v1/account", status, refusal("invalid_request_error", "", ""))
		if _, err := stripe.Setup(t.Context(), "sk_test_123", f.url, here, false); !fault.Is(err, reason) || strings.Contains(err.Error(), "sk_test") {
			t.Errorf("%d: %v", status, err)
		}
		if _, err := stripe.Look(t.Context(), "sk_test_123", f.url); !fault.Is(err, reason) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestLookingAtTheAccount(t *testing.T) {
	f := newFake(t)
	f.on("GET /v1/account", js{
		"id": "acct_0", "object": "account", "country": "FR", "charges_enabled": true, "settings": js{"dashboard": js{"display_name": "Deep water"}},
	})
	f.on("GET /v1/tax/settings", js{"object": "tax.settings", "status": "active"})
	want := stripe.Account{Name: "Deep water", Country: "FR", Charges: true, Tax: true}
	if got, err := stripe.Look(t.Context(), "sk_test_123", f.url); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	f.say("GET /v1/tax/settings", http.StatusForbidden, refusal("invalid_request_error", "", ""))
	want.Tax = false
	if got, err := stripe.Look(t.Context(), "sk_test_123", f.url); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}
