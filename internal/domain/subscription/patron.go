package subscription

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// The list of patrons is a provider whose side is a file of the operator's and
// these rows in our database; they stand here for the same reason as the
// sandbox's. No rule of this package reads them.

// PatronProvider is what the list is stored under.
const PatronProvider = "patrons"

// PatronCheckout is a checkout that waits for a claim code.
type PatronCheckout struct {
	Ref          string
	Checkout     ident.Checkout
	Account      ident.Account
	Expires      time.Time
	Closed       bool   // it can be claimed no more
	Subscription string // what it led to; empty until it is claimed
}

// Patron is somebody who claimed a line of the list, and what the list last said.
type Patron struct {
	Object
	Account ident.Account
	Channel ident.Channel
	Code    string // what is kept of the claim code
	Before  int    // months that earlier claims of the code stand for
	Version int64  // counts the writes, so that two nodes do not write over each other
}

// PatronEvent is a change of a patron that was told.
type PatronEvent struct {
	ID      string
	Kind    string
	Patron  string
	Ends    bool // it can only take a right away
	Created time.Time
}
