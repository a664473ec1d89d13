package store

import (
	"context"
	"fmt"
	"math"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/insight"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// LiveOf implements insight.Tx.
func (tx *Tx) LiveOf(ctx context.Context, channel ident.Channel, id ident.Broadcast) (l insight.Live, ok bool, err error) {
	var started, ended int64
	// One that is open has no end, and comes first.
	ok, err = tx.one(ctx, `SELECT id, title, started, ended FROM broadcast WHERE channel = $1 AND (id = $2 OR $2 = '')
		ORDER BY CASE WHEN ended = 0 THEN 0 ELSE 1 END, started DESC, id DESC LIMIT 1`, []any{channel, id}, &l.Broadcast, &l.Title, &started, &ended)
	l.Started, l.Ended = fromMillis(started), fromMillis(ended)
	return l, ok, err
}

// MessagesIn implements insight.Tx.
func (tx *Tx) MessagesIn(ctx context.Context, s insight.Span) (public, space int, err error) {
	if public, err = tx.countIn(ctx, s, room.Public, event.MessagePosted{}); err != nil {
		return 0, 0, err
	}
	if space, err = tx.countIn(ctx, s, room.Space, event.MessagePosted{}); err != nil {
		return 0, 0, err
	}
	var threads int
	posted, _ := event.MessagePosted{}.EventKind()
	_, err = tx.one(ctx, `SELECT COUNT(*) FROM thread t JOIN event e ON e.log = t.id
		WHERE t.channel = $1 AND t.moved >= $5 AND e.kind = $3 AND e.at >= $2 AND e.at < $4
		AND e.seq > COALESCE((SELECT f.seq FROM event f WHERE f.log = t.id AND f.at < $5 ORDER BY f.seq DESC LIMIT 1), 0)`,
		[]any{s.Channel, millis(s.From), posted, millis(s.Until), millis(s.From.Add(-insight.Drift))}, &threads)
	return public, space + threads, err
}

// since selects of a log what was written in a span: $1 the log, $2 the kind, $3 the
// sequence and $4 the time from which on, $5 the time until which. What lies before is
// not read: the log's own order leads there.
const since = ` FROM event e WHERE e.log = $1 AND e.kind = $2 AND e.seq > $3 AND e.at >= $4 AND e.at < $5`

// sinceOf returns the values of since. The public log says itself where a live begins.
// In the others its beginning is found by time, from the log's end backwards: what is
// older by no more than the drift of a clock may stand behind what belongs to the live.
func (tx *Tx) sinceOf(ctx context.Context, s insight.Span, in room.Audience, of event.Payload) ([]any, error) {
	kind, _ := of.EventKind()
	log, err := tx.logID(ctx, room.Address{Channel: s.Channel, Audience: in})
	if err != nil {
		return nil, err
	}
	if in == room.Public {
		if seq, found, err := tx.startOf(ctx, log, s.Broadcast); err != nil || found {
			return []any{log, kind, seq, 0, millis(s.Until)}, err
		}
	}
	var before int64
	_, err = tx.one(ctx, `SELECT seq FROM event WHERE log = $1 AND at < $2 ORDER BY seq DESC LIMIT 1`,
		[]any{log, millis(s.From.Add(-insight.Drift))}, &before)
	return []any{log, kind, before, millis(s.From), millis(s.Until)}, err
}

// startOf finds where the channel's public log says that a live began, from the end
// backwards: that of the open live, or of the last, is the first that is met.
func (tx *Tx) startOf(ctx context.Context, log ident.Log, id ident.Broadcast) (seq int64, found bool, err error) {
	kind, _ := event.LiveStarted{}.EventKind()
	for seq = math.MaxInt64; ; {
		var started event.LiveStarted
		met := false
		err := tx.each(ctx, `SELECT seq, body FROM event WHERE log = $1 AND kind = $2 AND seq < $3 ORDER BY seq DESC LIMIT 1`,
			[]any{log, kind, seq}, func(scan func(...any) error) (err error) {
				met = true
				started, err = scanned[event.LiveStarted](func(body ...any) error { return scan(&seq, body[0]) })
				return err
			})
		if err != nil || !met || started.Broadcast == id {
			return seq, met, err
		}
	}
}

func (tx *Tx) countIn(ctx context.Context, s insight.Span, in room.Audience, of event.Payload) (n int, err error) {
	args, err := tx.sinceOf(ctx, s, in, of)
	if err != nil {
		return 0, err
	}
	_, err = tx.one(ctx, `SELECT COUNT(*)`+since, args, &n)
	return n, err
}

// FollowersIn implements insight.Tx. Who came and went and came counts once.
func (tx *Tx) FollowersIn(ctx context.Context, s insight.Span) (n int, err error) {
	args, err := tx.sinceOf(ctx, s, room.Business, event.FollowBegan{})
	if err != nil {
		return 0, err
	}
	people := map[ident.Account]bool{}
	err = tx.each(ctx, `SELECT e.body`+since, args, func(scan func(...any) error) error {
		began, err := scanned[event.FollowBegan](scan)
		people[began.Account] = true
		return err
	})
	return len(people), err
}

// GiftsIn implements insight.Tx.
func (tx *Tx) GiftsIn(ctx context.Context, s insight.Span) (n int, err error) {
	args, err := tx.sinceOf(ctx, s, room.Public, event.GiftGiven{})
	if err != nil {
		return 0, err
	}
	err = tx.each(ctx, `SELECT e.body`+since, args, func(scan func(...any) error) error {
		given, err := scanned[event.GiftGiven](scan)
		n += given.People
		return err
	})
	return n, err
}

// scanned reads the payload of an event whose body is the one column of a row.
func scanned[P event.Payload](scan func(...any) error) (p P, err error) {
	var body string
	if err := scan(&body); err != nil {
		return p, err
	}
	env, err := event.Decode([]byte(body))
	if err != nil {
		return p, err
	}
	p, ok := event.As[P](env)
	if !ok {
		return p, fmt.Errorf("count events: a row of another kind, %s", env.Kind)
	}
	return p, nil
}

// SignUpsIn implements insight.Tx.
func (tx *Tx) SignUpsIn(ctx context.Context, s insight.Span) (n int, err error) {
	_, err = tx.one(ctx, `SELECT COUNT(DISTINCT account) FROM access_grant WHERE channel = $1 AND source = 'subscription' AND starts >= $2 AND starts < $3`,
		[]any{s.Channel, millis(s.From), millis(s.Until)}, &n)
	return n, err
}

// SalesIn implements insight.Tx. The earlier charge is found by the index of the
// subscription's sales.
func (tx *Tx) SalesIn(ctx context.Context, s insight.Span) ([]insight.Sales, error) {
	var out []insight.Sales
	err := tx.each(ctx, `SELECT currency, COUNT(*), CAST(SUM(total_minor - refunded_minor) AS BIGINT) FROM sale s
		WHERE channel = $1 AND at >= $2 AND at < $3 AND NOT (kind = 'period' AND EXISTS (
			SELECT 1 FROM sale o WHERE o.subscription = s.subscription AND o.subscription <> '' AND o.at < s.at))
		GROUP BY currency ORDER BY currency`,
		[]any{s.Channel, millis(s.From), millis(s.Until)}, func(scan func(...any) error) error {
			var sold insight.Sales
			err := scan(&sold.Paid.Currency, &sold.Count, &sold.Paid.Minor)
			out = append(out, sold)
			return err
		})
	return out, err
}
