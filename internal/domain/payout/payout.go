// Package payout passes creators their share of what was sold.
//
// Owns: who is paid and at which account, what of their share may go out when,
// each payout from decision to outcome, and the statements about them. Promises:
// a payout is decided together with its posting, under the locks of the books;
// whoever dies before or after the provider is asked, it is paid once; what is
// held back or disputed stays; what is refused, or taken back afterwards, goes back
// into the books and is told. Does not do: sales and their shares (package subscription), moving real
// money (payment providers do).
package payout

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// Payout is an amount on its way to a creator, or what came of it.
type Payout struct {
	ID      ident.Payout
	Channel ident.Channel
	Till    Till
	Account string // at the provider
	Amount  money.Amount
	State   State
	Reason  string // why it was refused, for machines and in a sentence
	Detail  string
	Ref     string // the provider's name for the transfer
	Decided time.Time
	Settled time.Time // zero while it is on its way
	// Reversed is what of Amount the provider took back from the creator after it
	// was paid. It is owed to them again.
	Reversed int64

	// Totals are those of the till at the decision, and Before what had been paid
	// out until then: what the statement is made of.
	Totals Totals
	Before int64

	Attempts int       // of asking the provider
	Due      time.Time // when it is asked next
}

// State is where a payout stands.
type State string

// The states. What is decided is on its way; the others are final.
const (
	Decided State = "decided"
	Paid    State = "paid"
	Refused State = "refused"
)

// Till is who takes payments and passes them on. Money of its test mode is none:
// accounts and payouts of the two are kept apart.
type Till struct {
	Provider string
	Test     bool
}

// Payee is a creator as they stand on statements.
type Payee struct {
	Channel ident.Channel
	// Code begins the numbers of their statements. It never changes.
	Code    string
	Name    string
	Address string
	TaxID   string
	Changed time.Time
}

// Account is where a creator is paid.
type Account struct {
	Channel  ident.Channel
	Till     Till
	Ref      string // the provider's name for it
	Standing        // as it was when the provider was last asked
	Looked   time.Time
	Due      time.Time // when it is next looked whether something can be paid out
}

// Rules is what the operator says about payouts.
type Rules struct {
	Holdback time.Duration // how long a sale's share stays here
	Interval Interval
	Minimum  func(currency string) int64 // the least that is paid out, in minor units
}

func errNothing() *fault.Fault {
	return fault.New(fault.Unavailable, "payouts_off", "This server pays nobody out.")
}
