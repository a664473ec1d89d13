package chat

import (
	"context"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// PinTx is what pins need inside one transaction.
type PinTx interface {
	// PinnedAt returns which message stands above a log's chat; zero: none.
	PinnedAt(ctx context.Context, at room.Address) (int64, error)
	// PutPin puts a message there, in place of what stands there.
	PutPin(ctx context.Context, at Place, by ident.Account, now time.Time) error
	// DropPin takes the message away from there; false when it does not stand there.
	DropPin(ctx context.Context, at Place) (bool, error)
}

// Pin has a message stand above the chat of its room, also for whoever comes later,
// in place of the one that did. Staff may. Doing so again changes nothing.
func (s *Service) Pin(ctx context.Context, by ident.Account, at Place) error {
	return s.store.Update(ctx, func(tx Tx) error {
		facts, m, err := s.mayPin(ctx, tx, by, at)
		if err != nil {
			return err
		}
		pinned, err := tx.PinnedAt(ctx, at.Address)
		if err != nil || pinned == at.Seq {
			return err
		}
		if err := tx.PutPin(ctx, at, by, s.now()); err != nil {
			return err
		}
		e := audit.By(facts, audit.MessagePinned, s.now()).About(m.Author.ID, at.named())
		if pinned != 0 {
			e.Before = audit.State{"pinned": strconv.FormatInt(pinned, 10)}
		}
		if err := tx.Record(ctx, e); err != nil {
			return err
		}
		// It answers the message: its words go when those do.
		_, err = tx.Append(ctx, room.Entry{Address: at.Address, Answers: at.Seq, Payload: event.MessagePinned{
			Seq: at.Seq, Author: m.Author, Text: m.Text, By: string(facts.Role), Emotes: m.Emotes,
		}})
		return err
	})
}

// Unpin takes a message away from above the chat. Staff may. One that does not stand
// there changes nothing.
func (s *Service) Unpin(ctx context.Context, by ident.Account, at Place) error {
	return s.store.Update(ctx, func(tx Tx) error {
		facts, m, err := s.mayPin(ctx, tx, by, at)
		if err != nil {
			return err
		}
		pinned, err := tx.PinnedAt(ctx, at.Address)
		if err != nil || pinned != at.Seq {
			return err
		}
		if err := tx.Record(ctx, audit.By(facts, audit.MessageUnpinned, s.now()).About(m.Author.ID, at.named())); err != nil {
			return err
		}
		return unpin(ctx, tx, at, string(facts.Role))
	})
}

// unpin takes a message away from where it may stand, and tells so.
func unpin(ctx context.Context, tx Tx, at Place, by string) error {
	dropped, err := tx.DropPin(ctx, at)
	if err != nil || !dropped {
		return err
	}
	_, err = tx.Append(ctx, room.Entry{Address: at.Address, Payload: event.MessageUnpinned{Seq: at.Seq, By: by}})
	return err
}

// mayPin returns the message for somebody who may pin it.
func (s *Service) mayPin(ctx context.Context, tx Tx, by ident.Account, at Place) (f access.Facts, m event.MessagePosted, err error) {
	if _, err = action(at.Audience); err != nil {
		return f, m, err
	}
	if f, err = access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: at.Channel}, access.Moderate, s.now()); err != nil {
		return f, m, err
	}
	if err = s.mayReadThread(ctx, tx, at.Address, f); err != nil {
		return f, m, err
	}
	found, err := tx.EventsAt(ctx, []Place{at})
	if err != nil {
		return f, m, err
	}
	if env, wrong := event.Decode(found[at].Event.Bytes); wrong == nil {
		if m, is := event.As[event.MessagePosted](env); is {
			return f, m, nil
		}
	}
	return f, m, messageMissing()
}
