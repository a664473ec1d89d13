package store

import (
	"context"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Names implements chat.Tx.
func (tx *Tx) Names(ctx context.Context, accounts []ident.Account) (map[ident.Account]string, error) {
	accounts = distinct(accounts)
	names := make(map[ident.Account]string, len(accounts))
	if len(accounts) == 0 {
		return names, nil
	}
	err := tx.each(ctx, `SELECT id, name FROM account WHERE id IN `+listed(1, len(accounts)), anys(accounts), func(scan func(...any) error) error {
		var id ident.Account
		var name string
		err := scan(&id, &name)
		names[id] = name
		return err
	})
	return names, err
}

// EventsByKey implements chat.Tx.
func (tx *Tx) EventsByKey(ctx context.Context, keys []chat.Key) (map[chat.Key]event.Encoded, error) {
	out := map[chat.Key]event.Encoded{}
	if len(keys) == 0 {
		return out, nil
	}
	args := make([]any, 0, 4*len(keys))
	for _, k := range keys {
		args = append(args, k.Channel, k.Audience, k.Author, k.Key)
	}
	query := `WITH asked (channel, audience, author, key) AS (VALUES ` + holders(len(keys), 4) + `)
		SELECT l.channel, l.audience, e.author, e.key, e.log, e.seq, e.body FROM asked
		JOIN log l ON l.channel = asked.channel AND l.audience = asked.audience
		JOIN event e ON e.log = l.id AND e.author = asked.author AND e.key = asked.key AND e.key <> ''`
	err := tx.each(ctx, query, args, func(scan func(...any) error) error {
		var k chat.Key
		var e event.Encoded
		var body string
		err := scan(&k.Channel, &k.Audience, &k.Author, &k.Key, &e.Log, &e.Seq, &body)
		e.Bytes = []byte(body)
		out[k] = e
		return err
	})
	return out, err
}

// EventsAt implements chat.Tx.
func (tx *Tx) EventsAt(ctx context.Context, places []chat.Place) (map[chat.Place]chat.Stored, error) {
	out := map[chat.Place]chat.Stored{}
	for _, p := range distinct(places) {
		var s chat.Stored
		var body string
		ok, err := tx.one(ctx, `SELECT e.author, e.log, e.body FROM event e JOIN log l ON l.id = e.log
			WHERE l.channel = $1 AND l.audience = $2 AND e.seq = $3`,
			[]any{p.Channel, p.Audience, p.Seq}, &s.Author, &s.Event.Log, &body)
		if err != nil {
			return nil, err
		}
		if ok {
			s.Event.Seq, s.Event.Bytes = p.Seq, []byte(body)
			out[p] = s
		}
	}
	return out, nil
}

// Entomb implements chat.Tx. The words are gone afterwards. Sequence and time
// stay, and so do author and key as columns that no reader is sent: a retry of a
// removed message must not bring it back.
func (tx *Tx) Entomb(ctx context.Context, at room.Address, seqs []int64, tomb event.MessageTombstone) error {
	if len(seqs) == 0 {
		return nil
	}
	log, err := tx.LogAt(ctx, at)
	if err != nil {
		return err
	}
	type grave struct {
		seq, at int64
		id      ident.Event
	}
	var graves []grave
	err = tx.each(ctx, `SELECT seq, at, id FROM event WHERE log = $1 AND seq IN `+listed(2, len(seqs)),
		append([]any{log.ID}, anys(seqs)...), func(scan func(...any) error) error {
			var g grave
			err := scan(&g.seq, &g.at, &g.id)
			graves = append(graves, g)
			return err
		})
	if err != nil {
		return err
	}
	kind, _ := tomb.EventKind()
	for _, g := range graves {
		enc, err := event.Encode(log.ID, g.seq, g.id, fromMillis(g.at), tomb)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE event SET kind = $1, body = $2 WHERE log = $3 AND seq = $4`,
			kind, string(enc.Bytes), log.ID, g.seq); err != nil {
			return err
		}
	}
	return nil
}

// RecentBy implements moderation.Tx: messages and questions, ascending.
func (tx *Tx) RecentBy(ctx context.Context, at room.Address, account ident.Account, since time.Time, limit int) ([]int64, error) {
	var seqs []int64
	message, _ := event.MessagePosted{}.EventKind()
	asked, _ := event.QuestionAsked{}.EventKind()
	err := tx.each(ctx, `SELECT e.seq FROM event e JOIN log l ON l.id = e.log
		WHERE l.channel = $1 AND l.audience = $2 AND e.author = $3 AND e.kind IN ($4, $5) AND e.at >= $6
		ORDER BY e.seq DESC LIMIT $7`, []any{at.Channel, at.Audience, account, message, asked, millis(since), limit}, func(scan func(...any) error) error {
		var seq int64
		err := scan(&seq)
		seqs = append(seqs, seq)
		return err
	})
	slices.Reverse(seqs)
	return seqs, err
}
