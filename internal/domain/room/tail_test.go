package room_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// ledger is a stored log of which the first head events are committed.
type ledger struct {
	head   int64
	down   bool
	during func() // called in the middle of a read
}

func nth(seq int64) event.Encoded {
	return event.Encoded{Log: "l", Seq: seq, Bytes: []byte(fmt.Sprintf("event %d", seq))}
}

func (l *ledger) Since(_ context.Context, _ ident.Log, after int64, limit int) ([]event.Encoded, error) {
	if l.down {
		return nil, errors.New("the database is away")
	}
	var out []event.Encoded
	for s := after + 1; s <= l.head && len(out) < limit; s++ {
		out = append(out, nth(s))
	}
	if l.during != nil {
		l.during()
	}
	return out, nil
}

func (l *ledger) Heads(_ context.Context, logs []ident.Log) (map[ident.Log]int64, error) {
	return map[ident.Log]int64{logs[0]: l.head}, nil
}

func TestTailHandsOnEachSequenceOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(0, 5).Draw(t, "start")
		log := &ledger{head: start}
		var got []int64
		tail := room.NewTail("l", start, log, func(e event.Encoded) {
			if string(e.Bytes) != fmt.Sprintf("event %d", e.Seq) {
				t.Fatalf("sequence %d has the bytes %q", e.Seq, e.Bytes)
			}
			got = append(got, e.Seq)
		})
		now := time.Unix(0, 0)
		var flying []int64 // bells that are on their way
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0, 1, 2, 3: // something is committed and rings, or its bell is lost
				log.head++
				for range rapid.IntRange(0, 2).Draw(t, "copies") {
					flying = append(flying, log.head)
				}
			case 4, 5, 6, 7: // a bell arrives, in any order
				if len(flying) > 0 {
					i := rapid.IntRange(0, len(flying)-1).Draw(t, "bell")
					seq := flying[i]
					flying = append(flying[:i], flying[i+1:]...)
					if gap := tail.Ring(nth(seq), now); !gap && tail.Head() < seq {
						t.Fatalf("bell %d at head %d reports no gap", seq, tail.Head())
					}
				}
			case 8: // an old bell comes again
				if log.head > 0 {
					tail.Ring(nth(rapid.Int64Range(1, log.head).Draw(t, "old")), now)
				}
			case 9:
				log.down = rapid.Bool().Draw(t, "down")
				if err := tail.Heal(t.Context()); err == nil && tail.Head() != log.head {
					t.Fatalf("healed to %d, the log is at %d", tail.Head(), log.head)
				}
				log.down = false
			}
		}
		if err := tail.Heal(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, seq := range got {
			if seq != start+1+int64(i) {
				t.Fatalf("handed on %v from head %d", got, start)
			}
		}
		if int64(len(got)) != log.head-start || tail.Head() != log.head {
			t.Fatalf("handed on %d of %d", len(got), log.head-start)
		}
		if tail.Due(now.Add(time.Hour)) {
			t.Fatal("a gap stands open after healing")
		}
	})
}

// A bell that is early waits a moment for its predecessors before the log is read.
func TestEarlyBellWaitsBeforeTheLogIsRead(t *testing.T) {
	log := &ledger{head: 3}
	var got []int64
	tail := room.NewTail("l", 0, log, func(e event.Encoded) { got = append(got, e.Seq) })
	now := time.Unix(0, 0)
	if !tail.Ring(nth(2), now) {
		t.Error("a bell behind a gap reports none")
	}
	if tail.Due(now.Add(room.Grace - time.Nanosecond)) {
		t.Error("due before the grace is over")
	}
	if !tail.Due(now.Add(room.Grace)) {
		t.Error("not due after the grace")
	}
	if tail.Ring(nth(1), now) || len(got) != 2 {
		t.Errorf("the missing bell came, handed on %v", got)
	}
	if tail.Due(now.Add(time.Hour)) {
		t.Error("due without a gap")
	}
}

// Bells that arrive while the log is being read are not handed on twice.
func TestBellsDuringAReadAreNotHandedOnTwice(t *testing.T) {
	log := &ledger{head: 5}
	var got []int64
	tail := room.NewTail("l", 0, log, func(e event.Encoded) { got = append(got, e.Seq) })
	log.during = func() {
		log.during = nil
		for seq := int64(1); seq <= 3; seq++ {
			tail.Ring(nth(seq), time.Unix(0, 0))
		}
	}
	if err := tail.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != "[1 2 3 4 5]" {
		t.Errorf("handed on %v", got)
	}
}

// Far more early bells than are kept, and a log longer than one read.
func TestTailSurvivesAFloodBehindAGap(t *testing.T) {
	log := &ledger{head: 5000}
	var got []int64
	tail := room.NewTail("l", 0, log, func(e event.Encoded) { got = append(got, e.Seq) })
	for s := int64(5000); s > 1; s-- {
		tail.Ring(nth(s), time.Unix(0, 0))
	}
	if len(got) != 0 {
		t.Fatalf("handed on %d without the first", len(got))
	}
	if err := tail.Heal(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, seq := range got {
		if seq != int64(i+1) {
			t.Fatalf("handed on %d at place %d", seq, i)
		}
	}
	if len(got) != 5000 {
		t.Fatalf("handed on %d of 5000", len(got))
	}
}

func TestRoomsHaveNames(t *testing.T) {
	for name, want := range map[string]room.Audience{"public": room.Public, "space": room.Space, "channel": room.Business} {
		if a, err := room.ParseAudience(name); err != nil || a != want {
			t.Errorf("%s: %v %v", name, a, err)
		}
	}
	for _, name := range []string{"", "Public", "space ", "attic"} {
		if _, err := room.ParseAudience(name); err == nil {
			t.Errorf("%q is a room", name)
		}
	}
}
