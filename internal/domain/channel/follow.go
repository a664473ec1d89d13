package channel

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Follow counts a person among the channel's followers from now on. Doing it
// again changes nothing: they follow since the first time.
func (s *Service) Follow(ctx context.Context, who ident.Account, id ident.Channel) error {
	return s.store.Update(ctx, func(tx Tx) error {
		if _, err := access.AllowIn(ctx, tx, access.Subject{Account: who, Channel: id}, access.Follow, s.now()); err != nil {
			return err
		}
		changed, err := tx.PutFollower(ctx, id, who, s.now())
		if err != nil || !changed {
			return err
		}
		_, err = tx.Append(ctx, business(id, event.FollowBegan{Account: who}))
		return err
	})
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
