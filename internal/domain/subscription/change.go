package subscription

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/buyer"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Preview is what a change of plan would do, as shown before it is confirmed.
type Preview struct {
	Plan Plan
	// Now says that the change is at once and costs Due; otherwise it waits for
	// the end of the period that is paid, and costs nothing today.
	Now       bool
	Proration Proration
	At        time.Time // when the change happens
}

// PreviewChange says what changing to another plan would do and cost. What is
// dearer by the month, or longer, begins at once; the rest at the period's end.
// Refusals: subscription_missing, subscription_ended, tier_missing,
// interval_not_sold, same_plan, currency_differs, change_later.
func (s *Service) PreviewChange(ctx context.Context, by ident.Account, id ident.Subscription, tier ident.Tier, i Interval) (Preview, error) {
	sub, p, to, err := s.changing(ctx, by, id, tier, i)
	if err != nil {
		return Preview{}, err
	}
	if !upgrade(sub.Plan, to) {
		return Preview{Plan: to, At: sub.PeriodEnd}, nil
	}
	due, err := previewChange(ctx, p, sub.Ref, to)
	return Preview{Plan: to, Now: true, Proration: due, At: s.Now()}, err
}

// Change changes the plan as PreviewChange said. Most is the highest sum that
// the buyer agreed to pay now; when the provider would take more, nothing
// happens. The key makes a charge happen once. Refusals: those of
// PreviewChange, price_moved, cap_reached, card_declined, and whatever the gate
// says about buying now.
func (s *Service) Change(ctx context.Context, by ident.Account, id ident.Subscription, tier ident.Tier, i Interval, most int64, key string) (Owned, error) {
	if len(key) == 0 || len(key) > keyMax {
		return Owned{}, fault.New(fault.Invalid, "key_invalid", "A key has 1 to %d characters.", keyMax)
	}
	sub, p, to, err := s.changing(ctx, by, id, tier, i)
	if err != nil {
		return Owned{}, err
	}
	if !upgrade(sub.Plan, to) {
		if err := ask(ctx, askTimeout, func(ctx context.Context) error { return p.ChangeAtPeriodEnd(ctx, sub.Ref, to) }); err != nil {
			return Owned{}, fmt.Errorf("subscription %s at %s: %w", id, sub.Provider, err)
		}
		return s.asked(ctx, by, sub)
	}
	due, err := previewChange(ctx, p, sub.Ref, to)
	if err != nil {
		return Owned{}, err
	}
	if due.Due.Minor > most {
		return Owned{}, fault.New(fault.Conflict, "price_moved", "The change would cost more now than was shown. Nothing was charged; please look again.")
	}
	wish := "change:" + string(sub.ID) + ":" + string(to.Tier) + ":" + string(to.Interval) // the same from another tab
	return s.charging(ctx, by, sub, buyer.Promise{Key: wish, Subscription: sub.ID, Price: due.Due}, func(ctx context.Context) error {
		return p.ChangeNow(ctx, sub.Ref, to, string(sub.ID)+":"+key)
	})
}

// dropLimit is how long forgetting a promise may take after its asker has left.
const dropLimit = 5 * time.Second

// charging asks the provider for what charges the holder of a subscription, if the
// gate lets them buy and their limit leaves room. The promise counts against it
// until it is known what became of the charge: then it is a sale, or nothing.
func (s *Service) charging(ctx context.Context, by ident.Account, sub Owned, promise buyer.Promise, want func(context.Context) error) (Owned, error) {
	promise.Account, promise.Made = by, s.Now()
	if err := s.Store.Update(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, sub.Channel, access.Subscribe); err != nil {
			return err
		}
		return buyer.Commit(ctx, tx, promise)
	}); err != nil {
		return Owned{}, err
	}
	is := Owned{}
	err := ask(ctx, askTimeout, want)
	known := uncharged(err)
	if err == nil {
		is, err = s.asked(ctx, by, sub)
		known = err == nil
	} else {
		err = fmt.Errorf("subscription %s at %s: %w", sub.ID, sub.Provider, err)
	}
	if !known {
		return is, err // it may have been charged, and we have not heard of it
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropLimit) // whoever asked may have left
	defer cancel()
	dropped := s.Store.Update(ctx, func(tx Tx) error { return tx.DropPromise(ctx, promise.Key) })
	return is, orElse(err, dropped)
}

// uncharged reports an answer of a provider after which nothing is charged.
func uncharged(err error) bool {
	f := fault.Of(err)
	return errors.Is(err, ErrRefused) || (f != nil && f.Kind != fault.Unavailable)
}

func previewChange(ctx context.Context, p Provider, ref string, to Plan) (due Proration, err error) {
	err = ask(ctx, fetchTimeout, func(ctx context.Context) (err error) {
		due, err = p.PreviewChange(ctx, ref, to)
		return err
	})
	return due, err
}

// KeepPlan takes back a change that waits for the period's end.
func (s *Service) KeepPlan(ctx context.Context, by ident.Account, id ident.Subscription) (Owned, error) {
	return s.wish(ctx, by, id, func(o Owned) bool { return o.Next == Plan{} }, func(p Provider, ctx context.Context, ref string) error {
		sub, err := s.owned(ctx, by, id)
		if err != nil {
			return err
		}
		return p.ChangeAtPeriodEnd(ctx, ref, sub.Plan)
	})
}

// changing finds who changes what into what.
func (s *Service) changing(ctx context.Context, by ident.Account, id ident.Subscription, tier ident.Tier, i Interval) (Owned, Provider, Plan, error) {
	sub, p, err := s.running(ctx, by, id)
	if err != nil {
		return sub, nil, Plan{}, err
	}
	var tiers []Tier
	var sales []Sale
	if err := s.Store.View(ctx, func(tx Tx) (err error) {
		if tiers, err = tx.TiersOf(ctx, sub.Channel); err == nil {
			sales, err = tx.SalesOfSubscription(ctx, id)
		}
		return err
	}); err != nil {
		return sub, nil, Plan{}, err
	}
	// What was taken back a provider would count as credit all the same.
	takenBack := !s.Now().Before(sub.AccessUntil) || sub.fell(sales)
	if sub.State != Active || sub.CancelAtPeriodEnd || takenBack {
		return sub, nil, Plan{}, fault.New(fault.Conflict, "change_later", "A plan can be changed while the subscription runs and is paid. Resume it first.")
	}
	at := slices.IndexFunc(tiers, func(t Tier) bool { return t.ID == tier && t.OnSale })
	if at < 0 {
		return sub, nil, Plan{}, errTier()
	}
	to, err := tiers[at].plan(i)
	switch {
	case err != nil:
		return sub, nil, Plan{}, err
	case to.Tier == sub.Plan.Tier && to.Interval == sub.Plan.Interval:
		return sub, nil, Plan{}, fault.New(fault.Conflict, "same_plan", "This is the plan you have.")
	case to.Price.Currency != sub.Plan.Price.Currency:
		return sub, nil, Plan{}, fault.New(fault.Conflict, "currency_differs", "This plan is sold in another currency. Cancel, and subscribe anew when the period ends.")
	}
	return sub, p, to, nil
}

// upgrade reports whether a change begins at once: to a dearer plan of the same
// length, or from months to years. Less, or shorter, waits until what is paid is
// used up, so that nobody loses what they paid for.
func upgrade(from, to Plan) bool {
	if from.Interval != to.Interval {
		return to.Interval == Year
	}
	return to.Price.Minor > from.Price.Minor
}
