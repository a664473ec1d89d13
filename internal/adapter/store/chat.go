package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
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
