// Package crowd is the people who listen: many connections, one reader.
//
// Owns: joining N connections from many source addresses, reading them all,
// counting. Promises: every frame is parsed and every message counted, on every
// connection; on one in 16, or on all, the sequence is checked to be gapless and
// in order, where what is announced as skipped counts as said; on one in 16 the
// time from a message's schedule to its arrival is taken; connections
// that end are counted, never reopened. Connections share one epoll loop and
// have no goroutine (those over TLS have one each, because crypto/tls needs it).
// Does not do: sending messages (package speaker), knowing servers (the Dialect).
package crowd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Dialect is how a server is spoken to.
type Dialect interface {
	// Upgrade returns the request that opens connection i's socket; nil: the
	// connection is in the room as soon as it stands.
	Upgrade(i int) []byte
	// Enter returns the frames that enter the room, masked.
	Enter(i int) []byte
	// Entered looks at a frame that came while entering: true says that the
	// connection is in, an error that it was refused.
	Entered(payload []byte) (bool, error)
	// Answer returns the frame that a frame wants to be answered with, masked;
	// nil for most.
	Answer(payload []byte) []byte
}

// Options says who comes where.
type Options struct {
	Address string // host:port
	N       int
	Dialect Dialect
	// Window is how many may be joining at once.
	Window int
	// From is the first source address; each takes up to 500 connections.
	From netip.Addr
	// TLS is set where the server speaks it.
	TLS *tls.Config
	// Events, when set, is called with every frame of connection i that holds no
	// message, and with every one that does when Watch is set. It runs on the
	// reader: it must be quick and keep no bytes.
	Events func(i int, payload []byte, at time.Time)
	// Strict has the sequence checked on every connection.
	Strict bool
	// Watch asks for the frames that hold messages too.
	Watch bool
	// Within bounds the joining; 0 is two minutes.
	Within time.Duration
}

// perAddress is below what a server allows one source address.
const perAddress = 500

// Crowd is joined connections.
type Crowd struct {
	opt       Options
	listeners []listener
	samples   samples

	delivered, bytes, reads, closed, joined atomic.Int64

	stop    atomic.Bool // for the reader, which looks often
	quit    chan struct{}
	closing sync.Once
	reading sync.WaitGroup
	began   time.Time
	took    time.Duration

	failing sync.Once
	failed  chan struct{}
	failure error
	all     chan struct{} // closed when everybody is in
}

// Join brings N connections into the room and goes on reading them until Close.
func Join(ctx context.Context, opt Options) (*Crowd, error) {
	c := &Crowd{
		opt: opt, listeners: make([]listener, opt.N), began: time.Now(),
		failed: make(chan struct{}), all: make(chan struct{}), quit: make(chan struct{}),
	}
	for i := range c.listeners {
		c.listeners[i] = listener{crowd: c, index: i, fd: -1}
	}
	read, err := c.reader()
	if err != nil {
		return nil, err
	}
	c.reading.Go(read) // Close waits for it
	if opt.N == 0 {
		close(c.all)
	}
	if opt.Within == 0 {
		opt.Within = 2 * time.Minute
	}
	late := time.NewTimer(opt.Within)
	defer late.Stop()
	select {
	case <-c.all:
		c.took = time.Since(c.began)
		return c, nil
	case <-c.failed:
		err = c.failure
	case <-late.C:
		err = fmt.Errorf("after %v only %d are in", opt.Within, c.joined.Load())
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.Close()
	return nil, fmt.Errorf("join %d connections: %w", opt.N, err)
}

// Close ends every connection and waits for the reader.
func (c *Crowd) Close() {
	c.stop.Store(true)
	c.closing.Do(func() { close(c.quit) })
	c.reading.Wait()
}

// Tally is what has been counted so far.
type Tally struct{ Delivered, Bytes, Reads, Closed int64 }

// Tally returns the counts so far.
func (c *Crowd) Tally() Tally {
	return Tally{c.delivered.Load(), c.bytes.Load(), c.reads.Load(), c.closed.Load()}
}

// Since returns what was counted after an earlier tally.
func (t Tally) Since(earlier Tally) Tally {
	return Tally{t.Delivered - earlier.Delivered, t.Bytes - earlier.Bytes, t.Reads - earlier.Reads, t.Closed - earlier.Closed}
}

// Await waits until a number of messages has been delivered in all, and gives up
// when nothing has come for a while. It returns what has been delivered.
func (c *Crowd) Await(ctx context.Context, delivered int64, patience time.Duration) int64 {
	last, at := c.delivered.Load(), time.Now()
	for ctx.Err() == nil && last < delivered && time.Since(at) < patience {
		time.Sleep(2 * time.Millisecond)
		if now := c.delivered.Load(); now != last {
			last, at = now, time.Now()
		}
	}
	return c.delivered.Load()
}

// Uneven returns how many connections have not received exactly so many messages.
func (c *Crowd) Uneven(each int64) int {
	uneven := 0
	for i := range c.listeners {
		if c.listeners[i].received.Load() != each {
			uneven++
		}
	}
	return uneven
}

// Received returns how many messages connection i has received.
func (c *Crowd) Received(i int) int64 { return c.listeners[i].received.Load() }

// Joining returns how long all of it took, and how long it took each.
func (c *Crowd) Joining() (all time.Duration, each []time.Duration) {
	each = make([]time.Duration, len(c.listeners))
	for i := range c.listeners {
		each[i] = time.Duration(c.listeners[i].entered - c.listeners[i].began)
	}
	return c.took, each
}

// errClosed says that a server ended a connection that was joining.
var errClosed = errors.New("the server closed the connection")

// fail ends the joining. The first reason counts.
func (c *Crowd) fail(i int, err error) {
	c.failing.Do(func() {
		c.failure = fmt.Errorf("connection %d: %w", i, err)
		close(c.failed)
	})
}

func (c *Crowd) arrived() {
	if c.joined.Add(1) == int64(c.opt.N) {
		close(c.all)
	}
}

// source is the address that connection i comes from.
func (c *Crowd) source(i int) netip.Addr {
	a := c.opt.From.As4()
	at := int(a[2])<<8 + int(a[3]) + i/perAddress
	return netip.AddrFrom4([4]byte{a[0], a[1], byte(at >> 8), byte(at)})
}
