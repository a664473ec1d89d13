package app_test

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// wire is a proxy before a server that a test can cut and mend, or freeze and
// thaw: nothing gets through then, and nobody is told.
type wire struct {
	t       testing.TB
	network string
	address string // where it listens
	target  string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	frozen   chan struct{} // closed when it thaws; nil: it is not frozen
	pumps    sync.WaitGroup
}

func newWire(t testing.TB, network, address, target string) *wire {
	w := &wire{t: t, network: network, address: address, target: target, conns: map[net.Conn]bool{}}
	w.mend()
	t.Cleanup(w.cut)
	return w
}

// aside returns an address for a wire that other tests are not given by chance
// while it is cut: Linux has more than one that leads back to the machine.
func aside(t testing.TB) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		return apptest.FreePort(t)
	}
	_, port, err := net.SplitHostPort(apptest.FreePort(t))
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort("127.88.0.1", port)
}

// mend listens, again if it was cut.
func (w *wire) mend() {
	w.t.Helper()
	l, err := net.Listen(w.network, w.address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.listener = l
	w.mu.Unlock()
	w.pumps.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.join(c)
		}
	})
}

func (w *wire) join(near net.Conn) {
	far, err := net.Dial(w.network, w.target)
	if err != nil {
		near.Close()
		return
	}
	w.mu.Lock()
	w.conns[near], w.conns[far] = true, true
	w.mu.Unlock()
	pump := func(to, from net.Conn) {
		buf := make([]byte, 32<<10)
		for {
			n, err := from.Read(buf)
			w.passes()
			if _, failed := to.Write(buf[:n]); err != nil || failed != nil {
				break
			}
		}
		to.Close()
		from.Close()
		w.mu.Lock()
		delete(w.conns, from)
		w.mu.Unlock()
	}
	w.pumps.Go(func() { pump(far, near) })
	w.pumps.Go(func() { pump(near, far) })
}

// passes waits while the wire is frozen.
func (w *wire) passes() {
	w.mu.Lock()
	frozen := w.frozen
	w.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
}

func (w *wire) freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.frozen = make(chan struct{})
}

func (w *wire) thaw() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.frozen != nil {
		close(w.frozen)
		w.frozen = nil
	}
}

// cut ends every connection and refuses new ones.
func (w *wire) cut() {
	w.thaw()
	w.mu.Lock()
	w.listener.Close()
	for c := range w.conns {
		c.Close()
	}
	w.mu.Unlock()
	w.pumps.Wait()
}

// postgresBehindWire returns a way to the database that can be cut.
func postgresBehindWire(t testing.TB, database string) (string, *wire) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "wire") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	q := u.Query()
	if q.Get("host") == "" {
		t.Skipf("the test's PostgreSQL is not on a unix socket: %s", u.Redacted())
	}
	const socket = ".s.PGSQL.5432"
	w := newWire(t, "unix", filepath.Join(dir, socket), filepath.Join(q.Get("host"), socket))
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return u.String(), w
}
