package config_test

import (
	"testing"
	"time"
)

func TestTheLeastThatIsPaidOut(t *testing.T) {
	c, err := load("", nil, "--payout-minimum", "eur 25, USD 30.50, JPY 900", "--payout-since", "2026-01-31")
	if err != nil {
		t.Fatal(err)
	}
	for currency, want := range map[string]int64{"EUR": 2500, "USD": 3050, "JPY": 900, "GBP": 1000, "KRW": 1000} {
		if got := c.PayoutMinor(currency); got != want {
			t.Errorf("%s: %d, want %d", currency, got, want)
		}
	}
	if want := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC); !c.PayoutFrom().Equal(want) {
		t.Errorf("since %v", c.PayoutFrom())
	}
}
