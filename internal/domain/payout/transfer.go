package payout

import (
	"context"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/invoice"
)

const (
	// askTimeout bounds one question to the provider. Who asks has the payout for
	// turn, which is longer, so that nobody else asks meanwhile.
	askTimeout = 30 * time.Second
	turn       = 2 * time.Minute

	backoffFirst = 10 * time.Second
	backoffMax   = time.Hour
)

// transfer asks the provider to pay a payout, and writes down what came of it.
// Whoever comes after a death in between asks again under the same key.
func (s *Service) transfer(ctx context.Context, id ident.Payout) error {
	p, mine, err := s.take(ctx, id)
	if err != nil || !mine {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	ref, err := s.Payer.Transfer(asking, p.Account, p.Amount, p.key())
	cancel()
	switch no := refusal(err); {
	case err == nil:
		return s.settle(ctx, p, Paid, ref, nil)
	case no != nil:
		return s.settle(ctx, p, Refused, "", no)
	}
	return fmt.Errorf("pay out %s: %w", p.ID, err)
}

// take makes the payout the caller's to ask about, until its turn is over. It is
// due again after that, the later the more often it was tried.
func (s *Service) take(ctx context.Context, id ident.Payout) (p Payout, mine bool, err error) {
	now := s.moment()
	err = s.Store.Update(ctx, func(tx Tx) error {
		p, mine, err = tx.PayoutOf(ctx, id)
		if err != nil || !mine {
			return err
		}
		if mine = p.State == Decided && !p.Due.After(now); !mine {
			return nil
		}
		p.Due = now.Add(turn + backoff(p.Attempts))
		p.Attempts++
		return tx.SetPayout(ctx, p)
	})
	return p, mine, err
}

// backoff doubles from ten seconds to an hour.
func backoff(attempts int) time.Duration {
	if attempts == 0 {
		return 0
	}
	d := backoffFirst
	for i := 1; i < attempts && d < backoffMax; i++ {
		d *= 2
	}
	return min(d, backoffMax)
}

// settle writes the outcome, its posting and, when it was paid, the statement. It
// changes nothing when the outcome is known.
func (s *Service) settle(ctx context.Context, p Payout, to State, ref string, why *fault.Fault) error {
	now := s.moment()
	return s.Store.Update(ctx, func(tx Tx) error {
		is, found, err := tx.PayoutOf(ctx, p.ID)
		if err != nil || !found {
			return orElse(err, fmt.Errorf("payout %s is not there", p.ID))
		}
		if is.State == to {
			return nil
		}
		if is.State != Decided {
			return fmt.Errorf("payout %s is %s, and its provider says %s", p.ID, is.State, to)
		}
		is.State, is.Ref, is.Settled, is.Due = to, ref, now, time.Time{}
		if why != nil {
			is.Reason, is.Detail = why.Reason, why.Detail
		}
		if err := tx.SetPayout(ctx, is); err != nil {
			return err
		}
		kind := LetterPaid
		switch {
		case to == Refused && is.Reason == BalanceShort:
			kind = LetterShort
		case to == Refused:
			kind = LetterRefused
		}
		if err := s.tell(ctx, tx, kind, is, is.Amount); err != nil {
			return err
		}
		if to == Paid {
			statement, err := s.statement(ctx, tx, is)
			if err != nil {
				return err
			}
			if _, err := invoice.IssueStatement(ctx, tx, statement); err != nil {
				return err
			}
		}
		return post(ctx, tx, is.posting(to, now))
	})
}
