package stripe

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// price is what a plan costs, in Stripe's terms.
type price struct {
	product, currency, interval string
	minor                       int64
}

// price makes sure that Stripe has the product of a plan.
func (s *Stripe) price(ctx context.Context, to subscription.Plan) (price, error) {
	minor, currency, err := sent(to.Price)
	if err != nil {
		return price{}, err
	}
	var title string
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		title, err = tx.PlanTitle(ctx, to.Tier)
		return err
	})
	if err != nil {
		return price{}, fmt.Errorf("title of tier %s: %w", to.Tier, err)
	}
	product, err := s.product(ctx, to.Tier, title, false)
	return price{product: product, currency: currency, interval: string(to.Interval), minor: minor}, err
}

// PreviewChange implements subscription.Provider.
func (s *Stripe) PreviewChange(ctx context.Context, ref string, to subscription.Plan) (subscription.Proration, error) {
	sub, err := s.changeable(ctx, ref)
	if err != nil {
		return subscription.Proration{}, err
	}
	p, err := s.price(ctx, to)
	if err != nil {
		return subscription.Proration{}, err
	}
	now := s.Now().Unix()
	invoice, err := s.api.V1Invoices.CreatePreview(ctx, &sdk.InvoiceCreatePreviewParams{
		Subscription: &ref,
		SubscriptionDetails: &sdk.InvoiceCreatePreviewSubscriptionDetailsParams{
			ProrationBehavior: sdk.String("always_invoice"), ProrationDate: &now,
			Items: []*sdk.InvoiceCreatePreviewSubscriptionDetailsItemParams{{
				ID: &item(sub).ID,
				PriceData: &sdk.InvoiceCreatePreviewSubscriptionDetailsItemPriceDataParams{
					Currency: &p.currency, Product: &p.product, UnitAmount: &p.minor, TaxBehavior: sdk.String("inclusive"),
					Recurring: &sdk.InvoiceCreatePreviewSubscriptionDetailsItemPriceDataRecurringParams{Interval: &p.interval},
				},
			}},
		},
	})
	if err != nil {
		return subscription.Proration{}, trouble("preview a change", err)
	}
	return proration(sub, invoice), nil
}

func proration(sub *sdk.Subscription, in *sdk.Invoice) subscription.Proration {
	out := subscription.Proration{
		Due: read(max(in.AmountDue, 0), string(in.Currency)), RenewsAt: at(item(sub).CurrentPeriodEnd),
		Credit: money.Amount{Currency: read(0, string(in.Currency)).Currency},
	}
	for _, line := range lines(in) {
		if line.Amount < 0 {
			out.Credit.Minor -= line.Amount
			continue
		}
		out.RenewsAt = later(out.RenewsAt, at(line.Period.End))
	}
	return out
}

// ChangeNow implements subscription.Provider. A change that was planned for the
// period's end is taken back by it. Stripe keeps the new plan apart until it is
// paid; when the card is declined its invoice is voided, so that no later try of
// Stripe's changes the plan when nobody expects it any more.
func (s *Stripe) ChangeNow(ctx context.Context, ref string, to subscription.Plan, key string) error {
	sub, err := s.changeable(ctx, ref)
	if err != nil || s.plan(item(sub).Price) == to {
		return err
	}
	p, err := s.price(ctx, to)
	if err != nil {
		return err
	}
	if err := s.release(ctx, sub); err != nil {
		return err
	}
	params := &sdk.SubscriptionUpdateParams{
		PaymentBehavior: sdk.String("pending_if_incomplete"), ProrationBehavior: sdk.String("always_invoice"),
		Items: []*sdk.SubscriptionUpdateItemParams{{
			ID: &item(sub).ID,
			PriceData: &sdk.SubscriptionUpdateItemPriceDataParams{
				Currency: &p.currency, Product: &p.product, UnitAmount: &p.minor, TaxBehavior: sdk.String("inclusive"),
				Recurring: &sdk.SubscriptionUpdateItemPriceDataRecurringParams{Interval: &p.interval},
			},
		}},
	}
	params.IdempotencyKey = s.key("change", ref, key)
	is, err := s.api.V1Subscriptions.Update(ctx, ref, params)
	if err != nil {
		return trouble("change a plan", err)
	}
	if is.PendingUpdate == nil {
		return nil
	}
	return s.declined(ctx, is)
}

