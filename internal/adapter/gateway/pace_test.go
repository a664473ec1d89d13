package gateway

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// hall is a part of an audience on a loop that nobody runs: the test says what
// time it is, and when the loop would look.
type hall struct {
	*part
	now time.Time
}

func newHall(loop *socket.Loop, at room.Audience, readers int) *hall {
	h := &hall{now: time.Unix(1000, 0)}
	g := &Gateway{opt: Options{Now: func() time.Time { return h.now }}}
	h.part = newPart(&audience{gateway: g, address: room.Address{Audience: at}}, &share{gateway: g, loop: loop})
	h.doors = make([]*door, readers)
	h.size.Store(int32(readers))
	return h
}

// idleLoop returns a loop that does nothing.
func idleLoop(t *testing.T) *socket.Loop {
	t.Helper()
	loops, err := socket.New(socket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		over, end := context.WithCancel(context.Background())
		end()
		loops.Run(over) //nolint:errcheck // it only gives back what New took
	})
	return loops.All()[0]
}

// said has messages come.
func (h *hall) said(n int64) {
	for range n {
		h.take([]*cast{newCast(0, 0, []byte(`{}`), nil)})
	}
}

// leaves returns how many messages the loop would send now.
func (h *hall) leaves() int {
	if !h.begin(h.now) {
		return 0
	}
	n := len(h.sending.casts)
	h.sending = nil // to nobody
	return n
}

// The last message may come in the very moment in which the first has waited
// long enough: with what a room says at an even pace, one more leaves together
// than if windows followed each other.
func TestTheFirstThatWaitsInAHotRoomWaitsForOthers(t *testing.T) {
	for _, at := range []room.Audience{room.Public, room.Space} {
		h := newHall(idleLoop(t), at, 2500)
		for i := range 13 { // 13 messages to 2500 readers are more than 32,000 writes
			h.said(1)
			if n := h.leaves(); n != 1 {
				t.Fatalf("%s: of message %d in a room that is not hot, %d left at once", at, i, n)
			}
			h.now = h.now.Add(time.Millisecond)
		}
		for window := range 2 {
			h.now = h.now.Add(70 * time.Millisecond) // silence is no part of a window
			h.said(1)
			if n := h.leaves(); n != 0 {
				t.Fatalf("%s, window %d: the first message of a hot room waited for nobody", at, window)
			}
			h.now = h.now.Add(50 * time.Millisecond)
			h.said(1)
			h.now = h.now.Add(49 * time.Millisecond)
			if n := h.leaves(); n != 0 {
				t.Fatalf("%s, window %d: %d messages left before the window was over", at, window, n)
			}
			h.now = h.now.Add(time.Millisecond)
			h.said(1)
			if n := h.leaves(); n != 3 {
				t.Fatalf("%s, window %d: %d of 3 messages left together", at, window, n)
			}
		}
		h.now = h.now.Add(2 * time.Second)
		h.said(1)
		if n := h.leaves(); n != 1 {
			t.Errorf("%s: after two silent seconds a message still waited", at)
		}
	}
}

// However a room is talked in, nothing waits longer than a window.
func TestNothingWaitsLongerThanAWindow(t *testing.T) {
	loop := idleLoop(t)
	rapid.Check(t, func(t *rapid.T) {
		h := newHall(loop, room.Public, 2500)
		var waiting []time.Time
		for range rapid.IntRange(1, 400).Draw(t, "milliseconds") {
			if rapid.IntRange(0, 9).Draw(t, "lot") == 0 {
				n := rapid.Int64Range(1, 3).Draw(t, "messages")
				h.said(n)
				for range n {
					waiting = append(waiting, h.now)
				}
			}
			if n := h.leaves(); n != 0 && n != len(waiting) {
				t.Fatalf("%d of %d messages left", n, len(waiting))
			} else if n != 0 {
				waiting = nil
			}
			if len(waiting) > 0 && h.now.Sub(waiting[0]) >= hotWindow {
				t.Fatalf("a message has waited for %v", h.now.Sub(waiting[0]))
			}
			h.now = h.now.Add(time.Millisecond)
		}
	})
}

// A change of rights that is heard while private words wait is known before
// they leave, however they were queued.
func TestAChangeIsKnownBeforeWhatWaitsInAHotRoomLeaves(t *testing.T) {
	h := newHall(idleLoop(t), room.Space, 2499)
	d := &door{visitor: &visitor{}, part: h.part, private: true}
	h.add(d)
	h.people[ident.Account("yuna")] = []*door{d}
	for range 13 {
		h.said(1)
		h.leaves()
	}
	h.said(1)
	h.now = h.now.Add(50 * time.Millisecond)
	h.heard(change{access.Subject{Account: "yuna"}, h.now})
	h.said(1)
	if h.leaves() != 0 {
		t.Fatal("the room is not hot")
	}
	h.now = h.now.Add(50 * time.Millisecond)
	if n := h.leaves(); n != 2 {
		t.Fatalf("%d of 2 messages left", n)
	}
	if d.suspended == 0 {
		t.Error("words left before the change of rights was known")
	}
}
