package sandbox

import (
	"context"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// The cards, by the numbers that Stripe's test mode made familiar
// (docs.stripe.com/testing).
const (
	cardGood     = "4242424242424242"
	cardDeclined = "4000000000000002"
	cardDisputes = "4000000000000259"
)

// Checkouts is what the till asks of subscription.Service.
type Checkouts interface {
	Payable(ctx context.Context, by ident.Account, id ident.Checkout) (subscription.Checkout, error)
	Progress(ctx context.Context, id ident.Checkout, state subscription.CheckoutState, reason string) (subscription.Checkout, error)
}

// Till is where a buyer shows a card, as they would on a real provider's page.
type Till struct {
	sandbox   *Sandbox
	checkouts Checkouts
}

// NewTill returns the sandbox's till.
func NewTill(s *Sandbox, c Checkouts) *Till { return &Till{s, c} }

// Pay charges a card for a checkout of the account that opened it. The answer is
// pending (the signed event is on its way), or declined with a reason: then
// another card may be tried. A checkout that is paid is not charged again.
// Refusals: card_unknown, checkout_missing, checkout_expired,
// already_subscribed, and what the gate says.
func (t *Till) Pay(ctx context.Context, by ident.Account, id ident.Checkout, card string) (subscription.Checkout, error) {
	card = strings.NewReplacer(" ", "", "-", "").Replace(card)
	if card != cardGood && card != cardDeclined && card != cardDisputes {
		return subscription.Checkout{}, fault.New(fault.Invalid, "card_unknown", "The sandbox takes its own test cards only. Never enter a real card here.")
	}
	c, err := t.checkouts.Payable(ctx, by, id)
	if err != nil || c.State == subscription.CheckoutPending || c.State == subscription.CheckoutComplete {
		return c, err
	}
	if c.Provider != Name || c.Ref == "" {
		return c, fault.New(fault.Conflict, "checkout_elsewhere", "This checkout is not paid at the sandbox.")
	}
	paid, err := t.sandbox.charge(ctx, c.Ref, card)
	if err != nil {
		return c, err
	}
	if !paid {
		return t.checkouts.Progress(ctx, id, subscription.CheckoutDeclined, "card_declined")
	}
	return t.checkouts.Progress(ctx, id, subscription.CheckoutPending, "")
}

// charge takes the session's money, once, and reports whether it is paid.
func (s *Sandbox) charge(ctx context.Context, ref, card string) (paid bool, err error) {
	err = s.Store.Update(ctx, func(tx Tx) error {
		session, found, err := tx.SandboxSession(ctx, ref)
		if err != nil || !found {
			return orElse(err, errUnknown())
		}
		if paid = session.Paid; paid {
			return nil
		}
		now := s.Now()
		if !now.Before(session.Expires) {
			return fault.New(fault.Conflict, "checkout_expired", "This checkout has expired. Nothing was charged; please begin again.")
		}
		session.Last4 = card[len(card)-4:]
		if card == cardDeclined {
			_, err := tx.SetUnpaidSandboxSession(ctx, session)
			return err
		}
		paid = true
		return s.sell(ctx, tx, session, card == cardDisputes, now)
	})
	s.knock()
	return paid, err
}

// sell begins the subscription that a session was paid for. When another node
// was quicker with the same session, it sells nothing.
func (s *Sandbox) sell(ctx context.Context, tx Tx, session subscription.SandboxSession, disputes bool, now time.Time) error {
	now = time.UnixMilli(now.UnixMilli()).UTC() // as the store keeps it
	sub := subscription.SandboxSubscription{Price: session.Price, Last4: session.Last4}
	sub.Object = subscription.Object{
		Ref: "sub_" + ident.Make[string](s.IDs), Checkout: session.Checkout, Status: subscription.StatusActive,
		Started: now, PeriodStart: now, PeriodEnd: s.Period.After(now, 1), Months: 1,
	}
	if disputes {
		sub.Disputes = now.Add(s.DisputeAfter)
	}
	sub.Due = due(sub)
	session.Paid, session.Subscription = true, sub.Ref
	if first, err := tx.SetUnpaidSandboxSession(ctx, session); err != nil || !first {
		return err
	}
	if err := tx.InsertSandboxSubscription(ctx, sub); err != nil {
		return err
	}
	return s.announce(ctx, tx, sub.Ref, kindCreated, kindPaid)
}
