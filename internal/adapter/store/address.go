package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// SetLanguage keeps the language that letters to an account are written in.
func (tx *Tx) SetLanguage(ctx context.Context, id ident.Account, language string) error {
	_, err := tx.exec(ctx, `UPDATE account SET language = $1 WHERE id = $2`, language, id)
	return err
}

// ConfirmAddress makes an address the account's only one. It reports false when
// it belongs to another account.
func (tx *Tx) ConfirmAddress(ctx context.Context, id ident.Account, address, folded string, now time.Time) (bool, error) {
	if _, err := tx.exec(ctx, `DELETE FROM address WHERE account = $1`, id); err != nil {
		return false, err
	}
	return tx.changed(ctx, `INSERT INTO address (account, state, mail, folded, since) VALUES ($1, 'confirmed', $2, $3, $4)
		ON CONFLICT DO NOTHING`, id, address, folded, millis(now))
}
