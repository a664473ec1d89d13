package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/overlay"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// overlayBoard holds what the overlays that are open here have not been told yet. Of
// a channel without one nothing is kept, and nothing is read.
type overlayBoard struct {
	now   func() time.Time
	mu    sync.Mutex
	open  map[ident.Channel]*overlayNews
	pause time.Time // nothing is read before, because reading failed
}

// overlayNews is of one channel.
type overlayNews struct {
	doors  int
	fresh  bool      // one was opened, and has not been told how things stand
	setup  bool      // they are set up in another way
	rights bool      // somebody's right is another
	begun  int       // people who subscribed since they were last told
	since  time.Time // when the first of these was heard of
	set    time.Time // when they were last told of the set-up
	told   time.Time // and of rights
	next   time.Time // when the clock alone changes the goal; zero: it is not shown
	people int       // what they were told of the goal; -1: nothing
}

const (
	// goalCalm is how far apart the overlays of a channel are told of rights: what
	// happens meanwhile is told within a second. setupCalm is the same of how they are
	// set up, which is as often as their creator's hand moves.
	goalCalm  = 900 * time.Millisecond
	setupCalm = tallyEvery
	// newsFor is how long it is news that somebody subscribed: what is heard of
	// later, after trouble, is counted and not celebrated.
	newsFor = 10 * time.Second
	// goalAnew is how often a goal is counted although nobody's right changed, as
	// far as anybody said.
	goalAnew = time.Minute
)

func newOverlayBoard(now func() time.Time) *overlayBoard {
	return &overlayBoard{now: now, open: map[ident.Channel]*overlayNews{}}
}

// came and left count the overlays that are open.
func (b *overlayBoard) came(channel ident.Channel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.open[channel]
	if n == nil {
		n = &overlayNews{}
		b.open[channel] = n
	}
	n.doors++
	// It reads how things stand by itself, but maybe a moment before it is in.
	n.fresh, n.people = true, -1
}

func (b *overlayBoard) left(channel ident.Channel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := b.open[channel]; n != nil {
		if n.doors--; n.doors == 0 {
			delete(b.open, channel)
		}
	}
}

// heard takes an event of a channel's own log. It runs under a tail's lock.
func (b *overlayBoard) heard(channel ident.Channel, e event.Encoded) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.open[channel]
	if n == nil {
		return
	}
	news := overlay.NewsIn(e.Bytes)
	n.rights = n.rights || news.Rights
	if news.Setup {
		n.setup = true
		n.begun = 0 // who subscribed before the creator wanted it shown is not shown after
	}
	if news.Begun && b.now().Sub(news.At) < newsFor {
		if n.begun == 0 {
			n.since = b.now()
		}
		n.begun++
	}
}

// due takes what may be told now.
func (b *overlayBoard) due(now time.Time) map[ident.Channel]overlayNews {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[ident.Channel]overlayNews{}
	if now.Before(b.pause) {
		return out
	}
	for channel, n := range b.open {
		set := n.setup && now.Sub(n.set) >= setupCalm
		moved := (n.rights || (!n.next.IsZero() && !now.Before(n.next))) && now.Sub(n.told) >= goalCalm
		if !set && !moved && !n.fresh {
			continue
		}
		taken := *n
		if taken.setup = set; set {
			n.setup, n.set = false, now
		}
		if moved {
			n.rights, n.told, n.begun = false, now, 0
		} else {
			taken.rights, taken.begun = false, 0
		}
		n.fresh = false
		out[channel] = taken
	}
	return out
}

// again puts back what could not be read of, for a second later.
func (b *overlayBoard) again(taken map[ident.Channel]overlayNews) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause = b.now().Add(time.Second)
	for channel, was := range taken {
		if n := b.open[channel]; n != nil {
			n.fresh, n.setup, n.rights = n.fresh || was.fresh, n.setup || was.setup, n.rights || was.rights
			if was.begun > 0 {
				n.begun, n.since = n.begun+was.begun, was.since
			}
		}
	}
}

// stands notes what overlays are told, and reports whether the goal's number is news
// to them.
func (b *overlayBoard) stands(channel ident.Channel, is overlay.Standing, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.open[channel]
	if n == nil {
		return false
	}
	if n.next = (time.Time{}); !is.GoalOn {
		n.people = -1
		return false
	}
	n.next = now.Add(goalAnew)
	if at := is.Holders.Next; !at.IsZero() && at.Before(n.next) {
		n.next = at
	}
	fresh := n.people != is.Holders.People
	n.people = is.Holders.People
	return fresh
}

// tellOverlays tells those that are open what happened: one reading for all of them,
// and none where nothing did.
func (g *Gateway) tellOverlays(ctx context.Context) {
	now := g.opt.Now()
	due := g.overlays.due(now)
	if len(due) == 0 {
		return
	}
	channels := make([]ident.Channel, 0, len(due))
	for id := range due {
		channels = append(channels, id)
	}
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	stand, err := g.opt.Overlays(ctx, channels)
	if err != nil {
		if ctx.Err() == nil {
			g.opt.Log.Warn("what overlays show cannot be read; will try again", "err", err)
		}
		g.overlays.again(due)
		return
	}
	for id, news := range due {
		is := stand[id]
		fresh := g.overlays.stands(id, is, now)
		a := g.find(room.Address{Channel: id, Audience: room.Public}, false)
		if a == nil {
			continue
		}
		if news.setup {
			a.tellOverlays(encode(overlayFrame{"overlay", a.handle}))
		}
		if fresh {
			a.tellOverlays(encode(goalFrame{"goal", a.handle, is.Holders.People}))
		}
		if news.begun > 0 && is.Subscriptions && now.Sub(news.since) < newsFor {
			a.tellOverlays(encode(begunFrame{"begun", a.handle, news.begun}))
		}
	}
}

// tellOverlays sends to the overlays among the audience, and to nobody else.
func (a *audience) tellOverlays(message []byte) {
	b := newBatch([]*cast{newCast(0, 0, message, a.gateway.sockets.Squeeze)})
	a.gateway.tellAll(func(s *share) {
		p := a.parts[s.index]
		if p.guests == 0 {
			return
		}
		for _, d := range p.doors {
			if d != nil && d.overlay != "" {
				d.offer(b, a.gateway.opt.Now())
			}
		}
	})
}
