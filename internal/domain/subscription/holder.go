package subscription

import (
	"context"
	"fmt"
	"strconv"

	"github.com/subspace-live/subspace/internal/domain/buyer"
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

// ByID returns one of the account's own subscriptions.
func (s *Service) ByID(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	return s.owned(ctx, by, id)
}

// Cancel stops further charges. What is paid stays open to the end of its
// period, to the second. Only the subscriber may; doing it again changes nothing.
func (s *Service) Cancel(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	return s.wish(ctx, by, id, func(o Owned) bool { return o.CancelAtPeriodEnd }, Provider.CancelAtPeriodEnd)
}

// Pause stops charges until Resume. What is paid stays open to its end.
func (s *Service) Pause(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	return s.wish(ctx, by, id, func(o Owned) bool { return o.State == Paused }, Provider.Pause)
}

// Resume takes a cancellation back while the period still runs, and ends a
// pause: when what was paid is over by then, the next period is charged now, once
// however many ask. Refusals: subscription_missing, subscription_ended, and when it
// charges cap_reached, card_declined, and whatever the gate says about buying now.
func (s *Service) Resume(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	sub, p, err := s.running(ctx, by, id)
	if err != nil || sub.State != Paused || s.Now().Before(sub.PeriodEnd) {
		return s.wish(ctx, by, id, func(o Owned) bool { return !o.CancelAtPeriodEnd && o.State != Paused }, Provider.Resume)
	}
	price := sub.Plan.Price
	if sub.Next != (Plan{}) {
		price = sub.Next.Price
	}
	key := "resume:" + string(id) + ":" + strconv.FormatInt(sub.PeriodEnd.UnixMilli(), 10)
	return s.charging(ctx, by, sub, buyer.Promise{Key: key, Subscription: id, Price: price}, func(ctx context.Context) error { return p.Resume(ctx, sub.Ref) })
}

// wish asks the provider and writes down its answer: not the wish but what came
// of it is shown to the subscriber.
func (s *Service) wish(ctx context.Context, by ident.Account, id ident.Subscription, done func(Owned) bool,
	want func(p Provider, ctx context.Context, ref string) error,
) (Owned, error) {
	sub, p, err := s.running(ctx, by, id)
	if err != nil || done(sub) {
		return sub, err
	}
	if err := ask(ctx, askTimeout, func(ctx context.Context) error { return want(p, ctx, sub.Ref) }); err != nil {
		return Owned{}, fmt.Errorf("subscription %s at %s: %w", id, sub.Provider, err)
	}
	return s.asked(ctx, by, sub)
}

// running is a subscription of by that has not ended, and who charges for it.
func (s *Service) running(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, Provider, error) {
	sub, err := s.owned(ctx, by, id)
	if err != nil {
		return Owned{}, nil, err
	}
	if sub.State == Ended {
		return Owned{}, nil, errEnded()
	}
	p, err := s.provider(sub.Provider)
	return sub, p, err
}

// asked is a subscription after its provider was asked for something.
func (s *Service) asked(ctx context.Context, by ident.Account, sub Owned) (Owned, error) {
	if _, err := s.Refresh(ctx, sub.Provider, sub.Ref); err != nil {
		return Owned{}, err
	}
	return s.owned(ctx, by, sub.ID)
}

// CardPage is where the subscriber changes the card; back is where that page
// leads afterwards. Empty: the provider has none.
func (s *Service) CardPage(ctx context.Context, by ident.Account, id ident.Subscription, back string) (string, error) {
	sub, p, err := s.running(ctx, by, id)
	if err != nil {
		return "", err
	}
	var page string
	err = ask(ctx, askTimeout, func(ctx context.Context) (err error) {
		page, err = p.CardPage(ctx, sub.Ref, back)
		return err
	})
	return page, err
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
