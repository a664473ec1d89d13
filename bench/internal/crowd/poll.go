package crowd

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// reader returns the function that joins and reads everybody until stop is set.
func (c *Crowd) reader() (func(), error) {
	address, err := netip.ParseAddrPort(c.opt.Address)
	if err != nil {
		return nil, fmt.Errorf("join: %w", err)
	}
	if c.opt.TLS != nil {
		return func() { c.readSecurely(address) }, nil
	}
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make an epoll: %w", err)
	}
	p := &poller{
		crowd: c, epoll: epoll, buffer: make([]byte, 256<<10),
		server: syscall.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()},
	}
	return p.run, nil
}

// poller is the one reader of a crowd without TLS. It opens the connections
// too, so that nothing is shared.
type poller struct {
	crowd  *Crowd
	epoll  int
	server syscall.SockaddrInet4
	opened int
	buffer []byte
}

func (p *poller) run() {
	defer p.close()
	events := make([]syscall.EpollEvent, 512)
	for !p.crowd.stop.Load() {
		for p.mayOpen() {
			if err := p.open(&p.crowd.listeners[p.opened]); err != nil {
				p.crowd.fail(p.opened, err)
				return
			}
			p.opened++
		}
		n, err := syscall.EpollWait(p.epoll, events, 50)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			p.crowd.fail(-1, fmt.Errorf("epoll: %w", err))
			return
		}
		for _, e := range events[:max(n, 0)] {
			l := &p.crowd.listeners[e.Fd] // its index, see open
			if err := p.ready(l); err != nil {
				p.lose(l, err)
			}
		}
	}
}

func (p *poller) mayOpen() bool {
	return p.opened < p.crowd.opt.N && p.opened-int(p.crowd.joined.Load()) < p.crowd.opt.Window
}

// bindAddressNoPort (IP_BIND_ADDRESS_NO_PORT) leaves the port to connect, which
// knows the other end and so can use each port once for every server.
const bindAddressNoPort = 24

func (p *poller) open(l *listener) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("make a socket: %w", err)
	}
	l.fd, l.began = fd, time.Now().UnixNano()
	// Closed without lingering, so that thousands of ports are free for the next run.
	if err := syscall.SetsockoptLinger(fd, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}); err != nil {
		return fmt.Errorf("set up a socket: %w", err)
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("set up a socket: %w", err)
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, bindAddressNoPort, 1); err != nil {
		return fmt.Errorf("set up a socket: %w", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: p.crowd.source(l.index).As4()}); err != nil {
		return fmt.Errorf("bind to %v: %w", p.crowd.source(l.index), err)
	}
	if err := syscall.Connect(fd, &p.server); err != nil && !errors.Is(err, syscall.EINPROGRESS) {
		return fmt.Errorf("connect: %w", err)
	}
	e := syscall.EpollEvent{Events: syscall.EPOLLOUT, Fd: int32(l.index)}
	if err := syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_ADD, fd, &e); err != nil {
		return fmt.Errorf("watch a socket: %w", err)
	}
	return nil
}

func (p *poller) ready(l *listener) error {
	if l.stage == connecting {
		return p.connected(l)
	}
	n, err := syscall.Read(l.fd, p.buffer)
	switch {
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
		return nil
	case err != nil:
		return err
	case n == 0:
		return errClosed
	}
	if l.stage == listening {
		p.crowd.reads.Add(1)
		p.crowd.bytes.Add(int64(n))
	}
	answer, err := l.feed(p.buffer[:n])
	if err != nil {
		return err
	}
	return p.send(l, answer)
}

func (p *poller) connected(l *listener) error {
	code, err := syscall.GetsockoptInt(l.fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("connect: %w", syscall.Errno(code))
	}
	e := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(l.index)}
	if err := syscall.EpollCtl(p.epoll, syscall.EPOLL_CTL_MOD, l.fd, &e); err != nil {
		return err
	}
	return p.send(l, l.connected())
}

// send writes what is small enough for any socket's buffer.
func (p *poller) send(l *listener, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if n, err := syscall.Write(l.fd, b); err != nil || n < len(b) {
		return fmt.Errorf("write %d of %d bytes: %w", n, len(b), err)
	}
	return nil
}

// lose counts a connection that ended. While joining that ends everything.
func (p *poller) lose(l *listener, err error) {
	if l.stage != listening {
		p.crowd.fail(l.index, err)
	}
	l.stage = gone
	p.crowd.closed.Add(1)
	syscall.Close(l.fd) //nolint:errcheck // nothing is left to do
	l.fd = -1
}

func (p *poller) close() {
	for i := range p.crowd.listeners {
		if l := &p.crowd.listeners[i]; l.fd >= 0 {
			syscall.Close(l.fd) //nolint:errcheck // reset on purpose
			l.fd = -1
		}
	}
	syscall.Close(p.epoll) //nolint:errcheck // nothing is left to do
}
