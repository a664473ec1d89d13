package store

import (
	"context"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// selectQuestion asks for questions; $1 is whose votes are told.
const selectQuestion = `SELECT q.id, q.channel, q.room, q.audience, q.asker, a.name, q.shown, q.text, q.state, q.first_time, q.place,
	q.consented, q.published, q.asked, q.aired, q.answered, q.aired_in, q.aired_offset, q.answered_in, q.answered_offset,
	q.reply, q.replied_by, COALESCE(r.name, ''), q.merged_into, COALESCE(b.id, ''), COALESCE(b.title, ''), COALESCE(b.started, 0), COALESCE(b.ended, 0),
	(SELECT COUNT(*) FROM question_vote v WHERE v.question = q.id), (SELECT COUNT(*) FROM question_vote v WHERE v.question = q.id AND v.account = $1)
	FROM question q JOIN account a ON a.id = q.asker LEFT JOIN account r ON r.id = q.replied_by LEFT JOIN broadcast b ON b.id = q.broadcast WHERE `

// questions returns those that where selects; its arguments begin at $2.
func (tx *Tx) questions(ctx context.Context, by ident.Account, where string, args ...any) ([]question.Question, error) {
	var out []question.Question
	err := tx.each(ctx, selectQuestion+where, append([]any{by}, args...), func(scan func(...any) error) error {
		var q question.Question
		var first, voted, consented, published, asked, aired, answered, started, ended, airedMS, answeredMS int64
		err := scan(&q.ID, &q.Channel, &q.Room, &q.Audience, &q.Asker, &q.AskerName, &q.Shown, &q.Text, &q.State, &first, &q.Place,
			&consented, &published, &asked, &aired, &answered, &q.Aired.Broadcast, &airedMS, &q.Answered.Broadcast, &answeredMS,
			&q.Reply.Text, &q.Reply.By, &q.Reply.Name, &q.Merged, &q.Origin.ID, &q.Origin.Title, &started, &ended, &q.Votes, &voted)
		q.First, q.Voted = first == 1, voted == 1
		q.ConsentedAt, q.PublishedAt = fromMillis(consented), fromMillis(published)
		q.AskedAt, q.AiredAt, q.AnsweredAt = fromMillis(asked), fromMillis(aired), fromMillis(answered)
		q.Aired.Offset, q.Answered.Offset = time.Duration(airedMS)*time.Millisecond, time.Duration(answeredMS)*time.Millisecond
		q.Origin.Started, q.Origin.Ended = fromMillis(started), fromMillis(ended)
		out = append(out, q)
		return err
	})
	return out, err
}

// InsertQuestion implements question.Tx.
func (tx *Tx) InsertQuestion(ctx context.Context, q question.Question, key string) (bool, error) {
	return tx.changed(ctx, `INSERT INTO question (id, channel, asker, key, shown, text, state, asked, aired, answered, room, audience, first_time, broadcast, told)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, $10, $11, $12, 0) ON CONFLICT (channel, asker, key) DO NOTHING`,
		q.ID, q.Channel, q.Asker, key, q.Shown, q.Text, q.State, millis(q.AskedAt), q.Room, q.Audience, flag(q.First), q.Origin.ID)
}

// QuestionByKey implements question.Tx.
func (tx *Tx) QuestionByKey(ctx context.Context, channel ident.Channel, asker ident.Account, key string) (question.Question, error) {
	qs, err := tx.questions(ctx, asker, `q.channel = $2 AND q.asker = $3 AND q.key = $4`, channel, asker, key)
	if err == nil && len(qs) == 0 {
		err = fmt.Errorf("question of a used key is gone")
	}
	if err != nil {
		return question.Question{}, err
	}
	return qs[0], nil
}

// QuestionByID implements question.Tx.
func (tx *Tx) QuestionByID(ctx context.Context, channel ident.Channel, id ident.Question, by ident.Account) (question.Question, bool, error) {
	qs, err := tx.questions(ctx, by, `q.channel = $2 AND q.id = $3`, channel, id)
	if err != nil || len(qs) == 0 {
		return question.Question{}, false, err
	}
	return qs[0], true, nil
}

// Questions implements question.Tx.
func (tx *Tx) Questions(ctx context.Context, q question.Query, newest bool) ([]question.Question, error) {
	order := `q.asked, q.id`
	if newest {
		order = `CASE WHEN q.answered > 0 THEN q.answered ELSE q.asked END DESC, q.id DESC`
	}
	where := `q.channel = $2 AND q.merged_into = '' AND q.state IN ` + listed(4, len(q.States))
	if q.Open {
		where += ` AND (q.room = 'public' OR (q.audience = 'public' AND q.aired > 0 AND q.state IN ('on_air', 'answered')) OR (q.published > 0 AND q.state = 'answered'))`
	}
	args := append([]any{q.Channel, q.Limit}, anys(q.States)...)
	if q.AiredIn != "" {
		args = append(args, q.AiredIn)
		where += fmt.Sprintf(` AND q.aired_in = $%d`, len(args)+1) // the first is whose votes are asked for
	}
	return tx.questions(ctx, q.By, where+` ORDER BY `+order+` LIMIT $3`, args...)
}

// CountWaiting implements question.Tx.
func (tx *Tx) CountWaiting(ctx context.Context, at room.Address) (n int, err error) {
	_, err = tx.one(ctx, `SELECT COUNT(*) FROM question WHERE channel = $1 AND room = $2 AND state = 'waiting'`, []any{at.Channel, at.Audience}, &n)
	return n, err
}

// CountWaitingBy implements question.Tx.
func (tx *Tx) CountWaitingBy(ctx context.Context, at room.Address, asker ident.Account) (n int, err error) {
	_, err = tx.one(ctx, `SELECT COUNT(*) FROM question WHERE channel = $1 AND room = $2 AND state = 'waiting' AND asker = $3`,
		[]any{at.Channel, at.Audience, asker}, &n)
	return n, err
}

// NewToQueue implements question.Tx.
func (tx *Tx) NewToQueue(ctx context.Context, q question.Question) (bool, error) {
	if q.Shown == "" {
		return false, nil
	}
	var n int
	_, err := tx.one(ctx, `SELECT COUNT(*) FROM question WHERE channel = $1 AND asker = $2 AND state IN ('waiting', 'on_air', 'answered')
		AND shown <> '' AND (room = 'public' OR $3 = 'space')`, []any{q.Channel, q.Asker, string(q.Room)}, &n)
	return n == 0, err
}

// SetQuestion implements question.Tx.
func (tx *Tx) SetQuestion(ctx context.Context, q question.Question) error {
	_, err := tx.exec(ctx, `UPDATE question SET state = $1, aired = $2, answered = $3, text = $4, shown = $5, aired_in = $6, aired_offset = $7,
		answered_in = $8, answered_offset = $9, reply = $10, replied_by = $11, merged_into = $12, consented = $13, published = $14 WHERE id = $15`,
		q.State, millis(q.AiredAt), millis(q.AnsweredAt), q.Text, q.Shown, q.Aired.Broadcast, q.Aired.Offset.Milliseconds(),
		q.Answered.Broadcast, q.Answered.Offset.Milliseconds(), q.Reply.Text, q.Reply.By, q.Merged, millis(q.ConsentedAt), millis(q.PublishedAt), q.ID)
	return err
}

// QuestionEvents implements question.Tx. The asker is kept beside each event
// that holds their words, also where they asked as 'a subscriber'; beside the
// answer whoever wrote it.
func (tx *Tx) QuestionEvents(ctx context.Context, at room.Address, q question.Question) ([]int64, error) {
	var seqs []int64
	asked, _ := event.QuestionAsked{}.EventKind()
	aired, _ := event.QuestionAired{}.EventKind()
	replied, _ := event.QuestionReplied{}.EventKind()
	published, _ := event.QuestionPublished{}.EventKind()
	err := tx.each(ctx, `SELECT e.seq, e.body FROM event e JOIN log l ON l.id = e.log
		WHERE l.channel = $1 AND l.audience = $2 AND e.author IN ($3, $4) AND e.author <> '' AND e.kind IN ($5, $6, $7, $8) ORDER BY e.seq`,
		[]any{at.Channel, at.Audience, q.Asker, q.Reply.By, asked, aired, replied, published}, func(scan func(...any) error) error {
			var seq int64
			var body string
			if err := scan(&seq, &body); err != nil {
				return err
			}
			env, err := event.Decode([]byte(body))
			if err == nil && questionIn(env) == q.ID {
				seqs = append(seqs, seq)
			}
			return err
		})
	return seqs, err
}

// questionIn returns the question whose words an event holds.
func questionIn(env event.Envelope) ident.Question {
	if e, is := event.As[event.QuestionAsked](env); is {
		return e.Question
	}
	if e, is := event.As[event.QuestionAskedV1](env); is {
		return e.Question
	}
	if e, is := event.As[event.QuestionReplied](env); is {
		return e.Question
	}
	if e, is := event.As[event.QuestionPublished](env); is {
		return e.Question
	}
	e, _ := event.As[event.QuestionAired](env)
	return e.Question
}
