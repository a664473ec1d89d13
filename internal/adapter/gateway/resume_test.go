package gateway_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Whoever enters, leaves, is cut off and comes back with their cursor, while
// people write, words are removed and bells are lost, has seen the log: each
// event once and in order, but for stretches of a public room that were skipped
// aloud; and no removed words after they were told of the removal.
func TestWhoeverComesBackHasSeenTheLog(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		t.Parallel()
		s := newStage(t)
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			if n++; n > 60 && !longLived() {
				return
			}
			audience := rapid.SampledFrom([]room.Audience{room.Public, room.Space}).Draw(r, "audience")
			story := &story{stage: s, r: r, handle: fmt.Sprintf("other-%d", n), words: map[int64][]byte{}}
			story.at = room.Address{Channel: s.another(fmt.Sprint(n)), Audience: audience}
			s.Subscriber(story.at.Channel, s.yuna, 1)
			stays, c := &comer{story: story}, &comer{story: story} // who stays keeps the room in memory
			defer stays.cut()
			defer c.cut()
			stays.enter()
			for range rapid.IntRange(1, 25).Draw(r, "steps") {
				switch rapid.IntRange(0, 9).Draw(r, "step") {
				case 0, 1, 2:
					c.write(rapid.IntRange(1, 5).Draw(r, "messages"))
				case 3:
					c.write(rapid.IntRange(30, 130).Draw(r, "many messages"))
				case 4, 5:
					c.remove()
				case 6:
					c.leave()
				case 7:
					c.cut()
				default:
					c.enter()
				}
			}
			c.enter()
			c.write(1)
			c.ring(c.head) // so that nobody waits for the heads
			c.await()
			stays.await()
		})
	})
}

// longLived reports whether somebody asked for more lives than make test has time for.
func longLived() bool {
	f := flag.Lookup("rapid.checks")
	return f != nil && f.Value.String() != f.DefValue
}

// story is one room's log as it should be.
type story struct {
	*stage
	r      *rapid.T
	handle string
	at     room.Address

	head  int64            // of the log
	words map[int64][]byte // the bytes that were written, by sequence
	late  []event.Encoded  // whose bells are still to come
}

// comer is somebody who comes and goes, and what they have seen.
type comer struct {
	*story
	k       *apptest.Socket
	inside  bool
	looked  int // frames of k that have been looked at
	asks    int // of k
	visited bool
	cursor  int64
}

// write appends messages; of some the bell is lost, or comes late.
func (c *story) write(n int) {
	entries := make([]room.Entry, n)
	for i := range entries {
		entries[i] = room.Entry{Address: c.at, Author: c.owner, Payload: event.MessagePosted{
			Author: event.Author{ID: c.owner, Role: "none"}, Text: fmt.Sprintf("words %d", c.head+int64(i)+1),
		}}
	}
	var out []event.Encoded
	if err := c.Update(c.t.Context(), func(tx *store.Tx) (err error) {
		out, err = tx.Append(c.t.Context(), entries...)
		return err
	}); err != nil {
		c.r.Fatal(err)
	}
	for _, e := range out {
		c.words[e.Seq] = e.Bytes
	}
	c.head += int64(n)
	early := c.late
	c.late = nil
	switch rapid.IntRange(0, 4).Draw(c.r, "bells") {
	case 0, 1: // lost
		return
	case 2: // the last come first
		slices.Reverse(out)
	case 3: // some come late
		early, c.late = append(early, out[:n/2]...), out[n/2:]
		out = nil
	}
	for _, e := range append(early, out...) {
		c.gateway.Ring(room.Bell{Address: c.at, Encoded: e})
	}
}

// remove takes back somebody's words.
func (c *story) remove() {
	if c.head == 0 {
		return
	}
	seq := rapid.Int64Range(1, c.head).Draw(c.r, "removed")
	if !bytes.Contains(c.words[seq], []byte("words")) {
		return // a removal, or removed already
	}
	if err := c.chat.Remove(c.t.Context(), c.owner, chat.Place{Address: c.at, Seq: seq}); err != nil {
		c.r.Fatalf("remove %d: %v", seq, err)
	}
	before := c.head
	log, err := c.Logs().Log(c.t.Context(), c.at)
	if err != nil {
		c.r.Fatal(err)
	}
	if c.head = log.Head; c.head == before {
		return // it had been
	}
	if rapid.Bool().Draw(c.r, "bell of the removal") {
		c.ring(c.head)
	}
}

// ring rings for an event as it is stored.
func (c *story) ring(seq int64) {
	c.gateway.Ring(room.Bell{Address: c.at, Encoded: c.stored(seq-1, 1)[0]})
}

