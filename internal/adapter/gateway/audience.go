package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// audience is the set of doors that read one log on this node.
type audience struct {
	address room.Address
	handle  string
	log     ident.Log
	tail    *room.Tail
	now     func() time.Time

	mu    sync.Mutex
	doors map[*door]struct{}
	// follow is called for each event, also with no doors; nil for most.
	follow func(event.Encoded)
	// users counts doors and whoever is about to open one; guarded by the
	// gateway's lock. An audience without users is dropped.
	users int
}

// door is one connection in one room.
type door struct {
	conn    *conn
	address room.Address
	handle  string
	overlay string // the secret it was opened with, when it is an overlay's

	// Guarded by the audience's lock.
	until     time.Time // when the right ends by the clock; zero: never
	confirmed time.Time // when the right was last read
	last      int64     // the last sequence sent
	waiting   []event.Encoded
	joining   bool
	suspended time.Time // when rights may have changed: nothing is sent until they are read again
	lapsed    bool      // missed an event while its lease had run out: it must be opened again
}

// private reports whether what is behind the door is not for everybody.
func (d *door) private() bool { return d.address.Audience != room.Public }

// joinBuffer bounds what a door that is being opened may miss.
const joinBuffer = 2000

// use returns the audience at an address, following its log from now on, and
// counts the caller as a user until drop.
func (g *Gateway) use(ctx context.Context, at room.Address, handle string) (*audience, error) {
	g.mu.Lock()
	if a := g.audiences[at]; a != nil {
		a.users++
		g.mu.Unlock()
		return a, nil
	}
	g.mu.Unlock()
	log, err := g.opt.Logs.Log(ctx, at)
	if err != nil {
		return nil, err
	}
	fresh := &audience{address: at, handle: handle, log: log.ID, now: g.opt.Now, doors: map[*door]struct{}{}}
	fresh.tail = room.NewTail(log.ID, log.Head, g.opt.Logs, fresh.deliver)
	if at.Audience == room.Business {
		fresh.follow = func(e event.Encoded) { g.onBusiness(at.Channel, e) }
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.audiences[at]
	if a == nil {
		a = fresh
		g.audiences[at] = a
	}
	a.users++
	return a, nil
}

// drop ends what use began.
func (g *Gateway) drop(at room.Address) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if a := g.audiences[at]; a != nil {
		if a.users--; a.users == 0 {
			delete(g.audiences, at)
		}
	}
}

// deliver hands one event to every open door. It runs under the tail's lock and
// never blocks.
func (a *audience) deliver(e event.Encoded) {
	if a.follow != nil {
		a.follow(e)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.doors) == 0 {
		return
	}
	frame := eventFrame(a.handle, a.address.Audience, e)
	now := a.now()
	for d := range a.doors {
		switch {
		case d.private() && !d.holds(now):
			d.lapsed = true // the clock closes it within a tick; nothing is sent meanwhile
		case d.joining, !d.suspended.IsZero():
			if len(d.waiting) < joinBuffer {
				d.waiting = append(d.waiting, e)
			} else {
				d.lapsed = true
			}
		case e.Seq > d.last:
			d.last = e.Seq
			d.conn.send(frame)
		}
	}
}

// holds reports whether the lease and the right of a private door still stand.
func (d *door) holds(now time.Time) bool {
	return (d.until.IsZero() || now.Before(d.until)) && now.Sub(d.confirmed) < access.Lease
}

// due returns the doors whose right has ended by the clock, and the private
// ones whose lease has.
func (a *audience) due(now time.Time) []*door {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []*door
	for d := range a.doors {
		ended := !d.until.IsZero() && !now.Before(d.until)
		if ended || d.lapsed || (d.private() && !d.holds(now)) {
			out = append(out, d)
		}
	}
	return out
}

// open adds a door that is not sent anything yet, but misses nothing.
func (a *audience) open(d *door) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d.joining = true
	a.doors[d] = struct{}{}
}

// begin sends first, then what came while the door was being opened, and from
// then on each event as it comes. It reports false, and sends nothing, when the
// buffer overflowed, or when the door was shut or its lease ran out meanwhile.
func (a *audience) begin(d *door, first []byte, last int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, open := a.doors[d]
	if !open || d.lapsed || (d.private() && !d.holds(a.now())) || len(d.waiting) >= joinBuffer {
		return false
	}
	d.conn.send(first)
	d.last, d.joining = last, false
	if d.suspended.IsZero() {
		a.release(d)
	}
	return true
}

// release sends what waited behind a door.
func (a *audience) release(d *door) {
	for _, e := range d.waiting {
		if e.Seq > d.last {
			d.last = e.Seq
			d.conn.send(eventFrame(a.handle, a.address.Audience, e))
		}
	}
	d.waiting = nil
}

// suspend holds back what comes through the private doors that match, until
// confirm. It never blocks.
func (a *audience) suspend(match func(*door) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for d := range a.doors {
		if d.private() && match(d) {
			d.suspended = a.now()
		}
	}
}

// shut removes the door; false when it was gone already.
func (a *audience) shut(d *door) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.doors[d]; !ok {
		return false
	}
	delete(a.doors, d)
	d.waiting = nil
	return true
}

// confirm says that the right behind the door was read at a time and holds
// until. It reports false when the door has missed something and must close.
func (a *audience) confirm(d *door, at, until time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d.lapsed {
		return false
	}
	if at.After(d.confirmed) {
		d.confirmed = at
	}
	d.until = until
	if !d.suspended.IsZero() && !at.Before(d.suspended) { // read after the change was heard of
		d.suspended = time.Time{}
		if !d.joining {
			a.release(d)
		}
	}
	return true
}

// list returns the doors of the accounts that match.
func (a *audience) list(match func(*door) bool) []*door {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []*door
	for d := range a.doors {
		if match(d) {
			out = append(out, d)
		}
	}
	return out
}

// broadcast sends a frame to every open door.
func (a *audience) broadcast(frame []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for d := range a.doors {
		if !d.joining && d.suspended.IsZero() && (!d.private() || d.holds(now)) {
			d.conn.send(frame)
		}
	}
}
