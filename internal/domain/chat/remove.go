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

// Remove takes a message away for everybody: its bytes become a tombstone and
// those who have it already are told. Its author and the channel's staff may.
// Removing it again changes nothing.
func (s *Service) Remove(ctx context.Context, by ident.Account, at Place) error {
	return s.store.Update(ctx, func(tx Tx) error {
		r, err := s.mayRemove(ctx, tx, by, at)
		if err != nil || r.as == "" {
			return err
		}
		if err := tx.Entomb(ctx, at.Address, []int64{at.Seq}, event.MessageTombstone{By: r.as}); err != nil {
			return err
		}
		if r.as == "moderator" {
			if err := tx.Record(ctx, r.entry(at, s.now())); err != nil {
				return err
			}
		}
		if _, err = tx.Append(ctx, room.Entry{
			Address: at.Address,
			Payload: event.MessageRemoved{Seqs: []int64{at.Seq}, By: r.as},
		}); err != nil {
			return err
		}
		return unpin(ctx, tx, at, r.as)
	})
}

// removal is a message that somebody may remove.
type removal struct {
	as      string // 'author' or 'moderator'; empty: it is gone already
	actor   access.Facts
	author  ident.Account
	written time.Time
}

// entry is what the audit log keeps: where it stood, whose it was and since when.
// The words are gone.
func (r removal) entry(at Place, now time.Time) audit.Entry {
	e := audit.By(r.actor, audit.MessageRemoved, now).About(r.author, at.named())
	e.Before = audit.State{"written": audit.Moment(r.written)}
	return e
}

// named is the place as the audit log has it.
func (at Place) named() string {
	where := string(at.Audience)
	if at.Thread != "" {
		where = string(at.Thread)
	}
	return where + "/" + strconv.FormatInt(at.Seq, 10)
}

// mayRemove returns as what by removes the message. A stranger to the room learns
// nothing of it.
func (s *Service) mayRemove(ctx context.Context, tx Tx, by ident.Account, at Place) (removal, error) {
	now := s.now()
	facts, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: at.Channel}, access.Reading(at.Audience), now)
	if err != nil {
		return removal{}, err
	}
	if err := s.mayReadThread(ctx, tx, at.Address, facts); err != nil {
		return removal{}, err
	}
	found, err := tx.EventsAt(ctx, []Place{at})
	if err != nil {
		return removal{}, err
	}
	stored, ok := found[at]
	if !ok {
		return removal{}, messageMissing()
	}
	env, err := event.Decode(stored.Event.Bytes)
	if err != nil {
		return removal{}, err
	}
	if _, gone := event.As[event.MessageTombstone](env); gone {
		return removal{}, nil
	}
	if _, is := event.As[event.MessagePosted](env); !is {
		return removal{}, messageMissing()
	}
	if stored.Author == by && by != "" {
		return removal{as: "author"}, nil
	}
	if f := access.Decide(facts, access.Moderate, now).Fault(now); f != nil {
		return removal{}, f
	}
	return removal{"moderator", facts, stored.Author, time.Time(env.At)}, nil
}
