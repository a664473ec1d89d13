// Package account owns people: who they are and how they prove it.
//
// Owns: names and their folding, passwords, passkeys, sessions, mail addresses,
// the first owner, one-time links, the throttle on guesses. Promises: a name
// stands for one person even when written with look-alike letters; a password is
// stored only as argon2id; a session or link is stored only as a hash; a
// confirmed address belongs to one account, and nobody learns by asking to which.
// Does not do: rights in channels (package access), cookies (the edge), letters
// (package mail) and the protocol of passkeys (adapter/passkey).
package account

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Account is a person.
type Account struct {
	ID       ident.Account
	Name     string
	Folded   string // Fold(Name); unique
	Password string // argon2id in PHC form; empty: it has none
	Passkeys int    // how many it has
	Operator bool   // opens channels on this server
	Language string // of letters
	Created  time.Time
}

// Full reports whether the account has a credential of its own. A light one is a
// name that lives in one browser.
func (a Account) Full() bool { return a.Password != "" || a.Passkeys > 0 }

// Visitor is where a request comes from.
type Visitor struct {
	Origin   string // network address, for throttles
	Language string // of the page; empty: it did not say
	Device   Device
}

// Device is a browser, in words coarse enough to recognise one's own and not
// much else: 'Firefox', 'Windows'. Empty: it did not say.
type Device struct {
	Browser string
	System  string
}

// Proof is how somebody showed who they are.
type Proof string

// The ways to show it. A light account has nothing to show.
const (
	NoProof    Proof = ""
	ByPassword Proof = "password"
	ByPasskey  Proof = "passkey"
	ByLink     Proof = "link"
)

// Session is a signed-in browser.
type Session struct {
	ID      ident.Session
	Account Account
	Device  Device
	Created time.Time
	Seen    time.Time // the day of its last request
	Proved  time.Time // when its person last showed who they are
	Proof   Proof     // and how
	Expires time.Time
}

// The refusals of this package.
func errCredentials() *fault.Fault {
	return fault.New(fault.Denied, "wrong_credentials", "Name or password is not right.")
}

func errNameTaken() *fault.Fault {
	return fault.New(fault.Conflict, "name_taken", "That name, or one that looks like it, is taken. Please choose another.")
}
