package access

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Tx is what a decision inside a transaction needs. The Tx of each feature that
// asks the gate embeds it.
type Tx interface {
	FactsReader
	// LockLogs orders this transaction among those that touch the channels' logs,
	// until it ends.
	LockLogs(ctx context.Context, channels ...ident.Channel) error
}

// AllowIn decides inside a transaction: no fact can change between the answer
// and the commit. A refusal is the error; the facts serve what comes next.
func AllowIn(ctx context.Context, tx Tx, s Subject, a Action, now time.Time) (Facts, error) {
	if err := tx.LockLogs(ctx, s.Channel); err != nil {
		return Facts{}, err
	}
	return AllowUnlocked(ctx, tx, s, a, now)
}

// AllowUnlocked is AllowIn for what changes nothing that the gate decides on: a fact
// may change before the commit.
func AllowUnlocked(ctx context.Context, tx FactsReader, s Subject, a Action, now time.Time) (Facts, error) {
	facts, err := FactsOf(ctx, tx, s)
	if err != nil {
		return Facts{}, err
	}
	if f := Decide(facts.From(s.Level), a, now).Fault(now); f != nil {
		return facts, f
	}
	return facts, nil
}

// FactsOf reads the facts of one subject, within the scope of ctx; 'channel_missing' when there is no such
// channel.
func FactsOf(ctx context.Context, tx FactsReader, s Subject) (Facts, error) {
	read, err := tx.Facts(ctx, []Subject{s.person()})
	if err != nil {
		return Facts{}, err
	}
	facts, ok := read[s.person()]
	if !ok {
		return Facts{}, fault.New(fault.Missing, "channel_missing", "There is no such channel.")
	}
	return facts.Within(ScopeOf(ctx)), nil
}

// Reading is the action that reading a room's log is.
func Reading(a room.Audience) Action {
	switch a {
	case room.Public:
		return ReadPublic
	case room.Space:
		return ReadSpace
	case room.ThreadRoom:
		return ReadThread
	}
	return ReadBusiness
}

// Posting is the action that writing into a room is; none where nobody writes.
func Posting(a room.Audience) Action {
	switch a {
	case room.Public:
		return PostPublic
	case room.Space:
		return PostSpace
	case room.ThreadRoom:
		return PostThread
	}
	return ""
}

// Emoting is the action that writing an emote of a level of tier is; zero is for
// everybody.
func Emoting(level int) Action {
	if level == 0 {
		return UseEmote
	}
	return UseTierEmote
}

// Polling is the action that voting in a poll of a room is: whoever may write
// there may vote there.
func Polling(a room.Audience) Action {
	switch a {
	case room.Public:
		return PollPublic
	case room.Space, room.ThreadRoom:
		return PollSpace
	}
	return RunChannel
}
