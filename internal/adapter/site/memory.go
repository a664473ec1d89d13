package site

import (
	"context"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/preview"
)

// The bounds of what is remembered.
const (
	keptFor = 10 * time.Minute
	keptMax = 1000
)

// memory holds what pages said, so that many who name one page ask it once: also
// that there was nothing to show. It begins empty.
type memory struct {
	mu   sync.Mutex
	kept map[string]*look
}

// look is one look at a page; what it found stands once done is closed.
type look struct {
	done  chan struct{}
	until time.Time
	page  preview.Page
	err   error
}

// page returns what is remembered of a page, waits for who looks at it already, or
// looks.
func (m *memory) page(ctx context.Context, key string, now func() time.Time, fetch func() (preview.Page, error)) (preview.Page, error) {
	l, mine := m.begin(key, now())
	if !mine {
		select {
		case <-l.done:
			return l.page, l.err
		case <-ctx.Done():
			return preview.Page{}, ctx.Err()
		}
	}
	defer close(l.done)
	l.page, l.err = fetch()
	if forgotten(l.err) {
		m.forget(key, l)
	}
	return l.page, l.err
}

// begin returns the look at a page that holds, or one that the caller makes.
func (m *memory) begin(key string, now time.Time) (l *look, mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l = m.kept[key]; l != nil && now.Before(l.until) {
		return l, false
	}
	if m.kept == nil {
		m.kept = map[string]*look{}
	}
	if len(m.kept) >= keptMax {
		m.makeRoom(now)
	}
	l = &look{done: make(chan struct{}), until: now.Add(keptFor)}
	m.kept[key] = l
	return l, true
}

// makeRoom lets go of what does not hold any more, and where that is nothing, of any.
func (m *memory) makeRoom(now time.Time) {
	for key, l := range m.kept {
		if !now.Before(l.until) {
			delete(m.kept, key)
		}
	}
	for key := range m.kept {
		if len(m.kept) < keptMax {
			return
		}
		delete(m.kept, key)
	}
}

func (m *memory) forget(key string, l *look) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept[key] == l {
		delete(m.kept, key)
	}
}
