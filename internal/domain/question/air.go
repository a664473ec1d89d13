package question

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// PutOnAir shows a waiting question to everybody, or, when its answer is for
// subscribers only, to those inside. It refuses with 'on_air_taken' while another
// one is on air.
func (s *Service) PutOnAir(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.move(ctx, by, channel, id, access.RunQueue, func(tx Tx, q *Question) ([]room.Entry, error) {
		if q.State == OnAir {
			return nil, nil
		}
		if q.State != Waiting {
			return nil, notWaiting()
		}
		current, err := tx.Questions(ctx, Query{Channel: channel, States: []State{OnAir}, Limit: 1}, false)
		if err != nil {
			return nil, err
		}
		if len(current) > 0 {
			return nil, fault.New(fault.Conflict, "on_air_taken", "Another question is on air. Mark it answered or put it back first.")
		}
		live, on, err := tx.BroadcastNow(ctx, channel)
		if err != nil {
			return nil, err
		}
		q.State, q.AiredAt = OnAir, s.now()
		q.Aired = live.at(q.AiredAt)
		if on {
			if err := tx.BeginAiring(ctx, id, live.ID, q.AiredAt); err != nil {
				return nil, err
			}
		}
		return told(*q, q.Asker, event.QuestionAired{Question: q.ID, Name: q.Shown, Text: q.Text}), nil
	})
}

// MarkAnswered takes a question off the air, answered. Doing it again changes nothing.
func (s *Service) MarkAnswered(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.move(ctx, by, channel, id, access.RunQueue, func(tx Tx, q *Question) ([]room.Entry, error) {
		switch q.State {
		case Answered:
			return nil, nil
		case OnAir:
			if err := s.answered(ctx, tx, q); err != nil {
				return nil, err
			}
			return told(*q, "", event.QuestionAnswered{Question: q.ID}), tx.EndAiring(ctx, id, s.now())
		}
		return nil, notOnAir()
	})
}

// answered makes a question answered now.
func (s *Service) answered(ctx context.Context, tx Tx, q *Question) error {
	live, _, err := tx.BroadcastNow(ctx, q.Channel)
	q.State, q.AnsweredAt = Answered, s.now()
	q.Answered = live.at(q.AnsweredAt)
	return err
}

// PutBack takes a question off the air, back to its place in the queue.
func (s *Service) PutBack(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.move(ctx, by, channel, id, access.RunQueue, func(tx Tx, q *Question) ([]room.Entry, error) {
		switch q.State {
		case Waiting:
			return nil, nil
		case OnAir:
			q.State = Waiting
			return told(*q, "", event.QuestionReturned{Question: q.ID}), tx.EndAiring(ctx, id, s.now())
		}
		return nil, notOnAir()
	})
}

// EndOfLive takes a question that is still on air when its live ends back to the
// queue: nobody answers it on camera any more, and the next live begins with it.
func (s *Service) EndOfLive(ctx context.Context, tx Tx, channel ident.Channel) error {
	current, err := tx.Questions(ctx, Query{Channel: channel, States: []State{OnAir}, Limit: 1}, false)
	if err != nil || len(current) == 0 {
		return err
	}
	q := current[0]
	q.State = Waiting
	if err := tx.SetQuestion(ctx, q); err != nil {
		return err
	}
	if err := tx.EndAiring(ctx, q.ID, s.now()); err != nil {
		return err
	}
	_, err = tx.Append(ctx, told(q, "", event.QuestionReturned{Question: q.ID})...)
	return err
}

// Skip takes a waiting question out of the queue. Staff may.
func (s *Service) Skip(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.move(ctx, by, channel, id, access.SkipQuestion, func(tx Tx, q *Question) ([]room.Entry, error) {
		switch q.State {
		case Skipped:
			return nil, nil
		case Waiting:
			actor, err := s.allowed(ctx, tx, by, channel, access.SkipQuestion)
			if err != nil {
				return nil, err
			}
			if err := s.record(ctx, tx, actor, audit.QuestionSkipped, *q); err != nil {
				return nil, err
			}
			q.State = Skipped
			return []room.Entry{{Address: q.Home(), Payload: event.QuestionSkipped{Question: q.ID}}}, nil
		}
		return nil, notWaiting()
	})
}

// record writes into the audit log what staff do to a question. Its words stay out.
func (s *Service) record(ctx context.Context, tx Tx, actor access.Facts, act audit.Act, q Question) error {
	e := audit.By(actor, act, s.now()).About(q.Asker, string(q.Room)+"/"+string(q.ID))
	e.Before = audit.State{"state": string(q.State), "asked": audit.Moment(q.AskedAt)}
	return tx.Record(ctx, e)
}

// move loads a question for somebody who may act, lets change decide, and
// writes the new state together with its events. Whose question comes to be
// answered is told so.
func (s *Service) move(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question,
	act access.Action, change func(Tx, *Question) ([]room.Entry, error),
) (Question, error) {
	var q Question
	var askers []ident.Account
	err := s.store.Update(ctx, func(tx Tx) error {
		askers = nil
		if _, err := s.allowed(ctx, tx, by, channel, act); err != nil {
			return err
		}
		found, ok, err := tx.QuestionByID(ctx, channel, id, by)
		if err != nil {
			return err
		}
		if !ok {
			return missing()
		}
		live, _, err := tx.BroadcastNow(ctx, channel)
		if err != nil {
			return err
		}
		found.Stands = standing(found, live.Started)
		q = found
		entries, err := change(tx, &q)
		if err != nil || len(entries) == 0 {
			return err
		}
		if err := tx.SetQuestion(ctx, q); err != nil {
			return err
		}
		if q.State == Answered {
			if askers, err = tx.AskersOf(ctx, id); err != nil {
				return err
			}
		}
		_, err = tx.Append(ctx, entries...)
		return err
	})
	if err == nil && s.rules.Answered != nil {
		for _, asker := range askers {
			s.rules.Answered(asker, channel)
		}
	}
	return q, err
}

// told says what becomes of a question on air to those who may have its answer:
// in the space, and unless it is for subscribers only, in the public log too. What
// stands in p must then be fit for everybody. words is whose words are in it: kept
// beside the event, so that they can be hidden with the rest of theirs, and sent to
// nobody.
func told(q Question, words ident.Account, p event.Payload) []room.Entry {
	inside := room.Entry{Address: space(q.Channel), Author: words, Payload: p}
	if q.Private() {
		return []room.Entry{inside}
	}
	return []room.Entry{{Address: Address(q.Channel, room.Public), Author: words, Payload: p}, inside}
}

func notWaiting() *fault.Fault {
	return fault.New(fault.Conflict, "not_waiting", "This question is not waiting any more.")
}

func notOnAir() *fault.Fault {
	return fault.New(fault.Conflict, "not_on_air", "This question is not on air.")
}

func missing() *fault.Fault {
	return fault.New(fault.Missing, "question_missing", "There is no such question.")
}
