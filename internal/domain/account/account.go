// Package account owns people: who they are and how they prove it.
//
// Owns: names and their folding, passwords, sessions, the first owner, one-time
// sign-in links, the throttle on guesses. Promises: a name stands for one
// person even when written with look-alike letters; a password is stored only
// as argon2id; a session or link is stored only as a hash. Does not do: rights
// in channels (package access), cookies (the edge).
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
	Password string // argon2id in PHC form; empty for a light account
	Operator bool   // opens channels on this server
	Created  time.Time
}

// Full reports whether the account has a credential of its own.
func (a Account) Full() bool { return a.Password != "" }

// Session is a signed-in browser.
type Session struct {
	ID      ident.Session
	Account Account
	Expires time.Time
}

// The refusals of this package.
func errCredentials() *fault.Fault {
	return fault.New(fault.Denied, "wrong_credentials", "Name or password is not right.")
}

func errNameTaken() *fault.Fault {
	return fault.New(fault.Conflict, "name_taken", "That name, or one that looks like it, is taken. Please choose another.")
}
