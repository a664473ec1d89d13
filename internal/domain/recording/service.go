package recording

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Tx is what recordings need inside one transaction. A lookup that finds nothing
// returns false.
type Tx interface {
	access.Tx
	audit.Recorder

	RecordingByID(ctx context.Context, id ident.Broadcast) (Recording, bool, error)
	// RecordingsOf returns a channel's that are not dropped and began before a moment,
	// the newest first.
	RecordingsOf(ctx context.Context, channel ident.Channel, before time.Time, limit int) ([]Recording, error)
	InsertRecording(ctx context.Context, r Recording) error
	// GrowRecording writes when one that grows began and its size. Like the two that follow
	// it reports whether there was such a one.
	GrowRecording(ctx context.Context, id ident.Broadcast, started time.Time, bytes int64) (bool, error)
	// NarrowRecording has one that grows be for subscribers.
	NarrowRecording(ctx context.Context, id ident.Broadcast) error
	// FinishRecording gives one that grows another state, and writes its trouble and when
	// it expires.
	FinishRecording(ctx context.Context, r Recording) (bool, error)
	// EditRecording writes title, audience and when it expires of one that is not dropped.
	EditRecording(ctx context.Context, r Recording) (bool, error)
	// DropRecording drops one that is not.
	DropRecording(ctx context.Context, id ident.Broadcast) (bool, error)
	// SetStretch writes the stretch with a number, from 0 on.
	SetStretch(ctx context.Context, id ident.Broadcast, number int, s Stretch) error
	// DropStretches deletes those with a number and above.
	DropStretches(ctx context.Context, id ident.Broadcast, number int) error
	// LeftBehind returns the node's growing ones whose broadcast is over.
	LeftBehind(ctx context.Context, node string) ([]ident.Broadcast, error)
	// ExpiredRecordings returns those that are kept, and were to be until now.
	ExpiredRecordings(ctx context.Context, now time.Time) ([]ident.Broadcast, error)
	// DroppedRecordings returns the node's dropped ones, and those of object storage.
	DroppedRecordings(ctx context.Context, node string) ([]ident.Broadcast, error)
	// ForgetRecording deletes the row of a dropped one whose broadcast is over, with its
	// stretches and marks.
	ForgetRecording(ctx context.Context, id ident.Broadcast) error

	RecordingSetup(ctx context.Context, channel ident.Channel) (Setup, bool, error)
	PutRecordingSetup(ctx context.Context, channel ident.Channel, s Setup) error

	// BroadcastOn returns the channel's open broadcast and its title.
	BroadcastOn(ctx context.Context, channel ident.Channel) (id ident.Broadcast, title string, open bool, err error)
	PutMark(ctx context.Context, channel ident.Channel, m Mark) error
	// MarksOf returns those of a broadcast, the earliest first.
	MarksOf(ctx context.Context, id ident.Broadcast) ([]Mark, error)
	DropMark(ctx context.Context, channel ident.Channel, id ident.Mark) (bool, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Service keeps recordings, and answers for them.
type Service struct {
	Store Store
	IDs   *ident.Source
	Now   func() time.Time
	Node  string // that whoever calls Begin runs on
	// Allowed: the operator lets lives be kept at all.
	Allowed bool
}

// Begin says that there is something to keep of the open broadcast of a channel, and
// reports whether it is to be kept. A recording that exists goes on.
func (s *Service) Begin(ctx context.Context, id ident.Broadcast, channel ident.Channel) (keep bool, err error) {
	if !s.Allowed {
		return false, nil
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		keep = false
		r, found, err := tx.RecordingByID(ctx, id)
		if err != nil {
			return err
		}
		if found {
			keep = r.State == Growing && r.Node == s.Node
			return narrow(ctx, tx, &r)
		}
		setup, err := setupOf(ctx, tx, channel)
		if err != nil || !setup.Keep {
			return err
		}
		open, title, on, err := tx.BroadcastOn(ctx, channel)
		if err != nil || !on || open != id {
			return err
		}
		facts, err := access.FactsOf(ctx, tx, access.Subject{Channel: channel})
		if err != nil {
			return err
		}
		keep = true
		return tx.InsertRecording(ctx, Recording{
			ID: id, Channel: channel, Title: title, Audience: facts.LiveAudience, State: Growing,
			Node: s.Node, Started: s.Now(), Expires: setup.expires(s.Now()),
		})
	})
	return keep, err
}

// Grow has a recording hold what is safely stored of it by now, and be for subscribers
// once its live is. It says all of it each time, so that what was said in vain, or twice,
// changes nothing. It reports false when nothing more is to be kept of the broadcast: its
// recording was deleted meanwhile, or is complete.
func (s *Service) Grow(ctx context.Context, id ident.Broadcast, stretches []Stretch, bytes int64) (more bool, err error) {
	stretches = inMillis(stretches)
	err = s.Store.Update(ctx, func(tx Tx) error {
		more = false
		r, found, err := tx.RecordingByID(ctx, id)
		if err != nil || !found || r.State != Growing {
			return err
		}
		if err := narrow(ctx, tx, &r); err != nil {
			return err
		}
		if len(stretches) == 0 {
			more = true
			return nil
		}
		if more, err = tx.GrowRecording(ctx, id, stretches[0].At, bytes); err != nil || !more {
			return err
		}
		for i, stretch := range stretches {
			if i < len(r.Stretches) && stretch.equal(r.Stretches[i]) {
				continue
			}
			if err := tx.SetStretch(ctx, id, i, stretch); err != nil {
				return err
			}
		}
		if len(r.Stretches) > len(stretches) {
			return tx.DropStretches(ctx, id, len(stretches))
		}
		return nil
	})
	return more, err
}

// narrow has a recording that grows be for no more people than its live is now.
func narrow(ctx context.Context, tx Tx, r *Recording) error {
	if r.State != Growing {
		return nil
	}
	facts, err := access.FactsOf(ctx, tx, access.Subject{Channel: r.Channel})
	if err != nil || r.narrowed(facts.LiveAudience) == r.Audience {
		return err
	}
	r.Audience = r.narrowed(facts.LiveAudience)
	return tx.NarrowRecording(ctx, r.ID)
}

// Finish says that nothing more comes, and in a machine word why if that is before the
// end of the broadcast. One without any piece is forgotten.
func (s *Service) Finish(ctx context.Context, id ident.Broadcast, trouble string) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		r, found, err := tx.RecordingByID(ctx, id)
		if err != nil || !found || r.State != Growing {
			return err
		}
		setup, err := setupOf(ctx, tx, r.Channel)
		if err != nil {
			return err
		}
		r.State, r.Trouble = Kept, trouble
		if !r.Expires.IsZero() { // else it was kept for ever when it began, or since
			r.Expires = setup.expires(s.Now())
		}
		if len(r.Stretches) == 0 {
			r.State = Dropped
		}
		_, err = tx.FinishRecording(ctx, r)
		return err
	})
}

