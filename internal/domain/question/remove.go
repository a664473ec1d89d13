package question

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Remove takes a question away for everybody, wherever it stands: out of the
// queue, off the air, and its words out of both rooms and out of the table. Staff
// may. Removing it again changes nothing.
func (s *Service) Remove(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Question) error {
	return s.store.Update(ctx, func(tx Tx) error {
		actor, err := s.allowed(ctx, tx, by, channel, access.Moderate)
		if err != nil {
			return err
		}
		q, ok, err := tx.QuestionByID(ctx, channel, id, by)
		if err != nil {
			return err
		}
		if !ok {
			return missing()
		}
		entries := leave(q)
		if q.State == OnAir {
			if err := tx.EndAiring(ctx, id, s.now()); err != nil {
				return err
			}
		}
		for _, at := range []room.Address{Address(channel, room.Public), space(channel)} {
			gone, err := entomb(ctx, tx, at, q, "moderator")
			if err != nil {
				return err
			}
			entries = append(entries, gone...)
		}
		if err := s.record(ctx, tx, actor, audit.QuestionRemoved, q); err != nil {
			return err
		}
		q.State, q.Text, q.Shown, q.Reply, q.PublishedAt = Skipped, "", "", Reply{}, time.Time{}
		if err := tx.SetQuestion(ctx, q); err != nil {
			return err
		}
		_, err = tx.Append(ctx, entries...)
		return err
	})
}

// leave says that a question is over for the queue and the air.
func leave(q Question) []room.Entry {
	skipped := room.Entry{Address: q.Home(), Payload: event.QuestionSkipped{Question: q.ID}}
	switch q.State {
	case OnAir:
		return append(told(q, "", event.QuestionReturned{Question: q.ID}), skipped)
	case Waiting, Answered:
		return []room.Entry{skipped}
	}
	return nil
}

// entomb overwrites every event at an address that holds the question's words.
func entomb(ctx context.Context, tx Tx, at room.Address, q Question, by string) ([]room.Entry, error) {
	seqs, err := tx.QuestionEvents(ctx, at, q)
	if err != nil || len(seqs) == 0 {
		return nil, err
	}
	if err := tx.Entomb(ctx, at, seqs, event.MessageTombstone{By: by}); err != nil {
		return nil, err
	}
	return []room.Entry{{Address: at, Payload: event.MessageRemoved{Seqs: seqs, By: by}}}, nil
}
