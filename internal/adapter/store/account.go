package store

import (
	"context"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

const accountColumns = `a.id, a.name, a.folded, a.password, a.operator, a.created`

func scanAccount(a *account.Account, more ...any) (dest []any, done func()) {
	var operator, created int64
	dest = append([]any{&a.ID, &a.Name, &a.Folded, &a.Password, &operator, &created}, more...)
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
	return tx.changed(ctx, `INSERT INTO account (id, name, folded, password, operator, created)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (folded) DO NOTHING`,
		a.ID, a.Name, a.Folded, a.Password, flag(a.Operator), millis(a.Created))
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

// InsertSession implements account.Tx.
func (tx *Tx) InsertSession(ctx context.Context, hash string, s account.Session) error {
	_, err := tx.exec(ctx, `INSERT INTO session (hash, id, account, expires) VALUES ($1, $2, $3, $4)`,
		hash, s.ID, s.Account.ID, millis(s.Expires))
	return err
}

// SessionByHash implements account.Sessions.
func (r *Rights) SessionByHash(ctx context.Context, hash string) (account.Session, bool, error) {
	return r.sessions.ask(ctx, hash)
}

func (r *Rights) readSessions(ctx context.Context, hashes []string) (map[string]account.Session, error) {
	out := make(map[string]account.Session, len(hashes))
	err := r.db.View(ctx, func(tx *Tx) error {
		for len(hashes) > 0 {
			n := min(len(hashes), factsChunk)
			where, args := among(tx, 1, hashes[:n])
			query := `SELECT ` + accountColumns + `, s.id, s.expires, s.hash
				FROM session s JOIN account a ON a.id = s.account WHERE s.hash ` + where
			if err := tx.each(ctx, query, args, func(scan func(...any) error) error {
				var s account.Session
				var expires int64
				var hash string
				dest, done := scanAccount(&s.Account, &s.ID, &expires, &hash)
				err := scan(dest...)
				done()
				s.Expires = fromMillis(expires)
				out[hash] = s
				return err
			}); err != nil {
				return err
			}
			hashes = hashes[n:]
		}
		return nil
	})
	return out, err
}

// DeleteSession implements account.Tx.
func (tx *Tx) DeleteSession(ctx context.Context, hash string) error {
	_, err := tx.exec(ctx, `DELETE FROM session WHERE hash = $1`, hash)
	return err
}

// DeleteOtherSessions implements account.Tx.
func (tx *Tx) DeleteOtherSessions(ctx context.Context, id ident.Account, keep ident.Session) error {
	_, err := tx.exec(ctx, `DELETE FROM session WHERE account = $1 AND id <> $2`, id, keep)
	return err
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

// LiveSessions returns those of the sessions that have not been signed out.
func (r *Rights) LiveSessions(ctx context.Context, ids []ident.Session) (map[ident.Session]bool, error) {
	live := make(map[ident.Session]bool, len(ids))
	err := r.db.View(ctx, func(tx *Tx) error {
		for len(ids) > 0 {
			n := min(len(ids), factsChunk)
			where, args := among(tx, 1, ids[:n])
			query := `SELECT id FROM session WHERE id ` + where + ` AND expires > $` + strconv.Itoa(len(args)+1)
			args = append(args, r.db.opt.Now().UnixMilli())
			if err := tx.each(ctx, query, args, func(scan func(...any) error) error {
				var id ident.Session
				err := scan(&id)
				live[id] = true
				return err
			}); err != nil {
				return err
			}
			ids = ids[n:]
		}
		return nil
	})
	return live, err
}
