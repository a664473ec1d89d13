package live

import (
	"context"
	"io"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Tx is what the rules of broadcasts need inside one transaction. A lookup that
// finds nothing returns false.
type Tx interface {
	room.Appender
	access.Tx

	// OpenBroadcast returns the channel's broadcast that has not ended.
	OpenBroadcast(ctx context.Context, channel ident.Channel) (Broadcast, bool, error)
	// OpenBroadcasts returns those of all channels, oldest first.
	OpenBroadcasts(ctx context.Context) ([]Broadcast, error)
	InsertBroadcast(ctx context.Context, b Broadcast) error
	SetBroadcast(ctx context.Context, b Broadcast) error
	// RenewBroadcasts writes now into Seen of the node's live broadcasts.
	RenewBroadcasts(ctx context.Context, node string, now time.Time) error

	IngestOf(ctx context.Context, channel ident.Channel) (Ingest, bool, error)
	IngestByKey(ctx context.Context, keyHash string) (Ingest, bool, error)
	PutIngest(ctx context.Context, in Ingest) error
}

// Store runs transactions. f may run more than once.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
}

// Config is what a Service needs from its surroundings.
type Config struct {
	Store  Store
	IDs    *ident.Source
	Now    func() time.Time
	Random io.Reader // cryptographic
	// Node names this server among those that share the database. It must stay
	// the same across restarts.
	Node string
	// Ending does, in the transaction in which a broadcast ends, what ends with it;
	// the channel's logs are locked. nil: nothing does.
	Ending func(ctx context.Context, tx Tx, channel ident.Channel) error
}

// Service is what encoders, owners and the clock do with broadcasts.
type Service struct{ Config }

// NewService returns the service.
func NewService(c Config) *Service { return &Service{c} }

// Admit returns the channel that key sends to, or the fault 'stream_key_wrong'.
func (s *Service) Admit(ctx context.Context, key Key) (ident.Channel, error) {
	var channel ident.Channel
	err := s.Store.View(ctx, func(tx Tx) error {
		in, err := ingestByKey(ctx, tx, key)
		channel = in.Channel
		return err
	})
	return channel, err
}

// Begin gives the encoder that holds key the channel's broadcast: the open one,
// or a new one when none is open or its Grace has run out. Whoever held it
// before loses it, on whatever node.
func (s *Service) Begin(ctx context.Context, key Key) (Broadcast, error) {
	var b Broadcast
	err := s.Store.Update(ctx, func(tx Tx) error {
		in, err := ingestByKey(ctx, tx, key)
		if err != nil {
			return err
		}
		if err := tx.LockLogs(ctx, in.Channel); err != nil {
			return err
		}
		open, found, err := tx.OpenBroadcast(ctx, in.Channel)
		if err != nil {
			return err
		}
		if found && open.overdue(s.Now()) {
			if err := s.end(ctx, tx, open); err != nil {
				return err
			}
			found = false
		}
		if found {
			b, err = s.takeUp(ctx, tx, open)
		} else {
			b, err = s.start(ctx, tx, in)
		}
		return err
	})
	return b, err
}

// Interrupt says that the encoder that was given b is gone. It changes nothing
// when another take has the broadcast by now, or it is over.
func (s *Service) Interrupt(ctx context.Context, b Broadcast) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := tx.LockLogs(ctx, b.Channel); err != nil {
			return err
		}
		open, found, err := tx.OpenBroadcast(ctx, b.Channel)
		if err != nil || !found || open.ID != b.ID || open.Take != b.Take || open.State != Live {
			return err
		}
		return s.interrupt(ctx, tx, open)
	})
}

func (s *Service) start(ctx context.Context, tx Tx, in Ingest) (Broadcast, error) {
	now := s.Now()
	b := Broadcast{
		ID: ident.Make[ident.Broadcast](s.IDs), Channel: in.Channel, Title: in.Title, Started: now,
	}.taken(s.Node, now)
	if err := tx.InsertBroadcast(ctx, b); err != nil {
		return b, err
	}
	return b, tellOfDoors(ctx, tx, b, event.LiveStarted{Broadcast: b.ID, Title: b.Title})
}

func (s *Service) takeUp(ctx context.Context, tx Tx, open Broadcast) (Broadcast, error) {
	b := open.taken(s.Node, s.Now())
	if err := tx.SetBroadcast(ctx, b); err != nil || open.State == Live {
		return b, err
	}
	return b, tell(ctx, tx, b, event.LiveResumed{Broadcast: b.ID})
}

func (s *Service) interrupt(ctx context.Context, tx Tx, b Broadcast) error {
	if err := tx.SetBroadcast(ctx, b.interrupted(s.Now())); err != nil {
		return err
	}
	return tell(ctx, tx, b, event.LiveInterrupted{Broadcast: b.ID})
}

func (s *Service) end(ctx context.Context, tx Tx, b Broadcast) error {
	if s.Ending != nil {
		if err := s.Ending(ctx, tx, b.Channel); err != nil {
			return err
		}
	}
	if err := tx.SetBroadcast(ctx, b.ended(s.Now())); err != nil {
		return err
	}
	return tellOfDoors(ctx, tx, b, event.LiveEnded{Broadcast: b.ID})
}

// tell appends p to the channel's public log.
func tell(ctx context.Context, tx Tx, b Broadcast, p event.Payload) error {
	_, err := tx.Append(ctx, entry(b, room.Public, p))
	return err
}

// tellOfDoors is tell for what opens or shuts a Sub Space that is open during lives
// only: rights are others now, so it stands in the channel's own log too, and
// before the public word, which has pages ask.
func tellOfDoors(ctx context.Context, tx Tx, b Broadcast, p event.Payload) error {
	facts, err := tx.Facts(ctx, []access.Subject{{Channel: b.Channel}})
	if err != nil {
		return err
	}
	if facts[access.Subject{Channel: b.Channel}].LivesOnly {
		if _, err := tx.Append(ctx, entry(b, room.Business, p)); err != nil {
			return err
		}
	}
	return tell(ctx, tx, b, p)
}

func entry(b Broadcast, a room.Audience, p event.Payload) room.Entry {
	return room.Entry{Address: room.Address{Channel: b.Channel, Audience: a}, Payload: p}
}

// ingestByKey finds by hash and compares the secret itself in constant time.
func ingestByKey(ctx context.Context, tx Tx, key Key) (Ingest, error) {
	in, found, err := tx.IngestByKey(ctx, key.Hash())
	if err == nil && (!found || !in.Key.Equal(key)) {
		return Ingest{}, errKey()
	}
	return in, err
}
