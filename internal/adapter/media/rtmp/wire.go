package rtmp

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/message"
)

// strangerBytes bounds what a connection may send before it has shown a key:
// the handshake is 3 KiB, commands are small.
const strangerBytes = 64 << 10

// errGoodbye is the end of a connection whose encoder took its leave.
var errGoodbye = errors.New("the encoder stopped sending")

var (
	errTooMuch = errors.New("too much was sent before publishing")
	errNoKey   = errors.New("no key was shown in time")
)

// wire is an encoder's connection as gortmplib reads it. Each message, not each
// byte, must come within the limit of silence, so a frame that stops in its
// middle is noticed too.
type wire struct {
	*gortmplib.ServerConn
	tap   *tap
	limit time.Duration
	clock mediaClock
}

func newWire(nc net.Conn, limit time.Duration) *wire {
	t := &tap{Conn: nc, left: strangerBytes, limit: limit}
	return &wire{ServerConn: &gortmplib.ServerConn{RW: t}, tap: t, limit: limit}
}

// Read implements gortmplib.Conn.
func (w *wire) Read() (message.Message, error) {
	if err := w.tap.SetReadDeadline(w.tap.deadline()); err != nil {
		return nil, err
	}
	m, err := w.ServerConn.Read()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		if w.tap.left >= 0 {
			return nil, errNoKey
		}
		return nil, errSilent(w.limit)
	}
	switch m := m.(type) {
	case *message.CommandAMF0:
		switch m.Name {
		case "FCUnpublish", "deleteStream", "closeStream":
			return nil, errGoodbye
		}
	case *message.Video:
		w.clock.heard(m.DTS)
	}
	return m, err
}

// tap bounds what is read from a stranger and for how long, and the time of
// every write.
type tap struct {
	net.Conn
	left  int64 // negative: no bound any more
	limit time.Duration
	until time.Time // when a stranger must have shown a key; zero for an encoder
}

// trust lifts the bounds once the key has been checked.
func (t *tap) trust() { t.left, t.until = -1, time.Time{} }

// deadline is when what begins now must be over.
func (t *tap) deadline() time.Time {
	d := time.Now().Add(t.limit)
	if !t.until.IsZero() && t.until.Before(d) {
		return t.until
	}
	return d
}

// Read implements io.Reader.
func (t *tap) Read(p []byte) (int, error) {
	if t.left < 0 {
		return t.Conn.Read(p)
	}
	if t.left == 0 {
		return 0, errTooMuch
	}
	n, err := t.Conn.Read(p[:min(int64(len(p)), t.left)])
	t.left -= int64(n)
	return n, err
}

// Write implements io.Writer.
func (t *tap) Write(p []byte) (int, error) {
	if err := t.SetWriteDeadline(t.deadline()); err != nil {
		return 0, err
	}
	return t.Conn.Write(p)
}

// What an encoder may still send while it has not read why it is refused.
const (
	lingerTime  = time.Second
	lingerBytes = 8 << 20
)

// linger lets the other side read our last words: closing with bytes unread
// would reset the connection and take them back.
func (t *tap) linger() {
	half, ok := t.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || t.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, t.Conn, lingerBytes) // any end will do
}

// mediaClock tells when a frame was made by the server's clock. gortmplib holds
// the first two seconds back while it looks for tracks and then hands them on in
// a burst, so arrival at our callbacks says nothing.
type mediaClock struct {
	set    bool
	anchor time.Time // when the encoder's time zero was
}

// clockSlack is how far the encoder's clock may run off before it is set again.
const clockSlack = 3 * time.Second

// heard is called as each picture arrives from the network.
func (c *mediaClock) heard(dts time.Duration) {
	now := time.Now()
	if off := now.Sub(c.anchor.Add(dts)); !c.set || off > clockSlack || off < -clockSlack {
		c.set, c.anchor = true, now.Add(-dts)
	}
}

func (c *mediaClock) at(dts time.Duration) time.Time { return c.anchor.Add(dts) }
