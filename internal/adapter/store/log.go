package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// LockLogs locks the logs of the channels, by id, until the transaction ends; not
// those of threads, which are locked after them and one by one.
// Whoever decides on facts and then appends calls it first, so that a sanction
// and a post cannot pass each other. SQLite has one writer and needs no lock;
// there as here the logs are known from then on without asking again.
func (tx *Tx) LockLogs(ctx context.Context, channels ...ident.Channel) error {
	if len(channels) == 0 {
		return nil
	}
	where, args := among(tx, 1, distinct(channels))
	query := `SELECT id, channel, audience, head FROM log WHERE audience <> 'thread' AND channel ` + where + ` ORDER BY id` + tx.forUpdate()
	return tx.r.later(ctx, statement{query, args, func(scan func(...any) error) error {
		var l room.Log
		err := scan(&l.ID, &l.Channel, &l.Audience, &l.Head)
		tx.logs[l.Address] = &l
		return err
	}})
}

// Append implements room.Appender with sets: one update per log, one insert.
func (tx *Tx) Append(ctx context.Context, entries ...room.Entry) ([]event.Encoded, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	logs, err := tx.claim(ctx, entries)
	if err != nil {
		return nil, err
	}
	now := tx.db.opt.Now()
	out := make([]event.Encoded, 0, len(entries))
	rows := newEventRows(len(entries))
	for _, e := range entries {
		log := logs[e.Address]
		log.next++
		id := ident.Make[ident.Event](tx.db.ids)
		enc, err := event.Encode(log.id, log.next, id, now, e.Payload)
		if err != nil {
			return nil, err
		}
		rows.add(enc, id, now, e)
		out = append(out, enc)
	}
	if err := tx.over("fresh", rows.columns(), func(with string, args []any) error {
		return tx.r.later(ctx, statement{text: with + `INSERT INTO event (log, seq, id, kind, at, author, key, answers, body) SELECT * FROM fresh`, args: args})
	}); err != nil {
		return nil, err
	}
	for i, e := range entries {
		tx.appended = append(tx.appended, room.Bell{Address: e.Address, Level: logs[e.Address].level, Encoded: out[i]})
	}
	return out, nil
}

// eventRows is events about to be inserted, column by column.
type eventRows struct {
	log, id, kind, author, key, body []string
	seq, at, answers                 []int64
}

func newEventRows(n int) *eventRows {
	words := func() []string { return make([]string, 0, n) }
	numbers := func() []int64 { return make([]int64, 0, n) }
	return &eventRows{
		log: words(), id: words(), kind: words(), author: words(), key: words(), body: words(),
		seq: numbers(), at: numbers(), answers: numbers(),
	}
}

func (r *eventRows) add(enc event.Encoded, id ident.Event, at time.Time, e room.Entry) {
	kind, _ := e.Payload.EventKind()
	r.log, r.seq, r.id = append(r.log, string(enc.Log)), append(r.seq, enc.Seq), append(r.id, string(id))
	r.kind, r.at = append(r.kind, string(kind)), append(r.at, at.UnixMilli())
	r.author, r.key = append(r.author, string(e.Author)), append(r.key, e.Key)
	r.answers, r.body = append(r.answers, e.Answers), append(r.body, string(enc.Bytes))
}

func (r *eventRows) columns() []column {
	return []column{
		{name: "log", words: r.log},
		{name: "seq", numbers: r.seq},
		{name: "id", words: r.id},
		{name: "kind", words: r.kind},
		{name: "at", numbers: r.at},
		{name: "author", words: r.author},
		{name: "key", words: r.key},
		{name: "answers", numbers: r.answers},
		{name: "body", words: r.body},
	}
}

// claimed is a stretch of a log that a transaction may fill.
type claimed struct {
	id    ident.Log
	level int
	next  int64 // the last sequence that was used
}

