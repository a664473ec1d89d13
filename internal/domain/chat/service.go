package chat

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
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

// writeLimit is how long one batch may take.
const writeLimit = 10 * time.Second

// The sizes of the lane.
const (
	laneQueue = 4096
	laneBatch = 256
)

// Pacer says whether somebody may write now. A refusal is its error.
type Pacer interface{ Take(key string) error }

// Service writes messages. Posts that arrive while the previous commit runs are
// written together.
type Service struct {
	store Store
	now   func() time.Time
	pace  Pacer
	lane  chan *pending
}

type pending struct {
	post    Post
	answer  chan struct{}
	receipt Receipt
	err     error
}

// NewService returns the service; Run must be running for Post to answer.
func NewService(store Store, now func() time.Time, pace Pacer) *Service {
	return &Service{store: store, now: now, pace: pace, lane: make(chan *pending, laneQueue)}
}

// Post writes a message and returns after its commit. Refusals: text_*,
// key_invalid, slow_down, reply_missing, and whatever the gate says.
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
	if err := s.pace.Take(string(p.Author) + "\x00" + string(p.Channel)); err != nil {
		return Receipt{}, slowDown(err)
	}
	w := &pending{post: p, answer: make(chan struct{})}
	select {
	case s.lane <- w:
	default:
		return Receipt{}, fault.New(fault.Unavailable, "chat_busy", "Too much is being written right now. Please try again.").After(time.Second)
	}
	select {
	case <-w.answer:
		return w.receipt, w.err
	case <-ctx.Done():
		return Receipt{}, ctx.Err()
	}
}

func slowDown(err error) error {
	if f := fault.Of(err); f != nil {
		return fault.New(fault.Limited, "slow_down", "You are writing too fast. Please wait a moment.").After(f.RetryAfter)
	}
	return err
}

// Run writes what Post queues until ctx ends; then it refuses what still waits.
func (s *Service) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			s.refuseRest()
			return nil
		case first := <-s.lane:
			s.write(ctx, s.gather(first))
		}
	}
}

func (s *Service) gather(first *pending) []*pending {
	batch := []*pending{first}
	for len(batch) < laneBatch {
		select {
		case w := <-s.lane:
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

func (s *Service) write(ctx context.Context, batch []*pending) {
	// A batch that began is finished, also while stopping, but a database that
	// hangs must not hang every room: the limit holds for all that follows.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	err := s.commit(ctx, batch)
	if err == nil || len(batch) == 1 || fault.Of(err) != nil {
		settle(batch, err)
		return
	}
	for i := range batch { // one of them broke the batch: each alone
		alone := batch[i : i+1]
		settle(alone, s.commit(ctx, alone))
	}
}

// commit writes a batch in one transaction. One that ran into the limit may
// have been written or not; trying again with the same keys is safe.
func (s *Service) commit(ctx context.Context, batch []*pending) error {
	err := ctx.Err()
	if err == nil {
		err = s.store.Update(ctx, func(tx Tx) error { return s.writeBatch(ctx, tx, batch) })
	}
	if err == nil || fault.Of(err) != nil || ctx.Err() == nil {
		return err
	}
	return fault.New(fault.Unavailable, "storage_unavailable", "The database does not answer right now. Please try again.").After(2 * time.Second).Because(err)
}

func settle(batch []*pending, err error) {
	for _, w := range batch {
		if err != nil {
			w.receipt, w.err = Receipt{}, err
		}
		close(w.answer)
	}
}

func (s *Service) refuseRest() {
	for {
		select {
		case w := <-s.lane:
			w.err = fault.New(fault.Unavailable, "stopping", "The server is restarting. Please try again.").After(time.Second)
			close(w.answer)
		default:
			return
		}
	}
}
