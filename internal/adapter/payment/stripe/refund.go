package stripe

import (
	"context"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Refund implements subscription.Provider. Stripe forgets an idempotency key
// after a day; the key also stands on the refund itself, and one that is there
// is not made again.
func (s *Stripe) Refund(ctx context.Context, r subscription.Repayment) error {
	minor, _, err := sent(r.Amount)
	if err != nil {
		return err
	}
	params := &sdk.ChargeRetrieveParams{}
	params.AddExpand("refunds")
	c, err := s.api.V1Charges.Retrieve(ctx, r.Charge, params)
	if err != nil {
		return trouble("look at a charge", err)
	}
	if s.foreign(c.Metadata) {
		return errUnknown()
	}
	if c.Refunds != nil {
		for _, is := range c.Refunds.Data {
			if s.ours(is.Metadata) && is.Metadata[metaKey] == r.Key {
				return nil
			}
		}
	}
	if c.Refunded {
		return nil
	}
	if minor <= 0 || minor > c.Amount-c.AmountRefunded {
		return errTooMuch()
	}
	refund := &sdk.RefundCreateParams{Charge: &r.Charge, Amount: &minor, Metadata: s.marked(metaKey, r.Key)}
	if c.Transfer != nil { // the creator's share went out with the charge, and comes back with it
		refund.ReverseTransfer = sdk.Bool(true)
	}
	refund.IdempotencyKey = s.key("refund", r.Charge, r.Key)
	_, err = s.api.V1Refunds.Create(ctx, refund)
	switch code, _ := code(err); code {
	case string(sdk.ErrorCodeChargeAlreadyRefunded):
		return nil
	case string(sdk.ErrorCodeChargeDisputed), string(sdk.ErrorCodeRefundDisputedPayment):
		return errTooMuch() // the bank has the money already
	}
	return trouble("refund a charge", err)
}

func errTooMuch() *fault.Fault {
	return fault.New(fault.Conflict, "refund_too_large", "This is more than what is left of the payment.")
}
