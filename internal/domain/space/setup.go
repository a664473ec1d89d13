package space

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Setup is how a creator has set up their Sub Space. The gate reads Level and
// LivesOnly from where it is kept.
type Setup struct {
	Channel   ident.Channel
	Name      string // everybody's to see; empty: it has none of its own
	Picture   string // what its picture is called, which is everybody's to see; empty: none
	Welcome   string // read inside only
	Level     int    // from which level of tier on one enters; one: every subscriber
	LivesOnly bool   // shut between lives
	Teaser    Teaser
}

// SetupTx is what the set-up needs inside one transaction.
type SetupTx interface {
	// SpaceSetup returns the set-up of a channel, as it is at first when nothing was
	// ever set.
	SpaceSetup(ctx context.Context, channel ident.Channel) (Setup, error)
	// PutSpaceSetup keeps all of it but the picture.
	PutSpaceSetup(ctx context.Context, s Setup) error
	// PutSpacePicture keeps a PNG and what it is called; empty and empty for none. It
	// reports whether the channel had another.
	PutSpacePicture(ctx context.Context, channel ident.Channel, picture string, png []byte) (bool, error)
	SpacePicture(ctx context.Context, channel ident.Channel, picture string) (png []byte, found bool, err error)
	// LastMessage is when the newest message of a room was written that still stands
	// and was there by a moment; zero: there is none.
	LastMessage(ctx context.Context, at room.Address, by time.Time) (time.Time, error)
}

// PictureSide is the width and height of the room's picture in pixels.
const PictureSide = 128

// PictureMax is how many bytes of an upload are read.
const PictureMax = 512 << 10

// The bounds of what creators write.
const (
	nameMax    = 40
	welcomeMax = 500
	linesMax   = 12
	lineMax    = 120
)

// Front is what one person may know of a Sub Space without a look at its logs.
type Front struct {
	Setup   // without Welcome outside, and without the ticks of the teaser
	Inside  bool
	Glimpse Glimpse
}

// Front returns what somebody may know; an empty account is the public. Refusals:
// those of the gate to whoever may not even read the public room.
func (s *Service) Front(ctx context.Context, by ident.Account, channel ident.Channel) (f Front, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		who := access.Subject{Account: by, Channel: channel}
		facts, err := access.AllowIn(ctx, tx, who, access.ReadPublic, s.now())
		if err != nil {
			return err
		}
		if f.Setup, err = tx.SpaceSetup(ctx, channel); err != nil {
			return err
		}
		if f.Inside = access.Decide(facts, access.ReadSpace, s.now()).Allowed; !f.Inside {
			f.Welcome = ""
		}
		f.Glimpse, err = s.glimpse(ctx, tx, f.Setup)
		f.Teaser = Teaser{}
		return err
	})
	return f, err
}

// Setup returns all of the set-up. Only the creator may ask.
func (s *Service) Setup(ctx context.Context, by ident.Account, channel ident.Channel) (out Setup, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		_, out, err = s.ownSetup(ctx, tx, by, channel)
		return err
	})
	return out, err
}

// SetupChange is what the creator may set. Nil leaves as it is.
type SetupChange struct {
	Name      *string
	Welcome   *string
	Level     *int
	LivesOnly *bool
	TellPeople,
	TellReply,
	TellLine *bool
	Line *string
}

// ChangeSetup sets what is given and tells everybody's pages to look again. Only the
// creator may. Refusals: space_name_invalid, welcome_invalid, level_invalid,
// teaser_line_invalid, and those of the gate.
func (s *Service) ChangeSetup(ctx context.Context, by ident.Account, channel ident.Channel, ch SetupChange) (out Setup, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		owner, was, err := s.ownSetup(ctx, tx, by, channel)
		if err != nil {
			return err
		}
		if out, err = ch.apply(was); err != nil || out == was {
			return err
		}
		if err := tx.PutSpaceSetup(ctx, out); err != nil {
			return err
		}
		return s.changed(ctx, tx, owner, was, out)
	})
	return out, err
}

// SetPicture gives the room a picture in place of what it had. Only the creator may.
// Refusals: picture_too_large, what Redraw refuses, and those of the gate.
func (s *Service) SetPicture(ctx context.Context, by ident.Account, channel ident.Channel, upload []byte) (Setup, error) {
	// Asked before the picture is read, too: that is work.
	if _, err := s.Setup(ctx, by, channel); err != nil {
		return Setup{}, err
	}
	if len(upload) > PictureMax {
		return Setup{}, fault.New(fault.Invalid, "picture_too_large", "A picture has at most %d KB.", PictureMax>>10)
	}
	png, err := s.Redraw(ctx, upload, PictureSide)
	if err != nil {
		return Setup{}, err
	}
	sum := sha256.Sum256(png)
	return s.putPicture(ctx, by, channel, hex.EncodeToString(sum[:16]), png)
}

