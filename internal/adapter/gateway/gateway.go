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
	"math"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/overlay"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Gate is the one gate, with memory.
type Gate interface {
	Allow(ctx context.Context, s access.Subject, a access.Action) (access.Decision, error)
	// Known is Allow from memory: false when it would have to read first.
	Known(s access.Subject, a access.Action) (access.Decision, bool)
	// Learn reads what Known lacks, of all subjects in one go.
	Learn(ctx context.Context, subjects []access.Subject) error
	Forget(s access.Subject)
	// Changes counts what Forget was told of a channel: an answer that was given
	// at the same count is still true.
	Changes(ident.Channel) uint64
	// ReadAt returns when what is known of a subject was read; zero: not known.
	ReadAt(access.Subject) time.Time
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
	Node string
	// History is the word for what the logs hold: a cursor that comes with another
	// is of a time before a backup was restored. It needs no escaping in JSON.
	History  string
	Gate     Gate
	Logs     Logs
	Sessions Sessions
	Chat     Poster
	Polls    Voter
	// Channel finds a channel by its handle; its error is a fault.
	Channel func(ctx context.Context, handle string) (ident.Channel, error)
	// Overlay finds the channel and handle that an overlay's secret opens.
	Overlay func(ctx context.Context, secret string) (ident.Channel, string, error)
	// Overlays says how things stand in channels whose overlays are open.
	Overlays func(ctx context.Context, channels []ident.Channel) (map[ident.Channel]overlay.Standing, error)
	// DockOf finds the dock that a secret is the address of; its error is a fault.
	DockOf func(ctx context.Context, secret string) (Dock, error)
	// LiveDocks returns those of the docks whose address still opens them.
	LiveDocks func(ctx context.Context, ids []ident.Dock) (map[ident.Dock]bool, error)
	// Session returns who is signed in; false for nobody.
	Session func(r *http.Request) (account.Session, bool, error)
	// Recall is Session from memory, and Learn for many requests in one go; both
	// return an empty session for nobody. known: nothing has to be read. Front
	// needs them.
	Recall func(r *http.Request) (who account.Session, known bool)
	Learn  func(ctx context.Context, rs []*http.Request) ([]account.Session, error)
	// SessionOf returns whose a session's token is; its error is a fault.
	SessionOf func(ctx context.Context, token string) (account.Session, error)
	// SameOrigin reports whether a browser's request comes from our own pages.
	SameOrigin func(r *http.Request) bool
	// Origin returns the network address a request comes from, behind proxies too.
	Origin func(r *http.Request) string
	// Refuse answers a request with an error.
	Refuse func(w http.ResponseWriter, err error)
	// Totals counts the votes of questions.
	Totals func(ctx context.Context, questions []ident.Question) (map[ident.Question]int, error)
	// PollTotals counts the votes of polls for each option, of those whose rooms may
	// see them.
	PollTotals func(ctx context.Context, polls []ident.Poll) (map[ident.Poll][]int, error)
	// Reactions counts what stands at messages.
	Reactions func(ctx context.Context, places []chat.Place) (map[chat.Place]chat.Counts, error)
	// Announce tells all nodes, this one included, how many are here.
	Announce func(room.Presence)
	Now      func() time.Time
	Log      *slog.Logger
	// Readable is how many messages a second of a public room are shown; 0: 40.
	Readable int
	// Frames is what one client may send; empty: as FramesFor eight messages at
	// once and one a second.
	Frames Frames
	// Portable serves each socket with goroutines, as systems without epoll do.
	Portable bool
}

// Gateway is the sockets of one node.
type Gateway struct {
	opt      Options
	sockets  *socket.Loops
	shares   []*share // one for each loop
	crew     crew     // for those who are in
	greeters crew     // for those who come: nobody who is in keeps them waiting
	// Those of whom something has to be read first, by groups.
	strangers gathering[stranger]
	wishes    gathering[wish]
	stop      context.Context // ends with the gateway
	quit      context.CancelFunc

	mu        sync.Mutex
	audiences map[room.Address]*audience
	inside    map[ident.Channel]map[room.Address]*audience // those of Sub Spaces
	handles   map[string]ident.Channel                     // of the channels somebody is in
	closed    bool
	origins   map[string]int // sockets by the address they come from
	live      sync.WaitGroup // one per connection
	count     atomic.Int64   // connections
	came      atomic.Int64   // connections there have been
	leaving   atomic.Bool    // everybody is being told to go

	recheck  *recheckQueue
	roll     *roll // renew's alone
	presence *presenceBoard
	activity activity
	tallies  *tallyBoard[ident.Question]
	polls    *tallyBoard[ident.Poll]
	stirs    *tallyBoard[int64]
	overlays *overlayBoard
	tidying  tidying
}

