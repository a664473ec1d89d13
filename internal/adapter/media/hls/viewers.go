package hls

import (
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// viewerLife is how long a playback session counts after its last request.
const viewerLife = 10 * time.Second

// viewersLimit bounds the sessions counted for one channel; more are not counted.
const viewersLimit = 100_000

// viewers counts the playback sessions that are being played.
type viewers struct {
	now func() time.Time

	mu       sync.Mutex
	channels map[ident.Channel]*audience
}

type audience struct {
	seen   map[string]time.Time
	pruned time.Time
}

func newViewers(now func() time.Time) *viewers {
	return &viewers{now: now, channels: map[ident.Channel]*audience{}}
}

func (v *viewers) saw(t ticket) {
	now := v.now()
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.channels[t.channel]
	if a == nil {
		a = &audience{seen: map[string]time.Time{}, pruned: now}
		v.channels[t.channel] = a
	}
	if now.Sub(a.pruned) >= viewerLife {
		a.prune(now)
	}
	if _, known := a.seen[t.session]; known || len(a.seen) < viewersLimit {
		a.seen[t.session] = now
	}
}

func (v *viewers) count(channel ident.Channel) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.channels[channel]
	if a == nil {
		return 0
	}
	a.prune(v.now())
	n := len(a.seen)
	if n == 0 {
		delete(v.channels, channel)
	}
	return n
}

func (a *audience) prune(now time.Time) {
	a.pruned = now
	for session, at := range a.seen {
		if now.Sub(at) >= viewerLife {
			delete(a.seen, session)
		}
	}
}
