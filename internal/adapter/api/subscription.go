package api

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Sandbox takes rehearsal cards. It exists only while the sandbox is chosen.
type Sandbox interface {
	Pay(ctx context.Context, by ident.Account, id ident.Checkout, card string, approved bool) (subscription.Checkout, error)
	// Forward lets time pass for a subscription of by.
	Forward(ctx context.Context, by ident.Account, id ident.Subscription, d time.Duration) (subscription.Owned, error)
	// Complete makes a creator's account one that can be paid, or whose transfers
	// are refused.
	Complete(ctx context.Context, by ident.Account, account string, refuses bool) error
}

// Patrons takes claim codes. It exists only while there is a list of patrons.
type Patrons interface {
	// Claim completes a checkout of by with a code that was entered at origin, a
	// network address.
	Claim(ctx context.Context, by ident.Account, origin string, id ident.Checkout, code string) (subscription.Checkout, error)
}

// Checkout is one purchase on its way.
type Checkout struct {
	ID       string      `json:"id"`
	Channel  string      `json:"channel"`
	Tier     string      `json:"tier"`
	Price    Money       `json:"price" doc:"of one period, or of one month given away"`
	Total    Money       `json:"total" doc:"what is taken when it is paid; nothing during a trial"`
	Period   string      `json:"period" enum:"month,year"`
	Trial    int         `json:"trial_days"`
	Quantity int         `json:"quantity"`
	State    string      `json:"state" enum:"open,pending,complete,declined,expired"`
	Reason   string      `json:"reason" doc:"why it was declined"`
	Provider string      `json:"provider" doc:"who takes the payment"`
	Sandbox  bool        `json:"sandbox" doc:"no real money moves"`
	URL      string      `json:"url" doc:"the provider's page to pay at; empty: the till is here"`
	RenewsAt Moment      `json:"renews_at"`
	Gift     *GiftResult `json:"gift" doc:"what became of a gift that was paid; null: it is none, or is not paid yet"`
}

// Agreement is what a buyer says when buying.
type Agreement struct {
	OfAge bool   `json:"of_age,omitempty" doc:"that they are 18 or older; remembered, and needed once"`
	Terms string `json:"terms,omitempty" maxLength:"40" doc:"the name of the text they agreed to"`
}

// Subscription is what a person pays for.
type Subscription struct {
	ID                string  `json:"id"`
	Channel           string  `json:"channel"`
	ChannelTitle      string  `json:"channel_title"`
	Tier              string  `json:"tier"`
	TierName          string  `json:"tier_name"`
	State             string  `json:"state" enum:"trialing,active,past_due,paused,ended"`
	CancelAtPeriodEnd bool    `json:"cancel_at_period_end"`
	Price             Money   `json:"price"`
	Period            string  `json:"period" enum:"month,year"`
	Next              *Plan   `json:"next" doc:"the plan that follows at the period's end; null when it stays"`
	StartedAt         Moment  `json:"started_at"`
	TrialEnd          *Moment `json:"trial_end"`
	PeriodEnd         Moment  `json:"period_end"`
	AccessUntil       *Moment `json:"access_until" doc:"when the door closes without further payment"`
	Reduced           bool    `json:"reduced" doc:"a part of what paid for the plan was taken back: until the next period the right is of the one that is still paid for"`
	Months            int     `json:"months"`
	Card              string  `json:"card_last4"`
	Sandbox           bool    `json:"sandbox"`
	Provider          string  `json:"provider"`
}

// Plan is what is charged every period.
type Plan struct {
	Tier     string `json:"tier"`
	TierName string `json:"tier_name"`
	Period   string `json:"period" enum:"month,year"`
	Price    Money  `json:"price"`
}

// PlanChange is the wish for another plan.
type PlanChange struct {
	Tier   string `json:"tier" maxLength:"40"`
	Period string `json:"period" enum:"month,year"`
}

