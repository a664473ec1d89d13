package gateway_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/subspace-live/subspace/internal/adapter/gateway"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// The crowd: rooms at once, readers in each and in one loud room, and those who
// make trouble in the loud one.
const (
	smallRooms = 200
	perRoom    = 2
	loudCrowd  = 40
	stalled    = 5 // 1 % of all
	halfSent   = 5
	churners   = 4
	rounds     = 20
	roundEvery = 150 * time.Millisecond
	loudLines  = 10 // in each round, 4 KB each
)

// Among readers who stall, come and go, stop in the middle of a frame or send it
// one byte at a time, everybody else hears everything once and in order, in 200
// rooms at once; and what waits for the slow ones stays within its bound.
func TestCrowdHearsEverythingAmongOddOnes(t *testing.T) {
	onBothWires(t, func(t *testing.T, newStage stageMaker) {
		s := newStage(t)
		c := &congregation{stage: s, heads: map[string]int64{}}
		c.gathers()
		loud := room.Address{Channel: s.channel, Audience: room.Public}
		for range stalled {
			s.sloth(t, "", room.Public)
		}
		for range halfSent {
			c.halfAFrame()
		}
		var odd sync.WaitGroup
		odd.Go(c.dribbles)
		stop := make(chan struct{})
		for i := range churners {
			odd.Go(func() { c.churns(i, stop) })
		}
		most := 0
		for i := range rounds {
			began := time.Now()
			lines := make([]room.Entry, 0, smallRooms+loudLines)
			for _, at := range c.rooms {
				lines = append(lines, line(at, fmt.Sprint("line ", i)))
			}
			for n := range loudLines {
				lines = append(lines, line(loud, fmt.Sprintf("line %d %04000d", i, n)))
			}
			c.speaks(lines)
			most = max(most, s.gateway.Waiting())
			time.Sleep(roundEvery - time.Since(began)) // the pace of the talk
		}
		close(stop)
		odd.Wait()
		for _, r := range c.readers {
			r.hearsAll(t, c.heads[r.handle])
		}
		fmt.Printf("    %d readers in %d rooms, %d of them came and went; at most %d KiB waited for one\n", len(c.readers), smallRooms+1, c.churned.Load(), most>>10)
		if most > 256<<10 { // twice what a public room may keep waiting
			t.Errorf("%d bytes waited for one client", most)
		}
		if most == 0 {
			t.Error("nothing waited for anybody: nobody was slow")
		}
	})
}

type congregation struct {
	*stage
	rooms   []room.Address // the small ones
	heads   map[string]int64
	handles map[room.Address]string
	readers []*reader
	churned atomic.Int64
}

// reader is one who listens in one room, over one connection after the other.
type reader struct {
	handle  string
	sockets []*apptest.Socket
	cursor  int64
}

func line(at room.Address, text string) room.Entry {
	return room.Entry{Address: at, Payload: event.MessagePosted{Author: event.Author{Role: "owner"}, Text: text}}
}

func (c *congregation) gathers() {
	c.t.Helper()
	c.handles = map[room.Address]string{{Channel: c.channel, Audience: room.Public}: "atelier"}
	for i := range smallRooms {
		at, handle := room.Address{Channel: c.another(fmt.Sprint(i)), Audience: room.Public}, fmt.Sprint("other-", i)
		c.rooms, c.handles[at] = append(c.rooms, at), handle
		for range perRoom {
			c.readers = append(c.readers, &reader{handle: handle})
		}
	}
	for range loudCrowd {
		c.readers = append(c.readers, &reader{handle: "atelier"})
	}
	var coming sync.WaitGroup
	turn := make(chan struct{}, 16)
	for _, r := range c.readers {
		turn <- struct{}{}
		coming.Go(func() {
			defer func() { <-turn }()
			r.comes(c.stage)
		})
	}
	coming.Wait()
}

func (r *reader) comes(s *stage) {
	k, err := s.place.Stranger().Dial()
	if err == nil {
		r.sockets = append(r.sockets, k)
		_, err = k.EnterAt(r.handle, "public", r.cursor)
	}
	if err != nil {
		s.t.Errorf("enter %s at %d: %v", r.handle, r.cursor, err)
	}
}

// goes closes the connection and keeps what it brought.
func (r *reader) goes(t testing.TB) {
	k := r.sockets[len(r.sockets)-1]
	k.Close()
	for _, f := range k.Frames() {
		r.cursor = next(t, f, r.cursor)
	}
}

// hearsAll waits until everything up to head has come, once and in order.
func (r *reader) hearsAll(t testing.TB, head int64) {
	k := r.sockets[len(r.sockets)-1]
	if _, err := k.Find(0, func(f apptest.Frame) bool {
		r.cursor = next(t, f, r.cursor)
		return r.cursor >= head
	}); err != nil {
		t.Errorf("%s: heard up to %d of %d: %v", r.handle, r.cursor, head, err)
	}
	for _, f := range k.Frames() {
		if f.Type == "skipped" {
			t.Errorf("%s: somebody who was not slow was skipped: %s", r.handle, f.Raw)
		}
	}
}

// speaks writes lines and rings, those of a room in their order.
func (c *congregation) speaks(lines []room.Entry) {
	c.t.Helper()
	var out []event.Encoded
	if err := c.Update(c.t.Context(), func(tx *store.Tx) (err error) {
		out, err = tx.Append(c.t.Context(), lines...)
		return err
	}); err != nil {
		c.t.Fatal(err)
	}
	for i, e := range out {
		c.gateway.Ring(room.Bell{Address: lines[i].Address, Encoded: e})
		c.heads[c.handles[lines[i].Address]] = e.Seq
	}
}

// churns has, with its sisters, a tenth of the readers in small rooms go and come
// back each second.
func (c *congregation) churns(first int, stop <-chan struct{}) {
	const small = smallRooms * perRoom
	pace := time.NewTicker(churners * time.Second / (small / 10))
	defer pace.Stop()
	for i := first; ; i += churners {
		select {
		case <-stop:
			return
		case <-pace.C:
		}
		r := c.readers[i%small]
		r.goes(c.t)
		r.comes(c.stage)
		c.churned.Add(1)
	}
}

// halfAFrame connects and stops in the middle of a frame.
func (c *congregation) halfAFrame() {
	c.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.place.URL, "http://"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	fmt.Fprint(conn, "GET /ws HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n")
	frame := binary.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, 4000)
	conn.Write(append(frame, bytes.Repeat([]byte("x"), 300)...)) //nolint:errcheck // the server may do as it likes
}

// dribbler sends each byte by itself.
type dribbler struct{ net.Conn }

func (d dribbler) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := d.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

// dribbles talks one byte at a time, and is answered.
func (c *congregation) dribbles() {
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return dribbler{conn}, err
	}}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), apptest.Patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(c.place.URL, "http")+"/ws", &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: []string{gateway.Subprotocol},
	})
	if err != nil {
		c.t.Errorf("one byte at a time: %v", err)
		return
	}
	defer ws.CloseNow() //nolint:errcheck // over either way
	for i := range 20 {
		ping := fmt.Sprintf(`{"type":"ping","id":"%d"}`, i)
		if err := ws.Write(ctx, websocket.MessageText, []byte(ping)); err != nil {
			c.t.Errorf("one byte at a time: %v", err)
			return
		}
		for answered := false; !answered; {
			_, b, err := ws.Read(ctx)
			if err != nil {
				c.t.Errorf("one byte at a time: %v", err)
				return
			}
			answered = string(b) == fmt.Sprintf(`{"type":"pong","id":"%d"}`, i)
		}
	}
}
