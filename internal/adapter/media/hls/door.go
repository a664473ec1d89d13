// Package hls plays broadcasts out by low-latency HLS, each request at the gate.
//
// Owns: playback addresses, and how long a player's question is held back.
// Promises: a playback address opens one broadcast for one person; every
// playlist, part and segment is decided by the gate when it is asked for, so a
// right that ends shuts with the next request; what is not public also needs the
// session cookie of the account that the address was made for; addresses are not
// logged. An encoder that returns goes on under the same address. Does not do:
// cutting and playlists (packager), other players' protocols, recording, caching
// by third parties.
package hls

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/adapter/media/packager"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// Pattern is the route that Door answers.
const Pattern = "GET /hls/{token}/{channel}/{file}"

// Gate decides from memory; access.Gate does.
type Gate interface {
	Decide(ctx context.Context, s access.Subject, a access.Action) (access.Decision, error)
	// Renew reads the facts of many in one go.
	Renew(ctx context.Context, subjects []access.Subject) (map[access.Subject]access.Facts, error)
	// ReadAt is when what is known of somebody was read; zero when nothing is.
	ReadAt(s access.Subject) time.Time
}

// Broadcasts says what is on; live.Service does.
type Broadcasts interface {
	Current(ctx context.Context, channel ident.Channel) (live.Broadcast, bool, error)
}

// Config is what a Door needs from its surroundings.
type Config struct {
	Gate       Gate
	Broadcasts Broadcasts
	// Handle returns the name of a channel in addresses.
	Handle func(ctx context.Context, channel ident.Channel) (string, error)
	// Caller returns whom the request's session cookie belongs to; empty for nobody.
	Caller func(*http.Request) ident.Account
	// SignedIn returns by which session, and who that is; nil where nothing ends with it.
	SignedIn func(*http.Request) (ident.Account, ident.Session)
	// Secret signs addresses: 32 random bytes that outlive a restart.
	Secret []byte
	Random io.Reader // cryptographic
	Node   string    // the same as live.Config.Node
	Now    func() time.Time
	Log    *slog.Logger
	// Segment is given each closed segment; it must not block. It may be nil.
	Segment func(live.Broadcast, packager.Segment)
}

// Door is the way to the pictures.
type Door struct {
	Config
	signer signer

	mu      sync.Mutex
	outputs map[ident.Channel]*output
	opened  chan struct{} // closed, and replaced, whenever an output opens
}

// NewDoor returns a door without broadcasts behind it.
func NewDoor(c Config) *Door {
	return &Door{
		Config: c, signer: signer{c.Secret, c.Random, playbackPurpose, newKnown()},
		outputs: map[ident.Channel]*output{}, opened: make(chan struct{}),
	}
}

// Open makes the output of a broadcast; it is a media.OpenOutput.
func (d *Door) Open(b live.Broadcast) media.Output {
	o := d.newOutput(b)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outputs[b.Channel] = o
	close(d.opened)
	d.opened = make(chan struct{})
	return o
}

func (d *Door) forget(o *output) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.outputs[o.broadcast.Channel] == o {
		delete(d.outputs, o.broadcast.Channel)
	}
}

func (d *Door) entrance() entrance { return entrance{d.Gate, d.Caller, d.Now} }

// ServeHTTP answers Pattern.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secretAddress(w.Header())
	t, ok := d.signer.read(r.PathValue("token"), r.PathValue("channel"))
	if !ok {
		refuse(w, errInvalid())
		return
	}
	if f := d.entrance().refuses(r, t, access.WatchLive); f != nil {
		refuse(w, f)
		return
	}
	o, f := d.output(r.Context(), t)
	if f != nil {
		refuse(w, f)
		return
	}
	o.serve(w, r, r.PathValue("file"))
}

// secretAddress says of an answer that its address is a secret.
func secretAddress(h http.Header) {
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

func errInvalid() *fault.Fault {
	return fault.New(fault.Denied, "playback_invalid", "This address does not open this broadcast. Load the page again.")
}

// openWait is how long a request waits for a broadcast that has begun in the
// database and is about to be opened here.
const openWait = 3 * time.Second

func (d *Door) output(ctx context.Context, t ticket) (*output, *fault.Fault) {
	o, opened, f := d.at(t)
	if o != nil || f != nil {
		return o, f
	}
	ctx, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	for {
		select {
		case <-opened:
		case <-ctx.Done():
			return nil, fault.New(fault.Missing, "offline", "This broadcast is not being sent.")
		}
		if o, opened, f = d.at(t); o != nil || f != nil {
			return o, f
		}
	}
}

// at looks for the output of a ticket's broadcast; neither it nor a refusal means
// that it may still open.
func (d *Door) at(t ticket) (o *output, opened <-chan struct{}, f *fault.Fault) {
	d.mu.Lock()
	o, opened = d.outputs[t.channel], d.opened
	d.mu.Unlock()
	switch {
	case o == nil || t.broadcast > o.broadcast.ID:
		return nil, opened, nil
	case t.broadcast < o.broadcast.ID: // identifiers sort by time
		return nil, opened, fault.New(fault.Denied, "playback_expired", "This address was for an earlier broadcast. Load the page again.")
	}
	return o, opened, nil
}
