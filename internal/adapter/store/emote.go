package store

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/emote"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Emotes implements emote.Tx.
func (tx *Tx) Emotes(ctx context.Context, channel ident.Channel) ([]emote.Emote, error) {
	var out []emote.Emote
	err := tx.each(ctx, `SELECT id, code, level FROM emote WHERE channel = $1 AND removed = 0 ORDER BY at, id`, []any{channel},
		func(scan func(...any) error) error {
			e := emote.Emote{Channel: channel}
			err := scan(&e.ID, &e.Code, &e.Level)
			out = append(out, e)
			return err
		})
	return out, err
}

// AddEmote implements emote.Tx.
func (tx *Tx) AddEmote(ctx context.Context, e emote.Emote, png []byte, now time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO emote (id, channel, code, level, png, shown, at, removed) VALUES ($1, $2, $3, $4, $5, 0, $6, 0)`,
		e.ID, e.Channel, e.Code, e.Level, base64.StdEncoding.EncodeToString(png), millis(now))
	return err
}

// ChangeEmote implements emote.Tx.
func (tx *Tx) ChangeEmote(ctx context.Context, e emote.Emote) error {
	_, err := tx.exec(ctx, `UPDATE emote SET code = $1, level = $2 WHERE id = $3 AND removed = 0`, e.Code, e.Level, e.ID)
	return err
}

// RemoveEmote implements emote.Tx.
func (tx *Tx) RemoveEmote(ctx context.Context, id ident.Emote, now time.Time) error {
	dropped, err := tx.changed(ctx, `DELETE FROM emote WHERE id = $1 AND shown = 0`, id)
	if err != nil || dropped {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE emote SET removed = $1 WHERE id = $2 AND removed = 0`, millis(now), id)
	return err
}

// EmotePicture implements emote.Tx.
func (tx *Tx) EmotePicture(ctx context.Context, id ident.Emote) (png []byte, found bool, err error) {
	var file string
	if found, err = tx.one(ctx, `SELECT png FROM emote WHERE id = $1`, []any{id}, &file); err != nil || !found {
		return nil, false, err
	}
	png, err = base64.StdEncoding.DecodeString(file)
	return png, true, err
}

// OfferedEmotes implements chat.EmoteTx.
func (tx *Tx) OfferedEmotes(ctx context.Context, channels []ident.Channel) (map[ident.Channel][]chat.Emote, error) {
	out := map[ident.Channel][]chat.Emote{}
	where, args := among(tx, 1, channels)
	err := tx.each(ctx, `SELECT channel, id, code, level, shown FROM emote WHERE removed = 0 AND channel `+where, args, func(scan func(...any) error) error {
		var channel ident.Channel
		var e chat.Emote
		var shown int64
		err := scan(&channel, &e.ID, &e.Code, &e.Level, &shown)
		e.Shown = shown == 1
		out[channel] = append(out[channel], e)
		return err
	})
	return out, err
}

// ShowEmotes implements chat.EmoteTx.
func (tx *Tx) ShowEmotes(ctx context.Context, ids []ident.Emote) error {
	where, args := among(tx, 1, ids)
	_, err := tx.exec(ctx, `UPDATE emote SET shown = 1 WHERE id `+where, args...)
	return err
}

// brokenEmotes looks for pictures that are kept for nobody.
func (tx *Tx) brokenEmotes(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Emote ' || id || ' is not offered, and no message holds it' FROM emote WHERE removed > 0 AND shown = 0 ORDER BY id`)
}
