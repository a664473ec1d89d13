// Package certificate gets the server's certificate from an authority that
// speaks ACME (RFC 8555), keeps it in a folder, and renews it in time.
//
// Owns: the account's key, the certificate with its key, the proofs that the
// name is ours (TLS-ALPN-01 on the server's own listener, HTTP-01 on a plain
// one), and how long to wait after a refusal.
//
// Promises: a kept certificate is used at once, and nobody is asked before the
// last third of its life; strangers cannot cause a request, neither by their
// number nor by the names they call; a failure is logged with a machine reason
// and tried again ever more rarely, because authorities count; keys stay in
// files that only the server's user reads.
//
// Does not do: listeners, more names than one, certificates given as files,
// revocation.
package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Config says which certificate to keep.
type Config struct {
	Name      string // the host name it is for
	Folder    string // of everything that is kept
	Directory string // of the authority; empty: Let's Encrypt
	Root      string // file of what certifies the authority; empty: as the system says
	Plain     bool   // Plain's handler answers at the name's port 80
	Now       func() time.Time
	Log       *slog.Logger
}

// Keeper keeps the certificate of one name.
type Keeper struct {
	cfg   Config
	shelf shelf
	roots *x509.CertPool // nil: the system's

	current atomic.Pointer[tls.Certificate] // nil until there is one
	proof   atomic.Pointer[tls.Certificate] // of TLS-ALPN-01, while an authority looks
	answer  atomic.Pointer[answer]          // of HTTP-01, likewise
}

// answer is what an authority finds at a path.
type answer struct{ path, text string }

// Open makes the account's key, if there is none yet, and reads the certificate
// that is kept.
func Open(cfg Config) (*Keeper, error) {
	if cfg.Directory == "" {
		cfg.Directory = acme.LetsEncryptURL
	}
	k := &Keeper{cfg: cfg}
	var err error
	if k.roots, err = rootsWith(cfg.Root); err != nil {
		return nil, err
	}
	if k.shelf, err = openShelf(cfg.Folder, cfg.Directory); err != nil {
		return nil, err
	}
	kept, err := k.shelf.certificate(cfg.Name)
	if err != nil {
		cfg.Log.Warn("the kept certificate cannot be used; a new one will be asked for", "name", cfg.Name, "err", err)
	}
	k.current.Store(kept)
	return k, nil
}

// rootsWith returns the system's roots and those in the file.
func rootsWith(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "certificate_invalid", "The file %q of --acme-root cannot be read.", file).Because(err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "certificate_invalid", "The file %q of --acme-root holds no certificate (PEM).", file)
	}
	return roots, nil
}

// Ready reports whether there is a certificate to serve with.
func (k *Keeper) Ready() bool { return k.current.Load() != nil }

// TLS returns the settings of a listener that serves with the certificate and
// answers the authority. Names of others are refused.
func (k *Keeper) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1", acme.ALPNProto}, GetCertificate: k.choose,
	}
}

// choose picks what a caller is shown. Without a certificate in the answer the
// handshake ends with the alert 'unrecognized name'. A caller who names nobody,
// such as a check by address, sees the one there is.
func (k *Keeper) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if hello.ServerName != "" && !strings.EqualFold(hello.ServerName, k.cfg.Name) {
		return nil, nil
	}
	if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
		return k.proof.Load(), nil
	}
	return k.current.Load(), nil
}

// Plain answers the authority on plain HTTP and leaves everybody else to next.
func (k *Keeper) Plain(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a := k.answer.Load(); a != nil && r.Method == http.MethodGet && r.URL.Path == a.path {
			w.Header().Set("Content-Type", "application/octet-stream")
			w.Write([]byte(a.text)) //nolint:errcheck // the authority may be gone
			return
		}
		next.ServeHTTP(w, r)
	})
}

const (
	lookEvery = time.Hour // a timer does not run while a machine sleeps
	// restLimit is the shortest time between two certificates, whatever they
	// and the clock say of their life.
	restLimit = time.Hour
)

// Run gets the certificate when it is due and returns when ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	var rest time.Time // no request before it
	for refusals := 0; ; {
		next := k.due()
		if rest.After(next) {
			next = rest
		}
		if wait := next.Sub(k.cfg.Now()); wait > 0 {
			if !sleep(ctx, min(wait, lookEvery)) {
				return nil
			}
			continue
		}
		err := k.renew(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			refusals, rest = 0, k.cfg.Now().Add(restLimit)
			continue
		}
		refusals++
		f := k.explain(err)
		pause := max(pauseAfter(refusals), f.RetryAfter)
		rest = k.cfg.Now().Add(pause)
		k.cfg.Log.Warn("no certificate obtained; will try again", "name", k.cfg.Name, "reason", f.Reason, "detail", f.Detail, "err", f.Unwrap(), "in", pause)
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// due is when the certificate has only a third of its life left.
func (k *Keeper) due() time.Time {
	c := k.current.Load()
	if c == nil {
		return time.Time{}
	}
	return c.Leaf.NotAfter.Add(-c.Leaf.NotAfter.Sub(c.Leaf.NotBefore) / 3)
}

// pauseAfter is how long to wait after so many refusals in a row: an authority
// counts failures and shuts out who has five in an hour.
func pauseAfter(refusals int) time.Duration {
	const first, longest = 2 * time.Minute, 4 * time.Hour
	return min(first<<min(refusals-1, 10), longest)
}

// renew obtains a certificate, serves with it, and keeps it.
func (k *Keeper) renew(ctx context.Context) error {
	fresh, err := k.obtain(ctx)
	if err != nil {
		return err
	}
	k.current.Store(&fresh)
	k.cfg.Log.Info("certificate obtained", "name", k.cfg.Name, "authority", k.cfg.Directory, "until", fresh.Leaf.NotAfter)
	if err := k.shelf.keep(k.cfg.Name, fresh); err != nil { // the next start asks again
		k.cfg.Log.Error("the certificate cannot be kept; it serves until this server stops", "name", k.cfg.Name, "err", err)
	}
	return nil
}
