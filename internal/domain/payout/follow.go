package payout

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

const (
	// followEvery is how often the provider is asked what it took back, and
	// followBack how far back: as long as providers keep their events.
	followEvery = time.Hour
	followBack  = 30 * 24 * time.Hour
)

// Follow asks the provider which transfers were taken back after they were paid,
// and books what is new of it: the creator is owed it again, and told. It returns
// what cannot be booked.
func (s *Service) Follow(ctx context.Context) (found []Finding, err error) {
	if s.Payer == nil {
		return nil, nil
	}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	list, err := s.Payer.Reversals(asking, s.Now().Add(-followBack))
	if err != nil {
		return nil, errAsking(ctx, err)
	}
	for _, r := range list {
		wrong, err := s.takeBack(ctx, r)
		if err != nil {
			return found, fmt.Errorf("take back %s: %w", r.Ref, err)
		}
		if wrong != "" {
			found = append(found, Finding{s.Payer.Name(), r.payout(), wrong})
		}
	}
	return found, nil
}

func (r Reversal) payout() ident.Payout { return ident.Payout(strings.TrimPrefix(r.Key, keyPrefix)) }

// takeBack books a reversal, as far as it is not booked; or says why it cannot be.
func (s *Service) takeBack(ctx context.Context, r Reversal) (wrong string, err error) {
	now := s.moment()
	err = s.Store.Update(ctx, func(tx Tx) error {
		wrong = ""
		p, found, err := tx.PayoutOf(ctx, r.payout())
		switch {
		case err != nil:
			return err
		case !found || p.Till != s.till():
			wrong = fmt.Sprintf("The provider took transfer %s back, of a payout that we do not know.", r.Ref)
			return nil
		case p.State == Decided:
			return nil // it is asked about again, and then this is
		case p.State != Paid || r.Total.Currency != p.Amount.Currency || r.Total.Minor < p.Reversed || r.Total.Minor > p.Amount.Minor:
			wrong = fmt.Sprintf("Payout %s of %s is %s, and %d of it was taken back; the provider says %s.", p.ID, p.Amount, p.State, p.Reversed, r.Total)
			return nil
		case r.Total.Minor == p.Reversed:
			return nil
		}
		more := p.Amount
		more.Minor = r.Total.Minor - p.Reversed
		p.Reversed = r.Total.Minor
		if err := tx.SetPayout(ctx, p); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, LetterReversed, p, more); err != nil {
			return err
		}
		if err := s.hurry(ctx, tx, p.Channel); err != nil {
			return err
		}
		return post(ctx, tx, p.reversal(more.Minor, now))
	})
	return wrong, err
}

// kindReversed is what was paid and taken back:
//
//	reversed  c → creator_payable
const kindReversed = "payout_reversed"

// reversal is the posting that brings what was taken back of p to p.Reversed. The
// sum makes its key: whoever hears of the same one later posts nothing.
func (p Payout) reversal(more int64, at time.Time) ledger.Transaction {
	return ledger.Transaction{
		Key: p.key() + reversedMark + strconv.FormatInt(p.Reversed, 10), Kind: kindReversed, At: at,
		Legs: []ledger.Transfer{{
			Debit:  ledger.Of("provider:"+p.Till.Provider, ledger.Clearing, p.Amount.Currency),
			Credit: ledger.Of(p.Channel, ledger.CreatorPayable, p.Amount.Currency), Amount: more,
		}},
	}
}

const reversedMark = ":reversed:"
