// Package gateway holds the sockets and hands each audience its log.
//
// Owns: connections, doors (one connection in one room), audiences as separate
// sets, fan-out, leases, close codes. Promises: a connection is sent events of a
// log only while the gate says so, in order, each once, or is closed with a code
// that says how to come back; nothing private is ever queued for a connection
// outside the audience. Does not do: deciding (package access), storing.
package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Gate is the one gate, with memory.
type Gate interface {
	Allow(ctx context.Context, s access.Subject, a access.Action) (access.Decision, error)
	Forget(s access.Subject)
	Renew(ctx context.Context, subjects []access.Subject) (map[access.Subject]access.Facts, error)
}

// Logs reads stored logs.
type Logs interface {
	room.LogReader
	Log(ctx context.Context, a room.Address) (room.Log, error)
	Page(ctx context.Context, a room.Address, after, before int64, limit int) (room.Page, error)
}

// Sessions knows which sessions have not been signed out.
type Sessions interface {
	LiveSessions(ctx context.Context, ids []ident.Session) (map[ident.Session]bool, error)
}

// Poster writes messages.
type Poster interface {
	Post(ctx context.Context, p chat.Post) (chat.Receipt, error)
}

// Options is what a Gateway needs from its surroundings.
type Options struct {
	Node     string
	Gate     Gate
	Logs     Logs
	Sessions Sessions
	Chat     Poster
	// Channel finds a channel by its handle; its error is a fault.
	Channel func(ctx context.Context, handle string) (ident.Channel, error)
	// Overlay finds the channel and handle that an overlay's secret opens.
	Overlay func(ctx context.Context, secret string) (ident.Channel, string, error)
	// Session returns who is signed in; false for nobody.
	Session func(r *http.Request) (account.Session, bool, error)
	// SameOrigin reports whether a browser's request comes from our own pages.
	SameOrigin func(r *http.Request) bool
	// Origin returns the network address a request comes from, behind proxies too.
	Origin func(r *http.Request) string
	// Announce tells all nodes, this one included, how many are here.
	Announce func(room.Presence)
	Now      func() time.Time
	Log      *slog.Logger
}

// Gateway is the sockets of one node.
type Gateway struct {
	opt  Options
	stop context.Context // ends every connection
	quit context.CancelFunc

	mu        sync.Mutex
	audiences map[room.Address]*audience
	conns     map[*conn]struct{}
	closed    bool
	origins   map[string]int // sockets by the address they come from
	live      sync.WaitGroup // one per connection

	recheck  *recheckQueue
	presence *presenceBoard
}

// New returns a gateway; Run must be running while it serves.
func New(opt Options) *Gateway {
	stop, quit := context.WithCancel(context.Background()) // ended by Close, not by a request
	return &Gateway{
		opt: opt, stop: stop, quit: quit,
		audiences: map[room.Address]*audience{}, conns: map[*conn]struct{}{}, origins: map[string]int{},
		recheck: newRecheckQueue(), presence: newPresenceBoard(opt.Now),
	}
}

// socketsPerOrigin bounds the sockets from one address: more than a crowded
// household or office, fewer than what would crowd out everybody else.
const socketsPerOrigin = 600

// The pace of the gateway's clocks.
const (
	headsEvery    = time.Second
	renewEvery    = time.Second
	clockEvery    = 50 * time.Millisecond
	presenceEvery = time.Second
)

// Run keeps audiences true until ctx ends: it heals gaps, compares heads, renews
// leases, closes doors whose time has come, and counts people.
func (g *Gateway) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return every(ctx, headsEvery, g.compareHeads) })
	group.Go(func() error { return every(ctx, renewEvery, g.renew) })
	group.Go(func() error { return every(ctx, clockEvery, g.tick) })
	group.Go(func() error { return every(ctx, presenceEvery, g.announce) })
	group.Go(func() error { return g.runRechecks(ctx) })
	return group.Wait()
}

func every(ctx context.Context, d time.Duration, f func(context.Context)) error {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			f(ctx)
		}
	}
}

// Close ends every connection with 'going away' and waits for them.
func (g *Gateway) Close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.quit()
	g.live.Wait()
}

// Ring takes a bell from the bus. It does not block.
func (g *Gateway) Ring(b room.Bell) {
	g.mu.Lock()
	a := g.audiences[b.Address]
	g.mu.Unlock()
	if a != nil {
		a.tail.Ring(b.Encoded, g.opt.Now())
	}
}

// tick heals gaps that have stood open long enough and closes doors by the clock.
func (g *Gateway) tick(ctx context.Context) {
	now := g.opt.Now()
	for _, a := range g.all() {
		if a.tail.Due(now) {
			g.heal(ctx, a)
		}
		for _, d := range a.due(now) {
			g.recheck.add(access.Subject{Account: d.conn.account(), Channel: a.address.Channel})
		}
	}
}

func (g *Gateway) heal(ctx context.Context, a *audience) {
	if err := a.tail.Heal(ctx); err != nil && ctx.Err() == nil {
		g.opt.Log.Warn("log cannot be read; will try again", "log", a.log, "err", err)
	}
}

// compareHeads finds bells that were lost, for all logs with listeners, in one query.
func (g *Gateway) compareHeads(ctx context.Context) {
	all := g.all()
	ids := make([]ident.Log, len(all))
	for i, a := range all {
		ids[i] = a.log
	}
	heads, err := g.opt.Logs.Heads(ctx, ids)
	if err != nil {
		if ctx.Err() == nil {
			g.opt.Log.Warn("heads cannot be read; will try again", "err", err)
		}
		return
	}
	for _, a := range all {
		if heads[a.log] > a.tail.Head() {
			g.heal(ctx, a)
		}
	}
}

func (g *Gateway) all() []*audience {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]*audience, 0, len(g.audiences))
	for _, a := range g.audiences {
		out = append(out, a)
	}
	return out
}

// CloseSession ends the sockets of a session that was signed out. Other nodes
// notice within a second.
func (g *Gateway) CloseSession(id ident.Session) {
	g.mu.Lock()
	var theirs []*conn
	for c := range g.conns {
		if id != "" && c.session.ID == id {
			theirs = append(theirs, c)
		}
	}
	g.mu.Unlock()
	for _, c := range theirs {
		c.close(closeSignIn, "signed out")
	}
}

// Connections returns how many sockets are open, for metrics.
func (g *Gateway) Connections() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.conns)
}
