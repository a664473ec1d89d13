package payout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// What is sold after a look is free after the holdback at the earliest; a dispute
// may end sooner. So it is looked again whether something can be paid out after
// the holdback, but neither all the time nor never.
const (
	lookSoonest = time.Minute
	lookLatest  = time.Hour
)

func (r Rules) lookEvery() time.Duration { return min(max(r.Holdback, lookSoonest), lookLatest) }

// decide writes down what may be paid out of a channel now, a payout for each
// currency, and moves it out of what the creator is owed. Whoever decides about
// the channel meanwhile waits, and finds it done.
func (s *Service) decide(ctx context.Context, channel ident.Channel) (decided []Payout, err error) {
	till, now := s.till(), s.moment()
	err = s.Store.Update(ctx, func(tx Tx) error {
		decided = nil
		account, found, err := tx.AccountAt(ctx, channel, till)
		if err != nil || !found || !account.Payable || account.Due.After(now) {
			return err
		}
		_, named, err := tx.PayeeOf(ctx, channel)
		if err != nil || !named {
			return err
		}
		balances, last, err := s.balances(ctx, tx, channel, now, true)
		if err != nil {
			return err
		}
		var txns []ledger.Transaction
		account.Due = now.Add(s.Rules.lookEvery())
		for _, b := range balances {
			if b.Next.After(now) && b.Next.Before(account.Due) {
				account.Due = b.Next
			}
			if !b.due(now) || last[b.Currency].State == Decided {
				continue
			}
			p := Payout{
				ID: ident.Make[ident.Payout](s.IDs), Channel: channel, Till: till, Account: account.Ref,
				Amount: money.Amount{Minor: b.Payable, Currency: b.Currency}, State: Decided, Decided: now,
				Totals: b.Totals, Before: b.Transit + b.Paid, Due: now,
			}
			if err := tx.InsertPayout(ctx, p); err != nil {
				return err
			}
			txns, decided = append(txns, p.posting(Decided, now)), append(decided, p)
		}
		if err := tx.PutAccount(ctx, account); err != nil {
			return err
		}
		return post(ctx, tx, txns...)
	})
	return decided, err
}

// due reports whether something goes out now.
func (b Balance) due(now time.Time) bool {
	return b.Payable > 0 && b.Payable >= b.Minimum && !b.Next.IsZero() && !b.Next.After(now)
}

// balances reckons all currencies of a channel at now, in the order of their names.
// Locked, nobody changes what the channel is owed until the transaction ends.
func (s *Service) balances(ctx context.Context, tx Tx, channel ident.Channel, now time.Time, lock bool) ([]Balance, map[string]Payout, error) {
	till := s.till()
	owed, err := tx.Owed(ctx, channel)
	if err != nil {
		return nil, nil, err
	}
	var accounts []ledger.Account
	for _, currency := range owed {
		accounts = append(accounts, ledger.Of(channel, ledger.CreatorPayable, currency), ledger.Of(channel, ledger.PayoutTransit, currency))
	}
	books := map[ledger.Account]ledger.Balance{}
	if len(accounts) > 0 {
		if lock {
			books, err = ledger.Lock(ctx, tx, accounts...)
		} else {
			books, err = tx.Balances(ctx, accounts)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	all := map[string]*figures{}
	of := func(currency string) *figures {
		if all[currency] == nil {
			all[currency] = &figures{books: books[ledger.Of(channel, ledger.CreatorPayable, currency)].Net()}
		}
		return all[currency]
	}
	for _, currency := range owed {
		of(currency)
	}
	last, err := s.fill(ctx, tx, channel, till, now, of)
	if err != nil {
		return nil, nil, err
	}
	var out []Balance
	for _, currency := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[currency].balance(currency, s.Rules, now))
	}
	return out, last, nil
}

// fill reads what sales and payouts say.
func (s *Service) fill(ctx context.Context, tx Tx, channel ident.Channel, till Till, now time.Time, of func(string) *figures) (map[string]Payout, error) {
	ours, others, err := tx.TotalsOf(ctx, channel, till, s.Since)
	if err != nil {
		return nil, err
	}
	for currency, t := range ours {
		of(currency).ours = t
	}
	for currency, t := range others {
		of(currency).others = t
	}
	from := now.Add(-s.Rules.Holdback)
	if !from.After(s.Since) {
		from = s.Since.Add(-time.Millisecond) // sales of that very moment are ours
	}
	waiting, err := tx.WaitingOf(ctx, channel, till, from)
	if err != nil {
		return nil, err
	}
	for currency, list := range waiting {
		for i := range list {
			list[i].Until = list[i].Until.Add(s.Rules.Holdback)
		}
		of(currency).waiting = list
	}
	gone, err := tx.GoneOf(ctx, channel, till)
	if err != nil {
		return nil, err
	}
	for currency, g := range gone {
		of(currency).gone = g
	}
	last, err := tx.LastPayouts(ctx, channel, till)
	for currency, p := range last {
		of(currency).last = p
	}
	return last, err
}

// The kinds of a payout's postings. Flows (debit to credit), with c for the
// provider's clearing account:
//
//	decided   creator_payable → payout_transit
//	paid      payout_transit → c
//	returned  payout_transit → creator_payable
const (
	kindDecided  = "payout_decided"
	kindPaid     = "payout_paid"
	kindReturned = "payout_returned"
)

// posting is what a payout's step to a state moves. Its key counts once.
func (p Payout) posting(to State, at time.Time) ledger.Transaction {
	account := func(kind ledger.Kind) ledger.Account { return ledger.Of(p.Channel, kind, p.Amount.Currency) }
	owed, transit := account(ledger.CreatorPayable), account(ledger.PayoutTransit)
	t := ledger.Transaction{At: at, Key: p.key()}
	leg := ledger.Transfer{Debit: transit, Amount: p.Amount.Minor}
	switch to {
	case Paid:
		t.Key, t.Kind = t.Key+":paid", kindPaid
		leg.Credit = ledger.Of("provider:"+p.Till.Provider, ledger.Clearing, p.Amount.Currency)
	case Refused:
		t.Key, t.Kind = t.Key+":returned", kindReturned
		leg.Credit = owed
	default:
		t.Kind = kindDecided
		leg.Debit, leg.Credit = owed, transit
	}
	t.Legs = []ledger.Transfer{leg}
	return t
}

// key names the payout in the books and at the provider.
func (p Payout) key() string { return keyPrefix + string(p.ID) }

const keyPrefix = "payout:"

// post hands postings to the ledger. A refusal means that somebody wrote into the
// books by hand.
func post(ctx context.Context, tx Tx, txns ...ledger.Transaction) error {
	outcomes, err := ledger.Post(ctx, tx, txns...)
	if err != nil {
		return fmt.Errorf("post payouts: %w", err)
	}
	for i, o := range outcomes {
		if !o.Posted() {
			return fmt.Errorf("post %s: %w", txns[i].Key, o.Refused)
		}
	}
	return nil
}

// moment is now as the store keeps it.
func (s *Service) moment() time.Time { return time.UnixMilli(s.Now().UnixMilli()).UTC() }
