// Package sandbox is a payment provider that takes no money: the default one,
// for trying everything out, and the one that tests pay at.
//
// Owns: its own tables (which stand for another company's database), its cards,
// renewals and disputes by the clock, and the courier that brings signed events
// over HTTP to the real webhook route. Promises: a payment becomes a right only
// by way of that route, as with a real provider; events arrive at least once,
// also after a restart; of two nodes on one database only one renews a given
// subscription and one delivers a given event; no card number is stored or
// logged, only its last four digits; it does not start where strangers could
// reach it unless told to (Permit). Does not do: touching subscriptions, grants
// or checkouts of ours.
package sandbox

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Name is what the sandbox is stored under.
const Name = "sandbox"

// DefaultDisputeAfter is when the disputing card takes its money back.
const DefaultDisputeAfter = time.Minute

// Tx is what the sandbox needs inside one transaction. A lookup that finds
// nothing returns false.
type Tx interface {
	// PutSettingOnce keeps a value unless there is one, and returns the one kept.
	PutSettingOnce(ctx context.Context, name, value string) (string, error)

	// InsertSandboxSession reports false when the checkout has a session.
	InsertSandboxSession(ctx context.Context, s subscription.SandboxSession) (bool, error)
	SandboxSession(ctx context.Context, ref string) (subscription.SandboxSession, bool, error)
	SandboxSessionOf(ctx context.Context, checkout ident.Checkout) (subscription.SandboxSession, bool, error)
	// SetUnpaidSandboxSession reports false when the session was paid or given up
	// meanwhile.
	SetUnpaidSandboxSession(ctx context.Context, s subscription.SandboxSession) (bool, error)
	// GiveUpSandboxSession reports false when it was paid or given up meanwhile, or
	// a late payment is on its way.
	GiveUpSandboxSession(ctx context.Context, s subscription.SandboxSession) (bool, error)
	// SetPaidSandboxSession writes one that was paid before.
	SetPaidSandboxSession(ctx context.Context, s subscription.SandboxSession) error
	// DueSandboxSessions returns unpaid ones whose late payment arrives by now.
	DueSandboxSessions(ctx context.Context, now time.Time, limit int) ([]subscription.SandboxSession, error)

	SandboxSubscription(ctx context.Context, ref string) (subscription.SandboxSubscription, bool, error)
	DueSandboxSubscriptions(ctx context.Context, now time.Time, limit int) ([]subscription.SandboxSubscription, error)
	InsertSandboxSubscription(ctx context.Context, s subscription.SandboxSubscription) error
	// SetSandboxSubscription reports false when somebody wrote since s was read.
	SetSandboxSubscription(ctx context.Context, s subscription.SandboxSubscription) (bool, error)

	InsertSandboxEvents(ctx context.Context, events ...subscription.SandboxEvent) error
	// UnsentSandboxEvents returns those due at now and made after since, oldest due first.
	UnsentSandboxEvents(ctx context.Context, now, since time.Time, limit int) ([]subscription.SandboxEvent, error)
	// PostponeSandboxEvent moves the due time and writes the attempts; false when
	// it was sent or moved since e was read.
	PostponeSandboxEvent(ctx context.Context, e subscription.SandboxEvent, due time.Time) (bool, error)
	SandboxEventSent(ctx context.Context, id string, now time.Time) error
	// SandboxEventsSince returns all made after since, sent or not, oldest first.
	SandboxEventsSince(ctx context.Context, since time.Time, limit int) ([]subscription.SandboxEvent, error)

	payoutTx
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Config is what a Sandbox needs from its surroundings.
type Config struct {
	Store  Store
	IDs    *ident.Source
	Now    func() time.Time
	Random io.Reader // cryptographic; for the secret of the first start
	Log    *slog.Logger
	// Period is how long a month is.
	Period Period
	// DisputeAfter is when the disputing cards take their money back, and how
	// long their dispute lasts.
	DisputeAfter time.Duration
	// LateAfter is how long the late card's money is on its way; RetryEvery how
	// long a failed charge waits for its next try. Zero: 10 s, and a day.
	LateAfter  time.Duration
	RetryEvery time.Duration
	// Mischief spoils deliveries, for tests; the zero one delivers well.
	Mischief Mischief
	// Client posts events. Nil: one of its own, without a proxy.
	Client *http.Client
}

// Sandbox is a subscription.Provider, a payout.Payer and a webhook.Source.
type Sandbox struct {
	Config
	secret string
	wake   chan struct{} // holds one: there is something to deliver
}

// New returns the sandbox. On the first start of a database it makes the secret
// that its events are signed with; every node finds the same one later.
func New(ctx context.Context, c Config) (*Sandbox, error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(c.Random, secret); err != nil {
		return nil, fmt.Errorf("sandbox secret: %w", err)
	}
	s := &Sandbox{Config: c, wake: make(chan struct{}, 1)}
	err := c.Store.Update(ctx, func(tx Tx) (err error) {
		s.secret, err = tx.PutSettingOnce(ctx, "sandbox_webhook_secret", fmt.Sprintf("whsec_%x", secret))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sandbox secret: %w", err)
	}
	return s, nil
}

// Name implements subscription.Provider.
func (s *Sandbox) Name() string { return Name }

// OpenCheckout implements subscription.Provider.
func (s *Sandbox) OpenCheckout(ctx context.Context, o subscription.Order) (subscription.Session, error) {
	session := subscription.SandboxSession{
		Ref: "cs_" + ident.Make[string](s.IDs), Checkout: o.Checkout, Purpose: o.Purpose, Plan: o.Plan, Quantity: o.Quantity,
		Trial: o.Trial, Account: o.Account, Country: o.Country, Created: s.Now(), Expires: o.Expires,
	}
	err := s.Store.Update(ctx, func(tx Tx) error {
		fresh, err := tx.InsertSandboxSession(ctx, session)
		if err == nil && !fresh {
			session, _, err = tx.SandboxSessionOf(ctx, o.Checkout)
		}
		return err
	})
	return s.session(session), err
}

// FetchCheckout implements subscription.Provider.
func (s *Sandbox) FetchCheckout(ctx context.Context, ref string) (subscription.Session, error) {
	var session subscription.SandboxSession
	err := s.Store.View(ctx, func(tx Tx) error {
		found, ok, err := tx.SandboxSession(ctx, ref)
		if session = found; err == nil && !ok {
			err = errUnknown()
		}
		return err
	})
	return s.session(session), err
}

func (s *Sandbox) session(x subscription.SandboxSession) subscription.Session {
	out := subscription.Session{
		Ref: x.Ref, Subscription: x.Subscription, Charge: x.Charge,
		Expired: x.Expired || (!x.Paid && x.Due.IsZero() && !s.Now().Before(x.Expires)), // money that is on its way comes
	}
	if out.RenewsAt = s.Period.After(s.Now(), x.Plan.Interval.Months()); x.Trial > 0 {
		out.RenewsAt = s.Now().Add(x.Trial)
	}
	return out
}

// ExpireCheckout implements subscription.Provider.
func (s *Sandbox) ExpireCheckout(ctx context.Context, ref string) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		session, found, err := tx.SandboxSession(ctx, ref)
		switch {
		case err != nil || !found:
			return orElse(err, errUnknown())
		case session.Paid || !session.Due.IsZero():
			return fault.New(fault.Conflict, "checkout_paid", "This checkout is paid already.")
		}
		session.Expired = true
		mine, err := tx.GiveUpSandboxSession(ctx, session)
		if err != nil || mine {
			return err
		}
		session, _, err = tx.SandboxSession(ctx, ref) // somebody was quicker
		if err == nil && !session.Expired {
			err = fault.New(fault.Conflict, "checkout_paid", "This checkout is paid already.")
		}
		return err
	})
}

