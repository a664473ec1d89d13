package recording

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// ListMax is how many recordings a list has at once.
const ListMax = 50

// Listed is a recording as somebody sees it in a list.
type Listed struct {
	Recording
	// Refused is the gate's reason why the person may not watch it; empty: they may.
	Refused string
}

// List returns a channel's recordings that have something in them and began before a
// moment, the newest first. Whoever reads the public chat may know of them, of those
// for subscribers too: that they exist is what is sold.
func (s *Service) List(ctx context.Context, by ident.Account, channel ident.Channel, before time.Time, limit int) (out []Listed, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		out = nil
		facts, err := access.AllowUnlocked(ctx, tx, access.Subject{Account: by, Channel: channel}, access.ReadPublic, s.Now())
		if err != nil {
			return err
		}
		all, err := tx.RecordingsOf(ctx, channel, before, min(max(limit, 1), ListMax))
		for _, r := range all {
			if len(r.Stretches) > 0 {
				out = append(out, Listed{r, refused(facts, r, s.Now())})
			}
		}
		return err
	})
	return out, err
}

// Get returns a recording and the marks of its live to whoever may know of it, with the
// gate's reason where they may not watch it; the marks then are missing. Refusals:
// recording_missing, and those of the gate.
func (s *Service) Get(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Broadcast) (l Listed, marks []Mark, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		marks = nil
		facts, err := access.AllowUnlocked(ctx, tx, access.Subject{Account: by, Channel: channel}, access.ReadPublic, s.Now())
		if err != nil {
			return err
		}
		r, err := find(ctx, tx, channel, id)
		if err != nil {
			return err
		}
		l = Listed{r, refused(facts, r, s.Now())}
		if l.Refused == "" {
			marks, err = tx.MarksOf(ctx, id)
		}
		return err
	})
	return l, marks, err
}

// refused is the gate's reason why somebody may not watch a recording.
func refused(facts access.Facts, r Recording, now time.Time) string {
	for _, action := range r.Actions() {
		if d := access.Decide(facts, action, now); !d.Allowed {
			return d.Reason
		}
	}
	return ""
}

// Find returns a recording for the server itself, whoever asks it.
func (s *Service) Find(ctx context.Context, id ident.Broadcast) (r Recording, found bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		r, found, err = tx.RecordingByID(ctx, id)
		return err
	})
	return r, found && r.State != Dropped, err
}
