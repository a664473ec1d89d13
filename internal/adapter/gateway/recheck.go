package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// recheckQueue is the set of subjects whose doors must be looked at again. It is
// bounded by the doors there are: asking twice is asking once.
type recheckQueue struct {
	mu      sync.Mutex
	waiting map[access.Subject]bool // true: an event said that rights changed
	owed    map[access.Subject]bool // likewise, of those whose rights could not be read
	bell    chan struct{}
}

func newRecheckQueue() *recheckQueue {
	return &recheckQueue{waiting: map[access.Subject]bool{}, owed: map[access.Subject]bool{}, bell: make(chan struct{}, 1)}
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

// owedMax bounds whose doors are remembered through an outage.
const owedMax = 100_000

// owe remembers those who are to be looked at once rights can be read: whose
// doors closed, and of whom an event spoke meanwhile.
func (q *recheckQueue) owe(subjects map[access.Subject]bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for s, changed := range subjects {
		if _, is := q.owed[s]; is || len(q.owed) < owedMax {
			q.owed[s] = q.owed[s] || changed
		}
	}
}

// collect asks again for those of whom owe was told, at most n.
func (q *recheckQueue) collect(n int) {
	q.mu.Lock()
	for s, changed := range q.owed {
		if n--; n < 0 {
			break
		}
		q.waiting[s] = q.waiting[s] || changed
	}
	some := len(q.owed) > 0
	q.mu.Unlock()
	if some {
		q.ring()
	}
}

// settle forgets who is owed nothing any more.
func (q *recheckQueue) settle(subjects map[access.Subject]bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for s := range subjects {
		delete(q.owed, s)
	}
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

// claim is a door whose right is looked at again.
type claim struct {
	door     *door
	subject  access.Subject
	audience room.Audience
	level    int
	overlay  string
	scope    access.Scope // of a dock
}

// recheckAll reads the facts of the subjects once and acts on every door of theirs.
func (g *Gateway) recheckAll(ctx context.Context, asked map[access.Subject]bool) {
	claims, subjects := g.claims(asked)
	if len(subjects) == 0 { // nobody is here: whoever comes is asked at the door
		g.recheck.settle(asked)
		return
	}
	began := g.opt.Now()
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	facts, err := g.opt.Gate.Renew(ctx, subjects)
	if err != nil {
		g.opt.Log.Warn("rights cannot be read; private rooms close when their lease ends", "err", err)
		g.recheck.owe(asked)
		g.judge(claims, (*share).closeUnconfirmed)
		return
	}
	g.recheck.settle(asked)
	v := verdict{facts: facts, asked: asked, readAt: began}
	if v.revoked, err = g.revokedOverlays(ctx, claims); err != nil {
		g.opt.Log.Warn("overlays cannot be looked at; will try again", "err", err)
		g.recheck.owe(asked)
	}
	decided := make([]map[claim]access.Decision, len(g.shares)) // one decision for all who are the same to the gate
	for i := range decided {
		decided[i] = map[claim]access.Decision{}
	}
	g.judge(claims, func(s *share, c claim) { s.redecide(c, v, decided[s.index]) })
}

// judgedAtOnce is how many doors are judged before their loop looks at others.
const judgedAtOnce = 128

// judge has every loop act on its claims, and waits: a verdict never overtakes one
// that was read before it.
func (g *Gateway) judge(byShare [][]claim, act func(*share, claim)) {
	var acting sync.WaitGroup
	for i, s := range g.shares {
		acting.Add(1)
		inTurns(s.loop, byShare[i], judgedAtOnce, func(c claim) { act(s, c) }, acting.Done)
	}
	acting.Wait()
}

// claims gathers the open doors of the subjects, by loop. An empty account
// stands for everybody in the channel, signed in or not.
func (g *Gateway) claims(asked map[access.Subject]bool) (byShare [][]claim, subjects []access.Subject) {
	everybody := map[ident.Channel]bool{}
	for s := range asked {
		if s.Account == "" {
			everybody[s.Channel] = true
		}
	}
	byShare = make([][]claim, len(g.shares))
	audiences := g.all()
	g.everywhere(func(s *share) {
		for _, a := range audiences {
			byShare[s.index] = append(byShare[s.index], a.parts[s.index].claims(asked, everybody[a.address.Channel])...)
		}
	})
	seen := map[access.Subject]bool{}
	for _, claims := range byShare {
		for _, c := range claims {
			if !seen[c.subject] {
				seen[c.subject] = true
				subjects = append(subjects, c.subject)
			}
		}
	}
	return byShare, subjects
}

// claims returns the doors of the subjects asked for. On the loop.
func (p *part) claims(asked map[access.Subject]bool, everybody bool) []claim {
	var out []claim
	add := func(d *door) {
		if d != nil {
			s := access.Subject{Account: d.visitor.account(), Channel: p.audience.address.Channel}
			out = append(out, claim{d, s, p.audience.address.Audience, p.audience.level, d.overlay, d.visitor.scope()})
		}
	}
	if everybody {
		for _, d := range p.doors {
			add(d)
		}
		return out
	}
	for s := range asked {
		if s.Channel == p.audience.address.Channel {
			for _, d := range p.people[s.Account] {
				add(d)
			}
		}
	}
	return out
}

// revokedOverlays returns the overlays' secrets that do not work any more; an error
// when some could not be looked at, and stay open until they can.
func (g *Gateway) revokedOverlays(ctx context.Context, byShare [][]claim) (revoked map[string]bool, failed error) {
	revoked = map[string]bool{}
	for _, claims := range byShare {
		for _, c := range claims {
			if _, known := revoked[c.overlay]; c.overlay == "" || known {
				continue
			}
			id, _, err := g.opt.Overlay(ctx, c.overlay)
			gone := fault.Is(err, "overlay_revoked")
			revoked[c.overlay] = gone || (err == nil && id != c.subject.Channel)
			if err != nil && !gone {
				failed = err
			}
		}
	}
	return revoked, failed
}

// renew compares the heads of all logs with listeners, in one query: what was
// missed is read, and where nothing was missed of a channel's business, the
// rights behind its doors are as they were read. It is how a lease is renewed.
func (g *Gateway) renew(ctx context.Context) {
	began := g.opt.Now()
	turns := g.roll.call()
	if g.compareHeads(ctx, began) {
		g.roll.answered(turns, g.closeSignedOut(ctx, turns))
	} else {
		g.roll.answered(turns, false)
	}
	g.recheck.collect(debtsAtOnce)
	g.tellAll(func(s *share) { s.lookAround() })
	if _, err := g.opt.Gate.Renew(ctx, nil); err != nil { // lets the gate forget who is gone
		g.opt.Log.Warn("the gate cannot tidy", "err", err)
	}
}

// debtsAtOnce is how many of those whom an outage shut out are looked at in a second.
const debtsAtOnce = 5000

// compareHeads finds bells that were lost and confirms private doors. It reports
// whether the database answered.
func (g *Gateway) compareHeads(ctx context.Context, began time.Time) bool {
	all := g.all()
	ids := make([]ident.Log, len(all))
	for i, a := range all {
		ids[i] = a.log
	}
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	heads, err := g.opt.Logs.Heads(ctx, ids)
	if err != nil {
		if ctx.Err() == nil {
			g.opt.Log.Warn("heads cannot be read; will try again", "err", err)
		}
		return false
	}
	confirmed := map[ident.Channel]bool{}
	for _, a := range all {
		head, ok := heads[a.log]
		if head > a.tail.Head() {
			g.heal(ctx, a)
		}
		if ok && a.address.Audience == room.Business && a.tail.Head() >= head {
			confirmed[a.address.Channel] = true
		}
	}
	g.tellAll(func(s *share) {
		for _, a := range all {
			if a.private() && confirmed[a.address.Channel] {
				a.parts[s.index].confirm(began)
			}
		}
	})
	return true
}
