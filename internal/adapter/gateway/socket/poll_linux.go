package socket

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// epoll knows of many descriptors which are ready (epoll(7)), level-triggered. It
// is itself a descriptor that is ready when one of them is, and Go's runtime
// waits for that: a goroutine that waits in epoll_wait holds a processor of Go's,
// and the thread that looks for such processors fifty times a millisecond costs
// more than a fifth of what a calm server does.
type epoll struct {
	fd     uintptr
	file   *os.File // the same, for the runtime
	raw    syscall.RawConn
	events [256]unix.EpollEvent
	seen   int                // of events
	look   func(uintptr) bool // made once
	until  time.Time          // when the runtime ends a wait; zero: at once
	wires  []*descriptor      // by number
	uses   int32              // tells a number from the same number used again
	buf    [64 << 10]byte
}

func newPoller() (poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // asks the runtime to wait for it
		return nil, errors.Join(fmt.Errorf("epoll: %w", err), unix.Close(fd))
	}
	e := &epoll{fd: uintptr(fd), file: os.NewFile(uintptr(fd), "epoll")}
	e.look = e.any
	e.raw, err = e.file.SyscallConn()
	if err := errors.Join(err, e.file.SetReadDeadline(time.Time{})); err != nil { // the runtime cannot wait for it
		return nil, errors.Join(fmt.Errorf("epoll: %w", err), e.file.Close())
	}
	return e, nil
}

// any reports whether something has happened. It never waits.
func (e *epoll) any(fd uintptr) bool {
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&e.events[0])), uintptr(len(e.events)), 0, 0, 0)
	if e.seen = int(n); errno != 0 {
		e.seen = 0 // interrupted: the loop comes back
	}
	return e.seen > 0
}

func (e *epoll) alarm(now, at time.Time) {
	if e.until.After(now) && !e.until.After(at) {
		return // it wakes early enough
	}
	e.until = at
	e.file.SetReadDeadline(time.Now().Add(at.Sub(now))) //nolint:errcheck // newPoller has tried
}

func (e *epoll) wait(rest bool) {
	e.seen = 0
	if !rest {
		e.any(e.fd)
	} else if err := e.raw.Read(e.look); err != nil {
		e.until = time.Time{} // an alarm, or somebody who wakes
	}
	for _, ev := range e.events[:e.seen] {
		if w := e.wires[ev.Fd]; w != nil && w.use == ev.Pad {
			e.happened(w, ev.Events)
		}
	}
}

func (e *epoll) happened(w *descriptor, events uint32) {
	if events&unix.EPOLLOUT != 0 {
		w.arm(false)
		w.conn.writable()
	}
	if events&^unix.EPOLLOUT != 0 && w.conn.state != gone {
		e.read(w)
	}
}

func (e *epoll) read(w *descriptor) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(w.fd), uintptr(unsafe.Pointer(&e.buf[0])), uintptr(len(e.buf)))
	switch {
	case errno == syscall.EAGAIN || errno == syscall.EINTR:
	case errno != 0 || n == 0:
		w.conn.end()
	default:
		w.conn.feed(e.buf[:n])
	}
}

// wake has the alarm go off. Who wakes when nobody sleeps does no harm.
func (e *epoll) wake() { e.file.SetReadDeadline(time.Unix(1, 0)) } //nolint:errcheck // as above; a loop that has ended needs no waking

func (e *epoll) close() { e.file.Close() } //nolint:errcheck // nothing is written through it

// add begins to wait for w.
func (e *epoll) add(w *descriptor) error {
	for int(w.fd) >= len(e.wires) {
		e.wires = append(e.wires, make([]*descriptor, len(e.wires)+64)...)
	}
	e.uses++
	w.use = e.uses
	e.wires[w.fd] = w
	return unix.EpollCtl(int(e.fd), unix.EPOLL_CTL_ADD, int(w.fd), &unix.EpollEvent{Events: reading, Fd: w.fd, Pad: w.use})
}

