// Package webrtc lets encoders and browsers send by WHIP (RFC 9725) and viewers
// watch by WHEP, both within a fraction of a second.
//
// Owns: the port of WebRTC and the connections on it. Promises: H.264 and Opus
// are the only things agreed on, so that every player can be given what comes in;
// a wrong key, a wrong token and an offer that cannot be played are refused with a
// machine word and a sentence before a connection is made; a connection that does
// not come about is cut off; a viewer is let in by the gate, looked at again
// whenever rights change and at least once a second, and sent away when the right
// or the broadcast ends; a viewer who cannot keep up holds nobody else; keys and
// tokens are not logged; Run returns after the last connection has ended. Does not
// do: other codecs, several pictures of different size, TURN, playing from a node
// that the encoder does not send to.
package webrtc

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	pion "github.com/pion/webrtc/v4"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// Door reads playback tokens and asks the gate as for any other way to watch.
type Door interface {
	// Admit returns whom the token stands for, once the gate has let this very
	// request in. handle is the channel's, as it stands in the address.
	Admit(r *http.Request, token, handle string) (media.Ticket, error)
	// Still says of each holder of an admitted ticket whether they may go on watching:
	// nil, or the refusal; one that is fault.Unavailable where it cannot be known now.
	Still(ctx context.Context, tickets []media.Ticket) []error
}

// Config is what a Server needs from its surroundings.
type Config struct {
	Door Door
	// Pace refuses an address that asks for too many connections.
	Pace func(*http.Request) error
	// Viewers is how many may watch at once.
	Viewers int
	Random  io.Reader // cryptographic
	Now     func() time.Time
	Log     *slog.Logger
}

// Limits are how long a connection may take. Change them before Listen.
type Limits struct {
	Connect time.Duration // from the offer until both sides have found each other
	Silence time.Duration // without a picture
	Recheck time.Duration // between two looks at the rights of viewers
}

// Server is where WebRTC comes in and goes out.
type Server struct {
	Config
	Limits Limits

	hub *media.Hub
	api *pion.API
	udp ice.UDPMux
	tcp ice.TCPMux
	at  net.Addr // of both

	rights chan struct{} // holds one: somebody's rights changed

	mu      sync.Mutex
	peers   map[string]*peer            // by the word in their address
	sources map[ident.Channel]*source   // who sends, the newest one
	outputs map[ident.Channel]*output   // what is sent
	viewers map[*viewer]struct{}        // who watches, or is about to
	asking  map[ident.Channel][]*source // who does not send yet, oldest first
	closed  bool
	wait    sync.WaitGroup
}

// New returns a server without a port: broadcasts pass it by until Listen.
func New(c Config) *Server {
	return &Server{
		Config: c, Limits: Limits{Connect: 15 * time.Second, Silence: 10 * time.Second, Recheck: time.Second},
		rights: make(chan struct{}, 1), peers: map[string]*peer{}, sources: map[ident.Channel]*source{},
		outputs: map[ident.Channel]*output{}, viewers: map[*viewer]struct{}{}, asking: map[ident.Channel][]*source{},
	}
}

// Listen takes the port, UDP and TCP, which is the value of --rtc-listen. What
// comes in goes to hub. public are the addresses at which others reach it; none
// stands for those of this machine.
func (s *Server) Listen(address string, public []netip.Addr, hub *media.Hub) error {
	udp, tcp, err := bind(address)
	if err != nil {
		return err
	}
	s.hub, s.at = hub, udp.LocalAddr()
	s.udp, s.tcp = muxes(udp, tcp, s.Viewers, s.Log)
	if s.api, err = engine(s.udp, s.tcp, public, udp.LocalAddr(), s.Log); err != nil {
		return errors.Join(err, s.release())
	}
	return nil
}

// Addr is where the server listens; nil without a port.
func (s *Server) Addr() net.Addr { return s.at }

