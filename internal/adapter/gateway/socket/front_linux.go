package socket

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// front stands before an HTTP server's listener. A handshake whose head has come
// whole is answered without net/http, which saves most of what a newcomer costs;
// everybody else is let through to net/http, not a byte of theirs touched.
type front struct {
	under   net.Listener
	path    []byte
	handler http.Handler
	run     func(func()) // does what may wait
	through chan net.Conn
	closed  chan struct{}
	once    sync.Once
	stop    func()
	ushers  sync.WaitGroup // of those who are let through
}

// Front returns a listener for an HTTP server in place of under. Handshakes for
// path go to handler, which is called through run, because it may wait. The
// loops must be running.
func (l *Loops) Front(under net.Listener, path string, handler http.Handler, run func(func())) (net.Listener, error) {
	tcp, ok := under.(*net.TCPListener)
	if !ok || l.opt.Portable {
		return under, nil
	}
	file, err := tcp.File() // a copy of the descriptor, which nobody else waits for
	if err != nil {
		return nil, err
	}
	f := &front{
		under: under, path: []byte("GET " + path), handler: handler, run: run,
		through: make(chan net.Conn), closed: make(chan struct{}),
	}
	fd := int(file.Fd())
	if err := errors.Join(unix.SetNonblock(fd, true), unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)); err != nil { // whom it accepts inherit it
		return nil, errors.Join(err, file.Close())
	}
	for _, loop := range l.loops {
		loop.Do(func() { loop.poll.(*epoll).open(f, fd) })
	}
	f.stop = func() {
		for _, loop := range l.loops {
			loop.Await(func() { loop.poll.(*epoll).shut(f) })
		}
		file.Close() //nolint:errcheck // a copy
	}
	return f, nil
}

// Accept implements net.Listener for everybody who is no handshake.
func (f *front) Accept() (net.Conn, error) {
	select {
	case c := <-f.through:
		return c, nil
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (f *front) Close() error {
	err := net.ErrClosed
	f.once.Do(func() {
		close(f.closed)
		f.stop()
		f.ushers.Wait()
		err = f.under.Close()
	})
	return err
}

// Addr implements net.Listener.
func (f *front) Addr() net.Addr { return f.under.Addr() }

// porch is a loop's share of a front.
type porch struct {
	front  *front
	fd     int
	guests map[*descriptor]time.Time // whoever has not said what they want
}

const (
	// acceptAtOnce bounds how many newcomers one round of a loop takes.
	acceptAtOnce = 32
	// guestPatience is how long a newcomer may be silent before net/http has the
	// patience with them.
	guestPatience = time.Second
	// descriptorPause is how long nobody is accepted when descriptors run out.
	descriptorPause = 100 * time.Millisecond
)

func (e *epoll) open(f *front, fd int) {
	e.porch = &porch{front: f, fd: fd, guests: map[*descriptor]time.Time{}}
	e.listen(true)
}

// listen waits for newcomers, or does not. EPOLLEXCLUSIVE wakes one loop for each.
func (e *epoll) listen(on bool) {
	op, ev := unix.EPOLL_CTL_DEL, unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLEXCLUSIVE, Fd: int32(e.porch.fd)}
	if on {
		op = unix.EPOLL_CTL_ADD
	}
	unix.EpollCtl(e.fd, op, e.porch.fd, &ev) //nolint:errcheck // the descriptor is ours and open
}

func (e *epoll) shut(f *front) {
	if e.porch == nil || e.porch.front != f {
		return
	}
	e.listen(false)
	for w := range e.porch.guests {
		w.close()
	}
	e.porch = nil
}

// accept takes newcomers in. It reports false when descriptors have run out.
func (e *epoll) accept() bool {
	for range acceptAtOnce {
		fd, from, err := unix.Accept4(e.porch.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch {
		case errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE), errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.ENOMEM):
			return false
		case errors.Is(err, unix.EAGAIN):
			return true
		case err != nil: // gone before it was taken in
			continue
		}
		w := &descriptor{poll: e, fd: int32(fd), guest: addressOf(from)}
		if e.add(w, unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLONESHOT) != nil {
			w.close()
			continue
		}
		e.porch.guests[w] = time.Now()
	}
	return true
}

func addressOf(a unix.Sockaddr) string {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)).String()
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port)).String()
	}
	return ""
}

// welcome looks at what a guest wants, without taking it from the socket.
func (e *epoll) welcome(w *descriptor) {
	p := e.porch
	delete(p.guests, w)
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(w.fd), uintptr(unsafe.Pointer(&e.buf[0])), uintptr(len(e.buf)), unix.MSG_PEEK, 0, 0)
	if errno != 0 || n == 0 {
		w.close()
		return
	}
	size := p.front.handshake(e.buf[:n])
	if size == 0 {
		e.passOn(w)
		return
	}
	came := append([]byte(nil), e.buf[:n]...)
	syscall.RawSyscall(syscall.SYS_READ, uintptr(w.fd), uintptr(unsafe.Pointer(&e.buf[0])), n) //nolint:errcheck // what was just seen
	f := p.front
	f.run(func() { f.serve(w, came[:size], came[size:]) })
}

// handshake returns how long the head of a request is that is surely a
// handshake; 0 for everything net/http should look at.
func (f *front) handshake(b []byte) int {
	rest, ok := bytes.CutPrefix(b, f.path)
	if !ok || len(rest) == 0 || (rest[0] != ' ' && rest[0] != '?') {
		return 0
	}
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return 0
	}
	head := bytes.ToLower(b[:end+4])
	for _, body := range []string{"\ncontent-length", "\ntransfer-encoding", "\nexpect"} {
		if bytes.Contains(head, []byte(body)) {
			return 0
		}
	}
	if !bytes.Contains(head, []byte("\nupgrade:")) {
		return 0
	}
	return end + 4
}

// passOn gives a connection to net/http.
func (e *epoll) passOn(w *descriptor) {
	f := e.porch.front
	delete(e.porch.guests, w)
	unix.EpollCtl(e.fd, unix.EPOLL_CTL_DEL, int(w.fd), nil) //nolint:errcheck // the descriptor is ours and open
	e.wires[w.fd] = nil
	f.ushers.Go(func() { // ends as soon as net/http accepts, which waits for nobody
		file := os.NewFile(uintptr(w.fd), "")
		c, err := net.FileConn(file)
		if errors.Join(err, file.Close()) != nil {
			return // the client is gone
		}
		select {
		case f.through <- c:
		case <-f.closed:
			c.Close() //nolint:errcheck // nobody is left to serve it
		}
	})
}

// passSilent gives whoever has said nothing for a while to net/http.
func (e *epoll) passSilent(now time.Time) {
	if e.porch == nil {
		return
	}
	for w, since := range e.porch.guests {
		if now.Sub(since) >= guestPatience {
			e.passOn(w)
		}
	}
}

// serve answers one handshake. It may wait.
func (f *front) serve(w *descriptor, head, early []byte) {
	a := &arrival{wire: w, early: early, header: http.Header{}}
	r, err := http.ReadRequest(bufio.NewReaderSize(bytes.NewReader(head), len(head)))
	if err != nil || r.ProtoMajor != 1 {
		http.Error(a, "this is no request", http.StatusBadRequest)
	} else {
		r.RemoteAddr = w.guest
		f.handler.ServeHTTP(a, r)
	}
	a.finish()
}
