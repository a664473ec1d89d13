package gateway

import (
	"context"
	"sort"
	"sync"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// pageSize is how many events an answer to 'enter' holds: the newest ones for a
// newcomer, up to resumeSize for somebody who comes back.
const (
	pageSize   = 50
	resumeSize = 500
)

// recent keeps the end of a log in memory, so that a crowd that comes at once
// costs the database one read and not one for each person.
type recent struct {
	reading sync.Mutex // held by the one who reads for everybody

	mu     sync.Mutex
	events []event.Encoded // without gaps, the newest last
	head   int64           // the last sequence that was added
	purges int             // how often all was let go of
	newest []byte          // the newest page as JSON, nil when it must be made
}

// page is what somebody who enters is sent.
type page struct {
	events []byte // a JSON array
	head   int64
	more   bool
}

func newRecent(head int64) *recent { return &recent{head: head} }

// add takes the next event of the log. What it takes back stands from then on as
// the database has it: as a tombstone.
func (r *recent) add(e event.Encoded) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if event.Removes(e.Bytes) && !takeBack(r.events, e) {
		r.events = nil
		r.purges++
	}
	r.events = append(r.events, e)
	if len(r.events) >= 2*resumeSize {
		r.events = append(r.events[:0:0], r.events[len(r.events)-resumeSize:]...)
	}
	r.head, r.newest = e.Seq, nil
}

// takeBack leaves of events, in the order of the log, what a removal leaves of
// them. It reports false when it cannot tell.
func takeBack(events []event.Encoded, removed event.Encoded) bool {
	removal, ok := event.RemovalIn(removed.Bytes)
	if !ok {
		return false
	}
	from := sort.Search(len(events), func(i int) bool { return events[i].Seq >= removal.Since() })
	for i := from; i < len(events); i++ {
		left, less, err := removal.Left(events[i])
		if err != nil {
			return false
		}
		if less {
			events[i] = left
		}
	}
	return true
}

// page returns what a newcomer, or somebody with a cursor, has to be sent; false
// when that reaches further back than memory.
func (r *recent) page(cursor *int64) (page, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := r.head + 1
	if len(r.events) > 0 {
		first = r.events[0].Seq
	}
	if cursor != nil {
		if *cursor+1 < first {
			return page{}, false
		}
		since := r.events[min(int(*cursor+1-first), len(r.events)):]
		if len(since) > resumeSize {
			return page{}, false
		}
		return page{events: join(since), head: r.head}, true
	}
	if first > 1 && len(r.events) < pageSize {
		return page{}, false
	}
	end := r.events[max(0, len(r.events)-pageSize):]
	if r.newest == nil {
		r.newest = join(end)
	}
	return page{events: r.newest, head: r.head, more: len(end) > 0 && end[0].Seq > 1}, true
}

// fill reads what memory lacks for a newcomer, once for all who wait.
func (r *recent) fill(ctx context.Context, logs Logs, at room.Address) error {
	r.reading.Lock()
	defer r.reading.Unlock()
	if _, ok := r.page(nil); ok {
		return nil
	}
	r.mu.Lock()
	purges := r.purges
	r.mu.Unlock()
	read, err := logs.Page(ctx, at, room.NoCursor, 0, resumeSize)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.purges == purges {
		r.prepend(read.Events)
	}
	return nil
}

// prepend puts events that were read before those that came meanwhile.
func (r *recent) prepend(older []event.Encoded) {
	first := r.head + 1
	if len(r.events) > 0 {
		first = r.events[0].Seq
	}
	for len(older) > 0 && older[len(older)-1].Seq >= first {
		older = older[:len(older)-1]
	}
	if len(older) == 0 || older[len(older)-1].Seq != first-1 {
		return
	}
	for _, e := range r.events { // what was taken back since they were read
		if event.Removes(e.Bytes) && !takeBack(older, e) {
			return
		}
	}
	r.events = append(append(make([]event.Encoded, 0, len(older)+len(r.events)), older...), r.events...)
	r.newest = nil
}

// join returns events as a JSON array.
func join(events []event.Encoded) []byte {
	size := 2
	for _, e := range events {
		size += len(e.Bytes) + 1
	}
	b := append(make([]byte, 0, size), '[')
	for i, e := range events {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, e.Bytes...)
	}
	return append(b, ']')
}
