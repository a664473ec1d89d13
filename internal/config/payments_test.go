package config_test

import (
	"slices"
	"strings"
	"testing"
)

func TestSecretsOfStripe(t *testing.T) {
	c, err := load("", nil, "--stripe-webhook-secret", "whsec_1, whsec_2", "--stripe-key", "rk_live_1")
	if err != nil || !slices.Equal(c.StripeSecrets(), []string{"whsec_1", "whsec_2"}) || !c.StripeLive() {
		t.Errorf("%q, live %v, %v", c.StripeSecrets(), c.StripeLive(), err)
	}
	if c, err = load("", nil, "--stripe-key", "sk_test_1"); err != nil || c.StripeLive() || len(c.StripeSecrets()) != 0 {
		t.Errorf("%q, live %v, %v", c.StripeSecrets(), c.StripeLive(), err)
	}
	for _, args := range [][]string{{"--stripe-key", "my-sk_live_secret"}, {"--stripe-webhook-secret", "my-whsec_secret"}} {
		if _, err := load("", nil, args...); err == nil || strings.Contains(err.Error(), "my-") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
