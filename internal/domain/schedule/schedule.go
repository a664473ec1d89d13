// Package schedule owns the lives that are planned.
//
// Owns: plans, who may know of which, what is told when one changes, the secret
// addresses of calendars. Promises: a plan for subscribers leaves no trace outside,
// in no list, calendar, event, letter or refusal; several edits of a short time are
// told once; an address stops working when it is revoked, and shows at each request
// what its person may know then. Does not do: beginning broadcasts (package live),
// the calendar's text (adapter/calendar).
package schedule

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Plan is one live that is to come.
type Plan struct {
	ID        ident.Plan
	Channel   ident.Channel
	Title     string
	Starts    time.Time
	Length    time.Duration // zero: nobody said
	Private   bool          // for whom the Sub Space is for; it never changes
	Cancelled bool
	Revision  int // how often it was changed
	Changed   time.Time

	due  time.Time // when to look whether there is something to tell; zero: never
	said said
}

// said is what was last told of a plan.
type said struct {
	starts    time.Time // zero: nothing was
	cancelled bool
}

// Ends is when the plan leaves the list by itself.
func (p Plan) Ends() time.Time {
	if p.Length == 0 {
		return p.Starts.Add(unsaid)
	}
	return p.Starts.Add(p.Length)
}

// Kept is a plan with what is kept beside it: for the store.
type Kept struct {
	Plan
	Due           time.Time
	SaidStarts    time.Time
	SaidCancelled bool
}

// Keep returns what is to be kept of a plan.
func (p Plan) Keep() Kept { return Kept{p, p.due, p.said.starts, p.said.cancelled} }

// Plan returns the plan as it was kept.
func (k Kept) Restore() Plan {
	p := k.Plan
	p.due, p.said = k.Due, said{k.SaidStarts, k.SaidCancelled}
	return p
}

// The bounds of plans.
const (
	titleMax  = 140 // as that of broadcasts
	lengthMax = 24 * time.Hour
	aheadMax  = 2 * 366 * 24 * time.Hour
	openMax   = 100
	// unsaid is how long after its start a plan of no length stays in the list.
	unsaid = 3 * time.Hour
	// settle is how long after an edit it is told: what is edited again meanwhile is
	// told once.
	settle = 2 * time.Minute
)

// Tx is what schedules need inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	mail.Tx
	PutPlan(ctx context.Context, k Kept) error
	// PlanByID reports false when the channel has no such plan.
	PlanByID(ctx context.Context, channel ident.Channel, id ident.Plan) (Kept, bool, error)
	// Plans returns those that end after a moment, the next first.
	Plans(ctx context.Context, channel ident.Channel, after time.Time, limit int) ([]Kept, error)
	// DuePlans returns of all channels those of which something may be to be told.
	DuePlans(ctx context.Context, now time.Time, limit int) ([]Kept, error)
	ChannelByID(ctx context.Context, id ident.Channel) (channel.Channel, bool, error)
	FeedTx
	LetterTx
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Wish is a plan as its creator wants it. Of a change, nil leaves as it is.
type Wish struct {
	Title  *string
	Starts *time.Time
	Length *time.Duration
}

// Add plans a live. Only the creator may. Refusals: title_invalid,
// plan_time_invalid, too_many_plans, and those of the gate.
func (s *Service) Add(ctx context.Context, by ident.Account, in ident.Channel, w Wish, private bool) (Plan, error) {
	p := Plan{ID: ident.Make[ident.Plan](s.IDs), Channel: in, Private: private}
	err := s.Store.Update(ctx, func(tx Tx) error {
		if err := s.own(ctx, tx, by, in); err != nil {
			return err
		}
		var err error
		if p, err = w.apply(Plan{ID: p.ID, Channel: in, Private: private}, s.Now()); err != nil {
			return err
		}
		open, err := tx.Plans(ctx, in, s.Now(), openMax)
		if err != nil {
			return err
		}
		if len(open) >= openMax {
			return fault.New(fault.Limited, "too_many_plans", "At most %d lives are planned at once.", openMax)
		}
		p, err = s.edit(ctx, tx, p)
		return err
	})
	return p, err
}

// Change changes what is given of a plan. Only the creator may. Refusals:
// plan_missing, plan_over, and those of Add.
func (s *Service) Change(ctx context.Context, by ident.Account, in ident.Channel, id ident.Plan, w Wish) (Plan, error) {
	return s.change(ctx, by, in, id, func(p Plan) (Plan, error) { return w.apply(p, s.Now()) })
}