const reading = unix.EPOLLIN | unix.EPOLLRDHUP

// descriptor is the wire of a socket that belongs to nobody but us.
type descriptor struct {
	poll *epoll
	conn *Conn
	fd   int32
	use  int32
}

// write sends without waiting. It enters the kernel without telling Go's
// scheduler: it never blocks, and telling costs as much as half of it.
func (w *descriptor) write(b []byte) (int, error) {
	for done := 0; ; {
		if done == len(b) {
			return done, nil
		}
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(w.fd), uintptr(unsafe.Pointer(&b[done])), uintptr(len(b)-done),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			done += int(n)
		case syscall.EINTR:
		case syscall.EAGAIN:
			return done, nil
		default:
			return done, errno
		}
	}
}

func (w *descriptor) await() { w.arm(true) }

func (w *descriptor) arm(write bool) {
	ev := unix.EpollEvent{Events: reading, Fd: w.fd, Pad: w.use}
	if write {
		ev.Events |= unix.EPOLLOUT
	}
	unix.EpollCtl(int(w.poll.fd), unix.EPOLL_CTL_MOD, int(w.fd), &ev) //nolint:errcheck // the descriptor is ours and open
}

func (w *descriptor) close() {
	if int(w.fd) < len(w.poll.wires) { // else it could not be waited for
		w.poll.wires[w.fd] = nil
	}
	w.abandon()
}

func (w *descriptor) abandon() {
	unix.Close(int(w.fd)) //nolint:errcheck // what did not go is lost either way
}

// detach takes the descriptor out of a connection that Go's runtime waits for:
// a copy of the descriptor goes on, the runtime's own is closed.
func detach(nc net.Conn, sendBuffer int) (*descriptor, error) {
	raw, err := nc.(syscall.Conn).SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("detach: %w", err)
	}
	w, failed := &descriptor{fd: -1}, error(nil)
	err = raw.Control(func(fd uintptr) {
		var copied int
		if copied, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); failed != nil {
			return
		}
		w.fd = int32(copied)
		if sendBuffer > 0 {
			failed = unix.SetsockoptInt(copied, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer)
		}
	})
	if err = errors.Join(err, failed, nc.Close()); err != nil {
		if w.fd >= 0 {
			unix.Close(int(w.fd)) //nolint:errcheck // already failing
		}
		return nil, fmt.Errorf("detach: %w", err)
	}
	return w, nil
}

// take makes a connection's wire: its descriptor alone where there is one, else
// goroutines.
func (l *Loop) take(c *Conn, nc net.Conn) (start func() error, err error) {
	tcp, plain := nc.(*net.TCPConn)
	if !plain || l.opt.Portable {
		return l.pump(c, nc), nil
	}
	w, err := detach(tcp, l.opt.SendBuffer)
	if err != nil {
		return nil, err
	}
	return l.carry(c, w.fd), nil
}

// carry makes a descriptor the wire of a connection.
func (l *Loop) carry(c *Conn, fd int32) (start func() error) {
	c.own = descriptor{poll: l.poll.(*epoll), conn: c, fd: fd}
	c.wire = &c.own
	return func() error { return c.own.poll.add(&c.own) }
}

// takeArrival makes the wire of a connection that came without net/http.
func (l *Loop) takeArrival(c *Conn, a *arrival) (start func() error, err error) {
	if l.opt.SendBuffer > 0 {
		if err := unix.SetsockoptInt(int(a.wire.fd), unix.SOL_SOCKET, unix.SO_SNDBUF, l.opt.SendBuffer); err != nil {
			return nil, err
		}
	}
	a.taken = true
	return l.carry(c, a.wire.fd), nil
}

// refuse answers a newcomer and shows them out.
func (w *descriptor) refuse(answer []byte) {
	w.write(answer)       //nolint:errcheck // it fits, or nobody reads it
	unix.Close(int(w.fd)) //nolint:errcheck // no loop has it
}
