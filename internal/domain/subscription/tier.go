package subscription

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Tier is what a channel sells: one, by the month, for now.
type Tier struct {
	ID      ident.Tier
	Channel ident.Channel
	Price   money.Amount
	OnSale  bool
	Created time.Time
}

// The bounds of a monthly price in minor units. Below the lower one the fees of
// card payments eat the price; the upper one catches a slipped decimal point.
const (
	priceMin = 50
	priceMax = 100_000
)

// Tier returns what the channel sells; false when it sells nothing.
func (s *Service) Tier(ctx context.Context, channel ident.Channel) (t Tier, onSale bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		t, onSale, err = tx.TierOf(ctx, channel)
		return err
	})
	return t, onSale && t.OnSale, err
}

// SetPrice puts the channel's tier on sale at a monthly price. Only the owner
// may. Running subscriptions and open checkouts keep the price they were made at.
func (s *Service) SetPrice(ctx context.Context, by ident.Account, channel ident.Channel, price money.Amount) (Tier, error) {
	if err := CheckPrice(price); err != nil {
		return Tier{}, err
	}
	var t Tier
	err := s.Store.Update(ctx, func(tx Tx) error {
		if err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		was, found, err := tx.TierOf(ctx, channel)
		if err != nil {
			return err
		}
		t = was
		if !found {
			t = Tier{ID: ident.Make[ident.Tier](s.IDs), Channel: channel, Created: s.Now()}
		}
		if t.Price, t.OnSale = price, true; found && t == was {
			return nil
		}
		if err := tx.PutTier(ctx, t); err != nil {
			return err
		}
		_, err = tx.Append(ctx,
			room.Entry{Address: room.Address{Channel: channel, Audience: room.Public}, Payload: event.ChannelChanged{}},
			business(channel, event.SettingsChanged{By: by}))
		return err
	})
	return t, err
}

// CheckPrice refuses what SetPrice would refuse, before anything is changed.
func CheckPrice(price money.Amount) error {
	if !money.Supported(price.Currency) {
		return fault.New(fault.Invalid, "currency_unsupported", "Prices in %q are not supported.", price.Currency)
	}
	if price.Minor < priceMin || price.Minor > priceMax {
		return fault.New(fault.Invalid, "price_invalid", "A monthly price lies between %d.%02d and %d.%02d.",
			priceMin/100, priceMin%100, priceMax/100, priceMax%100)
	}
	return nil
}

func business(channel ident.Channel, p event.Payload) room.Entry {
	return room.Entry{Address: room.Address{Channel: channel, Audience: room.Business}, Payload: p}
}
