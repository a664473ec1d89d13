package store

import (
	"context"
	"sync"
	"time"
)

// together answers questions about single keys with one read for all who ask
// while the read before runs: a crowd that comes at once costs a few statements
// and not a few for each person. An answer was read after it was asked for.
type together[K comparable, V any] struct {
	read func(ctx context.Context, keys []K) (map[K]V, error)
	work *sync.WaitGroup // whoever closes the database waits for what runs here

	mu   sync.Mutex
	next *reading[K, V] // gathers keys; nil: nothing runs
}

// reading is one read and those who wait for it.
type reading[K comparable, V any] struct {
	keys  []K
	begin chan struct{} // closed when the one before has ended
	since time.Time     // when it may run at the earliest: in a crowd more gather meanwhile
	done  chan struct{}
	found map[K]V
	err   error
}

// togetherLimit bounds one read. Nobody's own limit ends it, since it is for others too.
const togetherLimit = 10 * time.Second

// gatherFor is how far apart the reads of a crowd begin.
const gatherFor = 2 * time.Millisecond

// ask returns what is found under a key; false for nothing.
func (t *together[K, V]) ask(ctx context.Context, key K) (V, bool, error) {
	r, mine := t.join(key)
	if mine { // not on the caller's time: others may be ready to wait longer
		t.work.Go(func() { t.run(context.WithoutCancel(ctx), r) })
	}
	select {
	case <-r.done:
		v, ok := r.found[key]
		return v, ok, r.err
	case <-ctx.Done():
		var none V
		return none, false, ctx.Err()
	}
}

// join adds a key to the next reading; mine: the caller is to have it run.
func (t *together[K, V]) join(key K) (r *reading[K, V], mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next == nil { // nothing runs: begin at once
		r = newReading[K, V](key)
		close(r.begin)
		t.next = newReading[K, V]()
		return r, true
	}
	r = t.next
	r.keys = append(r.keys, key)
	return r, len(r.keys) == 1
}

func newReading[K comparable, V any](keys ...K) *reading[K, V] {
	return &reading[K, V]{keys: keys, begin: make(chan struct{}), done: make(chan struct{})}
}

func (t *together[K, V]) run(ctx context.Context, r *reading[K, V]) {
	<-r.begin // the one before ends within its limit
	time.Sleep(time.Until(r.since))
	t.mu.Lock()
	if t.next == r { // whoever asks from now on is answered by the one after
		t.next = newReading[K, V]()
	}
	keys := r.keys
	t.mu.Unlock()
	began := time.Now()
	defer t.end(r, began)
	ctx, cancel := context.WithTimeout(ctx, togetherLimit)
	defer cancel()
	r.err = errClosed // unless the read says otherwise
	r.found, r.err = t.read(ctx, distinct(keys))
}

// end answers those who wait, also after a panic, and lets the next reading begin.
func (t *together[K, V]) end(r *reading[K, V], began time.Time) {
	close(r.done)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.next.keys) == 0 {
		t.next = nil
		return
	}
	if len(t.next.keys) > 1 {
		t.next.since = began.Add(gatherFor)
	}
	close(t.next.begin)
}
