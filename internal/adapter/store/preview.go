package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// EventAt implements preview.Tx.
func (tx *Tx) EventAt(ctx context.Context, at room.Address, seq int64) (event.Encoded, bool, error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return event.Encoded{}, false, err
	}
	var body string
	found, err := tx.one(ctx, `SELECT body FROM event WHERE log = $1 AND seq = $2`, []any{log, seq}, &body)
	return event.Encoded{Log: log, Seq: seq, Bytes: []byte(body)}, found, err
}
