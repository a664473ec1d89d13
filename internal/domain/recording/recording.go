// Package recording owns what is kept of broadcasts for those who come later.
//
// Owns: whether a channel's lives are kept, for whom and for how long; what a recording
// holds and which of its moments was which by the clock; marks that staff set while it
// was live. Promises: a recording is that of one broadcast and bears its identifier;
// what was lost by an encoder or a server that went away shortens it and moves no
// moment; who may watch one is decided by the gate (Recording.Actions); one that is
// deleted is refused from the commit on, whatever of its files is still there. Does not
// do: pictures, sound and files (adapter media), what was said meanwhile (package chat).
package recording

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// State is where a recording stands.
type State string

// The states.
const (
	Growing State = "growing" // its broadcast may still add to it
	Kept    State = "kept"    // complete
	Dropped State = "dropped" // deleted; its files wait for the node that has them
)

// Recording is what is kept of one broadcast.
type Recording struct {
	ID      ident.Broadcast // of its broadcast
	Channel ident.Channel
	Title   string
	// Audience is for whom the live was, all of it, unless the creator said otherwise.
	Audience access.LiveAudience
	State    State
	Node     string // the server whose folder has the files; empty: object storage has them
	Started  time.Time
	Bytes    int64
	// Trouble is the reason why it ended before its broadcast: disk_full,
	// storage_failed. Empty: it did not.
	Trouble   string
	Expires   time.Time // zero: when its creator deletes it
	Stretches []Stretch // without a gap in itself, one after the other
}

// Stretch is a part of a recording in which time goes as it went by the clock.
type Stretch struct {
	At     time.Time     // when its first picture was made
	Begins time.Duration // where it begins in the recording
	Length time.Duration
}

// Length is how long the recording plays.
func (r Recording) Length() time.Duration {
	if len(r.Stretches) == 0 {
		return 0
	}
	last := r.Stretches[len(r.Stretches)-1]
	return last.Begins + last.Length
}

// Offset returns where in the recording a moment is. What happened in a gap is where
// the recording goes on; what happened before it, or after it, is at its beginning or
// end.
func (r Recording) Offset(at time.Time) time.Duration {
	for _, s := range r.Stretches {
		switch into := at.Sub(s.At); {
		case into < 0:
			return s.Begins
		case into < s.Length:
			return s.Begins + into
		}
	}
	return r.Length()
}

// Moment returns when what is at an offset happened; it is the inverse of Offset for
// what the recording holds.
func (r Recording) Moment(offset time.Duration) time.Time {
	for i, s := range r.Stretches {
		if into := offset - s.Begins; into < s.Length || i == len(r.Stretches)-1 {
			return s.At.Add(min(max(into, 0), s.Length))
		}
	}
	return r.Started
}

// Actions are what the gate is asked for whoever wants to watch it; all of them must be
// allowed. One that grows is its live too, and shut to whom that is shut now.
func (r Recording) Actions() []access.Action {
	watch := access.WatchReplay
	if r.Audience == access.LiveSubscribers {
		watch = access.WatchSpaceReplay
	}
	if r.State == Growing {
		return []access.Action{watch, access.WatchLive}
	}
	return []access.Action{watch}
}

// narrowed is whom a recording that grows is for, where its live is for an audience now.
// It never is for more than it was: what it holds was shown to fewer.
func (r Recording) narrowed(now access.LiveAudience) access.LiveAudience {
	if r.State == Growing && now == access.LiveSubscribers {
		return now
	}
	return r.Audience
}

// inMillis has each stretch begin and end at whole milliseconds, as they are stored; what
// that takes away from one does not add up over all.
func inMillis(stretches []Stretch) []Stretch {
	out := make([]Stretch, len(stretches))
	for i, s := range stretches {
		begins, ends := s.Begins.Truncate(time.Millisecond), (s.Begins + s.Length).Truncate(time.Millisecond)
		out[i] = Stretch{At: s.At.Truncate(time.Millisecond), Begins: begins, Length: ends - begins}
	}
	return out
}

func (s Stretch) equal(other Stretch) bool {
	return s.At.Equal(other.At) && s.Begins == other.Begins && s.Length == other.Length
}

// Setup says what is kept of a channel's lives from now on.
type Setup struct {
	Keep bool
	Days int // how long; 0: until the creator deletes it
}

// DaysMax is the longest that can be asked for; longer is for ever.
const DaysMax = 3650

// UsualSetup is that of a channel whose creator has said nothing.
func UsualSetup() Setup { return Setup{Keep: true, Days: 30} }

// expires returns when what ended at a moment is deleted.
func (s Setup) expires(ended time.Time) time.Time {
	if s.Days == 0 {
		return time.Time{}
	}
	return ended.AddDate(0, 0, s.Days)
}

// Mark is a moment that staff wanted to find again.
type Mark struct {
	ID        ident.Mark
	Broadcast ident.Broadcast
	At        time.Time
	Label     string
}
