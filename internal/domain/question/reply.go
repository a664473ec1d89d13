package question

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// ReplyInText answers a waiting question with words, which those who may read the
// question see under it. Staff may. The same words again change nothing.
func (s *Service) ReplyInText(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question, text string) (Question, error) {
	text, err := s.rules.CleanText(text)
	if err != nil {
		return Question{}, err
	}
	return s.move(ctx, by, channel, id, access.Moderate, func(tx Tx, q *Question) ([]room.Entry, error) {
		switch {
		case q.State == Answered && q.Reply.By == by && q.Reply.Text == text:
			return nil, nil
		case q.State != Waiting:
			return nil, notWaiting()
		}
		author, err := s.author(ctx, tx, by, channel)
		if err != nil {
			return nil, err
		}
		q.Reply = Reply{Text: text, By: by, Name: author.Name}
		return []room.Entry{{Address: q.Home(), Author: by, Payload: event.QuestionReplied{Question: id, Author: author, Text: text}}}, s.answered(ctx, tx, q)
	})
}

// author returns somebody as they stand in a channel now.
func (s *Service) author(ctx context.Context, tx Tx, who ident.Account, channel ident.Channel) (event.Author, error) {
	names, err := tx.Names(ctx, []ident.Account{who})
	if err != nil {
		return event.Author{}, err
	}
	subject := access.Subject{Account: who, Channel: channel}
	facts, err := tx.Facts(ctx, []access.Subject{subject})
	return s.rules.Author(facts[subject], names[who], s.now()), err
}

// Untold returns the asker's questions that were answered and of which they have
// not been told, the newest first, leaving out those in a room that is shut to them.
func (s *Service) Untold(ctx context.Context, facts access.Facts) (qs []Question, err error) {
	if facts.Account == "" {
		return nil, nil
	}
	may := func(a access.Action) bool { return access.Decide(facts, a, s.now()).Allowed }
	err = s.store.View(ctx, func(tx Tx) error {
		found, err := tx.AnsweredUntold(ctx, facts.Channel, facts.Account)
		qs = filter(found, func(q Question) bool { return may(access.Reading(q.Room)) })
		return err
	})
	return qs, err
}

// Told notes that the asker knows of the answer: they are told once.
func (s *Service) Told(ctx context.Context, asker ident.Account, channel ident.Channel, id ident.Question) error {
	return s.store.Update(ctx, func(tx Tx) error {
		if _, err := s.allowed(ctx, tx, asker, channel, access.ReadPublic); err != nil {
			return err
		}
		return tx.SetTold(ctx, channel, asker, id)
	})
}
