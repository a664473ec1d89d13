package patron_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/patron"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// The right follows the list: a later day renews it, an earlier one ends it
// then, and without its line it is over at once.
func TestTheRightFollowsTheList(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,STAYSIN2,,2026-03-31,1", "channel-2,SHORTENS,,2026-03-31,1", "channel-2,ISGONE22,,2026-03-31,1")
	stays, short, gone := w.Person("Stays"), w.Person("Short"), w.Person("Gone")
	for who, code := range map[ident.Account]string{stays: "STAYSIN2", short: "SHORTENS", gone: "ISGONE22"} {
		w.claimed(who, code)
		w.until(who, day(4, 1).Add(grace))
	}
	w.Clock.Advance(10 * 24 * time.Hour)
	w.says("channel-2,STAYSIN2,Gold,2026-04-30,2", "channel-2,SHORTENS,,2026-03-20,1")
	w.until(stays, day(5, 1).Add(grace))
	w.until(short, day(3, 21)) // no grace: nothing more is to come
	w.outside(gone)
	if sub := w.subscriptionOf(stays); sub.Months != 2 || sub.Plan.Tier != w.gold.ID || !sub.PeriodEnd.Equal(day(5, 1)) {
		t.Errorf("got %+v", sub)
	}
	if sub := w.subscriptionOf(short); !sub.CancelAtPeriodEnd || sub.State != subscription.Active {
		t.Errorf("got %+v", sub)
	}
	w.says("channel-2,STAYSIN2,Gold,2026-04-30,2", "channel-2,SHORTENS,,2026-03-01,1")
	w.outside(short) // a day that is over
	if sub := w.subscriptionOf(short); sub.State != subscription.Ended {
		t.Errorf("got %+v", sub)
	}
}

// Without news the clock goes on: grace, and then the end.
func TestAListThatIsForgottenLetsTheDoorClose(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,ABCDEFGH,,2026-03-31,1")
	who := w.Person("Patron")
	w.claimed(who, "ABCDEFGH")
	if err := os.Remove(w.file); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(30*24*time.Hour + time.Hour) // an hour into the first day that is not paid
	w.look(w.node)
	w.until(who, day(4, 1).Add(grace))
	if sub := w.subscriptionOf(who); sub.State != subscription.PastDue {
		t.Errorf("got %+v", sub)
	}
	w.Clock.Advance(grace)
	w.look(w.node)
	w.outside(who)
	w.Clock.Advance(14 * 24 * time.Hour)
	w.look(w.node)
	if sub := w.subscriptionOf(who); sub.State != subscription.Ended {
		t.Errorf("after a fortnight it is %+v", sub)
	}
	if n := strings.Count(w.journal.String(), "cannot be read"); n != 1 {
		t.Errorf("the missing file was told %d times", n)
	}
}

// A file with one line that cannot be read changes nothing, and the log names
// the line, once. What names a tier or channel that is not there is skipped.
func TestABrokenFileKeepsWhatItLastSaid(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,FIRSTONE,,2026-03-31,1", "channel-2,SECONDER,,2026-03-31,1")
	first, second := w.Person("First"), w.Person("Second")
	w.claimed(first, "FIRSTONE")
	w.claimed(second, "SECONDER")
	w.says("channel-2,FIRSTONE,,2026-04-30,2", "channel-2,THIRDONE,,soon,1")
	for range 3 {
		w.Clock.Advance(time.Minute)
		w.look(w.node)
	}
	w.until(first, day(4, 1).Add(grace))
	w.until(second, day(4, 1).Add(grace))
	told := w.journal.String()
	if strings.Count(told, "line=3") != 1 || !strings.Contains(told, "soon") || strings.Contains(told, "THIRDONE") {
		t.Errorf("the log says %s", told)
	}
	found := w.examine()
	if len(found) != 1 || !strings.Contains(found[0], "patrons.csv, line 3: paid_until") {
		t.Errorf("examined: %v", found)
	}
	w.says("channel-2,FIRSTONE,,2026-04-30,2", "channell-2,SECONDER,,2026-04-30,1", "channel-2,THIRDONE,Silver,2026-04-30,1")
	w.until(first, day(5, 1).Add(grace))
	w.until(second, day(4, 1).Add(grace)) // mistyped, not gone
	if told := w.journal.String(); strings.Count(told, `why="There is no channel`) != 1 || !strings.Contains(told, "line=4") {
		t.Errorf("the log says %s", told)
	}
	if found := w.examine(); len(found) != 2 || !strings.Contains(found[0], "line 3: There is no channel") || !strings.Contains(found[1], "line 4: The channel") {
		t.Errorf("examined: %v", found)
	}
	w.says("channel-2,FIRSTONE,,2026-04-30,2", "channel-2,SECONDER,,2026-04-30,1")
	w.until(second, day(5, 1).Add(grace))
	if found := w.examine(); len(found) != 0 {
		t.Errorf("examined: %v", found)
	}
}