// PlanPreview is what a change of plan would do.
type PlanPreview struct {
	Now      bool   `json:"now" doc:"it happens at once and takes due; otherwise at the period's end"`
	Credit   Money  `json:"credit" doc:"what is left of the period that runs"`
	Due      Money  `json:"due" doc:"taken now"`
	Price    Money  `json:"price" doc:"of each period from then on"`
	At       Moment `json:"at" doc:"when it happens"`
	RenewsAt Moment `json:"renews_at"`
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
	subscriptions := a.opt.Subscriptions
	a.wish("cancel", "No further charge; the paid period stays", subscriptions.Cancel)
	a.wish("resume", "Charge again after all", subscriptions.Resume)
	a.wish("pause", "No charge until it is resumed; the paid period stays", subscriptions.Pause)
	a.wish("withdraw", "Within fourteen days, where the law says so: end it now, and all is paid back", subscriptions.Withdraw)
	a.wish("keep-plan", "Take back a change that waits for the period's end", subscriptions.KeepPlan)
	type changed struct {
		InSubscription
		Body PlanChange
	}
	route(a, "POST", "/api/subscriptions/{subscription}/preview", "preview-change", "What a change of plan would cost now", 200,
		func(ctx context.Context, in *changed) (*body[PlanPreview], error) {
			return a.previewChange(ctx, ident.Subscription(in.Subscription), in.Body)
		})
	route(a, "POST", "/api/subscriptions/{subscription}/change", "change-plan", "Change the plan as the preview said", 200, a.changePlan)
	route(a, "POST", "/api/subscriptions/{subscription}/card", "change-card", "The provider's page to change the card at", 200, a.cardPage)
	if a.opt.Patrons != nil {
		route(a, "POST", "/api/patrons/checkouts/{checkout}/claim", "claim-as-patron", "Enter the code of somebody who pays elsewhere", 200, a.claim)
	}
	if a.opt.Sandbox != nil {
		route(a, "POST", "/api/sandbox/checkouts/{checkout}/pay", "pay-in-sandbox", "Pay with a rehearsal card", 200, a.pay)
		route(a, "POST", "/api/sandbox/subscriptions/{subscription}/forward", "forward-in-sandbox", "Let time pass for one subscription", 200, a.forward)
	}
}

// wish registers what a subscriber may ask for without saying more.
func (a *API) wish(name, summary string, do func(context.Context, ident.Account, ident.Subscription) (subscription.Owned, error)) {
	route(a, "POST", "/api/subscriptions/{subscription}/"+name, name+"-subscription", summary, 200,
		func(ctx context.Context, in *InSubscription) (*body[Subscription], error) {
			s, err := do(ctx, callerOf(ctx).account(), ident.Subscription(in.Subscription))
			return answer(a.subscriptionOf(s), err)
		})
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
		Key      string `json:"key" maxLength:"64" doc:"chosen by the caller; the same key opens one checkout"`
		Tier     string `json:"tier,omitempty" maxLength:"40" doc:"without it the lowest on sale"`
		Period   string `json:"period,omitempty" enum:"month,year" doc:"without it the tier's first"`
		Provider string `json:"provider,omitempty" maxLength:"40" doc:"who takes the payment; without it the first that the list of tiers names"`
		Country  string `json:"country,omitempty" maxLength:"2" doc:"where the buyer lives, ISO 3166-1 alpha-2"`
		Language string `json:"language,omitempty" maxLength:"8"`
		Agreement
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
	checkout, err := a.opt.Subscriptions.OpenCheckout(ctx, s.Account, c.ID, subscription.Purchase{
		Key: in.Body.Key, Tier: ident.Tier(in.Body.Tier), Interval: subscription.Interval(in.Body.Period),
		Provider: in.Body.Provider, Country: in.Body.Country, Language: in.Body.Language, Back: a.back(ctx, "/c/"+c.Handle),
		Agreement: subscription.Agreement(in.Body.Agreement),
	})
	if err != nil {
		return nil, err
	}
	return answer(a.checkout(ctx, checkout))
}

// back is a page of ours that a provider's page leads to afterwards.
func (a *API) back(ctx context.Context, path string) string {
	return a.Address(callerOf(ctx).request) + path
}

func (a *API) pay(ctx context.Context, in *struct {
	InCheckout
	Body struct {
		Card     string `json:"card" maxLength:"40" doc:"4242424242424242 succeeds; docs/payments.md lists the others"`
		Approved bool   `json:"approved,omitempty" doc:"the holder's word, for the card that asks for it"`
	}
},
) (*body[Checkout], error) {
	c, err := a.opt.Sandbox.Pay(ctx, callerOf(ctx).account(), ident.Checkout(in.Checkout), in.Body.Card, in.Body.Approved)
	if err != nil {
		return nil, err
	}
	return answer(a.checkout(ctx, c))
}

func (a *API) claim(ctx context.Context, in *struct {
	InCheckout
	Body struct {
		Code string `json:"code" maxLength:"80" doc:"as it was given to the patron; case, spaces and hyphens do not count"`
	}
},
) (*body[Checkout], error) {
	caller := callerOf(ctx)
	c, err := a.opt.Patrons.Claim(ctx, caller.account(), caller.origin, ident.Checkout(in.Checkout), in.Body.Code)
	if err != nil {
		return nil, err
	}
	return answer(a.checkout(ctx, c))
}

