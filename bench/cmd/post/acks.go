package main

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// acks remembers when each post was due and when its answer came. Each post has
// a place of its own, so that thousands of readers do not wait for each other.
type acks struct {
	scheduled []int64
	answered  []atomic.Int64 // when; negative: refused
	count     atomic.Int64
}

func newAcks(n int) *acks {
	return &acks{scheduled: make([]int64, n), answered: make([]atomic.Int64, n)}
}

// due notes when a post should have been sent.
func (a *acks) due(id int64, at time.Time) { a.scheduled[id] = at.UnixNano() }

// put notes an answer.
func (a *acks) put(id int64, at time.Time, refused error) {
	if id < 0 || int(id) >= len(a.answered) {
		return // an answer to nothing that was asked; it is missed elsewhere
	}
	when := at.UnixNano()
	if refused != nil {
		when = -when
	}
	a.answered[id].Store(when)
	a.count.Add(1)
}

// await waits until so many answers have come, or none for a while.
func (a *acks) await(ctx context.Context, n int64, patience time.Duration) {
	last, at := a.count.Load(), time.Now()
	for ctx.Err() == nil && last < n && time.Since(at) < patience {
		time.Sleep(2 * time.Millisecond)
		if now := a.count.Load(); now != last {
			last, at = now, time.Now()
		}
	}
}

// answers is what came for the posts of a window.
type answers struct {
	delays                []time.Duration // of those acknowledged, sorted
	acknowledged, refused int64
	span                  time.Duration // from the first post's time to the last answer
}

func (a *acks) window(first, count int) answers {
	var w answers
	last := a.scheduled[first]
	for i := first; i < first+count; i++ {
		switch when := a.answered[i].Load(); {
		case when > 0:
			w.acknowledged++
			w.delays = append(w.delays, time.Duration(when-a.scheduled[i]))
			last = max(last, when)
		case when < 0:
			w.refused++
		}
	}
	slices.Sort(w.delays)
	w.span = time.Duration(last - a.scheduled[first])
	return w
}
