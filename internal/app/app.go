// Package app joins everything: it is the only place that knows everyone.
//
// Owns: which parts there are, the order they start and stop in, and the demo.
// Promises: a server that cannot start says why in a sentence and leaves nothing
// running; a stopping server first refuses new work, then finishes what it
// began, then closes what that needed. Does not do: rules, protocols, SQL.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/subspace-live/subspace/internal/adapter/bus"
	"github.com/subspace-live/subspace/internal/adapter/media/rtmp"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Surroundings is what a server takes from the process it runs in.
type Surroundings struct {
	Version string
	Now     func() time.Time
	Random  io.Reader
	Log     *slog.Logger
	// Tell prints what the person who started the server should read; nil when
	// somebody else greets them.
	Tell func(format string, args ...any)
}

// Server is one node, open but not yet serving.
type Server struct {
	cfg config.Config
	sur Surroundings

	folder io.Closer // the lock on the data folder
	db     *store.DB
	bus    *bus.Bus
	parts  *parts
	http   *http.Server
	web    net.Listener
	rtmp   *rtmp.Server
	secure secure
}

// Open builds a server: storage first, then the bus, then what stands on them,
// then the listeners, so that a port is taken only by a server that can serve.
func Open(ctx context.Context, cfg config.Config, sur Surroundings) (*Server, error) {
	if sur.Random == nil {
		sur.Random = rand.Reader
	}
	s := &Server{cfg: cfg, sur: sur}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context) (err error) {
	if s.folder, err = takeFolder(s.cfg.Data); err != nil {
		return err
	}
	if s.db, err = store.Open(ctx, store.Options{
		URL: s.cfg.DatabaseURL(), Now: s.sur.Now, Random: s.sur.Random,
		Bell: func(b []room.Bell) { s.bus.Ring(b) },
	}); err != nil {
		return err
	}
	if s.bus, err = bus.Open(ctx, s.cfg.NATS, s.sur.Log); err != nil {
		return err
	}
	if err = s.secure.open(s); err != nil {
		return err
	}
	// The web's listener comes before the parts: the sandbox posts its events to it.
	if s.web, err = listen("--listen", s.cfg.Listen); err != nil {
		return err
	}
	if s.parts, err = assemble(ctx, s); err != nil {
		return err
	}
	if s.rtmp, err = rtmp.Listen(s.cfg.RTMPListen, s.parts.hub, s.sur.Log); err != nil {
		return err
	}
	if s.cfg.RTMPSListen != "" {
		if err = s.rtmp.ListenSecure(s.cfg.RTMPSListen, s.secure.tls); err != nil {
			return err
		}
	}
	if s.cfg.RTC() {
		if err = s.parts.rtc.Listen(s.cfg.RTCListen, s.cfg.RTCAddresses(), s.parts.hub); err != nil {
			return err
		}
	}
	handler, err := s.routes()
	if err != nil {
		return err
	}
	// ReadTimeout is longer than any playlist is held back, because a read that
	// times out ends the request it belongs to.
	s.http = &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10, TLSConfig: s.secure.tls, ErrorLog: slog.NewLogLogger(s.sur.Log.Handler(), slog.LevelDebug),
	}
	if err := s.bus.OnPresence(s.parts.gateway.OnPresence); err != nil {
		return err
	}
	if err := s.bus.OnTally(s.parts.gateway.OnTally); err != nil {
		return err
	}
	if err := s.bus.OnStir(s.parts.gateway.OnStir); err != nil {
		return err
	}
	if err := s.bus.OnNotice(s.parts.gateway.OnNotice); err != nil {
		return err
	}
	return s.bus.OnBell(s.parts.onBell)
}

func listen(name, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "address_busy",
			"Cannot listen on %s: another program uses it, or it is not an address of this machine. Choose another with %s.", address, name).Because(err)
	}
	return l, nil
}

// Address returns where browsers on this machine reach the server.
func (s *Server) Address() string {
	if s.cfg.PublicURL != "" {
		return s.cfg.PublicURL
	}
	scheme := "http"
	if s.secure.tls != nil {
		scheme = "https"
	}
	return scheme + "://" + dialable(s.web.Addr())
}

