package poll

import (
	"context"
	"slices"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// In returns the newest polls of a room for somebody who may read it, with their
// own votes, and with how many chose what where the room may see that.
func (s *Service) In(ctx context.Context, by ident.Account, at room.Address) ([]Seen, error) {
	var out []Seen
	err := s.Store.View(ctx, func(tx Tx) error {
		facts, err := s.facts(ctx, tx, by, at.Channel)
		if err != nil {
			return err
		}
		level, err := levelOf(ctx, tx, at, facts, s)
		if err != nil {
			return err
		}
		if f := reads(facts, at, level, s.Now()); f != nil {
			return f
		}
		polls, err := tx.PollsAt(ctx, at, listLimit)
		if err != nil {
			return err
		}
		out, err = seen(ctx, tx, by, polls)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, p := range out {
		if out[i].Votes, err = s.shown(ctx, p.Poll); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// levelOf returns from which level of tier on a room may be read.
func levelOf(ctx context.Context, tx Tx, at room.Address, facts access.Facts, s *Service) (int, error) {
	if at.Audience != room.ThreadRoom {
		return 1, nil
	}
	if f := access.Decide(facts, access.ReadSpace, s.Now()).Fault(s.Now()); f != nil {
		return 0, f
	}
	t, ok, err := tx.ThreadAt(ctx, at.Thread)
	if err == nil && (!ok || t.Channel != at.Channel) {
		err = room.ThreadMissing()
	}
	return t.Level, err
}

// Of returns the newest polls of all rooms of a channel, with how many chose what,
// for its creator. Within a scope these are the polls of the rooms that it reads.
func (s *Service) Of(ctx context.Context, by ident.Account, channel ident.Channel) ([]Seen, error) {
	var out []Seen
	err := s.Store.View(ctx, func(tx Tx) error {
		facts, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunPolls, s.Now())
		if err != nil {
			return err
		}
		read := slices.DeleteFunc([]room.Audience{room.Public, room.Space, room.ThreadRoom}, func(a room.Audience) bool {
			return !access.Decide(facts, access.Reading(a), s.Now()).Allowed
		})
		polls, err := tx.PollsOf(ctx, channel, read, listLimit)
		if err != nil {
			return err
		}
		if out, err = seen(ctx, tx, by, polls); err != nil {
			return err
		}
		counts, err := tx.CountVotes(ctx, open(polls))
		for i, p := range out {
			if out[i].Votes = p.Final; p.ClosedAt.IsZero() {
				out[i].Votes = counted(counts[p.ID], p.Poll)
			}
		}
		return err
	})
	return out, err
}

// Asked reports whether a room has an open poll. It asks no gate: whoever calls it has.
func (s *Service) Asked(ctx context.Context, at room.Address) (asked bool, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		asked, err = tx.OpenPollAt(ctx, at)
		return err
	})
	return asked, err
}

// Current returns a room's open poll as everybody in it may see it; false: there
// is none. It asks no gate: whoever calls it has.
func (s *Service) Current(ctx context.Context, at room.Address) (Seen, bool, error) {
	var polls []Poll
	err := s.Store.View(ctx, func(tx Tx) (err error) {
		polls, err = tx.PollsAt(ctx, at, 1)
		return err
	})
	if err != nil || len(polls) == 0 || !polls[0].ClosedAt.IsZero() {
		return Seen{}, false, err
	}
	votes, err := s.shown(ctx, polls[0])
	return Seen{polls[0], None, votes}, true, err
}

// Totals returns how many chose what in polls, of those that show it while they
// are open, and are.
func (s *Service) Totals(ctx context.Context, ids []ident.Poll) (map[ident.Poll][]int, error) {
	out := map[ident.Poll][]int{}
	err := s.Store.View(ctx, func(tx Tx) error {
		polls, err := tx.PollsToVote(ctx, ids)
		if err != nil {
			return err
		}
		var live []ident.Poll
		for _, p := range polls {
			if p.Live && p.ClosedAt.IsZero() {
				live = append(live, p.ID)
			}
		}
		counts, err := tx.CountVotes(ctx, live)
		for _, id := range live {
			out[id] = counted(counts[id], polls[id])
		}
		return err
	})
	return out, err
}

// shown returns how many chose what as the room may see it; nil: it may not yet.
func (s *Service) shown(ctx context.Context, p Poll) ([]int, error) {
	switch {
	case !p.Shown():
		return nil, nil
	case !p.ClosedAt.IsZero():
		return p.Final, nil
	}
	counts, err := s.Count(ctx, p.ID)
	return counted(counts, p), err
}

// seen adds to polls what somebody chose in them.
func seen(ctx context.Context, tx Tx, by ident.Account, polls []Poll) ([]Seen, error) {
	out, voters := make([]Seen, len(polls)), make([]Voter, len(polls))
	for i, p := range polls {
		out[i], voters[i] = Seen{p, None, nil}, Voter{p.ID, by}
	}
	if by == "" {
		return out, nil
	}
	choices, err := tx.ChoicesOf(ctx, voters)
	for i, v := range voters {
		if choice, voted := choices[v]; voted {
			out[i].Choice = choice
		}
	}
	return out, err
}

func open(polls []Poll) (ids []ident.Poll) {
	for _, p := range polls {
		if p.ClosedAt.IsZero() {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func (s *Service) facts(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel) (access.Facts, error) {
	return access.FactsOf(ctx, tx, access.Subject{Account: by, Channel: channel})
}
