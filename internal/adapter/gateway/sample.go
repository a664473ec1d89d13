package gateway

import (
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
)

// sample chooses what is shown of a public room in which more is written than
// anybody can read. It is the same choice for the whole audience, and fair: each
// moment shows a few messages, of different people first; what the creator and
// moderators write, and whatever is no message, is always shown. It is guarded
// by the tail's lock.
type sample struct {
	readable int // messages a second
	recent   []time.Time
	held     []heldEvent
	since    time.Time // when the moment began; zero: everything is shown
	owed     float64   // messages that may be shown, of this moment and left of those before
}

type heldEvent struct {
	event.Encoded
	shown  bool
	author string
	from   int64 // the first of a stretch that is not even looked at; 0: this is one event
}

const (
	// moment is how long events of a crowded room are collected.
	moment = 100 * time.Millisecond
	// heldMax bounds what one moment collects; beyond it only what is always shown is.
	heldMax = 4096
	// DefaultReadable is the rate at which a public room is still readable.
	DefaultReadable = 40
)

func newSample(readable int) *sample {
	if readable <= 0 {
		readable = DefaultReadable
	}
	return &sample{readable: readable}
}

// take counts an event and reports whether it was kept until the moment is over.
func (s *sample) take(e event.Encoded, now time.Time) bool {
	s.count(now)
	if s.since.IsZero() {
		if len(s.recent) <= s.readable {
			return false
		}
		s.since = now
	}
	h := heldEvent{Encoded: e, shown: true}
	if author, role, is := event.WriterOf(e.Bytes); is && role == "none" {
		h.shown, h.author = false, string(author)
		if len(s.held) >= heldMax {
			s.pass(e.Seq)
			return true
		}
	}
	s.held = append(s.held, h)
	return true
}

// pass lets one go that nothing is kept of but its number.
func (s *sample) pass(seq int64) {
	if last := &s.held[len(s.held)-1]; last.from != 0 {
		last.Seq = seq
		return
	}
	s.held = append(s.held, heldEvent{Encoded: event.Encoded{Seq: seq}, from: seq})
}

// count keeps the times of the last second, as many as matter.
func (s *sample) count(now time.Time) {
	s.recent = append(s.recent, now)
	if over := len(s.recent) - s.readable - 1; over > 0 {
		s.recent = append(s.recent[:0], s.recent[over:]...)
	}
	s.forget(now)
}

func (s *sample) forget(now time.Time) {
	old := 0
	for old < len(s.recent) && now.Sub(s.recent[old]) >= time.Second {
		old++
	}
	s.recent = append(s.recent[:0], s.recent[old:]...)
}

// over reports whether a moment has ended.
func (s *sample) over(now time.Time) bool { return !s.since.IsZero() && now.Sub(s.since) >= moment }

// shown is one event to show, or, with skips set, a stretch that is not.
type shown struct {
	event.Encoded
	skips    bool
	from, to int64
}

// choose ends the moment and says what is shown of it, in the order of the log.
// Nothing of it is missing from the answer: what is not shown is skipped.
func (s *sample) choose(now time.Time) []shown {
	// Moments end with a tick of the gateway and are longer than they should be.
	s.owed = min(s.owed+float64(s.readable)*now.Sub(s.since).Seconds(), float64(s.readable))
	s.owed -= float64(s.pick(int(s.owed)))
	var out []shown
	skip := func(from, to int64) {
		if last := len(out) - 1; last >= 0 && out[last].skips {
			out[last].to = to
			return
		}
		out = append(out, shown{skips: true, from: from, to: to})
	}
	for _, h := range s.held {
		switch {
		case h.shown:
			out = append(out, shown{Encoded: h.Encoded})
		case h.from != 0:
			skip(h.from, h.Seq)
		default:
			skip(h.Seq, h.Seq)
		}
	}
	s.held = s.held[:0]
	s.forget(now)
	if s.since = now; len(s.recent) <= s.readable*3/4 {
		s.since, s.owed = time.Time{}, 0
	}
	return out
}

// pick marks up to n messages as shown and returns how many: one of each of n
// people, then more of them. Who comes first is left to the sequence's hash:
// nobody chooses theirs, and every node chooses the same.
func (s *sample) pick(n int) int {
	type candidate struct {
		at   int
		turn int // the how-manieth of its author
		lot  uint64
	}
	said := map[string]int{}
	var all []candidate
	for i, h := range s.held {
		if !h.shown && h.from == 0 {
			said[h.author]++
			all = append(all, candidate{i, said[h.author], lot(h.Seq)})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		if a.turn != b.turn {
			return a.turn - b.turn
		}
		if a.lot < b.lot {
			return -1
		}
		return 1
	})
	n = min(n, len(all))
	for _, c := range all[:n] {
		s.held[c.at].shown = true
	}
	return n
}

// lot mixes a sequence into a number that looks random (splitmix64, Steele,
// Lea and Flood 2014).
func lot(seq int64) uint64 {
	x := uint64(seq) + 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}
