package stripe

import (
	"context"
	"math"
	"slices"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// charge reads what a card was charged, what of it went back, and what became
// of a complaint. What it paid for, and its tax, stand elsewhere.
func (s *Stripe) charge(ctx context.Context, c *sdk.Charge) (subscription.Charge, error) {
	out := subscription.Charge{
		Ref: c.ID, Total: read(c.Amount, string(c.Currency)), Fee: fee(c), At: at(c.Created),
	}
	if d := c.PaymentMethodDetails; d != nil && d.Card != nil {
		out.Card = subscription.Card{Brand: string(d.Card.Brand), Last4: d.Card.Last4, Fingerprint: d.Card.Fingerprint}
		out.Tax.Proof = d.Card.Country
	}
	if b := c.BillingDetails; b != nil && b.Address != nil {
		out.Tax.Country = b.Address.Country
	}
	refunds, err := s.refunds(ctx, c)
	if err != nil {
		return out, err
	}
	out.Refunds = refunds
	if !c.Disputed {
		return out, nil
	}
	out.Dispute, err = s.dispute(ctx, c.ID)
	return out, err
}

// fee is what Stripe kept, in the charge's currency. Where the account is paid
// out in another one, Stripe tells it in that: the same charge in both is the
// rate between them.
func fee(c *sdk.Charge) int64 {
	b := c.BalanceTransaction
	if b == nil || b.Fee <= 0 {
		return 0
	}
	if b.Currency == c.Currency {
		return b.Fee
	}
	if b.Amount <= 0 || c.Amount <= 0 || b.Fee > math.MaxInt64/2/c.Amount {
		return 0
	}
	return (b.Fee*c.Amount + b.Amount/2) / b.Amount
}

// refunds lists what went back to the buyer, or is on its way.
func (s *Stripe) refunds(ctx context.Context, c *sdk.Charge) ([]subscription.Refund, error) {
	if c.AmountRefunded == 0 && (c.Refunds == nil || len(c.Refunds.Data) == 0) {
		return nil, nil
	}
	list := c.Refunds
	if list == nil || list.HasMore {
		list = &sdk.RefundList{}
		params := &sdk.RefundListParams{Charge: &c.ID}
		params.Limit = sdk.Int64(pageSize)
		for r, err := range s.api.V1Refunds.List(ctx, params).All(ctx) {
			if err != nil {
				return nil, trouble("list refunds", err)
			}
			list.Data = append(list.Data, r)
		}
	}
	var out []subscription.Refund
	for _, r := range list.Data {
		if r.Status == sdk.RefundStatusSucceeded || r.Status == sdk.RefundStatusPending {
			out = append(out, subscription.Refund{Ref: r.ID, Amount: r.Amount, At: at(r.Created)})
		}
	}
	slices.SortStableFunc(out, func(a, b subscription.Refund) int { return a.At.Compare(b.At) })
	return out, nil
}

// dispute returns the complaint about a charge that weighs most: lost, then
// open, then won.
func (s *Stripe) dispute(ctx context.Context, charge string) (subscription.Dispute, error) {
	params := &sdk.DisputeListParams{Charge: &charge}
	params.Limit = sdk.Int64(pageSize)
	var out subscription.Dispute
	for d, err := range s.api.V1Disputes.List(ctx, params).All(ctx) {
		if err != nil {
			return out, trouble("list disputes", err)
		}
		if is := disputed(d); weight(is.State) > weight(out.State) {
			out = is
		}
	}
	return out, nil
}

func weight(s subscription.DisputeState) int {
	return slices.Index([]subscription.DisputeState{
		subscription.DisputeNone, subscription.DisputeWon, subscription.DisputeOpen, subscription.DisputeLost,
	}, s)
}

// disputed reads one complaint. A bank's mere question (warning_…) takes no
// money, and neither does a dispute that was prevented. Stripe does not say when
// one was closed: one that was won is closed when its money came back, one that
// was lost counts from its beginning.
func disputed(d *sdk.Dispute) subscription.Dispute {
	out := subscription.Dispute{Ref: d.ID, At: at(d.Created)}
	switch d.Status {
	case sdk.DisputeStatusNeedsResponse, sdk.DisputeStatusUnderReview:
		out.State = subscription.DisputeOpen
	case sdk.DisputeStatusLost:
		out.State, out.Closed = subscription.DisputeLost, out.At
	case sdk.DisputeStatusWon:
		out.State, out.Closed = subscription.DisputeWon, out.At
		for _, b := range d.BalanceTransactions {
			out.Closed = later(out.Closed, at(b.Created))
		}
	default:
		return subscription.Dispute{}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// points is a rate in basis points. Stripe tells percentages as decimals.
func points(r *sdk.TaxRate) int64 {
	percent := r.EffectivePercentage
	if percent == 0 {
		percent = r.Percentage
	}
	return int64(math.Round(percent * 100))
}
