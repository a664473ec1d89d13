package bus_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/bus"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// deaf is a server that greets as NATS does and then reads nothing more.
func deaf(t *testing.T) (url string, leave func()) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	var works sync.WaitGroup
	works.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			works.Go(func() { greet(c) })
		}
	})
	return "nats://" + l.Addr().String(), func() {
		l.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		works.Wait()
	}
}

// greet answers the first ping, which ends NATS's handshake.
func greet(c net.Conn) {
	io.WriteString(c, `INFO {"server_id":"deaf","version":"2.15.0","proto":1,"headers":true,"max_payload":1048576}`+"\r\n")
	lines := bufio.NewReader(c)
	for line := ""; line != "PING\r\n"; {
		var err error
		if line, err = lines.ReadString('\n'); err != nil {
			return
		}
	}
	io.WriteString(c, "PONG\r\n")
}

// The commit rings the bell: it must not wait for a server that takes
// connections and reads nothing. Here one write to it may take a minute.
func TestRingingNeverWaitsForTheBus(t *testing.T) {
	url, leave := deaf(t)
	b, err := bus.OpenPatient(url, slog.New(slog.DiscardHandler), time.Minute)
	if err != nil {
		leave()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		leave() // ends the write that holds up the rest
		b.Close()
	})
	rung := make(chan struct{})
	go func() { // ends when all has been rung; awaited below
		defer close(rung)
		text := []byte(strings.Repeat("x", 16<<10))
		for seq := range int64(4096) { // more than kernels and queues hold
			b.Ring([]room.Bell{{
				Address: room.Address{Audience: room.Public, Channel: "c"}, Encoded: event.Encoded{Log: "l", Seq: seq + 1, Bytes: text},
			}})
			b.Announce(room.Presence{Node: "a", Channel: "c", Viewers: 1})
		}
	}()
	select {
	case <-rung:
	case <-time.After(20 * time.Second):
		t.Fatal("whoever rings waits for a bus that reads nothing")
	}
	if b.Lost() == 0 {
		t.Error("nothing is counted as lost, though nothing was read")
	}
	asked := make(chan struct{})
	go func() { // likewise
		defer close(asked)
		b.Connected()
	}()
	select {
	case <-asked:
	case <-time.After(20 * time.Second):
		t.Fatal("whether the bus is connected takes as long as it writes")
	}
}
