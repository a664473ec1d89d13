package gateway

import (
	"sync"
	"time"
)

// gatherFor is how far apart groups begin: a crowd gathers meanwhile, and a few
// milliseconds are nothing to somebody who opens a page.
const gatherFor = 10 * time.Millisecond

// gathering has those who come at once seen to together: whoever comes while
// nobody is seen to begins at once, the others are the next group. So a crowd
// needs neither a goroutine nor a reading of the database for each.
type gathering[T any] struct {
	crew *crew
	see  func(group []T) // may wait, and keeps nothing of group

	mu      sync.Mutex
	waiting []T
	seen    []T  // the room that the last group took, for the next one
	busy    bool // groups are being seen to
}

// add has somebody seen to. It does not wait.
func (g *gathering[T]) add(who T) {
	g.mu.Lock()
	g.waiting = append(g.waiting, who)
	first := !g.busy
	g.busy = true
	g.mu.Unlock()
	if first {
		g.crew.do(g.run)
	}
}

func (g *gathering[T]) run() {
	for {
		began, group := time.Now(), g.next()
		g.see(group)
		time.Sleep(gatherFor - time.Since(began))
		if g.over(group) {
			return
		}
	}
}

func (g *gathering[T]) next() []T {
	g.mu.Lock()
	defer g.mu.Unlock()
	group := g.waiting
	g.waiting, g.seen = g.seen, nil
	return group
}

// over ends a group and reports whether nobody waits any more.
func (g *gathering[T]) over(group []T) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy = len(g.waiting) > 0; g.busy {
		clear(group)
		g.seen = group[:0]
	} else {
		g.waiting = nil
	}
	return !g.busy
}