// claim moves the heads of all logs that entries go to, in the order of their
// ids, and returns each log as it was before.
func (tx *Tx) claim(ctx context.Context, entries []room.Entry) (map[room.Address]*claimed, error) {
	count := map[ident.Log]int64{}
	byID := map[ident.Log]room.Address{}
	for _, e := range entries {
		id, err := tx.logID(ctx, e.Address)
		if err != nil {
			return nil, err
		}
		count[id]++
		byID[id] = e.Address
	}
	out := make(map[room.Address]*claimed, len(count))
	for _, id := range slices.Sorted(maps.Keys(count)) {
		head, err := tx.move(ctx, byID[id], id, count[id])
		if err != nil {
			return nil, fmt.Errorf("claim sequence of log %s: %w", id, err)
		}
		out[byID[id]] = &claimed{id, tx.logs[byID[id]].Level, head}
	}
	return out, nil
}

// move moves the head of a log by n, locks it and returns where it was.
func (tx *Tx) move(ctx context.Context, a room.Address, id ident.Log, n int64) (was int64, err error) {
	if l := tx.logs[a]; l != nil {
		was, l.Head = l.Head, l.Head+n
		return was, tx.r.later(ctx, statement{text: `UPDATE log SET head = head + $1 WHERE id = $2`, args: []any{n, id}})
	}
	l := &room.Log{ID: id, Address: a}
	ok, err := tx.one(ctx, `UPDATE log SET head = head + $1 WHERE id = $2 RETURNING level, head`, []any{n, id}, &l.Level, &l.Head)
	if err == nil && !ok {
		err = sql.ErrNoRows
	}
	if err != nil {
		return 0, err
	}
	tx.logs[a] = l
	return l.Head - n, nil
}

// logID returns the log at an address: its head may move, its identifier never does.
func (tx *Tx) logID(ctx context.Context, a room.Address) (ident.Log, error) {
	if _, err := tx.r.run(ctx); err != nil { // LockLogs may still be on its way
		return "", err
	}
	if l := tx.logs[a]; l != nil {
		return l.ID, nil
	}
	l, err := tx.LogAt(ctx, a)
	return l.ID, err
}

// LogAt returns the log at an address, or the fault 'channel_missing'; of a thread
// 'thread_missing'.
func (tx *Tx) LogAt(ctx context.Context, a room.Address) (room.Log, error) {
	l := room.Log{Address: a}
	where, args := `audience = $2`, []any{a.Channel, a.Audience}
	if a.Audience == room.ThreadRoom {
		where, args = `id = $2 AND audience = 'thread'`, []any{a.Channel, a.Thread}
	}
	ok, err := tx.one(ctx, `SELECT id, level, head FROM log WHERE channel = $1 AND `+where, args, &l.ID, &l.Level, &l.Head)
	if err == nil && !ok && a.Audience == room.ThreadRoom {
		return l, room.ThreadMissing()
	}
	if err == nil && !ok {
		err = fault.New(fault.Missing, "channel_missing", "There is no such channel.")
	}
	return l, err
}

// EventsAfter returns events above after, ascending.
func (tx *Tx) EventsAfter(ctx context.Context, log ident.Log, after int64, limit int) ([]event.Encoded, error) {
	return tx.events(ctx, `SELECT seq, body FROM event WHERE log = $1 AND seq > $2 ORDER BY seq LIMIT $3`, log, after, limit)
}

// EventsBefore returns the newest events below before, ascending; before 0 means the end.
func (tx *Tx) EventsBefore(ctx context.Context, log ident.Log, before int64, limit int) ([]event.Encoded, error) {
	if before <= 0 {
		before = 1 << 62
	}
	out, err := tx.events(ctx, `SELECT seq, body FROM event WHERE log = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`, log, before, limit)
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out, err
}

