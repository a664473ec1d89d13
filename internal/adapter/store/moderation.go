package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
)

// PutSanction implements moderation.Tx.
func (tx *Tx) PutSanction(ctx context.Context, s moderation.Sanction) error {
	_, err := tx.exec(ctx, `INSERT INTO sanction (channel, account, kind, starts, until, reason, by_account)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (channel, account) DO UPDATE SET kind = excluded.kind, starts = excluded.starts,
		until = excluded.until, reason = excluded.reason, by_account = excluded.by_account`,
		s.Channel, s.Account, s.Kind, millis(s.At), millis(s.Until), s.Reason, s.By)
	return err
}

// DropSanction implements moderation.Tx.
func (tx *Tx) DropSanction(ctx context.Context, channel ident.Channel, account ident.Account) (bool, error) {
	return tx.changed(ctx, `DELETE FROM sanction WHERE channel = $1 AND account = $2`, channel, account)
}

// Sanctions implements moderation.Tx.
func (tx *Tx) Sanctions(ctx context.Context, channel ident.Channel, now time.Time) ([]moderation.Sanction, error) {
	return tx.sanctions(ctx, channel, now, ``)
}

// SanctionOf implements moderation.Tx.
func (tx *Tx) SanctionOf(ctx context.Context, channel ident.Channel, account ident.Account, now time.Time) (moderation.Sanction, bool, error) {
	found, err := tx.sanctions(ctx, channel, now, ` AND s.account = $3`, account)
	if err != nil || len(found) == 0 {
		return moderation.Sanction{}, false, err
	}
	return found[0], true, nil
}

func (tx *Tx) sanctions(ctx context.Context, channel ident.Channel, now time.Time, and string, args ...any) ([]moderation.Sanction, error) {
	var out []moderation.Sanction
	err := tx.each(ctx, `SELECT s.account, a.name, s.kind, s.starts, s.until, s.reason, s.by_account, b.name
		FROM sanction s JOIN account a ON a.id = s.account JOIN account b ON b.id = s.by_account
		WHERE s.channel = $1 AND (s.until = 0 OR s.until > $2)`+and+` ORDER BY s.starts DESC`,
		append([]any{channel, millis(now)}, args...), func(scan func(...any) error) error {
			s := moderation.Sanction{Channel: channel}
			var at, until int64
			err := scan(&s.Account, &s.Name, &s.Kind, &at, &until, &s.Reason, &s.By, &s.ByName)
			s.At, s.Until = fromMillis(at), fromMillis(until)
			out = append(out, s)
			return err
		})
	return out, err
}

// WithdrawQuestions implements moderation.Tx.
func (tx *Tx) WithdrawQuestions(ctx context.Context, channel ident.Channel, account ident.Account, since time.Time) ([]moderation.Withdrawn, error) {
	var out []moderation.Withdrawn
	err := tx.each(ctx, `SELECT id, room, audience, state FROM question WHERE channel = $1 AND asker = $2 AND state IN ('waiting', 'on_air') ORDER BY id`,
		[]any{channel, account}, func(scan func(...any) error) error {
			var q moderation.Withdrawn
			var state string
			err := scan(&q.ID, &q.Room, &q.Audience, &state)
			q.OnAir = state == "on_air"
			out = append(out, q)
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, q := range out {
		if err := tx.EndAiring(ctx, q.ID, tx.db.opt.Now()); err != nil {
			return nil, err
		}
	}
	if _, err := tx.exec(ctx, `UPDATE question SET state = 'skipped', text = '', shown = ''
		WHERE channel = $1 AND asker = $2 AND state IN ('waiting', 'on_air')`, channel, account); err != nil {
		return nil, err
	}
	for _, change := range []string{
		`UPDATE question SET text = '', shown = '', published = 0 WHERE channel = $1 AND asker = $2
			AND (asked >= $3 OR aired >= $3 OR published >= $3)`,
		`UPDATE question SET reply = '' WHERE channel = $1 AND replied_by = $2 AND answered >= $3`,
	} {
		if _, err := tx.exec(ctx, change, channel, account, millis(since)); err != nil {
			return nil, err
		}
	}
	return out, nil
}
