package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Sale is a payment, as its buyer or its seller sees it.
type Sale struct {
	Provider    string  `json:"provider"`
	ID          string  `json:"id"`
	Channel     string  `json:"channel"`
	Buyer       string  `json:"buyer" doc:"name of the account"`
	Kind        string  `json:"kind" enum:"period,change,gift"`
	Tier        string  `json:"tier" doc:"name of the tier; may be empty"`
	Period      string  `json:"period" enum:"month,year"`
	Quantity    int     `json:"quantity"`
	Total       Money   `json:"total" doc:"what the buyer paid, tax included"`
	Tax         Money   `json:"tax" doc:"of the total"`
	TaxRate     int64   `json:"tax_rate" doc:"basis points"`
	Country     string  `json:"country"`
	Share       *Money  `json:"share" doc:"what of it is the creator's; only for the creator"`
	At          Moment  `json:"at"`
	PeriodStart *Moment `json:"period_start"`
	PeriodEnd   *Moment `json:"period_end"`
	Card        string  `json:"card_last4"`
	Refunded    Money   `json:"refunded"`
	Refundable  Money   `json:"refundable"`
	Dispute     string  `json:"dispute" enum:",open,won,lost"`
	Sandbox     bool    `json:"sandbox"`
}

// SaleList is a page of payments, newest first.
type SaleList struct {
	Sales []Sale `json:"sales" nullable:"false"`
}

// Subscriber is somebody whose right holds, as the creator sees them.
type Subscriber struct {
	Account           string  `json:"account"`
	Name              string  `json:"name"`
	Right             string  `json:"right" doc:"name of the right, to page by"`
	Source            string  `json:"source" doc:"subscription, gift, comp, import, …"`
	Tier              string  `json:"tier"`
	Since             Moment  `json:"since"`
	Until             Moment  `json:"until"`
	Months            int     `json:"months"`
	State             string  `json:"state" enum:",trialing,active,past_due,paused,ended" doc:"empty for rights that were given"`
	CancelAtPeriodEnd bool    `json:"cancel_at_period_end"`
	Period            string  `json:"period" enum:",month,year"`
	Price             *Money  `json:"price"`
	RevokedAt         *Moment `json:"revoked_at"`
	Note              string  `json:"note" doc:"of a right that was given, for the creator"`
}

// SubscriberList is a page of subscribers, by their right.
type SubscriberList struct {
	Subscribers []Subscriber `json:"subscribers" nullable:"false"`
}

func (a *API) saleRoutes() {
	type page struct {
		InChannel
		Provider string `query:"provider" maxLength:"40" doc:"of the last sale of the page before"`
		After    string `query:"after" maxLength:"200" doc:"id of the last sale of the page before"`
		Account  string `query:"account" maxLength:"40" doc:"only what this account bought"`
	}
	route(a, "GET", "/api/channels/{channel}/sales", "list-sales", "What was sold (creator)", 200,
		func(ctx context.Context, in *page) (*body[SaleList], error) {
			return a.sales(ctx, in.Channel, ident.Account(in.Account), in.Provider, in.After)
		})
	route(a, "POST", "/api/channels/{channel}/sales/{provider}/{sale}/refund", "refund-sale", "Pay a sale back (creator)", 200, a.refund)
	type after struct {
		InChannel
		After string `query:"after" maxLength:"40" doc:"the right of the last one of the page before"`
	}
	route(a, "GET", "/api/channels/{channel}/subscribers", "list-subscribers", "Who has a right now (creator)", 200,
		func(ctx context.Context, in *after) (*body[SubscriberList], error) {
			return a.subscribers(ctx, in.Channel, ident.Grant(in.After))
		})
	type own struct {
		Provider string `query:"provider" maxLength:"40" doc:"of the last payment of the page before"`
		After    string `query:"after" maxLength:"200" doc:"id of the last payment of the page before"`
	}
	route(a, "GET", "/api/payments", "list-payments", "What I paid", 200,
		func(ctx context.Context, in *own) (*body[SaleList], error) {
			return a.payments(ctx, in.Provider, in.After)
		})
}

