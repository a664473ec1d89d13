package rtmp

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
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
	times unwrapped
	clock mediaClock

	pictures bool   // some have gone by
	header   []byte // AV1's sequence header, which gortmplib does not tell
	inStream bool   // it came with a picture
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
	}
	w.follow(m)
	return m, err
}

// follow looks at what goes by: it makes times go on that begin again, sets the
// clock, and remembers what AV1's pictures are decoded with.
func (w *wire) follow(m message.Message) {
	switch m := m.(type) {
	case *message.Video:
		if m.Type == message.VideoTypeConfig { // some have no time
			m.DTS = w.times.last
			return
		}
		m.DTS = w.picture(m.DTS)
	case *message.VideoExCodedFrames:
		m.DTS = w.picture(m.DTS)
		w.av1(m.FourCC, m.Payload, true)
	case *message.VideoExFramesX:
		m.DTS = w.picture(m.DTS)
		w.av1(m.FourCC, m.Payload, true)
	case *message.VideoExSequenceStart:
		if m.AV1Config != nil {
			w.av1(m.FourCC, m.AV1Config.ConfigOBUs, false)
		}
	case *message.Audio:
		if m.Codec != message.CodecMPEG4Audio || m.AACType != message.AudioAACTypeConfig {
			m.DTS = w.sound(m.DTS)
		}
	case *message.AudioExCodedFrames:
		m.DTS = w.sound(m.DTS)
	}
}

func (w *wire) picture(dts time.Duration) time.Duration {
	dts = w.times.next(dts)
	w.pictures = true
	w.clock.heard(dts)
	return dts
}

func (w *wire) sound(dts time.Duration) time.Duration {
	dts = w.times.next(dts)
	if !w.pictures {
		w.clock.heard(dts)
	}
	return dts
}

// av1 takes a sequence header from units; the first that comes with a picture is
// right, those that are announced may stand for any.
func (w *wire) av1(codec message.FourCC, units []byte, inStream bool) {
	if codec != message.FourCCAV1 || w.inStream {
		return
	}
	var list av1.Bitstream
	if list.Unmarshal(units) != nil {
		return
	}
	for _, u := range list {
		if av1.OBUType(u[0]>>3&0xf) == av1.OBUTypeSequenceHeader {
			w.header, w.inStream = u, inStream
			return
		}
	}
}

// unwrapped makes RTMP's times, 32 bits of milliseconds, go on after 49 days.
type unwrapped struct {
	begun bool
	last  time.Duration
}

const timesAround = time.Millisecond << 32

func (u *unwrapped) next(t time.Duration) time.Duration {
	if !u.begun {
		u.begun, u.last = true, t
		return t
	}
	step := (t - u.last) % timesAround
	switch {
	case step >= timesAround/2:
		step -= timesAround
	case step < -timesAround/2:
		step += timesAround
	}
	if u.last += step; u.last < 0 { // it was set back to before its beginning
		u.last = t
	}
	return u.last
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

// hangUp ends the connection at once: TLS would say goodbye first, and wait for
// whoever does not listen.
func (t *tap) hangUp() {
	if secure, ok := t.Conn.(*tls.Conn); ok {
		_ = secure.NetConn().Close()
		return
	}
	_ = t.Close()
}

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

// heard is called as each picture arrives from the network, or each sound where
// there are no pictures.
func (c *mediaClock) heard(dts time.Duration) {
	now := time.Now()
	if off := now.Sub(c.anchor.Add(dts)); !c.set || off > clockSlack || off < -clockSlack {
		c.set, c.anchor = true, now.Add(-dts)
	}
}

func (c *mediaClock) at(dts time.Duration) time.Time { return c.anchor.Add(dts) }
