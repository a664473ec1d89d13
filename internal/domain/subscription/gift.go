package subscription

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// GiftWish is the wish to pay for other people's months.
type GiftWish struct {
	Key      string
	Tier     ident.Tier // empty: the lowest on sale
	Name     string     // of whom it is for; empty: people of the room
	Months   int        // for that person; or
	People   int        // of the room, a month each
	Named    bool       // the chat says who gave; otherwise nobody but the seller learns it
	Country  string
	Language string
	Back     string
	Agreement
}

// Gift is what became of a gift that was paid.
type Gift struct {
	Checkout ident.Checkout
	Given    int // months that somebody has
	Left     int // that found nobody, and are paid back
	Settled  bool
}

// Receiver is somebody who may be given something.
type Receiver struct {
	Account ident.Account
	Name    string
	Known   bool // to everybody in the public room, because of what they wrote there
}

// GiftReceived is a gift as its receiver sees it.
type GiftReceived struct {
	Grant
	From string // who gave it; empty: somebody who chose to stay unnamed
}

// The bounds of a gift, and who belongs to the room: who wrote something among
// its newest messages, within a day.
const (
	giftMonthsMax  = 12
	giftPeopleMax  = 100
	giftRoomSince  = 24 * time.Hour
	giftRoomEvents = 5000
)

// giftTx is what gifts need inside one transaction.
type giftTx interface {
	// GiftCandidates returns who wrote in the channel's rooms since the moment,
	// among the newest events, has no right that holds, no sanction, no role,
	// and is not the giver.
	GiftCandidates(ctx context.Context, channel ident.Channel, giver ident.Account, since, now time.Time, events int) ([]Receiver, error)
	PutGift(ctx context.Context, g Gift) error
	GiftOf(ctx context.Context, checkout ident.Checkout) (Gift, bool, error)
	// UnsettledGifts returns gifts whose rest was not paid back yet, by checkout
	// after one. Those whose payment is disputed wait for that to be decided.
	UnsettledGifts(ctx context.Context, after ident.Checkout, limit int) ([]Gift, error)
	AwardsOfGift(ctx context.Context, checkout ident.Checkout) ([]Award, error)
	// UnfinishedGifts returns the account's checkouts of gifts that may still be paid.
	UnfinishedGifts(ctx context.Context, account ident.Account, channel ident.Channel) ([]Checkout, error)
	// Names leaves out accounts that do not exist.
	Names(ctx context.Context, accounts []ident.Account) (map[ident.Account]string, error)
}

// OpenGift begins the purchase of months for others: for one person by name, or
// for people of the room, whom chance picks when it is paid. What finds nobody
// is paid back. The same key, or the same gift that is still under way in another
// tab, gives the same checkout. Refusals: those of OpenCheckout but
// already_subscribed, and gift_invalid, gift_to_self, account_missing,
// gift_refused, also for staff, whom it would open nothing.
func (s *Service) OpenGift(ctx context.Context, by ident.Account, channel ident.Channel, want GiftWish) (Checkout, error) {
	switch named := want.Name != ""; {
	case len(want.Key) == 0 || len(want.Key) > keyMax:
		return Checkout{}, fault.New(fault.Invalid, "key_invalid", "A key has 1 to %d characters.", keyMax)
	case !countryValid(want.Country):
		return Checkout{}, fault.New(fault.Invalid, "country_invalid", "A country is named by two capital letters, such as FR.")
	case named && (want.People != 0 || want.Months < 1 || want.Months > giftMonthsMax):
		return Checkout{}, fault.New(fault.Invalid, "gift_invalid", "One person is given 1 to %d months.", giftMonthsMax)
	case !named && (want.Months != 0 || want.People < 1 || want.People > giftPeopleMax):
		return Checkout{}, fault.New(fault.Invalid, "gift_invalid", "A room is given a month each for 1 to %d people.", giftPeopleMax)
	case len(s.Providers) == 0:
		return Checkout{}, fault.New(fault.Unavailable, "payments_off", "This server takes no payments.")
	}
	var c Checkout
	err := s.Store.Update(ctx, func(tx Tx) (err error) {
		c, err = s.openGift(ctx, tx, by, channel, want)
		return err
	})
	if err != nil || c.Ref != "" || c.State != CheckoutOpen {
		return c, err
	}
	return s.openSession(ctx, c, want.Back)
}

