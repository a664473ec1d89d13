// Package buyer is what people allow themselves to spend.
//
// Owns: the word that somebody is of age, and the limit that a buyer sets to
// their own spending. Promises: nobody buys before saying that they are of age;
// a lower limit holds at once, a higher one only after a day, so that nobody
// raises it in the heat of a moment; what is over the limit is refused before
// any payment provider is asked. Does not do: prices, payments, or checking
// ages otherwise than by asking.
package buyer

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// How the limit counts.
const (
	// Week is over which time spending is added up.
	Week = 7 * 24 * time.Hour
	// Patience is how long a higher limit waits.
	Patience = 24 * time.Hour
	capMax   = 100_000_000
)

// Limits are those of one buyer.
type Limits struct {
	Account ident.Account
	// OfAge is when they said that they are; zero: never.
	OfAge time.Time
	// Cap is the most that they spend in a week, in minor units of whichever
	// currency they pay in, each counted for itself; 0: no limit.
	Cap int64
	// Next takes the place of Cap at Raised, when that is not zero.
	Next   int64
	Raised time.Time
}

// At is the limits as they stand at now.
func (l Limits) At(now time.Time) Limits {
	if !l.Raised.IsZero() && !now.Before(l.Raised) {
		l.Cap, l.Next, l.Raised = l.Next, 0, time.Time{}
	}
	return l
}

// With is the limits after their owner asked for another cap at now. What is
// lower holds at once, and so takes back a raise that waits.
func (l Limits) With(limit int64, now time.Time) (Limits, error) {
	if limit < 0 || limit > capMax {
		return l, fault.New(fault.Invalid, "cap_invalid", "A limit is a sum of money, or nothing.")
	}
	l = l.At(now)
	switch {
	case limit == l.Cap:
		l.Next, l.Raised = 0, time.Time{}
	case l.Cap == 0 || (limit != 0 && limit < l.Cap):
		l.Cap, l.Next, l.Raised = limit, 0, time.Time{}
	case l.Raised.IsZero() || l.Next != limit:
		l.Next, l.Raised = limit, now.Add(Patience)
	}
	return l, nil
}

// Tx is what buying needs inside one transaction.
type Tx interface {
	// LimitsOf returns what is kept, or the limits of somebody who set none. It
	// makes others who ask for the same buyer wait until this transaction ends.
	LimitsOf(ctx context.Context, id ident.Account) (Limits, error)
	PutLimits(ctx context.Context, l Limits) error
	// SpentSince adds up, for each currency by its name, what the buyer paid since,
	// less what went back, and what they have promised: by checkouts that are
	// not finished, by trials, and by promises made since the second moment.
	SpentSince(ctx context.Context, id ident.Account, since, promised time.Time) ([]money.Amount, error)
	// PutPromise keeps a promise in place of one of its key.
	PutPromise(ctx context.Context, p Promise) error
	DropPromise(ctx context.Context, key string) error
	// DropPromises drops those to pay for a subscription that were made by then.
	DropPromises(ctx context.Context, of ident.Subscription, made time.Time) error
}

// Promise is what a payment provider is being asked to charge a buyer.
type Promise struct {
	Key          string // the same for the same wish
	Account      ident.Account
	Subscription ident.Subscription // what it pays for
	Price        money.Amount
	Made         time.Time
}

// promiseLasts is how long a promise counts whose outcome nobody came to know: a
// charge that was made is a sale by then.
const promiseLasts = time.Hour

// Allow refuses a purchase of somebody who has not said that they are of age
// ('age_unconfirmed'), or that would be over their limit ('cap_reached').
func Allow(ctx context.Context, tx Tx, id ident.Account, price money.Amount, now time.Time) error {
	l, err := tx.LimitsOf(ctx, id)
	if err != nil {
		return err
	}
	l = l.At(now)
	if l.OfAge.IsZero() {
		return fault.New(fault.Denied, "age_unconfirmed", "Only adults may buy here. Say that you are 18 or older.")
	}
	return l.afford(ctx, tx, price, now)
}

