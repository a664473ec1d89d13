package gateway_test

import (
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// What is written after a change of rights reaches nobody concerned before their
// rights have been read again: the space's bell may be heard before the answer.
func TestPrivateRoomIsHeldBackUntilRightsAreReadAgain(t *testing.T) {
	t.Parallel() // it waits for real time
	onBothWires(t, testPrivateRoomIsHeldBackUntilRightsAreReadAgain)
}

func testPrivateRoomIsHeldBackUntilRightsAreReadAgain(t *testing.T, newStage stageMaker) {
	s := newStage(t)
	other := s.enters(s.Subscriber(s.channel, s.Person("Ravi"), 1), "space")
	yuna := s.enters(s.yuna, "space")

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
	s.says(room.Space, "after the change")
	other.Hears("space", "after the change")
	if _, err := yuna.Calls(map[string]any{"type": "ping"}); err != nil { // her loop has had its turn
		t.Fatal(err)
	}
	if holds(yuna, "after the change") {
		t.Error("words written after a change of rights were sent before they had been read again")
	}
	s.rights.hang.Store(false)
	yuna.Hears("space", "after the change") // the reading allows: nothing is lost
}

// hold is a turn that keeps its loop busy until it is let go.
type hold struct{ held, letGo chan struct{} }

func (h hold) Turn() bool {
	h.held <- struct{}{}
	<-h.letGo
	return false
}

// The same while a loop is so busy that the change and the words behind it are
// both waiting for it.
func TestPrivateRoomIsHeldBackAlsoByABusyLoop(t *testing.T) {
	t.Parallel() // it waits for real time
	onBothWires(t, testHeldBackByABusyLoop)
}

func testHeldBackByABusyLoop(t *testing.T, newStage stageMaker) {
	s := newStage(t)
	yuna := s.enters(s.yuna, "space")
	s.rights.hang.Store(true)
	business := room.Address{Channel: s.channel, Audience: room.Business}
	var changed []event.Encoded
	if err := s.Update(t.Context(), func(tx *store.Tx) (err error) {
		changed, err = tx.Append(t.Context(), room.Entry{Address: business, Payload: event.SanctionImposed{Account: s.yuna, Kind: "ban"}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	loops := s.gateway.Loops()
	h := hold{make(chan struct{}), make(chan struct{})}
	release := s.gateway.Hold()
	for _, l := range loops {
		l.Ready(h)
	}
	s.says(room.Space, "before the change") // the next round takes both
	release()
	for range loops {
		<-h.held
	}
	s.gateway.Ring(room.Bell{Address: business, Encoded: changed[0]})
	s.says(room.Space, "after the change")
	close(h.letGo)
	if _, err := yuna.Calls(map[string]any{"type": "ping"}); err != nil {
		t.Fatal(err)
	}
	if holds(yuna, "after the change") {
		t.Error("a busy loop sent words written after the change before it heard of the change")
	}
	s.rights.hang.Store(false)
	yuna.Hears("space", "after the change")
}
