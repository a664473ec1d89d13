package sandbox

import (
	"math/rand/v2"
	"time"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Mischief is what a network and a hasty provider do to events. Tests switch it
// on; the zero Mischief does nothing. Random must be set where a share is, and
// is used by the goroutine of Run and by callers who pay or cancel: give it to
// tests that do one at a time.
type Mischief struct {
	Random    *rand.Rand
	Duplicate float64       // share of events that are sent twice
	Drop      float64       // share of events that are never sent, and count as sent
	Reorder   bool          // events that are due together come in any order
	Delay     time.Duration // events come up to this late
}

// copies is how often an event is posted.
func (m Mischief) copies() int {
	switch {
	case m.Drop > 0 && m.Random.Float64() < m.Drop:
		return 0
	case m.Duplicate > 0 && m.Random.Float64() < m.Duplicate:
		return 2
	}
	return 1
}

func (m Mischief) delay() time.Duration {
	if m.Delay <= 0 {
		return 0
	}
	return time.Duration(m.Random.Int64N(int64(m.Delay)))
}

func (m Mischief) order(events []subscription.SandboxEvent) []subscription.SandboxEvent {
	if m.Reorder {
		m.Random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	}
	return events
}
