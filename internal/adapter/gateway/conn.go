package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Subprotocol is the name and version of what is spoken on the socket.
const Subprotocol = "subspace.v1"

// The limits of one connection.
const (
	frameMax   = 8 << 10 // bytes of a client's frame
	outQueue   = 256     // frames waiting for a slow reader
	writeLimit = 10 * time.Second
	pingEvery  = 30 * time.Second
	pongLimit  = 10 * time.Second
	frameBurst = 40      // frames at once
	frameRate  = 10      // and more per second
	enterCost  = 6       // frames that entering a room counts for: it reads and sends much
	doorsMax   = 16      // rooms entered at once
	queuedMax  = 1 << 20 // bytes waiting for a slow reader
)

// Close codes (4000–4999 are for applications, RFC 6455, 7.4.2).
const (
	closeMalformed = websocket.StatusCode(4000)
	closeSignIn    = websocket.StatusCode(4001)
	closeStayAway  = websocket.StatusCode(4003)
	closeTooSlow   = websocket.StatusCode(4008)
	closeTooLarge  = websocket.StatusCode(4009)
	closeTooMany   = websocket.StatusCode(4029)
)

// conn is one socket. Two goroutines own it: read and write; serve waits for both.
type conn struct {
	gateway *Gateway
	ws      *websocket.Conn
	session account.Session // zero when nobody is signed in
	out     chan []byte
	queued  atomic.Int64    // bytes in out
	ctx     context.Context // ends with the connection
	end     context.CancelFunc

	pings   sync.WaitGroup
	closing sync.Once
	code    websocket.StatusCode
	why     string

	mu    sync.Mutex
	doors map[room.Address]*door
	told  map[ident.Channel]bool // 'the door may now be entered' was sent
}

func (c *conn) account() ident.Account { return c.session.Account.ID }

// ServeHTTP upgrades a request to a socket and serves it until it ends.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.opt.SameOrigin(r) {
		http.Error(w, "foreign origin", http.StatusForbidden)
		return
	}
	session, _, err := g.opt.Session(r)
	if err != nil {
		http.Error(w, "sign-in cannot be checked right now", http.StatusServiceUnavailable)
		return
	}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		http.Error(w, "server is going away", http.StatusServiceUnavailable)
		return
	}
	origin := g.opt.Origin(r)
	if g.origins[origin] >= socketsPerOrigin {
		g.mu.Unlock()
		w.Header().Set("Retry-After", "5")
		http.Error(w, "too many sockets from this address", http.StatusTooManyRequests)
		return
	}
	g.origins[origin]++
	g.live.Add(1)
	g.mu.Unlock()
	defer g.live.Done()
	defer g.letGo(origin)
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols:       []string{Subprotocol},
		InsecureSkipVerify: true, // SameOrigin has decided, with knowledge of proxies
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return // Accept has answered
	}
	ws.SetReadLimit(-1) // read enforces frameMax itself, to close with a code of ours
	g.serve(ws, session)
}

// letGo forgets one socket of an origin.
func (g *Gateway) letGo(origin string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.origins[origin]--; g.origins[origin] == 0 {
		delete(g.origins, origin)
	}
}

func (g *Gateway) serve(ws *websocket.Conn, session account.Session) {
	ctx, end := context.WithCancel(g.stop)
	c := &conn{
		gateway: g, ws: ws, session: session, ctx: ctx, end: end,
		out:   make(chan []byte, outQueue),
		code:  websocket.StatusGoingAway,
		why:   "server going away",
		doors: map[room.Address]*door{}, told: map[ident.Channel]bool{},
	}
	g.mu.Lock()
	g.conns[c] = struct{}{}
	g.mu.Unlock()
	c.send(encode(c.hello()))
	done := make(chan struct{})
	go func() { // owned here: serve waits for done
		defer close(done)
		c.write()
	}()
	c.read()
	if g.stop.Err() == nil {
		c.close(websocket.StatusNormalClosure, "")
	}
	<-done
	c.pings.Wait()
	c.leaveAll()
	g.mu.Lock()
	delete(g.conns, c)
	g.mu.Unlock()
}

func (c *conn) hello() helloFrame {
	h := helloFrame{Type: "hello", Session: string(c.session.ID)}
	if a := c.session.Account; a.ID != "" {
		kind := "light"
		if a.Full() {
			kind = "full"
		}
		h.Account = &accountView{ID: string(a.ID), Name: a.Name, Kind: kind, Operator: a.Operator}
	}
	return h
}

