package question

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Vote says that somebody wants a waiting question answered too, or, with on
// false, that they do not any more. A person has one vote in a question, from
// however many pages; the asker has none in their own. It is kept when Vote
// returns. The room is sent totals, never votes.
func (s *Service) Vote(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question, on bool) (Question, error) {
	if err := s.votePace(by, channel); err != nil {
		return Question{}, err
	}
	var q Question
	changed := false
	err := s.store.Update(ctx, func(tx Tx) (err error) {
		if q, err = s.votable(ctx, tx, by, channel, id); err != nil {
			return err
		}
		if q.Voted == on {
			changed = false
			return nil
		}
		if changed, err = tx.SetVote(ctx, id, by, on); err != nil {
			return err
		}
		if q.Voted = on; on {
			q.Votes++
		} else {
			q.Votes--
		}
		return nil
	})
	if err == nil && changed && s.rules.Voted != nil {
		s.rules.Voted(q.Home(), id)
	}
	return q, err
}

// votable returns a question that by may vote on. Whoever may not read the room
// it stands in does not learn whether it exists.
func (s *Service) votable(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, id ident.Question) (Question, error) {
	if err := tx.LockLogs(ctx, channel); err != nil {
		return Question{}, err
	}
	q, ok, err := tx.QuestionByID(ctx, channel, id, by)
	if err != nil {
		return Question{}, err
	}
	act := access.VoteSpace
	if ok && q.Room == room.Public {
		act = access.VotePublic
	}
	if _, err := s.allowed(ctx, tx, by, channel, act); err != nil {
		return Question{}, err
	}
	switch {
	case !ok:
		return q, missing()
	case q.Asker == by:
		return q, fault.New(fault.Conflict, "own_question", "It is your own question: it has no vote of yours.")
	case q.State != Waiting:
		return q, notWaiting()
	}
	live, _, err := tx.BroadcastNow(ctx, channel)
	q.Stands = standing(q, live.Started)
	return q, err
}

func (s *Service) votePace(by ident.Account, channel ident.Channel) error {
	if s.rules.VotePace == nil {
		return nil
	}
	return slowly(s.rules.VotePace.Take(string(by)+"\x00"+string(channel)), "You are voting too fast. Please wait a moment.")
}

// Totals returns how many votes questions have.
func (s *Service) Totals(ctx context.Context, ids []ident.Question) (totals map[ident.Question]int, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		totals, err = tx.VoteTotals(ctx, ids)
		return err
	})
	return totals, err
}
