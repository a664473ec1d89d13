package stripe

import (
	"context"

	sdk "github.com/stripe/stripe-go/v85"
)

// CardPage implements subscription.Provider. Stripe's page changes the card of
// the customer, while Checkout ties a card to the subscription, where it would
// go before the customer's: so the subscription's card becomes the customer's
// first, and the one that is shown on the page counts.
func (s *Stripe) CardPage(ctx context.Context, ref, back string) (string, error) {
	sub, err := s.own(ctx, ref)
	switch {
	case err != nil:
		return "", err
	case ended(sub):
		return "", errEnded()
	case sub.Customer == nil:
		return "", errUnknown()
	}
	if sub.DefaultPaymentMethod != nil {
		if err := s.untie(ctx, sub); err != nil {
			return "", err
		}
	}
	portal, err := s.portal(ctx, "")
	if err != nil {
		return "", err
	}
	session, err := s.cardPage(ctx, sub.Customer.ID, portal, back)
	if code, param := code(err); code == string(sdk.ErrorCodeResourceMissing) && param == "configuration" {
		if portal, err = s.portal(ctx, portal); err != nil {
			return "", err
		}
		session, err = s.cardPage(ctx, sub.Customer.ID, portal, back)
	}
	if err != nil {
		return "", trouble("open the page for cards", err)
	}
	return session.URL, nil
}

// untie makes a subscription's card the customer's.
func (s *Stripe) untie(ctx context.Context, sub *sdk.Subscription) error {
	if err := s.tieOthers(ctx, sub); err != nil {
		return err
	}
	_, err := s.api.V1Customers.Update(ctx, sub.Customer.ID, &sdk.CustomerUpdateParams{
		InvoiceSettings: &sdk.CustomerUpdateInvoiceSettingsParams{DefaultPaymentMethod: &sub.DefaultPaymentMethod.ID},
	})
	if err != nil {
		return trouble("set a customer's card", err)
	}
	return s.update(ctx, sub.ID, "untie a card", &sdk.SubscriptionUpdateParams{DefaultPaymentMethod: sdk.String("")})
}

// tieOthers keeps the customer's card for the subscriptions that go by it, before
// it becomes another one: who changes the card of one subscription has not asked
// for the others to be charged on it.
func (s *Stripe) tieOthers(ctx context.Context, sub *sdk.Subscription) error {
	settings := sub.Customer.InvoiceSettings
	if settings == nil || settings.DefaultPaymentMethod == nil || settings.DefaultPaymentMethod.ID == sub.DefaultPaymentMethod.ID {
		return nil
	}
	params := &sdk.SubscriptionListParams{Customer: &sub.Customer.ID}
	params.Limit = sdk.Int64(pageSize)
	for other, err := range s.api.V1Subscriptions.List(ctx, params).All(ctx) {
		if err != nil {
			return trouble("list a customer's subscriptions", err)
		}
		if other.ID == sub.ID || !s.ours(other.Metadata) || ended(other) || other.DefaultPaymentMethod != nil {
			continue
		}
		tie := &sdk.SubscriptionUpdateParams{DefaultPaymentMethod: &settings.DefaultPaymentMethod.ID}
		if err := s.update(ctx, other.ID, "tie a card", tie); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stripe) cardPage(ctx context.Context, customer, portal, back string) (*sdk.BillingPortalSession, error) {
	return s.api.V1BillingPortalSessions.Create(ctx, &sdk.BillingPortalSessionCreateParams{
		Customer: &customer, Configuration: &portal, ReturnURL: &back,
		FlowData: &sdk.BillingPortalSessionCreateFlowDataParams{
			Type: sdk.String("payment_method_update"),
			AfterCompletion: &sdk.BillingPortalSessionCreateFlowDataAfterCompletionParams{
				Type:     sdk.String("redirect"),
				Redirect: &sdk.BillingPortalSessionCreateFlowDataAfterCompletionRedirectParams{ReturnURL: &back},
			},
		},
	})
}

// portal returns the settings of the page: cards can be changed there, and
// nothing else, since everything else is done on ours.
func (s *Stripe) portal(ctx context.Context, stale string) (string, error) {
	return s.once(ctx, kindPortal, "cards", stale, func(key *string) (string, error) {
		params := &sdk.BillingPortalConfigurationCreateParams{
			Metadata: s.marked(),
			Features: &sdk.BillingPortalConfigurationCreateFeaturesParams{
				PaymentMethodUpdate: &sdk.BillingPortalConfigurationCreateFeaturesPaymentMethodUpdateParams{Enabled: sdk.Bool(true)},
			},
		}
		params.IdempotencyKey = key
		c, err := s.api.V1BillingPortalConfigurations.Create(ctx, params)
		if err != nil {
			return "", trouble("set up the page for cards", err)
		}
		return c.ID, nil
	})
}
