// Package money counts in whole minor units and never rounds by accident.
//
// Owns: amounts and the arithmetic on them. Promises: no floating point, an
// overflow or a mix of currencies is an error. Does not do: formatting for
// people (the page does, with Intl) or exchange rates.
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

// String is for logs and tests only.
func (a Amount) String() string { return fmt.Sprintf("%d %s minor", a.Minor, a.Currency) }

// Supported reports whether prices may be set in currency. The list holds
// currencies whose minor unit is a hundredth (ISO 4217 table A.1, 2024) and
// grows with the tax tables of the payment providers.
func Supported(currency string) bool {
	switch currency {
	case "EUR", "USD", "GBP", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "MXN":
		return true
	}
	return false
}