// declined voids the invoice of a change that could not be charged.
func (s *Stripe) declined(ctx context.Context, sub *sdk.Subscription) error {
	if sub.LatestInvoice != nil {
		_, err := s.api.V1Invoices.VoidInvoice(ctx, sub.LatestInvoice.ID, &sdk.InvoiceVoidInvoiceParams{})
		if code, _ := code(err); err != nil && code != string(sdk.ErrorCodeInvoiceNotEditable) {
			err = trouble("void the invoice of a change", err)
			if errors.Is(err, subscription.ErrRefused) { // that does not say that nothing was charged: it may be paid
				err = errUnavailable().Because(errors.New(err.Error()))
			}
			return err
		}
	}
	return errDeclined()
}

// changeable reads a subscription whose plan may be changed now.
func (s *Stripe) changeable(ctx context.Context, ref string) (*sdk.Subscription, error) {
	sub, err := s.own(ctx, ref)
	switch {
	case err != nil:
		return nil, err
	case ended(sub):
		return nil, errEnded()
	case sub.PauseCollection != nil:
		return nil, errCannot("A subscription that is paused cannot change its plan. Resume it first.")
	}
	return sub, nil
}

// ChangeAtPeriodEnd implements subscription.Provider.
func (s *Stripe) ChangeAtPeriodEnd(ctx context.Context, ref string, to subscription.Plan) error {
	sub, err := s.own(ctx, ref)
	switch {
	case err != nil:
		return err
	case ended(sub):
		return errEnded()
	case s.plan(item(sub).Price).Tier == to.Tier && s.plan(item(sub).Price).Interval == to.Interval:
		return s.release(ctx, sub)
	case s.planned(sub) == to:
		return nil
	}
	p, err := s.price(ctx, to)
	if err != nil {
		return err
	}
	schedule := sub.Schedule
	if schedule == nil {
		schedule, err = s.api.V1SubscriptionSchedules.Create(ctx, &sdk.SubscriptionScheduleCreateParams{FromSubscription: &ref})
		if err != nil {
			return trouble("plan a change", err)
		}
	}
	_, err = s.api.V1SubscriptionSchedules.Update(ctx, schedule.ID, s.phases(sub, schedule, p))
	return trouble("plan a change", err)
}

// phases are the period that runs, as it is, and the first of the new plan; then
// the subscription goes on by itself.
func (s *Stripe) phases(sub *sdk.Subscription, schedule *sdk.SubscriptionSchedule, p price) *sdk.SubscriptionScheduleUpdateParams {
	i := item(sub)
	runs := &sdk.SubscriptionScheduleUpdatePhaseParams{
		StartDate: sdk.Int64(i.CurrentPeriodStart), EndDate: sdk.Int64(i.CurrentPeriodEnd), ProrationBehavior: sdk.String("none"),
		Items: []*sdk.SubscriptionScheduleUpdatePhaseItemParams{{Price: &i.Price.ID, Quantity: sdk.Int64(1)}},
	}
	if c := schedule.CurrentPhase; c != nil {
		runs.StartDate = sdk.Int64(c.StartDate)
	}
	if sub.Status == sdk.SubscriptionStatusTrialing {
		runs.TrialEnd = sdk.Int64(sub.TrialEnd)
	}
	next := &sdk.SubscriptionScheduleUpdatePhaseParams{
		ProrationBehavior: sdk.String("none"),
		Duration:          &sdk.SubscriptionScheduleUpdatePhaseDurationParams{Interval: &p.interval, IntervalCount: sdk.Int64(1)},
		Items: []*sdk.SubscriptionScheduleUpdatePhaseItemParams{{
			Quantity: sdk.Int64(1),
			PriceData: &sdk.SubscriptionItemPriceDataParams{
				Currency: &p.currency, Product: &p.product, UnitAmount: &p.minor, TaxBehavior: sdk.String("inclusive"),
				Recurring: &sdk.SubscriptionItemPriceDataRecurringParams{Interval: &p.interval},
			},
		}},
	}
	if s.Tax {
		taxed := &sdk.SubscriptionScheduleUpdatePhaseAutomaticTaxParams{Enabled: sdk.Bool(true)}
		runs.AutomaticTax, next.AutomaticTax = taxed, taxed
	}
	return &sdk.SubscriptionScheduleUpdateParams{
		EndBehavior: sdk.String("release"), ProrationBehavior: sdk.String("none"),
		Phases: []*sdk.SubscriptionScheduleUpdatePhaseParams{runs, next},
	}
}
