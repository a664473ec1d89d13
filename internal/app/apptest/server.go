// Package apptest runs the whole assembled server inside a test, and the people
// who use it: REST with a cookie jar, sockets that keep every frame.
//
// Owns: fresh servers on free ports, people, their sockets, a channel with its
// creator. Promises: everybody comes in by the same doors as a browser; every
// byte a person received is kept, so that a test can look for what must not be
// among them; a server that a test started has stopped, without an error, when
// the test ends. Does not do: fakes of our own parts.
package apptest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/config"
)

// Patience is how long a test waits for what must come. It is no goal: what has
// a goal measures itself.
const Patience = 20 * time.Second

// Place is a running server that people can come to, in this process or not.
type Place struct {
	URL string

	t    testing.TB
	ends atomic.Int64 // people made so far; each comes from an address of their own
}

// At returns the place at an address.
func At(t testing.TB, url string) *Place { return &Place{URL: url, t: t} }

// Server is a running node inside the test.
type Server struct {
	*app.Server
	*Place
	Data     string
	Database string

	stop func()
}

// Options says how a server is started. The zero value is a fresh database, the
// bus inside the process and the real clock.
type Options struct {
	Args     []string // more settings, as on the command line
	Now      func() time.Time
	Database string // an address from storetest.URL, to share or to put a proxy before
	Data     string // folder; empty: a fresh one
	// Direct leaves forwarded headers without effect, as on a server without
	// proxies. People then all come from one address and share its throttles.
	Direct bool
}

// Start opens a server and serves until the test ends.
func Start(t testing.TB, opt Options) *Server {
	t.Helper()
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Database == "" {
		opt.Database = storetest.URL(t)
	}
	if opt.Data == "" {
		opt.Data = t.TempDir()
	}
	args := []string{
		"--data", opt.Data, "--database", opt.Database, "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0",
		"--rtc-listen", "127.0.0.1:0",
	}
	if !opt.Direct {
		args = append(args, "--proxies", "127.0.0.0/8", "--sandbox-payments", "I-know")
	}
	nothing := func(string) (string, bool) { return "", false }
	cfg, err := config.Load(append(args, opt.Args...), nothing, os.ReadFile, io.Discard)
	if err != nil {
		t.Fatalf("settings of the server: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := app.Open(ctx, cfg, app.Surroundings{Version: "test", Now: opt.Now, Log: logger(t)})
	if err != nil {
		cancel()
		t.Fatalf("open the server: %v", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }() // stop waits for it
	srv := &Server{Server: s, Place: At(t, s.Address()), Data: opt.Data, Database: opt.Database}
	srv.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the server ended with: %v", err)
			}
		case <-time.After(Patience):
			t.Errorf("the server has not stopped after %v", Patience)
		}
	})
	t.Cleanup(srv.stop)
	return srv
}

// Stop ends the server and waits for it, before the end of the test.
func (s *Server) Stop() { s.stop() }

// logger writes where the test run collects logs, and otherwise nowhere.
func logger(t testing.TB) *slog.Logger {
	t.Helper()
	dir := os.Getenv("SUBSPACE_TEST_LOGS")
	if dir == "" {
		return slog.New(slog.DiscardHandler)
	}
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == ' ' {
			return '-'
		}
		return r
	}, t.Name())
	f, err := os.CreateTemp(dir, "go-"+name+"-*.log")
	if err != nil {
		t.Fatalf("log of the server: %v", err)
	}
	t.Cleanup(func() { f.Close() }) //nolint:errcheck // a log
	return slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Secret notes what must not stand in any log of the run.
func Secret(t testing.TB, words ...string) {
	t.Helper()
	file := os.Getenv("SUBSPACE_TEST_SECRETS")
	if file == "" {
		return
	}
	f, err := os.OpenFile(filepath.Clean(file), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatalf("note a secret: %v", err)
	}
	defer f.Close()
	for _, w := range words {
		if w != "" {
			fmt.Fprintln(f, w)
		}
	}
}

// FreePort returns an address of this machine that nothing listens on.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Eventually asks until it is true, and fails when it never becomes so.
func Eventually(t testing.TB, what string, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); !ask(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v: %s", Patience, what)
		}
	}
}
