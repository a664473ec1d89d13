package subscription

import (
	"context"
	"math"
)

// chargeMax is the largest sum of which shares can be reckoned without leaving
// the range of numbers: far more than anybody ever paid.
const chargeMax = math.MaxInt64 / 10_000

// sound refuses an answer that tells of payments which cannot be, before anything
// of it is believed.
func (o Object) sound() error {
	for _, ch := range o.Charges {
		if !ch.sound() {
			return errCharge(ch)
		}
	}
	return nil
}

func (s Session) sound() error {
	if s.Charge != nil && !s.Charge.sound() {
		return errCharge(*s.Charge)
	}
	return nil
}

func (c Charge) sound() bool {
	left := c.Total.Minor
	if left <= 0 || left > chargeMax || c.Tax.Minor < 0 || c.Tax.Minor > left || c.Fee < 0 || c.Fee > chargeMax {
		return false
	}
	for _, r := range c.Refunds {
		if r.Amount <= 0 || r.Amount > left {
			return false
		}
		left -= r.Amount
	}
	return true
}

// agreed refuses payments in another currency than the buyer agreed to.
func (c Checkout) agreed(charges ...Charge) error {
	for _, ch := range charges {
		if ch.Total.Currency != c.Plan.Price.Currency {
			return errCharge(ch)
		}
	}
	return nil
}

// note keeps a difference that an event brought to light, and tells of it once.
func (s *Service) note(ctx context.Context, d Difference) (fresh bool, err error) {
	d.Found = s.Now()
	err = s.Store.Update(ctx, func(tx Tx) error {
		known, err := tx.Differences(ctx)
		if fresh = err == nil && !contains(known, d); !fresh {
			return err
		}
		return tx.PutDifference(ctx, d)
	})
	if err == nil && fresh && s.Differs != nil {
		s.Differs(d)
	}
	return fresh, err
}
