package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Tier is one thing that a channel sells.
type Tier struct {
	ID     string   `json:"id"`
	Name   string   `json:"name" doc:"empty when the creator gave none"`
	Level  int      `json:"level" doc:"a higher level opens what lower ones open"`
	Perks  []string `json:"perks" nullable:"false"`
	Month  *Money   `json:"month" doc:"price for a month; null when it is not sold so"`
	Year   *Money   `json:"year" doc:"price for a year; null when it is not sold so"`
	Trial  int      `json:"trial_days" doc:"days that a newcomer need not pay for"`
	OnSale bool     `json:"on_sale"`
}

// TierChange is what a creator says about a tier.
type TierChange struct {
	Name   string   `json:"name,omitempty" maxLength:"160"`
	Level  int      `json:"level,omitempty" minimum:"0" maximum:"1000" doc:"0 keeps it, and puts a new tier above the others"`
	Perks  []string `json:"perks,omitempty" maxItems:"32"`
	Month  *Money   `json:"month,omitempty"`
	Year   *Money   `json:"year,omitempty"`
	Trial  int      `json:"trial_days,omitempty"`
	OnSale bool     `json:"on_sale"`
}

// TierList is what a channel sells, the lowest level first.
type TierList struct {
	Tiers     []Tier   `json:"tiers" nullable:"false"`
	Providers []string `json:"providers" nullable:"false" doc:"who takes payments here, the usual one first; at 'patrons' one enters a claim code"`
}

func (a *API) tierRoutes() {
	route(a, "GET", "/api/channels/{channel}/tiers", "list-tiers", "What the channel sells; its creator sees what is not on sale too", 200, a.listTiers)
	type changed struct {
		InChannel
		Body TierChange
	}
	route(a, "POST", "/api/channels/{channel}/tiers", "add-tier", "Add a tier (creator)", 201,
		func(ctx context.Context, in *changed) (*body[Tier], error) {
			return a.saveTier(ctx, in.Channel, "", in.Body)
		})
	type existing struct {
		InChannel
		Tier string `path:"tier" maxLength:"40"`
		Body TierChange
	}
	route(a, "PUT", "/api/channels/{channel}/tiers/{tier}", "change-tier", "Change a tier (creator)", 200,
		func(ctx context.Context, in *existing) (*body[Tier], error) {
			return a.saveTier(ctx, in.Channel, ident.Tier(in.Tier), in.Body)
		})
}

func (a *API) listTiers(ctx context.Context, in *InChannel) (*body[TierList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	tiers, err := a.opt.Subscriptions.Tiers(ctx, s.Account, c.ID)
	out := TierList{Tiers: []Tier{}, Providers: a.opt.Subscriptions.Sellers()}
	for _, t := range tiers {
		out.Tiers = append(out.Tiers, tierOf(t))
	}
	return answer(out, err)
}

func (a *API) saveTier(ctx context.Context, handle string, id ident.Tier, b TierChange) (*body[Tier], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByHandle(ctx, handle)
	if err != nil {
		return nil, err
	}
	t := subscription.Tier{ID: id, Channel: c.ID, Name: b.Name, Level: b.Level, Perks: b.Perks, Trial: b.Trial, OnSale: b.OnSale}
	for interval, price := range map[subscription.Interval]*Money{subscription.Month: b.Month, subscription.Year: b.Year} {
		if price != nil {
			t.Prices = append(t.Prices, subscription.Price{Interval: interval, Amount: price.amount()})
		}
	}
	t, err = a.opt.Subscriptions.SaveTier(ctx, session.Account.ID, t)
	return answer(tierOf(t), err)
}

func tierOf(t subscription.Tier) Tier {
	out := Tier{ID: string(t.ID), Name: t.Name, Level: t.Level, Perks: t.Perks, Trial: t.Trial, OnSale: t.OnSale}
	if out.Perks == nil {
		out.Perks = []string{}
	}
	for _, p := range t.Prices {
		price := moneyOf(p.Amount)
		if p.Interval == subscription.Year {
			out.Year = &price
		} else {
			out.Month = &price
		}
	}
	return out
}

func (m Money) amount() money.Amount { return money.Amount{Minor: m.Minor, Currency: m.Currency} }

func moneyOf(a money.Amount) Money { return Money{a.Minor, a.Currency} }