func (tx *Tx) events(ctx context.Context, query string, log ident.Log, cursor int64, limit int) ([]event.Encoded, error) {
	var out []event.Encoded
	err := tx.each(ctx, query, []any{log, cursor, limit}, func(scan func(...any) error) error {
		e := event.Encoded{Log: log}
		var body string
		err := scan(&e.Seq, &body)
		e.Bytes = []byte(body)
		out = append(out, e)
		return err
	})
	return out, err
}

// Logs reads stored logs for tails and history.
type Logs struct{ db *DB }

// Logs returns the reader of all logs.
func (db *DB) Logs() *Logs { return &Logs{db} }

// Since implements room.LogReader.
func (l *Logs) Since(ctx context.Context, log ident.Log, after int64, limit int) (out []event.Encoded, err error) {
	err = l.db.View(ctx, func(tx *Tx) error {
		out, err = tx.EventsAfter(ctx, log, after, limit)
		return err
	})
	return out, err
}

// Heads implements room.LogReader.
func (l *Logs) Heads(ctx context.Context, logs []ident.Log) (map[ident.Log]int64, error) {
	heads := make(map[ident.Log]int64, len(logs))
	if len(logs) == 0 {
		return heads, nil
	}
	err := l.db.View(ctx, func(tx *Tx) error {
		where, args := among(tx, 1, logs)
		return tx.each(ctx, `SELECT id, head FROM log WHERE id `+where, args, func(scan func(...any) error) error {
			var id ident.Log
			var head int64
			err := scan(&id, &head)
			heads[id] = head
			return err
		})
	})
	return heads, err
}

// Log returns the log at an address, its modes and what is pinned included. The head
// comes first: an event that changes them meanwhile is then above it, and is still to be heard.
func (l *Logs) Log(ctx context.Context, a room.Address) (log room.Log, err error) {
	err = l.db.View(ctx, func(tx *Tx) error {
		if log, err = tx.LogAt(ctx, a); err != nil {
			return err
		}
		if log.Modes, err = tx.Modes(ctx, a); err != nil {
			return err
		}
		log.Pinned, err = tx.pinned(ctx, log.ID)
		return err
	})
	return log, err
}

// Before returns the last sequence of the log at a that was written before a moment; 0
// when none was. It looks up some twenty rows of a log with a million: sequences and
// times go up together, but for clocks that differ a little.
func (l *Logs) Before(ctx context.Context, a room.Address, at time.Time) (seq int64, err error) {
	err = l.db.View(ctx, func(tx *Tx) error {
		log, err := tx.LogAt(ctx, a)
		if err != nil {
			return err
		}
		first := sort.Search(int(log.Head), func(i int) bool {
			var then int64
			found, rowErr := tx.one(ctx, `SELECT at FROM event WHERE log = $1 AND seq = $2`, []any{log.ID, i + 1}, &then)
			err = errors.Join(err, rowErr)
			return err != nil || (found && then >= millis(at))
		})
		seq = int64(first)
		return err
	})
	return seq, err
}

// Page returns a stretch of the log at a, at most limit long and in ascending
// order. With a cursor, zero included, it is the oldest that came after; with
// room.NoCursor it is the newest below before, or the newest of all when before
// is zero. A cursor beyond the head is refused with 'cursor_unknown'.
func (l *Logs) Page(ctx context.Context, a room.Address, after, before int64, limit int) (p room.Page, err error) {
	err = l.db.View(ctx, func(tx *Tx) error {
		log, err := tx.LogAt(ctx, a)
		if err != nil {
			return err
		}
		if after > log.Head {
			return room.CursorUnknown()
		}
		p = room.Page{Log: log.ID, Head: log.Head}
		if after > room.NoCursor {
			p.Events, err = tx.EventsAfter(ctx, log.ID, after, limit)
			p.More = len(p.Events) > 0 && p.Events[len(p.Events)-1].Seq < log.Head
			return err
		}
		p.Events, err = tx.EventsBefore(ctx, log.ID, before, limit)
		p.More = len(p.Events) > 0 && p.Events[0].Seq > 1
		return err
	})
	return p, err
}