// DropPicture takes the room's picture away; none is none. Only the creator may.
func (s *Service) DropPicture(ctx context.Context, by ident.Account, channel ident.Channel) (Setup, error) {
	return s.putPicture(ctx, by, channel, "", nil)
}

// Picture returns the PNG of that name. Refusals: picture_missing.
func (s *Service) Picture(ctx context.Context, channel ident.Channel, picture string) (png []byte, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		var found bool
		if png, found, err = tx.SpacePicture(ctx, channel, picture); err == nil && !found {
			err = fault.New(fault.Missing, "picture_missing", "There is no such picture.")
		}
		return err
	})
	return png, err
}

func (s *Service) putPicture(ctx context.Context, by ident.Account, channel ident.Channel, picture string, png []byte) (out Setup, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		owner, was, err := s.ownSetup(ctx, tx, by, channel)
		if out = was; err != nil {
			return err
		}
		changed, err := tx.PutSpacePicture(ctx, channel, picture, png)
		if err != nil || !changed {
			return err
		}
		out.Picture = picture
		return s.changed(ctx, tx, owner, was, out)
	})
	return out, err
}

// ownSetup loads the set-up for the creator; the gate refuses anybody else.
func (s *Service) ownSetup(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel) (owner access.Facts, out Setup, err error) {
	owner, err = access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.now())
	if err == nil {
		out, err = tx.SpaceSetup(ctx, channel)
	}
	return owner, out, err
}

// changed notes what the owner did, and tells pages to look again and the gate that
// anybody's rights may be others now.
func (s *Service) changed(ctx context.Context, tx Tx, owner access.Facts, was, is Setup) error {
	if err := tx.Record(ctx, audit.By(owner, audit.SpaceChanged, s.now()).Changing(was.state(), is.state())); err != nil {
		return err
	}
	_, err := tx.Append(ctx,
		room.Entry{Address: room.Address{Channel: is.Channel, Audience: room.Business}, Payload: event.SettingsChanged{By: owner.Account}},
		room.Entry{Address: room.Address{Channel: is.Channel, Audience: room.Public}, Payload: event.ChannelChanged{}})
	return err
}

// state is the set-up as the audit log has it; of a picture, whether there is one.
func (s Setup) state() audit.State {
	return audit.State{
		"name": s.Name, "picture": strconv.FormatBool(s.Picture != ""), "welcome": s.Welcome, "level": strconv.Itoa(s.Level), "lives_only": strconv.FormatBool(s.LivesOnly),
		"tell_people": strconv.FormatBool(s.Teaser.People), "tell_reply": strconv.FormatBool(s.Teaser.Reply),
		"tell_line": strconv.FormatBool(s.Teaser.Line), "line": s.Teaser.Words,
	}
}

func (ch SetupChange) apply(s Setup) (Setup, error) {
	if ch.Name != nil {
		name, ok := text.Line(*ch.Name)
		if !ok || utf8.RuneCountInString(name) > nameMax {
			return s, fault.New(fault.Invalid, "space_name_invalid", "A name has at most %d printable characters.", nameMax)
		}
		s.Name = name
	}
	if ch.Welcome != nil {
		welcome, ok := cleanLines(*ch.Welcome)
		if !ok {
			return s, fault.New(fault.Invalid, "welcome_invalid", "Words of welcome have at most %d printable characters on %d lines.", welcomeMax, linesMax)
		}
		s.Welcome = welcome
	}
	if ch.Level != nil {
		if *ch.Level < 1 || *ch.Level > access.LevelMax {
			return s, fault.New(fault.Invalid, "level_invalid", "A level of tier is between 1 and %d.", access.LevelMax)
		}
		s.Level = *ch.Level
	}
	set(&s.LivesOnly, ch.LivesOnly)
	err := s.Teaser.apply(ch)
	return s, err
}

func set(to, from *bool) {
	if from != nil {
		*to = *from
	}
}

// cleanLines returns words that may stand on several lines; blank ones at the ends
// are gone, and of several together one is left.
func cleanLines(s string) (string, bool) {
	if len(s) > 8*welcomeMax {
		return "", false
	}
	var lines []string
	for _, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		line, ok := text.Line(line)
		if !ok {
			return "", false
		}
		if line != "" || (len(lines) > 0 && lines[len(lines)-1] != "") {
			lines = append(lines, line)
		}
	}
	s = strings.TrimRight(strings.Join(lines, "\n"), "\n")
	return s, utf8.RuneCountInString(s) <= welcomeMax && strings.Count(s, "\n") < linesMax
}
