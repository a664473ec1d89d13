package subscription

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// Provider charges people. Its methods may be slow and may fail; none is called
// inside a transaction. Every one may be repeated: doing again what is done
// already succeeds. What does not exist is a fault of the kind Missing.
type Provider interface {
	// Name is stored beside what the provider sold and never changes.
	Name() string
	// OpenCheckout is idempotent on the order's checkout.
	OpenCheckout(ctx context.Context, o Order) (Session, error)
	FetchCheckout(ctx context.Context, ref string) (Session, error)
	// FetchSubscription returns the object as it is at this moment.
	FetchSubscription(ctx context.Context, ref string) (Object, error)
	CancelAtPeriodEnd(ctx context.Context, ref string) error
	Resume(ctx context.Context, ref string) error
}

// Order is what a provider is asked to charge, now and then every period.
type Order struct {
	Checkout ident.Checkout // what all that comes of it must carry back
	Price    money.Amount
	Expires  time.Time // after this moment the provider must take no money for it
}

// Session is a checkout as its provider knows it.
type Session struct {
	Ref          string
	Subscription string    // what it led to; empty until it is paid
	RenewsAt     time.Time // when a payment of now would be followed by the next
}

// Status is a provider's word about its subscription, in our terms.
type Status string

// The statuses. Everything an adapter has no certain word for is StatusUnknown.
const (
	StatusIncomplete Status = "incomplete" // nothing was paid yet, and perhaps never will be
	StatusActive     Status = "active"
	StatusPastDue    Status = "past_due" // the provider still tries to charge
	StatusEnded      Status = "ended"
	StatusUnknown    Status = "unknown" // unpaid, paused, or a word of tomorrow
)

// Object is the current state of one subscription at its provider.
type Object struct {
	Ref      string
	Checkout ident.Checkout // from our metadata; empty on objects that are not ours
	Status   Status
	// CancelAtPeriodEnd says that no further period will be charged.
	CancelAtPeriodEnd bool
	Started           time.Time
	// PeriodStart and PeriodEnd bound the last period that was paid. A provider
	// that moves its own period before the money came must give the older one.
	PeriodStart time.Time
	PeriodEnd   time.Time
	EndedAt     time.Time // zero while it runs
	DisputedAt  time.Time // zero unless a charge was taken back
	Months      int       // periods paid
}

// normal returns o with its times as the store keeps them, so that comparing
// what was read with what came sees no difference where there is none.
func (o Object) normal() Object {
	for _, t := range []*time.Time{&o.Started, &o.PeriodStart, &o.PeriodEnd, &o.EndedAt, &o.DisputedAt} {
		if !t.IsZero() {
			*t = time.UnixMilli(t.UnixMilli()).UTC()
		}
	}
	return o
}

// Event is a provider's hint that one of its objects changed. What it changed
// to is asked of the provider: the words of an event may be old.
type Event struct {
	Provider string
	ID       string
	Kind     string
	Object   string // the subscription concerned; empty when none is
	Terminal bool   // it can only take a right away, and goes before those that give one
}
