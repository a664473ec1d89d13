package gateway

import "time"

// pace says when what waits for a room may leave. One message after the other
// costs a write to each reader; where rate times readers is high, messages wait
// for each other, so that one write carries several.
type pace struct {
	second  time.Time // the second that is being counted
	casts   int       // in it
	before  int       // in the one before
	readers int
}

const (
	// hotWrites is the writes a second on one loop from which on a room is hot:
	// about a quarter of a core.
	hotWrites = 32_000
	// hotWindow is how long the first message that waits in a hot room waits for
	// others, and so the longest that any of them waits.
	hotWindow = 100 * time.Millisecond
)

// leave returns when the messages may leave of which the first has waited since
// a time.
func (p *pace) leave(since, now time.Time) time.Time {
	p.roll(now)
	if max(p.casts, p.before)*p.readers < hotWrites {
		return now
	}
	return since.Add(hotWindow)
}

// sent counts a batch.
func (p *pace) sent(now time.Time, casts, readers int) {
	p.roll(now)
	p.readers = readers
	p.casts += casts
}

func (p *pace) roll(now time.Time) {
	switch gone := now.Sub(p.second); {
	case gone >= 2*time.Second:
		p.second, p.before, p.casts = now, 0, 0
	case gone >= time.Second:
		p.second, p.before, p.casts = now, p.casts, 0
	}
}
