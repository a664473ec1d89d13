package gateway

import (
	"context"
	"slices"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Hold keeps every loop from doing anything until release is called.
func (g *Gateway) Hold() (release func()) {
	until := make(chan struct{})
	for _, s := range g.shares {
		held := make(chan struct{})
		s.loop.Do(func() { close(held); <-until })
		<-held
	}
	return func() { close(until) }
}

// Loops returns the loops, for tests that keep one busy.
func (g *Gateway) Loops() []*socket.Loop { return g.sockets.All() }

// Waiting is the bytes that wait for the slowest client.
func (g *Gateway) Waiting() (most int) {
	all := make(chan int, len(g.shares))
	g.everywhere(func(s *share) {
		slowest := 0
		for v := range s.visitors {
			slowest = max(slowest, v.conn.Waiting())
		}
		all <- slowest
	})
	for range g.shares {
		most = max(most, <-all)
	}
	return most
}

// Kept is the frames, and their bytes, that wait for the one that is being served,
// of the client with most of them.
func (g *Gateway) Kept() (frames, bytes int) {
	all := make(chan [2]int, len(g.shares))
	g.everywhere(func(s *share) {
		var most [2]int
		for v := range s.visitors {
			most = [2]int{max(most[0], len(v.asks)), max(most[1], v.kept)}
		}
		all <- most
	})
	for range g.shares {
		most := <-all
		frames, bytes = max(frames, most[0]), max(bytes, most[1])
	}
	return frames, bytes
}

// Recheck looks at the open doors of a channel's public.
func (g *Gateway) Recheck(ctx context.Context, channel ident.Channel) {
	g.recheckAll(ctx, map[access.Subject]bool{{Channel: channel}: true})
}

// Crowd has an origin have as many sockets as it may, until restore is called.
func (g *Gateway) Crowd(origin string) (restore func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	had := g.origins[origin]
	g.origins[origin] = socketsPerOrigin
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.origins[origin] -= socketsPerOrigin - had; g.origins[origin] == 0 {
			delete(g.origins, origin)
		}
	}
}

// Counted returns how many sockets an origin has, as is believed.
func (g *Gateway) Counted(origin string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.origins[origin]
}

// EnteringAtOnce is how many people enter before their loop looks at others.
const EnteringAtOnce = enteringAtOnce

// Wishes returns how many wait for their rights to be read.
func (g *Gateway) Wishes() int {
	g.wishes.mu.Lock()
	defer g.wishes.mu.Unlock()
	return len(g.wishes.waiting)
}

// MostAtOnce watches a room that is open until stop is called, which returns how
// many doors a loop opened at most before it did what others asked of it.
func (g *Gateway) MostAtOnce(at room.Address) (stop func() int) {
	a := g.find(at, false)
	over := make(chan struct{})
	most := make(chan int, len(g.shares))
	for _, s := range g.shares {
		p, before, seen := a.parts[s.index], -1, 0
		var look func()
		look = func() {
			if now := len(p.doors); before >= 0 {
				seen = max(seen, now-before)
			}
			before = len(p.doors)
			select {
			case <-over:
				most <- seen
			default:
				s.loop.Do(look)
			}
		}
		s.loop.Do(look)
	}
	return func() (all int) {
		close(over)
		for range g.shares {
			all = max(all, <-most)
		}
		return all
	}
}

// Recent is what a node keeps of the end of a log.
type Recent struct{ *recent }

// NewRecent keeps nothing yet of a log.
func NewRecent(head int64) Recent { return Recent{newRecent(head)} }

// Add takes the next event.
func (r Recent) Add(e event.Encoded) { r.add(e) }

// Fill reads what a newcomer lacks.
func (r Recent) Fill(ctx context.Context, logs Logs, at room.Address) error {
	return r.fill(ctx, logs, at)
}

// Page returns what somebody with a cursor, or without, is sent.
func (r Recent) Page(cursor *int64) (events []byte, head int64, more, ok bool) {
	p, ok := r.page(cursor)
	return p.events, p.head, p.more, ok
}

// Held returns what is kept.
func (r Recent) Held() []event.Encoded {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Join returns events as a page holds them.
func Join(events []event.Encoded) []byte { return join(events) }

// How long pages are.
const (
	PageSize   = pageSize
	ResumeSize = resumeSize
)
