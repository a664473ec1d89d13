// Package digest tells somebody inside what they missed.
//
// Owns: visits to the Sub Space, and what happened between two of them. Promises:
// a digest holds what its reader may read at the moment at which they ask, and
// counts nothing else; what was put away is not told again on any device; it is
// bounded, however much was missed. Does not do: how far rooms were read (package
// space), the notice that one's own question was answered (package question).
package digest

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Digest is what others did inside during an absence.
type Digest struct {
	Visit
	Mentions []Mention // of the reader; the newest first, as all lists here
	Updates  []Update
	Polls    []Poll
	Answers  []Answer
	Threads  []Thread
	Missed   Missed
}

// ListMax is how many entries each list of a digest has at most.
const ListMax = 20

// Thread names a thread that something happened in.
type Thread struct {
	ID     ident.Thread
	Title  string // empty: Prompt is the title
	Prompt string
}

// Mention is a message that means the reader.
type Mention struct {
	Thread ident.Thread // that it stands in; empty: in the room
	Seq    int64
	Name   string // of who wrote it
	Text   string
	At     time.Time
}

// Update is what the creator posted into one thread.
type Update struct {
	Thread
	Posts int    // that still stand, among the newest of its thread
	More  bool   // there may be more than those
	Text  string // of the newest
	At    time.Time
}

// Poll is one that opened or closed.
type Poll struct {
	ID       ident.Poll
	Thread   ident.Thread // that it stands in; empty: in the room
	Question string
	ClosedAt time.Time // zero while it is open
	Options  []Option  // what was chosen; nil while it is open
}

// Option is something that could be chosen, and how many did.
type Option struct {
	Text  string
	Votes int
}

// Answer is a question that was answered.
type Answer struct {
	ID     ident.Question
	Text   string
	Mine   bool
	Live   bool          // it was on air during a broadcast
	Offset time.Duration // into the broadcast at which it went on air
	Reply  string        // the answer in text
	At     time.Time
}

// Missed is how many messages of others came meanwhile, among the newest of the room
// and of each thread. More: there may be more than those.
type Missed struct {
	Room, Threads         int
	RoomMore, ThreadsMore bool
}

// Worth reports whether there is anything to tell. After a short absence messages
// and new threads alone are not.
func (d Digest) Worth() bool {
	if len(d.Mentions)+len(d.Updates)+len(d.Polls)+len(d.Answers) > 0 {
		return true
	}
	return d.Until.Sub(d.Since) >= Break && len(d.Threads)+d.Missed.Room+d.Missed.Threads > 0
}

// Window is what of a channel is looked through: what others did after a moment and
// up to another, in rooms for up to a level of tier.
type Window struct {
	Channel      ident.Channel
	By           ident.Account
	Level        int
	Since, Until time.Time
}

