package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// OverlaySecret implements question.OverlayTx.
func (tx *Tx) OverlaySecret(ctx context.Context, channel ident.Channel) (string, bool, error) {
	var secret string
	ok, err := tx.one(ctx, `SELECT secret FROM overlay WHERE channel = $1`, []any{channel}, &secret)
	return secret, ok, err
}

// OverlayChannel implements question.OverlayTx.
func (tx *Tx) OverlayChannel(ctx context.Context, hash string) (ident.Channel, bool, error) {
	var id ident.Channel
	ok, err := tx.one(ctx, `SELECT channel FROM overlay WHERE hash = $1`, []any{hash}, &id)
	return id, ok, err
}

// PutOverlay implements question.OverlayTx.
func (tx *Tx) PutOverlay(ctx context.Context, channel ident.Channel, secret, hash string) error {
	_, err := tx.exec(ctx, `INSERT INTO overlay (channel, secret, hash, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (channel) DO UPDATE SET secret = excluded.secret, hash = excluded.hash, created = excluded.created`,
		channel, secret, hash, millis(tx.db.opt.Now()))
	return err
}

// DropOverlay implements question.OverlayTx.
func (tx *Tx) DropOverlay(ctx context.Context, channel ident.Channel) (bool, error) {
	return tx.changed(ctx, `DELETE FROM overlay WHERE channel = $1`, channel)
}
