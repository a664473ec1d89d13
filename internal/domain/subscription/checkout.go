package subscription

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/buyer"
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

// checkoutLasts is how long a checkout may be paid. Stripe lets a session live
// for 30 minutes at least; what is well above it leaves time to ask for one.
const checkoutLasts = time.Hour

// keyMax is the length of a caller's idempotency key in bytes.
const keyMax = 64

// Checkout is one purchase on its way. An account has at most one unfinished
// checkout for a subscription per channel, so that two open pages cannot pay
// twice.
type Checkout struct {
	ID       ident.Checkout
	Account  ident.Account
	Channel  ident.Channel
	Key      string // the caller's idempotency key
	Purpose  Purpose
	Plan     Plan
	Quantity int           // months given away; 1 unless it is a gift
	For      ident.Account // whom a gift is for; empty: the room
	Named    bool          // the giver lets the chat say their name
	Trial    int           // days before the first charge
	Country  string        // where the buyer says to live; empty when not asked
	Language string
	Terms    string // the text that the buyer agreed to, by its name; at Created
	Provider string
	Ref      string // the provider's name for it; empty until it answered
	URL      string // the provider's page to pay at; empty: the till is here
	State    CheckoutState
	Reason   string    // why it was declined
	RenewsAt time.Time // as if it were paid when it was opened; once it is paid, as it will be
	Created  time.Time
	Expires  time.Time
	Asked    int       // how often the provider was asked about it, unfinished as it is
	AskAt    time.Time // when it is asked next
}

// Total is what the checkout takes from the buyer in all when it is paid.
func (c Checkout) Total() (money.Amount, error) {
	return c.Plan.Price.Mul(int64(c.Quantity))
}

// Unfinished reports whether it may still be paid.
func (c Checkout) Unfinished() bool {
	return c.State == CheckoutOpen || c.State == CheckoutPending || c.State == CheckoutDeclined
}

// at is the checkout as it stands at now: the clock expires what nobody paid.
func (c Checkout) at(now time.Time) Checkout {
	if (c.State == CheckoutOpen || c.State == CheckoutDeclined) && !now.Before(c.Expires) {
		c.State, c.Reason = CheckoutExpired, ""
	}
	return c
}

// Purchase is the wish to subscribe.
type Purchase struct {
	Key      string     // chosen by the caller; the same key opens one checkout
	Tier     ident.Tier // empty: the lowest on sale
	Interval Interval   // empty: the first that the tier is sold by
	Provider string     // who takes the payment; empty: the first that sells here
	Country  string     // ISO 3166-1 alpha-2; may be empty
	Language string     // of the provider's page and receipt
	Back     string     // absolute address to return to from the provider's page
	Agreement
}

// Agreement is what a buyer says when buying.
type Agreement struct {
	OfAge bool   // that they are an adult; it is remembered
	Terms string // the name of the text they agreed to: that it begins at once, and how it ends
}

// openTries is how often a checkout for another plan is cleared out of the way.
const openTries = 3

// OpenCheckout begins a purchase. The same key, or a purchase of the same plan
// that is still under way, gives the same checkout; one of another plan, or for
// another country and so with another tax, is given up first, unless it is paid
// already. Refusals: key_invalid, sign_in,
// password_required, not_on_sale, own_channel, banned, timed_out,
// already_subscribed, payments_off, provider_unknown, tier_missing, interval_not_sold,
// country_invalid, age_unconfirmed, cap_reached.
func (s *Service) OpenCheckout(ctx context.Context, by ident.Account, channel ident.Channel, want Purchase) (Checkout, error) {
	if len(want.Key) == 0 || len(want.Key) > keyMax {
		return Checkout{}, fault.New(fault.Invalid, "key_invalid", "A key has 1 to %d characters.", keyMax)
	}
	if !countryValid(want.Country) {
		return Checkout{}, fault.New(fault.Invalid, "country_invalid", "A country is named by two capital letters, such as FR.")
	}
	seller, err := s.seller(want.Provider)
	if err != nil {
		return Checkout{}, err
	}
	want.Provider = seller
	for range openTries {
		var c Checkout
		var opened bool
		err := s.Store.Update(ctx, func(tx Tx) (err error) {
			c, opened, err = s.openCheckout(ctx, tx, by, channel, want)
			return err
		})
		switch {
		case err != nil:
			return Checkout{}, err
		case !opened && c.State == CheckoutPending:
			return c, nil
		case !opened:
			if c, err = s.giveUp(ctx, c); err != nil || c.State != CheckoutExpired {
				return c, err
			}
		case c.Ref == "" && c.State == CheckoutOpen:
			return s.openSession(ctx, c, want.Back)
		default:
			return c, nil
		}
	}
	return Checkout{}, fault.New(fault.Conflict, "checkout_busy", "Another purchase of yours is under way on this channel.").After(time.Second)
}

