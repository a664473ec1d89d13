package stand_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/stand"
	"github.com/subspace-live/subspace/bench/internal/wire"
)

// A stand is this program again.
func TestMain(m *testing.M) {
	if stand.Called() {
		if err := stand.Serve(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// hall lets everybody in as Subspace does, or nobody.
type hall struct {
	l      net.Listener
	refuse bool
	mu     sync.Mutex
	conns  []net.Conn
	works  sync.WaitGroup
}

func open(t *testing.T, refuse bool) *hall {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{l: l, refuse: refuse}
	h.works.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.conns = append(h.conns, c)
			h.mu.Unlock()
			h.works.Go(func() { h.greet(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		for _, c := range h.all() {
			c.Close()
		}
		h.works.Wait()
	})
	return h
}

func (h *hall) greet(c net.Conn) {
	b := bufio.NewReader(c)
	for line := ""; line != "\r\n"; {
		var err error
		if line, err = b.ReadString('\n'); err != nil {
			return
		}
	}
	if h.refuse {
		fmt.Fprint(c, "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")
		return
	}
	fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
	c.Write(wire.Plain(nil, wire.Text, []byte(`{"type":"hello"}`)))
	c.Write(wire.Plain(nil, wire.Text, []byte(`{"type":"entered"}`)))
}

func (h *hall) all() []net.Conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]net.Conn(nil), h.conns...)
}

func (h *hall) opens(t *testing.T, n int) (*stand.Stand, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return stand.Open(ctx, stand.Order{
		Room: contender.Native{Host: h.l.Addr().String(), Handle: "ines", Room: "public", People: []place.Person{{Cookie: "a=b"}}, Shared: n},
		N:    n, Window: 8, From: netip.AddrFrom4([4]byte{127, 0, 41, 1}),
	})
}

func message(seq int) []byte {
	return wire.Plain(nil, wire.Text, fmt.Appendf(nil, `{"type":"event","event":{"seq":%d,"text":%q}}`, seq, chatter.Marked(time.Now(), "hello")))
}

// await asks until so many messages have come.
func await(t *testing.T, s *stand.Stand, delivered int64) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		c, err := s.Count()
		if err != nil {
			t.Fatal(err)
		}
		if c.Delivered >= delivered {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d have come", c.Delivered, delivered)
		}
	}
}

func TestAStandCountsForThosePresentElsewhere(t *testing.T) {
	h := open(t, false)
	s, err := h.opens(t, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Begin(); err != nil {
		t.Fatal(err)
	}
	for i, c := range h.all() {
		for seq := 1; seq <= 3; seq++ {
			if i == 4 && seq == 2 {
				continue // lost: between its neighbours there is a gap
			}
			c.Write(message(seq))
		}
		if i == 7 {
			c.Write(message(3)) // said twice
		}
	}
	await(t, s, 20*3)
	a, err := s.Account(3)
	if err != nil {
		t.Fatal(err)
	}
	if a.Delivered != 60 || a.Uneven != 2 || a.OutOfOrder != 2 || a.Repeated != 1 || a.Closed != 0 {
		t.Errorf("%+v", a)
	}
	if a.Most <= 0 || a.P50 > a.P99 || a.P99 > a.Most {
		t.Errorf("delays: %+v", a)
	}
}

func TestARefusalComesBackWithItsWords(t *testing.T) {
	if _, err := open(t, true).opens(t, 3); err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("got %v", err)
	}
}

func TestAStandEndsWhenItIsClosed(t *testing.T) {
	h := open(t, false)
	s, err := h.opens(t, 2)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	for _, c := range h.all() {
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		b := make([]byte, 4096)
		for {
			if _, err := c.Read(b); err != nil {
				if e, ok := err.(net.Error); ok && e.Timeout() {
					t.Error("a connection of a closed stand is still open")
				}
				break
			}
		}
	}
	if _, err := s.Count(); err == nil {
		t.Error("a closed stand answers")
	}
}
