package crowd

import (
	"bytes"
	"slices"
	"sync"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
)

// sample is what a closely watched connection remembers.
type sample struct {
	last   int64 // sequence
	window int   // that first belongs to
	first  int64 // arrival of the window's first message
}

// samples is what the closely watched connections have seen in the window.
type samples struct {
	mu         sync.Mutex
	window     int
	delays     []time.Duration
	outOfOrder int64
	repeated   int64
	span       time.Duration
}

// take looks at every message of a frame.
func (s *samples) take(own *sample, payload []byte, now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if own.window != s.window {
		own.window, own.first = s.window, now
	}
	s.span = max(s.span, time.Duration(now-own.first))
	for {
		seq, rest, ok := number(payload)
		if !ok {
			return
		}
		if own.last != 0 && seq != own.last+1 {
			s.outOfOrder++
		}
		if seq <= own.last {
			s.repeated++
		}
		own.last = seq
		at := bytes.IndexByte(rest, chatter.Mark)
		if at < 0 {
			return
		}
		if scheduled, ok := chatter.Time(rest[at:]); ok {
			s.delays = append(s.delays, time.Duration(now-scheduled))
		}
		payload = rest[at+1:]
	}
}

// number finds the next sequence and what follows it.
func number(b []byte) (n int64, rest []byte, ok bool) {
	key := []byte(`"seq":`)
	at := bytes.Index(b, key)
	if at < 0 {
		return 0, nil, false
	}
	b = b[at+len(key):]
	for len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
		n = n*10 + int64(b[0]-'0')
		b = b[1:]
	}
	return n, b, true
}

// Window is what the closely watched connections saw between Begin and Seen.
type Window struct {
	Delays []time.Duration // sorted
	// OutOfOrder counts messages whose sequence was not the next one.
	OutOfOrder int64
	// Repeated counts those whose sequence had passed: wrong also where a sample
	// of the room is all that is promised.
	Repeated int64
	// Span is the longest time between the first and the last message on one
	// connection: a server that falls behind stretches it.
	Span time.Duration
}

// Begin forgets what the watched connections have seen.
func (c *Crowd) Begin() {
	s := &c.samples
	s.mu.Lock()
	defer s.mu.Unlock()
	s.window++
	s.delays, s.outOfOrder, s.repeated, s.span = s.delays[:0], 0, 0, 0
}

// Seen returns what they have seen since Begin.
func (c *Crowd) Seen() Window {
	s := &c.samples
	s.mu.Lock()
	defer s.mu.Unlock()
	w := Window{Delays: slices.Clone(s.delays), OutOfOrder: s.outOfOrder, Repeated: s.repeated, Span: s.span}
	slices.Sort(w.Delays)
	return w
}
