package recording

import (
	"context"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// The limits.
const (
	titleMax = 140
	labelMax = 80
	// marksMax is how many marks a live has: one every minute for eight hours.
	marksMax = 500
)

// Change is what a creator says anew of a recording; what is nil stays.
type Change struct {
	Title    *string
	Audience *access.LiveAudience
	// Keep: it is not deleted by itself any more.
	Keep bool
}

// Edit changes a recording, which for as long as it grows is for no more people than its
// live is. Only the creator may. Refusals: recording_missing,
// title_invalid, and those of the gate.
func (s *Service) Edit(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Broadcast, c Change) (r Recording, err error) {
	title := ""
	if c.Title != nil {
		var ok bool
		if title, ok = text.Line(*c.Title); !ok || utf8.RuneCountInString(title) > titleMax {
			return r, fault.New(fault.Invalid, "title_invalid", "A title has at most %d printable characters.", titleMax)
		}
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		owner, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.Now())
		if err != nil {
			return err
		}
		if r, err = find(ctx, tx, channel, id); err != nil {
			return err
		}
		if c.Title != nil {
			r.Title = title
		}
		if c.Keep {
			r.Expires = time.Time{}
		}
		if was := r.Audience; c.Audience != nil {
			r.Audience = *c.Audience
			if r.Audience = r.narrowed(owner.LiveAudience); r.Audience != was {
				entry := audit.By(owner, audit.RecordingShown, s.Now()).About("", r.Title).Changing(
					audit.State{"audience": string(was)}, audit.State{"audience": string(r.Audience)})
				if err := tx.Record(ctx, entry); err != nil {
					return err
				}
			}
		}
		return ifThere(tx.EditRecording(ctx, r))
	})
	return r, err
}

// Delete drops a recording: nobody is shown anything of it any more. While its live
// goes on nothing more is kept of that. Only the creator may.
func (s *Service) Delete(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Broadcast) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		owner, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.Now())
		if err != nil {
			return err
		}
		r, err := find(ctx, tx, channel, id)
		if err != nil {
			return err
		}
		if err := ifThere(tx.DropRecording(ctx, id)); err != nil {
			return err
		}
		return tx.Record(ctx, audit.By(owner, audit.RecordingDeleted, s.Now()).About("", r.Title))
	})
}

// Setup tells the creator what is kept of their lives.
func (s *Service) Setup(ctx context.Context, by ident.Account, channel ident.Channel) (setup Setup, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		if _, err := access.AllowUnlocked(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.Now()); err != nil {
			return err
		}
		setup, err = setupOf(ctx, tx, channel)
		return err
	})
	return setup, err
}

// SetUp says what is kept of a channel's lives from now on; what is kept already stays
// as it is. Only the creator may. Refusal: days_invalid.
func (s *Service) SetUp(ctx context.Context, by ident.Account, channel ident.Channel, setup Setup) error {
	if setup.Days < 0 || setup.Days > DaysMax {
		return fault.New(fault.Invalid, "days_invalid", "A recording is kept for 1 to %s days, or for ever.", strconv.Itoa(DaysMax))
	}
	return s.Store.Update(ctx, func(tx Tx) error {
		if _, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, s.Now()); err != nil {
			return err
		}
		return tx.PutRecordingSetup(ctx, channel, setup)
	})
}

// Mark keeps the present moment of the live that is on. Staff may. Refusals: not_live,
// label_invalid, too_many_marks, and those of the gate.
func (s *Service) Mark(ctx context.Context, by ident.Account, channel ident.Channel, label string) (m Mark, err error) {
	label, ok := text.Line(label)
	if !ok || utf8.RuneCountInString(label) > labelMax {
		return m, fault.New(fault.Invalid, "label_invalid", "The name of a moment has at most %d printable characters.", labelMax)
	}
	at := s.Now()
	err = s.Store.Update(ctx, func(tx Tx) error {
		if _, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.Moderate, s.Now()); err != nil {
			return err
		}
		id, _, open, err := tx.BroadcastOn(ctx, channel)
		if err != nil {
			return err
		}
		if !open {
			return fault.New(fault.Conflict, "not_live", "A moment is marked while a live is on.")
		}
		marks, err := tx.MarksOf(ctx, id)
		if err != nil {
			return err
		}
		if len(marks) >= marksMax {
			return fault.New(fault.Conflict, "too_many_marks", "A live has at most %d marked moments.", marksMax)
		}
		m = Mark{ID: ident.Make[ident.Mark](s.IDs), Broadcast: id, At: at, Label: label}
		return tx.PutMark(ctx, channel, m)
	})
	return m, err
}

// Unmark forgets a moment that was marked. Staff may.
func (s *Service) Unmark(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Mark) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if _, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.Moderate, s.Now()); err != nil {
			return err
		}
		there, err := tx.DropMark(ctx, channel, id)
		if err == nil && !there {
			err = fault.New(fault.Missing, "mark_missing", "There is no such moment.")
		}
		return err
	})
}

// find returns a recording of the channel that was not dropped.
func find(ctx context.Context, tx Tx, channel ident.Channel, id ident.Broadcast) (Recording, error) {
	r, found, err := tx.RecordingByID(ctx, id)
	if err == nil && (!found || r.Channel != channel || r.State == Dropped) {
		err = missing()
	}
	return r, err
}

func ifThere(there bool, err error) error {
	if err == nil && !there {
		err = missing()
	}
	return err
}