// New returns a gateway; Run must be running while it serves.
func New(opt Options) (*Gateway, error) {
	if opt.Frames == (Frames{}) {
		opt.Frames = FramesFor(8, time.Second)
	}
	sockets, err := socket.New(socket.Options{MessageMax: frameMax, QueueMax: answersMax, SendBuffer: kernelMax, Portable: opt.Portable})
	if err != nil {
		return nil, err
	}
	stop, quit := context.WithCancel(context.Background()) // ended by Close, not by a request
	g := &Gateway{
		opt: opt, sockets: sockets, stop: stop, quit: quit,
		audiences: map[room.Address]*audience{}, inside: map[ident.Channel]map[room.Address]*audience{}, handles: map[string]ident.Channel{}, origins: map[string]int{},
		recheck: newRecheckQueue(), roll: newRoll(opt.Node), presence: newPresenceBoard(opt.Now), tallies: newTallyBoard[ident.Question](), polls: newTallyBoard[ident.Poll](),
		stirs: newTallyBoard[int64](), overlays: newOverlayBoard(opt.Now),
	}
	g.strangers.crew, g.strangers.see = &g.greeters, g.meet
	g.wishes.crew, g.wishes.see = &g.crew, g.learn
	for i, loop := range sockets.All() {
		g.shares = append(g.shares, &share{
			gateway: g, loop: loop, index: i, visitors: map[*visitor]struct{}{}, people: map[ident.Account][]*visitor{}, docks: map[*visitor]struct{}{},
		})
	}
	return g, nil
}

// socketsPerOrigin bounds the sockets from one address: more than a crowded
// household or office, fewer than what would crowd out everybody else.
const socketsPerOrigin = 600

// The pace of the gateway's clocks.
const (
	headsEvery    = time.Second
	clockEvery    = 50 * time.Millisecond
	presenceEvery = time.Second
	tidyEvery     = time.Second
)

// Run keeps audiences true until ctx ends: it carries the sockets, heals gaps,
// compares heads, renews leases, closes doors whose time has come, and counts
// people.
func (g *Gateway) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return g.sockets.Run(ctx) })
	group.Go(func() error { return every(ctx, headsEvery, g.renew) })
	group.Go(func() error { return every(ctx, clockEvery, g.tick) })
	group.Go(func() error { return every(ctx, presenceEvery, g.announce) })
	group.Go(func() error { return every(ctx, activityEvery, g.tellActivity) })
	group.Go(func() error { return every(ctx, tallyEvery, g.tally) })
	group.Go(func() error { return every(ctx, tallyEvery, g.stir) })
	group.Go(func() error { return every(ctx, clockEvery, g.tellOverlays) })
	group.Go(func() error { return every(ctx, docksEvery, g.closeDeadDocks) })
	group.Go(func() error { return every(ctx, tidyEvery, g.tidy) })
	group.Go(func() error { return g.runRechecks(ctx) })
	err := group.Wait()
	g.quit()
	g.crew.hands.Wait()
	g.greeters.hands.Wait()
	return err
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

// SocketPath is where sockets are.
const SocketPath = "/ws"

// Front returns a listener for the HTTP server in place of under, before which
// handshakes for SocketPath are answered: net/http would be most of their cost.
// ServeHTTP answers those that come another way, or in an unusual form.
func (g *Gateway) Front(under net.Listener) (net.Listener, error) {
	return g.sockets.Front(under, SocketPath, g.greet)
}

// ServeHTTP makes a socket of a request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin, ok := g.admit(w, r)
	if !ok {
		return
	}
	session, _, err := g.opt.Session(r)
	if err != nil {
		g.letGo(origin)
		unsure(w)
		return
	}
	g.open(w, r, origin, session)
}

// admit refuses, before anything is read, what another site's page makes a
// browser send and who has too many sockets; it counts a socket of the origin it
// returns, which open or letGo answer for.
func (g *Gateway) admit(w http.ResponseWriter, r *http.Request) (origin string, ok bool) {
	if !g.ours(w, r) {
		return "", false
	}
	origin = g.opt.Origin(r)
	return origin, g.letIn(w, origin)
}

