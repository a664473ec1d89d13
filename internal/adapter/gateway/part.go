package gateway

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// part is an audience's doors on one loop. What waits to be sent is handed in
// from anywhere; everything else belongs to the loop.
type part struct {
	audience *audience
	share    *share
	size     atomic.Int32 // doors, for whoever has something to send

	doors   []*door // nil where one was shut during a sweep
	people  map[ident.Account][]*door
	guests  int // doors that are no viewer's: overlays and docks
	sending *batch
	next    int   // the door that the sweep has come to
	swept   int64 // the last sequence that all doors have been offered
	holes   int
	looked  time.Time
	pace    pace

	mu      sync.Mutex
	waiting []*cast
	since   time.Time // when the first of them came
	overrun bool      // some of a private room did not fit
	changed []change  // whose rights may have changed, before what was queued afterwards
	queued  bool      // the loop knows that something waits
}

// change says that rights behind private doors may be others since a moment.
type change struct {
	access.Subject
	at time.Time
}

func newPart(a *audience, s *share) *part {
	return &part{audience: a, share: s, people: map[ident.Account][]*door{}}
}

const (
	// slice is how many doors are served before the loop looks at others: about
	// 2 ms of sending.
	slice = 256
	// waitingMax bounds what waits for a loop that does not keep up. Beyond it the
	// oldest of a public room is skipped; who reads a private one resumes.
	waitingMax = 8192
)

// take queues casts for the loop. It does not block.
func (p *part) take(casts []*cast) {
	if p.size.Load() == 0 {
		return
	}
	now := p.share.gateway.opt.Now()
	p.mu.Lock()
	if len(p.waiting) == 0 && !p.overrun {
		p.since = now
	}
	p.waiting = append(p.waiting, casts...)
	if len(p.waiting) > waitingMax {
		p.shorten()
	}
	known := p.queued
	p.queued = true
	p.mu.Unlock()
	if !known {
		p.share.loop.Ready(p)
	}
}

// shorten makes room, half of it, so that it is seldom called.
func (p *part) shorten() {
	if p.audience.private() {
		p.waiting, p.overrun = nil, true
		return
	}
	old := newBatch(p.waiting[:len(p.waiting)/2])
	rest := p.waiting[len(p.waiting)/2:]
	p.waiting = nil
	if old.from != 0 {
		p.waiting = append(p.waiting, p.audience.skippedCast(old.from, old.to, "slow"))
	}
	p.waiting = append(p.waiting, rest...)
}

// Turn implements socket.Turn: the casts that wait go to one slice of the doors.
func (p *part) Turn() bool {
	now := p.share.gateway.opt.Now()
	if p.sending == nil && !p.begin(now) {
		return false
	}
	end := min(p.next+slice, len(p.doors))
	for ; p.next < end; p.next++ {
		if d := p.doors[p.next]; d != nil {
			d.offer(p.sending, now)
		}
	}
	if p.next == len(p.doors) {
		p.finish()
	}
	return true
}

// begin takes what waits. Casts that came while the loop was busy leave
// together; in a hot room the first of them also waits a moment for others.
func (p *part) begin(now time.Time) bool {
	p.mu.Lock()
	if len(p.waiting) > 0 {
		if at := p.pace.leave(p.since, now); at.After(now) {
			p.mu.Unlock()
			p.share.loop.ReadyAt(at, p)
			return false
		}
	}
	casts, overrun, changed := p.waiting, p.overrun, p.changed
	p.waiting, p.overrun, p.changed = nil, false, nil
	p.queued = len(casts) > 0
	p.mu.Unlock()
	p.suspend(changed)
	if overrun {
		for _, d := range slices.Clone(p.doors) { // a connection that has broken takes its door out
			d.visitor.tooSlow()
		}
	}
	if len(casts) == 0 {
		return false
	}
	p.pace.sent(now, len(casts), len(p.doors))
	p.sending, p.next = newBatch(casts), 0
	return true
}

