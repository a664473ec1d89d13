package moderation

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Note is what staff tell each other about a person. Nobody else reads it.
type Note struct {
	ID      ident.Note
	Channel ident.Channel
	On      ident.Account
	Text    string
	At      time.Time
	By      ident.Account
	ByName  string // filled when read
}

// The bounds of notes.
const (
	noteMax  = 400
	notesMax = 50 // of a person in a channel
)

// NotesTx is what notes need inside one transaction.
type NotesTx interface {
	PutNote(ctx context.Context, n Note) error
	// DropNote reports false when the channel has no such note on the account.
	DropNote(ctx context.Context, channel ident.Channel, on ident.Account, id ident.Note) (Note, bool, error)
	// Notes returns those on a person, the newest first.
	Notes(ctx context.Context, channel ident.Channel, on ident.Account) ([]Note, error)
}

// WriteNote writes a note on somebody; staff may. Refusals: note_invalid,
// too_many_notes, account_missing, and those of the gate.
func (s *Service) WriteNote(ctx context.Context, by ident.Account, channel ident.Channel, on ident.Account, words string) (Note, error) {
	words, ok := text.Line(words)
	n := Note{ID: ident.Make[ident.Note](s.ids), Channel: channel, On: on, Text: words, At: s.now(), By: by}
	if length := utf8.RuneCountInString(words); !ok || length < 1 || length > noteMax {
		return n, fault.New(fault.Invalid, "note_invalid", "A note has 1 to %d printable characters.", noteMax)
	}
	err := s.store.Update(ctx, func(tx Tx) error {
		actor, err := s.staff(ctx, tx, by, channel, access.Moderate)
		if err != nil {
			return err
		}
		names, err := tx.Names(ctx, []ident.Account{by, on})
		if err != nil {
			return err
		}
		if names[on] == "" {
			return fault.New(fault.Missing, "account_missing", "There is no such account.")
		}
		n.ByName = names[by]
		old, err := tx.Notes(ctx, channel, on)
		if err != nil {
			return err
		}
		if len(old) >= notesMax {
			return fault.New(fault.Limited, "too_many_notes", "There are at most %d notes on one person. Drop one first.", notesMax)
		}
		if err := tx.PutNote(ctx, n); err != nil {
			return err
		}
		return tx.Record(ctx, audit.By(actor, audit.NoteWritten, n.At).About(on, ""))
	})
	return n, err
}

// DropNote drops a note: its author may, and staff who may ban. Dropping what is
// not there changes nothing.
func (s *Service) DropNote(ctx context.Context, by ident.Account, channel ident.Channel, on ident.Account, id ident.Note) error {
	return s.store.Update(ctx, func(tx Tx) error {
		actor, err := s.staff(ctx, tx, by, channel, access.Moderate)
		if err != nil {
			return err
		}
		n, there, err := tx.DropNote(ctx, channel, on, id)
		if err != nil || !there {
			return err
		}
		if n.By != by {
			if f := access.Decide(actor, access.Ban, s.now()).Fault(s.now()); f != nil {
				return f
			}
		}
		e := audit.By(actor, audit.NoteDropped, s.now()).About(on, "")
		e.Before = audit.State{"note": n.Text, "written": audit.Moment(n.At)}
		return tx.Record(ctx, e)
	})
}

// Notes returns the notes on somebody; staff may ask.
func (s *Service) Notes(ctx context.Context, by ident.Account, channel ident.Channel, on ident.Account) (ns []Note, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := s.staff(ctx, tx, by, channel, access.Moderate); err != nil {
			return err
		}
		ns, err = tx.Notes(ctx, channel, on)
		return err
	})
	return ns, err
}
