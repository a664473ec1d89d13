package poll

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Opening is the wish to open a poll.
type Opening struct {
	room.Address
	Key        string
	Question   string
	Options    []string
	Changeable bool
	Live       bool
	ClosesIn   time.Duration // zero: it stays open until the creator closes it
}

// Ask opens a poll in a room and tells the room. Only the creator may; the same
// key asks once. Refusals: poll_invalid, options_invalid, closing_invalid,
// poll_open, thread_missing, thread_closed, and those of the gate.
func (s *Service) Ask(ctx context.Context, by ident.Account, o Opening) (Poll, error) {
	if err := s.CleanKey(o.Key); err != nil {
		return Poll{}, err
	}
	p, err := s.poll(by, o)
	if err != nil {
		return Poll{}, err
	}
	err = s.Store.Update(ctx, func(tx Tx) (err error) {
		p, err = s.ask(ctx, tx, p, o.Key)
		return err
	})
	return p, err
}

func (s *Service) ask(ctx context.Context, tx Tx, p Poll, key string) (Poll, error) {
	if _, err := access.AllowIn(ctx, tx, access.Subject{Account: p.Opener, Channel: p.Channel}, access.RunChannel, s.Now()); err != nil {
		return p, err
	}
	if p.Audience == room.ThreadRoom {
		t, ok, err := tx.ThreadAt(ctx, p.Thread)
		switch {
		case err != nil:
			return p, err
		case !ok || t.Channel != p.Channel:
			return p, room.ThreadMissing()
		case t.Archived:
			return p, fault.New(fault.Conflict, "thread_closed", "This thread is closed. It can be read, and nobody writes in it any more.")
		}
		p.Level = t.Level
	}
	open, err := tx.OpenPollAt(ctx, p.Address)
	if err != nil {
		return p, err
	}
	if open {
		if old, err := tx.PollByKey(ctx, p.Address, p.Opener, key); err == nil && old.ID != "" {
			return old, nil
		}
		return p, fault.New(fault.Conflict, "poll_open", "A poll is open in this room already. Close it first.")
	}
	fresh, err := tx.InsertPoll(ctx, p, key)
	if err != nil {
		return p, err
	}
	if !fresh {
		return tx.PollByKey(ctx, p.Address, p.Opener, key)
	}
	_, err = tx.Append(ctx, room.Entry{Address: p.Address, Payload: opened(p)})
	return p, err
}

// poll returns what is asked, as it may be shown.
func (s *Service) poll(by ident.Account, o Opening) (Poll, error) {
	now := s.Now()
	p := Poll{
		ID: ident.Make[ident.Poll](s.IDs), Address: o.Address, Level: 1, Opener: by,
		Changeable: o.Changeable, Live: o.Live, OpenedAt: now,
	}
	if p.Audience != room.Public && p.Audience != room.Space && p.Audience != room.ThreadRoom {
		return p, fault.New(fault.Missing, "room_missing", "There is no such room. Rooms are 'public' and 'space'.")
	}
	var ok bool
	if p.Question, ok = line(o.Question, questionMax); !ok {
		return p, fault.New(fault.Invalid, "poll_invalid", "A poll asks something in 1 to %d printable characters.", questionMax)
	}
	for _, option := range o.Options {
		option, ok := line(option, optionMax)
		if !ok || slices.Contains(p.Options, option) {
			return p, optionsInvalid()
		}
		p.Options = append(p.Options, option)
	}
	if len(p.Options) < optionsMin || len(p.Options) > optionsMax {
		return p, optionsInvalid()
	}
	if o.ClosesIn != 0 {
		if o.ClosesIn < closesSoonest || o.ClosesIn > closesLatest {
			return p, fault.New(fault.Invalid, "closing_invalid", "A poll closes by itself after 10 seconds at the earliest and 30 days at the latest.")
		}
		p.ClosesAt = now.Add(o.ClosesIn)
	}
	return p, nil
}

func optionsInvalid() *fault.Fault {
	return fault.New(fault.Invalid, "options_invalid", "A poll has %d to %d options, each another one, of 1 to %d printable characters.", optionsMin, optionsMax, optionMax)
}

func line(words string, most int) (string, bool) {
	words, ok := text.Line(words)
	n := utf8.RuneCountInString(words)
	return words, ok && n >= 1 && n <= most
}

func opened(p Poll) event.PollOpened {
	e := event.PollOpened{Poll: p.ID, Question: p.Question, Options: p.Options, Changeable: p.Changeable, Results: "end"}
	if p.Live {
		e.Results = "live"
	}
	if !p.ClosesAt.IsZero() {
		at := event.Time(p.ClosesAt)
		e.ClosesAt = &at
	}
	return e
}
