package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

func (tx *Tx) sandboxAccounts(ctx context.Context, where string, args ...any) ([]payout.SandboxAccount, error) {
	var out []payout.SandboxAccount
	err := tx.each(ctx, `SELECT ref, channel, kind, created FROM sandbox_account WHERE `+where, args, func(scan func(...any) error) error {
		var a payout.SandboxAccount
		var created int64
		err := scan(&a.Ref, &a.Channel, &a.Kind, &created)
		a.Created = fromMillis(created)
		out = append(out, a)
		return err
	})
	return out, err
}

// SandboxAccountOf implements sandbox.Tx.
func (tx *Tx) SandboxAccountOf(ctx context.Context, channel ident.Channel, ref string, now time.Time) (payout.SandboxAccount, error) {
	if _, err := tx.exec(ctx, `INSERT INTO sandbox_account (ref, channel, kind, created) VALUES ($1, $2, 'new', $3) ON CONFLICT (channel) DO NOTHING`,
		ref, channel, millis(now)); err != nil {
		return payout.SandboxAccount{}, err
	}
	a, _, err := first(tx.sandboxAccounts(ctx, `channel = $1`, channel))
	return a, err
}

// SandboxAccount implements sandbox.Tx.
func (tx *Tx) SandboxAccount(ctx context.Context, ref string) (payout.SandboxAccount, bool, error) {
	return first(tx.sandboxAccounts(ctx, `ref = $1`, ref))
}

// SetSandboxAccount implements sandbox.Tx.
func (tx *Tx) SetSandboxAccount(ctx context.Context, a payout.SandboxAccount) error {
	_, err := tx.exec(ctx, `UPDATE sandbox_account SET kind = $1 WHERE ref = $2`, a.Kind, a.Ref)
	return err
}

// SandboxTransferUnder implements sandbox.Tx.
func (tx *Tx) SandboxTransferUnder(ctx context.Context, key string) (payout.SandboxTransfer, bool, error) {
	t := payout.SandboxTransfer{Key: key}
	var created int64
	found, err := tx.one(ctx, `SELECT ref, account, amount_minor, currency, created FROM sandbox_transfer WHERE key = $1`, []any{key},
		&t.Ref, &t.Account, &t.Amount.Minor, &t.Amount.Currency, &created)
	t.Created = fromMillis(created)
	return t, found, err
}

// InsertSandboxTransfer implements sandbox.Tx.
func (tx *Tx) InsertSandboxTransfer(ctx context.Context, t payout.SandboxTransfer) (bool, error) {
	return tx.changed(ctx, `INSERT INTO sandbox_transfer (key, ref, account, amount_minor, currency, created) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (key) DO NOTHING`, t.Key, t.Ref, t.Account, t.Amount.Minor, t.Amount.Currency, millis(t.Created))
}
