package sandbox

import (
	"context"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// CancelAtPeriodEnd implements subscription.Provider.
func (s *Sandbox) CancelAtPeriodEnd(ctx context.Context, ref string) error {
	return s.alive(ctx, ref, func(x sub, now time.Time) (sub, []string, error) {
		switch {
		case x.CancelAtPeriodEnd:
			return x, nil, nil
		case x.Status == subscription.StatusPastDue:
			x.Status, x.EndedAt = subscription.StatusEnded, now
			return x, []string{kindDeleted}, nil
		}
		x.CancelAtPeriodEnd, x.Next = true, subscription.Plan{}
		return x, []string{kindUpdated}, nil
	})
}

// Pause implements subscription.Provider.
func (s *Sandbox) Pause(ctx context.Context, ref string) error {
	return s.alive(ctx, ref, func(x sub, _ time.Time) (sub, []string, error) {
		if x.Paused {
			return x, nil, nil
		}
		x.Paused = true
		return x, []string{kindUpdated}, nil
	})
}

// Resume implements subscription.Provider.
func (s *Sandbox) Resume(ctx context.Context, ref string) error {
	return s.alive(ctx, ref, func(x sub, now time.Time) (sub, []string, error) {
		if !x.CancelAtPeriodEnd && !x.Paused {
			return x, nil, nil
		}
		if now.Before(x.PeriodEnd) {
			x.CancelAtPeriodEnd, x.Paused = false, false
			return x, []string{kindUpdated}, nil
		}
		if x.Behaviour == declinesLater {
			return x, nil, errDeclined()
		}
		x.CancelAtPeriodEnd, x.Paused = false, false
		x.Anchor, x.Counted = now, 0
		return s.rules().begin(x, now, now), []string{kindUpdated, kindPaid}, nil
	})
}

// End implements subscription.Provider.
func (s *Sandbox) End(ctx context.Context, ref string) error {
	err := s.alive(ctx, ref, func(x sub, now time.Time) (sub, []string, error) {
		x.Status, x.EndedAt = subscription.StatusEnded, now
		return x, []string{kindDeleted}, nil
	})
	if fault.Is(err, "subscription_ended") {
		return nil
	}
	return err
}

// PreviewChange implements subscription.Provider.
func (s *Sandbox) PreviewChange(ctx context.Context, ref string, to subscription.Plan) (subscription.Proration, error) {
	var p subscription.Proration
	err := s.Store.View(ctx, func(tx Tx) error {
		x, found, err := tx.SandboxSubscription(ctx, ref)
		if err != nil || !found {
			return orElse(err, errUnknown())
		}
		p = s.rules().prorate(x, to, s.Now())
		return nil
	})
	return p, err
}

// ChangeNow implements subscription.Provider.
func (s *Sandbox) ChangeNow(ctx context.Context, ref string, to subscription.Plan, key string) error {
	return s.alive(ctx, ref, func(x sub, now time.Time) (sub, []string, error) {
		if slices.Contains(x.Keys, key) {
			return x, nil, nil
		}
		if x.Behaviour == declinesLater {
			return x, nil, errDeclined()
		}
		r := s.rules()
		due := r.prorate(x, to, now).Due
		from := x.Plan
		x.Plan, x.Next = to, subscription.Plan{}
		x.Keys = remembered(x.Keys, key)
		if from.Interval == to.Interval {
			return r.charged(x, subscription.ChargeChange, due, now), []string{kindUpdated, kindPaid}, nil
		}
		x.Anchor, x.Counted = now, to.Interval.Months()
		x.Months += to.Interval.Months()
		x.PeriodStart, x.PeriodEnd = now, r.period.After(now, x.Counted)
		return r.charged(x, subscription.ChargePeriod, due, now), []string{kindUpdated, kindPaid}, nil
	})
}

// ChangeAtPeriodEnd implements subscription.Provider.
func (s *Sandbox) ChangeAtPeriodEnd(ctx context.Context, ref string, to subscription.Plan) error {
	return s.alive(ctx, ref, func(x sub, _ time.Time) (sub, []string, error) {
		if to.Tier == x.Plan.Tier && to.Interval == x.Plan.Interval {
			to = subscription.Plan{}
		}
		if x.Next == to {
			return x, nil, nil
		}
		x.Next = to
		return x, []string{kindUpdated}, nil
	})
}

// prorate counts what is left of the period that runs against the new plan, by
// the second, in the buyer's favour: within one interval the difference for the
// rest of the period, else a whole new period from now on.
func (r rules) prorate(x sub, to subscription.Plan, now time.Time) subscription.Proration {
	whole, left := x.PeriodEnd.Sub(x.PeriodStart), max(x.PeriodEnd.Sub(now), 0)
	share := func(minor int64) int64 {
		if whole <= 0 {
			return 0
		}
		return minor * int64(left/time.Millisecond) / int64(whole/time.Millisecond)
	}
	p := subscription.Proration{Credit: x.Plan.Price, Due: to.Price, RenewsAt: x.PeriodEnd}
	p.Credit.Minor = share(x.Plan.Price.Minor)
	if x.Plan.Interval == to.Interval {
		p.Due.Minor = max(share(to.Price.Minor)-p.Credit.Minor, 0)
		return p
	}
	p.Due.Minor = max(to.Price.Minor-p.Credit.Minor, 0)
	p.RenewsAt = r.period.After(now, to.Interval.Months())
	return p
}

// alive is change for what only a subscription that has not ended can do.
func (s *Sandbox) alive(ctx context.Context, ref string, act func(x sub, now time.Time) (sub, []string, error)) error {
	return s.change(ctx, ref, func(x sub) (sub, []string, error) {
		now := s.moment()
		x, told := s.rules().advance(x, now)
		if x.Status == subscription.StatusEnded {
			return x, told, fault.New(fault.Conflict, "subscription_ended", "This subscription's period has already ended.")
		}
		x, kinds, err := act(x, now)
		x.Due = s.rules().due(x)
		return x, append(told, kinds...), err
	})
}

// keysKept bounds the keys that a subscription remembers.
const keysKept = 32

func remembered(keys []string, key string) []string {
	keys = append(keys, key)
	return keys[max(len(keys)-keysKept, 0):]
}

func errDeclined() *fault.Fault {
	return fault.New(fault.Conflict, "card_declined", "The card was declined. Nothing was charged and nothing changed.")
}
