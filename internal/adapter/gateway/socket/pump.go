package socket

import (
	"crypto/tls"
	"net"
	"time"
)

// pump is the wire of a connection that cannot be polled: one goroutine reads
// and one writes. The loop stays the owner of everything else.
type pump struct {
	loop *Loop
	conn *Conn
	net  net.Conn

	// on the loop
	busy    bool // a chunk is being written
	waits   bool // the connection wants to know when it has been
	chunks  chan []byte
	stopped bool
}

const (
	pumpChunk  = 16 << 10                 // what is under way cannot be taken back
	writeLimit = takeWithin * time.Second // as for a descriptor, see pulse
	lastLimit  = time.Second              // for what is under way at the end
)

func (l *Loop) pump(c *Conn, nc net.Conn) (start func() error) {
	p := &pump{loop: l, conn: c, net: nc, chunks: make(chan []byte, 1)}
	if b, ok := bare(nc).(interface{ SetWriteBuffer(int) error }); ok && l.opt.SendBuffer > 0 {
		b.SetWriteBuffer(l.opt.SendBuffer) //nolint:errcheck // a larger buffer works too
	}
	c.wire = p
	return func() error {
		l.pumps.Go(p.read)
		l.pumps.Go(p.writeChunks)
		return nil
	}
}

// bare returns what is under TLS.
func bare(nc net.Conn) net.Conn {
	if t, ok := nc.(*tls.Conn); ok {
		return t.NetConn()
	}
	return nc
}

func (p *pump) read() {
	buf := make([]byte, 4<<10)
	fed := make(chan struct{}, 1)
	for {
		n, err := p.net.Read(buf)
		alive := p.loop.Do(func() {
			if n > 0 && p.conn.state != gone {
				p.conn.feed(buf[:n])
			}
			if err != nil {
				p.conn.end()
			}
			fed <- struct{}{}
		})
		if !alive {
			return
		}
		<-fed
		if err != nil {
			return
		}
	}
}

// write takes a chunk when none is under way. b may be shared or reused: the
// goroutine gets a copy.
func (p *pump) write(b []byte) (int, error) {
	if p.busy || p.stopped {
		return 0, nil
	}
	n := min(len(b), pumpChunk)
	p.busy = true
	p.chunks <- append([]byte(nil), b[:n]...) // has room: none is under way
	return n, nil
}

func (p *pump) await() { p.waits = true }

func (p *pump) writeChunks() {
	defer p.net.Close() //nolint:errcheck // the client may have closed it
	for chunk := range p.chunks {
		p.net.SetWriteDeadline(time.Now().Add(writeLimit)) //nolint:errcheck // a closed connection fails in Write
		_, err := p.net.Write(chunk)
		alive := p.loop.Do(func() { p.wrote(err) })
		if !alive || err != nil {
			return
		}
	}
}

func (p *pump) wrote(err error) {
	p.busy = false
	switch {
	case err != nil:
		p.conn.end()
	case p.waits && p.conn.state != gone:
		p.waits = false
		p.conn.writable()
	}
}

// close lets the chunk under way finish, for a moment.
func (p *pump) close() {
	if p.stopped {
		return
	}
	p.stopped = true
	p.net.SetDeadline(time.Now().Add(lastLimit)) //nolint:errcheck // likewise
	close(p.chunks)
}

func (p *pump) abandon() {
	p.net.Close() //nolint:errcheck // the client may have closed it
}
