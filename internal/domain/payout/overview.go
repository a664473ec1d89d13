package payout

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Listed is a payout with the number of its statement; empty: there is none.
type Listed struct {
	Payout
	Number string
}

// payoutsPage bounds one page of payouts.
const payoutsPage = 50

// Overview is what a creator sees of their money.
type Overview struct {
	Till     Till // the provider is empty when nobody pays here
	Rules    Rules
	Payee    Payee // its name is empty until they gave it
	Account  Account
	Balances []Balance
	Payouts  []Listed // the newest
	Now      time.Time
}

// Overview returns a channel's money. Only the owner may ask.
func (s *Service) Overview(ctx context.Context, by ident.Account, channel ident.Channel) (o Overview, err error) {
	o = Overview{Till: s.till(), Rules: s.Rules, Now: s.moment()}
	err = s.Store.View(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel); err != nil {
			return err
		}
		if o.Payee, _, err = tx.PayeeOf(ctx, channel); err != nil {
			return err
		}
		if o.Payouts, err = tx.PayoutsOf(ctx, channel, "", payoutsPage); err != nil || s.Payer == nil {
			return err
		}
		if o.Account, _, err = tx.AccountAt(ctx, channel, o.Till); err != nil {
			return err
		}
		o.Balances, _, err = s.balances(ctx, tx, channel, o.Now, false)
		return err
	})
	return o, err
}

// Payouts returns a page of a channel's payouts, newest first, after the one that
// ended the page before. Only the owner may ask.
func (s *Service) Payouts(ctx context.Context, by ident.Account, channel ident.Channel, after ident.Payout) (out []Listed, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel); err != nil {
			return err
		}
		out, err = tx.PayoutsOf(ctx, channel, after, payoutsPage)
		return err
	})
	return out, err
}
