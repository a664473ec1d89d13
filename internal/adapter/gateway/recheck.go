package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// recheckQueue is the set of subjects whose doors must be looked at again. It is
// bounded by the doors there are: asking twice is asking once.
type recheckQueue struct {
	mu      sync.Mutex
	waiting map[access.Subject]bool // true: an event said that rights changed
	bell    chan struct{}
}

func newRecheckQueue() *recheckQueue {
	return &recheckQueue{waiting: map[access.Subject]bool{}, bell: make(chan struct{}, 1)}
}

func (q *recheckQueue) add(subjects ...access.Subject) {
	if len(subjects) == 0 {
		return
	}
	q.mu.Lock()
	for _, s := range subjects {
		if _, is := q.waiting[s]; !is {
			q.waiting[s] = false
		}
	}
	q.mu.Unlock()
	q.ring()
}

// changed is add for a subject of whom an event spoke: they are told that their
// standing may be another now.
func (q *recheckQueue) changed(s access.Subject) {
	q.mu.Lock()
	q.waiting[s] = true
	q.mu.Unlock()
	q.ring()
}

func (q *recheckQueue) ring() {
	select {
	case q.bell <- struct{}{}:
	default:
	}
}

func (q *recheckQueue) take() map[access.Subject]bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	out := q.waiting
	q.waiting = make(map[access.Subject]bool, len(out))
	return out
}

func (g *Gateway) runRechecks(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.recheck.bell:
			g.recheckAll(ctx, g.recheck.take())
		}
	}
}

// recheckAll reads the facts of the subjects once and acts on every door of theirs.
func (g *Gateway) recheckAll(ctx context.Context, asked map[access.Subject]bool) {
	doors := g.doorsOf(asked)
	subjects := make([]access.Subject, 0, len(doors))
	for s := range doors {
		subjects = append(subjects, s)
	}
	if len(subjects) == 0 {
		return
	}
	began := g.opt.Now()
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	facts, err := g.opt.Gate.Renew(ctx, subjects)
	if err != nil {
		g.opt.Log.Warn("rights cannot be read; private rooms close when their lease ends", "err", err)
		g.closeUnconfirmed(doors)
		return
	}
	for s, ds := range doors {
		for _, d := range ds {
			g.redecide(ctx, d, facts[s], began)
		}
		g.invite(s, ds, facts[s])
		if asked[s] && s.Account != "" {
			tellStanding(ds)
		}
	}
}

// doorsOf gathers the open doors of the subjects. An empty account stands for
// everybody in the channel, signed in or not.
func (g *Gateway) doorsOf(asked map[access.Subject]bool) map[access.Subject][]*door {
	everybody := map[ident.Channel]bool{}
	for s := range asked {
		if s.Account == "" {
			everybody[s.Channel] = true
		}
	}
	out := map[access.Subject][]*door{}
	for _, a := range g.all() {
		channel := a.address.Channel
		for _, d := range a.list(func(d *door) bool {
			_, named := asked[access.Subject{Account: d.conn.account(), Channel: channel}]
			return named || everybody[channel]
		}) {
			s := access.Subject{Account: d.conn.account(), Channel: channel}
			out[s] = append(out[s], d)
		}
	}
	return out
}

func (g *Gateway) redecide(ctx context.Context, d *door, f access.Facts, readAt time.Time) {
	now := g.opt.Now()
	decision := access.Decide(f, access.Reading(d.address.Audience), now)
	if refusal := decision.Fault(now); refusal != nil {
		g.turnOut(d, refusal.Reason, refusal.Detail)
		return
	}
	if g.overlayRevoked(ctx, d) {
		g.turnOut(d, "overlay_revoked", "This overlay address does not work any more.")
		return
	}
	g.mu.Lock()
	a := g.audiences[d.address]
	g.mu.Unlock()
	if a != nil && !a.confirm(d, readAt, decision.Until) {
		g.turnOut(d, "unconfirmed", "Your right could not be confirmed for a moment. Enter again.")
	}
}

// invite tells pages in the public room that the Sub Space may now be entered.
func (g *Gateway) invite(s access.Subject, doors []*door, f access.Facts) {
	decision := access.Decide(f, access.ReadSpace, g.opt.Now())
	for _, d := range doors {
		if d.address.Audience != room.Public || d.overlay != "" {
			continue
		}
		c := d.conn
		c.mu.Lock()
		inside := c.doors[room.Address{Channel: s.Channel, Audience: room.Space}] != nil
		tell := decision.Allowed && !inside && !c.told[s.Channel]
		c.told[s.Channel] = decision.Allowed
		c.mu.Unlock()
		if tell {
			c.send(encode(doorFrame{Type: "door", Channel: d.handle, Room: string(room.Space), Open: true, Until: until(decision.Until)}))
		}
	}
}

// tellStanding says to a person's pages that what they are in the channel may
// have changed: role, subscription, sanction.
func tellStanding(doors []*door) {
	for _, d := range doors {
		if d.address.Audience == room.Public && d.overlay == "" {
			d.conn.send(encode(standingFrame{Type: "standing", Channel: d.handle}))
		}
	}
}

// closeUnconfirmed closes what may not stay open without a reading of rights.
func (g *Gateway) closeUnconfirmed(doors map[access.Subject][]*door) {
	now := g.opt.Now()
	for _, ds := range doors {
		for _, d := range ds {
			g.mu.Lock()
			a := g.audiences[d.address]
			g.mu.Unlock()
			if a == nil || !d.private() {
				continue
			}
			a.mu.Lock()
			holds := d.holds(now) && !d.lapsed
			a.mu.Unlock()
			if !holds {
				u := access.Unconfirmed()
				g.turnOut(d, u.Reason, u.Detail)
			}
		}
	}
}

// renew looks again at every private door and at every session.
func (g *Gateway) renew(ctx context.Context) {
	var subjects []access.Subject
	for _, a := range g.all() {
		for _, d := range a.list((*door).private) {
			subjects = append(subjects, access.Subject{Account: d.conn.account(), Channel: a.address.Channel})
		}
	}
	g.recheck.add(subjects...)
	if _, err := g.opt.Gate.Renew(ctx, nil); err != nil { // lets the gate forget who is gone
		g.opt.Log.Warn("the gate cannot tidy", "err", err)
	}
	g.closeSignedOut(ctx)
}

func (g *Gateway) closeSignedOut(ctx context.Context) {
	g.mu.Lock()
	bySession := map[ident.Session][]*conn{}
	for c := range g.conns {
		if c.session != (account.Session{}) {
			bySession[c.session.ID] = append(bySession[c.session.ID], c)
		}
	}
	g.mu.Unlock()
	ids := make([]ident.Session, 0, len(bySession))
	for id := range bySession {
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return
	}
	live, err := g.opt.Sessions.LiveSessions(ctx, ids)
	if err != nil {
		return // rights cannot be read either then, and private doors close with their lease
	}
	for id, conns := range bySession {
		if !live[id] {
			for _, c := range conns {
				c.close(closeSignIn, "signed out")
			}
		}
	}
}