func (w *world) examine() []string {
	w.t.Helper()
	found, err := patron.Examine(w.t.Context(), w.file, store.UnitOf(w.DB, func(tx *store.Tx) patron.Tx { return tx }))
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func TestAFileThatIsNotThereIsFound(t *testing.T) {
	w := newWorld(t)
	if found := w.examine(); len(found) != 1 || !strings.Contains(found[0], "cannot be read") {
		t.Errorf("got %v", found)
	}
}

// A file that is still being written is left alone until it rests.
func TestAFileThatIsBeingWrittenIsNotRead(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,FIRSTONE,,2026-03-31,1", "channel-2,SECONDER,,2026-03-31,1")
	first, second := w.Person("First"), w.Person("Second")
	w.claimed(first, "FIRSTONE")
	w.claimed(second, "SECONDER")
	f, err := os.Create(w.file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, part := range []string{heading, "channel-2,FIRSTONE,,2026-04-30,2\n", "channel-2,SECONDER,,2026-04-30,2\n"} {
		if _, err := f.WriteString(part); err != nil {
			t.Fatal(err)
		}
		if err := w.patrons.Look(t.Context(), w.inbox); err != nil {
			t.Fatal(err)
		}
		w.settle(w.node)
		w.until(first, day(4, 1).Add(grace))
		w.until(second, day(4, 1).Add(grace))
	}
	w.look(w.node)
	w.until(first, day(5, 1).Add(grace))
	w.until(second, day(5, 1).Add(grace))
}

// What changed while no server ran is told at the next start, and an event that
// could not be handed over is found when its provider is asked.
func TestNothingIsLostBetween(t *testing.T) {
	w := newWorld(t)
	w.says("channel-2,ABCDEFGH,,2026-03-31,1")
	who := w.Person("Patron")
	w.claimed(who, "ABCDEFGH")
	w.write("channel-2,ABCDEFGH,,2026-04-30,2")
	next := w.start(w.DB)
	w.look(next)
	w.until(who, day(5, 1).Add(grace))

	w.write("channel-2,ABCDEFGH,,2026-05-31,3")
	began := w.Clock.Now()
	w.Clock.Advance(time.Second)
	var err error
	for range 2 {
		err = next.patrons.Look(t.Context(), deaf{})
	}
	if err == nil {
		t.Error("nobody heard that nobody listened")
	}
	w.settle(next)
	w.until(who, day(5, 1).Add(grace))
	events, err := next.patrons.EventsSince(t.Context(), began)
	if err != nil || len(events) != 1 || events[0].Kind != "patron.renewed" || events[0].Terminal {
		t.Fatalf("made %+v, %v", events, err)
	}
	for range 2 {
		if err := next.inbox.Receive(t.Context(), events[0]); err != nil {
			t.Fatal(err)
		}
	}
	w.settle(next)
	w.until(who, day(6, 1).Add(grace))
}

// deaf is an inbox that is not there at the moment.
type deaf struct{}

func (deaf) Receive(context.Context, subscription.Event) error {
	return errors.New("the database is away")
}

// Two nodes that follow one file tell of each change once.
func TestTwoNodesTellOfAChangeOnce(t *testing.T) {
	w := newWorld(t)
	nodes := []*node{w.node, w.start(w.DB)}
	lines := []string{"channel-2,AAAAAAAA,,2026-03-31,1", "channel-2,BBBBBBBB,,2026-03-31,1", "channel-2,CCCCCCCC,,2026-03-31,1"}
	w.says(lines...)
	for _, code := range []string{"AAAAAAAA", "BBBBBBBB", "CCCCCCCC"} {
		w.claimed(w.Person("Patron"), code)
	}
	w.look(nodes[1])
	began := w.Clock.Now()
	w.Clock.Advance(time.Second)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "2026-03-31,1", "2026-04-30,2")
	}
	w.write(lines...)
	for range 2 {
		var wg sync.WaitGroup
		for _, n := range nodes {
			wg.Go(func() {
				if err := n.patrons.Look(t.Context(), n.inbox); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	events, err := w.patrons.EventsSince(t.Context(), began)
	if err != nil || len(events) != 3 {
		t.Errorf("%d events of three changes, %v", len(events), err)
	}
}

// Run does by itself what the other tests do by hand.
func TestRunFollowsTheFile(t *testing.T) {
	w := newWorld(t)
	w.write("channel-2,ABCDEFGH,,2026-03-31,1")
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = w.patrons.Run(ctx, w.inbox) })
	wg.Go(func() { _ = w.inbox.Run(ctx) })
	t.Cleanup(func() { stop(); wg.Wait() })
	who := w.Person("Patron")
	c := w.checkout(who)
	eventually(t, "the list is not read", func() bool {
		_, err := w.desk.Claim(t.Context(), who, "192.0.2.1", c.ID, "ABCDEFGH")
		return err == nil
	})
	eventually(t, "not inside", func() bool { return w.inside(who).Allowed })
	w.write()
	eventually(t, "still inside", func() bool { return !w.inside(who).Allowed })
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick, late := time.NewTicker(50*time.Millisecond), time.After(time.Minute)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal(what)
		}
	}
}
