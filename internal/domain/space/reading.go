package space

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// ReadingTx is what reading marks need inside one transaction.
type ReadingTx interface {
	// ThreadAt returns a thread by its identifier, whatever its channel.
	ThreadAt(ctx context.Context, id ident.Thread) (room.Thread, bool, error)
	// MarkRead moves the mark of an account in a log on to a sequence, never back
	// and never past the log's head.
	MarkRead(ctx context.Context, by ident.Account, at room.Address, seq int64) error
	// ReadingAt returns the mark and how many messages of others stand after it; at
	// most a thousand are counted.
	ReadingAt(ctx context.Context, by ident.Account, at room.Address) (seq, unread int64, err error)
}

// Reading is how far somebody has read a room.
type Reading struct {
	Seen   int64 // sequence; zero: nothing
	Unread int64 // messages of others after it, at most a thousand
}

// MarkRead remembers up to where somebody has read the Sub Space's room or one of
// its threads, on all their devices. A mark never moves back.
func (s *Service) MarkRead(ctx context.Context, by ident.Account, at room.Address, seq int64) (r Reading, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		if err := s.mayRead(ctx, tx, by, at); err != nil {
			return err
		}
		if err := tx.MarkRead(ctx, by, at, seq); err != nil {
			return err
		}
		r.Seen, r.Unread, err = tx.ReadingAt(ctx, by, at)
		return err
	})
	return r, err
}

// ReadingOf returns how far somebody has read.
func (s *Service) ReadingOf(ctx context.Context, by ident.Account, at room.Address) (r Reading, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		if err := s.mayRead(ctx, tx, by, at); err != nil {
			return err
		}
		r.Seen, r.Unread, err = tx.ReadingAt(ctx, by, at)
		return err
	})
	return r, err
}

// mayRead asks the gate about a private room, and says of a thread that is not
// open to the person what it says of one that does not exist.
func (s *Service) mayRead(ctx context.Context, tx Tx, by ident.Account, at room.Address) error {
	// Nothing in a mark depends on what is written meanwhile: no log is locked for it.
	who := access.Subject{Account: by, Channel: at.Channel}
	read, err := tx.Facts(ctx, []access.Subject{who})
	if err != nil {
		return err
	}
	facts, ok := read[who]
	if !ok {
		return fault.New(fault.Missing, "channel_missing", "There is no such channel.")
	}
	facts = facts.Within(access.ScopeOf(ctx))
	if f := access.Decide(facts, access.ReadSpace, s.now()).Fault(s.now()); f != nil {
		return f
	}
	if at.Audience != room.ThreadRoom {
		return nil
	}
	t, ok, err := tx.ThreadAt(ctx, at.Thread)
	if err != nil {
		return err
	}
	if !ok || t.Channel != at.Channel || !access.Decide(facts.From(t.Level), access.ReadSpace, s.now()).Allowed {
		return room.ThreadMissing()
	}
	return nil
}

// Allow is nil for who may read a private room or thread, and the refusal of
// everybody else.
func (s *Service) Allow(ctx context.Context, by ident.Account, at room.Address) error {
	return s.store.View(ctx, func(tx Tx) error { return s.mayRead(ctx, tx, by, at) })
}
