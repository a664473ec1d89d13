package crowd

import (
	"bytes"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/wire"
)

// stage is how far a connection has come.
type stage uint8

const (
	connecting stage = iota
	upgrading
	entering
	listening
	gone
)

// listener is one connection. Only its reader touches it, but for received.
type listener struct {
	crowd    *Crowd
	index    int
	fd       int
	stage    stage
	rest     []byte // of a frame that is not whole yet
	began    int64  // when it began to connect
	entered  int64
	received atomic.Int64 // messages
	sample   sample
}

// sampled reports whether this connection is one of those looked at closely.
func (l *listener) sampled() bool { return l.index%16 == 0 }

// connected is called when the transport stands, and returns what to send.
func (l *listener) connected() []byte {
	request := l.crowd.opt.Dialect.Upgrade(l.index)
	if request == nil {
		l.arrive()
		return nil
	}
	l.stage = upgrading
	return request
}

func (l *listener) arrive() {
	l.stage, l.entered = listening, time.Now().UnixNano()
	l.crowd.arrived()
}

// errUpgrade says that a server did not open a socket.
var errUpgrade = errors.New("the socket was refused")

// feed takes bytes that have come and returns what must be sent back.
func (l *listener) feed(b []byte) (answer []byte, err error) {
	if len(l.rest) > 0 {
		l.rest = append(l.rest, b...)
		b = l.rest
	}
	if l.stage == upgrading {
		end := bytes.Index(b, []byte("\r\n\r\n"))
		if end < 0 {
			l.keep(b)
			return nil, nil
		}
		if !bytes.HasPrefix(b, []byte("HTTP/1.1 101")) {
			return nil, fmt.Errorf("%w: %q", errUpgrade, b[:min(len(b), 200)])
		}
		b = b[end+4:]
		l.stage = entering
		answer = append(answer, l.crowd.opt.Dialect.Enter(l.index)...)
	}
	for {
		f, rest, whole, err := wire.Cut(b)
		if err != nil {
			return nil, err
		}
		if !whole {
			break
		}
		if answer, err = l.frame(f, answer); err != nil {
			return nil, err
		}
		b = rest
	}
	l.keep(b)
	return answer, nil
}

// keep holds on to what is no whole frame yet, and to no memory without need.
func (l *listener) keep(b []byte) {
	if len(b) == 0 {
		l.rest = nil
		return
	}
	l.rest = append(l.rest[:0], b...)
}

func (l *listener) frame(f wire.Frame, answer []byte) ([]byte, error) {
	switch f.Op {
	case wire.Ping:
		return wire.Masked(answer, wire.Pong, f.Payload), nil
	case wire.Close:
		return nil, fmt.Errorf("%w: %q", errClosed, f.Payload)
	case wire.Text:
	default:
		return answer, nil
	}
	if l.stage == entering {
		in, err := l.crowd.opt.Dialect.Entered(f.Payload)
		if err != nil {
			return nil, err
		}
		if in {
			l.arrive()
		}
		return answer, nil
	}
	n := bytes.Count(f.Payload, []byte{chatter.Mark})
	if n > 0 {
		l.received.Add(int64(n))
		l.crowd.delivered.Add(int64(n))
		if timed := l.sampled(); timed || l.crowd.opt.Strict {
			l.crowd.samples.take(&l.sample, f.Payload, time.Now().UnixNano(), timed)
		}
	} else if (l.sampled() || l.crowd.opt.Strict) && bytes.HasPrefix(f.Payload, []byte(skippedHead)) {
		l.crowd.samples.skip(&l.sample, f.Payload)
	}
	if l.crowd.opt.Events != nil && (n == 0 || l.crowd.opt.Watch) {
		l.crowd.opt.Events(l.index, f.Payload, time.Now())
	}
	return append(answer, l.crowd.opt.Dialect.Answer(f.Payload)...), nil
}
