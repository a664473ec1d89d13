package question

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Merge takes a waiting question out of the queue because another that waits asks
// the same. Who voted for either has one vote in the other, and so has its asker,
// who is told when it is answered. Staff may. Both stand in the same room and ask
// for the same audience; otherwise words would come to people they are not for.
func (s *Service) Merge(ctx context.Context, by ident.Account, channel ident.Channel, id, into ident.Question) (Question, error) {
	var home room.Address
	q, err := s.move(ctx, by, channel, id, access.Moderate, func(tx Tx, q *Question) ([]room.Entry, error) {
		other, ok, err := tx.QuestionByID(ctx, channel, into, by)
		switch {
		case err != nil:
			return nil, err
		case !ok || id == into:
			return nil, missing()
		case q.Merged == into:
			return nil, nil
		case q.State != Waiting || other.State != Waiting:
			return nil, notWaiting()
		case q.Room != other.Room || q.Audience != other.Audience:
			return nil, fault.New(fault.Conflict, "merge_differs", "These questions are not for the same people, so they stay apart.")
		}
		if err := tx.MoveVotes(ctx, id, into); err != nil {
			return nil, err
		}
		if err := tx.MoveMerged(ctx, id, into); err != nil {
			return nil, err
		}
		if q.Asker != other.Asker {
			if _, err := tx.SetVote(ctx, into, q.Asker, true); err != nil {
				return nil, err
			}
		}
		q.State, q.Merged, home = Skipped, into, q.Home()
		return []room.Entry{{Address: home, Payload: event.QuestionMerged{Question: id, Into: into}}}, nil
	})
	if err == nil && home.Channel != "" && s.rules.Voted != nil {
		s.rules.Voted(home, into)
	}
	return q, err
}
