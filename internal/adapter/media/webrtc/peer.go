package webrtc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	pion "github.com/pion/webrtc/v4"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// peer is one connection, from its offer to its end.
type peer struct {
	id     string   // the last word of its address
	secret [32]byte // the hash of what opened it; whoever ends it shows it again
	pc     *pion.PeerConnection
	log    *slog.Logger

	met  chan struct{} // closed when both sides have found each other
	done chan struct{} // closed when it has to end

	mu     sync.Mutex
	joined bool
	why    error // nil until done is closed
	work   sync.WaitGroup
}

// Why a connection is over, besides the reasons of the hub and the gate.
var (
	errGoodbye  = errors.New("the other side took its leave")
	errNotMet   = errors.New("the other side was not reached in time")
	errLost     = errors.New("the connection broke")
	errNewer    = errors.New("a newer connection took its place")
	errFinished = errors.New("the broadcast is over")
	errBroken   = errors.New("what it sent broke the server's parser")

	errSignedOut = errors.New("the viewer signed out")
)

// idBytes is the randomness of a connection's address.
const idBytes = 16

// newPeer makes a connection that has no offer yet. secret is what opened it.
func (s *Server) newPeer(secret string, log *slog.Logger) (*peer, error) {
	var word [idBytes]byte
	if _, err := io.ReadFull(s.Random, word[:]); err != nil {
		return nil, fmt.Errorf("draw an address: %w", err)
	}
	pc, err := s.api.NewPeerConnection(pion.Configuration{})
	if err != nil {
		return nil, fmt.Errorf("prepare a connection: %w", err)
	}
	p := &peer{
		id: base64.RawURLEncoding.EncodeToString(word[:]), secret: sha256.Sum256([]byte(secret)), pc: pc, log: log,
		met: make(chan struct{}), done: make(chan struct{}),
	}
	pc.OnConnectionStateChange(p.changed)
	return p, nil
}

// opens reports, in constant time, whether secret is what opened the connection.
func (p *peer) opens(secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], p.secret[:]) == 1
}

func (p *peer) changed(state pion.PeerConnectionState) {
	switch state {
	case pion.PeerConnectionStateConnected:
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.joined {
			p.joined = true
			close(p.met)
		}
	case pion.PeerConnectionStateFailed:
		p.end(errLost)
	case pion.PeerConnectionStateClosed: // by a goodbye of its transport, or by us
		p.end(errGoodbye)
	}
}

// end asks the connection to end; the first reason counts. It does not block.
func (p *peer) end(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why == nil {
		p.why = why
		close(p.done)
	}
}

// cause says why the connection has to end; nil while it has not.
func (p *peer) cause() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.why
}

// spawn runs work until the connection ends, which waits for it. It does nothing
// where the end has begun. Should work break, only this connection ends.
func (p *peer) spawn(work func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why != nil {
		return
	}
	p.work.Add(1)
	go func() { // owned by close, which waits
		defer p.work.Done()
		defer p.survive()
		work()
	}()
}

// survive is deferred around parsers of strangers' bytes; other connections go on.
func (p *peer) survive() {
	if what := recover(); what != nil {
		p.log.Error("a connection broke the server's parser", "panic", what, "stack", string(debug.Stack()))
		p.end(errBroken)
	}
}

// meet waits until both sides have found each other, but not longer than limit.
func (p *peer) meet(limit time.Duration) {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-p.met:
	case <-p.done:
	case <-t.C:
		p.end(errNotMet)
	}
}

// close ends the transport and waits for whoever worked on it.
func (p *peer) close() {
	p.end(errFinished)
	if err := p.pc.GracefulClose(); err != nil {
		p.log.Debug("a connection was not closed cleanly", "error", err)
	}
	p.work.Wait()
}

// gatherLimit is how long finding our own addresses may take; they are known.
const gatherLimit = 5 * time.Second

// answer takes the offer and returns the answer with all our addresses in it.
func (p *peer) answer(ctx context.Context, offer string) (string, error) {
	err := p.pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeOffer, SDP: offer})
	if err != nil {
		return "", errOffer().Because(err)
	}
	answer, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", errOffer().Because(err)
	}
	gathered := pion.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(answer); err != nil {
		return "", errOffer().Because(err)
	}
	ctx, cancel := context.WithTimeout(ctx, gatherLimit)
	defer cancel()
	select {
	case <-gathered:
		return p.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fault.New(fault.Unavailable, "rtc_not_ready", "This server does not know its own addresses yet. Try again in a moment.")
	}
}

// begin takes the connection in and lets it live until it ends. serve is its life,
// the server waits for it. The error says that the server is stopping.
func (s *Server) begin(p *peer, serve func(context.Context)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return media.ErrStopped
	}
	s.peers[p.id] = p
	s.wait.Add(1)
	go func() { // owned by Run, which waits
		defer s.wait.Done()
		defer s.forget(p)
		defer p.close()
		defer p.survive()
		serve(context.Background())
	}()
	return nil
}

func (s *Server) forget(p *peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, p.id)
}

func (s *Server) peer(id string) *peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peers[id]
}
