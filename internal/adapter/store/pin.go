package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// PinnedAt implements chat.PinTx.
func (tx *Tx) PinnedAt(ctx context.Context, at room.Address) (seq int64, err error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return 0, err
	}
	_, err = tx.one(ctx, `SELECT seq FROM pin WHERE log = $1`, []any{log}, &seq)
	return seq, err
}

// PutPin implements chat.PinTx.
func (tx *Tx) PutPin(ctx context.Context, at chat.Place, by ident.Account, now time.Time) error {
	log, err := tx.logID(ctx, at.Address)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO pin (log, seq, by_account, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (log) DO UPDATE SET seq = excluded.seq, by_account = excluded.by_account, at = excluded.at`, log, at.Seq, by, millis(now))
	return err
}

// DropPin implements chat.PinTx.
func (tx *Tx) DropPin(ctx context.Context, at chat.Place) (bool, error) {
	log, err := tx.logID(ctx, at.Address)
	if err != nil {
		return false, err
	}
	return tx.changed(ctx, `DELETE FROM pin WHERE log = $1 AND seq = $2`, log, at.Seq)
}

// DropPinsBy implements moderation.Tx.
func (tx *Tx) DropPinsBy(ctx context.Context, channel ident.Channel, account ident.Account) ([]moderation.Unpinned, error) {
	var out []moderation.Unpinned
	var logs []ident.Log
	// The order of joins is said for SQLite, which would read every event there is.
	err := tx.each(ctx, `SELECT p.log, p.seq, l.audience FROM pin p CROSS JOIN log l CROSS JOIN event e
		WHERE l.id = p.log AND e.log = p.log AND e.seq = p.seq AND l.channel = $1 AND e.author = $2 ORDER BY p.log`, []any{channel, account}, func(scan func(...any) error) error {
		var log ident.Log
		u := moderation.Unpinned{Address: room.Address{Channel: channel}}
		err := scan(&log, &u.Seq, &u.Audience)
		if u.Audience == room.ThreadRoom {
			u.Thread = ident.Thread(log) // a thread and its log have one name
		}
		out, logs = append(out, u), append(logs, log)
		return err
	})
	if err != nil || len(logs) == 0 {
		return nil, err
	}
	where, args := among(tx, 1, logs)
	_, err = tx.exec(ctx, `DELETE FROM pin WHERE log `+where, args...)
	return out, err
}

// pinned returns what stands above a log's chat, as its event says.
func (tx *Tx) pinned(ctx context.Context, log ident.Log) (*event.MessagePinned, error) {
	var body string
	kind, _ := event.MessagePinned{}.EventKind()
	found, err := tx.one(ctx, `SELECT e.body FROM pin p JOIN event e ON e.log = p.log AND e.answers = p.seq AND e.answers > 0 AND e.kind = $2
		WHERE p.log = $1 ORDER BY e.seq DESC LIMIT 1`, []any{log, kind}, &body)
	if err != nil || !found {
		return nil, err
	}
	pin, _ := event.PinIn([]byte(body))
	return pin, nil
}

// brokenPins looks for pins of what is no message.
func (tx *Tx) brokenPins(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Log ' || p.log || ' has ' || p.seq || ' pinned, where no message stands' FROM pin p
		LEFT JOIN event e ON e.log = p.log AND e.seq = p.seq AND e.kind = 'message.posted' WHERE e.seq IS NULL ORDER BY p.log`)
}
