package insight_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/insight"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What one server writes by a clock that is behind takes nothing from the figures that
// another wrote; in the public room it is counted itself, for it stands after the
// beginning of the live there.
func TestAClockThatIsBehindLosesNothing(t *testing.T) {
	w := storetest.NewWorld(t)
	owner := w.Person("Inès")
	c := w.Channel(owner)
	update := func(f func(*store.Tx) error) {
		t.Helper()
		if err := w.Update(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
	write := func(a room.Audience, p event.Payload) {
		t.Helper()
		update(func(tx *store.Tx) error {
			_, err := tx.Append(t.Context(), room.Entry{Address: room.Address{Channel: c, Audience: a}, Payload: p})
			return err
		})
	}
	begin := func(id ident.Broadcast) {
		t.Helper()
		update(func(tx *store.Tx) error {
			return tx.InsertBroadcast(t.Context(), live.Broadcast{
				ID: id, Channel: c, State: live.Ended, Node: "one", Take: 1, Started: w.Clock.Now(), Ended: w.Clock.Now().Add(time.Hour),
			})
		})
		write(room.Public, event.LiveStarted{Broadcast: id, Title: "first second"}) // a title is no name of a live
	}
	everywhere := func(who ident.Account) {
		t.Helper()
		write(room.Public, event.MessagePosted{Text: "hello"})
		write(room.Space, event.MessagePosted{Text: "hello"})
		write(room.Public, event.GiftGiven{Months: 1, People: 1})
		write(room.Business, event.FollowBegan{Account: who})
	}
	first, behind := w.Person("Bea"), w.Person("Cy")
	begin("first")
	everywhere(w.Person("Early"))
	w.Clock.Advance(2 * time.Hour)
	begin("second")
	w.Clock.Advance(time.Second)
	everywhere(first)
	w.Clock.Advance(-insight.Drift)
	everywhere(behind)
	w.Clock.Advance(2 * insight.Drift)
	everywhere(w.Person("Max"))

	s := insight.Service{Store: store.UnitOf(w.DB, func(tx *store.Tx) insight.Tx { return tx }), Now: w.Clock.Now}
	for id, want := range map[ident.Broadcast]insight.Live{
		"first":  {Public: 1, Space: 1, Followers: 1, Gifts: 1},
		"second": {Public: 3, Space: 2, Followers: 2, Gifts: 3},
	} {
		at, err := s.Live(t.Context(), owner, c, id)
		if err != nil {
			t.Fatal(err)
		}
		if got := (insight.Live{Public: at.Public, Space: at.Space, Followers: at.Followers, Gifts: at.Gifts}); got.Public != want.Public ||
			got.Space != want.Space || got.Followers != want.Followers || got.Gifts != want.Gifts {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
}
