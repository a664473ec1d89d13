package poll

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Close ends a poll and tells its room what was chosen. Only the creator may, and
// within a scope only in the rooms that it reads. One that is closed stays as it is.
func (s *Service) Close(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Poll) (p Poll, err error) {
	err = s.Store.Update(ctx, func(tx Tx) error {
		facts, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunPolls, s.Now())
		if err != nil {
			return err
		}
		found, ok, err := tx.PollToClose(ctx, channel, id)
		if err != nil {
			return err
		}
		if !ok {
			return missing()
		}
		if f := reads(facts, found.Address, found.Level, s.Now()); f != nil {
			return f
		}
		p, err = s.close(ctx, tx, found)
		return err
	})
	return p, err
}

// close counts and ends a poll that is to close, of a channel whose logs are locked.
// Whoever votes has finished before the count, or finds it closed.
func (s *Service) close(ctx context.Context, tx Tx, p Poll) (Poll, error) {
	if !p.ClosedAt.IsZero() {
		return p, nil
	}
	counts, err := tx.CountVotes(ctx, []ident.Poll{p.ID})
	if err != nil {
		return p, err
	}
	p.ClosedAt, p.Final = s.Now(), counted(counts[p.ID], p)
	if err := tx.SetClosed(ctx, p); err != nil {
		return p, err
	}
	end := event.PollClosed{Poll: p.ID, Question: p.Question}
	for i, n := range p.Final {
		end.Options = append(end.Options, event.PollOption{Text: p.Options[i], Votes: n})
		end.Voters += n
	}
	_, err = tx.Append(ctx, room.Entry{Address: p.Address, Payload: end})
	return p, err
}

// counted gives each option of a poll its count, also when nobody voted.
func counted(counts []int, p Poll) []int {
	out := make([]int, len(p.Options))
	copy(out, counts)
	return out
}

// sweepEvery is how often is looked for polls whose time is over.
const sweepEvery = time.Second

// Sweep closes polls whose time is over, until ctx ends. told hears what goes
// wrong; it is tried again.
func (s *Service) Sweep(ctx context.Context, told func(error)) error {
	clock := time.NewTicker(sweepEvery)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-clock.C:
			if err := s.CloseDue(ctx); err != nil && ctx.Err() == nil {
				told(err)
			}
		}
	}
}

// CloseDue closes the polls whose time is over.
func (s *Service) CloseDue(ctx context.Context) error {
	var due []Poll
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		due, err = tx.PollsDue(ctx, s.Now(), listLimit)
		return err
	})
	for _, p := range due {
		closing := s.Store.Update(ctx, func(tx Tx) error {
			if err := tx.LockLogs(ctx, p.Channel); err != nil {
				return err
			}
			found, ok, err := tx.PollToClose(ctx, p.Channel, p.ID)
			if err != nil || !ok {
				return err
			}
			_, err = s.close(ctx, tx, found)
			return err
		})
		if closing != nil && fault.Of(err) == nil {
			err = closing
		}
	}
	return err
}
