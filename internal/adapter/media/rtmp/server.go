// Package rtmp lets encoders send by RTMP, to rtmp://HOST/live with a stream key,
// and by RTMPS, the same inside TLS.
//
// Owns: the listener and the encoders' connections. Promises: a wrong key is
// refused before publishing starts, so that the encoder reports it; a codec that
// players cannot be given is refused with a sentence for the creator; an encoder
// that falls silent for ten seconds is cut off; whoever has not shown a key after
// fifteen seconds is sent away, and never stands in the way of one who does; no
// log line holds a key; Run returns after the last connection has ended. Does not
// do: packaging for players, getting certificates, playing out by RTMP.
package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Server accepts encoders.
type Server struct {
	// Silence is how long an encoder may send nothing that is whole. Change it
	// before Run.
	Silence time.Duration
	// Greeting is how long a connection has to show a key that opens a channel,
	// whatever else it sends meanwhile. Change it before Run.
	Greeting time.Duration

	hub    *media.Hub
	log    *slog.Logger
	plain  net.Listener
	secure net.Listener // nil: no RTMPS

	mu     sync.Mutex
	guests guests
	closed bool
	wait   sync.WaitGroup
}

const (
	silenceLimit  = 10 * time.Second
	greetingLimit = 15 * time.Second
)

// Listen takes the address, which is the value of --rtmp-listen. Run accepts.
func Listen(address string, hub *media.Hub, log *slog.Logger) (*Server, error) {
	l, err := listen("rtmp", address)
	if err != nil {
		return nil, err
	}
	return &Server{
		hub: hub, log: log, plain: l, Silence: silenceLimit, Greeting: greetingLimit,
		guests: guests{encoders: map[ident.Channel][]*session{}},
	}, nil
}

// ListenSecure takes the address of RTMPS too, which is the value of
// --rtmps-listen. Call it before Run.
func (s *Server) ListenSecure(address string, certificates *tls.Config) error {
	l, err := listen("rtmps", address)
	if err != nil {
		return err
	}
	// What browsers may speak instead of HTTP/1.1 is nothing to encoders.
	certificates = certificates.Clone()
	certificates.NextProtos = nil
	s.secure = tls.NewListener(l, certificates)
	return nil
}

func listen(scheme, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fault.New(fault.Conflict, "rtmp_address_busy",
			"Another program already listens on %s, where encoders should connect. Stop it, or choose another address with --%s-listen.", address, scheme).Because(err)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "rtmp_address_invalid",
			"Encoders cannot connect at %q (--%s-listen): %v.", address, scheme, err).Because(err)
	}
	return l, nil
}

// Addr is where the server listens for RTMP.
func (s *Server) Addr() net.Addr { return s.plain.Addr() }

// SecureAddr is where it listens for RTMPS; nil when it does not.
func (s *Server) SecureAddr() net.Addr {
	if s.secure == nil {
		return nil
	}
	return s.secure.Addr()
}

// Run accepts encoders until ctx ends, then ends their connections and waits.
func (s *Server) Run(ctx context.Context) error {
	defer s.wait.Wait()
	defer s.Close()
	stop := context.AfterFunc(ctx, s.Close)
	defer stop()
	var accepting sync.WaitGroup
	defer accepting.Wait()
	if s.secure != nil {
		accepting.Go(func() { s.accept(ctx, s.secure) })
	}
	s.accept(ctx, s.plain)
	return nil
}

// accept lets encoders in until the listener is closed.
func (s *Server) accept(ctx context.Context, l net.Listener) {
	for {
		nc, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			s.log.Warn("an encoder's connection could not be accepted", "error", err)
			if !pause(ctx, 100*time.Millisecond) { // too many open files, most likely
				return
			}
			continue
		}
		s.begin(ctx, nc)
	}
}

// Close ends the listener and all connections without waiting. Run waits.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	_ = s.plain.Close() // the second time it says that it is closed
	if s.secure != nil {
		_ = s.secure.Close()
	}
	for _, c := range s.guests.all() {
		c.leave(media.ErrStopped)
	}
}

func (s *Server) begin(ctx context.Context, nc net.Conn) {
	ctx = context.WithoutCancel(ctx)
	greeting, cancel := context.WithTimeout(ctx, s.Greeting)
	c := newSession(s, nc, cancel)
	if !s.welcome(c) {
		c.leave(media.ErrStopped)
		return
	}
	go func() { // owned by Run, which waits
		defer s.wait.Done()
		defer s.forget(c)
		defer cancel()
		c.serve(ctx, greeting)
	}()
}

func (s *Server) welcome(c *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if gone := s.guests.welcome(c); gone != nil {
		gone.log.Warn("a connection without a key was ended: too many of them")
		gone.leave(errCrowded)
	}
	s.wait.Add(1)
	return true
}

// know says that the key of c opens channel. False when c has to go.
func (s *Server) know(c *session, channel ident.Channel) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	gone, ok := s.guests.know(c, channel)
	if gone != nil {
		gone.leave(media.ErrDisplaced)
	}
	return ok
}

func (s *Server) forget(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guests.forget(c)
}

// pause waits for d; false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

func errSilent(limit time.Duration) error {
	return fault.New(fault.Unavailable, "encoder_silent", "The encoder sent nothing for %.0f seconds.", limit.Seconds())
}

var errCrowded = errors.New("newer connections took its place")

func errBroken(err error) error { return fmt.Errorf("connection broke: %w", err) }
