package patron

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Checkouts is what the desk asks of subscription.Service.
type Checkouts interface {
	Payable(ctx context.Context, by ident.Account, id ident.Checkout) (subscription.Checkout, error)
	Progress(ctx context.Context, id ident.Checkout, state subscription.CheckoutState, reason string) (subscription.Checkout, error)
}

// Desk is where a patron enters a claim code, as others show a card.
type Desk struct {
	patrons   *Patrons
	checkouts Checkouts
	inbox     Inbox
	byAccount *account.Throttle
	byOrigin  *account.Throttle
}

// NewDesk returns the desk of a list.
func NewDesk(p *Patrons, c Checkouts, inbox Inbox) *Desk {
	return &Desk{
		patrons: p, checkouts: c, inbox: inbox,
		byAccount: account.NewThrottle(account.Limit{Tries: 6, Every: time.Minute}, p.Now),
		byOrigin:  account.NewThrottle(account.Limit{Tries: 30, Every: 20 * time.Second}, p.Now),
	}
}

// Claim completes a checkout of the account that opened it with a claim code.
// Origin is the network address that it comes from. The answer is pending: the
// event is on its way. A code belongs to the first account that enters it; that
// one may enter it again when its right has ended. Refusals: checkout_missing,
// checkout_expired, checkout_elsewhere, already_subscribed, what the gate says,
// too_many_attempts, code_wrong, code_taken, code_unpaid, tier_missing,
// patrons_unreadable.
func (d *Desk) Claim(ctx context.Context, by ident.Account, origin string, id ident.Checkout, code string) (subscription.Checkout, error) {
	c, err := d.checkouts.Payable(ctx, by, id)
	if err != nil || c.State == subscription.CheckoutPending || c.State == subscription.CheckoutComplete {
		return c, err
	}
	if c.Provider != Name || c.Ref == "" {
		return c, fault.New(fault.Conflict, "checkout_elsewhere", "This checkout is not one of the list of patrons.")
	}
	l := d.patrons.list.Load()
	if l == nil {
		return c, fault.New(fault.Unavailable, "patrons_unreadable", "The list of patrons cannot be read at the moment. Please try again later.").After(time.Minute)
	}
	if err := d.byAccount.Take(string(by)); err != nil {
		return c, err
	}
	if err := d.byOrigin.Take(origin); err != nil {
		return c, err
	}
	e, err := d.patrons.claim(ctx, c, l, code)
	if err != nil {
		return c, err
	}
	d.byAccount.Restore(string(by))
	if err := d.inbox.Receive(ctx, told(e)); err != nil {
		return c, err
	}
	return d.checkouts.Progress(ctx, id, subscription.CheckoutPending, "")
}

// claim ties the line of a code to the account of the checkout.
func (p *Patrons) claim(ctx context.Context, c subscription.Checkout, l *list, code string) (e subscription.PatronEvent, err error) {
	kept, sound := digest(code)
	err = p.Store.Update(ctx, func(tx Tx) error {
		of, _, err := tx.ChannelByID(ctx, c.Channel)
		if err != nil {
			return err
		}
		x, listed := l.find(of.Handle, kept)
		switch {
		case !sound || !listed:
			return fault.New(fault.Invalid, "code_wrong", "There is no such code on this channel.")
		case !p.Now().Before(x.until):
			return fault.New(fault.Conflict, "code_unpaid", "What this code stands for is not paid at the moment.")
		}
		tiers, err := tx.TiersOf(ctx, c.Channel)
		if err != nil {
			return err
		}
		if x.plan, x.meant = planOf(tiers, x.tier); !x.meant {
			return fault.New(fault.Missing, "tier_missing", "The tier of this code is not there. Tell whoever gave it to you.")
		}
		e, err = p.hand(ctx, tx, c, x)
		return err
	})
	return e, err
}

// hand writes who has the line.
func (p *Patrons) hand(ctx context.Context, tx Tx, c subscription.Checkout, x line) (subscription.PatronEvent, error) {
	session, found, err := tx.PatronCheckout(ctx, c.Ref)
	switch {
	case err != nil || !found:
		return subscription.PatronEvent{}, orElse(err, errUnknown())
	case session.Subscription != "": // told again
		return p.event(session.Subscription, 1, kindClaimed), nil
	case session.Closed || !p.Now().Before(session.Expires):
		return subscription.PatronEvent{}, errExpired()
	}
	holder, err := tx.TakePatronCode(ctx, x.code, c.Account)
	if err != nil {
		return subscription.PatronEvent{}, err
	}
	if holder != c.Account {
		return subscription.PatronEvent{}, fault.New(fault.Conflict, "code_taken", "This code belongs to another account.")
	}
	before, err := tx.PatronMonths(ctx, x.code)
	if err != nil {
		return subscription.PatronEvent{}, err
	}
	now := p.moment()
	is := subscription.Patron{Account: c.Account, Channel: c.Channel, Code: x.code, Before: before, Object: subscription.Object{
		Ref: "pt_" + ident.Make[string](p.IDs), Checkout: c.ID, Status: subscription.StatusActive, Plan: x.plan,
		Started: now, PeriodStart: now, PeriodEnd: x.until, Months: x.paid(now, before),
	}}
	session.Subscription = is.Ref
	if mine, err := tx.SetPatronCheckout(ctx, session); err != nil {
		return subscription.PatronEvent{}, err
	} else if !mine {
		return p.meanwhile(ctx, tx, c.Ref)
	}
	if err := tx.InsertPatron(ctx, is); err != nil {
		return subscription.PatronEvent{}, err
	}
	e := p.event(is.Ref, 1, kindClaimed)
	return e, tx.InsertPatronEvent(ctx, e)
}

// meanwhile is what another request made of a checkout while this one looked: the
// same claim by a second click, or it was closed.
func (p *Patrons) meanwhile(ctx context.Context, tx Tx, ref string) (subscription.PatronEvent, error) {
	session, _, err := tx.PatronCheckout(ctx, ref)
	if err != nil || session.Subscription == "" {
		return subscription.PatronEvent{}, orElse(err, errExpired())
	}
	return p.event(session.Subscription, 1, kindClaimed), nil
}

func errExpired() *fault.Fault {
	return fault.New(fault.Conflict, "checkout_expired", "This checkout has expired. Nothing was charged; please begin again.")
}
