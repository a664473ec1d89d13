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
	last   int64 // sequence that was said or skipped
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
	skips      int64
	slow       int64
	span       time.Duration
}

// take looks at every message of a frame, also at when it came where timed.
func (s *samples) take(own *sample, payload []byte, now int64, timed bool) {
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
		s.next(own, seq, seq)
		at := bytes.IndexByte(rest, chatter.Mark)
		if at < 0 {
			return
		}
		if scheduled, ok := chatter.Time(rest[at:]); ok && timed {
			s.delays = append(s.delays, time.Duration(now-scheduled))
		}
		payload = rest[at+1:]
	}
}

// next takes a stretch of the log that was said or skipped.
func (s *samples) next(own *sample, from, to int64) {
	if own.last != 0 && from != own.last+1 {
		s.outOfOrder++
	}
	if from <= own.last {
		s.repeated++
	}
	own.last = to
}

// skippedHead begins the frame that says which messages were left out.
const skippedHead = `{"type":"skipped"`

// skip looks at such a frame.
func (s *samples) skip(own *sample, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, rest, ok := after(payload, `"from":`)
	to, rest, also := after(rest, `"to":`)
	if !ok || !also {
		s.outOfOrder++
		return
	}
	s.skips++
	if bytes.Contains(rest, []byte(`"slow"`)) {
		s.slow++
	}
	s.next(own, from, to)
}

// number finds the next sequence and what follows it.
func number(b []byte) (n int64, rest []byte, ok bool) { return after(b, `"seq":`) }

// after finds the number behind a key, and what follows it.
func after(b []byte, key string) (n int64, rest []byte, ok bool) {
	at := bytes.Index(b, []byte(key))
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
	// OutOfOrder counts messages, and stretches that were skipped, whose sequence
	// was not the next one.
	OutOfOrder int64
	// Repeated counts those whose sequence had passed: wrong also where a sample
	// of the room is all that is promised.
	Repeated int64
	// Skips counts the stretches of the log that were announced as left out; Slow,
	// those of them that were because the connection was too slow.
	Skips, Slow int64
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
	s.delays, s.outOfOrder, s.repeated, s.span, s.skips, s.slow = s.delays[:0], 0, 0, 0, 0, 0
}

// Seen returns what they have seen since Begin.
func (c *Crowd) Seen() Window {
	s := &c.samples
	s.mu.Lock()
	defer s.mu.Unlock()
	w := Window{Delays: slices.Clone(s.delays), OutOfOrder: s.outOfOrder, Repeated: s.repeated, Skips: s.skips, Slow: s.slow, Span: s.span}
	slices.Sort(w.Delays)
	return w
}
