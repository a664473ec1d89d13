// Package emote owns the pictures that a channel offers to be written by a code.
//
// Owns: which emotes a channel offers, under which code, and to whom. Promises: an
// emote always shows the picture it was made with, also when it is called otherwise,
// is for a dearer tier or is not offered any more, so that what was written stays as
// it was read; its picture is everybody's to see, as it stands in public messages;
// only the owner of a channel changes what it offers. Does not do: finding codes in
// what people write (package chat, which decides by the gate who may use which),
// reading pictures (adapter/picture).
package emote

import (
	"context"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// The bounds of emotes.
const (
	// Most is how many a channel offers at once.
	Most = 60
	// Side is the width and height of a picture in pixels: three times what a line of
	// the chat shows, for the finest screens.
	Side = 96
	// UploadMax is how many bytes of a picture are read.
	UploadMax = 512 << 10
)

// Pace returns the limit that a Pacer for uploads should hold.
func Pace() (tries int, every time.Duration) { return 30, 20 * time.Second }

// Emote is a picture that a channel offers.
type Emote struct {
	ID      ident.Emote
	Channel ident.Channel
	Code    string // written between colons
	Level   int    // of the tier that it takes; zero: everybody may use it
}

// Offered is an emote as one person sees it.
type Offered struct {
	Emote
	Usable bool // by that person, at this moment
}

// Change is what the owner may set. Nil leaves as it is.
type Change struct {
	Code  *string
	Level *int
}

// Tx is what emotes need inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	audit.Recorder

	// Emotes returns those that a channel offers, in the order in which they were added.
	Emotes(ctx context.Context, channel ident.Channel) ([]Emote, error)
	AddEmote(ctx context.Context, e Emote, png []byte, now time.Time) error
	// ChangeEmote keeps the code and the level of one that is offered.
	ChangeEmote(ctx context.Context, e Emote) error
	// RemoveEmote offers one no more. Its picture stays where a message shows it.
	RemoveEmote(ctx context.Context, id ident.Emote, now time.Time) error
	// EmotePicture returns the PNG of an emote, offered or not.
	EmotePicture(ctx context.Context, id ident.Emote) (png []byte, found bool, err error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Pacer says whether somebody may upload now. A refusal is its error.
type Pacer interface{ Take(key string) error }

// Check returns why an emote cannot be, or nil: emote_code_invalid, level_invalid.
func (e Emote) Check() error {
	if !text.IsCode(e.Code) {
		return fault.New(fault.Invalid, "emote_code_invalid", "A code has %d to %d of a-z, 0-9 and _, and begins with a letter.", text.CodeMin, text.CodeMax)
	}
	if e.Level < 0 || e.Level > access.LevelMax {
		return fault.New(fault.Invalid, "level_invalid", "A level of tier is between 1 and %d, and 0 is everybody.", access.LevelMax)
	}
	return nil
}

// Fits returns why an emote cannot stand among the others that its channel offers,
// or nil: too_many_emotes, emote_code_taken.
func (e Emote) Fits(offered []Emote) error {
	others := 0
	for _, o := range offered {
		if o.ID == e.ID {
			continue
		}
		if others++; o.Code == e.Code {
			return fault.New(fault.Conflict, "emote_code_taken", "The channel has an emote :%s: already.", e.Code)
		}
	}
	if others >= Most {
		return fault.New(fault.Conflict, "too_many_emotes", "A channel has at most %d emotes. Remove one first.", Most)
	}
	return nil
}

func (c Change) apply(e Emote) Emote {
	if c.Code != nil {
		e.Code = *c.Code
	}
	if c.Level != nil {
		e.Level = *c.Level
	}
	return e
}

// state is an emote as the audit log has it.
func (e Emote) state() audit.State {
	return audit.State{"code": e.Code, "level": strconv.Itoa(e.Level)}
}
