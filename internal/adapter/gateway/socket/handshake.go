package socket

import (
	"crypto/sha1" //nolint:gosec // RFC 6455, 1.3 asks for it; nothing secret depends on it
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"
)

// Upgrade answers the handshake of r (RFC 6455, 4.2) and hands the connection to
// one of the loops. There start is called, which returns the connection's user
// and the first frame, which is copied. A request that is no handshake has been answered when the
// error is not nil.
func (l *Loops) Upgrade(w http.ResponseWriter, r *http.Request, subprotocol string, start func(*Conn) (User, []byte)) error {
	if status, why := refusal(r); status != 0 {
		w.Header().Set("Sec-WebSocket-Version", "13")
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, why, status)
		return errors.New(why)
	}
	c := &Conn{loop: l.pick()}
	if offersDeflate(r.Header["Sec-Websocket-Extensions"]) {
		c.flags |= flagSqueezes
	}
	answer := c.accepts(r, subprotocol)
	if a, is := w.(*arrival); is {
		begin, err := c.loop.takeArrival(c, a)
		if err != nil {
			http.Error(w, "this connection cannot become a socket", http.StatusInternalServerError)
			return err
		}
		return c.enter(begin, answer, a.early, start)
	}
	return l.hand(w, c, answer, start)
}

// accepts returns the answer to a handshake.
func (c *Conn) accepts(r *http.Request, subprotocol string) []byte {
	const head, most = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ", 288
	b := append(make([]byte, 0, most), head...)
	b = append(append(b, acceptance(r.Header.Get("Sec-Websocket-Key"))...), "\r\n"...)
	if listed(r.Header["Sec-Websocket-Protocol"], subprotocol) {
		b = append(append(append(b, "Sec-WebSocket-Protocol: "...), subprotocol...), "\r\n"...)
	}
	if c.Squeezes() {
		b = append(b, deflateAnswer...)
	}
	return append(b, "\r\n"...)
}

// enter begins a connection on its loop.
func (c *Conn) enter(wire func() error, answer, early []byte, start func(*Conn) (User, []byte)) error {
	if !c.loop.Do(func() { c.begin(wire, answer, early, start) }) {
		c.wire.abandon()
		return errors.New("the server is going away")
	}
	return nil
}

// hand takes the connection from net/http and gives it to the loop of c.
func (l *Loops) hand(w http.ResponseWriter, c *Conn, answer []byte, start func(*Conn) (User, []byte)) error {
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this connection cannot become a socket: use HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return err
	}
	// What came right behind the handshake stands in net/http's buffer, which is
	// not kept.
	var early []byte
	if n := buffered.Reader.Buffered(); n > 0 {
		if early, err = buffered.Reader.Peek(n); err != nil {
			return errors.Join(err, nc.Close())
		}
		early = append([]byte(nil), early...)
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		return errors.Join(err, nc.Close())
	}
	begin, err := c.loop.take(c, nc)
	if err != nil {
		return err
	}
	return c.enter(begin, answer, early, start)
}

// begin is a connection's first moment on its loop.
func (c *Conn) begin(wire func() error, answer, early []byte, start func(*Conn) (User, []byte)) {
	c.heard = c.loop.second
	c.loop.pulse.add(c)
	user, first := start(c)
	c.user = user
	if err := wire(); err != nil {
		c.end()
		return
	}
	c.SendCopy(append(append(c.loop.buffer(), answer...), first...), 0, 0, c.loop.opt.QueueMax)
	if len(early) > 0 && c.state == open {
		c.feed(early)
	}
}

// refusal says with which status a request is no handshake; 0 when it is one.
func refusal(r *http.Request) (status int, why string) {
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-Websocket-Key"))
	switch {
	case r.ProtoMajor != 1:
		return http.StatusHTTPVersionNotSupported, "sockets need HTTP/1.1"
	case !listed(r.Header["Connection"], "upgrade") || !listed(r.Header["Upgrade"], "websocket"):
		return http.StatusUpgradeRequired, "this address is a WebSocket"
	case r.Method != http.MethodGet:
		return http.StatusMethodNotAllowed, "a handshake is a GET"
	case r.Header.Get("Sec-Websocket-Version") != "13":
		return http.StatusUpgradeRequired, "only version 13 of WebSocket is spoken here"
	case err != nil || len(key) != 16:
		return http.StatusBadRequest, "Sec-WebSocket-Key is not 16 bytes in base64"
	}
	return 0, ""
}

// acceptance is the proof that the handshake was understood (RFC 6455, 4.2.2).
func acceptance(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// listed reports whether a header that is a list with commas holds token.
func listed(header []string, token string) bool {
	for _, line := range header {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
