package channel_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Following is counted once, dated by the first time, and told to the channel.
func TestFollowingIsCountedOnceAndDated(t *testing.T) {
	w := storetest.NewWorld(t)
	s := newService(w)
	owner := w.Person("Inès")
	c, other := w.Channel(owner), w.Channel(owner)
	sam, noa := w.Person("Sam"), w.Light("Noa")
	since := func(who ident.Account) time.Time {
		t.Helper()
		mine, theirs := access.Subject{Account: who, Channel: c}, access.Subject{Account: who, Channel: other}
		facts, err := w.Rights().Facts(t.Context(), []access.Subject{mine, theirs, {Channel: c}})
		if err != nil {
			t.Fatal(err)
		}
		if f := facts[theirs].Follows; !f.IsZero() || !facts[access.Subject{Channel: c}].Follows.IsZero() {
			t.Errorf("following one channel is following another, or of nobody: %v", f)
		}
		return facts[mine].Follows
	}
	followers := func() int64 {
		t.Helper()
		got, err := s.ByID(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return got.Followers
	}
	first := w.Clock.Now()
	for range 2 {
		if err := s.Follow(t.Context(), sam, c); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
	}
	if err := s.Follow(t.Context(), noa, c); err != nil {
		t.Fatal(err)
	}
	if got := since(sam); !got.Equal(first) || followers() != 2 {
		t.Errorf("Sam follows since %v, want %v; %d followers", got, first, followers())
	}
	for range 2 {
		if err := s.Unfollow(t.Context(), sam, c); err != nil {
			t.Fatal(err)
		}
	}
	if got := since(sam); !got.IsZero() || followers() != 1 {
		t.Errorf("after the end Sam follows since %v; %d followers", got, followers())
	}
	again := w.Clock.Now()
	if err := s.Follow(t.Context(), sam, c); err != nil || !since(sam).Equal(again) {
		t.Errorf("again: %v, since %v, want %v", err, since(sam), again)
	}
	var told []ident.Account
	for _, e := range w.Events(c, room.Business) {
		if began, ok := event.As[event.FollowBegan](e); ok {
			told = append(told, began.Account)
		} else if ended, ok := event.As[event.FollowEnded](e); ok {
			told = append(told, "-"+ended.Account)
		}
	}
	if len(told) != 4 || told[0] != sam || told[1] != noa || told[2] != "-"+sam || told[3] != sam {
		t.Errorf("told: %v", told)
	}
}

// Who is shut out cannot begin to follow, and can always stop.
func TestWhoMayFollow(t *testing.T) {
	w := storetest.NewWorld(t)
	s := newService(w)
	owner := w.Person("Inès")
	c, sam := w.Channel(owner), w.Person("Sam")
	if err := s.Follow(t.Context(), "", c); reason(err) != "sign_in" {
		t.Errorf("nobody follows: %v", err)
	}
	if err := s.Follow(t.Context(), sam, "nowhere"); reason(err) != "channel_missing" {
		t.Errorf("following what is not there: %v", err)
	}
	if err := s.Follow(t.Context(), sam, c); err != nil {
		t.Fatal(err)
	}
	m := moderation.NewService(store.UnitOf(w.DB, func(tx *store.Tx) moderation.Tx { return tx }), w.IDs, w.Clock.Now)
	if _, err := m.Impose(t.Context(), owner, moderation.Order{Channel: c, Account: sam, Kind: access.BlockBan}); err != nil {
		t.Fatal(err)
	}
	if err := s.Unfollow(t.Context(), sam, c); err != nil {
		t.Errorf("a banned person is kept: %v", err)
	}
	if err := s.Follow(t.Context(), sam, c); reason(err) != "banned" {
		t.Errorf("a banned person follows: %v", err)
	}
}

// Whoever follows and leaves over and over is slowed down, and can always stop.
func TestFollowingHasAPace(t *testing.T) {
	w := storetest.NewWorld(t)
	s := newService(w)
	c, sam := w.Channel(w.Person("Inès")), w.Person("Sam")
	tries, every := channel.FollowPace()
	s.FollowPace = account.NewThrottle(account.Limit{Tries: tries, Every: every}, w.Clock.Now)
	for range tries {
		if err := s.Follow(t.Context(), sam, c); err != nil {
			t.Fatal(err)
		}
		if err := s.Unfollow(t.Context(), sam, c); err != nil {
			t.Fatal(err)
		}
	}
	if f := fault.Of(s.Follow(t.Context(), sam, c)); f == nil || f.Reason != "slow_down" || f.RetryAfter <= 0 {
		t.Errorf("after %d times: %v", tries, f)
	}
	if err := s.Unfollow(t.Context(), sam, c); err != nil {
		t.Errorf("who is slowed down is kept: %v", err)
	}
	w.Clock.Advance(every)
	if err := s.Follow(t.Context(), sam, c); err != nil {
		t.Errorf("after a while: %v", err)
	}
}

// Whoever follows already may say so again as often as they like: nothing is written,
// and nothing is taken from their pace.
func TestFollowingAgainHasNoPace(t *testing.T) {
	w := storetest.NewWorld(t)
	s := newService(w)
	c, sam := w.Channel(w.Person("Inès")), w.Person("Sam")
	tries, every := channel.FollowPace()
	s.FollowPace = account.NewThrottle(account.Limit{Tries: tries, Every: every}, w.Clock.Now)
	for n := range 2 * tries {
		if err := s.Follow(t.Context(), sam, c); err != nil {
			t.Fatalf("the %d. time: %v", n+1, err)
		}
	}
	for range tries - 1 {
		if err := errors.Join(s.Unfollow(t.Context(), sam, c), s.Follow(t.Context(), sam, c)); err != nil {
			t.Fatalf("following again took of the pace: %v", err)
		}
	}
	if err := errors.Join(s.Unfollow(t.Context(), sam, c), s.Follow(t.Context(), sam, c)); !fault.Is(err, "slow_down") {
		t.Errorf("after %d beginnings: %v", tries, err)
	}
}

// A transaction that runs again is one try.
func TestFollowingTakesOneTry(t *testing.T) {
	w := storetest.NewWorld(t)
	unit := store.UnitOf(w.DB, func(tx *store.Tx) channel.Tx { return tx })
	s := channel.NewService(twice{unit}, w.IDs, w.Clock.Now, account.Fold)
	s.FollowPace = account.NewThrottle(account.Limit{Tries: 1, Every: time.Hour}, w.Clock.Now)
	if err := s.Follow(t.Context(), w.Person("Sam"), w.Channel(w.Person("Inès"))); err != nil {
		t.Errorf("one wish in two runs: %v", err)
	}
}

// twice runs what changes something once in vain, as a database does that two
// transactions met in.
type twice struct{ channel.Store }

func (s twice) Update(ctx context.Context, f func(channel.Tx) error) error {
	met := errors.New("another transaction was there first")
	if err := s.Store.Update(ctx, func(tx channel.Tx) error { return errors.Join(f(tx), met) }); !errors.Is(err, met) {
		return err
	}
	return s.Store.Update(ctx, f)
}
