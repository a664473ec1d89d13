package access

import (
	"context"
	"slices"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Scope is what a credential is for that stands for somebody and is less than they
// are. Whoever acts by it may what its person may, of a short list, in one channel,
// while its person is there what they were when it was made. The zero Scope narrows
// nothing.
type Scope struct {
	Dock    ident.Dock
	Channel ident.Channel
	Role    Role
}

// dockActs is all that is done by a dock. What is not listed is beyond it: an action
// that somebody adds is refused until it stands here.
func dockActs() []Action {
	return []Action{ReadPublic, PostPublic, ReadSpace, PostSpace, UseEmote, UseTierEmote, RunQueue, SkipQuestion, RunPolls}
}

// refuses returns why a is not done by the scope; empty when it may be.
func (s Scope) refuses(f Facts, a Action) string {
	switch {
	case s == (Scope{}):
		return ""
	case f.Role != s.Role && f.Channel == s.Channel:
		return "dock_revoked"
	case f.Channel != s.Channel, !slices.Contains(dockActs(), a):
		return "beyond_dock"
	}
	return ""
}

type scopeKey struct{}

// Within returns the context of something that is done by a credential of a scope.
// Whatever is asked of the gate in it is answered within that scope: who carries out
// a request need not know by which credential it came, and cannot forget it. What
// outlives the context, such as what is written together with others, takes the scope
// along (ScopeOf).
func Within(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// ScopeOf returns the scope that something is done within.
func ScopeOf(ctx context.Context) Scope {
	s, _ := ctx.Value(scopeKey{}).(Scope)
	return s
}

// Within returns the facts of somebody who acts by a credential of a scope.
func (f Facts) Within(s Scope) Facts {
	f.Scope = s
	return f
}

// BeyondDock is the refusal of what is not done by a dock.
func BeyondDock() *fault.Fault {
	return fault.New(fault.Denied, "beyond_dock", "%s", sentence("beyond_dock"))
}

// DockRevoked is the refusal of an address that opens no dock any more.
func DockRevoked() *fault.Fault {
	return fault.New(fault.Denied, "dock_revoked", "%s", sentence("dock_revoked"))
}
