package subscription

import (
	"context"
	"fmt"
	"time"
)

// chargesTold is how many charges a provider's object holds at least.
const chargesTold = 100

// differs compares what a provider says of a subscription with what we keep of
// it. It writes nothing.
func (s *Service) differs(ctx context.Context, provider string, o Object) (found []Difference, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		k := comparison{provider: provider, object: o.Ref}
		if err := s.compare(ctx, tx, &k, o); err != nil {
			return err
		}
		found = k.found
		return nil
	})
	return found, err
}

// comparison gathers what differs about one object.
type comparison struct {
	provider, object string
	found            []Difference
}

func (k *comparison) say(what, charge, format string, args ...any) {
	k.found = append(k.found, Difference{Provider: k.provider, Object: k.object, Charge: charge, What: what, Detail: fmt.Sprintf(format, args...)})
}

func (s *Service) compare(ctx context.Context, tx Tx, k *comparison, o Object) error {
	was, known, err := tx.SubscriptionByRef(ctx, k.provider, o.Ref)
	if err != nil {
		return err
	}
	c, found, err := tx.CheckoutByID(ctx, o.Checkout)
	if err != nil {
		return err
	}
	_, paid := GrantFor(o, s.Grace)
	switch {
	case !found || c.Provider != k.provider:
		if known {
			k.say(ObjectForeign, "", "The provider says that subscription %s was not sold here.", o.Ref)
		}
		return nil
	case !known && (!paid || o.cardless(s.Now())):
		return nil
	case !known:
		k.say(SubscriptionDiffers, "", "The provider sold %s, and we do not know it.", o.Ref)
		return nil
	}
	if is := was.after(o); is != was {
		k.say(SubscriptionDiffers, "", "Subscription %s stands as %s until %s; its provider says %s until %s.",
			o.Ref, was.State, moment(was.PeriodEnd), is.State, moment(is.PeriodEnd))
	}
	if was.Refused != "" && was.State != Ended {
		k.say(SubscriptionDiffers, "", "Subscription %s was refused and has not ended.", o.Ref)
	}
	if c.State != CheckoutComplete && was.Refused == "" {
		k.say(CheckoutDiffers, "", "The checkout of %s is %s.", o.Ref, c.State)
	}
	g, has, err := tx.GrantByID(ctx, was.Grant)
	if err != nil {
		return err
	}
	is := g
	is.ID, is.Account, is.Channel, is.Tier, is.Source = was.Grant, was.Account, was.Channel, TierFor(o, was.after(o).Plan.Tier), GrantSource
	if is = is.granted(o, s.Grace, s.Now()); is != g && (has || was.Refused == "") {
		k.say(RightDiffers, "", "The right of %s ends at %s; it should end at %s.", o.Ref, moment(g.end()), moment(is.end()))
	}
	sales, err := tx.SalesOfSubscription(ctx, was.ID)
	if err == nil {
		k.charges(o.Charges, sales)
	}
	return err
}

// charges compares what a provider took with what we keep as sold.
func (k *comparison) charges(charges []Charge, sales []Sale) {
	kept := map[string]Sale{}
	for _, sale := range sales {
		kept[sale.Charge] = sale
	}
	told := map[string]bool{}
	var oldest time.Time
	for _, ch := range charges {
		told[ch.Ref] = true
		if oldest.IsZero() || ch.At.Before(oldest) {
			oldest = ch.At
		}
		sale, found := kept[ch.Ref]
		switch {
		case !found:
			k.say(SaleMissing, ch.Ref, "The provider took payment %s, and it is not among the sales.", ch.Ref)
		case sale.Total != ch.Total:
			k.say(ChargeDiffers, ch.Ref, "Payment %s was of %d %s; its provider says %d %s.", ch.Ref, sale.Total.Minor, sale.Total.Currency, ch.Total.Minor, ch.Total.Currency)
		case sale.Refunded != ch.Refunded() || sale.Dispute != ch.Dispute.State || (sale.Fee == 0 && ch.Fee > 0):
			k.say(SaleDiffers, ch.Ref, "Of payment %s %d went back, dispute %q; its provider says %d, dispute %q.", ch.Ref, sale.Refunded, sale.Dispute, ch.Refunded(), ch.Dispute.State)
		}
	}
	for _, sale := range sales {
		if !told[sale.Charge] && (len(charges) < chargesTold || sale.At.After(oldest)) {
			k.say(ChargeMissing, sale.Charge, "Payment %s is among the sales, and its provider does not know it.", sale.Charge)
		}
	}
}

// giftDiffers is differs for a gift.
func (s *Service) giftDiffers(ctx context.Context, c Checkout, session Session) (found []Difference, err error) {
	k := comparison{provider: c.Provider, object: CheckoutObject(c.Ref)}
	var charges []Charge
	if session.Charge != nil {
		charges = append(charges, session.Charge.normal())
	}
	err = s.Store.View(ctx, func(tx Tx) error {
		k.found = nil
		sales, err := tx.SalesOfCheckout(ctx, c.ID)
		if err != nil {
			return err
		}
		k.charges(charges, sales)
		if len(charges) == 0 {
			return nil
		}
		if c.State != CheckoutComplete {
			k.say(CheckoutDiffers, "", "The checkout of gift %s is %s.", c.Ref, c.State)
		}
		awards, err := tx.AwardsOfGift(ctx, c.ID)
		for _, a := range awards {
			revoked := a.Grant.Revoked // earlier, when the creator took it back
			if back := charges[0].TakenBack(); !back.IsZero() && (revoked.IsZero() || revoked.After(back)) {
				k.say(RightDiffers, charges[0].Ref, "A right that gift %s gave was not taken back with its payment.", c.Ref)
				break
			}
		}
		return err
	})
	return k.found, err
}

// end is when the right is over, whichever way.
func (g Grant) end() time.Time {
	if !g.Revoked.IsZero() && g.Revoked.Before(g.Ends) {
		return g.Revoked
	}
	return g.Ends
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}