// openCheckout returns the checkout to pay; or, with false, the one of another
// plan that is in its way.
func (s *Service) openCheckout(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, want Purchase) (Checkout, bool, error) {
	now := s.Now()
	if c, found, err := tx.CheckoutByKey(ctx, by, channel, want.Key); err != nil || found {
		return c.at(now), true, err
	}
	if err := s.allowed(ctx, tx, by, channel, access.Subscribe); err != nil {
		return Checkout{}, true, err
	}
	if _, running, err := tx.RunningSubscription(ctx, by, channel); err != nil || running {
		return Checkout{}, true, orElse(err, errSubscribed())
	}
	tier, plan, err := s.wanted(ctx, tx, channel, want)
	if err != nil {
		return Checkout{}, true, err
	}
	if c, found, err := tx.UnfinishedCheckout(ctx, by, channel); err != nil || found {
		if c = c.at(now); err != nil || c.State != CheckoutExpired {
			same := c.Plan == plan && c.Provider == want.Provider && (want.Country == "" || c.Country == want.Country)
			return c, err != nil || same, err
		}
		if err := tx.SetCheckout(ctx, c); err != nil {
			return c, true, err
		}
	}
	c := Checkout{
		ID: ident.Make[ident.Checkout](s.IDs), Account: by, Channel: channel, Key: want.Key, Purpose: ForSubscription,
		Plan: plan, Quantity: 1, Country: want.Country, Language: language(want.Language),
		Provider: want.Provider, State: CheckoutOpen, Created: now, Expires: now.Add(checkoutLasts), AskAt: now.Add(pendingPatience),
	}
	if !s.PaidElsewhere(c.Provider) {
		if c.Trial, err = s.trialFor(ctx, tx, by, tier); err != nil {
			return c, true, err
		}
	}
	if err := s.agree(ctx, tx, &c, want.Agreement); err != nil {
		return c, true, err
	}
	if fresh, err := tx.InsertCheckout(ctx, c); err != nil || !fresh {
		return Checkout{}, true, orElse(err, fmt.Errorf("open checkout: the logs of channel %s were not locked", channel))
	}
	return c, true, nil
}

// termsMax is the longest name of a text.
const termsMax = 40

// agree keeps what the buyer says, and asks whether they may and want to spend
// so much.
func (s *Service) agree(ctx context.Context, tx Tx, c *Checkout, a Agreement) error {
	if len(a.Terms) > termsMax {
		return fault.New(fault.Invalid, "key_invalid", "The name of a text has at most %d characters.", termsMax)
	}
	c.Terms = a.Terms
	if a.OfAge {
		l, err := tx.LimitsOf(ctx, c.Account)
		if err == nil && l.OfAge.IsZero() {
			l.OfAge = s.Now()
			err = tx.PutLimits(ctx, l)
		}
		if err != nil {
			return err
		}
	}
	total, err := c.Total()
	if err != nil {
		return err
	}
	if s.PaidElsewhere(c.Provider) {
		total.Minor = 0
	}
	return buyer.Allow(ctx, tx, c.Account, total, s.Now())
}

