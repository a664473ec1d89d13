package room

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
)

// Modes is how a room is written in. The zero value lets everybody write whom
// the room is for. Staff are exempt from all of it.
type Modes struct {
	Slow        time.Duration // between two messages of one person; zero: off
	Followers   bool          // only who follows the channel
	FollowedFor time.Duration // and has for so long
	Subscribers bool          // only who subscribes
	Emotes      bool          // emoji, no words
	Unique      bool          // nothing that was just said
}

// On reports whether any mode is set.
func (m Modes) On() bool { return m != Modes{} }

// Told is how the room's readers hear of the modes.
func (m Modes) Told() event.ModesChanged {
	return event.ModesChanged{
		Slow: int64(m.Slow / time.Second), Followers: m.Followers, FollowedFor: int64(m.FollowedFor / time.Second),
		Subscribers: m.Subscribers, Emotes: m.Emotes, Unique: m.Unique,
	}
}