// LeftBehind returns the recordings of this node that nobody finished, because the
// server died and the encoder did not come back to it.
func (s *Service) LeftBehind(ctx context.Context) (ids []ident.Broadcast, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		ids, err = tx.LeftBehind(ctx, s.Node)
		return err
	})
	return ids, err
}

// Expire drops what was to be kept until now.
func (s *Service) Expire(ctx context.Context) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		ids, err := tx.ExpiredRecordings(ctx, s.Now())
		for i := 0; err == nil && i < len(ids); i++ {
			_, err = tx.DropRecording(ctx, ids[i])
		}
		return err
	})
}

// Dropped returns whose files are to be removed here; Forget says that they are.
func (s *Service) Dropped(ctx context.Context) (ids []ident.Broadcast, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		ids, err = tx.DroppedRecordings(ctx, s.Node)
		return err
	})
	return ids, err
}

// Forget deletes the last of a dropped recording, once its files are gone. While its live
// goes on that stays, and says that nothing of it is kept.
func (s *Service) Forget(ctx context.Context, id ident.Broadcast) error {
	return s.Store.Update(ctx, func(tx Tx) error { return tx.ForgetRecording(ctx, id) })
}

func setupOf(ctx context.Context, tx Tx, channel ident.Channel) (Setup, error) {
	setup, found, err := tx.RecordingSetup(ctx, channel)
	if err == nil && !found {
		setup = UsualSetup()
	}
	return setup, err
}

func missing() *fault.Fault {
	return fault.New(fault.Missing, "recording_missing", "There is no such recording.")
}
