package store

import (
	"context"
	"fmt"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func (tx *Tx) questions(ctx context.Context, where string, args ...any) ([]question.Question, error) {
	var out []question.Question
	err := tx.each(ctx, `SELECT q.id, q.channel, q.asker, a.name, q.shown, q.text, q.state, q.asked, q.aired, q.answered
		FROM question q JOIN account a ON a.id = q.asker WHERE `+where, args, func(scan func(...any) error) error {
		var q question.Question
		var asked, aired, answered int64
		err := scan(&q.ID, &q.Channel, &q.Asker, &q.AskerName, &q.Shown, &q.Text, &q.State, &asked, &aired, &answered)
		q.AskedAt, q.AiredAt, q.AnsweredAt = fromMillis(asked), fromMillis(aired), fromMillis(answered)
		out = append(out, q)
		return err
	})
	return out, err
}

// InsertQuestion implements question.Tx.
func (tx *Tx) InsertQuestion(ctx context.Context, q question.Question, key string) (bool, error) {
	return tx.changed(ctx, `INSERT INTO question (id, channel, asker, key, shown, text, state, asked, aired, answered)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0) ON CONFLICT (channel, asker, key) DO NOTHING`,
		q.ID, q.Channel, q.Asker, key, q.Shown, q.Text, q.State, millis(q.AskedAt))
}

// QuestionByKey implements question.Tx.
func (tx *Tx) QuestionByKey(ctx context.Context, channel ident.Channel, asker ident.Account, key string) (question.Question, error) {
	qs, err := tx.questions(ctx, `q.channel = $1 AND q.asker = $2 AND q.key = $3`, channel, asker, key)
	if err == nil && len(qs) == 0 {
		err = fmt.Errorf("question of a used key is gone")
	}
	if err != nil {
		return question.Question{}, err
	}
	return qs[0], nil
}

// QuestionByID implements question.Tx.
func (tx *Tx) QuestionByID(ctx context.Context, channel ident.Channel, id ident.Question) (question.Question, bool, error) {
	qs, err := tx.questions(ctx, `q.channel = $1 AND q.id = $2`, channel, id)
	if err != nil || len(qs) == 0 {
		return question.Question{}, false, err
	}
	return qs[0], true, nil
}

// Questions implements question.Tx.
func (tx *Tx) Questions(ctx context.Context, channel ident.Channel, states []question.State, limit int) ([]question.Question, error) {
	args := append([]any{channel, limit}, anys(states)...)
	return tx.questions(ctx, `q.channel = $1 AND q.state IN `+listed(3, len(states))+` ORDER BY q.asked, q.id LIMIT $2`, args...)
}

// SetQuestion implements question.Tx.
func (tx *Tx) SetQuestion(ctx context.Context, q question.Question) error {
	_, err := tx.exec(ctx, `UPDATE question SET state = $1, aired = $2, answered = $3, text = $4, shown = $5 WHERE id = $6`,
		q.State, millis(q.AiredAt), millis(q.AnsweredAt), q.Text, q.Shown, q.ID)
	return err
}

// QuestionEvents implements question.Tx. The asker is kept beside each event
// that holds their words, also where they asked as 'a subscriber'.
func (tx *Tx) QuestionEvents(ctx context.Context, at room.Address, q question.Question) ([]int64, error) {
	var seqs []int64
	asked, _ := event.QuestionAsked{}.EventKind()
	aired, _ := event.QuestionAired{}.EventKind()
	err := tx.each(ctx, `SELECT e.seq, e.body FROM event e JOIN log l ON l.id = e.log
		WHERE l.channel = $1 AND l.audience = $2 AND e.author = $3 AND e.kind IN ($4, $5) ORDER BY e.seq`,
		[]any{at.Channel, at.Audience, q.Asker, asked, aired}, func(scan func(...any) error) error {
			var seq int64
			var body string
			if err := scan(&seq, &body); err != nil {
				return err
			}
			env, err := event.Decode([]byte(body))
			if err != nil {
				return err
			}
			a, _ := event.As[event.QuestionAsked](env)
			b, _ := event.As[event.QuestionAired](env)
			if a.Question == q.ID || b.Question == q.ID {
				seqs = append(seqs, seq)
			}
			return nil
		})
	return seqs, err
}

// OverlaySecret implements question.OverlayTx.
func (tx *Tx) OverlaySecret(ctx context.Context, channel ident.Channel) (string, bool, error) {
	var secret string
	ok, err := tx.one(ctx, `SELECT secret FROM overlay WHERE channel = $1`, []any{channel}, &secret)
	return secret, ok, err
}

// OverlayChannel implements question.OverlayTx.
func (tx *Tx) OverlayChannel(ctx context.Context, hash string) (ident.Channel, bool, error) {
	var id ident.Channel
	ok, err := tx.one(ctx, `SELECT channel FROM overlay WHERE hash = $1`, []any{hash}, &id)
	return id, ok, err
}

// PutOverlay implements question.OverlayTx.
func (tx *Tx) PutOverlay(ctx context.Context, channel ident.Channel, secret, hash string) error {
	_, err := tx.exec(ctx, `INSERT INTO overlay (channel, secret, hash, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (channel) DO UPDATE SET secret = excluded.secret, hash = excluded.hash, created = excluded.created`,
		channel, secret, hash, millis(tx.db.opt.Now()))
	return err
}

// DropOverlay implements question.OverlayTx.
func (tx *Tx) DropOverlay(ctx context.Context, channel ident.Channel) (bool, error) {
	return tx.changed(ctx, `DELETE FROM overlay WHERE channel = $1`, channel)
}
