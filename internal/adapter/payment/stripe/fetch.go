package stripe

import (
	"context"
	"strings"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// FetchSubscription implements subscription.Provider.
func (s *Stripe) FetchSubscription(ctx context.Context, ref string) (subscription.Object, error) {
	sub, err := s.subscription(ctx, ref)
	if err != nil {
		return subscription.Object{}, err
	}
	if !s.ours(sub.Metadata) {
		return subscription.Object{Ref: ref, Status: subscription.StatusUnknown}, nil
	}
	bills, err := s.bills(ctx, sub)
	if err != nil {
		return subscription.Object{}, err
	}
	o := s.object(sub, bills)
	if sub.Customer != nil {
		o.Charges, err = s.charges(ctx, sub.Customer.ID, bills)
	}
	return o, err
}

// subscription reads one with all that the others here look at.
func (s *Stripe) subscription(ctx context.Context, ref string) (*sdk.Subscription, error) {
	params := &sdk.SubscriptionRetrieveParams{}
	params.AddExpand("default_payment_method")
	params.AddExpand("customer.invoice_settings.default_payment_method")
	params.AddExpand("schedule.phases.items.price")
	sub, err := s.api.V1Subscriptions.Retrieve(ctx, ref, params)
	if err != nil {
		return nil, trouble("fetch a subscription", err)
	}
	return sub, nil
}

// own reads a subscription that is about to be changed: one of this server's.
func (s *Stripe) own(ctx context.Context, ref string) (*sdk.Subscription, error) {
	sub, err := s.subscription(ctx, ref)
	if err == nil && (!s.ours(sub.Metadata) || item(sub) == nil) {
		err = errUnknown()
	}
	return sub, err
}

// object is a subscription in our terms, as far as it and its bills say. It is
// pure.
func (s *Stripe) object(sub *sdk.Subscription, bills []bill) subscription.Object {
	o := subscription.Object{
		Ref: sub.ID, Checkout: ident.Checkout(sub.Metadata[metaCheckout]), Status: status(sub.Status),
		Started: at(sub.StartDate), TrialEnd: at(sub.TrialEnd), EndedAt: at(sub.EndedAt),
		Paused: sub.PauseCollection != nil, CancelAtPeriodEnd: cancels(sub), Card: card(sub),
	}
	if i := item(sub); i != nil {
		o.Plan = s.plan(i.Price)
	}
	if next := s.planned(sub); next != o.Plan {
		o.Next = next
	}
	o.PeriodStart, o.PeriodEnd = at(sub.TrialStart), at(sub.TrialEnd)
	for _, b := range bills {
		if b.plan != (subscription.Plan{}) {
			o.Plan = b.plan
		}
		o.Months += b.months
		if b.ends.After(o.PeriodEnd) {
			o.PeriodStart, o.PeriodEnd = b.starts, b.ends
		}
	}
	return o
}

// status is Stripe's word in ours. 'paused' is a trial that ended without a
// card, or a wish of the buyer made at Stripe; 'unpaid' has given up charging.
func status(is sdk.SubscriptionStatus) subscription.Status {
	switch is {
	case sdk.SubscriptionStatusIncomplete:
		return subscription.StatusIncomplete
	case sdk.SubscriptionStatusTrialing:
		return subscription.StatusTrialing
	case sdk.SubscriptionStatusActive:
		return subscription.StatusActive
	case sdk.SubscriptionStatusPastDue:
		return subscription.StatusPastDue
	case sdk.SubscriptionStatusCanceled, sdk.SubscriptionStatusIncompleteExpired:
		return subscription.StatusEnded
	}
	return subscription.StatusUnknown
}

func ended(sub *sdk.Subscription) bool { return status(sub.Status) == subscription.StatusEnded }

// cancels reports that no further period will be charged. A date that somebody
// set in Stripe's dashboard counts once it lies within the period that runs.
func cancels(sub *sdk.Subscription) bool {
	if sub.CancelAtPeriodEnd {
		return true
	}
	i := item(sub)
	return sub.CancelAt > 0 && i != nil && sub.CancelAt <= i.CurrentPeriodEnd
}

// item is the one thing that a subscription of ours sells.
func item(sub *sdk.Subscription) *sdk.SubscriptionItem {
	if sub.Items == nil || len(sub.Items.Data) == 0 || sub.Items.Data[0].Price == nil {
		return nil
	}
	return sub.Items.Data[0]
}

// plan is what a price of ours stands for; none for other prices.
func (s *Stripe) plan(p *sdk.Price) subscription.Plan {
	if p == nil || p.Product == nil || p.Recurring == nil || p.Recurring.IntervalCount > 1 {
		return subscription.Plan{}
	}
	tier, is := strings.CutPrefix(p.Product.ID, s.productPrefix())
	every := subscription.Interval(p.Recurring.Interval)
	if !is || (every != subscription.Month && every != subscription.Year) {
		return subscription.Plan{}
	}
	return subscription.Plan{Tier: ident.Tier(tier), Interval: every, Price: read(p.UnitAmount, string(p.Currency))}
}

// planned is the plan of the next period, when a schedule changes it.
func (s *Stripe) planned(sub *sdk.Subscription) subscription.Plan {
	i := item(sub)
	if sub.Schedule == nil || i == nil {
		return subscription.Plan{}
	}
	for _, phase := range sub.Schedule.Phases {
		if phase.StartDate >= i.CurrentPeriodEnd && len(phase.Items) > 0 {
			return s.plan(phase.Items[0].Price)
		}
	}
	return subscription.Plan{}
}

// card is the one that will be charged next: that of the subscription, or else
// that of the customer.
func card(sub *sdk.Subscription) subscription.Card {
	m := sub.DefaultPaymentMethod
	if m == nil && sub.Customer != nil && sub.Customer.InvoiceSettings != nil {
		m = sub.Customer.InvoiceSettings.DefaultPaymentMethod
	}
	switch {
	case m == nil:
		return subscription.Card{}
	case m.Card == nil:
		return subscription.Card{Brand: string(m.Type)} // a wallet that shows no card
	}
	return subscription.Card{Brand: string(m.Card.Brand), Last4: m.Card.Last4, Fingerprint: m.Card.Fingerprint}
}

// paidUntil is when the last paid period, or the trial, of a subscription ends.
func (s *Stripe) paidUntil(ctx context.Context, sub *sdk.Subscription) (time.Time, error) {
	bills, err := s.bills(ctx, sub)
	if err != nil {
		return time.Time{}, err
	}
	return s.object(sub, bills).PeriodEnd, nil
}
