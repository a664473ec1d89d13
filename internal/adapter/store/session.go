package store

import (
	"context"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

const sessionColumns = `s.id, s.browser, s.system, s.created, s.seen, s.proved, s.proof, s.expires`

func scanSession(s *account.Session, more ...any) (dest []any, done func()) {
	var created, seen, proved, expires int64
	dest = append([]any{&s.ID, &s.Device.Browser, &s.Device.System, &created, &seen, &proved, &s.Proof, &expires}, more...)
	return dest, func() {
		s.Created, s.Seen, s.Proved, s.Expires = fromMillis(created), fromMillis(seen), fromMillis(proved), fromMillis(expires)
	}
}

// InsertSession implements account.Tx.
func (tx *Tx) InsertSession(ctx context.Context, hash string, s account.Session) error {
	_, err := tx.exec(ctx, `INSERT INTO session (hash, id, account, browser, system, created, seen, proved, proof, expires)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		hash, s.ID, s.Account.ID, s.Device.Browser, s.Device.System, millis(s.Created), millis(s.Seen), millis(s.Proved), s.Proof, millis(s.Expires))
	return err
}

// SessionByHash implements account.Sessions.
func (r *Rights) SessionByHash(ctx context.Context, hash string) (account.Session, bool, error) {
	return r.sessions.ask(ctx, hash)
}

// SessionsByHash implements account.Sessions.
func (r *Rights) SessionsByHash(ctx context.Context, hashes []string) (map[string]account.Session, error) {
	hashes = distinct(hashes)
	out := make(map[string]account.Session, len(hashes))
	err := r.db.View(ctx, func(tx *Tx) error {
		for len(hashes) > 0 {
			n := min(len(hashes), factsChunk)
			where, args := among(tx, 1, hashes[:n])
			query := `SELECT ` + accountColumns + `, ` + sessionColumns + `, s.hash
				FROM session s JOIN account a ON a.id = s.account WHERE s.hash ` + where
			if err := tx.each(ctx, query, args, func(scan func(...any) error) error {
				var s account.Session
				var hash string
				own, finish := scanSession(&s, &hash)
				dest, done := scanAccount(&s.Account, own...)
				err := scan(dest...)
				done()
				finish()
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

// SessionsOf implements account.Tx.
func (tx *Tx) SessionsOf(ctx context.Context, id ident.Account, now time.Time, limit int) ([]account.Session, error) {
	var out []account.Session
	err := tx.each(ctx, `SELECT `+sessionColumns+` FROM session s WHERE s.account = $1 AND s.expires > $2
		ORDER BY s.created DESC, s.id DESC LIMIT $3`, []any{id, millis(now), limit}, func(scan func(...any) error) error {
		var s account.Session
		dest, done := scanSession(&s)
		err := scan(dest...)
		done()
		s.Account.ID = id
		out = append(out, s)
		return err
	})
	return out, err
}

// EndSession implements account.Tx.
func (tx *Tx) EndSession(ctx context.Context, id ident.Account, session ident.Session) (bool, error) {
	return tx.changed(ctx, `DELETE FROM session WHERE account = $1 AND id = $2`, id, session)
}

// EndSessions implements account.Tx.
func (tx *Tx) EndSessions(ctx context.Context, id ident.Account, keep ident.Session) ([]ident.Session, error) {
	if err := tx.EndDocks(ctx, id); err != nil {
		return nil, err
	}
	var out []ident.Session
	err := tx.each(ctx, `DELETE FROM session WHERE account = $1 AND id <> $2 RETURNING id`, []any{id, keep},
		func(scan func(...any) error) error {
			var ended ident.Session
			err := scan(&ended)
			out = append(out, ended)
			return err
		})
	return out, err
}

// EndDocks implements account.Tx.
func (tx *Tx) EndDocks(ctx context.Context, id ident.Account) error {
	_, err := tx.exec(ctx, `DELETE FROM dock WHERE account = $1`, id)
	return err
}

// MarkSeen implements account.Tx.
func (tx *Tx) MarkSeen(ctx context.Context, ids []ident.Session, day time.Time) error {
	for len(ids) > 0 {
		n := min(len(ids), factsChunk)
		where, args := among(tx, 2, ids[:n])
		query := `UPDATE session SET seen = $1 WHERE id ` + where + ` AND seen < $` + strconv.Itoa(len(args)+2)
		args = append(append([]any{millis(day)}, args...), millis(day))
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// SetProof implements account.Tx.
func (tx *Tx) SetProof(ctx context.Context, id ident.Session, at time.Time, by account.Proof) error {
	_, err := tx.exec(ctx, `UPDATE session SET proved = $1, proof = $2 WHERE id = $3`, millis(at), by, id)
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
