package stripe

import (
	"context"
	"strings"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Resolve implements subscription.Resolver: an event about a charge, a refund or
// a dispute names the charge, and this finds what the charge was for.
func (s *Stripe) Resolve(ctx context.Context, object string) (string, error) {
	id, is := strings.CutPrefix(object, chargePrefix)
	if !is {
		return object, nil
	}
	c, err := s.api.V1Charges.Retrieve(ctx, id, &sdk.ChargeRetrieveParams{})
	switch {
	case missing(err):
		return "", nil
	case err != nil:
		return "", trouble("look at a charge", err)
	case s.foreign(c.Metadata) || c.PaymentIntent == nil:
		return "", nil
	case s.ours(c.Metadata):
		return s.sessionOf(ctx, c.PaymentIntent.ID)
	}
	return s.subscriptionOf(ctx, c.PaymentIntent.ID)
}

// sessionOf finds the checkout that a gift was paid at.
func (s *Stripe) sessionOf(ctx context.Context, intent string) (string, error) {
	for session, err := range s.api.V1CheckoutSessions.List(ctx, &sdk.CheckoutSessionListParams{PaymentIntent: &intent}).All(ctx) {
		if err != nil {
			return "", trouble("find the checkout of a charge", err)
		}
		if s.ours(session.Metadata) {
			return subscription.CheckoutObject(session.ID), nil
		}
	}
	return "", nil
}

// subscriptionOf finds the subscription whose invoice was paid.
func (s *Stripe) subscriptionOf(ctx context.Context, intent string) (string, error) {
	params := &sdk.InvoicePaymentListParams{
		Payment: &sdk.InvoicePaymentListPaymentParams{Type: sdk.String("payment_intent"), PaymentIntent: &intent},
	}
	params.AddExpand("data.invoice")
	for p, err := range s.api.V1InvoicePayments.List(ctx, params).All(ctx) {
		if err != nil {
			return "", trouble("find the invoice of a charge", err)
		}
		if p.Invoice == nil || p.Invoice.Parent == nil || p.Invoice.Parent.SubscriptionDetails == nil {
			continue
		}
		if d := p.Invoice.Parent.SubscriptionDetails; s.ours(d.Metadata) && d.Subscription != nil {
			return d.Subscription.ID, nil
		}
	}
	return "", nil
}
