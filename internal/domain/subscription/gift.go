package subscription

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
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
	GiftCandidates(ctx context.Context, channel ident.Channel, giver ident.Account, since, now time.Time, events int) ([]ident.Account, error)
	PutGift(ctx context.Context, g Gift) error
	// UnsettledGifts returns gifts whose rest was not paid back yet, by checkout
	// after one. Those whose payment is disputed wait for that to be decided.
	UnsettledGifts(ctx context.Context, after ident.Checkout, limit int) ([]Gift, error)
	AwardsOfGift(ctx context.Context, checkout ident.Checkout) ([]Award, error)
}

// OpenGift begins the purchase of months for others: for one person by name, or
// for people of the room, whom chance picks when it is paid. What finds nobody
// is paid back. Refusals: those of OpenCheckout but already_subscribed, and
// gift_invalid, account_missing, owner_is_staff.
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
		Plan: plan, Quantity: max(want.People, want.Months), Country: want.Country, Language: language(want.Language),
		Provider: s.Providers[0].Name(), State: CheckoutOpen, Created: now, Expires: now.Add(checkoutLasts),
	}
	if want.Name != "" {
		if c.For, err = s.recipient(ctx, tx, channel, want.Name); err != nil {
			return c, err
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

func (s *Service) recipient(ctx context.Context, tx Tx, channel ident.Channel, name string) (ident.Account, error) {
	holder, known, err := tx.AccountNamed(ctx, account.Fold(name))
	if err != nil || !known {
		return "", orElse(err, fault.New(fault.Missing, "account_missing", "There is no account named %q.", name))
	}
	subject := access.Subject{Account: holder, Channel: channel}
	facts, err := tx.Facts(ctx, []access.Subject{subject})
	if err != nil {
		return "", err
	}
	if facts[subject].Role == access.RoleOwner {
		return "", fault.New(fault.Conflict, "owner_is_staff", "The channel's owner needs no other role.")
	}
	return holder, nil
}

// applyGift writes what became of a gift's payment: when it is first seen paid,
// who gets what; later, what of it was taken back.
func (s *Service) applyGift(ctx context.Context, c Checkout, charge Charge) error {
	charge = charge.normal()
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := tx.LockLogs(ctx, c.Channel); err != nil {
			return err
		}
		is, _, err := tx.CheckoutByID(ctx, c.ID)
		if err != nil {
			return err
		}
		if err := is.agreed(charge); err != nil {
			return err
		}
		if is.State != CheckoutComplete {
			if err := s.handOut(ctx, tx, is); err != nil {
				return err
			}
			is.State, is.Reason, is.RenewsAt = CheckoutComplete, "", time.Time{}
			if err := tx.SetCheckout(ctx, is); err != nil {
				return err
			}
		}
		if err := s.takeBack(ctx, tx, is, charge); err != nil {
			return err
		}
		return s.record(ctx, tx, is, "", []Charge{charge})
	})
}

// handOut gives the months away.
func (s *Service) handOut(ctx context.Context, tx Tx, c Checkout) error {
	now := s.Now()
	holders, months := []ident.Account{c.For}, c.Quantity
	if c.For == "" {
		found, err := tx.GiftCandidates(ctx, c.Channel, c.Account, now.Add(-giftRoomSince), now, giftRoomEvents)
		if err != nil {
			return err
		}
		if holders, err = s.pick(found, c.Quantity); err != nil {
			return err
		}
		months = 1
	}
	for i, holder := range holders {
		grants, err := tx.GrantsOf(ctx, holder, c.Channel)
		if err != nil {
			return err
		}
		g := Grant{
			ID: ident.Make[ident.Grant](s.IDs), Account: holder, Channel: c.Channel, Tier: c.Plan.Tier, Source: SourceGift,
			Span: Span{Starts: now.Add(time.Millisecond), Months: months},
		}
		for _, is := range waiting(append(grants, g), now, s.patience()) {
			if is.ID == g.ID {
				g = is
			}
		}
		a := Award{Key: giftKey(c.ID) + strconv.Itoa(i), By: c.Account, Created: now, Grant: g}
		if err := s.give(ctx, tx, a, "gift"); err != nil {
			return err
		}
	}
	g := Gift{Checkout: c.ID, Given: len(holders) * months, Left: c.Quantity - len(holders)*months}
	g.Settled = g.Left == 0
	return tx.PutGift(ctx, g)
}

func giftKey(c ident.Checkout) string { return SourceGift + ":" + string(c) + ":" }

// pick takes at most n of those found, each with the same chance.
func (s *Service) pick(found []ident.Account, n int) ([]ident.Account, error) {
	var seed [32]byte
	if _, err := io.ReadFull(s.Random, seed[:]); err != nil {
		return nil, fmt.Errorf("pick: %w", err)
	}
	found = slices.Clone(found)
	slices.Sort(found) // so that chance alone decides, and not the order of a table
	rand.New(rand.NewChaCha8(seed)).Shuffle(len(found), func(i, j int) { found[i], found[j] = found[j], found[i] })
	return found[:min(n, len(found))], nil
}

// takeBack moves the rights of a gift with its payment: all of them while it is
// disputed or when it was paid back in full. What the creator took back is not
// the payment's, and stays.
func (s *Service) takeBack(ctx context.Context, tx Tx, c Checkout, charge Charge) error {
	sale, _, err := tx.SaleByCharge(ctx, c.Provider, charge.Ref)
	if err != nil {
		return err
	}
	was, is := sale.takenBack(), charge.TakenBack()
	if was.Equal(is) {
		return nil
	}
	why := "refunded"
	switch {
	case is.IsZero():
		why = "restored"
	case charge.Dispute.State != DisputeNone:
		why = "disputed"
	}
	awards, err := tx.AwardsOfGift(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, a := range awards {
		if !a.Grant.Revoked.Equal(was) {
			continue
		}
		a.Grant.Revoked = is
		if err := s.putGrant(ctx, tx, a.Grant, why); err != nil {
			return err
		}
		if err := s.queueGifts(ctx, tx, a.Grant.Account, a.Grant.Channel); err != nil {
			return err
		}
	}
	return nil
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