func (a *API) sales(ctx context.Context, handle string, to ident.Account, provider, after string) (*body[SaleList], error) {
	c, s, err := a.subject(ctx, handle)
	if err != nil {
		return nil, err
	}
	list, err := a.opt.Subscriptions.Sales(ctx, s.Account, c.ID, to, provider, after)
	out := SaleList{Sales: []Sale{}}
	for _, x := range list {
		sale := a.saleOf(x)
		share := moneyOf(x.Total)
		share.Minor = x.Creator()
		sale.Share = &share
		out.Sales = append(out.Sales, sale)
	}
	return answer(out, err)
}

func (a *API) payments(ctx context.Context, provider, after string) (*body[SaleList], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	list, err := a.opt.Subscriptions.Payments(ctx, session.Account.ID, provider, after)
	out := SaleList{Sales: []Sale{}}
	for _, x := range list {
		out.Sales = append(out.Sales, a.saleOf(x))
	}
	return answer(out, err)
}

func (a *API) refund(ctx context.Context, in *struct {
	InChannel
	Provider string `path:"provider" maxLength:"40"`
	Sale     string `path:"sale" maxLength:"200"`
	Body     struct {
		Amount int64  `json:"amount,omitempty" minimum:"0" doc:"minor units; without it all that is left"`
		End    bool   `json:"end,omitempty" doc:"also end the subscription it paid for"`
		Key    string `json:"key,omitempty" maxLength:"64" doc:"chosen by the caller; the same key pays back once"`
	}
},
) (*body[Sale], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByHandle(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	sale, err := a.opt.Subscriptions.Refund(ctx, session.Account.ID, c.ID, in.Provider, in.Sale, subscription.RefundWish{
		Amount: in.Body.Amount, End: in.Body.End, Key: in.Body.Key,
	})
	return answer(a.saleOf(subscription.NamedSale{Sale: sale, Handle: c.Handle}), err)
}

func (a *API) subscribers(ctx context.Context, handle string, after ident.Grant) (*body[SubscriberList], error) {
	c, s, err := a.subject(ctx, handle)
	if err != nil {
		return nil, err
	}
	list, err := a.opt.Subscriptions.Subscribers(ctx, s.Account, c.ID, after)
	out := SubscriberList{Subscribers: []Subscriber{}}
	for _, x := range list {
		row := Subscriber{
			Account: string(x.Account), Name: x.Name, Right: string(x.Grant), Source: x.Source, Tier: x.TierName,
			Since: Moment(x.Since), Until: Moment(x.Ends), Months: x.Tenure(a.opt.Now()), State: string(x.State),
			CancelAtPeriodEnd: x.CancelAtPeriodEnd, Period: string(x.Interval), RevokedAt: MomentOf(x.Revoked), Note: x.Note,
		}
		if x.Price.Currency != "" {
			price := moneyOf(x.Price)
			row.Price = &price
		}
		out.Subscribers = append(out.Subscribers, row)
	}
	return answer(out, err)
}

func (a *API) saleOf(x subscription.NamedSale) Sale {
	of := func(minor int64) Money { return Money{minor, x.Total.Currency} }
	return Sale{
		Provider: x.Provider, ID: x.Charge, Channel: x.Handle, Buyer: x.BuyerName, Kind: string(x.Kind), Tier: x.TierName,
		Period: string(x.Plan.Interval), Quantity: x.Quantity, Total: of(x.Total.Minor), Tax: of(x.Tax.Minor), TaxRate: x.Tax.Rate,
		Country: x.Tax.Country, At: Moment(x.At), PeriodStart: MomentOf(x.PeriodStart), PeriodEnd: MomentOf(x.PeriodEnd),
		Card: x.CardLast4, Refunded: of(x.Refunded), Refundable: of(x.Refundable()), Dispute: string(x.Dispute),
		Sandbox: x.Provider == "sandbox",
	}
}
