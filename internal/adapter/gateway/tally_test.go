package gateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// However many votes come, a room is told at most four times a second, a crowd
// less often, and the last change is never lost.
func TestTotalsAreMerged(t *testing.T) {
	at := room.Address{Channel: "c", Audience: room.Public}
	for name, c := range map[string]struct{ readers, most int }{"a few": {10, 40}, "the goal of 5,000": {5000, 20}, "thousands": {8000, 10}, "nobody": {0, 0}} {
		b, now := newTallyBoard[ident.Question](), time.Unix(1000, 0)
		size := func(room.Address) int { return c.readers }
		sent, last := 0, 0
		for ms := range 10_000 { // ten seconds, a vote each
			q := ident.Question(fmt.Sprint(ms % 3))
			b.put(at, q)
			if qs := b.due(now, size); len(qs) > 0 {
				sent++
				last = ms
				if len(qs[at]) > 3 {
					t.Errorf("%s: %v", name, qs)
				}
			}
			now = now.Add(time.Millisecond)
		}
		if sent > c.most || (c.readers > 0 && sent < c.most-1) {
			t.Errorf("%s: told %d times in ten seconds, at most %d", name, sent, c.most)
		}
		if c.readers == 0 {
			if len(b.changed) > 0 {
				t.Errorf("kept for nobody: %v", b.changed)
			}
			continue
		}
		now = now.Add(5 * time.Second)
		if last < 9_999 && len(b.due(now, size)[at]) == 0 {
			t.Errorf("%s: what changed after %d ms is never told", name, last)
		}
		now = now.Add(2 * time.Minute)
		b.due(now, size)
		if len(b.shown)+len(b.changed) > 0 {
			t.Errorf("%s: kept for ever: %v %v", name, b.shown, b.changed)
		}
	}
}
