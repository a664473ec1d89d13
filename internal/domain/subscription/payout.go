package subscription

import (
	"context"

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
	// Transfer pays an account. The key makes it happen once.
	Transfer(ctx context.Context, account string, amount money.Amount, key string) (ref string, err error)
}

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
