// Package patron lets people in who pay somewhere else: at Patreon, by bank
// transfer, as dues of a club. The operator keeps a list of them in a file.
//
// Owns: reading that file, the claim codes that tie its lines to accounts, and
// what the list last said of each. Promises: one code belongs to one account; a
// right follows the list by way of events and of asking, as with any provider; a
// file with a line that cannot be read changes nothing, and the line is named;
// no code is stored or logged. Does not do: charging, so that there are no sales
// and nothing to pay back; ending what somebody pays elsewhere, which only they
// can: it refuses with provider_cannot.
package patron

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Name is what the patrons are stored under.
const Name = subscription.PatronProvider

// Tx is what the list needs inside one transaction. A lookup that finds nothing
// returns false.
type Tx interface {
	ChannelByID(ctx context.Context, id ident.Channel) (channel.Channel, bool, error)
	ChannelByHandle(ctx context.Context, handle string) (channel.Channel, bool, error)
	TiersOf(ctx context.Context, channel ident.Channel) ([]subscription.Tier, error)

	// InsertPatronCheckout reports false when there is one of the name.
	InsertPatronCheckout(ctx context.Context, c subscription.PatronCheckout) (bool, error)
	PatronCheckout(ctx context.Context, ref string) (subscription.PatronCheckout, bool, error)
	// SetPatronCheckout reports false when it was closed or claimed meanwhile.
	SetPatronCheckout(ctx context.Context, c subscription.PatronCheckout) (bool, error)
	// TakePatronCode gives the code to an account, unless one has it, and returns
	// whose it is.
	TakePatronCode(ctx context.Context, code string, by ident.Account) (ident.Account, error)

	Patron(ctx context.Context, ref string) (subscription.Patron, bool, error)
	// PatronMonths adds up the months of all claims of a code.
	PatronMonths(ctx context.Context, code string) (int, error)
	// RunningPatrons returns those that have not ended, by their name after one.
	RunningPatrons(ctx context.Context, after string, limit int) ([]subscription.Patron, error)
	InsertPatron(ctx context.Context, p subscription.Patron) error
	// SetPatron reports false when somebody wrote since p was read.
	SetPatron(ctx context.Context, p subscription.Patron) (bool, error)

	InsertPatronEvent(ctx context.Context, e subscription.PatronEvent) error
	// PatronEventsSince returns those made after since, oldest first.
	PatronEventsSince(ctx context.Context, since time.Time, limit int) ([]subscription.PatronEvent, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Config is what a list needs from its surroundings.
type Config struct {
	Store Store
	IDs   *ident.Source
	Now   func() time.Time
	Log   *slog.Logger
	// File is the path of the list.
	File string
}

// Patrons is a subscription.Provider.
type Patrons struct {
	Config
	list  atomic.Pointer[list] // the last file that could be read; nil before there was one
	watch watch                // of Run's goroutine alone
}

// New returns the provider. It knows nobody before Run, or Look, has read the file.
func New(c Config) *Patrons { return &Patrons{Config: c} }

// Name implements subscription.Provider.
func (p *Patrons) Name() string { return Name }

// PaidElsewhere implements subscription.Elsewhere.
func (p *Patrons) PaidElsewhere() {}

// OpenCheckout implements subscription.Provider. It is completed by a claim code.
func (p *Patrons) OpenCheckout(ctx context.Context, o subscription.Order) (subscription.Session, error) {
	if o.Purpose != subscription.ForSubscription {
		return subscription.Session{}, errCannot()
	}
	c := subscription.PatronCheckout{Ref: "pc_" + string(o.Checkout), Checkout: o.Checkout, Account: o.Account, Expires: o.Expires}
	err := p.Store.Update(ctx, func(tx Tx) error {
		fresh, err := tx.InsertPatronCheckout(ctx, c)
		if err == nil && !fresh {
			c, _, err = tx.PatronCheckout(ctx, c.Ref)
		}
		return err
	})
	s := p.session(c)
	s.RenewsAt = p.Now().AddDate(0, o.Plan.Interval.Months(), 0)
	return s, err
}

func (p *Patrons) session(c subscription.PatronCheckout) subscription.Session {
	over := c.Closed || !p.Now().Before(c.Expires)
	return subscription.Session{Ref: c.Ref, Subscription: c.Subscription, Expired: over && c.Subscription == ""}
}

// FetchCheckout implements subscription.Provider.
func (p *Patrons) FetchCheckout(ctx context.Context, ref string) (subscription.Session, error) {
	var c subscription.PatronCheckout
	err := p.Store.View(ctx, func(tx Tx) error {
		found, ok, err := tx.PatronCheckout(ctx, ref)
		if c = found; err == nil && !ok {
			err = errUnknown()
		}
		return err
	})
	return p.session(c), err
}

// ExpireCheckout implements subscription.Provider.
func (p *Patrons) ExpireCheckout(ctx context.Context, ref string) error {
	return p.Store.Update(ctx, func(tx Tx) error {
		c, found, err := tx.PatronCheckout(ctx, ref)
		if err != nil || !found {
			return orElse(err, errUnknown())
		}
		claimed := c.Subscription != ""
		if !claimed && !c.Closed {
			c.Closed = true
			closed, err := tx.SetPatronCheckout(ctx, c)
			if err != nil || closed {
				return err
			}
			claimed = true
		}
		if claimed {
			return fault.New(fault.Conflict, "checkout_paid", "This checkout is paid already.")
		}
		return nil
	})
}

// FetchSubscription implements subscription.Provider.
func (p *Patrons) FetchSubscription(ctx context.Context, ref string) (subscription.Object, error) {
	var found subscription.Patron
	err := p.Store.View(ctx, func(tx Tx) (err error) {
		var ok bool
		if found, ok, err = tx.Patron(ctx, ref); err == nil && !ok {
			err = errUnknown()
		}
		return err
	})
	return found.Object, err
}

// eventsListed is how many events EventsSince looks back on.
const eventsListed = 10_000

// EventsSince implements subscription.Provider.
func (p *Patrons) EventsSince(ctx context.Context, since time.Time) ([]subscription.Event, error) {
	var made []subscription.PatronEvent
	err := p.Store.View(ctx, func(tx Tx) (err error) {
		made, err = tx.PatronEventsSince(ctx, since, eventsListed)
		return err
	})
	out := make([]subscription.Event, len(made))
	for i, e := range made {
		out[i] = told(e)
	}
	return out, err
}

// told is an event as the inbox takes it.
func told(e subscription.PatronEvent) subscription.Event {
	return subscription.Event{Provider: Name, ID: e.ID, Kind: e.Kind, Object: e.Patron, Terminal: e.Ends}
}

func orElse(err, refusal error) error {
	if err != nil {
		return err
	}
	return refusal
}

func errUnknown() *fault.Fault {
	return fault.New(fault.Missing, "provider_object_missing", "The list of patrons does not know this.")
}

var (
	_ subscription.Provider  = (*Patrons)(nil)
	_ subscription.Elsewhere = (*Patrons)(nil)
)
