package channel

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// FollowPace returns the limit that a Pacer for one person in one channel should
// hold: enough for a change of mind, too little to fill the channel's log.
func FollowPace() (tries int, every time.Duration) { return 6, 10 * time.Second }

// Follow counts a person among the channel's followers from now on. Doing it
// again changes nothing, however often: they follow since the first time.
// Refusals: slow_down, and those of the gate.
func (s *Service) Follow(ctx context.Context, who ident.Account, id ident.Channel) error {
	paced := false // f may run more than once, and is one try
	return s.store.Update(ctx, func(tx Tx) error {
		facts, err := access.AllowIn(ctx, tx, access.Subject{Account: who, Channel: id}, access.Follow, s.now())
		if err != nil || !facts.Follows.IsZero() {
			return err
		}
		if !paced {
			if err := s.followPace(who, id); err != nil {
				return err
			}
			paced = true
		}
		changed, err := tx.PutFollower(ctx, id, who, s.now())
		if err != nil || !changed {
			return err
		}
		_, err = tx.Append(ctx, business(id, event.FollowBegan{Account: who}))
		return err
	})
}

func (s *Service) followPace(who ident.Account, id ident.Channel) error {
	if s.FollowPace == nil {
		return nil
	}
	err := s.FollowPace.Take(string(who) + "\x00" + string(id))
	if f := fault.Of(err); f != nil {
		return fault.New(fault.Limited, "slow_down", "You are following and leaving too fast. Please wait a moment.").After(f.RetryAfter)
	}
	return err
}

// Unfollow ends it, also for who is shut out: nobody is kept. How long they had
// followed is forgotten.
func (s *Service) Unfollow(ctx context.Context, who ident.Account, id ident.Channel) error {
	return s.store.Update(ctx, func(tx Tx) error {
		if err := tx.LockLogs(ctx, id); err != nil {
			return err
		}
		changed, err := tx.DropFollower(ctx, id, who)
		if err != nil || !changed {
			return err
		}
		_, err = tx.Append(ctx, business(id, event.FollowEnded{Account: who}))
		return err
	})
}
