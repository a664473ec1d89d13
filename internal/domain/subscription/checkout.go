package subscription

import (
	"context"
	"fmt"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// CheckoutState is where a purchase stands.
type CheckoutState string

// The states. A declined checkout may be tried again with another card; a
// pending one was paid and waits for the provider's signed word.
const (
	CheckoutOpen     CheckoutState = "open"
	CheckoutPending  CheckoutState = "pending"
	CheckoutComplete CheckoutState = "complete"
	CheckoutDeclined CheckoutState = "declined"
	CheckoutExpired  CheckoutState = "expired"
)

// checkoutLasts is how long a checkout may be paid: the shortest time that
// Stripe lets a session live.
const checkoutLasts = 30 * time.Minute

// keyMax is the length of a caller's idempotency key in bytes.
const keyMax = 64

// Checkout is one purchase on its way. An account has at most one unfinished
// checkout per channel, so that two open pages cannot pay twice.
type Checkout struct {
	ID       ident.Checkout
	Account  ident.Account
	Channel  ident.Channel
	Tier     ident.Tier
	Key      string // the caller's idempotency key
	Price    money.Amount
	Provider string
	Ref      string // the provider's name for it; empty until it answered
	State    CheckoutState
	Reason   string    // why it was declined
	RenewsAt time.Time // as if it were paid when it was opened; once it is paid, as it will be
	Created  time.Time
	Expires  time.Time
}

// at is the checkout as it stands at now: the clock expires what nobody paid.
func (c Checkout) at(now time.Time) Checkout {
	if (c.State == CheckoutOpen || c.State == CheckoutDeclined) && !now.Before(c.Expires) {
		c.State, c.Reason = CheckoutExpired, ""
	}
	return c
}

// OpenCheckout begins a purchase. The same key, or a purchase that is still
// under way, gives the same checkout. Refusals: key_invalid, sign_in,
// password_required, not_on_sale, own_channel, banned, timed_out,
// already_subscribed, payments_off.
func (s *Service) OpenCheckout(ctx context.Context, by ident.Account, channel ident.Channel, key string) (Checkout, error) {
	if len(key) == 0 || len(key) > keyMax {
		return Checkout{}, fault.New(fault.Invalid, "key_invalid", "A key has 1 to %d characters.", keyMax)
	}
	if len(s.Providers) == 0 {
		return Checkout{}, fault.New(fault.Unavailable, "payments_off", "This server takes no payments.")
	}
	var c Checkout
	err := s.Store.Update(ctx, func(tx Tx) (err error) {
		c, err = s.openCheckout(ctx, tx, by, channel, key)
		return err
	})
	if err != nil || c.Ref != "" || c.State != CheckoutOpen {
		return c, err
	}
	return s.openSession(ctx, c)
}

func (s *Service) openCheckout(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, key string) (Checkout, error) {
	now := s.Now()
	if c, found, err := tx.CheckoutByKey(ctx, by, channel, key); err != nil || found {
		return c.at(now), err
	}
	if err := s.allowed(ctx, tx, by, channel, access.Subscribe); err != nil {
		return Checkout{}, err
	}
	if _, running, err := tx.RunningSubscription(ctx, by, channel); err != nil || running {
		return Checkout{}, orElse(err, errSubscribed())
	}
	if c, found, err := tx.UnfinishedCheckout(ctx, by, channel); err != nil || found {
		if c = c.at(now); err != nil || c.State != CheckoutExpired {
			return c, err
		}
		if err := tx.SetCheckout(ctx, c); err != nil {
			return c, err
		}
	}
	tier, _, err := tx.TierOf(ctx, channel)
	if err != nil {
		return Checkout{}, err
	}
	c := Checkout{
		ID: ident.Make[ident.Checkout](s.IDs), Account: by, Channel: channel, Tier: tier.ID, Key: key,
		Price: tier.Price, Provider: s.Providers[0].Name(), State: CheckoutOpen,
		Created: now, Expires: now.Add(checkoutLasts),
	}
	if fresh, err := tx.InsertCheckout(ctx, c); err != nil || !fresh {
		return Checkout{}, orElse(err, fmt.Errorf("open checkout: the logs of channel %s were not locked", channel))
	}
	return c, nil
}

// openSession asks the provider for its side. Whoever comes after a crash in
// between asks again and is given the same session.
func (s *Service) openSession(ctx context.Context, c Checkout) (Checkout, error) {
	p, err := s.provider(c.Provider)
	if err != nil {
		return Checkout{}, err
	}
	session, err := p.OpenCheckout(ctx, Order{Checkout: c.ID, Price: c.Price, Expires: c.Expires})
	if err != nil {
		return Checkout{}, fmt.Errorf("open checkout %s at %s: %w", c.ID, c.Provider, err)
	}
	c.Ref, c.RenewsAt = session.Ref, session.RenewsAt
	err = s.Store.Update(ctx, func(tx Tx) error {
		is, _, err := tx.CheckoutByID(ctx, c.ID)
		if err != nil || is.Ref != "" {
			return err
		}
		is.Ref, is.RenewsAt = session.Ref, session.RenewsAt
		return tx.SetCheckout(ctx, is)
	})
	return c, err
}

// CheckoutByID returns a checkout to the account that opened it.
func (s *Service) CheckoutByID(ctx context.Context, by ident.Account, id ident.Checkout) (Checkout, error) {
	var c Checkout
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		c, err = s.ownCheckout(ctx, tx, by, id)
		return err
	})
	return c, err
}