// FetchSubscription implements subscription.Provider.
func (s *Sandbox) FetchSubscription(ctx context.Context, ref string) (subscription.Object, error) {
	var sub subscription.SandboxSubscription
	err := s.Store.View(ctx, func(tx Tx) error {
		found, ok, err := tx.SandboxSubscription(ctx, ref)
		if sub = found; err == nil && !ok {
			err = errUnknown()
		}
		return err
	})
	return sub.Object, err
}

// CardPage implements subscription.Provider: the sandbox has no page of its own.
func (s *Sandbox) CardPage(context.Context, string, string) (string, error) { return "", nil }

// EventsSince implements subscription.Provider.
func (s *Sandbox) EventsSince(ctx context.Context, since time.Time) ([]subscription.Event, error) {
	var made []subscription.SandboxEvent
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		made, err = tx.SandboxEventsSince(ctx, since, eventsListed)
		return err
	})
	out := make([]subscription.Event, len(made))
	for i, e := range made {
		out[i] = event(e.ID, e.Kind, e.Subscription)
	}
	return out, err
}

// eventsListed is how many events EventsSince looks back on.
const eventsListed = 10_000

// rules is how this sandbox bills.
func (s *Sandbox) rules() rules {
	r := rules{s.Period, s.DisputeAfter, s.RetryEvery}
	if r.retryEvery == 0 {
		r.retryEvery = 24 * time.Hour
	}
	return r
}

// moment is now as the store keeps it.
func (s *Sandbox) moment() time.Time { return time.UnixMilli(s.Now().UnixMilli()).UTC() }

// writeTries is how often a change that met another one is made again.
const writeTries = 8

// change reads a subscription, lets act say what becomes of it and which events
// tell of it, and writes both, all again when somebody else wrote meanwhile.
func (s *Sandbox) change(ctx context.Context, ref string,
	act func(sub) (sub, []string, error),
) error {
	for range writeTries {
		written := false
		err := s.Store.Update(ctx, func(tx Tx) error {
			was, found, err := tx.SandboxSubscription(ctx, ref)
			if err != nil || !found {
				return orElse(err, errUnknown())
			}
			is, kinds, err := act(was)
			if written = err == nil && len(kinds) == 0; err != nil || written {
				return err
			}
			if written, err = tx.SetSandboxSubscription(ctx, is); err != nil || !written {
				return err
			}
			return s.announce(ctx, tx, ref, kinds...)
		})
		if err != nil || written {
			s.knock()
			return err
		}
	}
	return fault.New(fault.Unavailable, "provider_busy", "The payment provider is busy. Please try again.").After(time.Second)
}

// announce puts events into the outbox.
func (s *Sandbox) announce(ctx context.Context, tx Tx, ref string, kinds ...string) error {
	now := s.Now()
	events := make([]subscription.SandboxEvent, len(kinds))
	for i, kind := range kinds {
		events[i] = subscription.SandboxEvent{
			ID: "evt_" + ident.Make[string](s.IDs), Kind: kind, Subscription: ref, Created: now, Due: now.Add(s.Mischief.delay()),
		}
	}
	return tx.InsertSandboxEvents(ctx, events...)
}

// knock wakes the courier; one knock waiting is enough.
func (s *Sandbox) knock() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func orElse(err, refusal error) error {
	if err != nil {
		return err
	}
	return refusal
}

func errUnknown() *fault.Fault {
	return fault.New(fault.Missing, "provider_object_missing", "The sandbox does not know this.")
}