// wanted finds the tier and plan of a purchase.
func (s *Service) wanted(ctx context.Context, tx Tx, channel ident.Channel, want Purchase) (Tier, Plan, error) {
	tiers, err := tx.TiersOf(ctx, channel)
	if err != nil {
		return Tier{}, Plan{}, err
	}
	tier, sold := entry(tiers)
	if want.Tier != "" {
		i := slices.IndexFunc(tiers, func(t Tier) bool { return t.ID == want.Tier && t.OnSale })
		if sold = i >= 0; sold {
			tier = tiers[i]
		}
	}
	if !sold {
		return Tier{}, Plan{}, errTier()
	}
	if want.Interval == "" {
		want.Interval = tier.Prices[0].Interval
	}
	plan, err := tier.plan(want.Interval)
	return tier, plan, err
}

// giveUp closes an unfinished checkout, here and at its provider, so that
// another one can be opened. One that was paid meanwhile stays.
func (s *Service) giveUp(ctx context.Context, c Checkout) (Checkout, error) {
	if c.Ref != "" {
		p, err := s.provider(c.Provider)
		if err != nil {
			return c, err
		}
		if err := ask(ctx, askTimeout, func(ctx context.Context) error { return p.ExpireCheckout(ctx, c.Ref) }); fault.Is(err, "checkout_paid") {
			c.State = CheckoutPending
			return c, nil
		} else if f := fault.Of(err); err != nil && (f == nil || f.Kind != fault.Missing) {
			return c, err
		}
	}
	c.State, c.Reason = CheckoutExpired, ""
	return c, s.shut(ctx, c)
}

// shut closes a checkout here.
func (s *Service) shut(ctx context.Context, c Checkout) error {
	c.State, c.Reason = CheckoutExpired, ""
	return s.Store.Update(ctx, func(tx Tx) error { return tx.SetCheckout(ctx, c) })
}

// openSession asks the provider for its side. Whoever comes after a crash in
// between asks again and is given the same session.
func (s *Service) openSession(ctx context.Context, c Checkout, back string) (Checkout, error) {
	p, err := s.provider(c.Provider)
	if err != nil {
		return Checkout{}, err
	}
	title, err := s.title(ctx, c)
	if err != nil {
		return Checkout{}, err
	}
	var session Session
	if err := ask(ctx, askTimeout, func(ctx context.Context) (err error) {
		session, err = p.OpenCheckout(ctx, Order{
			Checkout: c.ID, Purpose: c.Purpose, Plan: c.Plan, Quantity: c.Quantity, Trial: time.Duration(c.Trial) * 24 * time.Hour,
			Account: c.Account, Country: c.Country, Title: title, Language: c.Language, Back: back, Expires: c.Expires,
		})
		return err
	}); err != nil {
		if fault.Is(err, cannot) { // and never will
			c.State = CheckoutExpired
			err = orElse(s.Store.Update(ctx, func(tx Tx) error { return tx.SetCheckout(ctx, c) }), err)
		}
		return Checkout{}, fmt.Errorf("open checkout %s at %s: %w", c.ID, c.Provider, err)
	}
	c.Ref, c.URL, c.RenewsAt = session.Ref, session.URL, session.RenewsAt
	err = s.Store.Update(ctx, func(tx Tx) error {
		is, _, err := tx.CheckoutByID(ctx, c.ID)
		if c.State = is.State; err != nil || is.Ref != "" {
			return err
		}
		is.Ref, is.URL, is.RenewsAt = session.Ref, session.URL, session.RenewsAt
		return tx.SetCheckout(ctx, is)
	})
	if err == nil && c.State == CheckoutExpired { // given up meanwhile by who did not know its page
		return s.giveUp(ctx, c)
	}
	return c, err
}

// title is what the provider calls what is bought.
func (s *Service) title(ctx context.Context, c Checkout) (title string, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		title, err = tx.PlanTitle(ctx, c.Plan.Tier)
		return err
	})
	return title, err
}

func countryValid(country string) bool {
	letter := func(b byte) bool { return b >= 'A' && b <= 'Z' }
	return country == "" || (len(country) == 2 && letter(country[0]) && letter(country[1]))
}

// language is one that the product speaks.
func language(wish string) string {
	if wish == "fr" {
		return wish
	}
	return "en"
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
// checkout_expired, with already_subscribed unless it is a gift, and with whatever
// the gate says about buying now.
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
		if err := s.allowed(ctx, tx, by, c.Channel, access.Subscribe); err != nil || c.Purpose == ForGift {
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