func (c *story) stored(after int64, limit int) []event.Encoded {
	p, err := c.Logs().Page(c.t.Context(), c.at, after, 0, limit)
	if err != nil || len(p.Events) == 0 {
		c.r.Fatalf("read the log after %d: %v", after, err)
	}
	return p.Events
}

func (c *comer) enter() {
	if c.k == nil || c.asks == 4 { // before it is called too many
		c.cut()
		who := ident.Account("")
		if c.at.Audience == room.Space {
			who = c.yuna
		}
		c.k, c.looked, c.asks = c.enters(who), 0, 0
	}
	c.look(func(apptest.Frame) bool { return false })
	c.asks++
	ask := map[string]any{"type": "enter", "channel": c.handle, "room": string(c.at.Audience)}
	if c.visited {
		// What comes between this and the answer belongs to the door that is
		// given up: the client has it, and asks from where it stood when it asked.
		c.leave()
		ask["cursor"] = c.cursor
	}
	f, err := c.k.Calls(ask)
	if err != nil {
		c.r.Fatalf("enter: %v", err)
	}
	c.inside = true
	c.look(func(g apptest.Frame) bool { return g.ID == f.ID })
}

// look takes in the frames that came, up to one that matches.
func (c *comer) look(last func(apptest.Frame) bool) {
	for frames := c.k.Frames(); c.looked < len(frames); {
		f := frames[c.looked]
		c.looked++
		c.take(f)
		if last(f) {
			return
		}
	}
}

func (c *comer) take(f apptest.Frame) {
	switch f.Type {
	case "entered":
		if !c.visited && len(f.Events) > 0 {
			c.cursor = f.Events[0].Seq - 1
		}
		newcomer := !c.visited
		c.visited = true
		c.noneRemoved(f)
		for _, e := range f.Events {
			c.event(e.Seq, e.Raw)
		}
		if f.More && !newcomer { // the rest is read over REST
			for c.cursor < f.Head {
				for _, e := range c.stored(c.cursor, 500) {
					if e.Seq <= f.Head {
						c.event(e.Seq, e.Bytes)
					}
				}
			}
		}
		if c.cursor != f.Head {
			c.r.Fatalf("entered to %d, the head is %d", c.cursor, f.Head)
		}
	case "event":
		if !c.inside {
			c.r.Fatalf("heard outside of the room: %s", f.Raw)
		}
		c.event(f.Event.Seq, f.Event.Raw)
	case "skipped":
		if c.at.Audience != room.Public || f.From != c.cursor+1 || f.To < f.From {
			c.r.Fatalf("after %d: %s", c.cursor, f.Raw)
		}
		c.cursor = f.To
	case "closed", "refused", "goodbye":
		c.r.Fatalf("%s", f.Raw)
	}
}

// event takes in one event and compares it with what was written.
func (c *comer) event(seq int64, raw []byte) {
	if seq != c.cursor+1 {
		c.r.Fatalf("sequence %d after %d", seq, c.cursor)
	}
	c.cursor = seq
	if written, is := c.words[seq]; is && !bytes.Equal(raw, written) && !bytes.Contains(raw, []byte("message.tombstone")) {
		c.r.Fatalf("sequence %d is %s, written was %s", seq, raw, written)
	}
}

// noneRemoved fails when an answer holds words whose removal it holds too.
func (c *comer) noneRemoved(f apptest.Frame) {
	var gone []int64
	for _, e := range f.Events {
		if e.Kind == "message.removed" {
			gone = append(gone, e.Data.Seqs...)
		}
	}
	for _, e := range f.Events {
		if slices.Contains(gone, e.Seq) && bytes.Contains(e.Raw, []byte("words")) {
			c.r.Fatalf("words that were removed stand in the answer: %s", e.Raw)
		}
	}
}

func (c *comer) leave() {
	if !c.inside {
		return
	}
	f, err := c.k.Calls(map[string]any{"type": "leave", "channel": c.handle, "room": string(c.at.Audience)})
	if err != nil {
		c.r.Fatalf("leave: %v", err)
	}
	c.look(func(g apptest.Frame) bool { return g.ID == f.ID })
	c.inside = false
}

func (c *comer) cut() {
	if c.k == nil {
		return
	}
	c.k.Close()
	c.look(func(apptest.Frame) bool { return false })
	c.k, c.inside = nil, false
}

// await waits until the end of the log has come.
func (c *comer) await() {
	_, err := c.k.Find(c.looked, func(f apptest.Frame) bool {
		c.looked++
		c.take(f)
		return c.cursor >= c.head
	})
	if err != nil && !errors.Is(err, apptest.ErrEnded) {
		c.r.Fatalf("at %d of %d: %v", c.cursor, c.head, err)
	}
	if c.cursor != c.head {
		c.r.Fatalf("saw up to %d of %d", c.cursor, c.head)
	}
}
