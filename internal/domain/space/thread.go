// Package space is what the creator sets up inside the Sub Space.
//
// Owns: threads, the topics that are suggested for them, how far each person has
// read, the room's name, picture and words of welcome, and what of it is told to
// those outside. Promises: a thread is a log of its own, and nobody learns of a
// thread that their tier does not open; outside nothing is told that the creator did
// not tick; a change commits together with its events. Does not do: writing into
// rooms and threads (package chat), deciding who is inside (package access).
package space

import (
	"cmp"
	"context"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/text"
)

// Thread is one topic of a Sub Space, with its own log.
type Thread struct {
	room.Thread
	Title    string // empty when Prompt is the title
	Prompt   string // the suggested topic it began with; empty: the creator's own
	Pinned   bool
	OpenedBy ident.Account
	OpenedAt time.Time
	Messages int64     // that were ever written
	MovedAt  time.Time // when the newest was written; of none, when the thread was opened
	Last     *Line     // nil: nothing was written, or it was removed
	Head     int64     // the log's last sequence
	Seen     int64     // up to where who asks has read; zero: nothing
	Unread   int64     // messages of others after that
}

// Line is the newest message of a thread, as a list shows it.
type Line struct {
	Name string
	Text string
}

// The bounds of threads.
const (
	titleMax = 80
	// openMax is how many threads of a channel may stand outside the archive, and
	// how many of it are listed.
	openMax = 200
)

// Tx is what threads need inside one transaction.
type Tx interface {
	room.Appender
	access.Tx
	audit.Recorder
	InsertThread(ctx context.Context, t Thread) error
	SetThread(ctx context.Context, t Thread) error
	// ThreadByID reports false when the channel has no such thread.
	ThreadByID(ctx context.Context, channel ident.Channel, id ident.Thread) (Thread, bool, error)
	// Threads returns those up to a level, the pinned ones first, then those that
	// moved last, with what the account has not read of each.
	Threads(ctx context.Context, channel ident.Channel, by ident.Account, level int, archived bool, limit int) ([]Thread, error)
	// CountOpenThreads counts those that are not archived.
	CountOpenThreads(ctx context.Context, channel ident.Channel) (int, error)
	ReadingTx
	SetupTx
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Service is the Sub Space's furniture.
type Service struct {
	// Redraw makes a square PNG of so many pixels of an uploaded picture, or refuses it.
	Redraw func(ctx context.Context, upload []byte, side int) (png []byte, err error)

	store Store
	ids   *ident.Source
	now   func() time.Time
}

// NewService returns the service.
func NewService(store Store, ids *ident.Source, now func() time.Time) *Service {
	return &Service{store: store, ids: ids, now: now}
}

// Opening is the wish to open a thread.
type Opening struct {
	Channel ident.Channel
	Kind    room.ThreadKind
	Title   string
	Prompt  string // a suggested topic; with it the title may be empty
	Level   int    // zero and one: for every subscriber
}

// Open opens a thread. Only the creator may. Refusals: title_invalid,
// thread_kind_invalid, prompt_missing, level_invalid, too_many_threads, and those
// of the gate.
func (s *Service) Open(ctx context.Context, by ident.Account, o Opening) (Thread, error) {
	t, err := s.thread(by, o)
	if err != nil {
		return Thread{}, err
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		if _, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: o.Channel}, access.RunChannel, s.now()); err != nil {
			return err
		}
		n, err := tx.CountOpenThreads(ctx, o.Channel)
		if err != nil {
			return err
		}
		if n >= openMax {
			return tooMany()
		}
		if err := tx.InsertThread(ctx, t); err != nil {
			return err
		}
		_, err = tx.Append(ctx, told(t, event.ThreadOpened{
			Thread: t.ID, Kind: string(t.Kind), Title: t.Title, Prompt: t.Prompt, Level: t.Level,
		})...)
		return err
	})
	return t, err
}

func (s *Service) thread(by ident.Account, o Opening) (Thread, error) {
	t := Thread{
		Thread: room.Thread{ID: ident.Make[ident.Thread](s.ids), Channel: o.Channel, Kind: o.Kind, Level: max(1, o.Level)},
		Prompt: o.Prompt, OpenedBy: by, OpenedAt: s.now(), MovedAt: s.now(),
	}
	if t.Kind != room.TopicThread && t.Kind != room.UpdateThread {
		return t, fault.New(fault.Invalid, "thread_kind_invalid", "A thread is a 'topic' or an 'update'.")
	}
	if t.Prompt != "" && !suggested(t.Prompt) {
		return t, fault.New(fault.Invalid, "prompt_missing", "There is no suggested topic of that name.")
	}
	if t.Level > access.LevelMax || o.Level < 0 {
		return t, fault.New(fault.Invalid, "level_invalid", "A thread is for a level of tier between 1 and %d.", access.LevelMax)
	}
	var err error
	if t.Prompt == "" || o.Title != "" {
		t.Title, err = cleanTitle(o.Title)
	}
	return t, err
}

