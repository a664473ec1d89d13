package poll

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/batch"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Vote is the wish to choose an option of a poll.
type Vote struct {
	By      ident.Account
	Channel ident.Channel
	Poll    ident.Poll
	Choice  int
}

// vote is one that waits to be written, with its answer.
type vote struct {
	Vote
	scope access.Scope // it is given within
	err   error
}

func (v *vote) voter() Voter { return Voter{v.Poll, v.By} }

// Vote gives somebody's vote, or changes it where the creator allows that, and
// returns after the commit. Whoever may write in the room may vote. A repetition
// changes nothing. Refusals: poll_closed, vote_stays, option_missing, poll_missing,
// thread_closed, slow_down, storage_busy, and those of the gate.
func (s *Service) Vote(ctx context.Context, v Vote) error {
	if v.By == "" {
		return access.Decision{Reason: "sign_in"}.Fault(s.Now())
	}
	if s.Pace != nil {
		if f := fault.Of(s.Pace.Take(string(v.By) + "\x00" + string(v.Channel))); f != nil {
			return fault.New(fault.Limited, "slow_down", "You are voting too fast. Please wait a moment.").After(f.RetryAfter)
		}
	}
	w := &vote{Vote: v, scope: access.ScopeOf(ctx)}
	err := s.writer.Do(ctx, w)
	if errors.Is(err, batch.ErrFull) {
		err = fault.New(fault.Unavailable, "storage_busy", "The server has too much to write right now. Please try again.").After(time.Second)
	}
	if err != nil {
		return err
	}
	return w.err
}

// Run writes what Vote queues until ctx ends; then it refuses what still waits.
func (s *Service) Run(ctx context.Context) error { return s.writer.Run(ctx) }

// write writes votes in one transaction, and says which rooms see other totals.
func (s *Service) write(ctx context.Context, votes []*vote) error {
	var moved map[ident.Poll]room.Address
	err := s.Store.Update(ctx, func(tx Tx) (err error) {
		moved, err = s.take(ctx, tx, votes)
		return err
	})
	if err == nil && s.Voted != nil {
		for id, at := range moved {
			s.Voted(at, id)
		}
	}
	return err
}

// take decides and writes votes in their order. A refusal is kept in its vote and
// does not touch the others. No log is locked: what a vote depends on is that its
// poll does not close meanwhile, and that is so for as many as like to vote.
func (s *Service) take(ctx context.Context, tx Tx, votes []*vote) (map[ident.Poll]room.Address, error) {
	k, err := known(ctx, tx, votes)
	if err != nil {
		return nil, err
	}
	fresh := map[Voter]int{}
	for _, v := range votes {
		if v.err = s.mayVote(v, k); v.err != nil {
			continue
		}
		had, voted := k.choices[v.voter()]
		switch {
		case voted && had == v.Choice:
		case voted && !k.polls[v.Poll].Changeable:
			v.err = stays()
		default:
			k.choices[v.voter()], fresh[v.voter()] = v.Choice, v.Choice
		}
	}
	if len(fresh) == 0 {
		return nil, nil
	}
	if err := tx.PutVotes(ctx, inOrder(fresh), s.Now()); err != nil {
		return nil, err
	}
	return movedBy(fresh, k.polls), s.overtaken(ctx, tx, votes, fresh, k)
}

// overtaken refuses votes that may not be changed and that another node wrote
// first with another choice.
func (s *Service) overtaken(ctx context.Context, tx Tx, votes []*vote, fresh map[Voter]int, k knownOf) error {
	var fixed []Voter
	for voter := range fresh {
		if !k.polls[voter.Poll].Changeable {
			fixed = append(fixed, voter)
		}
	}
	if len(fixed) == 0 {
		return nil
	}
	kept, err := tx.ChoicesOf(ctx, fixed)
	for _, v := range votes {
		if choice, is := kept[v.voter()]; is && v.err == nil && choice != v.Choice {
			v.err = stays()
		}
	}
	return err
}

// inOrder returns ballots in one order everywhere, so that two nodes do not wait
// for each other.
func inOrder(fresh map[Voter]int) []Ballot {
	out := make([]Ballot, 0, len(fresh))
	for voter, choice := range fresh {
		out = append(out, Ballot{voter, choice})
	}
	slices.SortFunc(out, func(a, b Ballot) int {
		return cmp.Or(cmp.Compare(a.Poll, b.Poll), cmp.Compare(a.Account, b.Account))
	})
	return out
}

// movedBy returns the polls whose totals their rooms see, and see change.
func movedBy(fresh map[Voter]int, polls map[ident.Poll]Poll) map[ident.Poll]room.Address {
	moved := map[ident.Poll]room.Address{}
	for voter := range fresh {
		if p := polls[voter.Poll]; p.Live {
			moved[p.ID] = p.Address
		}
	}
	return moved
}

// knownOf is what the votes of a batch are decided on.
type knownOf struct {
	polls   map[ident.Poll]Poll
	facts   map[access.Subject]access.Facts
	choices map[Voter]int
}

func known(ctx context.Context, tx Tx, votes []*vote) (k knownOf, err error) {
	var ids []ident.Poll
	var voters []Voter
	subjects := make([]access.Subject, len(votes))
	for i, v := range votes {
		subjects[i] = access.Subject{Account: v.By, Channel: v.Channel}
		if ident.Is(v.Poll) { // a database may take offence at what is no name
			ids, voters = append(ids, v.Poll), append(voters, v.voter())
		}
	}
	if k.polls, err = tx.PollsToVote(ctx, ids); err != nil {
		return k, err
	}
	if k.facts, err = tx.Facts(ctx, subjects); err != nil {
		return k, err
	}
	k.choices, err = tx.ChoicesOf(ctx, voters)
	return k, err
}

// mayVote decides one vote. Whoever may not read the room that a poll stands in
// does not learn whether it exists.
func (s *Service) mayVote(v *vote, k knownOf) error {
	now := s.Now()
	facts, ok := k.facts[access.Subject{Account: v.By, Channel: v.Channel}]
	if !ok {
		return fault.New(fault.Missing, "channel_missing", "There is no such channel.")
	}
	facts = facts.Within(v.scope)
	p, ok := k.polls[v.Poll]
	if ok = ok && p.Channel == v.Channel; !ok {
		p = Poll{Address: room.Address{Channel: v.Channel, Audience: room.Space}}
	}
	act := access.Polling(p.Audience)
	if f := access.Decide(facts, act, now).Fault(now); f != nil {
		return f
	}
	switch {
	case !ok, !access.Decide(facts.From(p.Level), act, now).Allowed:
		return missing()
	case v.Choice < 0 || v.Choice >= len(p.Options):
		return fault.New(fault.Invalid, "option_missing", "The poll has no such option.")
	case !p.Open(now) && !repeats(v, k):
		return closed()
	case p.Archived, p.Silent && !facts.Role.Staff():
		return fault.New(fault.Conflict, "thread_closed", "This thread is closed. It can be read, and nobody writes in it any more.")
	}
	return nil
}

// repeats reports whether a vote stands as it is wished already.
func repeats(v *vote, k knownOf) bool {
	had, voted := k.choices[v.voter()]
	return voted && had == v.Choice
}

func stays() *fault.Fault {
	return fault.New(fault.Conflict, "vote_stays", "You have voted in this poll. Votes cannot be changed in it.")
}
