package stripe

import (
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// digits is how many decimals Stripe's smallest unit of a currency has
// (docs.stripe.com/currencies, read for API version 2026-03-25.dahlia). It is
// Stripe's own and differs from ISO 4217 where Stripe says so: HUF, ISK, TWD and
// UGX are charged in hundredths that must be whole, JPY and others in units.
// Only what money.Supported knows stands here; a currency that is added there
// must be looked up before it is added here.
func digits(currency string) (int, bool) {
	switch currency {
	case "EUR", "USD", "GBP", "CHF", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "MXN":
		return 2, true
	}
	return 0, false
}

// sent is an amount as Stripe takes it.
func sent(a money.Amount) (minor int64, currency string, err error) {
	if _, known := digits(a.Currency); !known || !money.Supported(a.Currency) {
		return 0, "", fault.New(fault.Invalid, "currency_unsupported", "Prices in %q are not supported.", a.Currency)
	}
	return a.Minor, strings.ToLower(a.Currency), nil // all of them have two decimals, here and there
}

// read is an amount as Stripe tells it.
func read(minor int64, currency string) money.Amount {
	return money.Amount{Minor: minor, Currency: strings.ToUpper(currency)}
}
