package store

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// LoosePictures implements chat.PictureTx.
func (tx *Tx) LoosePictures(ctx context.Context, at room.Address) (n int, err error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return 0, err
	}
	_, err = tx.one(ctx, `SELECT COUNT(*) FROM picture WHERE log = $1 AND seq = 0`, []any{log}, &n)
	return n, err
}

// PutPicture implements chat.PictureTx.
func (tx *Tx) PutPicture(ctx context.Context, at room.Address, p chat.Picture, jpeg []byte, now time.Time) error {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO picture (id, log, seq, width, height, jpeg, at) VALUES ($1, $2, 0, $3, $4, $5, $6)`,
		p.ID, log, p.Width, p.Height, base64.StdEncoding.EncodeToString(jpeg), millis(now))
	return err
}

// Pictures implements chat.PictureTx.
func (tx *Tx) Pictures(ctx context.Context, at room.Address, ids []ident.Picture) (map[ident.Picture]chat.Picture, error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return nil, err
	}
	where, args := among(tx, 2, distinct(ids))
	out := map[ident.Picture]chat.Picture{}
	return out, tx.each(ctx, `SELECT id, seq, width, height FROM picture WHERE log = $1 AND id `+where, append([]any{log}, args...), func(scan func(...any) error) error {
		var p chat.Picture
		err := scan(&p.ID, &p.Seq, &p.Width, &p.Height)
		out[p.ID] = p
		return err
	})
}

// ShowPictures implements chat.PictureTx.
func (tx *Tx) ShowPictures(ctx context.Context, at chat.Place, ids []ident.Picture) error {
	log, err := tx.logID(ctx, at.Address)
	if err != nil {
		return err
	}
	where, args := among(tx, 3, distinct(ids))
	_, err = tx.exec(ctx, `UPDATE picture SET seq = $1 WHERE log = $2 AND seq = 0 AND id `+where, append([]any{at.Seq, log}, args...)...)
	return err
}

// PictureFile implements chat.PictureTx.
func (tx *Tx) PictureFile(ctx context.Context, at room.Address, id ident.Picture) (jpeg []byte, found bool, err error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return nil, false, err
	}
	var file string
	if found, err = tx.one(ctx, `SELECT jpeg FROM picture WHERE log = $1 AND id = $2`, []any{log, id}, &file); err != nil || !found {
		return nil, false, err
	}
	jpeg, err = base64.StdEncoding.DecodeString(file)
	return jpeg, true, err
}

// dropPictures takes away the pictures of messages that are no more.
func (tx *Tx) dropPictures(ctx context.Context, log ident.Log, seqs []int64) error {
	where, args := among(tx, 2, seqs)
	_, err := tx.exec(ctx, `DELETE FROM picture WHERE log = $1 AND seq > 0 AND seq `+where, append([]any{log}, args...)...)
	return err
}

// brokenPictures looks for pictures of what is no message.
func (tx *Tx) brokenPictures(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Picture ' || p.id || ' belongs to ' || p.seq || ' of log ' || p.log || ', where no message stands' FROM picture p
		LEFT JOIN event e ON e.log = p.log AND e.seq = p.seq AND e.kind = 'message.posted' WHERE p.seq > 0 AND e.seq IS NULL ORDER BY p.id`)
}
