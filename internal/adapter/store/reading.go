package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// MarkRead implements space.ReadingTx.
func (tx *Tx) MarkRead(ctx context.Context, by ident.Account, at room.Address, seq int64) error {
	log, err := tx.LogAt(ctx, at)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO reading (account, log, seq) VALUES ($1, $2, $3)
		ON CONFLICT (account, log) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > reading.seq`,
		by, log.ID, max(0, min(seq, log.Head)))
	return err
}

// ReadingAt implements space.ReadingTx.
func (tx *Tx) ReadingAt(ctx context.Context, by ident.Account, at room.Address) (seq, unread int64, err error) {
	log, err := tx.LogAt(ctx, at)
	if err != nil {
		return 0, 0, err
	}
	if _, err := tx.one(ctx, `SELECT seq FROM reading WHERE account = $1 AND log = $2`, []any{by, log.ID}, &seq); err != nil {
		return 0, 0, err
	}
	posted, _ := event.MessagePosted{}.EventKind()
	_, err = tx.one(ctx, `SELECT count(*) FROM (SELECT 1 FROM event WHERE log = $1 AND seq > $2 AND kind = $3 AND author <> $4 LIMIT 1000) new`,
		[]any{log.ID, seq, posted, by}, &unread)
	return seq, unread, err
}
