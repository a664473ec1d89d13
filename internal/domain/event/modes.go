package event

import "github.com/subspace-live/subspace/internal/domain/ident"

// ModesChanged says how a room is written in from now on: all of it, not what
// changed. Times are whole seconds; zero and false stand for off.
type ModesChanged struct {
	Slow        int64 `json:"slow"`         // between two messages of one person
	Followers   bool  `json:"followers"`    // only who follows the channel
	FollowedFor int64 `json:"followed_for"` // and has for so long
	Subscribers bool  `json:"subscribers"`  // only who subscribes
	Emotes      bool  `json:"emotes"`       // emoji, no words
	Unique      bool  `json:"unique"`       // nothing that was just said
}

// EventKind implements Payload.
func (ModesChanged) EventKind() (Kind, int) { return "modes.changed", 1 }

// TermAdded says that a term is blocked in the channel's rooms from now on.
type TermAdded struct {
	Term string        `json:"term"`
	By   ident.Account `json:"by"`
}

// EventKind implements Payload.
func (TermAdded) EventKind() (Kind, int) { return "term.added", 1 }

// TermDropped says that a term is blocked no more.
type TermDropped struct {
	Term string        `json:"term"`
	By   ident.Account `json:"by"`
}

// EventKind implements Payload.
func (TermDropped) EventKind() (Kind, int) { return "term.dropped", 1 }

// FollowBegan says that somebody follows the channel from now on.
type FollowBegan struct {
	Account ident.Account `json:"account"`
}

// EventKind implements Payload.
func (FollowBegan) EventKind() (Kind, int) { return "follow.began", 1 }

// FollowEnded says that somebody does not follow the channel any more.
type FollowEnded struct {
	Account ident.Account `json:"account"`
}

// EventKind implements Payload.
func (FollowEnded) EventKind() (Kind, int) { return "follow.ended", 1 }
