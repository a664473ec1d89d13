// Package live owns broadcasts: who may send one, when it begins and ends.
//
// Owns: stream keys and the state machine of a broadcast (live, interrupted,
// ended). Promises: a channel has at most one open broadcast; each step and its
// event in the public log commit together; an encoder that comes back within
// Grace goes on with the same broadcast; only the newest take of an encoder can
// interrupt it, so a dying old connection harms nobody. Does not do: pictures
// and sound (adapter media), who may watch (package access).
package live

import (
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Grace is how long an interrupted broadcast waits for its encoder.
const Grace = 30 * time.Second

// Silence is how long a node may not renew its broadcasts before the others
// take its encoders for gone.
const Silence = 30 * time.Second

// State is where a broadcast stands.
type State string

// The states. Ended is for ever.
const (
	Live        State = "live"
	Interrupted State = "interrupted"
	Ended       State = "ended"
)

// Broadcast is one sending of a channel, from its first frame to its end.
type Broadcast struct {
	ID      ident.Broadcast
	Channel ident.Channel
	Title   string
	State   State
	// Node is the server that the encoder is, or last was, connected to.
	Node string
	// Take counts how often an encoder took the broadcast up. It tells the
	// connection that holds it from those that held it before.
	Take        int64
	Started     time.Time
	Interrupted time.Time // zero while live
	Ended       time.Time // zero while open
	Seen        time.Time // when Node last said that it is there
}

// Open reports whether the broadcast has not ended.
func (b Broadcast) Open() bool { return b.State != Ended }

// overdue reports whether the encoder has stayed away too long.
func (b Broadcast) overdue(now time.Time) bool {
	return b.State == Interrupted && now.Sub(b.Interrupted) >= Grace
}

// orphaned reports whether the node that held the encoder has fallen silent.
func (b Broadcast) orphaned(now time.Time) bool {
	return b.State == Live && now.Sub(b.Seen) >= Silence
}

// taken is b after an encoder took it up at node.
func (b Broadcast) taken(node string, now time.Time) Broadcast {
	b.State, b.Node, b.Interrupted, b.Seen = Live, node, time.Time{}, now
	b.Take++
	return b
}

// interrupted is b without its encoder.
func (b Broadcast) interrupted(now time.Time) Broadcast {
	b.State, b.Interrupted = Interrupted, now
	return b
}

// ended is b when it is over.
func (b Broadcast) ended(now time.Time) Broadcast {
	b.State, b.Ended = Ended, now
	return b
}

// titleMax is the length of a title in characters.
const titleMax = 140

// CleanTitle returns the title as it is shown. An empty one is allowed: pages
// then show the channel's.
func CleanTitle(title string) (string, error) {
	if utf8.RuneCountInString(title) > 4*titleMax {
		return "", errTitle()
	}
	title, ok := text.Line(title)
	if !ok || utf8.RuneCountInString(title) > titleMax {
		return "", errTitle()
	}
	return title, nil
}

func errTitle() *fault.Fault {
	return fault.New(fault.Invalid, "title_invalid", "A broadcast's title has at most %d printable characters.", titleMax)
}
