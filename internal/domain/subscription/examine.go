package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// soldSince is how long after a sale its provider is asked about it: cards can be
// disputed for 120 days.
const soldSince = 120 * 24 * time.Hour

// patience is how often in a row a provider may fail before the rest of its
// objects is left for the next time.
const patience = 3

// Findings is what comparing everything brought to light.
type Findings struct {
	Mended []Difference // asking the provider again explained them
	Left   []Difference // it did not
}

// Examine compares everything that runs, and all that was sold of late, with its
// provider and with the books. What differs is refreshed; what differs still is
// left, kept, and told to Differs. What a provider sold that is switched off is
// left to the clock. One that fails does not keep the others waiting; all
// troubles are returned, and then what is known of the rest stays as it is.
func (s *Service) Examine(ctx context.Context) (Findings, error) {
	x := s.examination()
	x.trouble(s.everyCheckout(ctx))
	x.trouble(s.SettleGifts(ctx))
	x.trouble(x.running(ctx))
	x.trouble(x.sold(ctx))
	books, err := s.books(ctx)
	x.Left = append(x.Left, books...)
	x.trouble(err)
	err = errors.Join(x.troubles...)
	if keeping := s.keep(ctx, x.Left, func(Difference) bool { return err == nil }); keeping != nil {
		return x.Findings, errors.Join(err, keeping)
	}
	if s.Differs != nil {
		for _, d := range x.Left {
			s.Differs(d)
		}
	}
	return x.Findings, err
}

// Recheck looks again at what is known to differ, and forgets what was solved.
// It returns what is left.
func (s *Service) Recheck(ctx context.Context) ([]Difference, error) {
	known, err := s.Differences(ctx)
	if err != nil || len(known) == 0 {
		return known, err
	}
	x := s.examination()
	seen := map[string]bool{}
	for _, d := range known {
		key := d.Provider + " " + d.Object
		if seen[key] {
			continue
		}
		seen[key] = true
		if d.Object == "" {
			if seen["books"] {
				continue
			}
			seen["books"] = true
			left, err := s.books(ctx)
			x.Left = append(x.Left, left...)
			x.trouble(err)
			continue
		}
		x.trouble(x.object(ctx, d.Provider, d.Object))
	}
	if err := errors.Join(x.troubles...); err != nil {
		return known, err
	}
	if err := s.keep(ctx, x.Left, func(d Difference) bool { return contains(known, d) }); err != nil {
		return known, err
	}
	return s.Differences(ctx)
}

// examination is one pass.
type examination struct {
	s *Service
	Findings
	troubles []error
	failures map[string]int // in a row, by provider
	done     map[string]bool
}

func (s *Service) examination() *examination {
	return &examination{s: s, failures: map[string]int{}, done: map[string]bool{}}
}

func (x *examination) trouble(err error) {
	if err != nil {
		x.troubles = append(x.troubles, err)
	}
}

// running examines every subscription that has not ended.
func (x *examination) running(ctx context.Context) error {
	for after := ident.Subscription(""); ; {
		var page []Subscription
		err := x.s.Store.View(ctx, func(tx Tx) (err error) {
			page, err = tx.RunningSubscriptions(ctx, after, reconcilePage)
			return err
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, sub := range page {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			x.trouble(x.object(ctx, sub.Provider, sub.Ref))
		}
		after = page[len(page)-1].ID
	}
}

// sold examines what was sold of late and does not run: gifts, and what has ended.
func (x *examination) sold(ctx context.Context) error {
	for after := ident.Checkout(""); ; {
		var page []Sale
		refs := map[ident.Checkout]string{}
		err := x.s.Store.View(ctx, func(tx Tx) (err error) {
			if page, err = tx.Sold(ctx, x.s.Now().Add(-soldSince), after, reconcilePage); err != nil {
				return err
			}
			for _, sale := range page {
				if refs[sale.Checkout], err = soldAs(ctx, tx, sale); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(page) == 0 {
			return err
		}
		for _, sale := range page {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if ref := refs[sale.Checkout]; ref != "" {
				x.trouble(x.object(ctx, sale.Provider, ref))
			}
		}
		after = page[len(page)-1].Checkout
	}
}

// soldAs is the provider's name of what a sale was of.
func soldAs(ctx context.Context, tx Tx, sale Sale) (string, error) {
	if sale.Subscription != "" {
		sub, _, err := tx.SubscriptionByID(ctx, sale.Subscription)
		return sub.Ref, err
	}
	c, _, err := tx.CheckoutByID(ctx, sale.Checkout)
	if err != nil || c.Ref == "" {
		return "", err
	}
	return CheckoutObject(c.Ref), nil
}

// object examines one object once. A provider that does not answer is asked no
// more in this pass.
func (x *examination) object(ctx context.Context, provider, ref string) error {
	key := provider + " " + ref
	if x.done[key] || x.failures[provider] >= patience {
		return nil
	}
	x.done[key] = true
	p, err := x.s.provider(provider)
	if err != nil {
		return nil //nolint:nilerr // it is switched off: the clock closes what it sold
	}
	was, left, err := x.s.examine(ctx, p, ref)
	if fault.Is(err, unavailable) {
		x.failures[provider]++
	} else {
		x.failures[provider] = 0
	}
	if err != nil {
		return fmt.Errorf("examine %s %s: %w", provider, ref, err)
	}
	for _, d := range was {
		if !contains(left, d) {
			x.Mended = append(x.Mended, d)
		}
	}
	x.Left = append(x.Left, left...)
	return nil
}

// examine compares one object with its provider, and refreshes it when it
// differs. It returns what differed, and what differs still.
func (s *Service) examine(ctx context.Context, p Provider, ref string) (was, left []Difference, err error) {
	was, err = s.look(ctx, p, ref)
	if err != nil || len(was) == 0 || was[0].What == ObjectMissing {
		return was, was, err
	}
	_, err = s.Refresh(ctx, p.Name(), ref)
	if f := fault.Of(err); f != nil && f.Reason != ChargeDiffers || f == nil && err != nil {
		return was, was, err
	}
	left, err = s.look(ctx, p, ref)
	return was, left, err
}

// look compares one object with its provider.
func (s *Service) look(ctx context.Context, p Provider, ref string) ([]Difference, error) {
	unread := func(err error) ([]Difference, error) {
		k := comparison{provider: p.Name(), object: ref}
		switch f := fault.Of(err); {
		case f != nil && f.Kind == fault.Missing:
			k.say(ObjectMissing, "", "The provider does not know %s, which it sold.", ref)
		case f != nil && f.Reason == ChargeDiffers:
			k.say(ChargeDiffers, "", "%s", f.Detail)
		default:
			return nil, err
		}
		return k.found, nil
	}
	if session, ok := strings.CutPrefix(ref, checkoutPrefix); ok {
		var c Checkout
		err := s.Store.View(ctx, func(tx Tx) (err error) {
			c, _, err = tx.CheckoutByRef(ctx, p.Name(), session)
			return err
		})
		if err != nil {
			return nil, err
		}
		is, err := fetchCheckout(ctx, p, session)
		if err != nil {
			return unread(err)
		}
		return s.giftDiffers(ctx, c, is)
	}
	o, err := fetch(ctx, p, ref)
	if err != nil {
		return unread(err)
	}
	return s.differs(ctx, p.Name(), o)
}
