package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
)

// QueueLetter implements mail.Tx.
func (tx *Tx) QueueLetter(ctx context.Context, l mail.Letter) error {
	data, err := json.Marshal(l.Data)
	if err != nil {
		return fmt.Errorf("letter %s: %w", l.Kind, err)
	}
	now := tx.db.opt.Now()
	_, err = tx.exec(ctx, `INSERT INTO letter (key, kind, account, mail, data, queued, until, tries, due, done, outcome)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, 0, '') ON CONFLICT (key) DO NOTHING`,
		l.Key, l.Kind, l.To, l.Address, string(data), millis(now), millis(l.Lasts(now)), millis(l.Leaves(now)))
	return err
}

// DueLetters implements mail.OutboxTx.
func (tx *Tx) DueLetters(ctx context.Context, now time.Time, limit int) ([]mail.Queued, error) {
	var out []mail.Queued
	err := tx.each(ctx, `SELECT key, kind, account, mail, data, until, tries, due FROM letter
		WHERE done = 0 AND due <= $1 ORDER BY due, key LIMIT $2`, []any{millis(now), limit}, func(scan func(...any) error) error {
		var q mail.Queued
		var data string
		var until, due int64
		if err := scan(&q.Key, &q.Kind, &q.To, &q.Address, &data, &until, &q.Tries, &due); err != nil {
			return err
		}
		q.Until, q.Due = fromMillis(until), fromMillis(due)
		out = append(out, q)
		return json.Unmarshal([]byte(data), &out[len(out)-1].Data)
	})
	return out, err
}

// ClaimLetter implements mail.OutboxTx.
func (tx *Tx) ClaimLetter(ctx context.Context, q mail.Queued, until time.Time) (bool, error) {
	return tx.changed(ctx, `UPDATE letter SET due = $1, tries = tries + 1 WHERE key = $2 AND done = 0 AND due = $3`,
		millis(until), q.Key, millis(q.Due))
}

// PostponeLetter implements mail.OutboxTx.
func (tx *Tx) PostponeLetter(ctx context.Context, key string, due time.Time) error {
	_, err := tx.exec(ctx, `UPDATE letter SET due = $1 WHERE key = $2 AND done = 0`, millis(due), key)
	return err
}

// SettleLetter implements mail.OutboxTx.
func (tx *Tx) SettleLetter(ctx context.Context, key, outcome string, now time.Time) error {
	_, err := tx.exec(ctx, `UPDATE letter SET done = $1, outcome = $2, mail = '', data = '{}' WHERE key = $3 AND done = 0`,
		millis(now), outcome, key)
	return err
}

// Recipient implements mail.OutboxTx.
func (tx *Tx) Recipient(ctx context.Context, id ident.Account) (mail.Recipient, error) {
	var r mail.Recipient
	_, err := tx.one(ctx, `SELECT a.name, a.language, COALESCE(m.mail, '') FROM account a
		LEFT JOIN address m ON m.account = a.id AND m.state = 'confirmed' WHERE a.id = $1`, []any{id}, &r.Name, &r.Language, &r.Address)
	return r, err
}
