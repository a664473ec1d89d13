package sandbox

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Refund implements subscription.Provider.
func (s *Sandbox) Refund(ctx context.Context, r subscription.Repayment) error {
	name := strings.TrimPrefix(r.Charge, "ch_")
	if strings.HasPrefix(name, "cs_") {
		return s.refundGift(ctx, name, r)
	}
	at := strings.LastIndexByte(name, '_')
	if at < 0 {
		return errUnknown()
	}
	return s.change(ctx, "sub_"+name[:at], func(x sub) (sub, []string, error) {
		x = owned(x)
		i := slices.IndexFunc(x.Charges, func(c subscription.Charge) bool { return c.Ref == r.Charge })
		if i < 0 {
			return x, nil, errUnknown()
		}
		again, err := refund(&x.Charges[i], r, s.moment())
		if err != nil || again {
			return x, nil, err
		}
		return x, []string{kindRefunded}, nil
	})
}

func (s *Sandbox) refundGift(ctx context.Context, session string, r subscription.Repayment) error {
	defer s.knock()
	return s.Store.Update(ctx, func(tx Tx) error {
		x, found, err := tx.SandboxSession(ctx, session)
		if err != nil || !found || x.Charge == nil {
			return orElse(err, errUnknown())
		}
		if again, err := refund(x.Charge, r, s.moment()); err != nil || again {
			return err
		}
		if err := tx.SetPaidSandboxSession(ctx, x); err != nil {
			return err
		}
		return s.announce(ctx, tx, subscription.CheckoutObject(session), kindRefunded)
	})
}

// refund adds a refund to a charge; again says that it was there.
func refund(c *subscription.Charge, r subscription.Repayment, now time.Time) (again bool, err error) {
	ref := "re_" + strings.TrimPrefix(c.Ref, "ch_") + "_" + r.Key
	if slices.ContainsFunc(c.Refunds, func(x subscription.Refund) bool { return x.Ref == ref }) {
		return true, nil
	}
	left := c.Total.Minor - c.Refunded()
	if r.Amount.Currency != c.Total.Currency || r.Amount.Minor <= 0 || r.Amount.Minor > left || c.Dispute.State == subscription.DisputeLost {
		return false, fault.New(fault.Conflict, "refund_too_large", "This is more than what is left of the payment.")
	}
	c.Refunds = append(c.Refunds, subscription.Refund{Ref: ref, Amount: r.Amount.Minor, At: now})
	return false, nil
}
