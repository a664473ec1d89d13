package chat

import (
	"context"
	"errors"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/batch"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Key names a message before it has a sequence.
type Key struct {
	room.Address
	Author ident.Account
	Key    string
}

// Place names a message by its sequence.
type Place struct {
	room.Address
	Seq int64
}

// Tx is what writing needs inside one transaction. Every question is asked for
// a set, so that a batch of messages costs a handful of statements.
type Tx interface {
	room.Appender
	access.Tx
	audit.Recorder
	ThreadTx
	ModesTx
	PinTx
	PictureTx
	MentionTx
	EmoteTx
	// Names returns the names that accounts are shown by.
	Names(ctx context.Context, accounts []ident.Account) (map[ident.Account]string, error)
	// EventsByKey returns the events already written under keys.
	EventsByKey(ctx context.Context, keys []Key) (map[Key]event.Encoded, error)
	// EventsAt returns the events at places, with the account that wrote them.
	EventsAt(ctx context.Context, places []Place) (map[Place]Stored, error)
	// Entomb overwrites events with what a tombstone says.
	Entomb(ctx context.Context, at room.Address, seqs []int64, tomb event.MessageTombstone) error
}

// Stored is an event with the account that wrote it.
type Stored struct {
	Author ident.Account
	Event  event.Encoded
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
}

// Pacer says whether somebody may write now. A refusal is its error.
type Pacer interface{ Take(key string) error }

// Service writes messages, those that arrive while the previous commit runs
// together.
type Service struct {
	// Mentions is how often somebody may mention others; nil: as often as they write.
	Mentions Pacer
	// Written is told, after the commit, of each message in a room that shows previews,
	// once and without waiting; nil: nobody is.
	Written func(at Place, words string)

	store  Store
	now    func() time.Time
	pace   Pacer
	terms  compiled
	writer *batch.Writer[*pending]
}

type pending struct {
	post     Post
	mentions []event.Mention
	emotes   []event.Emote
	previews bool // the room shows them
	receipt  Receipt
	err      error
}

// NewService returns the service; Run must be running for Post to answer.
func NewService(store Store, now func() time.Time, pace Pacer) *Service {
	s := &Service{store: store, now: now, pace: pace}
	s.writer = batch.NewWriter(func(ctx context.Context, posts []*pending) error {
		err := store.Update(ctx, func(tx Tx) error { return s.writeBatch(ctx, tx, posts) })
		if err == nil && s.Written != nil {
			s.tell(posts)
		}
		return err
	})
	return s
}

// tell hands on what was just written in rooms that show previews.
func (s *Service) tell(posts []*pending) {
	for _, w := range posts {
		if w.previews && w.err == nil {
			s.Written(Place{w.post.Address, w.receipt.Event.Seq}, w.post.Text)
		}
	}
}

// Run writes what Post queues until ctx ends; then it refuses what still waits.
func (s *Service) Run(ctx context.Context) error { return s.writer.Run(ctx) }

// Post writes a message and returns after its commit. Refusals: text_*,
// key_invalid, slow_down, too_many_mentions, reply_missing, those of the room's modes (slow_mode,
// emotes_only, not_unique), blocked_term, and whatever the gate says.
func (s *Service) Post(ctx context.Context, p Post) (Receipt, error) {
	var err error
	if p.Text, err = CleanText(p.Text); err != nil {
		return Receipt{}, err
	}
	if err := CleanKey(p.Key); err != nil {
		return Receipt{}, err
	}
	if p.Author == "" {
		return Receipt{}, access.Decision{Reason: "sign_in"}.Fault(s.now())
	}
	if len(p.Pictures) > PicturesMax { // before they are asked for, in a batch with others
		return Receipt{}, fault.New(fault.Invalid, "too_many_pictures", "An update shows at most %d pictures.", PicturesMax)
	}
	if err := s.pace.Take(string(p.Author) + "\x00" + string(p.Channel)); err != nil {
		return Receipt{}, slowDown(err)
	}
	if p, err = s.mentioning(p); err != nil {
		return Receipt{}, err
	}
	p.scope = access.ScopeOf(ctx) // it is decided on later, with others
	w := &pending{post: p}
	err = s.writer.Do(ctx, w)
	if errors.Is(err, batch.ErrFull) {
		err = errBusy()
	}
	if err != nil {
		return Receipt{}, err
	}
	return w.receipt, w.err
}

func slowDown(err error) error {
	if f := fault.Of(err); f != nil {
		return fault.New(fault.Limited, "slow_down", "You are writing too fast. Please wait a moment.").After(f.RetryAfter)
	}
	return err
}
