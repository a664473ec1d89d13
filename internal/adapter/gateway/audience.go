package gateway

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// audience is the connections of this node that read one log, a part on each
// loop. Separate rooms are separate audiences: nothing is filtered on the way out.
type audience struct {
	gateway *Gateway
	address room.Address
	handle  string
	log     ident.Log
	level   int // of tier, from which on the log may be read
	tail    *room.Tail
	recent  *recent
	sample  *sample // nil: everything is shown
	parts   []*part // one for each loop
	modes   atomic.Pointer[event.ModesChanged]
	pinned  atomic.Pointer[event.MessagePinned] // nil: nothing stands above the chat

	// follow is called for each event, also with no doors; nil for most.
	follow  func(event.Encoded)
	healing atomic.Bool // the log is being read because of a gap

	// users counts doors and whoever is about to open one; guarded by the
	// gateway's lock. An audience without users is dropped.
	users int
}

// private reports whether what is said there is not for everybody.
func (a *audience) private() bool { return a.address.Audience != room.Public }

// use returns the audience at an address, following its log from now on, and
// counts the caller as a user until drop.
func (g *Gateway) use(ctx context.Context, at room.Address, handle string) (*audience, error) {
	if a := g.find(at, true); a != nil {
		return a, nil
	}
	log, err := g.opt.Logs.Log(ctx, at)
	if err != nil {
		return nil, err
	}
	fresh := g.newAudience(at, handle, log)
	if at.Audience == room.Business {
		// What is known was read before this log is followed: a change between,
		// whose bell was lost, would never be heard of. Whoever finds the audience
		// must not find what was known.
		g.opt.Gate.Forget(access.Subject{Channel: at.Channel})
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.audiences[at]
	if a == nil {
		a = fresh
		g.audiences[at] = a
		g.handles[handle] = at.Channel
		if at.Audience == room.Space || at.Audience == room.ThreadRoom {
			if g.inside[at.Channel] == nil {
				g.inside[at.Channel] = map[room.Address]*audience{}
			}
			g.inside[at.Channel][at] = a
		}
	}
	a.users++
	return a, nil
}

func (g *Gateway) newAudience(at room.Address, handle string, log room.Log) *audience {
	a := &audience{gateway: g, address: at, handle: handle, log: log.ID, level: log.Level, recent: newRecent(log.Head)}
	for _, s := range g.shares {
		a.parts = append(a.parts, newPart(a, s))
	}
	modes := log.Modes.Told()
	a.modes.Store(&modes)
	a.pinned.Store(log.Pinned)
	switch at.Audience {
	case room.Business:
		a.follow = func(e event.Encoded) { g.onBusiness(at.Channel, e) }
	case room.Public:
		a.sample = newSample(g.opt.Readable)
	}
	a.tail = room.NewTail(log.ID, log.Head, g.opt.Logs, a.deliver)
	return a
}

// find returns the audience at an address if there is one, counting the caller
// as a user when asked to.
func (g *Gateway) find(at room.Address, use bool) *audience {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.audiences[at]
	if a != nil && use {
		a.users++
	}
	return a
}

// channelOf finds a channel by its handle, in memory while somebody is there: a
// handle never comes to mean another channel.
func (g *Gateway) channelOf(ctx context.Context, handle string) (ident.Channel, error) {
	g.mu.Lock()
	id, known := g.handles[handle]
	g.mu.Unlock()
	if known {
		return id, nil
	}
	return g.opt.Channel(ctx, handle)
}

// drop ends what use began.
func (g *Gateway) drop(at room.Address) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a := g.audiences[at]; a != nil {
		if a.users--; a.users == 0 {
			delete(g.audiences, at)
			if delete(g.inside[at.Channel], at); len(g.inside[at.Channel]) == 0 {
				delete(g.inside, at.Channel)
			}
			if at.Audience == room.Business { // the last to go: every door follows it
				delete(g.handles, a.handle)
			}
		}
	}
}

// deliver hands one event to every open door. It runs under the tail's lock and
// never blocks.
func (a *audience) deliver(e event.Encoded) {
	if a.follow != nil {
		a.follow(e)
	}
	if modes, ok := event.ModesIn(e.Bytes); ok {
		a.modes.Store(&modes) // first: who enters with this event must not be told the old ones
	}
	if pin, says := event.PinIn(e.Bytes); says {
		a.pinned.Store(pin)
	}
	a.recent.add(e)
	if a.sample != nil && a.sample.take(e, a.gateway.opt.Now()) {
		return // it is told what to show of a whole moment, when that is over
	}
	a.cast(a.eventCast(e))
}

func (a *audience) eventCast(e event.Encoded) *cast {
	return newCast(e.Seq, e.Seq, eventMessage(a.handle, a.address, e), a.gateway.sockets.Squeeze)
}

func (a *audience) skippedCast(from, to int64, why string) *cast {
	message := encode(skippedFrame{Type: "skipped", Channel: a.handle, Room: string(a.address.Audience), Thread: string(a.address.Thread), From: from, To: to, Why: why})
	c := newCast(from, to, message, a.gateway.sockets.Squeeze)
	c.why = why
	return c
}

// cast sends to every open door.
func (a *audience) cast(casts ...*cast) {
	for _, p := range a.parts {
		p.take(casts)
	}
}

// show sends what is chosen of a crowded room's moment, when it is over. It runs
// under the tail's lock.
func (a *audience) show(now time.Time) {
	if !a.sample.over(now) {
		return
	}
	var casts []*cast
	for _, s := range a.sample.choose(now) {
		if s.skips {
			casts = append(casts, a.skippedCast(s.from, s.to, "sampled"))
		} else {
			casts = append(casts, a.eventCast(s.Encoded))
		}
	}
	a.cast(casts...)
}

// broadcast sends what is no part of the log to every open door.
func (a *audience) broadcast(message []byte) {
	a.cast(newCast(0, 0, message, a.gateway.sockets.Squeeze))
}
