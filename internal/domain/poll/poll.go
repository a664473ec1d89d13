// Package poll lets a room choose.
//
// Owns: polls, their options, votes, when they close and what was chosen.
// Promises: a person has one vote in a poll, from however many devices; a vote
// that was acknowledged before the poll closed is in its result, and none is taken
// after; how many chose what is known to nobody but the creator before the poll
// shows it; nothing of a poll leaves the room that it stands in; a room has at most
// one open poll. Does not do: deciding who may read a room or write in it (package
// access), sending totals to a room.
package poll

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/batch"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Poll is a question with options that a room chooses from.
type Poll struct {
	ID ident.Poll
	room.Address
	Level      int  // from which level of tier on its room may be read; one: by everybody who is in
	Silent     bool // nobody votes: its thread is closed, but staff do
	Archived   bool // nobody at all does: its thread is in the archive
	Opener     ident.Account
	Question   string
	Options    []string
	Changeable bool // voters may change their vote
	Live       bool // readers see how many chose what while it is open

	OpenedAt time.Time
	ClosesAt time.Time // by itself; zero: when the creator closes it
	ClosedAt time.Time // zero while it is open
	Final    []int     // what was counted then; nil while it is open
}

// Open reports whether votes are taken at now.
func (p Poll) Open(now time.Time) bool {
	return p.ClosedAt.IsZero() && (p.ClosesAt.IsZero() || now.Before(p.ClosesAt))
}

// Shown reports whether those who read the room see how many chose what.
func (p Poll) Shown() bool { return p.Live || !p.ClosedAt.IsZero() }

// Seen is a poll as one person may see it.
type Seen struct {
	Poll
	Choice int   // of the person; None: they have not voted
	Votes  []int // for each option; nil: not shown
}

// None stands where nothing was chosen.
const None = -1

// Voter names a vote: one person in one poll.
type Voter struct {
	Poll    ident.Poll
	Account ident.Account
}

// Ballot is what a voter chose.
type Ballot struct {
	Voter
	Choice int
}

// Tx is what polls need inside one transaction. What votes ask is asked for a set,
// so that a batch of them costs a handful of statements.
type Tx interface {
	room.Appender
	access.Tx
	ThreadAt(ctx context.Context, id ident.Thread) (room.Thread, bool, error)

	// InsertPoll reports false when its opener used the key in its room before.
	InsertPoll(ctx context.Context, p Poll, key string) (bool, error)
	PollByKey(ctx context.Context, at room.Address, opener ident.Account, key string) (Poll, error)
	// OpenPollAt reports whether a room has an open poll.
	OpenPollAt(ctx context.Context, at room.Address) (bool, error)
	// PollsAt returns a room's polls, the newest first.
	PollsAt(ctx context.Context, at room.Address, limit int) ([]Poll, error)
	// PollsOf returns those of all rooms of a channel of some audiences, the open
	// ones first, then the newest.
	PollsOf(ctx context.Context, channel ident.Channel, audiences []room.Audience, limit int) ([]Poll, error)
	// PollsDue returns those that should have closed by now.
	PollsDue(ctx context.Context, now time.Time, limit int) ([]Poll, error)
	// PollsToVote returns polls, none of which closes until the transaction ends.
	PollsToVote(ctx context.Context, ids []ident.Poll) (map[ident.Poll]Poll, error)
	// PollToClose returns a poll in which nobody votes until the transaction ends.
	PollToClose(ctx context.Context, channel ident.Channel, id ident.Poll) (Poll, bool, error)
	// SetClosed writes when a poll closed, and what was counted.
	SetClosed(ctx context.Context, p Poll) error

	ChoicesOf(ctx context.Context, voters []Voter) (map[Voter]int, error)
	// PutVotes writes ballots, each voter once. One that stands in a poll that is
	// not changeable stays as it is.
	PutVotes(ctx context.Context, ballots []Ballot, at time.Time) error
	// CountVotes counts those of polls, for each option.
	CountVotes(ctx context.Context, ids []ident.Poll) (map[ident.Poll][]int, error)
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Pacer says whether somebody may vote now. A refusal is its error.
type Pacer interface{ Take(key string) error }

// Config is what a Service stands on.
type Config struct {
	Store    Store
	IDs      *ident.Source
	Now      func() time.Time
	Pace     Pacer
	CleanKey func(string) error
	// Voted hears, after the commit, that the totals that a room sees are others. It
	// does not wait; nil: nobody.
	Voted func(room.Address, ident.Poll)
	// Count counts the votes of a poll outside of a transaction, as they stood at
	// some moment after it was called.
	Count func(ctx context.Context, id ident.Poll) ([]int, error)
}

// Service is the polls of all rooms. It writes the votes that arrive while the
// previous commit runs together.
type Service struct {
	Config
	writer *batch.Writer[*vote]
}

// NewService returns the service; Run must be running for Vote to answer.
func NewService(c Config) *Service {
	s := &Service{Config: c}
	s.writer = batch.NewWriter(s.write)
	return s
}

// The bounds of polls.
const (
	optionsMin, optionsMax = 2, 6
	questionMax            = 200 // characters
	optionMax              = 80
	closesSoonest          = 10 * time.Second
	closesLatest           = 30 * 24 * time.Hour
	listLimit              = 20
)

// Pace returns the limit that a Pacer for votes should hold.
func Pace() (tries int, every time.Duration) { return 30, time.Second }

func missing() *fault.Fault {
	return fault.New(fault.Missing, "poll_missing", "There is no such poll.")
}

func closed() *fault.Fault {
	return fault.New(fault.Conflict, "poll_closed", "This poll is closed. No more votes are taken.")
}

// reads is the gate's word on a room for somebody: nil, or its refusal. Of a
// thread that their tier does not open they hear what they would of none.
func reads(f access.Facts, at room.Address, level int, now time.Time) *fault.Fault {
	if f := access.Decide(f, access.Reading(at.Audience), now).Fault(now); f != nil {
		return f
	}
	if !access.Decide(f.From(level), access.Reading(at.Audience), now).Allowed {
		return room.ThreadMissing()
	}
	return nil
}
