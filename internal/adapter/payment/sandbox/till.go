package sandbox

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Checkouts is what the till asks of subscription.Service.
type Checkouts interface {
	Payable(ctx context.Context, by ident.Account, id ident.Checkout) (subscription.Checkout, error)
	Progress(ctx context.Context, id ident.Checkout, state subscription.CheckoutState, reason string) (subscription.Checkout, error)
	ByID(ctx context.Context, by ident.Account, id ident.Subscription) (subscription.Owned, error)
	Refresh(ctx context.Context, provider, ref string) (subscription.Subscription, error)
}

// Till is where a buyer shows a card, as they would on a real provider's page.
type Till struct {
	sandbox   *Sandbox
	checkouts Checkouts
}

// NewTill returns the sandbox's till.
func NewTill(s *Sandbox, c Checkouts) *Till { return &Till{s, c} }

// authenticationRequired is why a card that wants its holder's word is declined
// until it has it.
const authenticationRequired = "authentication_required"

// Pay charges a card for a checkout of the account that opened it. The answer is
// pending (the signed event is on its way), or declined with a reason: then
// another card may be tried, or the same one with approved, which is the word of
// its holder. A checkout that is paid is not charged again. Refusals:
// card_unknown, checkout_missing, checkout_expired, already_subscribed, and what
// the gate says.
func (t *Till) Pay(ctx context.Context, by ident.Account, id ident.Checkout, typed string, approved bool) (subscription.Checkout, error) {
	card, err := number(typed)
	if err != nil {
		return subscription.Checkout{}, err
	}
	c, err := t.checkouts.Payable(ctx, by, id)
	if err != nil || c.State == subscription.CheckoutPending || c.State == subscription.CheckoutComplete {
		return c, err
	}
	if c.Provider != Name || c.Ref == "" {
		return c, fault.New(fault.Conflict, "checkout_elsewhere", "This checkout is not paid at the sandbox.")
	}
	refused, err := t.sandbox.charge(ctx, c.Ref, card, approved)
	if err != nil {
		return c, err
	}
	if refused != "" {
		return t.checkouts.Progress(ctx, id, subscription.CheckoutDeclined, refused)
	}
	return t.checkouts.Progress(ctx, id, subscription.CheckoutPending, "")
}

// Forward lets time pass for a subscription of by: see Sandbox.Forward.
func (t *Till) Forward(ctx context.Context, by ident.Account, id ident.Subscription, d time.Duration) (subscription.Owned, error) {
	sub, err := t.checkouts.ByID(ctx, by, id)
	if err != nil {
		return sub, err
	}
	if sub.Provider != Name {
		return sub, fault.New(fault.Conflict, "checkout_elsewhere", "This subscription is not one of the sandbox.")
	}
	if err := t.sandbox.Forward(ctx, sub.Ref, d); err != nil {
		return sub, err
	}
	if _, err := t.checkouts.Refresh(ctx, sub.Provider, sub.Ref); err != nil {
		return sub, err
	}
	return t.checkouts.ByID(ctx, by, id)
}

// charge takes the session's money, once; or says why the card was refused.
func (s *Sandbox) charge(ctx context.Context, ref, card string, approved bool) (refused string, err error) {
	err = s.Store.Update(ctx, func(tx Tx) error {
		refused = ""
		session, found, err := tx.SandboxSession(ctx, ref)
		if err != nil || !found {
			return orElse(err, errUnknown())
		}
		if session.Paid || !session.Due.IsZero() {
			return nil
		}
		now := s.moment()
		if session.Expired || !now.Before(session.Expires) {
			return errExpired()
		}
		session.Card = s.card(card, session.Account)
		switch {
		case card == cardDeclined:
			refused = "card_declined"
		case card == cardAuthenticate && !approved:
			refused = authenticationRequired
		case card == cardLate:
			session.Due = now.Add(s.late())
		default:
			return s.sell(ctx, tx, session, now)
		}
		if mine, err := tx.SetUnpaidSandboxSession(ctx, session); err != nil || mine {
			return err
		}
		refused = ""
		return s.taken(ctx, tx, ref)
	})
	s.knock()
	return refused, err
}

// taken says what another request made of a session while this one looked: it was
// paid, which is well, or given up.
func (s *Sandbox) taken(ctx context.Context, tx Tx, ref string) error {
	session, _, err := tx.SandboxSession(ctx, ref)
	if err == nil && !session.Paid && session.Due.IsZero() {
		err = errExpired()
	}
	return err
}

func errExpired() *fault.Fault {
	return fault.New(fault.Conflict, "checkout_expired", "This checkout has expired. Nothing was charged; please begin again.")
}

func (s *Sandbox) late() time.Duration {
	if s.LateAfter > 0 {
		return s.LateAfter
	}
	return 10 * time.Second
}

// arrive completes a session whose money was late.
func (s *Sandbox) arrive(ctx context.Context, ref string, now time.Time) error {
	defer s.knock()
	return s.Store.Update(ctx, func(tx Tx) error {
		session, found, err := tx.SandboxSession(ctx, ref)
		if err != nil || !found || session.Paid {
			return err
		}
		session.Due = time.Time{}
		return s.sell(ctx, tx, session, now)
	})
}

// sell gives what a session was paid for. When another node was quicker with the
// same session, it sells nothing; nor when the session was given up.
func (s *Sandbox) sell(ctx context.Context, tx Tx, session subscription.SandboxSession, now time.Time) error {
	session.Paid = true
	if session.Purpose == subscription.ForGift {
		return s.sellGift(ctx, tx, session, now)
	}
	x := sub{
		Object: subscription.Object{
			Ref: "sub_" + ident.Make[string](s.IDs), Checkout: session.Checkout, Plan: session.Plan, Started: now, Card: session.Card.Card,
		},
		Account: session.Account, Country: session.Country, Behaviour: session.Card.Behaviour, Anchor: now,
	}
	kinds := []string{kindCreated, kindPaid}
	if session.Trial > 0 {
		x.Status, x.TrialEnd = subscription.StatusTrialing, now.Add(session.Trial)
		x.PeriodStart, x.PeriodEnd, x.Anchor = now, x.TrialEnd, x.TrialEnd
		kinds = kinds[:1]
	} else {
		x = s.rules().begin(x, now, now)
	}
	x.Due = s.rules().due(x)
	session.Subscription = x.Ref
	if first, err := tx.SetUnpaidSandboxSession(ctx, session); err != nil {
		return err
	} else if !first {
		return s.taken(ctx, tx, session.Ref)
	}
	if err := tx.InsertSandboxSubscription(ctx, x); err != nil {
		return err
	}
	return s.announce(ctx, tx, x.Ref, kinds...)
}

// sellGift takes one payment and remembers no subscription.
func (s *Sandbox) sellGift(ctx context.Context, tx Tx, session subscription.SandboxSession, now time.Time) error {
	total, err := session.Plan.Price.Mul(int64(session.Quantity))
	if err != nil {
		return err
	}
	session.Charge = &subscription.Charge{
		Ref: "ch_" + session.Ref, Kind: subscription.ChargeGift, Plan: session.Plan, Total: total,
		Tax: taxIn(total.Minor, session.Country), Fee: fee(total.Minor), At: now, Card: session.Card.Card,
	}
	if first, err := tx.SetUnpaidSandboxSession(ctx, session); err != nil {
		return err
	} else if !first {
		return s.taken(ctx, tx, session.Ref)
	}
	return s.announce(ctx, tx, subscription.CheckoutObject(session.Ref), kindCompleted)
}
