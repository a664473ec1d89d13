package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/money"
)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

func TestSumIsExactOrAnError(t *testing.T) {
	for _, c := range []struct {
		a, b money.Amount
		want int64
		err  error
	}{
		{eur(499), eur(1), 500, nil},
		{eur(0), eur(0), 0, nil},
		{eur(5), eur(-7), -2, nil},
		{eur(math.MaxInt64), eur(0), math.MaxInt64, nil},
		{eur(math.MaxInt64), eur(1), 0, money.ErrOverflow},
		{eur(1), eur(math.MaxInt64), 0, money.ErrOverflow},
		{eur(math.MinInt64), eur(-1), 0, money.ErrOverflow},
		{eur(math.MinInt64), eur(math.MinInt64), 0, money.ErrOverflow},
		{eur(math.MinInt64), eur(math.MaxInt64), -1, nil},
		{eur(1), money.Amount{Minor: 1, Currency: "USD"}, 0, money.ErrCurrency},
		{eur(1), money.Amount{Minor: 1}, 0, money.ErrCurrency},
	} {
		got, err := c.a.Add(c.b)
		if !errors.Is(err, c.err) || got.Minor != c.want || (err == nil && got.Currency != "EUR") {
			t.Errorf("%v + %v = %v, %v; want %d, %v", c.a, c.b, got, err, c.want, c.err)
		}
	}
}

func TestSumAgreesWithUnboundedArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		want := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		got, err := eur(a).Add(eur(b))
		if want.IsInt64() != (err == nil) || (err == nil && got.Minor != want.Int64()) {
			t.Fatalf("%d + %d = %v, %v; want %v", a, b, got, err, want)
		}
	})
}

func TestOnlyCurrenciesOfHundredthsAreSold(t *testing.T) {
	for currency, want := range map[string]bool{"EUR": true, "USD": true, "JPY": false, "KWD": false, "eur": false, "": false} {
		if money.Supported(currency) != want {
			t.Errorf("%q: supported %v, want %v", currency, !want, want)
		}
	}
}
