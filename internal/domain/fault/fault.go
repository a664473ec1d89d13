// Package fault names the ways in which Subspace says no.
//
// Owns: the kinds of refusal and their shape. Promises: every refusal carries a
// machine reason that clients may branch on and that does not change between
// releases, and a sentence that a human understands. Does not do: HTTP status
// codes, close codes or translation; edges map kinds to those.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what sort of refusal a Fault is. Edges map it to a status code.
type Kind int

// The kinds. A caller who gets Invalid must change the request; Denied needs
// another right; Missing does not exist for this caller; Conflict met another
// state; Limited may try again later; Unavailable is our trouble, not theirs.
const (
	Invalid Kind = iota + 1
	Denied
	Missing
	Conflict
	Limited
	Unavailable
)

// Fault is a refusal. It is an answer, not an accident: nothing is logged for it.
type Fault struct {
	Kind Kind
	// Reason is the machine word, lower_snake_case, stable for ever.
	Reason string
	// Detail is an English sentence for a human.
	Detail string
	// RetryAfter tells when trying again may help; zero means it does not say.
	RetryAfter time.Duration
	cause      error
}

// New returns a fault of kind k with a machine reason and a formatted sentence.
func New(k Kind, reason, format string, args ...any) *Fault {
	return &Fault{Kind: k, Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Error implements error.
func (f *Fault) Error() string {
	if f.cause != nil {
		return fmt.Sprintf("%s: %s: %v", f.Reason, f.Detail, f.cause)
	}
	return f.Reason + ": " + f.Detail
}

// Unwrap returns what caused the refusal, or nil.
func (f *Fault) Unwrap() error { return f.cause }

// After returns a copy of f that says when to try again.
func (f *Fault) After(d time.Duration) *Fault {
	g := *f
	g.RetryAfter = d
	return &g
}

// Because returns a copy of f that remembers its cause for the log.
func (f *Fault) Because(err error) *Fault {
	g := *f
	g.cause = err
	return &g
}

// Of finds the fault inside err, or returns nil when err is an accident.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// Is reports whether err is a fault with the given machine reason.
func Is(err error, reason string) bool {
	f := Of(err)
	return f != nil && f.Reason == reason
}