// Tx is what digests need inside one transaction.
type Tx interface {
	access.FactsReader
	// VisitOf returns a person's visit, which nobody else changes until the
	// transaction ends; false: they never came.
	VisitOf(ctx context.Context, by ident.Account, channel ident.Channel) (Visit, bool, error)
	PutVisit(ctx context.Context, by ident.Account, channel ident.Channel, v Visit) error
	MissedMentions(ctx context.Context, w Window) ([]Mention, error)
	MissedUpdates(ctx context.Context, w Window) ([]Update, error)
	MissedPolls(ctx context.Context, w Window) ([]Poll, error)
	MissedAnswers(ctx context.Context, w Window) ([]Answer, error)
	MissedThreads(ctx context.Context, w Window) ([]Thread, error)
	MissedMessages(ctx context.Context, w Window) (Missed, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Pacer slows down whoever does something too often; its error says how long to wait.
type Pacer interface{ Take(key string) error }

// Pace returns the limit that a Pacer for one person in one channel should hold: a
// page asks twice on coming, and once every two minutes.
func Pace() (tries int, every time.Duration) { return 30, 3 * time.Second }

// Service is the memory of visits.
type Service struct {
	Store Store
	Now   func() time.Time
	Pace  Pacer // nil: as often as they like
}

func (s *Service) pace(by ident.Account, channel ident.Channel) error {
	if s.Pace == nil {
		return nil
	}
	if f := fault.Of(s.Pace.Take(string(by) + "\x00" + string(channel))); f != nil {
		return fault.New(fault.Limited, "slow_down", "You are asking too often. Please wait a moment.").After(f.RetryAfter)
	}
	return nil
}

// Come says that somebody looks at the Sub Space now. Refusals: slow_down, and those
// of the gate to whoever may not read it.
func (s *Service) Come(ctx context.Context, by ident.Account, channel ident.Channel) (v Visit, err error) {
	return s.change(ctx, by, channel, func(v Visit, _ bool) Visit { return v.Heard(s.Now()) })
}

// PutAway ends what is told: of what happened up to a moment nothing is told again.
// Refusals: those of the gate to whoever may not read the Sub Space.
func (s *Service) PutAway(ctx context.Context, by ident.Account, channel ident.Channel, until time.Time) (Visit, error) {
	return s.change(ctx, by, channel, func(v Visit, came bool) Visit {
		if !came {
			return v
		}
		return v.PutAway(until)
	})
}

func (s *Service) change(ctx context.Context, by ident.Account, channel ident.Channel, change func(v Visit, came bool) Visit) (now Visit, err error) {
	if err := s.pace(by, channel); err != nil {
		return now, err
	}
	err = s.Store.Update(ctx, func(tx Tx) error {
		if _, err := s.inside(ctx, tx, by, channel); err != nil {
			return err
		}
		was, came, err := tx.VisitOf(ctx, by, channel)
		if err != nil {
			return err
		}
		if now = change(was, came); now == was {
			return nil
		}
		return tx.PutVisit(ctx, by, channel, now)
	})
	return now, err
}

// Read returns what somebody missed; nothing, when there is nothing worth telling.
// The creator made what is told of, and is told of messages and mentions only.
// Refusals: slow_down, and those of the gate to whoever may not read the Sub Space.
func (s *Service) Read(ctx context.Context, by ident.Account, channel ident.Channel) (d Digest, err error) {
	if err := s.pace(by, channel); err != nil {
		return d, err
	}
	err = s.Store.View(ctx, func(tx Tx) error {
		d = Digest{}
		facts, err := s.inside(ctx, tx, by, channel)
		if err != nil {
			return err
		}
		if d.Visit, _, err = tx.VisitOf(ctx, by, channel); err != nil || !d.Since.Before(d.Until) {
			return err
		}
		w := Window{Channel: channel, By: by, Level: access.HighestLevel(facts, s.Now()), Since: d.Since, Until: d.Until}
		if err := d.fill(ctx, tx, w, facts.Role == access.RoleOwner); err != nil {
			return err
		}
		if !d.Worth() {
			d = Digest{Visit: d.Visit}
		}
		return nil
	})
	return d, err
}

func (d *Digest) fill(ctx context.Context, tx Tx, w Window, owner bool) (err error) {
	if d.Mentions, err = tx.MissedMentions(ctx, w); err != nil {
		return err
	}
	if d.Missed, err = tx.MissedMessages(ctx, w); err != nil || owner {
		return err
	}
	if d.Updates, err = tx.MissedUpdates(ctx, w); err != nil {
		return err
	}
	if d.Polls, err = tx.MissedPolls(ctx, w); err != nil {
		return err
	}
	if d.Answers, err = tx.MissedAnswers(ctx, w); err != nil {
		return err
	}
	d.Threads, err = tx.MissedThreads(ctx, w)
	return err
}

// inside is the gate's word on reading the Sub Space. Nothing that is told of is
// changed, so no log is locked for it.
func (s *Service) inside(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel) (access.Facts, error) {
	return access.AllowUnlocked(ctx, tx, access.Subject{Account: by, Channel: channel}, access.ReadSpace, s.Now())
}
