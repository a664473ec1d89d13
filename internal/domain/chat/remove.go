package chat

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Remove takes a message away for everybody: its bytes become a tombstone and
// those who have it already are told. Its author and the channel's staff may.
// Removing it again changes nothing.
func (s *Service) Remove(ctx context.Context, by ident.Account, at Place) error {
	return s.store.Update(ctx, func(tx Tx) error {
		grade, err := s.mayRemove(ctx, tx, by, at)
		if err != nil || grade == "" {
			return err
		}
		if err := tx.Entomb(ctx, at.Address, []int64{at.Seq}, event.MessageTombstone{By: grade}); err != nil {
			return err
		}
		if _, err = tx.Append(ctx, room.Entry{
			Address: at.Address,
			Payload: event.MessageRemoved{Seqs: []int64{at.Seq}, By: grade},
		}); err != nil {
			return err
		}
		return unpin(ctx, tx, at, grade)
	})
}

// mayRemove returns as what by removes the message: 'author' or 'moderator', or
// empty when it is gone already. A stranger to the room learns nothing of it.
func (s *Service) mayRemove(ctx context.Context, tx Tx, by ident.Account, at Place) (string, error) {
	now := s.now()
	facts, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: at.Channel}, access.Reading(at.Audience), now)
	if err != nil {
		return "", err
	}
	if err := s.mayReadThread(ctx, tx, at.Address, facts); err != nil {
		return "", err
	}
	found, err := tx.EventsAt(ctx, []Place{at})
	if err != nil {
		return "", err
	}
	stored, ok := found[at]
	if !ok {
		return "", messageMissing()
	}
	env, err := event.Decode(stored.Event.Bytes)
	if err != nil {
		return "", err
	}
	if _, gone := event.As[event.MessageTombstone](env); gone {
		return "", nil
	}
	if _, is := event.As[event.MessagePosted](env); !is {
		return "", messageMissing()
	}
	if stored.Author == by && by != "" {
		return "author", nil
	}
	if f := access.Decide(facts, access.Moderate, now).Fault(now); f != nil {
		return "", f
	}
	return "moderator", nil
}
