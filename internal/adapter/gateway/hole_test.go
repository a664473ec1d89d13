package gateway_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// A reader of several rooms over one slow wire is told in each what it missed,
// also where nothing but passing numbers came while it was behind.
func TestSlowReaderOfTwoRoomsMissesNothingUnsaid(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		quiet := s.another("quiet")
		long, last := []string{"a", "b", "c", "d"}, room.Address{}
		for _, name := range long {
			at := room.Address{Channel: s.another(name), Audience: room.Public}
			for i := range 50 {
				s.writesAt(at, fmt.Sprintf("%d %01500d", i, 0))
			}
			last = at
		}
		slow := s.sloth(t, "", room.Public)
		slow.asks(`{"type":"enter","id":"q","channel":"other-quiet","room":"public"}`)
		slow.until(func(f heardFrame) bool { return f.Type == "entered" })
		s.flood(room.Public, "") // the wire is full, and then answers wait for it
		for _, name := range long {
			s.ahead.Add(int64(time.Second)) // else it would be too many frames
			slow.asks(fmt.Sprintf(`{"type":"enter","id":"l","channel":"other-%s","room":"public"}`, name))
		}
		apptest.Eventually(t, "the wishes are not heard", func() bool { return s.gateway.Viewers(last.Channel) == 1 })
		// The number of the quiet room changes, and then somebody speaks there.
		witness := s.enters("")
		witness.Enter("other-quiet", "public")
		witness.Await("the number", apptest.Type("state", ""))
		s.writesAt(room.Address{Channel: quiet, Audience: room.Public}, "quiet words")
		s.writesAt(room.Address{Channel: quiet, Audience: room.Public}, "a last quiet word")
		witness.Hears("public", "a last quiet word")
		cursor := int64(0)
		slow.until(func(f heardFrame) bool {
			if f.Channel != "other-quiet" {
				return false
			}
			switch f.Type {
			case "event":
				if f.Event.Seq != cursor+1 {
					t.Fatalf("quiet sequence %d after %d without a word", f.Event.Seq, cursor)
				}
				cursor = f.Event.Seq
			case "skipped":
				if f.From != cursor+1 {
					t.Fatalf("skipped %d to %d after %d", f.From, f.To, cursor)
				}
				cursor = f.To
			}
			return cursor == 2
		})
	})
}

// The answer to a wish to enter comes, however full the wire is.
func TestSlowReaderIsStillAnswered(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		at := room.Address{Channel: s.another("long"), Audience: room.Public}
		for i := range 50 {
			s.writesAt(at, fmt.Sprintf("%d %01500d", i, 0))
		}
		slow := s.sloth(t, "", room.Public)
		s.flood(room.Public, "")
		slow.asks(`{"type":"enter","id":"long","channel":"other-long","room":"public"}`)
		witness := s.enters("")
		witness.Enter("other-long", "public")
		for i := range 200 { // fill what is left, while nothing is read
			s.writesAt(at, fmt.Sprintf("meanwhile %d %01500d", i, 0))
		}
		witness.Await("the last words", func(f apptest.Frame) bool {
			return f.Event.Seq == 250
		})
		cursor := int64(0)
		slow.until(func(f heardFrame) bool {
			if f.Channel != "other-long" {
				return false
			}
			switch f.Type {
			case "entered":
				cursor = f.Head
			case "event":
				if cursor == 0 || f.Event.Seq != cursor+1 {
					t.Fatalf("sequence %d after %d", f.Event.Seq, cursor)
				}
				cursor = f.Event.Seq
			case "skipped":
				if cursor == 0 || f.From != cursor+1 {
					t.Fatalf("skipped %d to %d after %d", f.From, f.To, cursor)
				}
				cursor = f.To
			}
			return cursor == 250
		})
	})
}

