package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// The bounds of one question to a provider.
const (
	fetchTimeout = 4 * time.Second
	// claimLasts is how long other nodes leave an object to the one that asks
	// about it. It outlives fetchTimeout, and bounds the wait after a crash.
	claimLasts   = 5 * time.Second
	refreshTries = 5
)

// Turn is a numbered question about one object, and the events that its answer
// will settle.
type Turn struct {
	Number int64
	Events []string // ids of the object's unapplied events
	Due    int      // how many of them nobody else was working on
}

// errOvertaken says that a later turn was answered first.
var errOvertaken = errors.New("a later answer of the provider was applied")

// Refresh asks the provider for the object as it is now and writes down what it
// says. It is what events, the clock and people's wishes all end in. Any number
// of nodes may do it at once: an answer never replaces that of a later question.
func (s *Service) Refresh(ctx context.Context, provider, ref string) (Subscription, error) {
	t, err := s.turn(ctx, provider, ref)
	if err != nil {
		return Subscription{}, err
	}
	return s.refresh(ctx, provider, ref, t)
}

func (s *Service) turn(ctx context.Context, provider, ref string) (t Turn, err error) {
	err = s.Store.Update(ctx, func(tx Tx) error {
		now := s.Now()
		t, err = tx.TakeTurn(ctx, provider, ref, now, now.Add(claimLasts))
		return err
	})
	return t, err
}

func (s *Service) refresh(ctx context.Context, provider, ref string, t Turn) (Subscription, error) {
	p, err := s.provider(provider)
	if err != nil {
		return Subscription{}, err
	}
	if session, ok := strings.CutPrefix(ref, checkoutPrefix); ok {
		return Subscription{}, s.refreshCheckout(ctx, p, session, t)
	}
	if owner, err := owner(ctx, p, ref); err != nil || owner != ref {
		return s.refreshOwner(ctx, provider, ref, owner, t, err)
	}
	for range refreshTries {
		o, err := fetch(ctx, p, ref)
		if err != nil {
			return Subscription{}, s.unfetched(ctx, provider, ref, t, err)
		}
		sub, err := s.Apply(ctx, provider, o, t)
		if err == nil && sub.Refused != "" && sub.State != Ended {
			if err = ask(ctx, askTimeout, func(ctx context.Context) error { return p.End(ctx, ref) }); err == nil {
				err = errOvertaken // by ourselves: it has to be read again
			}
		}
		if !errors.Is(err, errOvertaken) {
			return sub, err
		}
		if t, err = s.turn(ctx, provider, ref); err != nil {
			return Subscription{}, err
		}
	}
	return Subscription{}, fmt.Errorf("refresh %s %s: %w", provider, ref, errOvertaken)
}

func fetch(ctx context.Context, p Provider, ref string) (o Object, err error) {
	err = ask(ctx, fetchTimeout, func(ctx context.Context) (err error) {
		if o, err = p.FetchSubscription(ctx, ref); err == nil && o.Ref != ref {
			err = fmt.Errorf("provider answered about %q", o.Ref)
		}
		return err
	})
	if err == nil {
		err = o.sound()
	}
	if err != nil {
		return o, fmt.Errorf("fetch %s %s: %w", p.Name(), ref, err)
	}
	return o.normal(), nil
}

// unfetched settles the events of an object that the provider does not have;
// other troubles leave them for another try. A right that such an object gave
// ends by the clock.
func (s *Service) unfetched(ctx context.Context, provider, ref string, t Turn, err error) error {
	if f := fault.Of(err); f == nil || f.Kind != fault.Missing {
		return err
	}
	return errors.Join(err, s.settle(ctx, provider, ref, t, "missing"))
}

func (s *Service) settle(ctx context.Context, provider, ref string, t Turn, outcome string) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		_, err := tx.SettleTurn(ctx, provider, ref, t, s.Now(), outcome)
		return err
	})
}

// Apply writes what a provider's object says: subscription, grant, the event of
// a changed right, and the settled turn, in one transaction. Applying the same
// object again changes nothing and appends nothing. An object that is not of
// one of our checkouts is passed over.
func (s *Service) Apply(ctx context.Context, provider string, o Object, t Turn) (Subscription, error) {
	o = o.normal()
	var sub Subscription
	err := s.Store.Update(ctx, func(tx Tx) error {
		c, ours, err := tx.CheckoutByID(ctx, o.Checkout)
		if err != nil {
			return err
		}
		if ours = ours && c.Provider == provider; !ours {
			_, err := tx.SettleTurn(ctx, provider, o.Ref, t, s.Now(), "foreign")
			return err
		}
		if err := tx.LockLogs(ctx, c.Channel); err != nil {
			return err
		}
		if latest, err := tx.SettleTurn(ctx, provider, o.Ref, t, s.Now(), "applied"); err != nil || !latest {
			return orElse(err, errOvertaken)
		}
		sub, err = s.write(ctx, tx, c, o)
		return err
	})
	return sub, err
}

