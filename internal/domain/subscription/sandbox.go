package subscription

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// The sandbox is a provider that keeps its side in our database. These are its
// rows; they stand here because the adapter that acts on them and the one that
// stores them know the domain but not each other. No rule of this package
// reads them.

// SandboxSession is a checkout at the sandbox.
type SandboxSession struct {
	Ref          string
	Checkout     ident.Checkout
	Purpose      Purpose
	Plan         Plan
	Quantity     int
	Trial        time.Duration
	Account      ident.Account
	Country      string
	Paid         bool
	Expired      bool
	Subscription string // what it led to
	Charge       *Charge
	Card         SandboxCard // the last that was tried
	Created      time.Time
	Expires      time.Time
	Due          time.Time // when a late payment arrives; zero for never
}

// SandboxCard is a card without its number.
type SandboxCard struct {
	Card
	Behaviour string // what will happen to its charges; empty: nothing
}

// SandboxSubscription is what the sandbox charges every period.
type SandboxSubscription struct {
	Object
	Account   ident.Account
	Country   string
	Behaviour string    // of the card
	Anchor    time.Time // where the present row of periods began
	Counted   int       // months from the anchor to the end of the period that is billed
	Retries   int       // of a charge that failed
	Retry     time.Time // when it is tried again; zero for never
	Disputes  time.Time // when the last charge will be disputed; zero for never
	Settles   time.Time // when the open dispute will be decided; zero for never
	Keys      []string  // of the last changes and refunds
	Due       time.Time // when the clock next changes it; zero for never
	Version   int64     // counts the writes, so that two nodes do not write over each other
}

// SandboxEvent is an event on its way from the sandbox to the webhook.
type SandboxEvent struct {
	ID           string
	Kind         string
	Subscription string // or CheckoutObject of a session
	Created      time.Time
	Attempts     int
	Due          time.Time // when it is to be sent, or sent again
}
