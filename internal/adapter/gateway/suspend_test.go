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
