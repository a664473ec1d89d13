// Package audit is what staff did in a channel, and how things stood before.
//
// Owns: the entries of a channel's audit log, and who reads them. Promises: an act
// and its entry commit together, whichever feature does it; an entry says who, as
// what, whom or what it was about, why, and the state before and after; entries are
// never changed, and leave after a year. Does not do: acting, deciding who may act
// (package access), keeping the words of a message that was removed.
package audit

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Act is what was done.
type Act string

// The acts.
const (
	MessageRemoved     Act = "message.removed"
	MessagePinned      Act = "message.pinned"
	MessageUnpinned    Act = "message.unpinned"
	QuestionRemoved    Act = "question.removed"
	QuestionPublished  Act = "question.published"
	QuestionTakenBack  Act = "question.taken_back"
	QuestionSkipped    Act = "question.skipped"
	SanctionImposed    Act = "sanction.imposed"
	SanctionLifted     Act = "sanction.lifted"
	ModesSet           Act = "modes.set"
	TermBlocked        Act = "term.blocked"
	TermDropped        Act = "term.dropped"
	ThreadChanged      Act = "thread.changed"
	ChannelChanged     Act = "channel.changed"
	SpaceChanged       Act = "space.changed"
	OverlayChanged     Act = "overlay.changed"
	DockMade           Act = "dock.made"
	DockRevoked        Act = "dock.revoked"
	ModeratorAppointed Act = "moderator.appointed"
	ModeratorDismissed Act = "moderator.dismissed"
	EmoteAdded         Act = "emote.added"
	EmoteChanged       Act = "emote.changed"
	EmoteRemoved       Act = "emote.removed"
	RecordingShown     Act = "recording.shown" // to others than before
	RecordingDeleted   Act = "recording.deleted"
	NoteWritten        Act = "note.written"
	NoteDropped        Act = "note.dropped"
)

// State is how something stood: names of settings and their values. Moments are
// RFC 3339 in UTC, durations whole seconds.
type State map[string]string

// Entry is one act.
type Entry struct {
	ID      ident.Act // given by the store; younger ones sort later
	Channel ident.Channel
	At      time.Time
	By      ident.Account
	ByName  string // filled when read
	As      string // what the actor was in the channel then: owner, lead, moderator, assistant
	Act     Act
	On      ident.Account // whom it was about; empty: nobody
	OnName  string        // filled when read
	Thing   string        // what it was about, as staff know it: a place in a room, a term, a title
	Reason  string
	Before  State
	After   State
}

// Kept is how long an entry stays.
const Kept = 365 * 24 * time.Hour

// Recorder writes entries in the transaction of the act.
type Recorder interface {
	// Record writes an entry, and drops those of the channel that are older than Kept.
	Record(ctx context.Context, e Entry) error
}

// By begins the entry of an act that the person whom the facts describe does.
func By(f access.Facts, act Act, at time.Time) Entry {
	return Entry{Channel: f.Channel, At: at, By: f.Account, As: as(f), Act: act}
}

func as(f access.Facts) string {
	if f.Role == access.RoleModerator {
		return f.Grade.String()
	}
	return string(f.Role)
}

// About returns the entry with whom and what it is about.
func (e Entry) About(on ident.Account, thing string) Entry {
	e.On, e.Thing = on, thing
	return e
}

// Changing returns the entry with the state before and after, without what is the
// same in both.
func (e Entry) Changing(before, after State) Entry {
	e.Before, e.After = State{}, State{}
	for k, v := range before {
		if w, same := after[k]; !same || v != w {
			e.Before[k] = v
		}
	}
	for k, v := range after {
		if w, same := before[k]; !same || v != w {
			e.After[k] = v
		}
	}
	return e
}

// Moment writes a moment as State has it; the zero time is empty.
func Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
