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

func TestDifferenceAndProductAgreeWithUnboundedArithmetic(t *testing.T) {
	odd := rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, -1, 0, 1, math.MaxInt64}))
	rapid.Check(t, func(t *rapid.T) {
		a, b := odd.Draw(t, "a"), odd.Draw(t, "b")
		for name, c := range map[string]struct {
			got  func() (money.Amount, error)
			want *big.Int
		}{
			"-": {func() (money.Amount, error) { return eur(a).Sub(eur(b)) }, new(big.Int).Sub(big.NewInt(a), big.NewInt(b))},
			"*": {func() (money.Amount, error) { return eur(a).Mul(b) }, new(big.Int).Mul(big.NewInt(a), big.NewInt(b))},
		} {
			got, err := c.got()
			if c.want.IsInt64() != (err == nil) || (err == nil && got != eur(c.want.Int64())) || (err != nil && !errors.Is(err, money.ErrOverflow)) {
				t.Fatalf("%d %s %d = %v, %v; want %v", a, name, b, got, err, c.want)
			}
		}
	})
	if _, err := eur(1).Sub(money.Amount{Minor: 1, Currency: "USD"}); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("euros less dollars: %v", err)
	}
}

func TestDigitsBehindThePoint(t *testing.T) {
	for currency, want := range map[string]int{"EUR": 2, "JPY": 0} {
		if digits, known := money.Digits(currency); !known || digits != want {
			t.Errorf("%s has %d digits (%v), want %d", currency, digits, known, want)
		}
	}
	if _, known := money.Digits("COIN"); known {
		t.Error("coins are no currency")
	}
}

func TestOnlyCurrenciesOfHundredthsAreSold(t *testing.T) {
	for currency, want := range map[string]bool{"EUR": true, "USD": true, "JPY": false, "KWD": false, "eur": false, "": false} {
		if money.Supported(currency) != want {
			t.Errorf("%q: supported %v, want %v", currency, !want, want)
		}
	}
}