func (s *stage) writesAt(at room.Address, text string) {
	s.t.Helper()
	var out []event.Encoded
	if err := s.Update(s.t.Context(), func(tx *store.Tx) (err error) {
		out, err = tx.Append(s.t.Context(), room.Entry{Address: at, Author: s.owner, Payload: event.MessagePosted{Author: event.Author{ID: s.owner, Role: "owner"}, Text: text}})
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	for _, e := range out {
		s.gateway.Ring(room.Bell{Address: at, Encoded: e})
	}
}

func (k sloth) asks(frame string) {
	k.t.Helper()
	if err := k.Write(k.t.Context(), websocket.MessageText, []byte(frame)); err != nil {
		k.t.Fatal(err)
	}
}

// until reads frames up to one that matches.
func (k sloth) until(match func(heardFrame) bool) {
	k.t.Helper()
	for {
		f, err := k.next(k.t.Context())
		if err != nil {
			k.t.Fatal(err)
		}
		if match(f) {
			return
		}
	}
}

// Loops that stand still while far more is written than is kept for them leave
// no hole behind: what is missing of a public room is announced, and whoever
// reads a private one is closed with the code that says to resume.
func TestNodeThatStoodStillLeavesNoHole(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		private, public := s.enters(s.yuna, "space"), s.enters("", "public")
		release := s.gateway.Hold()
		const rounds, each = 20, 500
		for round := range rounds {
			texts := make([]string, each)
			for i := range texts {
				texts[i] = fmt.Sprint("number ", round*each+i+1)
			}
			s.says(room.Space, texts...)
			s.says(room.Public, texts...)
		}
		release()
		s.says(room.Space, "the last")
		s.says(room.Public, "the last")
		if got := s.gapless(private, 0); got < rounds*each+1 {
			if code := private.Ended(); code != 4008 {
				t.Errorf("the private room ended at %d with %d, want 4008", got, code)
			}
		}
		cursor := int64(0)
		public.Await("all of the public room", func(f apptest.Frame) bool {
			cursor = next(t, f, cursor)
			return cursor == rounds*each+1
		})
	})
}

// next is the cursor after a frame of a public room; it fails when something is
// missing, or comes again.
func next(t testing.TB, f apptest.Frame, cursor int64) int64 {
	t.Helper()
	switch f.Type {
	case "entered":
		for _, e := range f.Events {
			if cursor != 0 && e.Seq != cursor+1 {
				t.Fatalf("entered with %d after %d", e.Seq, cursor)
			}
			cursor = e.Seq
		}
		return max(cursor, f.Head)
	case "event":
		if f.Event.Seq != cursor+1 {
			t.Fatalf("sequence %d after %d", f.Event.Seq, cursor)
		}
		return f.Event.Seq
	case "skipped":
		if f.From != cursor+1 || f.To < f.From {
			t.Fatalf("skipped %d to %d after %d", f.From, f.To, cursor)
		}
		return f.To
	}
	return cursor
}

// Somebody who comes from another node has seen what no bell has told here yet.
// It does not come again.
func TestCursorFromAnotherNodeIsAheadAndNothingComesTwice(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		other := s.enters(s.yuna, "space", "public") // the logs are followed here
		s.writes(room.Space, "seen elsewhere")
		s.writes(room.Public, "seen elsewhere")
		k := s.enters(s.yuna)
		for _, r := range []string{"space", "public"} {
			f, err := k.EnterAt("atelier", r, 1)
			if err != nil || f.Head != 1 || len(f.Events) != 0 {
				t.Errorf("%s: %v, %s", r, err, f.Raw)
			}
			other.Hears(r, "seen elsewhere")
		}
		s.writes(room.Space, "new")
		k.Hears("space", "new")
		if holds(k, "seen elsewhere") {
			t.Error("what had been seen came again")
		}
	})
}

// gapless reads a private room on a socket from a cursor on until its end, or the
// last words, or the end of a first page, and returns how far it got.
func (s *stage) gapless(k *apptest.Socket, cursor int64) int64 {
	s.t.Helper()
	last := false
	take := func(e apptest.Event) {
		if e.Seq != cursor+1 {
			s.t.Fatalf("sequence %d after %d in a private room", e.Seq, cursor)
		}
		cursor, last = e.Seq, e.Data.Text == "the last"
	}
	_, err := k.Find(0, func(f apptest.Frame) bool {
		switch f.Type {
		case "entered":
			for _, e := range f.Events {
				take(e)
			}
			return f.More || last
		case "event":
			take(f.Event)
		}
		return last
	})
	if err != nil && !errors.Is(err, apptest.ErrEnded) {
		s.t.Fatal(err)
	}
	return cursor
}