// Commit is Allow for a charge outside of a checkout to somebody who has bought
// before: it asks the limit alone, and counts the promise against it from now on.
// Whoever knows what became of the charge takes it back: by DropPromise when there
// is none, by Kept when there is.
func Commit(ctx context.Context, tx Tx, p Promise) error {
	l, err := tx.LimitsOf(ctx, p.Account)
	if err != nil || p.Price.Minor == 0 {
		return err
	}
	if err := tx.DropPromise(ctx, p.Key); err != nil { // an earlier try of the same wish
		return err
	}
	if err := l.At(p.Made).afford(ctx, tx, p.Price, p.Made); err != nil {
		return err
	}
	return tx.PutPromise(ctx, p)
}

// clocksDiffer is how much later than its charge a promise may seem to be made: the
// provider's clock is another one, and counts in seconds.
const clocksDiffer = time.Minute

// Kept drops the promises that a charge for a subscription has kept. It belongs into
// the transaction that records the charge, which counts from then on.
func Kept(ctx context.Context, tx Tx, of ident.Subscription, charged time.Time) error {
	return tx.DropPromises(ctx, of, charged.Add(clocksDiffer))
}

func (l Limits) afford(ctx context.Context, tx Tx, price money.Amount, now time.Time) error {
	if l.Cap == 0 || price.Minor == 0 {
		return nil
	}
	spent, err := spentAt(ctx, tx, l.Account, now)
	if err != nil {
		return err
	}
	left := l.Cap
	for _, sum := range spent {
		if sum.Currency == price.Currency {
			left -= sum.Minor
		}
	}
	if price.Minor > left {
		return fault.New(fault.Denied, "cap_reached", "This would be over the limit that you have set for yourself for a week.")
	}
	return nil
}

// spentAt is what counts against a buyer's limit at now.
func spentAt(ctx context.Context, tx Tx, id ident.Account, now time.Time) ([]money.Amount, error) {
	return tx.SpentSince(ctx, id, now.Add(-Week), now.Add(-promiseLasts))
}

// Standing is a buyer's limits, and what counts against them at this moment.
type Standing struct {
	Limits
	// Spent is what SpentSince says of the last Week: what the limit is compared
	// with at the next purchase.
	Spent []money.Amount
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Service is what buyers say about themselves.
type Service struct {
	store Store
	now   func() time.Time
}

// NewService returns the service.
func NewService(s Store, now func() time.Time) *Service { return &Service{s, now} }

// Limits returns those of an account as they stand.
func (s *Service) Limits(ctx context.Context, by ident.Account) (out Standing, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		l, err := tx.LimitsOf(ctx, by)
		if err == nil {
			out, err = s.standing(ctx, tx, l)
		}
		return err
	})
	return out, err
}

func (s *Service) standing(ctx context.Context, tx Tx, l Limits) (Standing, error) {
	now := s.now()
	spent, err := spentAt(ctx, tx, l.Account, now)
	return Standing{l.At(now), spent}, err
}

// SetCap changes the buyer's own limit; 0 is for none. Refusals: cap_invalid.
func (s *Service) SetCap(ctx context.Context, by ident.Account, limit int64) (Standing, error) {
	return s.change(ctx, by, func(l Limits) (Limits, error) { return l.With(limit, s.now()) })
}

// ConfirmAge keeps the buyer's word that they are of age.
func (s *Service) ConfirmAge(ctx context.Context, by ident.Account) (Standing, error) {
	return s.change(ctx, by, func(l Limits) (Limits, error) {
		if l.OfAge.IsZero() {
			l.OfAge = s.now()
		}
		return l, nil
	})
}

func (s *Service) change(ctx context.Context, by ident.Account, f func(Limits) (Limits, error)) (out Standing, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		was, err := tx.LimitsOf(ctx, by)
		if err != nil {
			return err
		}
		is, err := f(was)
		if err != nil {
			return err
		}
		if is != was {
			if err := tx.PutLimits(ctx, is); err != nil {
				return err
			}
		}
		out, err = s.standing(ctx, tx, is)
		return err
	})
	return out, err
}
