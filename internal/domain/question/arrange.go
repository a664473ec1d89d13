package question

import (
	"context"
	"slices"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// placeMax is the last place that a question can be moved to: an event names all
// that are placed.
const placeMax = 100

// MoveTo puts a waiting question at a place of the queue, 0 being the first. It
// stays there, and those before it too, whatever is voted for, until they are
// answered or the creator returns to the rule.
func (s *Service) MoveTo(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question, index int) ([]Question, error) {
	return s.arrange(ctx, by, channel, func(qs []Question) ([]ident.Question, error) {
		if !slices.ContainsFunc(qs, func(q Question) bool { return q.ID == id }) {
			return nil, notWaiting()
		}
		return moved(idsOf(qs), len(placedOf(qs)), id, min(index, placeMax-1)), nil
	})
}

// ByRule forgets where the creator moved questions.
func (s *Service) ByRule(ctx context.Context, by ident.Account, channel ident.Channel) ([]Question, error) {
	return s.arrange(ctx, by, channel, func([]Question) ([]ident.Question, error) { return []ident.Question{}, nil })
}

// arrange has choose say who is placed, in which order, and returns the queue as
// it is then.
func (s *Service) arrange(ctx context.Context, by ident.Account, channel ident.Channel, choose func([]Question) ([]ident.Question, error)) ([]Question, error) {
	var qs []Question
	err := s.store.Update(ctx, func(tx Tx) error {
		if _, err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		var err error
		if qs, err = queue(ctx, tx, Query{Channel: channel, By: by, States: []State{Waiting}, Limit: 2 * waitingLimit}); err != nil {
			return err
		}
		first, err := choose(qs)
		if err != nil {
			return err
		}
		before, public := placedOf(qs), placedOf(asked(qs, room.Public))
		if slices.Equal(first, before) {
			return nil
		}
		if err := place(ctx, tx, channel, qs, first); err != nil {
			return err
		}
		entries := []room.Entry{{Address: space(channel), Payload: event.QuestionsArranged{First: first}}}
		if now := placedOf(asked(qs, room.Public)); !slices.Equal(now, public) {
			entries = append(entries, room.Entry{Address: Address(channel, room.Public), Payload: event.QuestionsArranged{First: now}})
		}
		_, err = tx.Append(ctx, entries...)
		return err
	})
	return qs, err
}

// place writes who is placed, and sorts qs accordingly.
func place(ctx context.Context, tx Tx, channel ident.Channel, qs []Question, first []ident.Question) error {
	if err := tx.SetPlaces(ctx, channel, first); err != nil {
		return err
	}
	for i := range qs {
		qs[i].Place = slices.Index(first, qs[i].ID) + 1
	}
	slices.SortFunc(qs, compare)
	return nil
}

func idsOf(qs []Question) []ident.Question {
	ids := make([]ident.Question, 0, len(qs))
	for _, q := range qs {
		ids = append(ids, q.ID)
	}
	return ids
}

// placedOf returns those that the creator placed, of questions in their order.
func placedOf(qs []Question) []ident.Question {
	return idsOf(filter(qs, func(q Question) bool { return q.Place > 0 }))
}

// asked returns the questions that were asked in a room.
func asked(qs []Question, in room.Audience) []Question {
	return filter(qs, func(q Question) bool { return q.Room == in })
}

func filter(qs []Question, keep func(Question) bool) []Question {
	return slices.DeleteFunc(slices.Clone(qs), func(q Question) bool { return !keep(q) })
}
