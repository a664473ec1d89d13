package socket

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
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
	door    *os.File // a copy of under's descriptor, which nobody else waits for
	path    []byte
	greet   func(w http.ResponseWriter, r *http.Request, done func())
	through chan net.Conn
	closed  chan struct{}
	once    sync.Once
	ushers  sync.WaitGroup // the one who takes in, and those who let through
	first   []byte         // what the newcomer says who is being looked at
	reader  *bufio.Reader  // of it
}

const (
	// headMax is how long the head of a handshake may be; a longer one is for
	// net/http, which has a limit of its own.
	headMax = 8 << 10
	// acceptAtOnce bounds how many newcomers are taken in before others have a turn.
	acceptAtOnce = 32
	// silence is how many seconds the kernel waits for a newcomer's first words
	// before it hands over the connection without. net/http has the patience with
	// whoever is silent longer.
	silence = 1
	// descriptorPause is how long nobody is accepted when descriptors run out.
	descriptorPause = 100 * time.Millisecond
)

// Front returns a listener for an HTTP server in place of under. A handshake for
// path goes to greet, which must not wait: it is answered, by Upgrade or with a
// short refusal, before done is called, now or later. The loops must be running.
func (l *Loops) Front(under net.Listener, path string, greet func(w http.ResponseWriter, r *http.Request, done func())) (net.Listener, error) {
	tcp, ok := under.(*net.TCPListener)
	if !ok || l.opt.Portable {
		return under, nil
	}
	door, err := copyOf(tcp)
	if err != nil {
		return nil, fmt.Errorf("stand before the listener: %w", err)
	}
	f := &front{
		under: under, door: door, path: []byte("GET " + path), greet: greet,
		through: make(chan net.Conn), closed: make(chan struct{}), first: make([]byte, headMax), reader: bufio.NewReaderSize(nil, headMax),
	}
	f.ushers.Go(f.takeIn) // Close ends it and waits
	return f, nil
}

// copyOf returns a copy of a listener's descriptor for which Go's runtime waits,
// set up for newcomers who speak first and are answered at once.
func copyOf(tcp *net.TCPListener) (*os.File, error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	copied, failed := 0, error(nil)
	err = raw.Control(func(fd uintptr) {
		if copied, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); failed != nil {
			return
		}
		failed = errors.Join(
			unix.SetsockoptInt(copied, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1), // whom it accepts inherit it
			unix.SetsockoptInt(copied, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, silence),
		)
	})
	if err := errors.Join(err, failed); err != nil {
		if copied > 0 {
			unix.Close(copied) //nolint:errcheck // already failing
		}
		return nil, err
	}
	return os.NewFile(uintptr(copied), "listener"), nil // a listener of Go's does not block
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
		err = errors.Join(f.door.Close(), f.under.Close())
		f.ushers.Wait()
	})
	return err
}

// Addr implements net.Listener.
func (f *front) Addr() net.Addr { return f.under.Addr() }

// takeIn lets newcomers in until the front is closed. It waits a moment when
// descriptors have run out.
func (f *front) takeIn() {
	raw, err := f.door.SyscallConn()
	for err == nil {
		full := false
		err = raw.Read(func(fd uintptr) (some bool) {
			some, full = f.accept(fd)
			return some || full
		})
		if full {
			select {
			case <-time.After(descriptorPause):
			case <-f.closed:
			}
		}
	}
}

// accept takes in those who are there, if they are few, and reports whether
// there were some, and whether descriptors have run out.
func (f *front) accept(door uintptr) (some, full bool) {
	for range acceptAtOnce {
		var from unix.RawSockaddrAny
		size := uint32(unsafe.Sizeof(from))
		fd, _, errno := syscall.RawSyscall6(unix.SYS_ACCEPT4, door, uintptr(unsafe.Pointer(&from)), uintptr(unsafe.Pointer(&size)),
			unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch errno {
		case 0:
			f.welcome(int32(fd), &from)
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			return some, true
		case unix.EAGAIN:
			return some, false
		default: // gone before it was taken in
		}
		some = true
	}
	return some, false
}

// welcome looks at what a newcomer wants, without taking it from the socket.
func (f *front) welcome(fd int32, from *unix.RawSockaddrAny) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&f.first[0])), uintptr(len(f.first)),
		unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
	switch {
	case errno == syscall.EAGAIN:
		f.letThrough(fd)
		return
	case errno != 0 || n == 0:
		unix.Close(int(fd)) //nolint:errcheck // nobody is there any more
		return
	}
	r, size := f.handshake(f.first[:n])
	if r == nil {
		f.letThrough(fd)
		return
	}
	early := bytes.Clone(f.first[size:n])
	syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&f.first[0])), n) //nolint:errcheck // what was just seen
	r.RemoteAddr = addressOf(from).String()
	a := &arrival{wire: &descriptor{fd: fd}, early: early}
	f.greet(a, r, a.finish)
}

func addressOf(a *unix.RawSockaddrAny) netip.AddrPort {
	switch a.Addr.Family {
	case unix.AF_INET:
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(a))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), port(&in.Port))
	case unix.AF_INET6:
		in := (*unix.RawSockaddrInet6)(unsafe.Pointer(a))
		return netip.AddrPortFrom(netip.AddrFrom16(in.Addr).Unmap(), port(&in.Port))
	}
	return netip.AddrPort{}
}

// port reads a number in the network's order.
func port(p *uint16) uint16 {
	b := (*[2]byte)(unsafe.Pointer(p))
	return uint16(b[0])<<8 | uint16(b[1])
}

// handshake reads a request that is surely a handshake, and returns how long it
// is; nil for everything net/http should look at.
func (f *front) handshake(b []byte) (r *http.Request, size int) {
	rest, ok := bytes.CutPrefix(b, f.path)
	if !ok || len(rest) == 0 || (rest[0] != ' ' && rest[0] != '?') || !bytes.Contains(rest, []byte("\r\n\r\n")) {
		return nil, 0
	}
	from := bytes.NewReader(b)
	f.reader.Reset(from)
	r, err := http.ReadRequest(f.reader)
	if err != nil || r.ProtoMajor != 1 || r.ContentLength != 0 {
		return nil, 0
	}
	for _, body := range []string{"Content-Length", "Transfer-Encoding", "Expect"} {
		if r.Header[body] != nil {
			return nil, 0
		}
	}
	if r.Header["Upgrade"] == nil {
		return nil, 0
	}
	return r, len(b) - from.Len() - f.reader.Buffered()
}

// letThrough gives a connection to net/http.
func (f *front) letThrough(fd int32) {
	f.ushers.Go(func() { // ends as soon as net/http accepts, which waits for nobody
		file := os.NewFile(uintptr(fd), "")
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
