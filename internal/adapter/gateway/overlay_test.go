package gateway

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/overlay"
)

// board is one with an overlay open, in the hand of a test.
type board struct {
	*overlayBoard
	t  *testing.T
	at time.Time
}

func newBoard(t *testing.T) *board {
	b := &board{t: t, at: time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)}
	b.overlayBoard = newOverlayBoard(func() time.Time { return b.at })
	b.came("c")
	b.tells("a fresh one", overlayNews{fresh: true})
	return b
}

func (b *board) hears(p event.Payload, at time.Time) {
	b.t.Helper()
	e, err := event.Encode("log", 1, "e", at, p)
	if err != nil {
		b.t.Fatal(err)
	}
	b.heard("c", e)
}

func (b *board) subscribes() {
	b.t.Helper()
	b.hears(event.GrantChanged{Source: "subscription", Why: "paid"}, b.at)
}

func (b *board) tells(when string, want overlayNews) {
	b.t.Helper()
	got, told := b.due(b.at)["c"]
	if told != (want != overlayNews{}) || got.fresh != want.fresh || got.setup != want.setup || got.rights != want.rights || got.begun != want.begun {
		b.t.Errorf("%s: told %v, %+v; want %+v", when, told, got, want)
	}
}

func (b *board) passes(d time.Duration) { b.at = b.at.Add(d) }

// What happens is told at once, then together, about once a second; how it is set up
// does not wait for that.
func TestOverlaysAreToldAtMostOnceASecond(t *testing.T) {
	b := newBoard(t)
	b.tells("nothing happened", overlayNews{})
	b.subscribes()
	b.tells("the first", overlayNews{rights: true, begun: 1})
	for range 5 {
		b.subscribes()
	}
	b.hears(event.GrantChanged{Source: "subscription", Why: "renewed"}, b.at)
	b.passes(goalCalm - time.Millisecond)
	b.tells("within the second", overlayNews{})
	b.hears(event.OverlayChanged{}, b.at)
	b.tells("set up", overlayNews{setup: true})
	b.hears(event.OverlayChanged{}, b.at)
	b.passes(time.Millisecond)
	b.subscribes()
	b.tells("the second is over", overlayNews{rights: true, begun: 1})
	b.passes(setupCalm)
	b.tells("set up again", overlayNews{setup: true})
}

// What the creator did not want shown when it happened is not shown after; what is
// heard of late is no news; and what cannot be read of now is told a second later.
func TestWhatOverlaysAreNotToldAnyMore(t *testing.T) {
	b := newBoard(t)
	b.subscribes()
	b.hears(event.OverlayChanged{}, b.at)
	b.tells("wanted only now", overlayNews{setup: true, rights: true})
	b.passes(time.Minute)
	b.hears(event.GrantChanged{Source: "subscription", Why: "paid"}, b.at.Add(-newsFor))
	b.tells("heard of late", overlayNews{rights: true})
	b.passes(time.Minute)
	b.subscribes()
	b.again(b.due(b.at))
	b.tells("it cannot be read", overlayNews{})
	b.passes(time.Second)
	b.tells("it can be again", overlayNews{rights: true, begun: 1})
}

// The clock alone moves a goal: it is counted again when it is said to change, and of
// a channel whose overlays are gone nothing is kept.
func TestAGoalIsCountedWhenTheClockMovesIt(t *testing.T) {
	b := newBoard(t)
	is := overlay.Standing{Setup: overlay.Setup{GoalOn: true}, Holders: overlay.Holders{People: 3, Next: b.at.Add(5 * time.Second)}}
	if !b.stands("c", is, b.at) || b.stands("c", is, b.at) {
		t.Error("the number is told once")
	}
	b.passes(5*time.Second - 1)
	b.tells("before", overlayNews{})
	b.passes(1)
	if due := b.due(b.at); len(due) != 1 {
		t.Error("the right ended, and nobody counts")
	}
	is.Holders = overlay.Holders{People: 2}
	if !b.stands("c", is, b.at) {
		t.Error("the number is another, and not told")
	}
	b.passes(goalAnew)
	if due := b.due(b.at); len(due) != 1 {
		t.Error("nobody counts by themselves")
	}
	is.GoalOn = false
	if b.stands("c", is, b.at) {
		t.Error("hidden, and told")
	}
	b.passes(time.Hour)
	b.tells("hidden", overlayNews{})
	b.left("c")
	b.subscribes()
	if len(b.open) != 0 || len(b.due(b.at)) != 0 {
		t.Errorf("kept: %+v", b.open)
	}
}