// dialable turns a listening address into one that can be called.
func dialable(a net.Addr) string {
	host, port, _ := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Run serves until ctx ends, then stops in order and waits for everything.
func (s *Server) Run(ctx context.Context) error {
	if err := s.greet(ctx); err != nil {
		return errors.Join(err, s.close())
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx)) // outlives ctx by the time that requests need to finish
	defer stopWork()
	doors, gctx := errgroup.WithContext(ctx)
	back, bctx := errgroup.WithContext(work)
	for _, run := range append(s.parts.background, s.secure.keep) {
		back.Go(func() error { return run(bctx) })
	}
	doors.Go(s.serveHTTP)
	doors.Go(s.secure.servePlain)
	doors.Go(func() error { return s.rtmp.Run(gctx) })
	doors.Go(func() error { return s.parts.rtc.Run(gctx) })
	doors.Go(func() error {
		select {
		case <-gctx.Done():
		case <-bctx.Done(): // a part failed
		}
		return s.shutDoors(context.WithoutCancel(ctx))
	})
	err := doors.Wait()
	stopWork()
	return errors.Join(err, back.Wait(), s.close())
}

func (s *Server) serveHTTP() error {
	var err error
	if s.secure.tls != nil {
		err = s.http.ServeTLS(s.web, "", "")
	} else {
		var front net.Listener
		if front, err = s.parts.gateway.Front(s.web); err == nil {
			err = s.http.Serve(front)
		}
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("http: %w", err)
}

// stopLimit is how long requests may take to finish when the server stops.
const stopLimit = 5 * time.Second

// shutDoors refuses newcomers, tells sockets to come back elsewhere, and lets
// requests finish; players of a live wait at most for their next part.
func (s *Server) shutDoors(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	s.rtmp.Close()
	s.parts.rtc.Close()
	plain := s.secure.close()
	closed := make(chan struct{})
	go func() { // waited for below
		defer close(closed)
		s.parts.gateway.Close()
	}()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	<-closed
	return errors.Join(err, plain)
}

// close lets go of what Open took, in the opposite order.
func (s *Server) close() error {
	var errs []error
	if s.rtmp != nil {
		s.rtmp.Close()
	}
	if s.parts != nil {
		errs = append(errs, s.parts.rtc.Release())
	}
	if s.web != nil {
		if err := s.web.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	errs = append(errs, s.secure.close())
	if s.bus != nil {
		errs = append(errs, s.bus.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.folder != nil {
		errs = append(errs, s.folder.Close())
	}
	return errors.Join(errs...)
}

// greet prints where the server is and, while nobody owns it, the one-time link
// that makes the first owner.
func (s *Server) greet(ctx context.Context) error {
	if s.sur.Tell == nil {
		return nil
	}
	s.sur.Tell("Subspace is running at %s\n", s.Address())
	if s.secure.waits() {
		s.sur.Tell("It asks for its certificate now; pages open once it has it. What hinders it stands in the log.\n")
	}
	s.sur.Tell("Encoders send to %s\n", s.rtmpURL(nil))
	if s.parts.sandbox != nil {
		s.sur.Tell("Payments are a sandbox: no real money moves.\n")
	}
	if s.parts.catcher != nil {
		s.sur.Tell("Letters are not sent but shown at %s%s\n", s.Address(), lettersPath)
	}
	switch {
	case s.parts.stripe == nil:
	case s.cfg.StripeLive():
		s.sur.Tell("Payments go through Stripe: real money moves.\n")
	default:
		s.sur.Tell("Payments go through Stripe's test mode: no real money moves.\n")
	}
	secret, open, err := s.parts.accounts.SetupSecret(ctx)
	if err != nil || !open {
		return err
	}
	s.sur.Tell("\nNobody owns this server yet. Open this link, once, to become its first owner:\n\n  %s/setup#%s\n\n", s.Address(), secret)
	return nil
}

// rtmpURL is the server address for encoders, as the caller of r would reach it:
// by TLS where that is served.
func (s *Server) rtmpURL(r *http.Request) string {
	scheme, address := "rtmp", s.rtmp.Addr()
	if secure := s.rtmp.SecureAddr(); secure != nil {
		scheme, address = "rtmps", secure
	}
	host, port, _ := net.SplitHostPort(dialable(address))
	if s.cfg.PublicURL != "" || (r != nil && !net.ParseIP(host).IsLoopback()) {
		name := strings.TrimPrefix(strings.TrimPrefix(s.cfg.PublicURL, "https://"), "http://")
		if name == "" {
			name = r.Host
		}
		if h, _, err := net.SplitHostPort(name); err == nil {
			name = h
		}
		host = name
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/live"
}
