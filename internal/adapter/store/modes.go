package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

const modeColumns = `slow, followers, followed_for, subscribers, emotes, only_once`

// scanModes scans what comes before the columns of modes into before.
func scanModes(scan func(...any) error, before ...any) (m room.Modes, err error) {
	var slow, followers, followedFor, subscribers, emotes, unique int64
	err = scan(append(before, &slow, &followers, &followedFor, &subscribers, &emotes, &unique)...)
	return room.Modes{
		Slow: time.Duration(slow) * time.Second, Followers: followers == 1, FollowedFor: time.Duration(followedFor) * time.Second,
		Subscribers: subscribers == 1, Emotes: emotes == 1, Unique: unique == 1,
	}, err
}

// Modes implements chat.Tx.
func (tx *Tx) Modes(ctx context.Context, at room.Address) (m room.Modes, err error) {
	err = tx.each(ctx, `SELECT `+modeColumns+` FROM chat_mode WHERE channel = $1 AND audience = $2`, []any{at.Channel, at.Audience},
		func(scan func(...any) error) (err error) {
			m, err = scanModes(scan)
			return err
		})
	return m, err
}

// PutModes implements chat.Tx. A room without modes has no row.
func (tx *Tx) PutModes(ctx context.Context, at room.Address, m room.Modes) error {
	if !m.On() {
		_, err := tx.exec(ctx, `DELETE FROM chat_mode WHERE channel = $1 AND audience = $2`, at.Channel, at.Audience)
		return err
	}
	told := m.Told()
	_, err := tx.exec(ctx, `INSERT INTO chat_mode (channel, audience, `+modeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (channel, audience) DO UPDATE SET slow = excluded.slow, followers = excluded.followers, followed_for = excluded.followed_for,
		subscribers = excluded.subscribers, emotes = excluded.emotes, only_once = excluded.only_once`,
		at.Channel, at.Audience, told.Slow, flag(told.Followers), told.FollowedFor, flag(told.Subscribers), flag(told.Emotes), flag(told.Unique))
	return err
}

// LastWritten implements chat.Tx. A message has a key, and keeps it when it is removed.
func (tx *Tx) LastWritten(ctx context.Context, writers []chat.Writer) (map[chat.Writer]time.Time, error) {
	type place struct {
		log    ident.Log
		author ident.Account
	}
	asked := make(map[place]chat.Writer, len(writers))
	var log, author []string
	for _, w := range distinct(writers) {
		id, err := tx.logID(ctx, w.Address)
		if err != nil {
			return nil, err
		}
		asked[place{id, w.Account}] = w
		log, author = append(log, string(id)), append(author, string(w.Account))
	}
	const query = `SELECT log, author, at FROM (SELECT log, author, (SELECT e.at FROM event e WHERE e.author = asked.author AND e.author <> ''
		AND e.log = asked.log AND e.key <> '' ORDER BY e.seq DESC LIMIT 1) AS at FROM asked) found WHERE at IS NOT NULL`
	out := map[chat.Writer]time.Time{}
	columns := []column{{name: "log", words: log}, {name: "author", words: author}}
	err := tx.over("asked", columns, func(with string, args []any) error {
		return tx.each(ctx, with+query, args, func(scan func(...any) error) error {
			var p place
			var at int64
			err := scan(&p.log, &p.author, &at)
			out[asked[p]] = fromMillis(at)
			return err
		})
	})
	return out, err
}

// wordColumns are words as a table that statements are handed.
func (tx *Tx) wordColumns(ctx context.Context, words []chat.Words) ([]column, map[ident.Log]room.Address, error) {
	var log, digest []string
	rooms := map[ident.Log]room.Address{}
	for _, w := range words {
		id, err := tx.logID(ctx, w.Address)
		if err != nil {
			return nil, nil, err
		}
		rooms[id] = w.Address
		log, digest = append(log, string(id)), append(digest, w.Digest)
	}
	return []column{{name: "log", words: log}, {name: "digest", words: digest}}, rooms, nil
}

// Said implements chat.Tx.
func (tx *Tx) Said(ctx context.Context, words []chat.Words, after time.Time) (map[chat.Words]bool, error) {
	out := map[chat.Words]bool{}
	columns, rooms, err := tx.wordColumns(ctx, distinct(words))
	if err != nil {
		return nil, err
	}
	const query = `SELECT log, digest, at FROM (SELECT log, digest,
		(SELECT s.at FROM said s WHERE s.log = asked.log AND s.digest = asked.digest) AS at FROM asked) found WHERE at IS NOT NULL`
	err = tx.over("asked", columns, func(with string, args []any) error {
		return tx.each(ctx, with+query, args, func(scan func(...any) error) error {
			var log ident.Log
			var w chat.Words
			var at int64
			if err := scan(&log, &w.Digest, &at); err != nil {
				return err
			}
			if w.Address = rooms[log]; at > millis(after) {
				out[w] = true
			}
			return nil
		})
	})
	return out, err
}

// PutSaid implements chat.Tx.
func (tx *Tx) PutSaid(ctx context.Context, words []chat.Words, at, forget time.Time) error {
	columns, rooms, err := tx.wordColumns(ctx, words)
	if err != nil || len(words) == 0 {
		return err
	}
	logs := make([]ident.Log, 0, len(rooms))
	for id := range rooms {
		logs = append(logs, id)
	}
	where, args := among(tx, 2, logs)
	if err := tx.r.later(ctx, statement{text: `DELETE FROM said WHERE at <= $1 AND log ` + where, args: append([]any{millis(forget)}, args...)}); err != nil {
		return err
	}
	times := make([]int64, len(words))
	for i := range times {
		times[i] = millis(at)
	}
	return tx.over("fresh", append(columns, column{name: "at", numbers: times}), func(with string, args []any) error {
		return tx.r.later(ctx, statement{text: with + `INSERT INTO said (log, digest, at) SELECT log, digest, at FROM fresh WHERE TRUE
			ON CONFLICT (log, digest) DO UPDATE SET at = excluded.at`, args: args})
	})
}

// WrittenSince implements chat.Tx.
func (tx *Tx) WrittenSince(ctx context.Context, at room.Address, since time.Time, limit int) ([]chat.Stored, error) {
	log, err := tx.logID(ctx, at)
	if err != nil {
		return nil, err
	}
	var out []chat.Stored
	posted, _ := event.MessagePosted{}.EventKind()
	err = tx.each(ctx, `SELECT seq, author, body FROM (SELECT seq, author, body, kind, at FROM event WHERE log = $1 ORDER BY seq DESC LIMIT $2) newest
		WHERE kind = $3 AND at > $4`, []any{log, limit, posted, millis(since)}, func(scan func(...any) error) error {
		s := chat.Stored{Event: event.Encoded{Log: log}}
		var body string
		err := scan(&s.Event.Seq, &s.Author, &body)
		s.Event.Bytes = []byte(body)
		out = append(out, s)
		return err
	})
	return out, err
}
