package emote

import (
	"context"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Service is what people do with emotes.
type Service struct {
	Store Store
	IDs   *ident.Source
	// Redraw makes a square PNG of so many pixels of an uploaded picture, or
	// refuses it.
	Redraw func(ctx context.Context, upload []byte, side int) (png []byte, err error)
	Pace   Pacer
	Now    func() time.Time
}

// Of returns what a channel offers, as somebody sees it; an empty account is the
// public. Refusals: those of the gate to whoever may not read the public room.
func (s *Service) Of(ctx context.Context, who access.Subject) (out []Offered, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		out = nil
		facts, err := access.AllowUnlocked(ctx, tx, who, access.ReadPublic, s.Now())
		if err != nil {
			return err
		}
		offered, err := tx.Emotes(ctx, who.Channel)
		for _, e := range offered {
			d := access.Decide(facts.From(e.Level), access.Emoting(e.Level), s.Now())
			out = append(out, Offered{e, d.Allowed})
		}
		return err
	})
	return out, err
}

// Picture returns the PNG of an emote, whether or not it is offered any more.
// Refusals: picture_missing.
func (s *Service) Picture(ctx context.Context, id ident.Emote) (png []byte, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		found := false
		if ident.Is(id) {
			png, found, err = tx.EmotePicture(ctx, id)
		}
		if err == nil && !found {
			err = fault.New(fault.Missing, "picture_missing", "There is no such picture.")
		}
		return err
	})
	return png, err
}

// Add has a channel offer a picture under a code. Only the owner may. Refusals:
// slow_down, those of Check and Fits, picture_too_large, what Redraw refuses, and those
// of the gate.
func (s *Service) Add(ctx context.Context, by ident.Account, e Emote, upload []byte) (Emote, error) {
	e.ID = ident.Make[ident.Emote](s.IDs)
	// Asked before the picture is read, too: that is work.
	if err := s.Store.View(ctx, func(tx Tx) error { _, err := s.fits(ctx, tx, by, e); return err }); err != nil {
		return Emote{}, err
	}
	if err := s.Pace.Take(string(by)); err != nil {
		return Emote{}, slowDown(err)
	}
	if len(upload) > UploadMax {
		return Emote{}, fault.New(fault.Invalid, "picture_too_large", "A picture has at most %d KB.", UploadMax>>10)
	}
	png, err := s.Redraw(ctx, upload, Side)
	if err != nil {
		return Emote{}, err
	}
	return e, s.Store.Update(ctx, func(tx Tx) error {
		owner, err := s.fits(ctx, tx, by, e)
		if err != nil {
			return err
		}
		if err := tx.AddEmote(ctx, e, png, s.Now()); err != nil {
			return err
		}
		return s.changed(ctx, tx, audit.By(owner, audit.EmoteAdded, s.Now()).About("", e.Code).Changing(nil, e.state()))
	})
}

// Change has an emote be called otherwise, or be for others. What was written stays as
// it is. Only the owner may. Refusals: emote_missing, those of Check and Fits, and those
// of the gate.
func (s *Service) Change(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Emote, ch Change) (out Emote, err error) {
	err = s.Store.Update(ctx, func(tx Tx) error {
		owner, was, err := s.offered(ctx, tx, by, channel, id)
		if err != nil {
			return err
		}
		if out = ch.apply(was); out == was {
			return nil
		}
		if _, err := s.fits(ctx, tx, by, out); err != nil {
			return err
		}
		if err := tx.ChangeEmote(ctx, out); err != nil {
			return err
		}
		return s.changed(ctx, tx, audit.By(owner, audit.EmoteChanged, s.Now()).About("", was.Code).Changing(was.state(), out.state()))
	})
	return out, err
}

// Remove has an emote be offered no more. Messages that hold it keep it. Only the owner
// may. Refusals: emote_missing, and those of the gate.
func (s *Service) Remove(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Emote) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		owner, was, err := s.offered(ctx, tx, by, channel, id)
		if err != nil {
			return err
		}
		if err := tx.RemoveEmote(ctx, id, s.Now()); err != nil {
			return err
		}
		return s.changed(ctx, tx, audit.By(owner, audit.EmoteRemoved, s.Now()).About("", was.Code).Changing(was.state(), nil))
	})
}

// fits decides whether somebody may have the channel offer an emote as it is.
func (s *Service) fits(ctx context.Context, tx Tx, by ident.Account, e Emote) (access.Facts, error) {
	owner, err := s.owner(ctx, tx, by, e.Channel)
	if err != nil {
		return owner, err
	}
	if err := e.Check(); err != nil {
		return owner, err
	}
	offered, err := tx.Emotes(ctx, e.Channel)
	if err != nil {
		return owner, err
	}
	return owner, e.Fits(offered)
}

// offered loads an emote for the owner; the gate refuses anybody else.
func (s *Service) offered(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, id ident.Emote) (owner access.Facts, e Emote, err error) {
	if owner, err = s.owner(ctx, tx, by, channel); err != nil {
		return owner, e, err
	}
	offered, err := tx.Emotes(ctx, channel)
	if err != nil {
		return owner, e, err
	}
	i := slices.IndexFunc(offered, func(o Emote) bool { return o.ID == id })
	if i < 0 {
		return owner, e, fault.New(fault.Missing, "emote_missing", "The channel offers no such emote.")
	}
	return owner, offered[i], nil
}

func (s *Service) owner(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel) (access.Facts, error) {
	return access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.Now())
}

// changed notes what the owner did, and tells pages to look again. Nobody's rights are
// others for it, so that the channel's business hears nothing.
func (s *Service) changed(ctx context.Context, tx Tx, e audit.Entry) error {
	if err := tx.Record(ctx, e); err != nil {
		return err
	}
	_, err := tx.Append(ctx, room.Entry{Address: room.Address{Channel: e.Channel, Audience: room.Public}, Payload: event.EmotesChanged{}})
	return err
}

func slowDown(err error) error {
	if f := fault.Of(err); f != nil {
		return fault.New(fault.Limited, "slow_down", "That was many pictures in a short time. Please wait a moment.").After(f.RetryAfter)
	}
	return err
}
