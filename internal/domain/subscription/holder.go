package subscription

import (
	"context"
	"fmt"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// listLimit is how many subscriptions an account's page holds.
const listLimit = 200

// List returns the account's own subscriptions, newest first.
func (s *Service) List(ctx context.Context, by ident.Account) ([]Owned, error) {
	var out []Owned
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		out, err = tx.OwnedSubscriptions(ctx, by, listLimit)
		return err
	})
	return out, err
}

// Cancel stops further charges. What is paid stays open to the end of its
// period, to the second. Only the subscriber may; doing it again changes nothing.
func (s *Service) Cancel(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	return s.wish(ctx, by, id, true)
}

// Resume takes a cancellation back while the period still runs.
func (s *Service) Resume(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	return s.wish(ctx, by, id, false)
}

// wish asks the provider and writes down its answer: not the wish but what came
// of it is shown to the subscriber.
func (s *Service) wish(ctx context.Context, by ident.Account, id ident.Subscription, cancelled bool) (Owned, error) {
	sub, err := s.owned(ctx, by, id)
	switch {
	case err != nil:
		return Owned{}, err
	case sub.State == Ended:
		return Owned{}, errEnded()
	case sub.CancelAtPeriodEnd == cancelled:
		return sub, nil
	}
	p, err := s.provider(sub.Provider)
	if err != nil {
		return Owned{}, err
	}
	ask := p.Resume
	if cancelled {
		ask = p.CancelAtPeriodEnd
	}
	if err := ask(ctx, sub.Ref); err != nil {
		return Owned{}, fmt.Errorf("subscription %s at %s: %w", id, sub.Provider, err)
	}
	if _, err := s.Refresh(ctx, sub.Provider, sub.Ref); err != nil {
		return Owned{}, err
	}
	return s.owned(ctx, by, id)
}

func (s *Service) owned(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	var sub Owned
	err := s.Store.View(ctx, func(tx Tx) error {
		found, ok, err := tx.OwnedSubscription(ctx, id)
		if err == nil && (!ok || by == "" || found.Account != by) {
			err = errMissing()
		}
		sub = found
		return err
	})
	return sub, err
}
