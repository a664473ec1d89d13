package store

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

// InsertThread implements space.Tx. A thread and its log have one name.
func (tx *Tx) InsertThread(ctx context.Context, t space.Thread) error {
	if _, err := tx.exec(ctx, `INSERT INTO log (id, channel, audience, level, head) VALUES ($1, $2, $3, $4, 0)`,
		t.ID, t.Channel, room.ThreadRoom, t.Level); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `INSERT INTO thread (id, channel, kind, level, title, prompt, opener, opened, pinned, closed, archived, messages, last, moved)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12)`,
		t.ID, t.Channel, t.Kind, t.Level, t.Title, t.Prompt, t.OpenedBy, millis(t.OpenedAt),
		flag(t.Pinned), flag(t.Closed), flag(t.Archived), millis(t.MovedAt))
	return err
}

// SetThread implements space.Tx.
func (tx *Tx) SetThread(ctx context.Context, t space.Thread) error {
	_, err := tx.exec(ctx, `UPDATE thread SET title = $1, pinned = $2, closed = $3, archived = $4 WHERE id = $5`,
		t.Title, flag(t.Pinned), flag(t.Closed), flag(t.Archived), t.ID)
	return err
}

// threads returns threads as an account sees them. What is not read yet is
// counted in the log itself: removed messages are not among it.
func (tx *Tx) threads(ctx context.Context, by ident.Account, where string, args ...any) ([]space.Thread, error) {
	posted, _ := event.MessagePosted{}.EventKind()
	query := `SELECT t.id, t.channel, t.kind, t.level, t.title, t.prompt, t.opener, t.opened, t.pinned, t.closed, t.archived,
		t.messages, t.moved, l.head, COALESCE(s.seq, 0),
		(SELECT count(*) FROM (SELECT 1 FROM event e WHERE e.log = t.id AND e.seq > COALESCE(s.seq, 0) AND e.kind = $1 AND e.author <> $2 LIMIT 1000) new),
		COALESCE((SELECT e.body FROM event e WHERE e.log = t.id AND e.seq = t.last AND e.kind = $1), '')
		FROM thread t JOIN log l ON l.id = t.id LEFT JOIN reading s ON s.log = t.id AND s.account = $2 ` + where
	var out []space.Thread
	err := tx.each(ctx, query, append([]any{posted, by}, args...), func(scan func(...any) error) error {
		var t space.Thread
		var opened, moved, pinned, closed, archived int64
		var last string
		if err := scan(&t.ID, &t.Channel, &t.Kind, &t.Level, &t.Title, &t.Prompt, &t.OpenedBy, &opened, &pinned, &closed, &archived,
			&t.Messages, &moved, &t.Head, &t.Seen, &t.Unread, &last); err != nil {
			return err
		}
		t.OpenedAt, t.MovedAt = fromMillis(opened), fromMillis(moved)
		t.Pinned, t.Closed, t.Archived = pinned == 1, closed == 1, archived == 1
		if env, err := event.Decode([]byte(last)); err == nil {
			if m, is := event.As[event.MessagePosted](env); is {
				t.Last = &space.Line{Name: m.Author.Name, Text: m.Text}
			}
		}
		out = append(out, t)
		return nil
	})
	return out, err
}

// ThreadByID implements space.Tx.
func (tx *Tx) ThreadByID(ctx context.Context, channel ident.Channel, id ident.Thread) (space.Thread, bool, error) {
	ts, err := tx.threads(ctx, "", `WHERE t.channel = $3 AND t.id = $4`, channel, id)
	if err != nil || len(ts) == 0 {
		return space.Thread{}, false, err
	}
	return ts[0], true, nil
}

// Threads implements space.Tx.
func (tx *Tx) Threads(ctx context.Context, channel ident.Channel, by ident.Account, level int, archived bool, limit int) ([]space.Thread, error) {
	return tx.threads(ctx, by, `WHERE t.channel = $3 AND t.archived = $4 AND t.level <= $5
		ORDER BY t.pinned DESC, t.moved DESC, t.id DESC LIMIT $6`, channel, flag(archived), level, limit)
}

