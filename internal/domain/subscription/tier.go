package subscription

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Tier is one thing that a channel sells: a way into its Sub Space.
type Tier struct {
	ID      ident.Tier
	Channel ident.Channel
	Name    string // empty: the channel never named it
	// Level orders a channel's tiers from 1: a higher one opens what lower ones open.
	Level   int
	Perks   []string
	Prices  []Price // at most one for each interval, the month first
	Trial   int     // days that a newcomer need not pay for; 0 for none
	OnSale  bool
	Created time.Time
}

// Price is what a tier costs for one interval.
type Price struct {
	Interval Interval
	Amount   money.Amount
}

// The bounds of a tier.
const (
	tierNameMax = 40
	perksMax    = 8
	perkMax     = 80
	trialMax    = 30
	tiersMax    = 8 // on sale at a time
	tiersKept   = 100
)

// The bounds of a price for a month in minor units; a year's may be twelve times
// as high. Below the lower one the fees of card payments eat the price; the
// upper one catches a slipped decimal point.
const (
	priceMin = 50
	priceMax = 100_000
)

// PriceFor returns what the tier costs for an interval; false when it is not sold so.
func (t Tier) PriceFor(i Interval) (money.Amount, bool) {
	for _, p := range t.Prices {
		if p.Interval == i {
			return p.Amount, true
		}
	}
	return money.Amount{}, false
}

func (t Tier) equal(o Tier) bool {
	return t.Name == o.Name && t.Level == o.Level && t.Trial == o.Trial && t.OnSale == o.OnSale &&
		slices.Equal(t.Perks, o.Perks) && slices.Equal(t.Prices, o.Prices)
}

// Tiers returns what the channel sells, the lowest level first. Its owner sees
// those that are not on sale too.
func (s *Service) Tiers(ctx context.Context, by ident.Account, channel ident.Channel) (tiers []Tier, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		if tiers, err = tx.TiersOf(ctx, channel); err != nil {
			return err
		}
		subject := access.Subject{Account: by, Channel: channel}
		facts, err := tx.Facts(ctx, []access.Subject{subject})
		if err != nil {
			return err
		}
		if !access.Decide(facts[subject].Within(access.ScopeOf(ctx)), access.RunChannel, s.Now()).Allowed {
			tiers = slices.DeleteFunc(tiers, func(t Tier) bool { return !t.OnSale })
		}
		return nil
	})
	return tiers, err
}

// Tier returns the channel's lowest tier on sale; false when it sells nothing.
func (s *Service) Tier(ctx context.Context, channel ident.Channel) (t Tier, onSale bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		tiers, err := tx.TiersOf(ctx, channel)
		t, onSale = entry(tiers)
		return err
	})
	return t, onSale, err
}

func entry(tiers []Tier) (Tier, bool) {
	for _, t := range tiers {
		if t.OnSale {
			return t, true
		}
	}
	return Tier{}, false
}

// SaveTier makes a tier, when t has no ID, or changes one. Only the owner may.
// Running subscriptions and open checkouts keep the price they were made at.
// Refusals: tier_missing, tier_name_invalid, perks_invalid, trial_invalid,
// price_missing, price_invalid, currency_unsupported, currency_differs,
// too_many_tiers.
func (s *Service) SaveTier(ctx context.Context, by ident.Account, t Tier) (Tier, error) {
	t, err := t.clean()
	if err != nil {
		return Tier{}, err
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, t.Channel, access.RunChannel); err != nil {
			return err
		}
		tiers, err := tx.TiersOf(ctx, t.Channel)
		if err != nil {
			return err
		}
		t, err = s.saveTier(ctx, tx, by, t, tiers)
		return err
	})
	return t, err
}

func (s *Service) saveTier(ctx context.Context, tx Tx, by ident.Account, t Tier, tiers []Tier) (Tier, error) {
	i := slices.IndexFunc(tiers, func(o Tier) bool { return o.ID == t.ID })
	switch {
	case t.ID != "" && i < 0:
		return t, errTier()
	case i >= 0:
		t.Created = tiers[i].Created
		if t.Level == 0 {
			t.Level = tiers[i].Level
		}
		if t.equal(tiers[i]) {
			return t, nil
		}
		tiers = slices.Delete(tiers, i, i+1)
	default:
		t.ID, t.Created = ident.Make[ident.Tier](s.IDs), s.Now()
		if t.Level == 0 && len(tiers) > 0 {
			t.Level = tiers[len(tiers)-1].Level + 1
		}
		t.Level = max(1, t.Level)
	}
	if err := t.fits(tiers); err != nil {
		return t, err
	}
	if err := tx.PutTier(ctx, t); err != nil {
		return t, err
	}
	_, err := tx.Append(ctx,
		room.Entry{Address: room.Address{Channel: t.Channel, Audience: room.Public}, Payload: event.ChannelChanged{}},
		business(t.Channel, event.SettingsChanged{By: by}))
	return t, err
}

