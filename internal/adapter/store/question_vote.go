package store

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
)

// SetVote implements question.Tx.
func (tx *Tx) SetVote(ctx context.Context, q ident.Question, by ident.Account, on bool) (bool, error) {
	if !on {
		return tx.changed(ctx, `DELETE FROM question_vote WHERE question = $1 AND account = $2`, q, by)
	}
	return tx.changed(ctx, `INSERT INTO question_vote (question, account, at) VALUES ($1, $2, $3) ON CONFLICT (question, account) DO NOTHING`,
		q, by, millis(tx.db.opt.Now()))
}

// MoveVotes implements question.Tx.
func (tx *Tx) MoveVotes(ctx context.Context, from, to ident.Question) error {
	if _, err := tx.exec(ctx, `INSERT INTO question_vote (question, account, at)
		SELECT q.id, v.account, v.at FROM question_vote v JOIN question q ON q.id = $2 WHERE v.question = $1 AND v.account <> q.asker
		ON CONFLICT (question, account) DO NOTHING`, from, to); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `DELETE FROM question_vote WHERE question = $1`, from)
	return err
}

// MoveMerged implements question.Tx.
func (tx *Tx) MoveMerged(ctx context.Context, from, to ident.Question) error {
	_, err := tx.exec(ctx, `UPDATE question SET merged_into = $2 WHERE merged_into = $1`, from, to)
	return err
}

// VoteTotals implements question.Tx.
func (tx *Tx) VoteTotals(ctx context.Context, ids []ident.Question) (map[ident.Question]int, error) {
	out := make(map[ident.Question]int, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	for _, id := range ids {
		out[id] = 0
	}
	where, args := among(tx, 1, ids)
	err := tx.each(ctx, `SELECT question, COUNT(*) FROM question_vote WHERE question `+where+` GROUP BY question`, args, func(scan func(...any) error) error {
		var id ident.Question
		var n int
		err := scan(&id, &n)
		out[id] = n
		return err
	})
	return out, err
}

// SetPlaces implements question.Tx.
func (tx *Tx) SetPlaces(ctx context.Context, channel ident.Channel, first []ident.Question) error {
	if _, err := tx.exec(ctx, `UPDATE question SET place = 0 WHERE channel = $1 AND place > 0`, channel); err != nil {
		return err
	}
	for i, id := range first {
		if err := tx.r.later(ctx, statement{text: `UPDATE question SET place = $1 WHERE id = $2`, args: []any{i + 1, id}}); err != nil {
			return err
		}
	}
	return nil
}

// AnsweredUntold implements question.Tx.
func (tx *Tx) AnsweredUntold(ctx context.Context, channel ident.Channel, asker ident.Account) ([]question.Question, error) {
	qs, err := tx.questions(ctx, asker, `q.told = 0 AND q.asker = $3 AND q.channel = $2 AND q.text <> '' AND
		(q.state = 'answered' OR EXISTS (SELECT 1 FROM question o WHERE o.id = q.merged_into AND o.state = 'answered'))
		ORDER BY q.asked DESC LIMIT 20`, channel, asker)
	for i := range qs {
		if qs[i].Merged == "" || err != nil {
			continue
		}
		var same question.Question // that was answered in its stead
		if same, _, err = tx.QuestionByID(ctx, channel, qs[i].Merged, asker); err == nil {
			qs[i].Reply, qs[i].Aired, qs[i].Answered, qs[i].AiredAt, qs[i].AnsweredAt = same.Reply, same.Aired, same.Answered, same.AiredAt, same.AnsweredAt
		}
	}
	return qs, err
}

// SetTold implements question.Tx.
func (tx *Tx) SetTold(ctx context.Context, channel ident.Channel, asker ident.Account, id ident.Question) error {
	_, err := tx.exec(ctx, `UPDATE question SET told = 1 WHERE id = $1 AND asker = $2 AND channel = $3`, id, asker, channel)
	return err
}

// AskersOf implements question.Tx.
func (tx *Tx) AskersOf(ctx context.Context, id ident.Question) ([]ident.Account, error) {
	var out []ident.Account
	err := tx.each(ctx, `SELECT DISTINCT asker FROM question WHERE id = $1 OR merged_into = $1`, []any{id}, func(scan func(...any) error) error {
		var asker ident.Account
		err := scan(&asker)
		out = append(out, asker)
		return err
	})
	return out, err
}