// ours refuses what another site's page makes a browser send.
func (g *Gateway) ours(w http.ResponseWriter, r *http.Request) bool {
	if g.opt.SameOrigin(r) {
		return true
	}
	http.Error(w, "foreign origin", http.StatusForbidden)
	return false
}

// open makes a socket of an admitted request of somebody who is known; of nobody,
// without an account. It does not wait.
func (g *Gateway) open(w http.ResponseWriter, r *http.Request, origin string, session account.Session) {
	now := g.opt.Now()
	v := &visitor{came: now, origin: origin, budget: g.opt.Frames.Burst, counted: now}
	if session.Account.ID != "" {
		v.session = &session
	}
	err := g.sockets.Upgrade(w, r, Subprotocol, func(c *socket.Conn) (socket.User, []byte) {
		v.conn, v.share = c, g.shareOf(c.Loop())
		v.share.arrive(v)
		return v, v.hello()
	})
	if err != nil { // Upgrade has answered
		g.letGo(origin)
	}
}

func (g *Gateway) shareOf(l *socket.Loop) *share {
	for _, s := range g.shares {
		if s.loop == l {
			return s
		}
	}
	return nil // every loop has one
}

// letIn counts a socket of an origin, or answers why there may be no more.
func (g *Gateway) letIn(w http.ResponseWriter, origin string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		http.Error(w, "server is going away", http.StatusServiceUnavailable)
		return false
	case g.origins[origin] >= socketsPerOrigin:
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many sockets from this address", http.StatusTooManyRequests)
		return false
	}
	g.origins[origin]++
	g.live.Add(1)
	return true
}

// letGo forgets one socket of an origin.
func (g *Gateway) letGo(origin string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.origins[origin]--; g.origins[origin] == 0 {
		delete(g.origins, origin)
	}
	g.live.Done()
}

// comeBack is how many clients a second are asked to come back when this server
// goes: what another one, or this one started again, welcomes without strain.
const comeBack = 2000

// Close tells every client to come back, each at its own moment so that they do
// not come at once, and waits until all are gone.
func (g *Gateway) Close() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.leaving.Store(true)
	spread := max(1, float64(g.count.Load())/comeBack)
	g.tellAll(func(s *share) {
		i, step := 0.0, spread/float64(max(1, len(s.visitors)))
		for v := range s.visitors { // in no order
			v.goodbye(i * step)
			i++
		}
	})
	g.live.Wait()
	g.quit()
}

// goodbye asks a client to come back after so many seconds.
func (v *visitor) goodbye(after float64) {
	v.say(encode(goodbyeFrame{Type: "goodbye", RetryAfter: math.Round(after*1000) / 1000}))
	v.conn.Close(socket.GoingAway, "server going away", false)
}

// Ring takes a bell from the bus. It does not block.
func (g *Gateway) Ring(b room.Bell) {
	if a := g.find(b.Address, false); a != nil {
		a.tail.Ring(b.Encoded, g.opt.Now())
	}
	g.noteActivity(b)
}

// tick heals gaps that have stood open long enough, shows what is chosen of
// crowded rooms, and closes doors by the clock.
func (g *Gateway) tick(ctx context.Context) {
	now := g.opt.Now()
	for _, a := range g.all() {
		if a.tail.Due(now) && a.healing.CompareAndSwap(false, true) {
			g.crew.do(func() { // a log that is read slowly holds no other up
				defer a.healing.Store(false)
				g.heal(ctx, a)
			})
		}
		if a.sample != nil {
			a.tail.Between(func() { a.show(now) })
		}
	}
	g.tellAll(func(s *share) { s.closeDue(now) })
}

func (g *Gateway) heal(ctx context.Context, a *audience) {
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	if err := a.tail.Heal(ctx); err != nil && ctx.Err() == nil {
		g.opt.Log.Warn("log cannot be read; will try again", "log", a.log, "err", err)
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
// notice within a lease.
func (g *Gateway) CloseSession(id ident.Session) {
	g.tellAll(func(s *share) { s.signOut(func(of ident.Session) bool { return of == id }) })
}

// Connections returns how many sockets are open, for metrics.
func (g *Gateway) Connections() int { return int(g.count.Load()) }
