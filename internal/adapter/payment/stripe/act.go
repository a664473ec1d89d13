package stripe

import (
	"context"
	"strconv"
	"strings"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// CancelAtPeriodEnd implements subscription.Provider. A planned change of plan
// is taken back by it. What owes its period, or is paused past the one that was
// paid, ends at once: there is nothing left to end later, and a period that was
// not paid is not given.
func (s *Stripe) CancelAtPeriodEnd(ctx context.Context, ref string) error {
	sub, err := s.own(ctx, ref)
	switch {
	case err != nil:
		return err
	case ended(sub) || cancels(sub):
		return nil
	}
	_, over, err := s.over(ctx, sub)
	if err != nil {
		return err
	}
	if over {
		return s.end(ctx, ref)
	}
	if err := s.release(ctx, sub); err != nil {
		return err
	}
	return s.update(ctx, ref, "cancel a subscription", &sdk.SubscriptionUpdateParams{CancelAtPeriodEnd: sdk.Bool(true)})
}

// over reports that nothing is paid for any more: the period that was is over,
// and no money comes for the one that Stripe is in. What is paused comes with the
// end of what was paid, from one look at its bills.
func (s *Stripe) over(ctx context.Context, sub *sdk.Subscription) (until time.Time, over bool, err error) {
	if sub.PauseCollection != nil {
		until, err = s.paidUntil(ctx, sub)
		return until, !s.Now().Before(until), err
	}
	switch status(sub.Status) {
	case subscription.StatusActive, subscription.StatusTrialing:
		return until, false, nil
	}
	return until, true, nil
}

// Pause implements subscription.Provider. Stripe goes on counting periods and
// voids their invoices.
func (s *Stripe) Pause(ctx context.Context, ref string) error {
	sub, err := s.own(ctx, ref)
	switch {
	case err != nil:
		return err
	case ended(sub):
		return errEnded()
	case sub.PauseCollection != nil:
		return nil
	}
	return s.update(ctx, ref, "pause a subscription", &sdk.SubscriptionUpdateParams{
		PauseCollection: &sdk.SubscriptionUpdatePauseCollectionParams{Behavior: sdk.String(string(sdk.SubscriptionPauseCollectionBehaviorVoid))},
	})
}

// Resume implements subscription.Provider. A charge for the next period that is
// declined leaves the subscription paused. However many ask at once, it is charged
// once (see again).
func (s *Stripe) Resume(ctx context.Context, ref string) error {
	sub, err := s.own(ctx, ref)
	switch {
	case err != nil:
		return err
	case ended(sub):
		return errEnded()
	}
	params := &sdk.SubscriptionUpdateParams{}
	changes := false
	if sub.CancelAtPeriodEnd {
		params.CancelAtPeriodEnd, changes = sdk.Bool(false), true
	} else if sub.CancelAt > 0 {
		params.AddUnsetField(sdk.SubscriptionUpdateParamsUnsetFieldCancelAt)
		changes = true
	}
	if sub.PauseCollection != nil {
		params.AddUnsetField(sdk.SubscriptionUpdateParamsUnsetFieldPauseCollection)
		changes = true
		until, over, err := s.over(ctx, sub)
		if err != nil {
			return err
		}
		if over {
			params.BillingCycleAnchorNow = sdk.Bool(true)
			params.ProrationBehavior = sdk.String("none")
			params.PaymentBehavior = sdk.String("error_if_incomplete")
			return s.again(ctx, sub.ID, until, params)
		}
	}
	if !changes {
		return nil
	}
	return s.update(ctx, ref, "resume a subscription", params)
}

// again lets a period begin, and be charged, after one that was paid until then is
// over. Two who ask at once have both seen the pause, and Stripe would begin a period
// for each: so the period that is over makes the key, as it was when it was found to
// be over, and how often it was refused since, because Stripe answers one key always
// the same.
func (s *Stripe) again(ctx context.Context, ref string, until time.Time, params *sdk.SubscriptionUpdateParams) error {
	over := strconv.FormatInt(until.Unix(), 10)
	refused, err := s.refusals(ctx, ref, over)
	if err != nil {
		return err
	}
	params.IdempotencyKey = s.key("resume", ref, over, strconv.Itoa(refused))
	_, err = s.api.V1Subscriptions.Update(ctx, ref, params)
	if err == nil || !answered(err) {
		return trouble("resume a subscription", err) // it may have been charged: asked again with the same key
	}
	kept := s.Store.Update(ctx, func(tx Tx) error {
		return tx.PutStripeObject(ctx, kindResume, ref, over+" "+strconv.Itoa(refused+1))
	})
	if kept != nil {
		return kept
	}
	return trouble("resume a subscription", err)
}

// refusals is how often Stripe refused to resume what was paid until then.
func (s *Stripe) refusals(ctx context.Context, ref, until string) (n int, err error) {
	var kept string
	err = s.Store.View(ctx, func(tx Tx) (err error) {
		kept, _, err = tx.StripeObject(ctx, kindResume, ref)
		return err
	})
	if of, times, ok := strings.Cut(kept, " "); ok && of == until {
		n, _ = strconv.Atoi(times) // what we wrote ourselves
	}
	return n, err
}

// End implements subscription.Provider.
func (s *Stripe) End(ctx context.Context, ref string) error {
	sub, err := s.own(ctx, ref)
	if err != nil || ended(sub) {
		return err
	}
	return s.end(ctx, ref)
}

// end cancels without a last invoice and without money back. Its schedule, if
// there is one, ends with it.
func (s *Stripe) end(ctx context.Context, ref string) error {
	_, err := s.api.V1Subscriptions.Cancel(ctx, ref, &sdk.SubscriptionCancelParams{InvoiceNow: sdk.Bool(false), Prorate: sdk.Bool(false)})
	return trouble("end a subscription", err)
}

func (s *Stripe) update(ctx context.Context, ref, doing string, params *sdk.SubscriptionUpdateParams) error {
	_, err := s.api.V1Subscriptions.Update(ctx, ref, params)
	return trouble(doing, err)
}

// release takes a planned change of plan back, and with it the schedule that
// would forbid other changes.
func (s *Stripe) release(ctx context.Context, sub *sdk.Subscription) error {
	if sub.Schedule == nil {
		return nil
	}
	_, err := s.api.V1SubscriptionSchedules.Release(ctx, sub.Schedule.ID, &sdk.SubscriptionScheduleReleaseParams{})
	return trouble("take a planned change back", err)
}
