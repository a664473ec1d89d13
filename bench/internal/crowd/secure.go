package crowd

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// readSecurely joins and reads everybody over TLS, a goroutine for each.
func (c *Crowd) readSecurely(server netip.AddrPort) {
	turn := make(chan struct{}, c.opt.Window)
	var reading sync.WaitGroup
	defer reading.Wait()
	for i := range c.listeners {
		select {
		case turn <- struct{}{}:
		case <-c.quit:
			return
		}
		reading.Go(func() {
			l := &c.listeners[i]
			conn, err := c.dial(l, server)
			if err != nil {
				<-turn
				c.fail(i, err)
				return
			}
			defer conn.Close() //nolint:errcheck // reset on purpose
			c.follow(l, conn, func() { <-turn })
		})
	}
}

func (c *Crowd) dial(l *listener, server netip.AddrPort) (*tls.Conn, error) {
	l.began = time.Now().UnixNano()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: c.source(l.index).AsSlice()}, Timeout: 20 * time.Second}
	raw, err := dialer.Dial("tcp4", server.String())
	if err != nil {
		return nil, err
	}
	raw.(*net.TCPConn).SetLinger(0) //nolint:errcheck // only ports are at stake
	conn := tls.Client(raw, c.opt.TLS)
	if _, err := conn.Write(l.connected()); err != nil {
		raw.Close() //nolint:errcheck // the first error is told
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return conn, nil
}

// follow reads a connection until it or the crowd ends. in is called once, when
// it is in the room or has failed to be.
func (c *Crowd) follow(l *listener, conn *tls.Conn, in func()) {
	in = sync.OnceFunc(in)
	defer in()
	var stopped sync.WaitGroup
	ended := make(chan struct{})
	defer stopped.Wait()
	defer close(ended)
	stopped.Go(func() { c.cutWhenStopped(conn, ended) })
	buffer := make([]byte, 8<<10)
	for {
		n, err := conn.Read(buffer)
		if c.stop.Load() {
			return
		}
		if err == nil {
			if l.stage == listening {
				c.reads.Add(1)
				c.bytes.Add(int64(n))
			}
			var answer []byte
			if answer, err = l.feed(buffer[:n]); err == nil && len(answer) > 0 {
				_, err = conn.Write(answer)
			}
		}
		if err != nil {
			if l.stage != listening {
				c.fail(l.index, err)
			}
			l.stage = gone
			c.closed.Add(1)
			return
		}
		if l.stage == listening {
			in()
		}
	}
}

// cutWhenStopped ends a read that would wait for ever.
func (c *Crowd) cutWhenStopped(conn *tls.Conn, ended <-chan struct{}) {
	select {
	case <-ended:
	case <-c.quit:
		conn.NetConn().Close() //nolint:errcheck // that is the point
	}
}