func (a *API) forward(ctx context.Context, in *struct {
	InSubscription
	Body struct {
		Hours int `json:"hours" minimum:"1" maximum:"26400" doc:"at most three years"`
	}
},
) (*body[Subscription], error) {
	s, err := a.opt.Sandbox.Forward(ctx, callerOf(ctx).account(), ident.Subscription(in.Subscription), time.Duration(in.Body.Hours)*time.Hour)
	return answer(a.subscriptionOf(s), err)
}

func (a *API) previewChange(ctx context.Context, id ident.Subscription, b PlanChange) (*body[PlanPreview], error) {
	p, err := a.opt.Subscriptions.PreviewChange(ctx, callerOf(ctx).account(), id, ident.Tier(b.Tier), subscription.Interval(b.Period))
	if err != nil {
		return nil, err
	}
	out := PlanPreview{Now: p.Now, Price: moneyOf(p.Plan.Price), At: Moment(p.At), RenewsAt: Moment(p.At)}
	out.Credit, out.Due = Money{0, p.Plan.Price.Currency}, Money{0, p.Plan.Price.Currency}
	if p.Now {
		out.Credit, out.Due, out.RenewsAt = moneyOf(p.Proration.Credit), moneyOf(p.Proration.Due), Moment(p.Proration.RenewsAt)
	}
	return answer(out, nil)
}

func (a *API) changePlan(ctx context.Context, in *struct {
	InSubscription
	Body struct {
		PlanChange
		Key  string `json:"key" maxLength:"64" doc:"chosen by the caller; the same key charges once"`
		Most int64  `json:"most" minimum:"0" doc:"the due of the preview: more is not charged"`
	}
},
) (*body[Subscription], error) {
	s, err := a.opt.Subscriptions.Change(ctx, callerOf(ctx).account(), ident.Subscription(in.Subscription),
		ident.Tier(in.Body.Tier), subscription.Interval(in.Body.Period), in.Body.Most, in.Body.Key)
	return answer(a.subscriptionOf(s), err)
}

// CardPage leads to the provider.
type CardPage struct {
	URL string `json:"url" doc:"empty: the provider has no such page"`
}

func (a *API) cardPage(ctx context.Context, in *InSubscription) (*body[CardPage], error) {
	url, err := a.opt.Subscriptions.CardPage(ctx, callerOf(ctx).account(), ident.Subscription(in.Subscription), a.back(ctx, "/account"))
	return answer(CardPage{url}, err)
}

func (a *API) checkout(ctx context.Context, c subscription.Checkout) (Checkout, error) {
	ch, err := a.opt.Channels.ByID(ctx, c.Channel)
	if err != nil {
		return Checkout{}, err
	}
	total, err := c.Total()
	if c.Trial > 0 || a.opt.Subscriptions.PaidElsewhere(c.Provider) {
		total.Minor = 0
	}
	if err != nil {
		return Checkout{}, err
	}
	gift, err := a.giftResult(ctx, c)
	return Checkout{
		ID: string(c.ID), Channel: ch.Handle, Tier: string(c.Plan.Tier), Price: moneyOf(c.Plan.Price), Total: moneyOf(total),
		Period: string(c.Plan.Interval), Trial: c.Trial, Quantity: c.Quantity, State: string(c.State), Reason: c.Reason,
		Provider: c.Provider, Sandbox: c.Provider == "sandbox", URL: c.URL, RenewsAt: Moment(c.RenewsAt), Gift: gift,
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
		out.Body.Subscriptions = append(out.Body.Subscriptions, a.subscriptionOf(s))
	}
	return out, nil
}

func (a *API) subscriptionOf(s subscription.Owned) Subscription {
	out := Subscription{
		ID: string(s.ID), Channel: s.Handle, ChannelTitle: s.Title, Tier: string(s.Plan.Tier), TierName: s.TierName, State: string(s.State),
		CancelAtPeriodEnd: s.CancelAtPeriodEnd, Price: moneyOf(s.Plan.Price), Period: string(s.Plan.Interval),
		StartedAt: Moment(s.Started), TrialEnd: MomentOf(s.TrialEnd), PeriodEnd: Moment(s.PeriodEnd),
		AccessUntil: MomentOf(s.AccessUntil), Reduced: s.Reduced, Months: s.TenureAt(a.opt.Now()), Card: s.CardLast4, Provider: s.Provider,
		Sandbox: a.opt.Sandbox != nil && s.Provider == "sandbox",
	}
	if s.Next.Tier != "" {
		out.Next = &Plan{string(s.Next.Tier), s.NextTier, string(s.Next.Interval), moneyOf(s.Next.Price)}
	}
	return out
}

// SubscriptionList is what one person pays for.
type SubscriptionList struct {
	Subscriptions []Subscription `json:"subscriptions" nullable:"false"`
}
