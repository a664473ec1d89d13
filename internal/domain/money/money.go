// Package money counts in whole minor units and never rounds by accident.
//
// Owns: amounts, the arithmetic on them, and how they are shared out. Promises:
// no floating point; an overflow or a mix of currencies is an error; the parts
// of a split add up to the whole. Does not do: formatting for people (the page
// does, with Intl) or exchange rates.
package money

import (
	"errors"
	"fmt"
	"math"
)

// Amount is an amount of one currency in its minor unit (cents for EUR).
type Amount struct {
	Minor    int64
	Currency string // ISO 4217, upper case
}

// The ways in which arithmetic refuses.
var (
	ErrOverflow = errors.New("money: amount too large")
	ErrCurrency = errors.New("money: different currencies")
	ErrWeights  = errors.New("money: no weights to split by")
)

// Add returns a+b, or an error when currencies differ or the sum does not fit.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, ErrCurrency
	}
	if (b.Minor > 0 && a.Minor > math.MaxInt64-b.Minor) || (b.Minor < 0 && a.Minor < math.MinInt64-b.Minor) {
		return Amount{}, ErrOverflow
	}
	return Amount{a.Minor + b.Minor, a.Currency}, nil
}

// Sub returns a-b, or an error when currencies differ or the difference does not fit.
func (a Amount) Sub(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, ErrCurrency
	}
	if (b.Minor < 0 && a.Minor > math.MaxInt64+b.Minor) || (b.Minor > 0 && a.Minor < math.MinInt64+b.Minor) {
		return Amount{}, ErrOverflow
	}
	return Amount{a.Minor - b.Minor, a.Currency}, nil
}

// Mul returns a times n, or an error when the product does not fit.
func (a Amount) Mul(n int64) (Amount, error) {
	product := a.Minor * n
	if a.Minor != 0 && (product/a.Minor != n || (a.Minor == -1 && n == math.MinInt64)) {
		return Amount{}, ErrOverflow
	}
	return Amount{product, a.Currency}, nil
}

// String is for logs and tests only.
func (a Amount) String() string { return fmt.Sprintf("%d %s minor", a.Minor, a.Currency) }

// Digits returns how many digits of a currency stand behind the point when its
// minor unit is shown in its major one (ISO 4217 table A.1, 2024); false: we do
// not know this currency.
func Digits(currency string) (digits int, known bool) {
	switch currency {
	case "EUR", "USD", "GBP", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "MXN":
		return 2, true
	case "JPY", "KRW":
		return 0, true
	}
	return 0, false
}

// Supported reports whether prices may be set in currency. The bounds of prices
// assume hundredths, so it holds the currencies that have them; which ones grows
// with the tax tables of the payment providers.
func Supported(currency string) bool {
	digits, known := Digits(currency)
	return known && digits == 2
}
