package subscription

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// The sandbox is a provider that keeps its side in our database. These are its
// rows; they stand here because the adapter that acts on them and the one that
// stores them know the domain but not each other. No rule of this package
// reads them.

// SandboxSession is a checkout at the sandbox.
type SandboxSession struct {
	Ref          string
	Checkout     ident.Checkout
	Price        money.Amount
	Paid         bool
	Subscription string // what it led to
	Last4        string // of the last card that was tried
	Created      time.Time
	Expires      time.Time
}

// SandboxSubscription is what the sandbox charges every period.
type SandboxSubscription struct {
	Object
	Price    money.Amount
	Last4    string
	Disputes time.Time // when its charge will be taken back; zero for never
	Due      time.Time // when the clock next changes it; zero for never
	Version  int64     // counts the writes, so that two nodes do not write over each other
}

// SandboxEvent is an event on its way from the sandbox to the webhook.
type SandboxEvent struct {
	ID           string
	Kind         string
	Subscription string
	Created      time.Time
	Attempts     int
	Due          time.Time // when it is to be sent, or sent again
}
