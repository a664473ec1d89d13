package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/digest"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// How many of the newest events of a log a digest looks through, in the room and in
// each thread: what lies before is not counted, however much there is.
const (
	roomBack   = 1000
	threadBack = `100`
)

// VisitOf implements digest.Tx.
func (tx *Tx) VisitOf(ctx context.Context, by ident.Account, channel ident.Channel) (v digest.Visit, came bool, err error) {
	var since, until, last int64
	came, err = tx.one(ctx, `SELECT since, until, last FROM visit WHERE account = $1 AND channel = $2`+tx.forUpdate(), []any{by, channel}, &since, &until, &last)
	return digest.Visit{Since: fromMillis(since), Until: fromMillis(until), Last: fromMillis(last)}, came, err
}

// PutVisit implements digest.Tx. Of two at once the later stays.
func (tx *Tx) PutVisit(ctx context.Context, by ident.Account, channel ident.Channel, v digest.Visit) error {
	_, err := tx.exec(ctx, `INSERT INTO visit (account, channel, since, until, last) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account, channel) DO UPDATE SET since = excluded.since, until = excluded.until, last = excluded.last
		WHERE excluded.last >= visit.last`, by, channel, millis(v.Since), millis(v.Until), millis(v.Last))
	return err
}

// inThreads selects what others wrote into the threads of a window: $1 the channel,
// $2 the kind of thread, $3 the level, $4 and $5 the window, $6 whose own is left out,
// $7 the kind of event.
const inThreads = ` FROM thread t JOIN log l ON l.id = t.id JOIN event e ON e.log = t.id AND e.seq > l.head - ` + threadBack + `
	WHERE t.channel = $1 AND t.archived = 0 AND t.moved > $4 AND t.kind = $2 AND t.level <= $3
	AND e.at > $4 AND e.at <= $5 AND e.author <> $6 AND e.kind = $7`

func inThreadsOf(w digest.Window, kind room.ThreadKind) []any {
	posted, _ := event.MessagePosted{}.EventKind()
	return []any{w.Channel, kind, w.Level, millis(w.Since), millis(w.Until), w.By, posted}
}

// MissedUpdates implements digest.Tx.
func (tx *Tx) MissedUpdates(ctx context.Context, w digest.Window) ([]digest.Update, error) {
	var out []digest.Update
	err := tx.each(ctx, `SELECT t.id, t.title, t.prompt, g.posts, n.at, n.body,
		(SELECT count(*) FROM event f WHERE f.log = g.log AND f.seq = g.head - `+threadBack+` AND f.at > $4) FROM
		(SELECT e.log, max(l.head) AS head, count(*) AS posts, max(e.seq) AS newest`+inThreads+`
			GROUP BY e.log ORDER BY max(e.at) DESC, e.log LIMIT $8) g
		JOIN thread t ON t.id = g.log JOIN event n ON n.log = g.log AND n.seq = g.newest ORDER BY n.at DESC, t.id`,
		append(inThreadsOf(w, room.UpdateThread), digest.ListMax), func(scan func(...any) error) error {
			var u digest.Update
			var written, before int64
			var body string
			if err := scan(&u.ID, &u.Title, &u.Prompt, &u.Posts, &written, &body, &before); err != nil {
				return err
			}
			env, err := event.Decode([]byte(body))
			if err != nil {
				return err
			}
			m, _ := event.As[event.MessagePosted](env)
			u.Text, u.At, u.More = m.Text, fromMillis(written), before > 0
			out = append(out, u)
			return nil
		})
	return out, err
}

// MissedThreads implements digest.Tx.
func (tx *Tx) MissedThreads(ctx context.Context, w digest.Window) ([]digest.Thread, error) {
	var out []digest.Thread
	err := tx.each(ctx, `SELECT t.id, t.title, t.prompt FROM thread t
		WHERE t.channel = $1 AND t.archived = 0 AND t.moved > $4 AND t.kind = $2 AND t.level <= $3
		AND t.opened > $4 AND t.opened <= $5 AND t.opener <> $6 ORDER BY t.opened DESC, t.id DESC LIMIT $7`,
		[]any{w.Channel, room.TopicThread, w.Level, millis(w.Since), millis(w.Until), w.By, digest.ListMax}, func(scan func(...any) error) error {
			var t digest.Thread
			err := scan(&t.ID, &t.Title, &t.Prompt)
			out = append(out, t)
			return err
		})
	return out, err
}

