package question

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Seen reports whether everybody has seen the question already: it was asked in
// public, or was on air for everybody.
func (q Question) Seen() bool {
	return q.Room == room.Public || (!q.Private() && !q.AiredAt.IsZero())
}

// Consent notes whether the asker allows that everybody reads their answered
// question with its answer. Only the asker may, and may take it back at any time: a
// question that was published is then taken back too. Saying what was said changes
// nothing. Refusals: question_missing, also to anybody else; not_answered,
// seen_already, slow_down for allowing it, never for taking it back, and those of
// the gate.
func (s *Service) Consent(ctx context.Context, asker ident.Account, channel ident.Channel, id ident.Question, on bool) (q Question, err error) {
	changed, paced := false, false // f may run more than once, and is one try
	err = s.store.Update(ctx, func(tx Tx) error {
		changed = false
		if _, err := s.allowed(ctx, tx, asker, channel, access.ReadPublic); err != nil {
			return err
		}
		var ok bool
		if q, ok, err = tx.QuestionByID(ctx, channel, id, asker); err != nil {
			return err
		}
		if !ok || q.Asker != asker || asker == "" {
			return missing()
		}
		if on == !q.ConsentedAt.IsZero() {
			return nil
		}
		if !on {
			changed = true
			q.ConsentedAt = time.Time{}
			return s.unpublish(ctx, tx, &q, "author")
		}
		if err := publishable(q); err != nil {
			return err
		}
		if !paced {
			if err := s.consentPace(asker, channel); err != nil {
				return err
			}
			paced = true
		}
		changed = true
		q.ConsentedAt = s.now()
		return tx.SetQuestion(ctx, q)
	})
	if err == nil && changed && s.rules.Consented != nil {
		s.rules.Consented(ctx, channel)
	}
	return q, err
}

// consentPace is that of questions, with a budget of its own: each change of mind
// reaches the creator's pages. Taking back needs none, for it follows an allowance.
func (s *Service) consentPace(asker ident.Account, channel ident.Channel) error {
	return slowly(s.pace.Take(string(asker)+"\x00"+string(channel)+"\x00consent"), "You are changing your mind too fast. Please wait a moment.")
}

// Publish has everybody read an answered question of the Sub Space, under the name
// its asker chose, and its answer in text. Only the creator may, and only with the
// asker's consent. Doing it again changes nothing. Refusals: question_missing,
// not_answered, seen_already, consent_missing, and those of the gate.
func (s *Service) Publish(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.publication(ctx, by, channel, id, func(tx Tx, owner access.Facts, q *Question) error {
		if !q.PublishedAt.IsZero() {
			return nil
		}
		if err := publishable(*q); err != nil {
			return err
		}
		if q.ConsentedAt.IsZero() {
			return fault.New(fault.Denied, "consent_missing", "Its asker has not allowed that everybody reads it.")
		}
		if err := s.record(ctx, tx, owner, audit.QuestionPublished, *q); err != nil {
			return err
		}
		q.PublishedAt = s.now()
		if err := tx.SetQuestion(ctx, *q); err != nil {
			return err
		}
		told := event.QuestionPublished{Question: q.ID, Name: q.Shown, Text: q.Text, Answer: q.Reply.Text, By: q.Reply.Name}
		_, err := tx.Append(ctx, room.Entry{Address: Address(q.Channel, room.Public), Author: q.Asker, Payload: told})
		return err
	})
}

// Unpublish takes a published question back. Only the creator may. Of one that is
// not published it changes nothing.
func (s *Service) Unpublish(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	return s.publication(ctx, by, channel, id, func(tx Tx, owner access.Facts, q *Question) error {
		if q.PublishedAt.IsZero() {
			return nil
		}
		if err := s.record(ctx, tx, owner, audit.QuestionTakenBack, *q); err != nil {
			return err
		}
		return s.unpublish(ctx, tx, q, "moderator")
	})
}

func (s *Service) publication(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question,
	change func(Tx, access.Facts, *Question) error,
) (q Question, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		owner, err := s.allowed(ctx, tx, by, channel, access.RunChannel)
		if err != nil {
			return err
		}
		var ok bool
		if q, ok, err = tx.QuestionByID(ctx, channel, id, by); err != nil {
			return err
		}
		if !ok {
			return missing()
		}
		return change(tx, owner, &q)
	})
	return q, err
}

// unpublish takes the words of a published question out of the public log, and
// keeps the rest of q as it is.
func (s *Service) unpublish(ctx context.Context, tx Tx, q *Question, by string) error {
	was := q.PublishedAt
	q.PublishedAt = time.Time{}
	if err := tx.SetQuestion(ctx, *q); err != nil || was.IsZero() {
		return err
	}
	gone, err := entomb(ctx, tx, Address(q.Channel, room.Public), *q, by)
	if err != nil || len(gone) == 0 {
		return err
	}
	_, err = tx.Append(ctx, gone...)
	return err
}

// publishable is why a question cannot be published, whoever asks for it.
func publishable(q Question) error {
	switch {
	case q.State != Answered || q.Text == "":
		return fault.New(fault.Conflict, "not_answered", "This question was not answered.")
	case q.Seen():
		return fault.New(fault.Conflict, "seen_already", "Everybody has seen this question already.")
	}
	return nil
}
