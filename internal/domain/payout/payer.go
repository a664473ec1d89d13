package payout

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// Payer is a provider that can pass a creator's share on to them. Its methods
// may be slow and may fail; every one may be repeated.
type Payer interface {
	Name() string
	// Onboard returns the page on which a creator opens an account at the
	// provider, or completes it. Account is the one that an earlier call
	// returned; empty on the first.
	Onboard(ctx context.Context, channel ident.Channel, account, back string) (Onboarding, error)
	// Standing says whether the account can be paid.
	Standing(ctx context.Context, account string) (Standing, error)
	// Transfer pays an account. The key makes it happen once. A fault of the kind
	// Invalid, Conflict or Missing, or with the reason BalanceShort, promises that
	// nothing was paid under the key and never will be: what is paid already is
	// answered as such, whatever became of the account. Any other error leaves open
	// what happened.
	Transfer(ctx context.Context, account string, amount money.Amount, key string) (ref string, err error)
	// Reversals lists the transfers of which something was taken back since, as by
	// the operator in the provider's dashboard.
	Reversals(ctx context.Context, since time.Time) ([]Reversal, error)
}

// Reversal is what was ever taken back of one transfer.
type Reversal struct {
	Key   string // that it was made under
	Ref   string // the provider's name for it
	Total money.Amount
}

// BalanceShort is the reason of a transfer that the operator's balance at the
// provider does not cover yet.
const BalanceShort = "provider_balance_short"

// Onboarding is a creator's way into an account that can be paid.
type Onboarding struct {
	Account string
	URL     string // leads to the provider's own page, for some minutes
}

// Standing is what a creator's account at a provider can do.
type Standing struct {
	Payable bool
	Missing []string // what the provider still asks for, in its words
}

// refusal is the provider's no to a transfer; nil when it is not known what
// became of it.
func refusal(err error) *fault.Fault {
	f := fault.Of(err)
	if f == nil {
		return nil
	}
	if f.Kind == fault.Invalid || f.Kind == fault.Conflict || f.Kind == fault.Missing || f.Reason == BalanceShort {
		return f
	}
	return nil
}
