package gateway

import (
	"slices"
	"testing"
)

// Every turn is called once in a lease, and once more, sooner, when its reading
// failed; while readings go on to fail, ever more rarely and not by all nodes in
// the same second.
func TestTurnThatFailedIsCalledAgainSoon(t *testing.T) {
	r := newRoll("a")
	r.answered(r.call(), true) // 0
	failed := r.call()         // 1
	r.answered(failed, false)
	if again := r.call(); !slices.Equal(again, []int{2, 1}) {
		t.Fatalf("after turn 1 failed %v is called", again)
	}
	r.answered([]int{2, 1}, true)
	if next := r.call(); !slices.Equal(next, []int{3}) {
		t.Fatalf("after all went well %v is called", next)
	}
}

func TestTurnsWhileNothingCanBeRead(t *testing.T) {
	const seconds = 1000
	tries := map[string][]bool{}
	for _, node := range []string{"a", "b", "c"} {
		r := newRoll(node)
		last := map[int]int{}
		again := 0
		for s := range seconds {
			called := r.call()
			if called[0] != s%turns || len(called) > 2 {
				t.Fatalf("in second %d %v are called", s, called)
			}
			if len(called) == 2 {
				again++
			}
			tries[node] = append(tries[node], len(called) == 2)
			for _, c := range called {
				if was, ok := last[c]; ok && s-was > turns {
					t.Fatalf("turn %d is called after %d seconds", c, s-was)
				}
				last[c] = s
			}
			r.answered(called, false)
			if len(r.owed) > turns {
				t.Fatalf("%v are owed", r.owed)
			}
		}
		if again < seconds/8 || again > seconds*2/3 {
			t.Errorf("node %s tries again %d times in %d seconds", node, again, seconds)
		}
	}
	if slices.Equal(tries["a"], tries["b"]) && slices.Equal(tries["b"], tries["c"]) {
		t.Error("all nodes try in the same seconds")
	}
}

// After an outage of any length every turn has been called within a lease.
func TestAllTurnsAreCalledSoonAfterAnOutage(t *testing.T) {
	for outage := range 30 {
		r := newRoll("a")
		for range outage {
			r.answered(r.call(), false)
		}
		seen := map[int]bool{}
		for range turns {
			called := r.call()
			for _, c := range called {
				seen[c] = true
			}
			r.answered(called, true)
		}
		if len(seen) != turns {
			t.Errorf("within a lease after %d seconds only %v were called", outage, seen)
		}
	}
}
