package schedule

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Service is what people and the clock do with planned lives.
type Service struct {
	Store  Store
	IDs    *ident.Source
	Now    func() time.Time
	Random io.Reader // cryptographic
}

// How often Run looks, and at how much at once.
const (
	lookEvery = 5 * time.Second
	lookLimit = 100
	mailLimit = 200
)

// Run tells of what changed until ctx ends. failed hears of what could not be done;
// the next look tries again.
func (s *Service) Run(ctx context.Context, failed func(error)) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.Announce(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// Announce tells once of every plan whose edits have settled, and writes the letters
// that wait. Several nodes may do so at once.
func (s *Service) Announce(ctx context.Context) error {
	var due []Kept
	var mailing []Mailing
	if err := s.Store.View(ctx, func(tx Tx) (err error) {
		if due, err = tx.DuePlans(ctx, s.Now(), lookLimit); err != nil {
			return err
		}
		mailing, err = tx.Mailings(ctx, lookLimit)
		return err
	}); err != nil {
		return err
	}
	var failed []error // one channel's plan does not hold up the others'
	for _, k := range due {
		failed = append(failed, s.announce(ctx, k))
	}
	for _, m := range mailing {
		failed = append(failed, s.write(ctx, m))
	}
	return errors.Join(failed...)
}

// announce decides inside the transaction: the plan may be edited, or told of by
// another node, meanwhile.
func (s *Service) announce(ctx context.Context, seen Kept) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := tx.LockLogs(ctx, seen.Channel); err != nil {
			return err
		}
		kept, found, err := tx.PlanByID(ctx, seen.Channel, seen.ID)
		if err != nil || !found || kept.Due.IsZero() || kept.Due.After(s.Now()) {
			return err
		}
		p := kept.Restore()
		news, is := p.news(s.Now())
		p.due = time.Time{}
		if is {
			if p.Cancelled { // off is what people know of, also where it was moved a moment before
				p.Starts, news.Starts = p.said.starts, event.Time(p.said.starts)
			}
			p.said = said{p.Starts, p.Cancelled}
		}
		if err := tx.PutPlan(ctx, p.Keep()); err != nil || !is {
			return err
		}
		if _, err := tx.Append(ctx, p.told(news)); err != nil {
			return err
		}
		return tx.BeginMailing(ctx, p.ID, newsOf(news))
	})
}

// news is what there is to tell of a plan, if anything: who heard of nothing need
// not hear that it is off, and what is over is no news.
func (p Plan) news(now time.Time) (event.ScheduleChanged, bool) {
	news := event.ScheduleChanged{Plan: p.ID, Title: p.Title, Starts: event.Time(p.Starts), Cancelled: p.Cancelled}
	if first := p.said.starts.IsZero(); first {
		return news, !p.Cancelled && p.Starts.After(now)
	}
	if moved := !p.said.starts.Equal(p.Starts); moved && !p.Cancelled {
		was := event.Time(p.said.starts)
		news.Was = &was
		return news, true
	}
	return news, p.Cancelled != p.said.cancelled
}
