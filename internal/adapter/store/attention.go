package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func (tx *Tx) queueBroadcast(ctx context.Context, where string, args ...any) (question.Broadcast, bool, error) {
	var b question.Broadcast
	var started, ended int64
	ok, err := tx.one(ctx, `SELECT id, title, started, ended FROM broadcast WHERE `+where, args, &b.ID, &b.Title, &started, &ended)
	b.Started, b.Ended = fromMillis(started), fromMillis(ended)
	if !ok {
		b = question.Broadcast{}
	}
	return b, ok, err
}

// BroadcastNow implements question.Tx.
func (tx *Tx) BroadcastNow(ctx context.Context, channel ident.Channel) (question.Broadcast, bool, error) {
	return tx.queueBroadcast(ctx, `channel = $1 AND state <> 'ended'`, channel)
}

// BroadcastByID implements question.AttentionTx.
func (tx *Tx) BroadcastByID(ctx context.Context, channel ident.Channel, id ident.Broadcast) (question.Broadcast, bool, error) {
	return tx.queueBroadcast(ctx, `channel = $1 AND id = $2`, channel, id)
}

// BeginAiring implements question.Tx.
func (tx *Tx) BeginAiring(ctx context.Context, q ident.Question, in ident.Broadcast, at time.Time) error {
	_, err := tx.exec(ctx, `INSERT INTO airing (question, number, broadcast, began, ended)
		SELECT $1, COUNT(*) + 1, $2, $3, 0 FROM airing WHERE question = $1`, q, in, millis(at))
	return err
}

// EndAiring implements question.Tx.
func (tx *Tx) EndAiring(ctx context.Context, q ident.Question, at time.Time) error {
	_, err := tx.exec(ctx, `UPDATE airing SET ended = $1 WHERE question = $2 AND ended = 0`, millis(at), q)
	return err
}

// AnswersIn implements question.AttentionTx.
func (tx *Tx) AnswersIn(ctx context.Context, id ident.Broadcast) (map[room.Audience]int, error) {
	out := map[room.Audience]int{}
	err := tx.each(ctx, `SELECT room, COUNT(*) FROM question WHERE answered_in = $1 AND answered_in <> '' AND state = 'answered' GROUP BY room`,
		[]any{id}, func(scan func(...any) error) error {
			var in room.Audience
			var n int
			err := scan(&in, &n)
			out[in] = n
			return err
		})
	return out, err
}

// AiringsIn implements question.AttentionTx.
func (tx *Tx) AiringsIn(ctx context.Context, id ident.Broadcast) ([]question.Airing, error) {
	var out []question.Airing
	err := tx.each(ctx, `SELECT q.room, g.began, g.ended FROM airing g JOIN question q ON q.id = g.question WHERE g.broadcast = $1`,
		[]any{id}, func(scan func(...any) error) error {
			var on question.Airing
			var began, ended int64
			err := scan(&on.Room, &began, &ended)
			on.Began, on.Ended = fromMillis(began), fromMillis(ended)
			out = append(out, on)
			return err
		})
	return out, err
}

// LastAnswer implements question.AttentionTx.
func (tx *Tx) LastAnswer(ctx context.Context, at room.Address) (time.Time, error) {
	return tx.momentOf(ctx, `SELECT COALESCE(MAX(answered), 0) FROM question WHERE channel = $1 AND room = $2 AND state = 'answered'`, at.Channel, at.Audience)
}

// OldestWaiting implements question.AttentionTx.
func (tx *Tx) OldestWaiting(ctx context.Context, at room.Address) (time.Time, error) {
	return tx.momentOf(ctx, `SELECT COALESCE(MIN(asked), 0) FROM question WHERE channel = $1 AND room = $2 AND state = 'waiting'`, at.Channel, at.Audience)
}

func (tx *Tx) momentOf(ctx context.Context, query string, args ...any) (time.Time, error) {
	var ms int64
	_, err := tx.one(ctx, query, args, &ms)
	return fromMillis(ms), err
}

// Patience implements question.AttentionTx.
func (tx *Tx) Patience(ctx context.Context, channel ident.Channel) (time.Duration, bool, error) {
	var seconds int64
	ok, err := tx.one(ctx, `SELECT seconds FROM patience WHERE channel = $1`, []any{channel}, &seconds)
	return time.Duration(seconds) * time.Second, ok, err
}

// SetPatience implements question.AttentionTx.
func (tx *Tx) SetPatience(ctx context.Context, channel ident.Channel, d time.Duration) error {
	_, err := tx.exec(ctx, `INSERT INTO patience (channel, seconds) VALUES ($1, $2) ON CONFLICT (channel) DO UPDATE SET seconds = excluded.seconds`,
		channel, int64(d/time.Second))
	return err
}