func (s *Service) openGift(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, want GiftWish) (Checkout, error) {
	now := s.Now()
	if c, found, err := tx.CheckoutByKey(ctx, by, channel, want.Key); err != nil || found {
		return c.at(now), err
	}
	if err := s.allowed(ctx, tx, by, channel, access.Subscribe); err != nil {
		return Checkout{}, err
	}
	_, plan, err := s.wanted(ctx, tx, channel, Purchase{Tier: want.Tier, Interval: Month})
	if err != nil {
		return Checkout{}, err
	}
	c := Checkout{
		ID: ident.Make[ident.Checkout](s.IDs), Account: by, Channel: channel, Key: want.Key, Purpose: ForGift,
		Plan: plan, Quantity: max(want.People, want.Months), Named: want.Named, Country: want.Country, Language: language(want.Language),
		Provider: s.Providers[0].Name(), State: CheckoutOpen, Created: now, Expires: now.Add(checkoutLasts), AskAt: now.Add(pendingPatience),
	}
	if want.Name != "" {
		if c.For, err = s.recipient(ctx, tx, by, channel, want.Name); err != nil {
			return c, err
		}
	}
	open, err := tx.UnfinishedGifts(ctx, by, channel)
	if err != nil {
		return c, err
	}
	for _, was := range open {
		if was = was.at(now); was.Unfinished() && was.gives(c) {
			return was, nil
		}
	}
	if err := s.agree(ctx, tx, &c, want.Agreement); err != nil {
		return c, err
	}
	if fresh, err := tx.InsertCheckout(ctx, c); err != nil || !fresh {
		return Checkout{}, orElse(err, fmt.Errorf("open gift: the logs of channel %s were not locked", channel))
	}
	return c, nil
}

// gives reports whether c is the same gift as d, asked for again.
func (c Checkout) gives(d Checkout) bool {
	return c.Plan == d.Plan && c.Quantity == d.Quantity && c.For == d.For && c.Named == d.Named &&
		c.Country == d.Country && c.Provider == d.Provider
}

func (s *Service) recipient(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, name string) (ident.Account, error) {
	holder, known, err := tx.AccountNamed(ctx, account.Fold(name))
	if err != nil || !known {
		return "", orElse(err, fault.New(fault.Missing, "account_missing", "There is no account named %q.", name))
	}
	if holder == by {
		return "", fault.New(fault.Invalid, "gift_to_self", "A gift is for somebody else.")
	}
	subject := access.Subject{Account: holder, Channel: channel}
	facts, err := tx.Facts(ctx, []access.Subject{subject})
	if err != nil {
		return "", err
	}
	// It would be paid for, and open nothing. A timeout is over before a month is. One
	// reason for all: whoever offers a gift does not learn from it who is banned.
	if f := facts[subject]; f.Role.Staff() || access.ShutOut(f, s.Now()) {
		return "", fault.New(fault.Conflict, "gift_refused", "This person cannot be given a subscription here. The channel's staff need none.")
	}
	return holder, nil
}

// GiftOf returns what became of a gift; false while it is not paid.
func (s *Service) GiftOf(ctx context.Context, checkout ident.Checkout) (g Gift, found bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		g, found, err = tx.GiftOf(ctx, checkout)
		return err
	})
	return g, found, err
}

// GiftTo returns the newest gift to somebody that holds or waits; false when there
// is none.
func (s *Service) GiftTo(ctx context.Context, holder ident.Account, channel ident.Channel) (g GiftReceived, found bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		g, found, err = s.giftTo(ctx, tx, holder, channel)
		return err
	})
	return g, found, err
}

func (s *Service) giftTo(ctx context.Context, tx Tx, holder ident.Account, channel ident.Channel) (GiftReceived, bool, error) {
	var newest GiftReceived
	grants, err := tx.GrantsOf(ctx, holder, channel)
	if err != nil {
		return newest, false, err
	}
	for _, g := range grants {
		if g.Source == SourceGift && g.Revoked.IsZero() && g.Ends.After(s.Now()) && g.ID > newest.ID {
			newest.Grant = g
		}
	}
	a, found, err := tx.AwardOf(ctx, newest.ID)
	if err != nil || !found {
		return newest, false, err
	}
	c, _, err := tx.CheckoutByID(ctx, giftOfKey(a.Key))
	if err != nil || !c.Named {
		return newest, true, err
	}
	names, err := tx.Names(ctx, []ident.Account{a.By})
	newest.From = names[a.By]
	return newest, true, err
}

