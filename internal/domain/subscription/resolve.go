package subscription

import (
	"context"
	"fmt"
)

// owner finds the subscription or checkout that the object of an event belongs
// to: the object itself, unless its provider knows better. Empty when it belongs
// to nothing of ours.
func owner(ctx context.Context, p Provider, object string) (string, error) {
	r, can := p.(Resolver)
	if !can {
		return object, nil
	}
	var owner string
	err := ask(ctx, fetchTimeout, func(ctx context.Context) (err error) {
		owner, err = r.Resolve(ctx, object)
		return err
	})
	if err != nil {
		err = fmt.Errorf("resolve %s %s: %w", p.Name(), object, err)
	}
	return owner, err
}

// refreshOwner refreshes what an object belongs to, and settles the object's own
// events once that is written down.
func (s *Service) refreshOwner(ctx context.Context, provider, object, owner string, t Turn, err error) (Subscription, error) {
	if err != nil {
		return Subscription{}, s.unfetched(ctx, provider, object, t, err)
	}
	if owner == "" {
		return Subscription{}, s.settle(ctx, provider, object, t, "foreign")
	}
	sub, err := s.Refresh(ctx, provider, owner)
	if err != nil {
		return sub, s.unfetched(ctx, provider, object, t, err)
	}
	return sub, s.settle(ctx, provider, object, t, "applied")
}
