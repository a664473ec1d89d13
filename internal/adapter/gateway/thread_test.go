package gateway_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

func (s *stage) opensThread() room.Thread {
	s.t.Helper()
	t := room.Thread{ID: ident.Make[ident.Thread](s.IDs), Channel: s.channel, Kind: room.TopicThread, Level: 1}
	if err := s.Update(s.t.Context(), func(tx *store.Tx) error {
		return tx.InsertThread(s.t.Context(), space.Thread{Thread: t, Title: "Glazes", OpenedBy: s.owner})
	}); err != nil {
		s.t.Fatal(err)
	}
	return t
}

// What is written into a thread after a change of rights is held back as in the
// Sub Space's room.
func TestThreadsAreHeldBackUntilRightsAreReadAgain(t *testing.T) {
	t.Parallel() // it waits for real time
	onBothWires(t, testThreadsAreHeldBack)
}

func testThreadsAreHeldBack(t *testing.T, newStage stageMaker) {
	s := newStage(t)
	thread := s.opensThread()
	enters := func(who ident.Account) *apptest.Socket {
		k := s.enters(who)
		if _, err := k.Calls(map[string]any{"type": "enter", "channel": "atelier", "room": "thread", "thread": thread.ID}); err != nil {
			t.Fatal(err)
		}
		return k
	}
	other, yuna := enters(s.Subscriber(s.channel, s.Person("Ravi"), 1)), enters(s.yuna)

	s.rights.hang.Store(true)
	business := room.Address{Channel: s.channel, Audience: room.Business}
	var out []event.Encoded
	if err := s.Update(t.Context(), func(tx *store.Tx) (err error) {
		out, err = tx.Append(t.Context(), room.Entry{Address: business, Payload: event.SanctionImposed{Account: s.yuna, Kind: "ban"}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	s.gateway.Ring(room.Bell{Address: business, Encoded: out[0]})
	s.saysAt(thread.Address(), "after the change")
	if err := s.Update(t.Context(), func(tx *store.Tx) error {
		return tx.CountPosts(t.Context(), map[ident.Thread]chat.Posts{thread.ID: {Messages: 1, Last: 1, At: s.Clock.Now()}})
	}); err != nil {
		t.Fatal(err)
	}
	other.Hears("thread", "after the change")
	if _, err := yuna.Calls(map[string]any{"type": "ping"}); err != nil { // her loop has had its turn
		t.Fatal(err)
	}
	if holds(yuna, "after the change") {
		t.Error("words written after a change of rights were sent before they had been read again")
	}
	s.rights.hang.Store(false)
	yuna.Hears("thread", "after the change") // the reading allows: nothing is lost
}
