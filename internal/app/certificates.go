package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/certificate"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// secure is how the server speaks TLS: with the files it was given, with a
// certificate from an authority, or, behind a proxy, not at all. Beside it
// stands a plain listener, if one is wanted, that leads to the public address.
//
// Pages and the API speak HTTP/2 with whoever offers it. A socket comes by
// HTTP/1.1, which browsers offer for it by themselves.
type secure struct {
	tls      *tls.Config         // nil: plain HTTP
	keeper   *certificate.Keeper // nil: no certificate from an authority
	plain    *http.Server        // nil: no plain listener
	listener net.Listener        // of plain
}

func (c *secure) open(s *Server) (err error) {
	switch {
	case s.cfg.TLSCert != "":
		pair, err := tls.LoadX509KeyPair(s.cfg.TLSCert, s.cfg.TLSKey)
		if err != nil {
			return fault.New(fault.Invalid, "certificate_invalid", "The certificate of --tls-cert and --tls-key cannot be read.").Because(err)
		}
		c.tls = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{pair}}
	case s.cfg.Agreed():
		if c.keeper, err = certificate.Open(certificate.Config{
			Name: s.cfg.PublicName(), Folder: filepath.Join(s.cfg.Data, "acme"), Directory: s.cfg.ACMEDirectory, Root: s.cfg.ACMERoot,
			Plain: s.cfg.HTTPListen != "", Now: s.sur.Now, Log: s.sur.Log,
		}); err != nil {
			return err
		}
		c.tls = c.keeper.TLS()
	}
	if s.cfg.HTTPListen == "" {
		return nil
	}
	return c.openPlain(s)
}

func (c *secure) openPlain(s *Server) (err error) {
	handler := redirect(s.cfg.PublicURL)
	if c.keeper != nil {
		handler = c.keeper.Plain(handler)
	}
	c.plain = &http.Server{
		Handler: handler, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second,
		MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(s.sur.Log.Handler(), slog.LevelDebug),
	}
	c.listener, err = listen("--http-listen", s.cfg.HTTPListen)
	return err
}

// redirect leads to the same page at the public address. What would change
// something has already been read on its way, and is refused.
func redirect(public string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			say(w, http.StatusBadRequest, "This server speaks HTTPS: "+public)
			return
		}
		to := url.URL{Scheme: "https", Host: strings.TrimPrefix(public, "https://"), Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, to.String(), http.StatusTemporaryRedirect)
	})
}

// waits reports whether nothing can be served yet for want of a certificate.
func (c *secure) waits() bool { return c.keeper != nil && !c.keeper.Ready() }

// keep renews the certificate until ctx ends.
func (c *secure) keep(ctx context.Context) error {
	if c.keeper == nil {
		return nil
	}
	return c.keeper.Run(ctx)
}

func (c *secure) servePlain() error {
	if c.plain == nil {
		return nil
	}
	if err := c.plain.Serve(c.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("plain http: %w", err)
	}
	return nil
}

// close ends the plain listener; nobody waits there for more than a redirect.
func (c *secure) close() error {
	if c.listener == nil {
		return nil
	}
	err := errors.Join(c.plain.Close(), c.listener.Close())
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