// write brings subscription, checkout, charges and grant to what o says.
func (s *Service) write(ctx context.Context, tx Tx, c Checkout, o Object) (Subscription, error) {
	was, known, err := tx.SubscriptionByRef(ctx, c.Provider, o.Ref)
	if err != nil {
		return was, err
	}
	if _, paid := GrantFor(o, s.Grace); !known && (!paid || o.cardless(s.Now())) {
		return Subscription{}, nil // nothing was ever paid, or not all is told: there is nothing to remember
	}
	if !known {
		if was, err = s.begin(ctx, tx, c, o); err != nil {
			return was, err
		}
	}
	is := was.after(o)
	if !known || is != was {
		if err := tx.PutSubscription(ctx, is); err != nil {
			return is, err
		}
	}
	if err := c.agreed(o.Charges...); err != nil {
		return is, err
	}
	if err := s.close(ctx, tx, c, is); err != nil {
		return is, err
	}
	if err := s.record(ctx, tx, c, is.ID, o.Charges); err != nil {
		return is, err
	}
	return is, s.grant(ctx, tx, was, known, is, o)
}

// close ends the checkout that led to sub.
func (s *Service) close(ctx context.Context, tx Tx, c Checkout, sub Subscription) error {
	switch {
	case sub.Refused != "":
		c.State, c.Reason = CheckoutExpired, sub.Refused
	case c.State == CheckoutComplete:
		return nil
	default:
		c.State, c.Reason, c.RenewsAt = CheckoutComplete, "", sub.PeriodEnd
	}
	return tx.SetCheckout(ctx, c)
}

// begin makes the row of a subscription that was never seen before.
func (s *Service) begin(ctx context.Context, tx Tx, c Checkout, o Object) (Subscription, error) {
	before, err := tx.MonthsPaid(ctx, c.Account, c.Channel)
	if err != nil {
		return Subscription{}, err
	}
	return s.tried(ctx, tx, Subscription{
		ID: ident.Make[ident.Subscription](s.IDs), Grant: ident.Make[ident.Grant](s.IDs), Account: c.Account, Channel: c.Channel,
		Provider: c.Provider, Ref: o.Ref, Plan: c.Plan, Started: o.Started, MonthsBefore: before,
	}, o)
}

// grant moves the right and tells the channel's log when it moved.
func (s *Service) grant(ctx context.Context, tx Tx, old Subscription, known bool, sub Subscription, o Object) error {
	was, found, err := tx.GrantByID(ctx, sub.Grant)
	if err != nil || (!found && sub.Refused != "") {
		return err
	}
	is := was
	is.ID, is.Account, is.Channel, is.Tier, is.Source = sub.Grant, sub.Account, sub.Channel, TierFor(o, sub.Plan.Tier), GrantSource
	is = is.granted(o, s.Grace, s.Now())
	changed := ""
	if is != was {
		changed = why(old, known, o, was, is)
	}
	if !s.PaidElsewhere(sub.Provider) { // else whoever is paid writes about it
		if err := s.tell(ctx, tx, is, changed); err != nil {
			return err
		}
		if err := s.dun(ctx, tx, old, known, sub, was, is); err != nil {
			return err
		}
	}
	if is == was {
		return nil
	}
	if err := s.putGrant(ctx, tx, is, changed); err != nil {
		return err
	}
	return s.queueGifts(ctx, tx, is.Account, is.Channel)
}

// putGrant writes a right and tells the channel's log why it moved.
func (s *Service) putGrant(ctx context.Context, tx Tx, g Grant, why string) error {
	if err := tx.PutGrant(ctx, g); err != nil {
		return err
	}
	ends := g.Ends
	if !g.Revoked.IsZero() && g.Revoked.Before(ends) {
		ends = g.Revoked
	}
	_, err := tx.Append(ctx, business(g.Channel, event.GrantChanged{
		Account: g.Account, Grant: g.ID, Source: g.Source, Ends: event.Time(ends), Why: why,
	}))
	return err
}