// Run looks after the rights of viewers until ctx ends, then ends all
// connections and waits for them.
func (s *Server) Run(ctx context.Context) error {
	if s.api == nil {
		return nil
	}
	tick := time.NewTicker(s.Limits.Recheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			s.Close()
			s.wait.Wait()
			return s.release()
		case <-tick.C:
		case <-s.rights:
		}
		s.recheck(ctx)
	}
}

// Recheck says that somebody's rights may have changed. It does not block.
func (s *Server) Recheck() {
	select {
	case s.rights <- struct{}{}:
	default: // a look is due already, and it begins after this
	}
}

// Close lets nobody in and tells all connections to end, without waiting. Run
// waits. A server that never ran gives its port back.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	var all []*peer
	for _, p := range s.peers {
		all = append(all, p)
	}
	s.mu.Unlock()
	for _, p := range all {
		p.end(media.ErrStopped)
	}
}

// Release gives the port back; for a server that does not come to run.
func (s *Server) Release() error {
	s.Close()
	s.wait.Wait()
	return s.release()
}

func (s *Server) release() error {
	var errs []error
	if s.udp != nil {
		errs = append(errs, s.udp.Close())
	}
	if s.tcp != nil {
		errs = append(errs, s.tcp.Close())
	}
	s.udp, s.tcp = nil, nil
	return errors.Join(errs...)
}

// Watching says how many watch, or are about to.
func (s *Server) Watching() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.viewers)
}

// Way says whether a broadcast can be watched by WHEP: an empty word, or why not.
func (s *Server) Way(b live.Broadcast) (reason string) {
	if s.api == nil {
		return reasonOff
	}
	s.mu.Lock()
	o, full := s.outputs[b.Channel], len(s.viewers) >= s.Viewers
	s.mu.Unlock()
	switch {
	case o == nil || o.broadcast.ID != b.ID:
		return reasonOffline
	case full:
		return reasonFull
	}
	return o.reason()
}

// Why a broadcast, or a viewer, has no way by WHEP.
const (
	reasonOff     = "webrtc_off"
	reasonOffline = "offline"
	reasonFull    = "viewers_full"
	reasonAAC     = "aac_only"
	reasonCodec   = "video_codec"
	reasonBFrames = "b_frames"
	reasonNoVideo = "no_video"
)

// Open makes the output of a broadcast; it is a media.OpenOutput.
func (s *Server) Open(b live.Broadcast) media.Output {
	o := newOutput(s, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outputs[b.Channel] = o
	return o
}

func (s *Server) shut(o *output) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outputs[o.broadcast.Channel] == o {
		delete(s.outputs, o.broadcast.Channel)
	}
}

// recheckLimit is how long a look at the rights of all viewers may take.
const recheckLimit = 2 * time.Second

// recheck sends away whoever may not watch any more, and whoever's right could not
// be confirmed for a lease. That the look took too long says nothing about anybody.
func (s *Server) recheck(ctx context.Context) {
	s.mu.Lock()
	watching := make(map[access.Subject][]*viewer, len(s.viewers))
	for v := range s.viewers {
		who := access.Subject{Account: v.ticket.Account, Channel: v.ticket.Channel}
		watching[who] = append(watching[who], v)
	}
	s.mu.Unlock()
	if len(watching) == 0 {
		return
	}
	groups := slices.Collect(maps.Values(watching))
	tickets := make([]media.Ticket, len(groups))
	for i, same := range groups {
		tickets[i] = same[0].ticket
	}
	began := s.Now()
	ctx, cancel := context.WithTimeout(ctx, recheckLimit)
	defer cancel()
	for i, err := range s.Door.Still(ctx, tickets) {
		for _, v := range groups[i] {
			v.judge(err, began, s.Now())
		}
	}
}

func errOff() *fault.Fault {
	return fault.New(fault.Missing, reasonOff, "This server does not speak WebRTC.")
}
