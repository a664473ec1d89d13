package question

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Attention is how a creator's attention was shared between the two rooms during
// one broadcast: whose questions were answered, and how long they were on air.
type Attention struct {
	Broadcast ident.Broadcast // empty: none is open, and nothing is counted
	Public    Share
	Space     Share
	// Waits is since when the public waits: since its oldest waiting question, or
	// since it was last given attention. Zero: it does not.
	Waits time.Time
	// Patience is how long the public may wait before the creator is reminded.
	Patience time.Duration
}

// Share is one room's part of the attention.
type Share struct {
	Answers  int
	OnCamera time.Duration
	Waiting  int // questions in the queue
}

// Percent is the public's part of a hundred answers; of the time on camera while
// nothing has been answered. False: nothing happened yet.
func (a Attention) Percent() (public int, is bool) {
	part, whole := int64(a.Public.Answers), int64(a.Public.Answers+a.Space.Answers)
	if whole == 0 {
		part, whole = int64(a.Public.OnCamera), int64(a.Public.OnCamera+a.Space.OnCamera)
	}
	if whole <= 0 {
		return 0, false
	}
	return int((part*100 + whole/2) / whole), true
}

// Starves reports whether the public has waited longer than the creator wants it to.
func (a Attention) Starves(now time.Time) bool {
	return !a.Waits.IsZero() && now.Sub(a.Waits) >= a.Patience
}

// The bounds of a creator's patience.
const (
	UsualPatience = 4 * time.Minute
	patienceMin   = time.Minute
	patienceMax   = time.Hour
)

// Airing is a time that a question was on air.
type Airing struct {
	Room         room.Audience
	Began, Ended time.Time // Ended is zero while it is
}

// AttentionTx is what the figures of attention are read from.
type AttentionTx interface {
	BroadcastByID(ctx context.Context, channel ident.Channel, id ident.Broadcast) (Broadcast, bool, error)
	// AnswersIn counts the answers of a broadcast by the room of their questions.
	AnswersIn(ctx context.Context, id ident.Broadcast) (map[room.Audience]int, error)
	AiringsIn(ctx context.Context, id ident.Broadcast) ([]Airing, error)
	// LastAnswer returns when a question from a room was last answered; zero: never.
	LastAnswer(ctx context.Context, at room.Address) (time.Time, error)
	// OldestWaiting returns when the oldest waiting question of a room was asked; zero: none waits.
	OldestWaiting(ctx context.Context, at room.Address) (time.Time, error)
	CountWaiting(ctx context.Context, at room.Address) (int, error)
	Patience(ctx context.Context, channel ident.Channel) (time.Duration, bool, error)
	SetPatience(ctx context.Context, channel ident.Channel, d time.Duration) error
}

// Attention returns the figures of a broadcast, of the open one when none is
// named, for staff.
func (s *Service) Attention(ctx context.Context, by ident.Account, channel ident.Channel, of ident.Broadcast) (a Attention, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		if _, err := s.allowed(ctx, tx, by, channel, access.Moderate); err != nil {
			return err
		}
		var b Broadcast
		var found bool
		if of != "" {
			if b, found, err = tx.BroadcastByID(ctx, channel, of); err == nil && !found {
				return fault.New(fault.Missing, "broadcast_missing", "There is no such broadcast of this channel.")
			}
		} else {
			b, _, err = tx.BroadcastNow(ctx, channel)
		}
		if err != nil {
			return err
		}
		a, err = s.attention(ctx, tx, channel, b)
		return err
	})
	return a, err
}

func (s *Service) attention(ctx context.Context, tx AttentionTx, channel ident.Channel, b Broadcast) (Attention, error) {
	a := Attention{Broadcast: b.ID, Patience: UsualPatience}
	d, set, err := tx.Patience(ctx, channel)
	if err != nil {
		return a, err
	}
	if set {
		a.Patience = d
	}
	shares := map[room.Audience]*Share{room.Public: &a.Public, room.Space: &a.Space}
	for in, share := range shares {
		if share.Waiting, err = tx.CountWaiting(ctx, Address(channel, in)); err != nil {
			return a, err
		}
	}
	if b.ID == "" {
		return a, nil
	}
	answers, err := tx.AnswersIn(ctx, b.ID)
	if err != nil {
		return a, err
	}
	airings, err := tx.AiringsIn(ctx, b.ID)
	if err != nil {
		return a, err
	}
	for in, share := range shares {
		share.Answers = answers[in]
	}
	last := b.Started
	for _, on := range airings {
		end := on.Ended
		if end.IsZero() || (!b.Ended.IsZero() && end.After(b.Ended)) {
			end = b.Ended
		}
		if end.IsZero() {
			end = s.now()
		}
		shares[on.Room].OnCamera += max(0, end.Sub(on.Began))
		if on.Room == room.Public && end.After(last) {
			last = end
		}
	}
	a.Waits, err = waits(ctx, tx, channel, last)
	if !b.Ended.IsZero() {
		a.Waits = time.Time{}
	}
	return a, err
}

// waits returns since when the public waits, given when it was last on air.
func waits(ctx context.Context, tx AttentionTx, channel ident.Channel, last time.Time) (time.Time, error) {
	at := Address(channel, room.Public)
	oldest, err := tx.OldestWaiting(ctx, at)
	if err != nil || oldest.IsZero() {
		return time.Time{}, err
	}
	answered, err := tx.LastAnswer(ctx, at)
	for _, t := range []time.Time{last, answered} {
		if t.After(oldest) {
			oldest = t
		}
	}
	return oldest, err
}

// SetPatience sets how long the public may wait before the creator is reminded.
func (s *Service) SetPatience(ctx context.Context, by ident.Account, channel ident.Channel, d time.Duration) error {
	if d < patienceMin || d > patienceMax {
		return fault.New(fault.Invalid, "patience_invalid", "The public may wait between a minute and an hour.")
	}
	return s.store.Update(ctx, func(tx Tx) error {
		if _, err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		return tx.SetPatience(ctx, channel, d)
	})
}
