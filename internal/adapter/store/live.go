package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

const selectBroadcast = `SELECT id, channel, title, state, node, take, started, interrupted, ended, seen FROM broadcast `

func (tx *Tx) broadcasts(ctx context.Context, where string, args ...any) ([]live.Broadcast, error) {
	var out []live.Broadcast
	err := tx.each(ctx, selectBroadcast+where, args, func(scan func(...any) error) error {
		var b live.Broadcast
		var started, interrupted, ended, seen int64
		err := scan(&b.ID, &b.Channel, &b.Title, &b.State, &b.Node, &b.Take, &started, &interrupted, &ended, &seen)
		b.Started, b.Interrupted = fromMillis(started), fromMillis(interrupted)
		b.Ended, b.Seen = fromMillis(ended), fromMillis(seen)
		out = append(out, b)
		return err
	})
	return out, err
}

// OpenBroadcast implements live.Tx.
func (tx *Tx) OpenBroadcast(ctx context.Context, channel ident.Channel) (live.Broadcast, bool, error) {
	bs, err := tx.broadcasts(ctx, `WHERE channel = $1 AND state <> 'ended'`, channel)
	if err != nil || len(bs) == 0 {
		return live.Broadcast{}, false, err
	}
	return bs[0], true, nil
}

// OpenBroadcasts implements live.Tx.
func (tx *Tx) OpenBroadcasts(ctx context.Context) ([]live.Broadcast, error) {
	return tx.broadcasts(ctx, `WHERE state <> 'ended' ORDER BY started`)
}

// InsertBroadcast implements live.Tx.
func (tx *Tx) InsertBroadcast(ctx context.Context, b live.Broadcast) error {
	_, err := tx.exec(ctx, `INSERT INTO broadcast (id, channel, title, state, node, take, started, interrupted, ended, seen)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		b.ID, b.Channel, b.Title, b.State, b.Node, b.Take, millis(b.Started), millis(b.Interrupted), millis(b.Ended), millis(b.Seen))
	return err
}

// SetBroadcast implements live.Tx.
func (tx *Tx) SetBroadcast(ctx context.Context, b live.Broadcast) error {
	_, err := tx.exec(ctx, `UPDATE broadcast SET title = $1, state = $2, node = $3, take = $4, interrupted = $5, ended = $6, seen = $7
		WHERE id = $8`,
		b.Title, b.State, b.Node, b.Take, millis(b.Interrupted), millis(b.Ended), millis(b.Seen), b.ID)
	return err
}

// RenewBroadcasts implements live.Tx.
func (tx *Tx) RenewBroadcasts(ctx context.Context, node string, now time.Time) error {
	_, err := tx.exec(ctx, `UPDATE broadcast SET seen = $1 WHERE state = 'live' AND node = $2`, millis(now), node)
	return err
}

const selectIngest = `SELECT channel, stream_key, title FROM ingest `

func (tx *Tx) ingest(ctx context.Context, where string, arg any) (live.Ingest, bool, error) {
	var in live.Ingest
	var key string
	found, err := tx.one(ctx, selectIngest+where, []any{arg}, &in.Channel, &key, &in.Title)
	if found {
		in.Key = live.ParseKey(key)
	}
	return in, found, err
}

// IngestOf implements live.Tx.
func (tx *Tx) IngestOf(ctx context.Context, channel ident.Channel) (live.Ingest, bool, error) {
	return tx.ingest(ctx, `WHERE channel = $1`, channel)
}

// IngestByKey implements live.Tx.
func (tx *Tx) IngestByKey(ctx context.Context, keyHash string) (live.Ingest, bool, error) {
	return tx.ingest(ctx, `WHERE key_hash = $1`, keyHash)
}

// PutIngest implements live.Tx.
func (tx *Tx) PutIngest(ctx context.Context, in live.Ingest) error {
	_, err := tx.exec(ctx, `INSERT INTO ingest (channel, stream_key, key_hash, title) VALUES ($1, $2, $3, $4)
		ON CONFLICT (channel) DO UPDATE SET stream_key = EXCLUDED.stream_key, key_hash = EXCLUDED.key_hash, title = EXCLUDED.title`,
		in.Channel, in.Key.Reveal(), in.Key.Hash(), in.Title)
	return err
}