// Cancel calls a planned live off; doing it again changes nothing. Only the creator
// may. Refusals: plan_missing, plan_over, and those of the gate.
func (s *Service) Cancel(ctx context.Context, by ident.Account, in ident.Channel, id ident.Plan) (Plan, error) {
	return s.change(ctx, by, in, id, func(p Plan) (Plan, error) {
		p.Cancelled = true
		return p, nil
	})
}

// List returns what somebody may know of, the next first; an empty account is the
// public. Refusals: those of the gate.
func (s *Service) List(ctx context.Context, by ident.Account, in ident.Channel) (out []Plan, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		out, err = s.known(ctx, tx, by, in)
		return err
	})
	return out, err
}

// known is what the gate lets somebody know of.
func (s *Service) known(ctx context.Context, tx Tx, by ident.Account, in ident.Channel) ([]Plan, error) {
	facts, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: in}, access.ReadPublic, s.Now())
	if err != nil {
		return nil, err
	}
	all, err := tx.Plans(ctx, in, s.Now(), openMax+1)
	if err != nil {
		return nil, err
	}
	inside := access.Decide(facts, access.ReadPlans, s.Now()).Allowed
	out := []Plan{}
	for _, k := range all {
		if !k.Private || inside {
			out = append(out, k.Restore())
		}
	}
	return out, nil
}

func (s *Service) change(ctx context.Context, by ident.Account, in ident.Channel, id ident.Plan, do func(Plan) (Plan, error)) (p Plan, err error) {
	err = s.Store.Update(ctx, func(tx Tx) error {
		if err := s.own(ctx, tx, by, in); err != nil {
			return err
		}
		kept, found, err := tx.PlanByID(ctx, in, id)
		if err == nil && !found {
			err = fault.New(fault.Missing, "plan_missing", "There is no such planned live.")
		}
		if err != nil {
			return err
		}
		was := kept.Restore()
		if was.Cancelled || !was.Ends().After(s.Now()) {
			p = was
			if next, err := do(was); err == nil && next == was {
				return nil // what was called off is called off again
			}
			return fault.New(fault.Conflict, "plan_over", "This live is over or was cancelled. Plan another.")
		}
		if p, err = do(was); err != nil || p == was {
			return err
		}
		p.Revision++
		p, err = s.edit(ctx, tx, p)
		return err
	})
	return p, err
}

// edit keeps a plan and has those who may know of it read the schedule again. What
// there is to tell is told a little later.
func (s *Service) edit(ctx context.Context, tx Tx, p Plan) (Plan, error) {
	p.Changed = s.Now()
	if p.due.IsZero() {
		p.due = s.Now().Add(settle)
	}
	if err := tx.PutPlan(ctx, p.Keep()); err != nil {
		return p, err
	}
	_, err := tx.Append(ctx, p.told(event.ScheduleEdited{}))
	return p, err
}

// told is an entry of the log whose readers may know of the plan.
func (p Plan) told(payload event.Payload) room.Entry {
	at := room.Address{Channel: p.Channel, Audience: room.Public}
	if p.Private {
		at.Audience = room.Space
	}
	return room.Entry{Address: at, Payload: payload}
}

func (s *Service) own(ctx context.Context, tx Tx, by ident.Account, in ident.Channel) error {
	_, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: in}, access.RunChannel, s.Now())
	return err
}

func (w Wish) apply(p Plan, now time.Time) (Plan, error) {
	if w.Title != nil || p.Title == "" {
		var wanted string
		if w.Title != nil {
			wanted = *w.Title
		}
		title, ok := text.Line(wanted)
		if n := utf8.RuneCountInString(title); !ok || n < 1 || n > titleMax {
			return p, fault.New(fault.Invalid, "title_invalid", "A title has 1 to %d printable characters.", titleMax)
		}
		p.Title = title
	}
	if w.Length != nil {
		if *w.Length < 0 || *w.Length > lengthMax {
			return p, errTime()
		}
		p.Length = w.Length.Truncate(time.Minute)
	}
	if w.Starts != nil || p.Starts.IsZero() {
		if w.Starts == nil {
			return p, errTime()
		}
		starts := w.Starts.UTC().Truncate(time.Minute)
		if !starts.Equal(p.Starts) && (starts.Before(now.Truncate(time.Minute)) || starts.After(now.Add(aheadMax))) {
			return p, errTime()
		}
		p.Starts = starts
	}
	return p, nil
}

func errTime() *fault.Fault {
	return fault.New(fault.Invalid, "plan_time_invalid", "A planned live starts between now and two years from now, and lasts at most a day.")
}
