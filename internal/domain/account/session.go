package account

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// sessionTx is what the list of somebody's sessions needs inside one transaction.
type sessionTx interface {
	// SessionsOf returns the sessions of an account that have not expired, the
	// newest first.
	SessionsOf(ctx context.Context, account ident.Account, now time.Time, limit int) ([]Session, error)
	// EndSession signs out a session of the account; false when it has none such.
	EndSession(ctx context.Context, account ident.Account, id ident.Session) (bool, error)
	// EndSessions signs out every session of the account but the one kept, which
	// may be none, and returns them. Addresses of docks that the person made open
	// nothing any more: whoever signs out everywhere means every way in.
	EndSessions(ctx context.Context, account ident.Account, keep ident.Session) ([]ident.Session, error)
	// EndDocks has the addresses of docks that the person made open nothing any more.
	EndDocks(ctx context.Context, account ident.Account) error
	// MarkSeen notes the day of the last request of sessions; it never goes back.
	MarkSeen(ctx context.Context, ids []ident.Session, day time.Time) error
	// SetProof notes that the person at a session has shown who they are.
	SetProof(ctx context.Context, id ident.Session, at time.Time, by Proof) error
}

// sessionsShown bounds the list of somebody's sessions.
const sessionsShown = 100

// SessionsOf returns where the session's person is signed in, the newest first.
func (s *Service) SessionsOf(ctx context.Context, session Session) (all []Session, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		all, err = tx.SessionsOf(ctx, session.Account.ID, s.now(), sessionsShown)
		return err
	})
	return all, err
}

// EndSession signs out one session of the same person, or refuses with
// 'session_missing'.
func (s *Service) EndSession(ctx context.Context, session Session, id ident.Session) error {
	err := s.store.Update(ctx, func(tx Tx) error {
		ended, err := tx.EndSession(ctx, session.Account.ID, id)
		if err == nil && !ended {
			err = fault.New(fault.Missing, "session_missing", "That device is not signed in any more.")
		}
		return err
	})
	if err == nil {
		s.remembered.forgetSession(id)
	}
	return err
}

// EndOthers signs out every session of the person but this one, and returns them.
func (s *Service) EndOthers(ctx context.Context, session Session) (ended []ident.Session, err error) {
	err = s.store.Update(ctx, func(tx Tx) error {
		ended, err = tx.EndSessions(ctx, session.Account.ID, session.ID)
		return err
	})
	s.remembered.forgetOthers(session.Account.ID, session.ID)
	return ended, err
}

// SetLanguage keeps the language that letters to the person are written in.
func (s *Service) SetLanguage(ctx context.Context, session Session, language string) error {
	return s.store.Update(ctx, func(tx Tx) error { return tx.SetLanguage(ctx, session.Account.ID, language) })
}

// How sightings are written down.
const (
	sightEvery = time.Minute
	sightMax   = 50_000 // sessions; of more, some are seen a day late
)

// sightings are sessions that made a request on a day on which none was noted
// yet. They are gathered, because a crowd that comes back must not write a row each.
type sightings struct {
	mu    sync.Mutex
	today map[ident.Session]bool
}

func newSightings() *sightings { return &sightings{today: map[ident.Session]bool{}} }

// day is the beginning of a day in UTC: nobody needs to know the hour.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

func (s *Service) sight(session Session) {
	if !day(s.now()).After(session.Seen) {
		return
	}
	s.seen.mu.Lock()
	defer s.seen.mu.Unlock()
	if len(s.seen.today) < sightMax {
		s.seen.today[session.ID] = true
	}
}

// Run notes now and then which sessions were used, until ctx ends. failed hears
// of what could not be noted; it is of no weight.
func (s *Service) Run(ctx context.Context, failed func(error)) error {
	tick := time.NewTicker(sightEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.NoteSeen(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// NoteSeen writes down which sessions were used since it did so last. Run calls it.
func (s *Service) NoteSeen(ctx context.Context) error {
	s.seen.mu.Lock()
	ids := make([]ident.Session, 0, len(s.seen.today))
	for id := range s.seen.today {
		ids = append(ids, id)
	}
	clear(s.seen.today)
	s.seen.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	if err := s.store.Update(ctx, func(tx Tx) error { return tx.MarkSeen(ctx, ids, day(s.now())) }); err != nil {
		return fmt.Errorf("note which sessions are used: %w", err)
	}
	return nil
}
