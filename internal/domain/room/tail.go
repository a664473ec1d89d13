package room

import (
	"context"
	"sort"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Grace is how long a bell that came early waits for its predecessors before
// the log itself is read.
const Grace = 20 * time.Millisecond

// catchUp is how many events one read of the log brings.
const catchUp = 500

// LogReader reads stored logs.
type LogReader interface {
	// Since returns events with a sequence above after, ascending, at most limit.
	Since(ctx context.Context, log ident.Log, after int64, limit int) ([]event.Encoded, error)
	// Heads returns the last sequence of each log named, in one query.
	Heads(ctx context.Context, logs []ident.Log) (map[ident.Log]int64, error)
}

// Tail follows one log from a head and hands its events on, each once and in
// order. Deliver runs under the tail's lock: it must not block or call back.
type Tail struct {
	log     ident.Log
	read    LogReader
	deliver func(event.Encoded)

	mu    sync.Mutex
	head  int64
	early map[int64]event.Encoded
	since time.Time // when the oldest early bell came
}

// earlyLimit bounds the bells that wait; beyond it the log is read at once.
const earlyLimit = 1000

// NewTail follows log from head on.
func NewTail(log ident.Log, head int64, read LogReader, deliver func(event.Encoded)) *Tail {
	return &Tail{log: log, head: head, read: read, deliver: deliver, early: map[int64]event.Encoded{}}
}

// Head returns the last sequence handed on.
func (t *Tail) Head() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.head
}

// Between runs f while nothing is handed on. f must not block or call back.
func (t *Tail) Between(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
}

// Ring takes a bell. It reports whether a gap stands open before it, in which
// case the caller calls Heal after Grace.
func (t *Tail) Ring(e event.Encoded, now time.Time) (gap bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Seq <= t.head {
		return false
	}
	if len(t.early) == 0 {
		t.since = now
	}
	if len(t.early) < earlyLimit {
		t.early[e.Seq] = e
	}
	t.drain()
	return len(t.early) > 0
}

// Due reports whether a gap has stood open for Grace.
func (t *Tail) Due(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.early) > 0 && now.Sub(t.since) >= Grace
}

// Heal reads the log from the head on and hands on what was missing. Calling it
// without need does no harm.
func (t *Tail) Heal(ctx context.Context) error {
	for {
		after := t.Head()
		missing, err := t.read.Since(ctx, t.log, after, catchUp)
		if err != nil {
			return err
		}
		t.accept(missing)
		if len(missing) < catchUp {
			return nil
		}
	}
}

func (t *Tail) accept(events []event.Encoded) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sort.Slice(events, func(i, j int) bool { return events[i].Seq < events[j].Seq })
	for _, e := range events {
		if e.Seq == t.head+1 {
			t.head = e.Seq
			t.deliver(e)
		}
	}
	t.drain()
}

// drain hands on the early bells that have become next.
func (t *Tail) drain() {
	for {
		e, ok := t.early[t.head+1]
		if !ok {
			break
		}
		delete(t.early, e.Seq)
		t.head = e.Seq
		t.deliver(e)
	}
	for seq := range t.early {
		if seq <= t.head {
			delete(t.early, seq)
		}
	}
}
