// Package room holds the contract of the logs: one log has one audience.
//
// Owns: audiences, the address of a log, how it is written in, entries to append,
// and Tail, which turns bells and heads into a gapless run of events. Promises: a reader of a
// Tail sees every sequence once and in order, or is told that it skipped. Does
// not do: deciding who belongs to an audience, storing, sending.
package room

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Audience is a set of people who may all read the same log.
type Audience string

// The audiences of a channel. Each has exactly one log, but for threads: each
// thread has its own.
const (
	Public     Audience = "public"  // the chat that stays open
	Space      Audience = "space"   // the Sub Space
	Business   Audience = "channel" // grants, sanctions, settings: the owner and the server
	ThreadRoom Audience = "thread"  // one thread of the Sub Space
)

// Address names a log by what it is for.
type Address struct {
	Channel  ident.Channel
	Audience Audience
	Thread   ident.Thread // of a ThreadRoom; empty otherwise
}

// Log is the state of one log.
type Log struct {
	ID ident.Log
	Address
	// Level is from which level of tier on the log may be read; zero and one: by
	// everybody who may read a room of that audience.
	Level int
	Head  int64 // the last sequence; zero while the log is empty
	// For who asks for the log alone, as of Head: how it is written in, and what
	// stands above its chat, nil for nothing.
	Modes  Modes
	Pinned *event.MessagePinned
}

// Entry is an event about to be appended.
type Entry struct {
	Address
	Author  ident.Account // who wrote it; empty when nobody's words are in it
	Key     string        // the author's idempotency key; empty for none
	Answers int64         // the sequence whose words the payload quotes; zero for none
	Payload event.Payload
}

// Bell is an event with the place it was appended at: a message that says 'read
// the log', and carries what is to be read.
type Bell struct {
	Address
	Level int // as that of the log
	event.Encoded
}

// Appender gives entries their sequence and fixes their bytes inside the
// running transaction. The answer is in the order of the entries.
type Appender interface {
	Append(ctx context.Context, entries ...Entry) ([]event.Encoded, error)
}

// NoCursor stands where a reader names no sequence they have read up to. Zero is
// a cursor: that of somebody who entered an empty room.
const NoCursor int64 = -1

// CursorUnknown refuses a cursor of another history: the server was restored from
// a backup, and what the reader has seen last was never written there.
func CursorUnknown() *fault.Fault {
	return fault.New(fault.Conflict, "cursor_unknown", "Your place in this room is not known: the server was restored from a backup. Begin anew, without a cursor.")
}

// Page is a stretch of a log in ascending order.
type Page struct {
	Log    ident.Log
	Events []event.Encoded
	Head   int64
	More   bool // older (or, after a cursor, newer) events exist beyond the page
}

// ParseAudience reads the audience of a room people enter.
func ParseAudience(s string) (Audience, error) {
	switch a := Audience(s); a {
	case Public, Space, Business:
		return a, nil
	}
	return "", fault.New(fault.Missing, "room_missing", "There is no such room. Rooms are 'public' and 'space'.")
}

// ParseAddress reads which room or thread is meant, still without the channel.
func ParseAddress(name, thread string) (Address, error) {
	if Audience(name) == ThreadRoom && thread != "" {
		return Address{Audience: ThreadRoom, Thread: ident.Thread(thread)}, nil
	}
	a, err := ParseAudience(name)
	return Address{Audience: a}, err
}

// Tally says that the votes of a question or of a poll, counted in a room, are
// others now. It passes and is never stored: the votes are.
type Tally struct {
	Address
	Question ident.Question // or
	Poll     ident.Poll
}

// Stir says that the reactions to a message are others now. It passes and is never
// stored: the reactions are.
type Stir struct {
	Address
	Seq int64
}

// Presence is how many people one node has in the rooms of a channel. It passes
// and is never stored.
type Presence struct {
	Node    string
	Channel ident.Channel
	Viewers int // connections that read the public room
	Inside  int // accounts that read the Sub Space
}
