package sandbox

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

// payoutTx is what paying creators needs inside one transaction.
type payoutTx interface {
	// SandboxAccountOf makes the channel's account with this reference unless it has
	// one, and returns the one that it has.
	SandboxAccountOf(ctx context.Context, channel ident.Channel, ref string, now time.Time) (payout.SandboxAccount, error)
	SandboxAccount(ctx context.Context, ref string) (payout.SandboxAccount, bool, error)
	SetSandboxAccount(ctx context.Context, a payout.SandboxAccount) error
	SandboxTransferUnder(ctx context.Context, key string) (payout.SandboxTransfer, bool, error)
	// InsertSandboxTransfer reports false when there is one under the key.
	InsertSandboxTransfer(ctx context.Context, t payout.SandboxTransfer) (bool, error)
}

// accountPage is where the web shows the sandbox's page about an account.
const accountPage = "/sandbox-account"

// Onboard implements payout.Payer: the page is one of ours, and says that it is
// the sandbox's.
func (s *Sandbox) Onboard(ctx context.Context, channel ident.Channel, _, back string) (payout.Onboarding, error) {
	to, err := url.Parse(back)
	if err != nil {
		return payout.Onboarding{}, fmt.Errorf("lead back: %w", err)
	}
	var a payout.SandboxAccount
	err = s.Store.Update(ctx, func(tx Tx) error {
		a, err = tx.SandboxAccountOf(ctx, channel, "acct_"+ident.Make[string](s.IDs), s.moment())
		return err
	})
	query := url.Values{"account": {a.Ref}, "back": {to.RequestURI()}}
	to.Path, to.RawQuery = accountPage, query.Encode()
	return payout.Onboarding{Account: a.Ref, URL: to.String()}, err
}

// Standing implements payout.Payer.
func (s *Sandbox) Standing(ctx context.Context, account string) (payout.Standing, error) {
	a, err := s.accountOf(ctx, account)
	if err != nil {
		return payout.Standing{}, err
	}
	if a.Kind == payout.SandboxNew {
		return payout.Standing{Missing: []string{"sandbox.page"}}, nil
	}
	return payout.Standing{Payable: true}, nil
}

func (s *Sandbox) accountOf(ctx context.Context, ref string) (a payout.SandboxAccount, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		found := false
		if a, found, err = tx.SandboxAccount(ctx, ref); err == nil && !found {
			err = errUnknown()
		}
		return err
	})
	return a, err
}

// Transfer implements payout.Payer.
func (s *Sandbox) Transfer(ctx context.Context, account string, amount money.Amount, key string) (string, error) {
	var t payout.SandboxTransfer
	err := s.Store.Update(ctx, func(tx Tx) error {
		a, found, err := tx.SandboxAccount(ctx, account)
		if err != nil || !found {
			return orElse(err, errUnknown())
		}
		was, paid, err := tx.SandboxTransferUnder(ctx, key)
		switch {
		case err != nil:
			return err
		case paid && (was.Account != account || was.Amount != amount):
			return fault.New(fault.Unavailable, "key_reused", "This key was used for another transfer.")
		case paid: // also when the account would refuse the next one
			t = was
			return nil
		case a.Kind != payout.SandboxGood:
			return fault.New(fault.Conflict, "transfer_refused",
				"The payment provider does not pay to this account. Look at what it asks for, and complete the account there.")
		}
		t = payout.SandboxTransfer{Key: key, Ref: "tr_" + ident.Make[string](s.IDs), Account: account, Amount: amount, Created: s.moment()}
		fresh, err := tx.InsertSandboxTransfer(ctx, t)
		if err == nil && !fresh {
			err = fault.New(fault.Unavailable, "provider_busy", "The payment provider is busy. Please try again.").After(time.Second)
		}
		return err
	})
	return t.Ref, err
}

// Reversals implements payout.Payer: nobody takes anything back here.
func (s *Sandbox) Reversals(context.Context, time.Time) ([]payout.Reversal, error) { return nil, nil }

// Creators is what the sandbox asks of payout.Service.
type Creators interface {
	Account(ctx context.Context, by ident.Account, channel ident.Channel) (payout.Account, error)
}

// Bank is where a creator completes an account, as they would on a real
// provider's page.
type Bank struct {
	sandbox  *Sandbox
	creators Creators
}

// NewBank returns the sandbox's bank.
func NewBank(s *Sandbox, c Creators) *Bank { return &Bank{s, c} }

// Complete makes an account one that can be paid, or one whose transfers are
// refused. Only the owner of its channel may.
func (b *Bank) Complete(ctx context.Context, by ident.Account, account string, refuses bool) error {
	a, err := b.sandbox.accountOf(ctx, account)
	if err != nil {
		return err
	}
	if _, err := b.creators.Account(ctx, by, a.Channel); err != nil {
		return err
	}
	if a.Kind = payout.SandboxGood; refuses {
		a.Kind = payout.SandboxRefuses
	}
	return b.sandbox.Store.Update(ctx, func(tx Tx) error { return tx.SetSandboxAccount(ctx, a) })
}
