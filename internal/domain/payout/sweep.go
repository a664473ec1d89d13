package payout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

const (
	sweepEvery = 10 * time.Second
	sweepLimit = 50
)

// Run pays out what is due until ctx ends, beginning with what an earlier run
// left on its way. failed hears of what could not be done; it will be tried again.
// Several nodes may do so at once.
func (s *Service) Run(ctx context.Context, failed func(error)) error {
	if s.Payer == nil {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for followed := (time.Time{}); ; {
		if now := s.Now(); !now.Before(followed.Add(followEvery)) {
			followed = now
			if _, err := s.Follow(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// Sweep does once what Run does: it asks about what is on its way, decides what
// is due, and asks for it to be paid.
func (s *Service) Sweep(ctx context.Context) error {
	if s.Payer == nil {
		return nil
	}
	var left []ident.Payout
	var accounts []Account
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		if left, err = tx.DuePayouts(ctx, s.till(), s.Now(), sweepLimit); err != nil || s.Rules.Interval == Off {
			return err
		}
		accounts, err = tx.DueAccounts(ctx, s.till(), s.Now(), sweepLimit)
		return err
	})
	troubles := []error{err}
	for _, id := range left {
		troubles = append(troubles, s.transfer(ctx, id))
	}
	for _, a := range accounts {
		if ctx.Err() != nil {
			break
		}
		if err := s.pay(ctx, a); err != nil {
			troubles = append(troubles, fmt.Errorf("pay out channel %s: %w", a.Channel, err))
		}
	}
	return errors.Join(troubles...)
}

// pay decides what of a channel is due and asks for it. The account is asked
// about first, so that nothing is decided which the provider would refuse.
func (s *Service) pay(ctx context.Context, a Account) error {
	something, now := !a.Payable, s.moment()
	err := s.Store.View(ctx, func(tx Tx) error {
		balances, last, err := s.balances(ctx, tx, a.Channel, now, false)
		for _, b := range balances {
			something = something || (b.due(now) && last[b.Currency].State != Decided)
		}
		return err
	})
	if err != nil {
		return err
	}
	if something {
		if _, err := s.check(ctx, a); err != nil {
			return errors.Join(err, s.postpone(ctx, a))
		}
	}
	decided, err := s.decide(ctx, a.Channel)
	troubles := []error{err}
	for _, p := range decided {
		troubles = append(troubles, s.transfer(ctx, p.ID))
	}
	return errors.Join(troubles...)
}

// postpone looks again later: the provider does not answer.
func (s *Service) postpone(ctx context.Context, a Account) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		is, found, err := tx.AccountAt(ctx, a.Channel, a.Till)
		if err != nil || !found || is.Due.After(s.Now()) {
			return err
		}
		is.Due = s.moment().Add(lookSoonest)
		return tx.PutAccount(ctx, is)
	})
}
