package speaker

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// Acks remembers when each post was due and when its answer came. Each post has
// a place of its own, so that thousands of readers do not wait for each other.
type Acks struct {
	scheduled []int64
	answered  []atomic.Int64 // when; negative: refused
	count     atomic.Int64
}

// NewAcks returns room for the answers to n posts.
func NewAcks(n int) *Acks {
	return &Acks{scheduled: make([]int64, n), answered: make([]atomic.Int64, n)}
}

// Due notes when a post should have been sent.
func (a *Acks) Due(id int64, at time.Time) { a.scheduled[id] = at.UnixNano() }

// Put notes an answer.
func (a *Acks) Put(id int64, at time.Time, refused error) {
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

// Acknowledged reports whether the answer to a post has come, and was none of refusal.
func (a *Acks) Acknowledged(id int64) bool { return a.answered[id].Load() > 0 }

// Await waits until so many answers have come, or none for a while.
func (a *Acks) Await(ctx context.Context, n int64, patience time.Duration) {
	last, at := a.count.Load(), time.Now()
	for ctx.Err() == nil && last < n && time.Since(at) < patience {
		time.Sleep(2 * time.Millisecond)
		if now := a.count.Load(); now != last {
			last, at = now, time.Now()
		}
	}
}

// Answers is what came for the posts of a window.
type Answers struct {
	Delays                []time.Duration // of those acknowledged, sorted
	Acknowledged, Refused int64
	Span                  time.Duration // from the first post's time to the last answer
}

func (a *Acks) Window(first, count int) Answers {
	var w Answers
	last := a.scheduled[first]
	for i := first; i < first+count; i++ {
		switch when := a.answered[i].Load(); {
		case when > 0:
			w.Acknowledged++
			w.Delays = append(w.Delays, time.Duration(when-a.scheduled[i]))
			last = max(last, when)
		case when < 0:
			w.Refused++
		}
	}
	slices.Sort(w.Delays)
	w.Span = time.Duration(last - a.scheduled[first])
	return w
}
