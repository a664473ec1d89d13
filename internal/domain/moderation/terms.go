package moderation

import (
	"context"
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

// Term is what nobody but staff may write in a channel.
type Term struct {
	Folded string // which term it is: those that find the same are one
	Term   string // as it was typed
	At     time.Time
	By     ident.Account
	ByName string // filled when read
}

// The bounds of a channel's terms.
const (
	termMax  = 60
	termsMax = 200
)

// TermsTx is what blocked terms need inside one transaction.
type TermsTx interface {
	// PutTerm and DropTerm count the change, and report whether there was one.
	PutTerm(ctx context.Context, channel ident.Channel, t Term) (bool, error)
	DropTerm(ctx context.Context, channel ident.Channel, folded string) (Term, bool, error)
	// ListTerms returns the terms in the order of their folded form.
	ListTerms(ctx context.Context, channel ident.Channel) ([]Term, error)
}

// Block adds a term to those of a channel; staff may. One that finds the same as
// another changes nothing.
func (s *Service) Block(ctx context.Context, by ident.Account, channel ident.Channel, words string) (Term, error) {
	words, ok := text.Line(words)
	t := Term{Folded: text.FoldTerm(words), Term: words, At: s.now(), By: by}
	if !ok || t.Folded == "" || utf8.RuneCountInString(words) > termMax {
		return t, fault.New(fault.Invalid, "term_invalid",
			"A term is one to five words of at least two letters or digits, with * for any characters, and has at most %d characters.", termMax)
	}
	err := s.store.Update(ctx, func(tx Tx) error {
		actor, err := s.staff(ctx, tx, by, channel, access.SetManners)
		if err != nil {
			return err
		}
		all, err := tx.ListTerms(ctx, channel)
		if err != nil {
			return err
		}
		for _, old := range all {
			if old.Folded == t.Folded {
				t = old
				return nil
			}
		}
		if len(all) >= termsMax {
			return fault.New(fault.Limited, "too_many_terms", "A channel blocks at most %d terms. Drop one first.", termsMax)
		}
		names, err := tx.Names(ctx, []ident.Account{by})
		if err != nil {
			return err
		}
		t.ByName = names[by]
		if _, err := tx.PutTerm(ctx, channel, t); err != nil {
			return err
		}
		if err := tx.Record(ctx, audit.By(actor, audit.TermBlocked, t.At).About("", t.Term)); err != nil {
			return err
		}
		return tellTerm(ctx, tx, channel, event.TermAdded{Term: t.Term, By: by})
	})
	return t, err
}

// Unblock drops a term, named by its folded form; staff may. Dropping what is not
// there changes nothing.
func (s *Service) Unblock(ctx context.Context, by ident.Account, channel ident.Channel, folded string) error {
	return s.store.Update(ctx, func(tx Tx) error {
		actor, err := s.staff(ctx, tx, by, channel, access.SetManners)
		if err != nil {
			return err
		}
		t, changed, err := tx.DropTerm(ctx, channel, folded)
		if err != nil || !changed {
			return err
		}
		if err := tx.Record(ctx, audit.By(actor, audit.TermDropped, s.now()).About("", t.Term)); err != nil {
			return err
		}
		return tellTerm(ctx, tx, channel, event.TermDropped{Term: t.Term, By: by})
	})
}

// Terms returns a channel's blocked terms; staff may ask.
func (s *Service) Terms(ctx context.Context, by ident.Account, channel ident.Channel) ([]Term, error) {
	var out []Term
	err := s.store.View(ctx, func(tx Tx) (err error) {
		if _, err = s.staff(ctx, tx, by, channel, access.Moderate); err != nil {
			return err
		}
		out, err = tx.ListTerms(ctx, channel)
		return err
	})
	return out, err
}

func tellTerm(ctx context.Context, tx Tx, channel ident.Channel, p event.Payload) error {
	_, err := tx.Append(ctx, room.Entry{Address: room.Address{Channel: channel, Audience: room.Business}, Payload: p})
	return err
}