func cleanTitle(title string) (string, error) {
	title, ok := text.Line(title)
	if n := utf8.RuneCountInString(title); !ok || n < 1 || n > titleMax {
		return "", fault.New(fault.Invalid, "title_invalid", "A title has 1 to %d printable characters.", titleMax)
	}
	return title, nil
}

// Change is what staff may set of a thread. Nil leaves as it is.
type Change struct {
	Title    *string // the creator only
	Pinned   *bool
	Closed   *bool // this and the next: staff, but for assistants
	Archived *bool
}

// Change sets what is given and tells who may read the thread. Staff may.
// Refusals: title_invalid, thread_missing, too_many_threads, and those of the gate.
func (s *Service) Change(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Thread, ch Change) (t Thread, err error) {
	act := access.Moderate
	if ch.Closed != nil || ch.Archived != nil {
		act = access.SetManners
	}
	if ch.Title != nil {
		act = access.RunChannel
		title, err := cleanTitle(*ch.Title)
		if err != nil {
			return Thread{}, err
		}
		ch.Title = &title
	}
	err = s.store.Update(ctx, func(tx Tx) error {
		actor, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, act, s.now())
		if err != nil {
			return err
		}
		was, ok, err := tx.ThreadByID(ctx, channel, id)
		if err != nil {
			return err
		}
		if !ok {
			return room.ThreadMissing()
		}
		if t = ch.apply(was); t == was {
			return nil
		}
		if was.Archived && !t.Archived {
			n, err := tx.CountOpenThreads(ctx, channel)
			if err != nil {
				return err
			}
			if n >= openMax {
				return tooMany()
			}
		}
		if err := tx.SetThread(ctx, t); err != nil {
			return err
		}
		e := audit.By(actor, audit.ThreadChanged, s.now()).About("", cmp.Or(was.Title, was.Prompt)).Changing(was.state(), t.state())
		if err := tx.Record(ctx, e); err != nil {
			return err
		}
		_, err = tx.Append(ctx, told(t, event.ThreadChanged{
			Thread: t.ID, Title: t.Title, Pinned: t.Pinned, Closed: t.Closed, Archived: t.Archived,
		})...)
		return err
	})
	return t, err
}

// state is what may be set of a thread, as the audit log has it.
func (t Thread) state() audit.State {
	return audit.State{
		"title": t.Title, "pinned": strconv.FormatBool(t.Pinned), "closed": strconv.FormatBool(t.Closed),
		"archived": strconv.FormatBool(t.Archived),
	}
}

func (ch Change) apply(t Thread) Thread {
	if ch.Title != nil {
		t.Title = *ch.Title
	}
	for _, set := range []struct{ to, it *bool }{{ch.Pinned, &t.Pinned}, {ch.Closed, &t.Closed}, {ch.Archived, &t.Archived}} {
		if set.to != nil {
			*set.it = *set.to
		}
	}
	return t
}

// List returns the threads that somebody inside may read: the pinned ones first,
// then those in which something was written last.
func (s *Service) List(ctx context.Context, by ident.Account, channel ident.Channel, archived bool) (ts []Thread, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		facts, err := access.AllowIn(ctx, tx, access.Subject{Account: by, Channel: channel}, access.ReadSpace, s.now())
		if err != nil {
			return err
		}
		ts, err = tx.Threads(ctx, channel, by, access.HighestLevel(facts, s.now()), archived, openMax)
		return err
	})
	return ts, err
}

// told is what a thread's event is written as: in its own log, and in that of the
// Sub Space where everybody there may know.
func told(t Thread, p event.Payload) []room.Entry {
	entries := []room.Entry{{Address: t.Address(), Payload: p}}
	if t.Level <= 1 {
		entries = append(entries, room.Entry{Address: room.Address{Channel: t.Channel, Audience: room.Space}, Payload: p})
	}
	return entries
}

func tooMany() *fault.Fault {
	return fault.New(fault.Conflict, "too_many_threads", "A Sub Space has at most %d threads outside the archive. Archive one first.", openMax)
}
