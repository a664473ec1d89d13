package store

import (
	"context"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// spot is a place as the tables name it.
type spot struct {
	log ident.Log
	seq int64
}

// spots names places as the tables do. What is in no log that exists is left out.
func (tx *Tx) spots(ctx context.Context, places []chat.Place) (map[spot]chat.Place, error) {
	logs, out := map[room.Address]ident.Log{}, make(map[spot]chat.Place, len(places))
	for _, p := range places {
		id, known := logs[p.Address]
		if !known {
			var err error
			id, err = tx.logID(ctx, p.Address)
			if f := fault.Of(err); err != nil && (f == nil || f.Kind != fault.Missing) {
				return nil, err
			}
			logs[p.Address] = id // empty: there is no such room
		}
		if id != "" {
			out[spot{id, p.Seq}] = p
		}
	}
	return out, nil
}

// reactionRows are reactions, column by column.
func reactionRows(at map[chat.Place]spot, all []chat.Reaction) []column {
	var log, emoji, account []string
	var seq []int64
	for _, r := range all {
		if s, ok := at[r.Place]; ok {
			log, seq = append(log, string(s.log)), append(seq, s.seq)
			emoji, account = append(emoji, string(r.Emoji)), append(account, string(r.By))
		}
	}
	return []column{{name: "log", words: log}, {name: "seq", numbers: seq}, {name: "emoji", words: emoji}, {name: "account", words: account}}
}

// reactionSpots returns the spots of reactions, both ways.
func (tx *Tx) reactionSpots(ctx context.Context, all []chat.Reaction) (map[spot]chat.Place, map[chat.Place]spot, error) {
	places := make([]chat.Place, len(all))
	for i, r := range all {
		places[i] = r.Place
	}
	spots, err := tx.spots(ctx, places)
	back := make(map[chat.Place]spot, len(spots))
	for s, p := range spots {
		back[p] = s
	}
	return spots, back, err
}

// Standing implements chat.ReactionTx.
func (tx *Tx) Standing(ctx context.Context, asked []chat.Reaction) (map[chat.Reaction]bool, error) {
	spots, at, err := tx.reactionSpots(ctx, asked)
	if err != nil {
		return nil, err
	}
	out := map[chat.Reaction]bool{}
	return out, tx.over("asked", reactionRows(at, asked), func(with string, args []any) error {
		return tx.each(ctx, with+`SELECT r.log, r.seq, r.emoji, r.account FROM asked a
			JOIN reaction r ON r.log = a.log AND r.seq = a.seq AND r.emoji = a.emoji AND r.account = a.account`, args, func(scan func(...any) error) error {
			var s spot
			var r chat.Reaction
			err := scan(&s.log, &s.seq, &r.Emoji, &r.By)
			r.Place = spots[s]
			out[r] = true
			return err
		})
	})
}

// PutReactions implements chat.ReactionTx.
func (tx *Tx) PutReactions(ctx context.Context, add, drop []chat.Reaction, now time.Time) error {
	_, at, err := tx.reactionSpots(ctx, slices.Concat(add, drop))
	if err != nil {
		return err
	}
	rows := reactionRows(at, add)
	rows = append(rows, column{name: "at", numbers: slices.Repeat([]int64{millis(now)}, len(rows[0].words))})
	if err := tx.over("fresh", rows, func(with string, args []any) error {
		_, err := tx.exec(ctx, with+`INSERT INTO reaction (log, seq, emoji, account, at) SELECT log, seq, emoji, account, at FROM fresh WHERE true
			ON CONFLICT (log, seq, emoji, account) DO NOTHING`, args...)
		return err
	}); err != nil {
		return err
	}
	return tx.over("gone", reactionRows(at, drop), func(with string, args []any) error {
		_, err := tx.exec(ctx, with+`DELETE FROM reaction WHERE (log, seq, emoji, account) IN (SELECT log, seq, emoji, account FROM gone)`, args...)
		return err
	})
}

// ReactionTotals implements chat.ReactionTx.
func (tx *Tx) ReactionTotals(ctx context.Context, places []chat.Place) (map[chat.Place]chat.Counts, error) {
	places = distinct(places)
	spots, err := tx.spots(ctx, places)
	if err != nil {
		return nil, err
	}
	out := make(map[chat.Place]chat.Counts, len(places))
	var log []string
	var seq []int64
	for s, p := range spots {
		out[p] = chat.Counts{}
		log, seq = append(log, string(s.log)), append(seq, s.seq)
	}
	return out, tx.over("asked", []column{{name: "log", words: log}, {name: "seq", numbers: seq}}, func(with string, args []any) error {
		return tx.each(ctx, with+`SELECT r.log, r.seq, r.emoji, COUNT(*) FROM asked a JOIN reaction r ON r.log = a.log AND r.seq = a.seq
			GROUP BY r.log, r.seq, r.emoji`, args, func(scan func(...any) error) error {
			var s spot
			var emoji chat.Emoji
			var n int
			err := scan(&s.log, &s.seq, &emoji, &n)
			out[spots[s]][emoji] = n
			return err
		})
	})
}

// ReactionsIn implements chat.ReactionTx.
func (tx *Tx) ReactionsIn(ctx context.Context, at room.Address, by ident.Account, from, to int64) ([]chat.Reacted, error) {
	log, err := tx.LogAt(ctx, at)
	if err != nil {
		return nil, err
	}
	found := map[int64]*chat.Reacted{}
	var out []*chat.Reacted
	err = tx.each(ctx, `SELECT seq, emoji, COUNT(*), SUM(CASE WHEN account = $4 THEN 1 ELSE 0 END) FROM reaction
		WHERE log = $1 AND seq >= $2 AND seq <= $3 GROUP BY seq, emoji ORDER BY seq`, []any{log.ID, from, to, string(by)}, func(scan func(...any) error) error {
		var seq int64
		var emoji chat.Emoji
		var n, mine int
		if err := scan(&seq, &emoji, &n, &mine); err != nil {
			return err
		}
		r := found[seq]
		if r == nil {
			r = &chat.Reacted{Seq: seq, Counts: chat.Counts{}}
			found[seq], out = r, append(out, r)
		}
		if r.Counts[emoji] = n; mine > 0 {
			r.Mine = append(r.Mine, emoji)
		}
		return nil
	})
	all := make([]chat.Reacted, len(out))
	for i, r := range out {
		slices.SortFunc(r.Mine, func(a, b chat.Emoji) int { return slices.Index(chat.Emojis(), a) - slices.Index(chat.Emojis(), b) })
		all[i] = *r
	}
	return all, err
}

// dropReactions takes away all that stands at messages which are no more.
func (tx *Tx) dropReactions(ctx context.Context, log ident.Log, seqs []int64) error {
	where, args := among(tx, 2, seqs)
	_, err := tx.exec(ctx, `DELETE FROM reaction WHERE log = $1 AND seq `+where, append([]any{log}, args...)...)
	return err
}

// brokenReactions looks for reactions to what is no message.
func (tx *Tx) brokenReactions(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Log ' || r.log || ' has reactions to ' || r.seq || ', where no message stands' FROM reaction r
		LEFT JOIN event e ON e.log = r.log AND e.seq = r.seq AND e.kind = 'message.posted' WHERE e.seq IS NULL GROUP BY r.log, r.seq ORDER BY r.log, r.seq`)
}
