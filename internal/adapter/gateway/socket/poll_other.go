//go:build !linux

package socket

import (
	"errors"
	"net"
	"time"
)

// sleeper is a poller without descriptors: every connection has goroutines.
type sleeper struct {
	bell chan struct{}
	lies time.Duration // how long a wait lasts
}

func newPoller() (poller, error) { return &sleeper{bell: make(chan struct{}, 1)}, nil }

func (s *sleeper) alarm(now, at time.Time) { s.lies = at.Sub(now) }

func (s *sleeper) wait(rest bool) {
	if !rest {
		select {
		case <-s.bell:
		default:
		}
		return
	}
	t := time.NewTimer(s.lies)
	defer t.Stop()
	select {
	case <-s.bell:
	case <-t.C:
	}
}

func (s *sleeper) wake() {
	select {
	case s.bell <- struct{}{}:
	default:
	}
}

func (s *sleeper) close() {}

// descriptor is nothing here.
type descriptor struct{}

func (*descriptor) refuse([]byte) {}

func (l *Loop) takeArrival(*Conn, *arrival) (func() error, error) { return nil, errors.ErrUnsupported }

// take makes a connection's wire.
func (l *Loop) take(c *Conn, nc net.Conn) (start func() error, err error) { return l.pump(c, nc), nil }