func (p *part) finish() {
	p.swept = max(p.swept, p.sending.to)
	p.sending = nil
	if p.holes == 0 {
		return
	}
	kept := p.doors[:0]
	for _, d := range p.doors {
		if d != nil {
			d.place = int32(len(kept))
			kept = append(kept, d)
		}
	}
	clear(p.doors[len(kept):])
	p.doors, p.holes = kept, 0
}

// offered returns the last sequence that the door has had a chance to get.
func (p *part) offered(d *door) int64 {
	if p.sending != nil && int(d.place) < p.next {
		return max(p.swept, p.sending.to)
	}
	return p.swept
}

func (p *part) add(d *door) {
	d.place = int32(len(p.doors))
	p.doors = append(p.doors, d)
	p.size.Add(1)
	if d.overlay != "" || d.docked {
		p.guests++
	}
	if d.overlay != "" {
		p.share.gateway.overlays.came(p.audience.address.Channel)
	}
	if id := d.visitor.account(); id != "" {
		p.people[id] = append(p.people[id], d)
	}
}

func (p *part) remove(d *door) {
	if p.sending != nil { // others must not move under the sweep
		p.doors[d.place] = nil
		p.holes++
	} else {
		last := p.doors[len(p.doors)-1]
		p.doors[d.place], last.place = last, d.place
		p.doors[len(p.doors)-1] = nil
		p.doors = p.doors[:len(p.doors)-1]
	}
	p.size.Add(-1)
	if d.overlay != "" || d.docked {
		p.guests--
	}
	if d.overlay != "" {
		p.share.gateway.overlays.left(p.audience.address.Channel)
	}
	id := d.visitor.account()
	for i, other := range p.people[id] {
		if other == d {
			p.people[id] = append(p.people[id][:i], p.people[id][i+1:]...)
			break
		}
	}
	if len(p.people[id]) == 0 {
		delete(p.people, id)
	}
}

// viewers returns how many people's doors there are.
func (p *part) viewers() int { return len(p.doors) - p.holes - p.guests }

// of returns the doors of a subject: of one account, or of everybody.
func (p *part) of(s access.Subject) []*door {
	if s.Account != "" {
		return p.people[s.Account]
	}
	return p.doors
}

// heard takes word, from anywhere, that a subject's rights may have changed.
// Nothing that is queued afterwards reaches them before their rights have been
// read at or after that moment: whoever takes what is queued takes this first.
func (p *part) heard(c change) {
	p.mu.Lock()
	p.changed = append(p.changed, c)
	p.mu.Unlock()
	p.share.loop.Do(func() {
		p.mu.Lock()
		changed := p.changed
		p.changed = nil
		p.mu.Unlock()
		p.suspend(changed)
	})
}

// suspend holds back what comes through the private doors of the subjects.
func (p *part) suspend(changed []change) {
	for _, c := range changed {
		for _, d := range p.of(c.Subject) {
			if d != nil {
				d.suspended = c.at.UnixNano()
			}
		}
	}
}

// confirm renews the lease of every door of which nothing is being looked at.
func (p *part) confirm(at time.Time) {
	for _, d := range p.doors {
		if d != nil && d.suspended == 0 {
			d.confirmed = max(d.confirmed, at.UnixNano())
		}
	}
}

// publicTurn reports once a second that public doors may be looked at: they end
// by the clock only when somebody is timed out.
func (p *part) publicTurn(now time.Time) bool {
	if now.Sub(p.looked) < time.Second {
		return false
	}
	p.looked = now
	return true
}

// due returns the doors whose right has ended by the clock, and the private
// ones whose lease has.
func (p *part) due(now time.Time) []*door {
	var out []*door
	for _, d := range p.doors {
		if d != nil && (d.lapsed || d.ended(now) || (p.audience.private() && !d.holds(now))) {
			out = append(out, d)
		}
	}
	return out
}
