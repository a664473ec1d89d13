package webrtc

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Limits of connections by TCP. Whoever watches or sends needs one; the port takes
// them before it knows whose they are.
const (
	tcpSpare      = 512 // besides one for each viewer
	tcpPerAddress = 128 // many may sit behind one address
	tcpFirst      = 5 * time.Second
	tcpPause      = 100 * time.Millisecond // before the next try where accepting fails
)

var errCrowded = errors.New("too many connections by TCP")

// arrivals is a listener that goes on after errors that pass and holds no more
// than so many connections, of all and of each address; whoever is too much is cut
// off. Close ends the connections that it gave out, too.
type arrivals struct {
	net.Listener
	most, each int
	log        *slog.Logger

	over chan struct{} // closed by Close

	mu     sync.Mutex
	closed bool
	held   map[*arrival]struct{}
	from   map[netip.Prefix]int
}

func newArrivals(l net.Listener, most, each int, log *slog.Logger) *arrivals {
	return &arrivals{
		Listener: l, most: most, each: each, log: log,
		over: make(chan struct{}), held: map[*arrival]struct{}{}, from: map[netip.Prefix]int{},
	}
}

// Accept implements net.Listener. It only fails once the listener is closed.
func (l *arrivals) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil: // too many open files, most likely
			l.log.Warn("a connection of WebRTC could not be accepted", "error", err)
			if !l.rest() {
				return nil, net.ErrClosed
			}
			continue
		}
		a, err := l.take(c)
		if err == nil {
			return a, nil
		}
		l.log.Debug("a connection of WebRTC was refused", "remote", c.RemoteAddr(), "error", err)
		_ = c.Close() // nothing was said on it
	}
}

// rest waits before the next try; false when the listener is closed.
func (l *arrivals) rest() bool {
	t := time.NewTimer(tcpPause)
	defer t.Stop()
	select {
	case <-l.over:
		return false
	case <-t.C:
		return true
	}
}

func (l *arrivals) take(c net.Conn) (net.Conn, error) {
	a := &arrival{Conn: c, list: l, from: household(c.RemoteAddr())}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return nil, net.ErrClosed
	case len(l.held) >= l.most, l.from[a.from] >= l.each:
		return nil, errCrowded
	}
	l.held[a] = struct{}{}
	l.from[a.from]++
	return a, nil
}

func (l *arrivals) forget(a *arrival) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.held[a]; !ok {
		return
	}
	delete(l.held, a)
	if l.from[a.from]--; l.from[a.from] == 0 {
		delete(l.from, a.from)
	}
}

// Close implements net.Listener.
func (l *arrivals) Close() error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.over)
	}
	var all []*arrival
	for a := range l.held {
		all = append(all, a)
	}
	l.mu.Unlock()
	err := l.Listener.Close()
	for _, a := range all {
		_ = a.Close() // whoever reads from it says so
	}
	return err
}

// arrival is a connection that counts until it is closed.
type arrival struct {
	net.Conn
	list *arrivals
	from netip.Prefix
}

// Close implements net.Conn.
func (a *arrival) Close() error {
	a.list.forget(a)
	return a.Conn.Close()
}

// household is what counts as one address: with IPv6 everybody has a whole network.
func household(at net.Addr) netip.Prefix {
	tcp, ok := at.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	a := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
