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
)

// Reconcile is Examine for who only wants to know whether it could be done.
func (s *Service) Reconcile(ctx context.Context) error {
	_, err := s.Examine(ctx)
	return err
}

// ReconcileCheckouts finds purchases whose event never came, and closes
// checkouts that nobody paid in time.
func (s *Service) ReconcileCheckouts(ctx context.Context) error {
	var troubles []error
	failures := map[string]int{} // in a row, by provider
	var after ident.Checkout
	for {
		var overdue []Checkout
		err := s.Store.View(ctx, func(tx Tx) (err error) {
			overdue, err = tx.OverdueCheckouts(ctx, s.Now(), s.Now().Add(-pendingPatience), after, reconcilePage)
			return err
		})
		if err != nil || len(overdue) == 0 {
			return errors.Join(append(troubles, err)...)
		}
		for _, c := range overdue {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if failures[c.Provider] >= patience {
				continue // it does not answer; the next round asks again
			}
			err := s.reconcileCheckout(ctx, c)
			if failures[c.Provider]++; !fault.Is(err, unavailable) {
				failures[c.Provider] = 0
			}
			if err != nil && !fault.Is(err, providerOff) {
				troubles = append(troubles, fmt.Errorf("reconcile checkout %s: %w", c.ID, err))
			}
		}
		after = overdue[len(overdue)-1].ID
	}
}

func (s *Service) reconcileCheckout(ctx context.Context, c Checkout) error {
	session, err := s.session(ctx, c)
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
