package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Sandbox takes rehearsal cards. It exists only while the sandbox is chosen.
type Sandbox interface {
	Pay(ctx context.Context, by ident.Account, id ident.Checkout, card string) (subscription.Checkout, error)
}

// Checkout is one purchase on its way.
type Checkout struct {
	ID       string `json:"id"`
	Channel  string `json:"channel"`
	Price    Money  `json:"price"`
	Period   string `json:"period" enum:"month"`
	State    string `json:"state" enum:"open,pending,complete,declined,expired"`
	Reason   string `json:"reason" doc:"why it was declined"`
	Sandbox  bool   `json:"sandbox" doc:"no real money moves"`
	RenewsAt Moment `json:"renews_at"`
}

// Subscription is what a person pays for.
type Subscription struct {
	ID                string  `json:"id"`
	Channel           string  `json:"channel"`
	ChannelTitle      string  `json:"channel_title"`
	State             string  `json:"state" enum:"active,past_due,ended"`
	CancelAtPeriodEnd bool    `json:"cancel_at_period_end"`
	Price             Money   `json:"price"`
	StartedAt         Moment  `json:"started_at"`
	PeriodEnd         Moment  `json:"period_end"`
	AccessUntil       *Moment `json:"access_until" doc:"when the door closes without further payment"`
	Months            int     `json:"months"`
}

func (a *API) subscriptionRoutes() {
	route(a, "POST", "/api/channels/{channel}/checkout", "open-checkout", "Begin a purchase", 201, a.openCheckout)
	route(a, "GET", "/api/checkouts/{checkout}", "get-checkout", "Where a purchase stands", 200,
		func(ctx context.Context, in *InCheckout) (*body[Checkout], error) {
			c, err := a.opt.Subscriptions.CheckoutByID(ctx, callerOf(ctx).account(), ident.Checkout(in.Checkout))
			if err != nil {
				return nil, err
			}
			return answer(a.checkout(ctx, c))
		})
	route(a, "GET", "/api/subscriptions", "list-subscriptions", "What I pay for", 200, a.listSubscriptions)
	route(a, "POST", "/api/subscriptions/{subscription}/cancel", "cancel-subscription", "No further charge; the paid period stays", 200,
		func(ctx context.Context, in *InSubscription) (*body[Subscription], error) {
			s, err := a.opt.Subscriptions.Cancel(ctx, callerOf(ctx).account(), ident.Subscription(in.Subscription))
			return answer(subscriptionOf(s), err)
		})
	route(a, "POST", "/api/subscriptions/{subscription}/resume", "resume-subscription", "Charge again after all", 200,
		func(ctx context.Context, in *InSubscription) (*body[Subscription], error) {
			s, err := a.opt.Subscriptions.Resume(ctx, callerOf(ctx).account(), ident.Subscription(in.Subscription))
			return answer(subscriptionOf(s), err)
		})
	if a.opt.Sandbox != nil {
		route(a, "POST", "/api/sandbox/checkouts/{checkout}/pay", "pay-in-sandbox", "Pay with a rehearsal card", 200, a.pay)
	}
}

type InCheckout struct {
	Checkout string `path:"checkout" maxLength:"40"`
}

type InSubscription struct {
	Subscription string `path:"subscription" maxLength:"40"`
}

func (a *API) openCheckout(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Key string `json:"key" maxLength:"64" doc:"chosen by the caller; the same key opens one checkout"`
	}
},
) (*body[Checkout], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	if s.Account == "" {
		return nil, fault.New(fault.Denied, "sign_in", "Sign in first.")
	}
	checkout, err := a.opt.Subscriptions.OpenCheckout(ctx, s.Account, c.ID, in.Body.Key)
	if err != nil {
		return nil, err
	}
	return answer(a.checkout(ctx, checkout))
}

func (a *API) pay(ctx context.Context, in *struct {
	InCheckout
	Body struct {
		Card string `json:"card" maxLength:"40" doc:"4242424242424242 succeeds, 4000000000000002 is declined, 4000000000000259 is disputed later"`
	}
},
) (*body[Checkout], error) {
	c, err := a.opt.Sandbox.Pay(ctx, callerOf(ctx).account(), ident.Checkout(in.Checkout), in.Body.Card)
	if err != nil {
		return nil, err
	}
	return answer(a.checkout(ctx, c))
}

func (a *API) checkout(ctx context.Context, c subscription.Checkout) (Checkout, error) {
	ch, err := a.opt.Channels.ByID(ctx, c.Channel)
	return Checkout{
		ID: string(c.ID), Channel: ch.Handle, Price: Money{c.Price.Minor, c.Price.Currency}, Period: "month",
		State: string(c.State), Reason: c.Reason, Sandbox: a.opt.Sandbox != nil, RenewsAt: Moment(c.RenewsAt),
	}, err
}

func (a *API) listSubscriptions(ctx context.Context, _ *none) (*body[SubscriptionList], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	list, err := a.opt.Subscriptions.List(ctx, session.Account.ID)
	if err != nil {
		return nil, err
	}
	out := &body[SubscriptionList]{}
	out.Body.Subscriptions = []Subscription{}
	for _, s := range list {
		out.Body.Subscriptions = append(out.Body.Subscriptions, subscriptionOf(s))
	}
	return out, nil
}

func subscriptionOf(s subscription.Owned) Subscription {
	return Subscription{
		ID: string(s.ID), Channel: s.Handle, ChannelTitle: s.Title, State: string(s.State),
		CancelAtPeriodEnd: s.CancelAtPeriodEnd, Price: Money{s.Price.Minor, s.Price.Currency},
		StartedAt: Moment(s.Started), PeriodEnd: Moment(s.PeriodEnd), AccessUntil: MomentOf(s.AccessUntil), Months: s.Months,
	}
}

// SubscriptionList is what one person pays for.
type SubscriptionList struct {
	Subscriptions []Subscription `json:"subscriptions" nullable:"false"`
}