// Payable is CheckoutByID for one who is about to pay: it refuses with
// checkout_expired, with already_subscribed, and with whatever the gate says
// about buying now.
func (s *Service) Payable(ctx context.Context, by ident.Account, id ident.Checkout) (Checkout, error) {
	var c Checkout
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		c, err = s.ownCheckout(ctx, tx, by, id)
		switch {
		case err != nil || c.State == CheckoutPending || c.State == CheckoutComplete:
			return err
		case c.State == CheckoutExpired:
			return fault.New(fault.Conflict, "checkout_expired", "This checkout has expired. Nothing was charged; please begin again.")
		}
		if err := s.allowed(ctx, tx, by, c.Channel, access.Subscribe); err != nil {
			return err
		}
		_, running, err := tx.RunningSubscription(ctx, by, c.Channel)
		if err == nil && running {
			err = errSubscribed()
		}
		return err
	})
	return c, err
}

// Progress notes what the buyer saw at the till: pending, or declined and why.
// It opens no door, and never takes back what the provider has confirmed.
func (s *Service) Progress(ctx context.Context, id ident.Checkout, state CheckoutState, reason string) (Checkout, error) {
	var c Checkout
	err := s.Store.Update(ctx, func(tx Tx) error {
		is, found, err := tx.CheckoutByID(ctx, id)
		if c = is; err != nil || !found {
			return orElse(err, errCheckout())
		}
		if c.State == CheckoutComplete || (c.State == CheckoutPending && state == CheckoutDeclined) {
			return nil
		}
		c.State, c.Reason = state, reason
		return tx.SetCheckout(ctx, c)
	})
	return c, err
}

func (s *Service) ownCheckout(ctx context.Context, tx Tx, by ident.Account, id ident.Checkout) (Checkout, error) {
	c, found, err := tx.CheckoutByID(ctx, id)
	if err == nil && (!found || by == "" || c.Account != by) {
		return Checkout{}, errCheckout()
	}
	return c.at(s.Now()), err
}

// orElse returns the accident, or without one the refusal.
func orElse(err, refusal error) error {
	if err != nil {
		return err
	}
	return refusal
}

func errCheckout() *fault.Fault {
	return fault.New(fault.Missing, "checkout_missing", "There is no such checkout.")
}

func errSubscribed() *fault.Fault {
	return fault.New(fault.Conflict, "already_subscribed", "You are already subscribed to this channel.")
}
