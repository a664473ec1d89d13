package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Names implements chat.Tx.
func (tx *Tx) Names(ctx context.Context, accounts []ident.Account) (map[ident.Account]string, error) {
	accounts = distinct(accounts)
	names := make(map[ident.Account]string, len(accounts))
	if len(accounts) == 0 {
		return names, nil
	}
	where, args := among(tx, 1, accounts)
	err := tx.each(ctx, `SELECT id, name FROM account WHERE id `+where, args, func(scan func(...any) error) error {
		var id ident.Account
		var name string
		err := scan(&id, &name)
		names[id] = name
		return err
	})
	return names, err
}

// EventsByKey implements chat.Tx. Each key is looked up for itself, though all in
// one statement: hardly one is there, and no plan but the index is ever right.
func (tx *Tx) EventsByKey(ctx context.Context, keys []chat.Key) (map[chat.Key]event.Encoded, error) {
	type place struct {
		log    ident.Log
		author ident.Account
		key    string
	}
	asked := make(map[place]chat.Key, len(keys))
	var log, author, key []string
	for _, k := range keys {
		id, err := tx.logID(ctx, k.Address)
		if fault.Of(err) != nil {
			continue // there is no such room, and nothing in it
		}
		if err != nil {
			return nil, err
		}
		asked[place{id, k.Author, k.Key}] = k
		log, author, key = append(log, string(id)), append(author, string(k.Author)), append(key, k.Key)
	}
	const query = `SELECT log, author, key, body FROM (SELECT log, author, key, (SELECT e.body FROM event e
		WHERE e.log = asked.log AND e.author = asked.author AND e.key = asked.key AND e.key <> '') AS body FROM asked) found
		WHERE body IS NOT NULL`
	out := map[chat.Key]event.Encoded{}
	columns := []column{{name: "log", words: log}, {name: "author", words: author}, {name: "key", words: key}}
	err := tx.over("asked", columns, func(with string, args []any) error {
		return tx.each(ctx, with+query, args, func(scan func(...any) error) error {
			var p place
			var body string
			if err := scan(&p.log, &p.author, &p.key, &body); err != nil {
				return err
			}
			env, err := event.Decode([]byte(body))
			out[asked[p]] = event.Encoded{Log: p.log, Seq: env.Seq, Bytes: []byte(body)}
			return err
		})
	})
	return out, err
}

// EventsAt implements chat.Tx, in the way of EventsByKey.
func (tx *Tx) EventsAt(ctx context.Context, places []chat.Place) (map[chat.Place]chat.Stored, error) {
	type place struct {
		log ident.Log
		seq int64
	}
	asked := make(map[place]chat.Place, len(places))
	var log []string
	var seq []int64
	for _, p := range distinct(places) {
		id, err := tx.logID(ctx, p.Address)
		if fault.Of(err) != nil {
			continue // there is no such room, and nothing in it
		}
		if err != nil {
			return nil, err
		}
		asked[place{id, p.Seq}] = p
		log, seq = append(log, string(id)), append(seq, p.Seq)
	}
	const query = `SELECT log, seq, author, body FROM (SELECT log, seq,
		(SELECT e.author FROM event e WHERE e.log = asked.log AND e.seq = asked.seq) AS author,
		(SELECT e.body FROM event e WHERE e.log = asked.log AND e.seq = asked.seq) AS body FROM asked) found
		WHERE body IS NOT NULL`
	out := map[chat.Place]chat.Stored{}
	if len(log) == 0 {
		return out, nil
	}
	err := tx.over("asked", []column{{name: "log", words: log}, {name: "seq", numbers: seq}}, func(with string, args []any) error {
		return tx.each(ctx, with+query, args, func(scan func(...any) error) error {
			var s chat.Stored
			var body string
			err := scan(&s.Event.Log, &s.Event.Seq, &s.Author, &body)
			s.Event.Bytes = []byte(body)
			out[asked[place{s.Event.Log, s.Event.Seq}]] = s
			return err
		})
	})
	return out, err
}
