package gateway

import "time"

// pace says when a room may be sent to next. One message after the other costs
// a write to each reader; where rate times readers is high, messages wait for
// each other, so that one write carries several.
type pace struct {
	last    time.Time // when the last batch left
	second  time.Time // the second that is being counted
	casts   int       // in it
	before  int       // in the one before
	readers int
}

const (
	// hotWrites is the writes a second on one loop from which on a room is hot:
	// about a quarter of a core.
	hotWrites = 32_000
	// hotTick is how long messages of a hot room wait for each other.
	hotTick = 100 * time.Millisecond
)

// next returns when the next batch may leave.
func (p *pace) next(now time.Time) time.Time {
	p.roll(now)
	if max(p.casts, p.before)*p.readers < hotWrites {
		return now
	}
	return p.last.Add(hotTick)
}

// sent counts a batch.
func (p *pace) sent(now time.Time, casts, readers int) {
	p.roll(now)
	p.last, p.readers = now, readers
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
