package store

import (
	"context"
	"encoding/base64"

	"github.com/subspace-live/subspace/internal/domain/badge"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Badges implements badge.Tx.
func (tx *Tx) Badges(ctx context.Context, channel ident.Channel) ([]badge.Art, error) {
	var out []badge.Art
	err := tx.each(ctx, `SELECT '', badge, picture FROM badge WHERE channel = $1
		UNION ALL SELECT tier, badge, picture FROM tier_badge WHERE channel = $1`, []any{channel}, func(scan func(...any) error) error {
		var a badge.Art
		err := scan(&a.Tier, &a.Badge, &a.Picture)
		out = append(out, a)
		return err
	})
	return out, err
}

// BadgePicture implements badge.Tx.
func (tx *Tx) BadgePicture(ctx context.Context, channel ident.Channel, art badge.Art) (png []byte, found bool, err error) {
	var file string
	found, err = tx.one(ctx, `SELECT png FROM badge WHERE channel = $1 AND badge = $2 AND picture = $3
		UNION SELECT png FROM tier_badge WHERE channel = $1 AND badge = $2 AND picture = $3 LIMIT 1`, []any{channel, art.Badge, art.Picture}, &file)
	if err == nil && found {
		png, err = base64.StdEncoding.DecodeString(file)
	}
	return png, found, err
}

// PutBadge implements badge.Tx.
func (tx *Tx) PutBadge(ctx context.Context, channel ident.Channel, art badge.Art, png []byte) (bool, error) {
	file := base64.StdEncoding.EncodeToString(png)
	if art.Tier != "" {
		return tx.changed(ctx, `INSERT INTO tier_badge (tier, channel, badge, picture, png) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (tier, badge) DO UPDATE SET picture = excluded.picture, png = excluded.png WHERE tier_badge.picture <> excluded.picture`,
			art.Tier, channel, art.Badge, art.Picture, file)
	}
	return tx.changed(ctx, `INSERT INTO badge (channel, badge, picture, png) VALUES ($1, $2, $3, $4)
		ON CONFLICT (channel, badge) DO UPDATE SET picture = excluded.picture, png = excluded.png WHERE badge.picture <> excluded.picture`,
		channel, art.Badge, art.Picture, file)
}

// DropBadge implements badge.Tx.
func (tx *Tx) DropBadge(ctx context.Context, channel ident.Channel, art badge.Art) (bool, error) {
	if art.Tier != "" {
		return tx.changed(ctx, `DELETE FROM tier_badge WHERE tier = $1 AND badge = $2`, art.Tier, art.Badge)
	}
	return tx.changed(ctx, `DELETE FROM badge WHERE channel = $1 AND badge = $2`, channel, art.Badge)
}

// HasTier implements badge.Tx.
func (tx *Tx) HasTier(ctx context.Context, channel ident.Channel, tier ident.Tier) (bool, error) {
	var id ident.Tier
	return tx.one(ctx, `SELECT id FROM tier WHERE id = $1 AND channel = $2`, []any{tier, channel}, &id)
}
