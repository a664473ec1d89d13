package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// SetLanguage implements account.Tx.
func (tx *Tx) SetLanguage(ctx context.Context, id ident.Account, language string) error {
	_, err := tx.exec(ctx, `UPDATE account SET language = $1 WHERE id = $2`, language, id)
	return err
}

// ConfirmAddress implements account.Tx.
func (tx *Tx) ConfirmAddress(ctx context.Context, id ident.Account, address, folded string, now time.Time) (bool, error) {
	if _, err := tx.exec(ctx, `DELETE FROM address WHERE account = $1`, id); err != nil {
		return false, err
	}
	return tx.changed(ctx, `INSERT INTO address (account, state, mail, folded, since) VALUES ($1, 'confirmed', $2, $3, $4)
		ON CONFLICT DO NOTHING`, id, address, folded, millis(now))
}

// AddressesOf implements account.Tx.
func (tx *Tx) AddressesOf(ctx context.Context, id ident.Account) (account.Addresses, error) {
	var a account.Addresses
	err := tx.each(ctx, `SELECT state, mail FROM address WHERE account = $1`, []any{id}, func(scan func(...any) error) error {
		var state, address string
		err := scan(&state, &address)
		if state == "confirmed" {
			a.Confirmed = address
		} else {
			a.Waiting = address
		}
		return err
	})
	return a, err
}

// PutWaiting implements account.Tx.
func (tx *Tx) PutWaiting(ctx context.Context, id ident.Account, address, folded string, now time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO address (account, state, mail, folded, since) VALUES ($1, 'waiting', $2, $3, $4)
		ON CONFLICT (account, state) DO UPDATE SET mail = excluded.mail, folded = excluded.folded, since = excluded.since`,
		id, address, folded, millis(now))
	return err
}

// DropWaiting implements account.Tx.
func (tx *Tx) DropWaiting(ctx context.Context, id ident.Account) error {
	_, err := tx.exec(ctx, `DELETE FROM address WHERE account = $1 AND state = 'waiting'`, id)
	return err
}

// DropAddresses implements account.Tx.
func (tx *Tx) DropAddresses(ctx context.Context, id ident.Account) error {
	_, err := tx.exec(ctx, `DELETE FROM address WHERE account = $1`, id)
	return err
}

// AccountByAddress implements account.Tx.
func (tx *Tx) AccountByAddress(ctx context.Context, folded string) (account.Account, bool, error) {
	return tx.accountWhere(ctx, `a.id = (SELECT m.account FROM address m WHERE m.folded = $1 AND m.state = 'confirmed')`, folded)
}

// PutMailLink implements account.Tx.
func (tx *Tx) PutMailLink(ctx context.Context, hash string, l account.MailLink) error {
	_, err := tx.exec(ctx, `INSERT INTO mail_link (hash, account, purpose, folded, expires) VALUES ($1, $2, $3, $4, $5)`,
		hash, l.Account, l.Purpose, l.Folded, millis(l.Expires))
	return err
}

// MailLinkByHash implements account.Tx.
func (tx *Tx) MailLinkByHash(ctx context.Context, hash string) (account.MailLink, bool, error) {
	var l account.MailLink
	var expires int64
	found, err := tx.one(ctx, `SELECT account, purpose, folded, expires FROM mail_link WHERE hash = $1`, []any{hash},
		&l.Account, &l.Purpose, &l.Folded, &expires)
	l.Expires = fromMillis(expires)
	return l, found, err
}

// DropMailLink implements account.Tx.
func (tx *Tx) DropMailLink(ctx context.Context, hash string) (bool, error) {
	return tx.changed(ctx, `DELETE FROM mail_link WHERE hash = $1`, hash)
}

// DropMailLinks implements account.Tx.
func (tx *Tx) DropMailLinks(ctx context.Context, id ident.Account) error {
	_, err := tx.exec(ctx, `DELETE FROM mail_link WHERE account = $1`, id)
	return err
}