// SettleGifts pays back what of gifts found nobody. One that cannot be paid back
// keeps no other waiting, but for a provider that does not answer.
func (s *Service) SettleGifts(ctx context.Context) error {
	var troubles []error
	for after := ident.Checkout(""); ; {
		var open []Gift
		err := s.Store.View(ctx, func(tx Tx) (err error) {
			open, err = tx.UnsettledGifts(ctx, after, reconcilePage)
			return err
		})
		if err != nil || len(open) == 0 {
			return errors.Join(append(troubles, err)...)
		}
		for _, g := range open {
			err := s.settleGift(ctx, g)
			if err != nil && !fault.Is(err, providerOff) {
				troubles = append(troubles, fmt.Errorf("settle gift %s: %w", g.Checkout, err))
			}
			if fault.Is(err, unavailable) || ctx.Err() != nil {
				return errors.Join(troubles...)
			}
		}
		after = open[len(open)-1].Checkout
	}
}

func (s *Service) settleGift(ctx context.Context, g Gift) error {
	var c Checkout
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		c, _, err = tx.CheckoutByID(ctx, g.Checkout)
		return err
	})
	if err != nil {
		return err
	}
	p, err := s.provider(c.Provider)
	if err != nil {
		return err
	}
	session, err := fetchCheckout(ctx, p, c.Ref)
	if err != nil || session.Charge == nil {
		return err
	}
	back, err := c.Plan.Price.Mul(int64(g.Left))
	if err != nil {
		return err
	}
	back.Minor = min(back.Minor, session.Charge.Total.Minor-session.Charge.Refunded())
	if back.Minor > 0 && session.Charge.Dispute.State != DisputeLost {
		r := Repayment{Charge: session.Charge.Ref, Amount: back, Key: "gift:" + string(c.ID)}
		if err := ask(ctx, askTimeout, func(ctx context.Context) error { return p.Refund(ctx, r) }); err != nil {
			return err
		}
	}
	if _, err := s.Refresh(ctx, c.Provider, CheckoutObject(c.Ref)); err != nil {
		return err
	}
	g.Settled = true
	return s.Store.Update(ctx, func(tx Tx) error { return tx.PutGift(ctx, g) })
}

// queueGifts lines up the gifts that somebody has not begun to use, or only just:
// each begins when what is paid otherwise, and the gift before it, has ended.
func (s *Service) queueGifts(ctx context.Context, tx Tx, holder ident.Account, channel ident.Channel) error {
	grants, err := tx.GrantsOf(ctx, holder, channel)
	if err != nil {
		return err
	}
	for _, g := range waiting(grants, s.Now(), s.patience()) {
		if err := s.putGrant(ctx, tx, g, "gift_moved"); err != nil {
			return err
		}
	}
	return nil
}

// patience is how long after its beginning a gift still makes room for what is
// paid otherwise: a renewal is heard of after the period that it follows.
func (s *Service) patience() time.Duration { return max(s.Grace, DefaultGrace) }

// waiting returns the gifts that have to move, as they should be.
func waiting(grants []Grant, now time.Time, patience time.Duration) []Grant {
	free := now
	var line, moved []Grant
	for _, g := range grants {
		switch {
		case !g.Revoked.IsZero() || g.Source == SourceComp:
		case g.Source == SourceGift && g.Starts.After(now.Add(-patience)):
			line = append(line, g)
		case g.Paid.After(free):
			free = g.Paid
		}
	}
	slices.SortFunc(line, func(a, b Grant) int { return cmp.Compare(a.ID, b.ID) }) // as they were given
	for _, g := range line {
		is := g
		if g.Starts.After(now) || free.After(now) { // else it has begun, and goes on
			is.Starts = free
			is.Ends = monthsAfter(is.Starts, is.Months)
			is.Paid = is.Ends
		}
		if free = is.Ends; is.Starts != g.Starts || is.Ends != g.Ends {
			moved = append(moved, is)
		}
	}
	return moved
}
