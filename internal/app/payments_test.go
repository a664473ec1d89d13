package app

import (
	"testing"

	"github.com/subspace-live/subspace/internal/config"
)

// Stripe's test mode moves no more money than the sandbox does, and its papers say so.
func TestWhereNoRealMoneyMoves(t *testing.T) {
	for key, want := range map[string]string{"": "sandbox", "sk_test_1": "stripe", "rk_test_1": "stripe", "sk_live_1": "", "rk_live_1": ""} {
		if got := rehearses(config.Config{StripeKey: key}); got != want {
			t.Errorf("with the key %q it is %q, want %q", key, got, want)
		}
	}
}