// MissedPolls implements digest.Tx.
func (tx *Tx) MissedPolls(ctx context.Context, w digest.Window) ([]digest.Poll, error) {
	inside, err := tx.logID(ctx, room.Address{Channel: w.Channel, Audience: room.Space})
	if err != nil {
		return nil, err
	}
	ps, err := tx.polls(ctx, `WHERE p.log IN (SELECT CAST($1 AS TEXT) UNION ALL SELECT h.id FROM thread h WHERE h.channel = $2 AND h.archived = 0 AND h.level <= $3)
		AND ((p.opened > $4 AND p.opened <= $5) OR (p.closed > 0 AND p.closed > $4 AND p.closed <= $5))
		ORDER BY CASE WHEN p.closed > 0 THEN p.closed ELSE p.opened END DESC, p.id DESC LIMIT $6`,
		inside, w.Channel, w.Level, millis(w.Since), millis(w.Until), digest.ListMax)
	var out []digest.Poll
	for _, p := range ps {
		told := digest.Poll{ID: p.ID, Thread: p.Thread, Question: p.Question, ClosedAt: p.ClosedAt}
		for i, n := range p.Final {
			told.Options = append(told.Options, digest.Option{Text: p.Options[i], Votes: n})
		}
		out = append(out, told)
	}
	return out, err
}

// MissedAnswers implements digest.Tx.
func (tx *Tx) MissedAnswers(ctx context.Context, w digest.Window) ([]digest.Answer, error) {
	qs, err := tx.questions(ctx, w.By, `q.channel = $2 AND q.answered > 0 AND q.answered > $3 AND q.answered <= $4
		AND q.state = 'answered' AND q.merged_into = '' ORDER BY q.answered DESC, q.id DESC LIMIT $5`,
		w.Channel, millis(w.Since), millis(w.Until), digest.ListMax)
	var out []digest.Answer
	for _, q := range qs {
		out = append(out, digest.Answer{
			ID: q.ID, Text: q.Text, Mine: q.Asker == w.By, Reply: q.Reply.Text, At: q.AnsweredAt,
			Live: q.Reply.Text == "" && q.Aired.Broadcast != "", Offset: q.Aired.Offset,
		})
	}
	return out, err
}

// MissedMessages implements digest.Tx.
func (tx *Tx) MissedMessages(ctx context.Context, w digest.Window) (m digest.Missed, err error) {
	log, err := tx.LogAt(ctx, room.Address{Channel: w.Channel, Audience: room.Space})
	if err != nil {
		return m, err
	}
	args := append(inThreadsOf(w, room.TopicThread), roomBack, log.ID, log.Head-roomBack)
	var inRoom, inThread int64
	_, err = tx.one(ctx, `SELECT
		(SELECT count(*) FROM event e WHERE e.log = $9 AND e.seq > $10 AND e.kind = $7 AND e.author <> $6 AND e.at > $4 AND e.at <= $5),
		(SELECT count(*) FROM event e WHERE e.log = $9 AND e.seq = $10 AND e.at > $4),
		(SELECT count(*) FROM (SELECT 1`+inThreads+` LIMIT $8) came),
		(SELECT count(*) FROM thread t JOIN log l ON l.id = t.id JOIN event e ON e.log = t.id AND e.seq = l.head - `+threadBack+`
			WHERE t.channel = $1 AND t.archived = 0 AND t.moved > $4 AND t.kind = $2 AND t.level <= $3 AND e.at > $4)`,
		args, &m.Room, &inRoom, &m.Threads, &inThread)
	m.RoomMore, m.ThreadsMore = inRoom > 0, inThread > 0 || m.Threads == roomBack
	return m, err
}
