package subscription

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

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
			if err := s.handOut(ctx, tx, is, charge); err != nil {
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

// handOut gives the months away, and tells the public room.
func (s *Service) handOut(ctx context.Context, tx Tx, c Checkout, charge Charge) error {
	now := s.Now()
	got, months, err := s.receivers(ctx, tx, c, now)
	if err != nil {
		return err
	}
	for i, r := range got {
		grants, err := tx.GrantsOf(ctx, r.Account, c.Channel)
		if err != nil {
			return err
		}
		g := Grant{
			ID: ident.Make[ident.Grant](s.IDs), Account: r.Account, Channel: c.Channel, Tier: c.Plan.Tier, Source: SourceGift,
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
	if charge.TakenBack().IsZero() { // else nobody gets anything that they could be glad of
		if err := s.tellRoom(ctx, tx, c, got, months); err != nil {
			return err
		}
	}
	g := Gift{Checkout: c.ID, Given: len(got) * months, Left: c.Quantity - len(got)*months}
	g.Settled = g.Left == 0
	return tx.PutGift(ctx, g)
}

// receivers returns who gets something, and how many months each.
func (s *Service) receivers(ctx context.Context, tx Tx, c Checkout, now time.Time) ([]Receiver, int, error) {
	if c.For != "" {
		names, err := tx.Names(ctx, []ident.Account{c.For})
		return []Receiver{{Account: c.For, Name: names[c.For], Known: true}}, c.Quantity, err
	}
	found, err := tx.GiftCandidates(ctx, c.Channel, c.Account, now.Add(-giftRoomSince), now, giftRoomEvents)
	if err != nil {
		return nil, 0, err
	}
	got, err := s.pick(found, c.Quantity)
	return got, 1, err
}

// giftNamesMax is how many of those who got something the room is told by name.
const giftNamesMax = 3

// tellRoom says in the public room what was given. Of who got something it names
// only those who are known there: that somebody is in the Sub Space stays inside.
func (s *Service) tellRoom(ctx context.Context, tx Tx, c Checkout, got []Receiver, months int) error {
	if len(got) == 0 {
		return nil
	}
	told := event.GiftGiven{Tier: c.Plan.Tier, Months: months, People: len(got), To: []string{}}
	for _, r := range got {
		if r.Known && len(told.To) < giftNamesMax {
			told.To = append(told.To, r.Name)
		}
	}
	tiers, err := tx.TiersOf(ctx, c.Channel)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(tiers, func(t Tier) bool { return t.ID == c.Plan.Tier }); i >= 0 {
		told.TierName = tiers[i].Name
	}
	if c.Named {
		names, err := tx.Names(ctx, []ident.Account{c.Account})
		if err != nil {
			return err
		}
		told.Name = names[c.Account]
	}
	_, err = tx.Append(ctx, room.Entry{Address: room.Address{Channel: c.Channel, Audience: room.Public}, Payload: told})
	return err
}

func giftKey(c ident.Checkout) string { return SourceGift + ":" + string(c) + ":" }

// giftOfKey is the checkout that giftKey was made of.
func giftOfKey(key string) ident.Checkout {
	_, rest, _ := strings.Cut(key, ":")
	checkout, _, _ := strings.Cut(rest, ":")
	return ident.Checkout(checkout)
}

// pick takes at most n of those found, each with the same chance.
func (s *Service) pick(found []Receiver, n int) ([]Receiver, error) {
	var seed [32]byte
	if _, err := io.ReadFull(s.Random, seed[:]); err != nil {
		return nil, fmt.Errorf("pick: %w", err)
	}
	found = slices.Clone(found)
	// So that chance alone decides, and not the order of a table.
	slices.SortFunc(found, func(a, b Receiver) int { return cmp.Compare(a.Account, b.Account) })
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
