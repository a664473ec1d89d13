package stripe

import (
	"context"
	"strconv"
	"time"

	sdk "github.com/stripe/stripe-go/v85"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// The bounds that Stripe sets.
const (
	// sessionLasts is the shortest life of a session, with a little for the way.
	sessionLasts = 30*time.Minute + 15*time.Second
	day          = 24 * time.Hour
)

// OpenCheckout implements subscription.Provider. Stripe lets no session live for
// less than half an hour: when less is left of the order, its page outlives the
// order until ExpireCheckout shuts it.
//
// Terms are not agreed to on Stripe's page (consent_collection): it shows those
// that the account's owner has set, not the creator's, and our own page has
// asked before.
func (s *Stripe) OpenCheckout(ctx context.Context, o subscription.Order) (subscription.Session, error) {
	if o.Back == "" {
		return subscription.Session{}, errCannot("Stripe needs an address that its page leads back to. The server's public-url is not set.")
	}
	if _, _, err := sent(o.Plan.Price); err != nil {
		return subscription.Session{}, err
	}
	product, err := s.product(ctx, o.Plan.Tier, o.Title, false)
	if err != nil {
		return subscription.Session{}, err
	}
	customer, err := s.customer(ctx, o.Account, o.Plan.Price.Currency, "")
	if err != nil {
		return subscription.Session{}, err
	}
	session, err := s.open(ctx, o, product, customer)
	for tries := 0; missing(err) && tries < 2; tries++ { // the key is of another Stripe account than before
		if _, param := code(err); param == "customer" {
			customer, err = s.customer(ctx, o.Account, o.Plan.Price.Currency, customer)
		} else {
			product, err = s.product(ctx, o.Plan.Tier, o.Title, true)
		}
		if err == nil {
			session, err = s.open(ctx, o, product, customer)
		}
	}
	if reused(err) {
		session, err = s.opened(ctx, o.Checkout, customer)
	}
	if err != nil {
		return subscription.Session{}, trouble("open a checkout", err)
	}
	return s.session(ctx, session)
}

func (s *Stripe) open(ctx context.Context, o subscription.Order, product, customer string) (*sdk.CheckoutSession, error) {
	minor, currency, err := sent(o.Plan.Price)
	if err != nil {
		return nil, err
	}
	metadata := s.marked(
		metaCheckout, string(o.Checkout), metaPurpose, string(o.Purpose), metaTier, string(o.Plan.Tier),
		metaInterval, string(o.Plan.Interval), metaPrice, strconv.FormatInt(o.Plan.Price.Minor, 10),
		metaTrial, strconv.FormatInt(trialDays(o.Trial), 10))
	line := &sdk.CheckoutSessionCreateLineItemParams{
		Quantity: sdk.Int64(int64(max(o.Quantity, 1))),
		PriceData: &sdk.CheckoutSessionCreateLineItemPriceDataParams{
			Currency: &currency, Product: &product, UnitAmount: &minor, TaxBehavior: sdk.String("inclusive"),
		},
	}
	params := &sdk.CheckoutSessionCreateParams{
		Customer: &customer, LineItems: []*sdk.CheckoutSessionCreateLineItemParams{line}, Metadata: metadata,
		ClientReferenceID: sdk.String(string(o.Checkout)), SuccessURL: &o.Back, CancelURL: &o.Back, Locale: locale(o.Language),
		ExpiresAt: sdk.Int64(s.expires(o.Expires).Unix()),
		// Cards, and what carries cards (wallets, Link): the money is there at once,
		// and a card has a fingerprint by which a second trial is refused.
		PaymentMethodTypes: sdk.StringSlice([]string{"card"}),
		// What the creator asks is what is charged, in that currency.
		AdaptivePricing: &sdk.CheckoutSessionCreateAdaptivePricingParams{Enabled: sdk.Bool(false)},
	}
	if s.Tax {
		params.AutomaticTax = &sdk.CheckoutSessionCreateAutomaticTaxParams{Enabled: sdk.Bool(true)}
		params.CustomerUpdate = &sdk.CheckoutSessionCreateCustomerUpdateParams{Address: sdk.String("auto")}
	}
	if o.Purpose == subscription.ForGift {
		params.Mode = sdk.String(string(sdk.CheckoutSessionModePayment))
		params.PaymentIntentData = &sdk.CheckoutSessionCreatePaymentIntentDataParams{Metadata: metadata, Description: &o.Title}
	} else {
		params.Mode = sdk.String(string(sdk.CheckoutSessionModeSubscription))
		params.PaymentMethodCollection = sdk.String(string(sdk.CheckoutSessionPaymentMethodCollectionAlways))
		line.PriceData.Recurring = &sdk.CheckoutSessionCreateLineItemPriceDataRecurringParams{Interval: sdk.String(string(o.Plan.Interval))}
		params.SubscriptionData = s.subscriptionData(o)
	}
	params.IdempotencyKey = s.key("checkout", string(o.Checkout), customer)
	return s.api.V1CheckoutSessions.Create(ctx, params)
}

func (s *Stripe) subscriptionData(o subscription.Order) *sdk.CheckoutSessionCreateSubscriptionDataParams {
	data := &sdk.CheckoutSessionCreateSubscriptionDataParams{Metadata: s.marked(metaCheckout, string(o.Checkout))}
	if days := trialDays(o.Trial); days > 0 {
		data.TrialPeriodDays = &days
		data.TrialSettings = &sdk.CheckoutSessionCreateSubscriptionDataTrialSettingsParams{
			EndBehavior: &sdk.CheckoutSessionCreateSubscriptionDataTrialSettingsEndBehaviorParams{MissingPaymentMethod: sdk.String("cancel")},
		}
	}
	return data
}

// trialDays is a trial in Stripe's measure: whole days, begun ones counted.
func trialDays(trial time.Duration) int64 { return int64((trial + day - 1) / day) }

// expires is when a session ends: with its order, or as early as Stripe allows.
func (s *Stripe) expires(order time.Time) time.Time {
	if earliest := s.Now().Add(sessionLasts); order.Before(earliest) {
		return earliest
	}
	return order
}

func locale(language string) *string {
	switch language {
	case "en", "fr":
		return &language
	}
	return sdk.String("auto")
}

// opened finds the session that an earlier call opened for a checkout, with
// other words (the title or the moment were others) and perhaps without hearing
// the answer.
func (s *Stripe) opened(ctx context.Context, id ident.Checkout, customer string) (*sdk.CheckoutSession, error) {
	params := &sdk.CheckoutSessionListParams{Customer: &customer}
	params.Limit = sdk.Int64(pageSize)
	for session, err := range s.api.V1CheckoutSessions.List(ctx, params).All(ctx) {
		if err != nil {
			return nil, err
		}
		if s.ours(session.Metadata) && session.Metadata[metaCheckout] == string(id) {
			return session, nil
		}
	}
	return nil, errUnknown()
}

// FetchCheckout implements subscription.Provider.
func (s *Stripe) FetchCheckout(ctx context.Context, ref string) (subscription.Session, error) {
	session, err := s.retrieve(ctx, ref)
	if err != nil {
		return subscription.Session{}, err
	}
	return s.session(ctx, session)
}

func (s *Stripe) retrieve(ctx context.Context, ref string) (*sdk.CheckoutSession, error) {
	params := &sdk.CheckoutSessionRetrieveParams{}
	params.AddExpand("payment_intent.latest_charge.balance_transaction")
	params.AddExpand("payment_intent.latest_charge.refunds")
	params.AddExpand("total_details.breakdown")
	session, err := s.api.V1CheckoutSessions.Retrieve(ctx, ref, params)
	if err != nil {
		return nil, trouble("fetch a checkout", err)
	}
	if !s.ours(session.Metadata) {
		return nil, errUnknown()
	}
	return session, nil
}

func (s *Stripe) session(ctx context.Context, c *sdk.CheckoutSession) (subscription.Session, error) {
	days, _ := strconv.ParseInt(c.Metadata[metaTrial], 10, 64) // none, when it is not there
	out := subscription.Session{
		Ref: c.ID, Expired: c.Status == sdk.CheckoutSessionStatusExpired,
		RenewsAt: renews(s.Now().Add(time.Duration(days)*day), days > 0, subscription.Interval(c.Metadata[metaInterval])),
	}
	if c.Status == sdk.CheckoutSessionStatusOpen {
		out.URL = c.URL
	}
	if c.Status == sdk.CheckoutSessionStatusComplete && c.Subscription != nil {
		out.Subscription = c.Subscription.ID
	}
	if c.PaymentStatus != sdk.CheckoutSessionPaymentStatusPaid || subscription.Purpose(c.Metadata[metaPurpose]) != subscription.ForGift {
		return out, nil
	}
	charge, err := s.giftCharge(ctx, c)
	out.Charge = charge
	return out, err
}

// giftCharge is what was paid for a gift.
func (s *Stripe) giftCharge(ctx context.Context, c *sdk.CheckoutSession) (*subscription.Charge, error) {
	if c.PaymentIntent == nil || c.PaymentIntent.LatestCharge == nil {
		return nil, errUnavailable()
	}
	paid, err := s.charge(ctx, c.PaymentIntent.LatestCharge)
	if err != nil {
		return nil, err
	}
	price, _ := strconv.ParseInt(c.Metadata[metaPrice], 10, 64) // written by us
	paid.Kind = subscription.ChargeGift
	paid.Plan = subscription.Plan{
		Tier: ident.Tier(c.Metadata[metaTier]), Interval: subscription.Interval(c.Metadata[metaInterval]),
		Price: money.Amount{Minor: price, Currency: paid.Total.Currency},
	}
	if c.TotalDetails != nil {
		paid.Tax.Minor = c.TotalDetails.AmountTax
		if b := c.TotalDetails.Breakdown; b != nil && len(b.Taxes) == 1 && b.Taxes[0].Rate != nil {
			paid.Tax.Rate = points(b.Taxes[0].Rate)
		}
	}
	if d := c.CustomerDetails; d != nil && d.Address != nil && d.Address.Country != "" {
		paid.Tax.Country = d.Address.Country
	}
	return &paid, nil
}

// renews is when the payment after one at start is due; the first payment after
// a trial is due at start itself. Stripe keeps the day of the month and falls on
// a shorter month's last day.
func renews(start time.Time, trial bool, every subscription.Interval) time.Time {
	if trial {
		return start
	}
	first := time.Date(start.Year(), start.Month()+time.Month(every.Months()), 1, 0, 0, 0, 0, start.Location())
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(start.Day(), last)-1).Add(start.Sub(midnight(start)))
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// ExpireCheckout implements subscription.Provider.
func (s *Stripe) ExpireCheckout(ctx context.Context, ref string) error {
	session, err := s.retrieve(ctx, ref)
	if err != nil {
		return err
	}
	if session.Status == sdk.CheckoutSessionStatusOpen {
		is, err := s.api.V1CheckoutSessions.Expire(ctx, ref, &sdk.CheckoutSessionExpireParams{})
		if err == nil {
			session = is
		} else if session, err = s.afterRefusal(ctx, ref, err); err != nil {
			return err
		}
	}
	switch session.Status {
	case sdk.CheckoutSessionStatusExpired:
		return nil
	case sdk.CheckoutSessionStatusComplete:
		return fault.New(fault.Conflict, "checkout_paid", "This checkout is paid already.")
	}
	return errUnavailable()
}

// afterRefusal looks again at a session that Stripe would not expire: it may
// have been paid, or have expired, in between.
func (s *Stripe) afterRefusal(ctx context.Context, ref string, why error) (*sdk.CheckoutSession, error) {
	session, err := s.retrieve(ctx, ref)
	if err == nil && session.Status == sdk.CheckoutSessionStatusOpen {
		err = trouble("expire a checkout", why)
	}
	return session, err
}
