package media

import "github.com/subspace-live/subspace/internal/domain/ident"

// Ticket is one playing of one broadcast by one person, or by somebody unknown.
// A playback token stands for it, whatever way the broadcast is watched.
type Ticket struct {
	Session   string // names the playing; random
	Channel   ident.Channel
	Broadcast ident.Broadcast
	Account   ident.Account // empty: anonymous
	SignedIn  ident.Session // by which Account came; empty where that is not known
}
