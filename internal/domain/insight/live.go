// Package insight owns the figures that tell a creator what their work brings.
//
// Owns: what happened in a channel during one live, in numbers. Promises: each number
// is counted from what was written (the logs, the rights, the sales) at the moment it
// is asked for, never kept beside it; only the creator is told. Does not do: who is
// watching at this moment, which nobody writes down (adapter gateway); how attention
// is shared between the rooms (package question); what is owed (package payout).
package insight

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// Live is what happened from the beginning of a live to its end, or until now.
type Live struct {
	Broadcast ident.Broadcast
	Title     string
	Started   time.Time
	Ended     time.Time // zero while it goes on

	// Public and Space count the messages that were posted and still stand; those in
	// threads are the Sub Space's.
	Public, Space int
	Followers     int // who began to follow, once each
	SignUps       int // people whose own subscription began
	Gifts         int // rights that people were given, as the room was told
	// Sales are the first charges of subscriptions, changes to dearer plans and gifts.
	// A renewal falls due whether or not there is a live, and is not among them.
	Sales []Sales
}

// Sales are what was sold in one currency.
type Sales struct {
	Count int
	// Paid is what buyers paid, less what they were paid back since.
	Paid money.Amount
}

// Span is a live and the time it took. Until is exclusive; the present moment while
// the live goes on.
//
// In the public log the live begins where that log says so, whatever the clocks of
// the servers that write there. Elsewhere, and at its end, its bounds are times: what
// another server writes there is counted by the clock of that server, and nothing else
// is lost by it while that clock is behind by no more than Drift.
type Span struct {
	Channel   ident.Channel
	Broadcast ident.Broadcast
	From      time.Time
	Until     time.Time
}

// Drift is how far apart the clocks of servers may be.
const Drift = time.Minute

// Tx is what the figures need inside one transaction.
type Tx interface {
	access.FactsReader

	// LiveOf returns a broadcast of the channel; with an empty id the open one, or else
	// the last. Its numbers are zero.
	LiveOf(ctx context.Context, channel ident.Channel, id ident.Broadcast) (Live, bool, error)
	// MessagesIn counts messages that still stand, of the public chat and of the Sub
	// Space with its threads.
	MessagesIn(ctx context.Context, s Span) (public, space int, err error)
	FollowersIn(ctx context.Context, s Span) (int, error)
	SignUpsIn(ctx context.Context, s Span) (int, error)
	GiftsIn(ctx context.Context, s Span) (int, error)
	// SalesIn has a row for each currency, in the order of their codes. A charge for a
	// period counts only when it is the first of its subscription.
	SalesIn(ctx context.Context, s Span) ([]Sales, error)
}

// Store runs transactions that change nothing. f may run more than once.
type Store interface {
	Snapshot(ctx context.Context, f func(Tx) error) error
}

// Service counts.
type Service struct {
	Store Store
	Now   func() time.Time
}

// Live returns the figures of a broadcast; with an empty id of the open one, or else
// of the last. Only the creator may ask. Faults: 'broadcast_missing'.
func (s *Service) Live(ctx context.Context, by ident.Account, channel ident.Channel, id ident.Broadcast) (live Live, err error) {
	now := s.Now()
	err = s.Store.Snapshot(ctx, func(tx Tx) error {
		if _, err := access.AllowUnlocked(ctx, tx, access.Subject{Account: by, Channel: channel}, access.RunChannel, now); err != nil {
			return err
		}
		var ok bool
		if live, ok, err = tx.LiveOf(ctx, channel, id); err != nil {
			return err
		}
		if !ok {
			return fault.New(fault.Missing, "broadcast_missing", "There is no such live.")
		}
		span := Span{Channel: channel, Broadcast: live.Broadcast, From: live.Started, Until: live.Ended}
		if live.Ended.IsZero() {
			span.Until = now.Add(time.Millisecond) // times are kept in milliseconds: what happens in this one counts
		}
		return live.count(ctx, tx, span)
	})
	return live, err
}

func (l *Live) count(ctx context.Context, tx Tx, s Span) (err error) {
	if l.Public, l.Space, err = tx.MessagesIn(ctx, s); err != nil {
		return err
	}
	if l.Followers, err = tx.FollowersIn(ctx, s); err != nil {
		return err
	}
	if l.SignUps, err = tx.SignUpsIn(ctx, s); err != nil {
		return err
	}
	if l.Gifts, err = tx.GiftsIn(ctx, s); err != nil {
		return err
	}
	l.Sales, err = tx.SalesIn(ctx, s)
	return err
}
