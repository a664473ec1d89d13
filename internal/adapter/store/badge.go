package store

import (
	"context"
	"encoding/base64"

	"github.com/subspace-live/subspace/internal/domain/badge"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Badges implements badge.Tx.
func (tx *Tx) Badges(ctx context.Context, channel ident.Channel) ([]badge.Art, error) {
	var out []badge.Art
	err := tx.each(ctx, `SELECT badge, picture FROM badge WHERE channel = $1`, []any{channel}, func(scan func(...any) error) error {
		var a badge.Art
		err := scan(&a.Badge, &a.Picture)
		out = append(out, a)
		return err
	})
	return out, err
}

// BadgePicture implements badge.Tx.
func (tx *Tx) BadgePicture(ctx context.Context, channel ident.Channel, art badge.Art) (png []byte, found bool, err error) {
	err = tx.each(ctx, `SELECT png FROM badge WHERE channel = $1 AND badge = $2 AND picture = $3`, []any{channel, art.Badge, art.Picture},
		func(scan func(...any) error) error {
			var text string
			if err := scan(&text); err != nil {
				return err
			}
			found = true
			png, err = base64.StdEncoding.DecodeString(text)
			return err
		})
	return png, found, err
}

// PutBadge implements badge.Tx.
func (tx *Tx) PutBadge(ctx context.Context, channel ident.Channel, art badge.Art, png []byte) (bool, error) {
	return tx.changed(ctx, `INSERT INTO badge (channel, badge, picture, png) VALUES ($1, $2, $3, $4)
		ON CONFLICT (channel, badge) DO UPDATE SET picture = excluded.picture, png = excluded.png WHERE badge.picture <> excluded.picture`,
		channel, art.Badge, art.Picture, base64.StdEncoding.EncodeToString(png))
}

// DropBadge implements badge.Tx.
func (tx *Tx) DropBadge(ctx context.Context, channel ident.Channel, b event.Badge) (bool, error) {
	return tx.changed(ctx, `DELETE FROM badge WHERE channel = $1 AND badge = $2`, channel, b)
}
