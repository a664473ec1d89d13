package gateway

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Everybody is seen to once, one group after the other, and those who come at
// once in few of them.
func TestACrowdIsSeenToInGroups(t *testing.T) { synctest.Test(t, testGroups) }

func testGroups(t *testing.T) {
	var hands crew
	var groups, running atomic.Int64
	var mu sync.Mutex
	seen := map[int]int{}
	g := &gathering[int]{crew: &hands, see: func(group []int) {
		if running.Add(1) != 1 {
			t.Error("two groups are seen to at once")
		}
		defer running.Add(-1)
		groups.Add(1)
		time.Sleep(3 * time.Millisecond) // it takes a while
		mu.Lock()
		defer mu.Unlock()
		for _, n := range group {
			seen[n]++
		}
	}}
	began := time.Now()
	const crowd = 500
	for n := range crowd {
		g.add(n)
		time.Sleep(100 * time.Microsecond)
	}
	hands.hands.Wait()
	for n := range crowd {
		if seen[n] != 1 {
			t.Errorf("%d was seen to %d times", n, seen[n])
		}
	}
	if n := groups.Load(); n < 4 || n > 8 { // in 50 ms
		t.Errorf("%d groups of %d who came one after the other in %v", n, crowd, time.Since(began))
	}
	last := time.Now()
	g.add(crowd)
	hands.hands.Wait()
	if waited := time.Since(last); seen[crowd] != 1 || waited > gatherFor {
		t.Errorf("who came alone was seen to %d times, and it was over after %v", seen[crowd], waited)
	}
}
