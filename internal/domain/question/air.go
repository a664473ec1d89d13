package question

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// PutOnAir shows a waiting question to everybody. It refuses with 'on_air_taken'
// while another one is on air.
func (s *Service) PutOnAir(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.move(ctx, by, channel, id, access.RunChannel, func(tx Tx, q *Question) ([]room.Entry, error) {
		if q.State == OnAir {
			return nil, nil
		}
		if q.State != Waiting {
			return nil, notWaiting()
		}
		current, err := tx.Questions(ctx, channel, []State{OnAir}, 1)
		if err != nil {
			return nil, err
		}
		if len(current) > 0 {
			return nil, fault.New(fault.Conflict, "on_air_taken", "Another question is on air. Mark it answered or put it back first.")
		}
		q.State, q.AiredAt = OnAir, s.now()
		return both(channel, q.Asker, event.QuestionAired{Question: q.ID, Name: q.Shown, Text: q.Text}), nil
	})
}

// MarkAnswered takes a question off the air, answered. Doing it again changes nothing.
func (s *Service) MarkAnswered(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.move(ctx, by, channel, id, access.RunChannel, func(_ Tx, q *Question) ([]room.Entry, error) {
		switch q.State {
		case Answered:
			return nil, nil
		case OnAir:
			q.State, q.AnsweredAt = Answered, s.now()
			return both(channel, "", event.QuestionAnswered{Question: q.ID}), nil
		}
		return nil, fault.New(fault.Conflict, "not_on_air", "This question is not on air.")
	})
}

// PutBack takes a question off the air, back to its place in the queue.
func (s *Service) PutBack(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.move(ctx, by, channel, id, access.RunChannel, func(_ Tx, q *Question) ([]room.Entry, error) {
		switch q.State {
		case Waiting:
			return nil, nil
		case OnAir:
			q.State = Waiting
			return both(channel, "", event.QuestionReturned{Question: q.ID}), nil
		}
		return nil, fault.New(fault.Conflict, "not_on_air", "This question is not on air.")
	})
}

// Skip takes a waiting question out of the queue. Staff may.
func (s *Service) Skip(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.move(ctx, by, channel, id, access.Moderate, func(_ Tx, q *Question) ([]room.Entry, error) {
		switch q.State {
		case Skipped:
			return nil, nil
		case Waiting:
			q.State = Skipped
			return []room.Entry{{Address: space(channel), Payload: event.QuestionSkipped{Question: q.ID}}}, nil
		}
		return nil, notWaiting()
	})
}

// move loads a question for somebody who may act, lets change decide, and
// writes the new state together with its events.
func (s *Service) move(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question,
	act access.Action, change func(Tx, *Question) ([]room.Entry, error),
) (Question, error) {
	var q Question
	err := s.store.Update(ctx, func(tx Tx) error {
		if _, err := s.allowed(ctx, tx, by, channel, act); err != nil {
			return err
		}
		found, ok, err := tx.QuestionByID(ctx, channel, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Missing, "question_missing", "There is no such question.")
		}
		q = found
		entries, err := change(tx, &q)
		if err != nil || len(entries) == 0 {
			return err
		}
		if err := tx.SetQuestion(ctx, q); err != nil {
			return err
		}
		_, err = tx.Append(ctx, entries...)
		return err
	})
	return q, err
}

// both says the same in the public log and in the space. What stands in p must
// be fit for everybody. words is whose words are in it: kept beside the event, so
// that they can be hidden with the rest of theirs, and sent to nobody.
func both(channel ident.Channel, words ident.Account, p event.Payload) []room.Entry {
	return []room.Entry{{Address: public(channel), Author: words, Payload: p}, {Address: space(channel), Author: words, Payload: p}}
}

func notWaiting() *fault.Fault {
	return fault.New(fault.Conflict, "not_waiting", "This question is not waiting any more.")
}
