package crowd_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/wire"
)

// hall is a server that lets everybody in and sends what the test says.
type hall struct {
	l     net.Listener
	mu    sync.Mutex
	conns []net.Conn
	works sync.WaitGroup
}

func open(t *testing.T, refuse bool) *hall {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{l: l}
	h.works.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.conns = append(h.conns, c)
			h.mu.Unlock()
			h.works.Go(func() { h.greet(c, refuse) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		h.each(func(c net.Conn) { c.Close() })
		h.works.Wait()
	})
	return h
}

func (h *hall) greet(c net.Conn, refuse bool) {
	b := bufio.NewReader(c)
	for line := ""; line != "\r\n"; {
		var err error
		if line, err = b.ReadString('\n'); err != nil {
			return
		}
	}
	if refuse {
		fmt.Fprint(c, "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n")
		return
	}
	fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
	c.Write(wire.Plain(nil, wire.Text, []byte("in")))
}

func (h *hall) each(f func(net.Conn)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.conns {
		f(c)
	}
}

// plain is the dialect of the hall.
type plain struct{}

func (plain) Upgrade(int) []byte             { return wire.Upgrade("hall", "/", "") }
func (plain) Enter(int) []byte               { return nil }
func (plain) Entered(b []byte) (bool, error) { return string(b) == "in", nil }
func (plain) Answer([]byte) []byte           { return nil }

func join(t *testing.T, h *hall, n int) (*crowd.Crowd, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return crowd.Join(ctx, crowd.Options{
		Address: h.l.Addr().String(), N: n, Dialect: plain{}, Window: 8, From: netip.AddrFrom4([4]byte{127, 0, 40, 1}),
	})
}

func message(seq int) []byte {
	text := fmt.Sprintf(`{"seq":%d,"text":%q}`, seq, chatter.Marked(time.Now(), strings.Repeat("word ", seq%60)))
	return wire.Plain(nil, wire.Text, []byte(text))
}

func TestEveryMessageIsCountedHoweverItsBytesAreCut(t *testing.T) {
	h := open(t, false)
	c, err := join(t, h, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Begin()
	var all []byte
	for seq := 1; seq <= 30; seq++ {
		all = append(all, message(seq)...)
	}
	for len(all) > 0 {
		n := min(len(all), 97)
		h.each(func(conn net.Conn) { conn.Write(all[:n]) })
		all = all[n:]
	}
	if got := c.Await(t.Context(), 600, 10*time.Second); got != 600 {
		t.Fatalf("counted %d of 600", got)
	}
	w := c.Seen()
	if uneven := c.Uneven(30); uneven != 0 || w.OutOfOrder != 0 || w.Repeated != 0 || len(w.Delays) != 60 {
		t.Errorf("uneven %d, out of order %d, repeated %d, %d delays of 60", uneven, w.OutOfOrder, w.Repeated, len(w.Delays))
	}
}

func TestAGapARepetitionAndAnEndAreNoticed(t *testing.T) {
	h := open(t, false)
	c, err := join(t, h, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	h.each(func(conn net.Conn) {
		for _, seq := range []int{1, 2, 4, 4} {
			conn.Write(message(seq))
		}
	})
	c.Await(t.Context(), 4, 10*time.Second)
	if w := c.Seen(); w.OutOfOrder != 2 || w.Repeated != 1 {
		t.Errorf("out of order %d, repeated %d", w.OutOfOrder, w.Repeated)
	}
	h.each(func(conn net.Conn) { conn.Close() })
	for end := time.Now().Add(10 * time.Second); c.Tally().Closed != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a closed connection was not counted")
		}
	}
}

func TestWhatIsSkippedAloudIsNoGap(t *testing.T) {
	h := open(t, false)
	c, err := join(t, h, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	skipped := func(from, to int, why string) []byte {
		return wire.Plain(nil, wire.Text, fmt.Appendf(nil, `{"type":"skipped","channel":"c","room":"public","from":%d,"to":%d,"why":%q}`, from, to, why))
	}
	c.Begin()
	h.each(func(conn net.Conn) {
		for _, frame := range [][]byte{
			message(1), skipped(2, 40, "sampled"), message(41), skipped(42, 42, "slow"), message(43),
			skipped(45, 50, "sampled"), // 44 is nowhere
			skipped(50, 51, "sampled"), // 50 is said twice
			message(52),
		} {
			conn.Write(frame)
		}
	})
	c.Await(t.Context(), 4, 10*time.Second)
	if w := c.Seen(); w.OutOfOrder != 2 || w.Repeated != 1 || w.Skips != 4 || w.Slow != 1 {
		t.Errorf("out of order %d, repeated %d, %d skips, %d of them slow", w.OutOfOrder, w.Repeated, w.Skips, w.Slow)
	}
}

func TestARefusalEndsTheJoiningWithItsWords(t *testing.T) {
	if _, err := join(t, open(t, true), 3); err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("got %v", err)
	}
}
