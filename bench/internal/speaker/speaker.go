// Package speaker is the people who write: a few connections that post on a
// fixed schedule and wait for nobody.
//
// Owns: connections that post, the schedule. Promises: the schedule is open: a
// server that answers late is not asked less often, and the time in a message is
// when it was due, not when it was sent; every answer is counted, and the first
// refusal is kept with its words. Does not do: listening to the room.
package speaker

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/subspace-live/subspace/bench/internal/wire"
)

// Dialect is how a server is spoken to by those who write.
type Dialect interface {
	// Upgrade returns the request that opens speaker i's socket.
	Upgrade(i int) []byte
	// Greet returns what is sent next, masked; nil for nothing.
	Greet(i int) []byte
	// Greeted reports whether a frame says that the speaker may post.
	Greeted(payload []byte) (bool, error)
	// Post returns the frame that posts a line under a number, masked.
	Post(id int64, at time.Time, line string) []byte
	// Answers reads which posts a frame answers; an error is a refusal.
	Answers(payload []byte, answered func(id int64, refused error))
	// Answer returns the frame that a frame wants to be answered with, masked.
	Answer(payload []byte) []byte
}

// Options says who speaks where.
type Options struct {
	Address string
	N       int
	Dialect Dialect
	From    netip.Addr
	TLS     *tls.Config
	// Acknowledged, when set, is called for each answer, from many goroutines.
	Acknowledged func(id int64, at time.Time, refused error)
}

// Speakers are connections that post in turn.
type Speakers struct {
	opt   Options
	all   []*voice
	ended sync.WaitGroup

	said, refused atomic.Int64
	mu            sync.Mutex
	first         error
	closing       atomic.Bool
}

// voice is one connection.
type voice struct {
	conn    net.Conn
	writing sync.Mutex // posts and pongs
	buffer  []byte
	rest    []byte // of what came: not yet a whole frame
}

// Join connects the speakers.
func Join(ctx context.Context, opt Options) (*Speakers, error) {
	s := &Speakers{opt: opt}
	for i := range opt.N {
		v, err := s.connect(ctx, i)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("connect speaker %d: %w", i, err)
		}
		s.all = append(s.all, v)
		s.ended.Go(func() { s.listen(v) }) // Close waits
	}
	return s, nil
}

// writeLimit is how long the server may leave a post in the kernel's buffers.
const writeLimit = 5 * time.Second

// Say posts a line as the speaker whose turn it is.
func (s *Speakers) Say(id int64, at time.Time, line string) error {
	v := s.all[int(id)%len(s.all)]
	if err := v.write(s.opt.Dialect.Post(id, at, line)); err != nil {
		return fmt.Errorf("post: %w", err)
	}
	return nil
}

// Said returns how many posts were acknowledged, how many refused, and the first
// thing that went wrong.
func (s *Speakers) Said() (acknowledged, refused int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Load(), s.refused.Load(), s.first
}

// Close ends the connections and waits for their readers.
func (s *Speakers) Close() {
	s.closing.Store(true)
	for _, v := range s.all {
		v.conn.Close() //nolint:errcheck // reset on purpose
	}
	s.ended.Wait()
}

func (s *Speakers) connect(ctx context.Context, i int) (*voice, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	a := s.opt.From.As4()
	a[3] += byte(i / 200)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: a[:]}}
	conn, err := dialer.DialContext(ctx, "tcp4", s.opt.Address)
	if err != nil {
		return nil, err
	}
	conn.(*net.TCPConn).SetLinger(0) //nolint:errcheck // only ports are at stake
	if s.opt.TLS != nil {
		conn = tls.Client(conn, s.opt.TLS)
	}
	v := &voice{conn: conn, buffer: make([]byte, 8<<10)}
	conn.SetReadDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // the read will tell
	if err := s.greet(v, i); err != nil {
		conn.Close() //nolint:errcheck // the first error is told
		return nil, err
	}
	return v, conn.SetReadDeadline(time.Time{})
}

func (s *Speakers) greet(v *voice, i int) error {
	if err := v.write(s.opt.Dialect.Upgrade(i)); err != nil {
		return err
	}
	for upgraded := false; ; {
		if err := v.more(); err != nil {
			return err
		}
		if end := bytes.Index(v.rest, []byte("\r\n\r\n")); !upgraded && end >= 0 {
			if !bytes.HasPrefix(v.rest, []byte("HTTP/1.1 101")) {
				return fmt.Errorf("the socket was refused: %q", v.rest[:min(len(v.rest), 200)])
			}
			v.rest, upgraded = v.rest[end+4:], true
			if hello := s.opt.Dialect.Greet(i); hello != nil {
				if err := v.write(hello); err != nil {
					return err
				}
			}
		}
		for upgraded {
			f, rest, whole, err := wire.Cut(v.rest)
			if err != nil {
				return err
			}
			if !whole {
				break
			}
			v.rest = rest
			if in, err := s.opt.Dialect.Greeted(f.Payload); err != nil || in {
				return err
			}
		}
	}
}

// listen reads answers until the connection ends.
func (s *Speakers) listen(v *voice) {
	for {
		for {
			f, rest, whole, err := wire.Cut(v.rest)
			if err != nil {
				s.fail(err)
				return
			}
			if !whole {
				break
			}
			if err := s.frame(v, f); err != nil {
				s.fail(err)
				return
			}
			v.rest = rest
		}
		if err := v.more(); err != nil {
			s.fail(err)
			return
		}
	}
}

// errClosed says that a server hung up on a speaker.
var errClosed = errors.New("the server closed a speaker's connection")

func (s *Speakers) frame(v *voice, f wire.Frame) error {
	switch f.Op {
	case wire.Ping:
		return v.write(wire.Masked(nil, wire.Pong, f.Payload))
	case wire.Close:
		return fmt.Errorf("%w: %q", errClosed, f.Payload)
	}
	s.opt.Dialect.Answers(f.Payload, func(id int64, refused error) {
		if refused != nil {
			s.refused.Add(1)
			s.fail(refused)
		} else {
			s.said.Add(1)
		}
		if s.opt.Acknowledged != nil {
			s.opt.Acknowledged(id, time.Now(), refused)
		}
	})
	if answer := s.opt.Dialect.Answer(f.Payload); answer != nil {
		return v.write(answer)
	}
	return nil
}

func (s *Speakers) fail(err error) {
	if s.closing.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == nil {
		s.first = err
	}
}

func (v *voice) write(b []byte) error {
	v.writing.Lock()
	defer v.writing.Unlock()
	if err := v.conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	_, err := v.conn.Write(b)
	return err
}

// more appends what has come to rest.
func (v *voice) more() error {
	n, err := v.conn.Read(v.buffer)
	v.rest = append(v.rest, v.buffer[:n]...)
	return err
}
