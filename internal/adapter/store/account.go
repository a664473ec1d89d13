package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

const accountColumns = `a.id, a.name, a.folded, a.password, a.passkeys, a.operator, a.language, a.created`

func scanAccount(a *account.Account, more ...any) (dest []any, done func()) {
	var operator, created int64
	dest = append([]any{&a.ID, &a.Name, &a.Folded, &a.Password, &a.Passkeys, &operator, &a.Language, &created}, more...)
	return dest, func() { a.Operator, a.Created = operator == 1, fromMillis(created) }
}

func (tx *Tx) accountWhere(ctx context.Context, where string, arg any) (account.Account, bool, error) {
	var a account.Account
	dest, done := scanAccount(&a)
	ok, err := tx.one(ctx, `SELECT `+accountColumns+` FROM account a WHERE `+where, []any{arg}, dest...)
	done()
	return a, ok, err
}

// AccountByID implements account.Tx.
func (tx *Tx) AccountByID(ctx context.Context, id ident.Account) (account.Account, bool, error) {
	return tx.accountWhere(ctx, `a.id = $1`, id)
}

// AccountByFolded implements account.Tx.
func (tx *Tx) AccountByFolded(ctx context.Context, folded string) (account.Account, bool, error) {
	return tx.accountWhere(ctx, `a.folded = $1`, folded)
}

// AccountNamed implements channel.Tx.
func (tx *Tx) AccountNamed(ctx context.Context, folded string) (ident.Account, bool, error) {
	a, ok, err := tx.AccountByFolded(ctx, folded)
	return a.ID, ok, err
}

// InsertAccount implements account.Tx.
func (tx *Tx) InsertAccount(ctx context.Context, a account.Account) (bool, error) {
	return tx.changed(ctx, `INSERT INTO account (id, name, folded, password, operator, language, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (folded) DO NOTHING`,
		a.ID, a.Name, a.Folded, a.Password, flag(a.Operator), mail.Language(a.Language), millis(a.Created))
}

// SetPassword implements account.Tx.
func (tx *Tx) SetPassword(ctx context.Context, id ident.Account, phc string) error {
	_, err := tx.exec(ctx, `UPDATE account SET password = $1 WHERE id = $2`, phc, id)
	return err
}

// OperatorExists implements account.Tx.
func (tx *Tx) OperatorExists(ctx context.Context) (bool, error) {
	var one int
	return tx.one(ctx, `SELECT 1 FROM account WHERE operator = 1 LIMIT 1`, nil, &one)
}

// ClaimFirstOwner implements account.Tx.
func (tx *Tx) ClaimFirstOwner(ctx context.Context, id ident.Account) (bool, error) {
	return tx.changed(ctx, `INSERT INTO setting (name, value) VALUES ('first_owner', $1) ON CONFLICT (name) DO NOTHING`, id)
}

// PutLink implements account.Tx.
func (tx *Tx) PutLink(ctx context.Context, hash string, id ident.Account, expires time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO sign_in_link (hash, account, expires) VALUES ($1, $2, $3)`, hash, id, millis(expires))
	return err
}

// TakeLink implements account.Tx.
func (tx *Tx) TakeLink(ctx context.Context, hash string, now time.Time) (ident.Account, bool, error) {
	var id ident.Account
	var expires int64
	ok, err := tx.one(ctx, `DELETE FROM sign_in_link WHERE hash = $1 RETURNING account, expires`, []any{hash}, &id, &expires)
	return id, ok && now.UnixMilli() < expires, err
}

// DropSetupLinks implements account.Tx.
func (tx *Tx) DropSetupLinks(ctx context.Context) error {
	_, err := tx.exec(ctx, `DELETE FROM sign_in_link WHERE account = ''`)
	return err
}
