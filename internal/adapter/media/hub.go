package media

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// Broadcasts is what the hub asks of live.Service.
type Broadcasts interface {
	Admit(ctx context.Context, key live.Key) (ident.Channel, error)
	Begin(ctx context.Context, key live.Key) (live.Broadcast, error)
	Interrupt(ctx context.Context, b live.Broadcast) error
	Open(ctx context.Context) ([]live.Broadcast, error)
}

// Config is what a Hub needs from its surroundings.
type Config struct {
	Broadcasts Broadcasts
	Output     OpenOutput
	Node       string // the same as live.Config.Node
	Now        func() time.Time
	Log        *slog.Logger
}

// Hub knows the streams of this node.
type Hub struct {
	Config

	mu       sync.Mutex
	streams  map[ident.Channel]*stream
	holds    map[ident.Channel]*hold
	troubles map[ident.Channel]trouble
	stopped  bool
}

// stream is a broadcast on this node, with or without its encoder.
type stream struct {
	broadcast live.Broadcast // the newest take known here
	feed      *feed
	pub       *Publication // nil while the encoder is away
	gone      time.Time    // since when it is away
}

// hold keeps an encoder that its owner cut off from beginning a new broadcast
// by its own reconnecting. It stands until the encoder says goodbye or has
// stayed away for live.Grace.
type hold struct {
	pub  *Publication // nil while it is away
	gone time.Time
}

func (h *hold) stands(now time.Time) bool { return h.pub != nil || now.Sub(h.gone) < live.Grace }

type trouble struct {
	why *fault.Fault
	at  time.Time
}

// NewHub returns a hub. Run carries out what the database says.
func NewHub(c Config) *Hub {
	return &Hub{
		Config: c, streams: map[ident.Channel]*stream{},
		holds: map[ident.Channel]*hold{}, troubles: map[ident.Channel]trouble{},
	}
}

// Admit returns the channel that key sends to. The error is a fault to tell the encoder.
func (h *Hub) Admit(ctx context.Context, key live.Key) (ident.Channel, error) {
	return h.Broadcasts.Admit(ctx, key)
}

// Publish lets an encoder send to its channel and displaces the one that did so
// before. leave is called, once or more, when the encoder must go. The caller
// calls Close of the publication when the connection is over.
func (h *Hub) Publish(ctx context.Context, key live.Key, channel ident.Channel, f Format, leave func(error)) (*Publication, error) {
	p := &Publication{hub: h, channel: channel, leave: leave, meter: meter{format: f}}
	if h.holdBack(p) {
		return p, nil
	}
	b, err := h.Broadcasts.Begin(ctx, key)
	if err != nil {
		h.Trouble(channel, err)
		return nil, err
	}
	p.broadcast = b
	old, err := h.attach(p)
	if old != nil {
		old.close()
	}
	if err == nil {
		err = p.feed.begin(b.Take, f)
	}
	if err != nil {
		p.Close(err, false)
		return nil, err
	}
	return p, nil
}

// holdBack takes p in without a broadcast when its channel is held.
func (h *Hub) holdBack(p *Publication) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	hold, ok := h.holds[p.channel]
	if !ok {
		return false
	}
	if !hold.stands(h.Now()) {
		delete(h.holds, p.channel)
		return false
	}
	if hold.pub != nil {
		hold.pub.leave(ErrDisplaced)
	}
	p.held.Store(true)
	hold.pub = p
	h.troubles[p.channel] = trouble{errHeld(), h.Now()}
	return true
}

// attach makes p the sender of its channel. It returns the feed of an earlier
// broadcast to close, whose end nobody has told us yet.
func (h *Hub) attach(p *Publication) (old *feed, err error) {
	p.feed = &feed{open: func() Output { return h.Output(p.broadcast) }}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stopped {
		return nil, ErrStopped
	}
	s := h.streams[p.channel]
	if s != nil && s.broadcast.ID != p.broadcast.ID {
		h.drop(s, ErrWithdrawn)
		old, s = s.feed, nil
	}
	if s == nil {
		s = &stream{feed: p.feed}
		h.streams[p.channel] = s
	}
	if s.broadcast.Take > p.broadcast.Take {
		return old, ErrDisplaced
	}
	h.drop(s, ErrDisplaced)
	s.broadcast, s.pub, p.feed = p.broadcast, p, s.feed
	delete(h.troubles, p.channel)
	return old, nil
}

// drop sends the stream's encoder away. h.mu is held.
func (h *Hub) drop(s *stream, why error) {
	if s.pub != nil {
		s.pub.leave(why)
		s.pub, s.gone = nil, h.Now()
	}
}

// detach forgets p where it is still the sender or held.
func (h *Hub) detach(p *Publication, goodbye bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[p.channel]; s != nil && s.pub == p {
		s.pub, s.gone = nil, h.Now()
	}
	hold := h.holds[p.channel]
	if hold == nil || hold.pub != p {
		return
	}
	if goodbye {
		delete(h.holds, p.channel)
		delete(h.troubles, p.channel)
		return
	}
	hold.pub, hold.gone = nil, h.Now()
}

// Trouble notes for the creator why an encoder was refused or lost.
func (h *Hub) Trouble(channel ident.Channel, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.troubles[channel] = trouble{told(err), h.Now()}
}

// Health says how well the channel is being sent to this node.
func (h *Hub) Health(channel ident.Channel) Health {
	h.mu.Lock()
	var pub *Publication
	if s := h.streams[channel]; s != nil {
		pub = s.pub
	}
	t, troubled := h.troubles[channel]
	h.mu.Unlock()
	var out Health
	if troubled {
		out = Health{LastError: t.why.Detail, LastReason: t.why.Reason, At: t.at}
	}
	if pub != nil {
		out.Publishing = true
		pub.meter.read(&out)
	}
	return out
}

// told is what a creator may read of an error.
func told(err error) *fault.Fault {
	if f := fault.Of(err); f != nil {
		return f
	}
	return fault.New(fault.Unavailable, "encoder_lost", "The connection to the encoder broke.")
}
