package webrtc

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// faltering is a listener that cannot accept at first.
type faltering struct {
	net.Listener
	failures int
}

func (f *faltering) Accept() (net.Conn, error) {
	if f.failures > 0 {
		f.failures--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func port(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func call(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// cut waits until the other side has closed c.
func cut(t *testing.T, c net.Conn, limit time.Duration) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(limit))
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the connection is still held: %v", err)
	}
}

func TestAcceptingGoesOnAfterErrorsThatPass(t *testing.T) {
	inner := port(t)
	l := newArrivals(&faltering{inner, 2}, 10, 10, slog.New(slog.DiscardHandler))
	call(t, inner)
	c, err := l.Accept()
	if err != nil {
		t.Fatalf("accepting ended with an error that passes: %v", err)
	}
	_ = c.Close()
	_ = l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed listener says %v", err)
	}
}

func TestConnectionsAreCountedTogetherAndByAddress(t *testing.T) {
	for name, limit := range map[string][2]int{"of all": {2, 10}, "of one address": {10, 2}} {
		t.Run(name, func(t *testing.T) {
			inner := port(t)
			l := newArrivals(inner, limit[0], limit[1], slog.New(slog.DiscardHandler))
			given := make(chan net.Conn, 10)
			go func() { // ends with the listener
				defer close(given)
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					given <- c
				}
			}()
			call(t, inner)
			first := <-given
			second := call(t, inner)
			<-given
			cut(t, call(t, inner), 5*time.Second)
			_ = first.Close()
			_ = first.Close() // counts once
			call(t, inner)
			<-given
			cut(t, call(t, inner), 5*time.Second)
			_ = l.Close()
			cut(t, second, 5*time.Second)
			if _, open := <-given; open {
				t.Error("a connection too many was taken")
			}
			if len(l.held) != 0 || len(l.from) != 0 {
				t.Errorf("%d connections and %d addresses are still counted", len(l.held), len(l.from))
			}
		})
	}
}

func TestWhoHasANetworkCountsAsOne(t *testing.T) {
	of := func(text string) string {
		a, err := net.ResolveTCPAddr("tcp", text)
		if err != nil {
			t.Fatal(err)
		}
		return household(a).String()
	}
	for text, want := range map[string]string{
		"192.0.2.7:5": "192.0.2.7/32", "[::ffff:192.0.2.7]:5": "192.0.2.7/32", "[2001:db8::1:2:3:4]:5": "2001:db8::/64",
	} {
		if got := of(text); got != want {
			t.Errorf("%s counts as %s, want %s", text, got, want)
		}
	}
}

func TestSilentAndStrayConnectionsByTCPAreClosed(t *testing.T) {
	t.Parallel()
	udp, tcp, err := bind("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, m := muxes(udp, tcp, 1, slog.New(slog.DiscardHandler))
	defer u.Close()
	defer m.Close()
	silent, stray := call(t, tcp), call(t, tcp)
	// A binding request for a connection that there is not, behind its length.
	hello := "\x00\x24" + "\x00\x01\x00\x10\x21\x12\xa4\x42" + "twelve bytes" + "\x00\x06\x00\x0bnobody:here\x00"
	if _, err := stray.Write([]byte(hello)); err != nil {
		t.Fatal(err)
	}
	cut(t, silent, 2*tcpFirst)
	cut(t, stray, 2*tcpFirst)
}

func TestStoppingDoesNotWaitForSilentConnections(t *testing.T) {
	udp, tcp, err := bind("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u, m := muxes(udp, tcp, 1, slog.New(slog.DiscardHandler))
	defer u.Close()
	c := call(t, tcp)
	began := time.Now()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) > tcpFirst/2 {
		t.Errorf("stopping took %v: %v", time.Since(began), err)
	}
}