// CountOpenThreads implements space.Tx.
func (tx *Tx) CountOpenThreads(ctx context.Context, channel ident.Channel) (n int, err error) {
	_, err = tx.one(ctx, `SELECT count(*) FROM thread WHERE channel = $1 AND archived = 0`, []any{channel}, &n)
	return n, err
}

const threadColumns = `t.id, t.channel, t.kind, t.level, t.closed, t.archived`

func scanThread(scan func(...any) error, more ...any) (t room.Thread, err error) {
	var closed, archived int64
	err = scan(append([]any{&t.ID, &t.Channel, &t.Kind, &t.Level, &closed, &archived}, more...)...)
	t.Closed, t.Archived = closed == 1, archived == 1
	return t, err
}

// ThreadAt implements space.ReadingTx.
func (tx *Tx) ThreadAt(ctx context.Context, id ident.Thread) (t room.Thread, ok bool, err error) {
	err = tx.each(ctx, `SELECT `+threadColumns+` FROM thread t WHERE t.id = $1`, []any{id}, func(scan func(...any) error) error {
		ok = true
		t, err = scanThread(scan)
		return err
	})
	return t, ok, err
}

// LockThreads implements chat.ThreadTx. The logs are known from then on without
// asking again.
func (tx *Tx) LockThreads(ctx context.Context, at []room.Address) (map[ident.Thread]room.Thread, error) {
	out := map[ident.Thread]room.Thread{}
	if len(at) == 0 {
		return out, nil
	}
	ids, channels := make([]ident.Thread, len(at)), make([]ident.Channel, len(at))
	for i, a := range at {
		ids[i], channels[i] = a.Thread, a.Channel
	}
	where, args := among(tx, 1, distinct(ids))
	within, more := among(tx, 1+len(args), distinct(channels))
	args = append(args, more...)
	query := `SELECT ` + threadColumns + `, l.head FROM log l JOIN thread t ON t.id = l.id
		WHERE l.id ` + where + ` AND l.channel ` + within + ` ORDER BY l.id` + tx.forUpdateOf("l")
	err := tx.each(ctx, query, args, func(scan func(...any) error) error {
		var head int64
		t, err := scanThread(scan, &head)
		out[t.ID] = t
		tx.logs[t.Address()] = &room.Log{ID: ident.Log(t.ID), Address: t.Address(), Level: t.Level, Head: head}
		return err
	})
	return out, err
}

// CountPosts implements chat.ThreadTx.
func (tx *Tx) CountPosts(ctx context.Context, posts map[ident.Thread]chat.Posts) error {
	var ids []string
	var messages, last, at []int64
	for id, p := range posts {
		ids, messages, last, at = append(ids, string(id)), append(messages, p.Messages), append(last, p.Last), append(at, millis(p.At))
	}
	columns := []column{{name: "id", words: ids}, {name: "messages", numbers: messages}, {name: "last", numbers: last}, {name: "moved", numbers: at}}
	return tx.over("posts", columns, func(with string, args []any) error {
		_, err := tx.exec(ctx, with+`UPDATE thread SET
			messages = messages + (SELECT p.messages FROM posts p WHERE p.id = thread.id),
			last = (SELECT p.last FROM posts p WHERE p.id = thread.id),
			moved = (SELECT p.moved FROM posts p WHERE p.id = thread.id)
			WHERE id IN (SELECT p.id FROM posts p)`, args...)
		return err
	})
}

// ThreadsWrittenIn implements moderation.Tx.
func (tx *Tx) ThreadsWrittenIn(ctx context.Context, channel ident.Channel, account ident.Account, since time.Time) ([]ident.Thread, error) {
	var out []ident.Thread
	err := tx.each(ctx, `SELECT DISTINCT l.id FROM event e JOIN log l ON l.id = e.log
		WHERE e.author = $1 AND e.at >= $2 AND l.channel = $3 AND l.audience = $4 ORDER BY l.id`,
		[]any{account, millis(since), channel, room.ThreadRoom}, func(scan func(...any) error) error {
			var id ident.Thread
			err := scan(&id)
			out = append(out, id)
			return err
		})
	return out, err
}