// send queues a frame. A reader too slow for the queue is closed; it resumes
// with its cursor and loses nothing.
func (c *conn) send(frame []byte) {
	if c.queued.Add(int64(len(frame))) <= queuedMax {
		select {
		case c.out <- frame:
			return
		default:
		}
	}
	c.queued.Add(-int64(len(frame)))
	c.close(closeTooSlow, "too slow: resume with your cursor")
}

// close ends the connection. The first reason counts.
func (c *conn) close(code websocket.StatusCode, why string) {
	c.closing.Do(func() {
		c.code, c.why = code, why
		c.end()
	})
}

func (c *conn) write() {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-c.ctx.Done():
			c.hangUp()
			return
		case frame := <-c.out:
			if c.writeFrame(frame) != nil {
				c.close(closeTooSlow, "too slow")
			}
		case <-ping.C:
			c.pings.Go(c.ping) // beside the writer, because it waits for the pong; serve waits for it
		}
	}
}

// hangUp sends what explains the end, then the close frame.
func (c *conn) hangUp() {
	c.closing.Do(func() {}) // from here on code and why are fixed, also when the server stops
	for c.code != closeTooSlow {
		select {
		case frame := <-c.out:
			if c.writeFrame(frame) != nil {
				c.ws.CloseNow() //nolint:errcheck // nothing is left to say
				return
			}
			continue
		default:
		}
		break
	}
	c.ws.Close(c.code, c.why) //nolint:errcheck // the other side may be gone
}

func (c *conn) writeFrame(frame []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), writeLimit)
	defer cancel()
	defer c.queued.Add(-int64(len(frame)))
	return c.ws.Write(ctx, websocket.MessageText, frame)
}

func (c *conn) ping() {
	ctx, cancel := context.WithTimeout(c.ctx, pongLimit)
	defer cancel()
	if err := c.ws.Ping(ctx); err != nil && c.ctx.Err() == nil {
		c.close(closeTooSlow, "no pong")
	}
}

func (c *conn) read() {
	budget, last := float64(frameBurst), c.gateway.opt.Now()
	for {
		data, err := c.readFrame()
		if err != nil {
			return
		}
		now := c.gateway.opt.Now()
		budget = min(frameBurst, budget+now.Sub(last).Seconds()*frameRate) - 1
		last = now
		if budget < 0 {
			c.close(closeTooMany, "too many frames: wait 5 seconds")
			return
		}
		var f ask
		if err := json.Unmarshal(data, &f); err != nil {
			c.close(closeMalformed, "a frame is one JSON object, see docs/protocol.md")
			return
		}
		if f.Type == "enter" {
			budget -= enterCost - 1
		}
		c.handle(f)
	}
}

func (c *conn) readFrame() ([]byte, error) {
	// Not c.ctx: ending that would cut the socket before its close frame is sent.
	// hangUp closes the socket, and that ends this read.
	kind, r, err := c.ws.Reader(context.WithoutCancel(c.ctx))
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageText {
		c.close(closeMalformed, "frames are text")
		return nil, errors.New("binary frame")
	}
	buf := make([]byte, 0, 512)
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if len(buf) > frameMax {
			c.close(closeTooLarge, "a frame has at most 8 KiB")
			return nil, errors.New("frame too large")
		}
		if errors.Is(err, io.EOF) {
			return buf, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (c *conn) handle(f ask) {
	var err error
	switch f.Type {
	case "enter":
		err = c.enter(f)
	case "leave":
		err = c.leave(f)
	case "post":
		err = c.post(f)
	case "ping":
		c.send(encode(pongFrame{Type: "pong", ID: f.ID}))
	default:
		err = fault.New(fault.Invalid, "frame_unknown", "There is no frame of type %q. See docs/protocol.md.", clip(f.Type))
	}
	if err != nil {
		c.refuse(f.ID, err)
	}
}

// clip keeps what a stranger sent from filling an answer or a log.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40]
	}
	return s
}

func (c *conn) refuse(id string, err error) {
	if c.ctx.Err() != nil {
		return
	}
	f := fault.Of(err)
	if f == nil {
		c.gateway.opt.Log.Error("frame failed", "err", err)
		f = fault.New(fault.Unavailable, "internal", "Something went wrong on the server. Please try again.")
	} else if f.Kind == fault.Unavailable {
		c.gateway.opt.Log.Warn("frame refused", "reason", f.Reason, "err", f)
	}
	c.send(encode(refusedFrame{Type: "refused", ID: clip(id), Reason: f.Reason, Detail: f.Detail, RetryAfter: f.RetryAfter.Seconds()}))
}
