package subscription

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

const (
	// reconcilePage is how many rows are read at a time.
	reconcilePage = 100
	// pendingPatience is how old a checkout that waits for its event must be
	// before the provider is asked: the event is the way, asking mends.
	pendingPatience = time.Minute
	// askRarest is the longest between two questions about one checkout, and
	// checkoutsAsked how many of each provider's a round asks about.
	askRarest      = 15 * time.Minute
	checkoutsAsked = 100
)

// Reconcile is Examine for who only wants to know whether it could be done.
func (s *Service) Reconcile(ctx context.Context) error {
	_, err := s.Examine(ctx)
	return err
}

// ReconcileCheckouts finds purchases whose event never came, and closes
// checkouts that nobody paid in time. It asks about those whose turn has come, one
// after the other and checkoutsAsked of each provider at most, so that one that does
// not answer holds up no other: what is paid soon is found soon, and a page that
// somebody left open is asked about ever more rarely, once more when it has expired.
// What has expired at a provider that is off is closed unasked.
func (s *Service) ReconcileCheckouts(ctx context.Context) error {
	var due []Checkout
	err := s.Store.View(ctx, func(tx Tx) error {
		on := make([]string, len(s.Providers))
		due = nil
		for i, p := range s.Providers {
			on[i] = p.Name()
			of, err := tx.DueCheckouts(ctx, on[i], s.Now(), checkoutsAsked)
			if err != nil {
				return err
			}
			due = append(due, of...)
		}
		abandoned, err := tx.AbandonedCheckouts(ctx, on, s.Now(), checkoutsAsked)
		due = append(due, abandoned...)
		return err
	})
	if err != nil {
		return err
	}
	r := checkoutRound{s: s, failures: map[string]int{}}
	return r.ask(ctx, due, r.inTurn)
}

// everyCheckout is ReconcileCheckouts for all of them, whenever their turn is.
func (s *Service) everyCheckout(ctx context.Context) error {
	r := checkoutRound{s: s, failures: map[string]int{}}
	for after := ident.Checkout(""); ; {
		var overdue []Checkout
		err := s.Store.View(ctx, func(tx Tx) (err error) {
			overdue, err = tx.OverdueCheckouts(ctx, s.Now(), s.Now().Add(-pendingPatience), after, reconcilePage)
			return err
		})
		if err != nil || len(overdue) == 0 {
			return errors.Join(append(r.troubles, err)...)
		}
		if err := r.ask(ctx, overdue, s.reconcileCheckout); ctx.Err() != nil {
			return err
		}
		after = overdue[len(overdue)-1].ID
	}
}

// checkoutRound is one pass through unfinished checkouts.
type checkoutRound struct {
	s        *Service
	failures map[string]int // in a row, by provider
	troubles []error
}

// ask asks about one after the other. A provider that does not answer is asked no
// more in this round.
func (r *checkoutRound) ask(ctx context.Context, list []Checkout, about func(context.Context, Checkout) error) error {
	for _, c := range list {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.failures[c.Provider] >= patience {
			continue
		}
		err := about(ctx, c)
		if r.failures[c.Provider]++; !fault.Is(err, unavailable) {
			r.failures[c.Provider] = 0
		}
		if err != nil && !fault.Is(err, providerOff) {
			r.troubles = append(r.troubles, fmt.Errorf("reconcile checkout %s: %w", c.ID, err))
		}
	}
	return errors.Join(r.troubles...)
}

// inTurn asks about a checkout unless another node does. A question that failed
// does not count, but it is put again a minute later, after those of others.
func (r *checkoutRound) inTurn(ctx context.Context, c Checkout) error {
	now := r.s.Now()
	next := c.askedNext(now)
	take := func(c Checkout, asked int, at time.Time) (mine bool, err error) {
		err = r.s.Store.Update(ctx, func(tx Tx) error {
			mine, err = tx.TakeCheckout(ctx, c, asked, at)
			return err
		})
		return mine, err
	}
	mine, err := take(c, c.Asked+1, next)
	if err != nil || !mine {
		return err
	}
	if err = r.s.reconcileCheckout(ctx, c); fault.Is(err, unavailable) {
		taken := c
		taken.Asked, taken.AskAt = c.Asked+1, next
		_, back := take(taken, c.Asked, r.s.Now().Add(pendingPatience))
		return errors.Join(err, back)
	}
	return err
}

// askedNext is when a checkout is asked about again that is asked about now: after
// a minute, two, four, and so on, but as soon as it has expired.
func (c Checkout) askedNext(now time.Time) time.Time {
	wait := pendingPatience
	for i := 0; i < c.Asked && wait < askRarest; i++ {
		wait *= 2
	}
	next := now.Add(min(wait, askRarest))
	if now.Before(c.Expires) && next.After(c.Expires) {
		next = c.Expires
	}
	return next
}

func (s *Service) reconcileCheckout(ctx context.Context, c Checkout) error {
	session, err := s.session(ctx, c)
	if fault.Is(err, providerOff) && !s.Now().Before(c.Expires) {
		return s.shut(ctx, c) // should it have been paid, the event of it opens the door when the provider is back
	}
	if err != nil {
		return err
	}
	if err := s.follow(ctx, c, session); err != nil {
		return err
	}
	if s.Now().Before(c.Expires) || session.Subscription != "" || session.Charge != nil {
		return nil
	}
	// What was completed just now is not undone by this, and nobody can pay later.
	_, err = s.giveUp(ctx, c)
	return err
}

// follow applies what a checkout led to.
func (s *Service) follow(ctx context.Context, c Checkout, session Session) error {
	if session.Charge != nil {
		return s.applyGift(ctx, c, *session.Charge)
	}
	if session.Subscription == "" {
		return nil
	}
	_, err := s.Refresh(ctx, c.Provider, session.Subscription)
	return err
}

// refreshCheckout asks about a checkout that an event told of, and settles the
// event.
func (s *Service) refreshCheckout(ctx context.Context, p Provider, ref string, t Turn) error {
	var c Checkout
	var ours bool
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		c, ours, err = tx.CheckoutByRef(ctx, p.Name(), ref)
		return err
	})
	if err != nil {
		return err
	}
	outcome := "foreign"
	if ours {
		outcome = "applied"
		session, err := s.session(ctx, c)
		if err != nil {
			return err
		}
		if err := s.follow(ctx, c, session); err != nil {
			return err
		}
		if session.Expired && c.Unfinished() {
			c.State, c.Reason = CheckoutExpired, ""
			if err := s.Store.Update(ctx, func(tx Tx) error { return tx.SetCheckout(ctx, c) }); err != nil {
				return err
			}
		}
	}
	return s.settle(ctx, p.Name(), checkoutPrefix+ref, t, outcome)
}

// session is the provider's side of c; none when the provider was never asked
// or has forgotten it.
func (s *Service) session(ctx context.Context, c Checkout) (Session, error) {
	if c.Ref == "" {
		return Session{}, nil
	}
	p, err := s.provider(c.Provider)
	if err != nil {
		return Session{}, err
	}
	session, err := fetchCheckout(ctx, p, c.Ref)
	if f := fault.Of(err); f != nil && f.Kind == fault.Missing {
		return Session{}, nil
	}
	return session, err
}

func fetchCheckout(ctx context.Context, p Provider, ref string) (session Session, err error) {
	err = ask(ctx, fetchTimeout, func(ctx context.Context) (err error) {
		session, err = p.FetchCheckout(ctx, ref)
		return err
	})
	if err == nil {
		err = session.sound()
	}
	return session, err
}