// fits refuses a tier that cannot stand beside the channel's others. One
// currency, because a change of plan counts one price against the other.
func (t Tier) fits(others []Tier) error {
	sold := 0
	for _, o := range others {
		if !o.OnSale {
			continue
		}
		sold++
		if t.OnSale && o.Prices[0].Amount.Currency != t.Prices[0].Amount.Currency {
			return fault.New(fault.Invalid, "currency_differs", "All tiers on sale have prices in one currency; the others are in %s.", o.Prices[0].Amount.Currency)
		}
	}
	if (t.OnSale && sold >= tiersMax) || len(others) >= tiersKept {
		return fault.New(fault.Conflict, "too_many_tiers", "A channel sells at most %d tiers at a time.", tiersMax)
	}
	return nil
}

// clean returns t as it is stored, or why it cannot be.
func (t Tier) clean() (Tier, error) {
	name, ok := text.Line(t.Name)
	if !ok || utf8.RuneCountInString(name) > tierNameMax {
		return t, fault.New(fault.Invalid, "tier_name_invalid", "A tier's name is one line of at most %d characters.", tierNameMax)
	}
	t.Name = name
	perks := []string{}
	for _, p := range t.Perks {
		line, ok := text.Line(p)
		if !ok || utf8.RuneCountInString(line) > perkMax || len(t.Perks) > perksMax {
			return t, fault.New(fault.Invalid, "perks_invalid", "A tier has at most %d perks, each one line of at most %d characters.", perksMax, perkMax)
		}
		if line != "" {
			perks = append(perks, line)
		}
	}
	t.Perks = perks
	if t.Trial < 0 || t.Trial > trialMax {
		return t, fault.New(fault.Invalid, "trial_invalid", "A trial lasts at most %d days.", trialMax)
	}
	if len(t.Prices) == 0 {
		return t, fault.New(fault.Invalid, "price_missing", "A tier needs a price for a month, a year, or both.")
	}
	t.Prices = slices.Clone(t.Prices)
	slices.SortFunc(t.Prices, func(a, b Price) int { return a.Interval.Months() - b.Interval.Months() })
	for i, p := range t.Prices {
		if err := CheckPrice(p); err != nil {
			return t, err
		}
		if i > 0 && (p.Interval == t.Prices[i-1].Interval || p.Amount.Currency != t.Prices[0].Amount.Currency) {
			return t, fault.New(fault.Invalid, "currency_differs", "A tier has one price for each interval, all in one currency.")
		}
	}
	return t, nil
}

// SetPrice puts the channel's lowest tier on sale at a monthly price, and makes
// that tier when there is none. It is SaveTier for who wants no more than that.
func (s *Service) SetPrice(ctx context.Context, by ident.Account, channel ident.Channel, price money.Amount) (Tier, error) {
	if err := CheckPrice(Price{Month, price}); err != nil {
		return Tier{}, err
	}
	var t Tier
	err := s.Store.Update(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		tiers, err := tx.TiersOf(ctx, channel)
		if err != nil {
			return err
		}
		is := Tier{Channel: channel, Perks: []string{}, OnSale: true}
		if lowest, sold := entry(tiers); sold {
			is = lowest
		} else if len(tiers) > 0 {
			is = tiers[0]
		}
		is.OnSale = true
		is.Prices = append([]Price{{Month, price}}, slices.DeleteFunc(slices.Clone(is.Prices), func(p Price) bool {
			return p.Interval == Month || p.Amount.Currency != price.Currency
		})...)
		t, err = s.saveTier(ctx, tx, by, is, tiers)
		return err
	})
	return t, err
}

// CheckPrice refuses what SaveTier would refuse, before anything is changed.
func CheckPrice(p Price) error {
	if p.Interval != Month && p.Interval != Year {
		return fault.New(fault.Invalid, "interval_invalid", "A price is for a month or for a year.")
	}
	if !money.Supported(p.Amount.Currency) {
		return fault.New(fault.Invalid, "currency_unsupported", "Prices in %q are not supported.", p.Amount.Currency)
	}
	most := int64(priceMax * p.Interval.Months())
	if p.Amount.Minor < priceMin || p.Amount.Minor > most {
		return fault.New(fault.Invalid, "price_invalid", "A price for a %s lies between %d.%02d and %d.%02d.",
			p.Interval, priceMin/100, priceMin%100, most/100, most%100)
	}
	return nil
}

// plan returns what buying the tier for an interval charges.
func (t Tier) plan(i Interval) (Plan, error) {
	price, sold := t.PriceFor(i)
	if !sold {
		return Plan{}, fault.New(fault.Invalid, "interval_not_sold", "This tier is not sold by the %s.", i)
	}
	return Plan{Tier: t.ID, Interval: i, Price: price}, nil
}

func business(channel ident.Channel, p event.Payload) room.Entry {
	return room.Entry{Address: room.Address{Channel: channel, Audience: room.Business}, Payload: p}
}

func errTier() *fault.Fault {
	return fault.New(fault.Missing, "tier_missing", "The channel has no such tier.")
}
