package store

import (
	"context"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/overlay"
)

// OverlaySecret implements overlay.Tx.
func (tx *Tx) OverlaySecret(ctx context.Context, channel ident.Channel) (string, bool, error) {
	var secret string
	ok, err := tx.one(ctx, `SELECT secret FROM overlay WHERE channel = $1`, []any{channel}, &secret)
	return secret, ok, err
}

// OverlayChannel implements overlay.Tx.
func (tx *Tx) OverlayChannel(ctx context.Context, hash string) (ident.Channel, bool, error) {
	var id ident.Channel
	ok, err := tx.one(ctx, `SELECT channel FROM overlay WHERE hash = $1`, []any{hash}, &id)
	return id, ok, err
}

// PutOverlay implements overlay.Tx.
func (tx *Tx) PutOverlay(ctx context.Context, channel ident.Channel, secret, hash string) error {
	_, err := tx.exec(ctx, `INSERT INTO overlay (channel, secret, hash, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (channel) DO UPDATE SET secret = excluded.secret, hash = excluded.hash, created = excluded.created`,
		channel, secret, hash, millis(tx.db.opt.Now()))
	return err
}

// DropOverlay implements overlay.Tx.
func (tx *Tx) DropOverlay(ctx context.Context, channel ident.Channel) (bool, error) {
	return tx.changed(ctx, `DELETE FROM overlay WHERE channel = $1`, channel)
}

// OverlaySetups implements overlay.Tx.
func (tx *Tx) OverlaySetups(ctx context.Context, channels []ident.Channel) (map[ident.Channel]overlay.Setup, error) {
	out := make(map[ident.Channel]overlay.Setup, len(channels))
	where, args := among(tx, 1, channels)
	err := tx.each(ctx, `SELECT channel, theme, size, question_at, poll_at, goal_at, alerts_at, goal_on, goal_of, goal_words, tell_gifts, tell_subscriptions
		FROM overlay_setup WHERE channel `+where, args, func(scan func(...any) error) error {
		var id ident.Channel
		var s overlay.Setup
		var goal, gifts, subscriptions int64
		err := scan(&id, &s.Theme, &s.Size, &s.Question, &s.Poll, &s.Goal, &s.Alerts, &goal, &s.GoalOf, &s.GoalWords, &gifts, &subscriptions)
		s.GoalOn, s.Gifts, s.Subscriptions = goal == 1, gifts == 1, subscriptions == 1
		out[id] = s
		return err
	})
	return out, err
}

// PutOverlaySetup implements overlay.Tx.
func (tx *Tx) PutOverlaySetup(ctx context.Context, channel ident.Channel, s overlay.Setup) error {
	_, err := tx.exec(ctx, `INSERT INTO overlay_setup (channel, theme, size, question_at, poll_at, goal_at, alerts_at, goal_on, goal_of, goal_words, tell_gifts, tell_subscriptions)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (channel) DO UPDATE SET theme = excluded.theme, size = excluded.size,
		question_at = excluded.question_at, poll_at = excluded.poll_at, goal_at = excluded.goal_at, alerts_at = excluded.alerts_at,
		goal_on = excluded.goal_on, goal_of = excluded.goal_of, goal_words = excluded.goal_words,
		tell_gifts = excluded.tell_gifts, tell_subscriptions = excluded.tell_subscriptions`,
		channel, s.Theme, s.Size, s.Question, s.Poll, s.Goal, s.Alerts, flag(s.GoalOn), s.GoalOf, s.GoalWords, flag(s.Gifts), flag(s.Subscriptions))
	return err
}

// Holders implements overlay.Tx. It reads the rights that are not over from their
// index alone.
func (tx *Tx) Holders(ctx context.Context, channels []ident.Channel, at time.Time) (map[ident.Channel]overlay.Holders, error) {
	out := make(map[ident.Channel]overlay.Holders, len(channels))
	where, args := among(tx, 1, channels)
	now := strconv.Itoa(len(args) + 1)
	args = append(args, millis(at))
	err := tx.each(ctx, `SELECT channel, COUNT(DISTINCT CASE WHEN starts <= $`+now+` THEN account END),
		MIN(CASE WHEN starts > $`+now+` THEN starts WHEN revoked > 0 AND revoked < ends THEN revoked ELSE ends END)
		FROM access_grant WHERE channel `+where+` AND ends > $`+now+` AND (revoked = 0 OR revoked > $`+now+`) GROUP BY channel`, args, func(scan func(...any) error) error {
		var id ident.Channel
		var h overlay.Holders
		var next int64
		err := scan(&id, &h.People, &next)
		h.Next = fromMillis(next)
		out[id] = h
		return err
	})
	return out, err
}
