package socket

import (
	"errors"
	"unicode/utf8"
)

// Code is a close code (RFC 6455, 7.4; 4000–4999 are the application's).
type Code uint16

// The codes that the protocol itself closes with.
const (
	Normal        Code = 1000
	GoingAway     Code = 1001
	ProtocolError Code = 1002
	InvalidText   Code = 1007
	noCode        Code = 1005 // a close frame without one; never sent
)

// User is who a connection belongs to. The loop calls it; it must not block.
type User interface {
	// Heard brings one text message; it is valid during the call.
	Heard(message []byte)
	// Pinged says that the client sent a frame that needs nothing of the user: a
	// ping, which has been answered, a pong, or a fragment.
	Pinged()
	// Drained says that a queue that had refused something is empty.
	Drained()
	// Refused asks what to close with for a message that is too large, or not text.
	Refused(tooLarge bool) (Code, string)
	// Late asks what to close with for a client that does not answer.
	Late() (Code, string)
	// Gone is the last call: the connection has ended.
	Gone()
}

// wire carries bytes. Everything but its own work behind the scenes happens on
// the loop.
type wire interface {
	// write takes as much of b as goes without waiting.
	write(b []byte) (n int, err error)
	// await asks for Conn.writable as soon as more goes.
	await()
	// close ends it at once.
	close()
	// abandon ends one of which no loop has heard and none will, from anywhere.
	abandon()
}

// Conn is one connection. It belongs to its loop: its methods are called there
// and nowhere else. What every frame looks at stands first, close together.
type Conn struct {
	wire  wire
	own   descriptor // the wire, where the system has one
	out   *queue     // nil while nothing waits
	state state
	flags uint8
	slot  uint8    // of the pulse
	place int32    // in it
	heard int32    // the loop's second in which the client was last heard
	in    *partial // nil while nothing is half here
	loop  *Loop
	user  User
}

type state uint8

const (
	open    state = iota
	parting       // a close frame has been sent or is queued
	gone
)

const (
	flagRefused  = 1 << iota // something did not fit into the queue
	flagPinged               // a ping has not been answered
	flagSqueezes             // the client reads compressed messages
	flagDeaf                 // nothing it sends is understood any more
	flagBegun                // it stands among those whose message is half here
	flagListens              // it cannot say anything: no pong is waited for
)

// partial is a message of which only a part has come.
type partial struct {
	raw        []byte // bytes of an unfinished frame
	message    []byte // the fragments before it
	fragments  bool
	compressed bool
	since      int32 // the loop's second in which it began
}

// Loop returns whose goroutine the connection belongs to.
func (c *Conn) Loop() *Loop { return c.loop }

// Squeezes reports whether the client reads messages made by Squeeze.
func (c *Conn) Squeezes() bool { return c.flags&flagSqueezes != 0 }

// Open reports whether frames still reach the client.
func (c *Conn) Open() bool { return c.state == open }

// Waiting returns how many bytes the client has yet to take.
func (c *Conn) Waiting() int {
	if c.out == nil {
		return 0
	}
	return c.out.bytes
}

// Send hands on frame, a whole frame or several, as far as the client takes it,
// and queues the rest; limit bounds what the queue takes up. False: it would be
// too much, and nothing of it was taken. frame is shared and must not change.
func (c *Conn) Send(frame []byte, lane Lane, seq int64, limit int) bool {
	if c.state != open {
		return true // nobody is there to miss it
	}
	if c.out != nil {
		if c.out.weight()+queuedCost+len(frame) > limit {
			c.flags |= flagRefused
			return false
		}
		c.out.push(frame, 0, lane, seq)
		return true
	}
	c.push(frame, lane, seq)
	return true
}

// SendCopy is Send for a frame that its owner will change: what cannot leave at
// once is copied.
func (c *Conn) SendCopy(frame []byte, lane Lane, seq int64, limit int) bool {
	if c.state != open || c.out != nil {
		return c.Send(append([]byte(nil), frame...), lane, seq, limit)
	}
	if c.push(frame, lane, seq); c.out != nil {
		w := &c.out.waiting[0]
		w.frames = append([]byte(nil), w.frames...)
	}
	return true
}

// push writes, and queues what did not go. The queue is empty.
func (c *Conn) push(frame []byte, lane Lane, seq int64) {
	n, err := c.wire.write(frame)
	if err != nil {
		c.end()
		return
	}
	if n < len(frame) {
		c.out = &queue{moved: c.loop.second}
		c.out.push(frame, n, lane, seq)
		c.wire.await()
	}
}

// Drop takes back what is queued on the lanes and has not begun to leave, and
// returns the lowest sequence among it, 0 for none. With cut, of frames that
// were sent together only the one that has begun to leave goes on.
func (c *Conn) Drop(match func(Lane) bool, cut bool) int64 {
	if c.out == nil {
		return 0
	}
	first := c.out.drop(match, cut)
	if len(c.out.waiting) == 0 || c.out.bytes == 0 {
		c.out = nil
	}
	return first
}

// writable goes on with the queue.
func (c *Conn) writable() {
	for c.out != nil && c.state != gone {
		b := c.out.gather(c.loop.buffer())
		n, err := c.wire.write(b)
		if err != nil {
			c.end()
			return
		}
		if c.out.wrote(n); n > 0 {
			c.out.moved = c.loop.second
		}
		if n < len(b) {
			c.wire.await()
			return
		}
		if len(c.out.waiting) == 0 {
			c.out = nil
		}
	}
	if c.state == open && c.flags&flagRefused != 0 {
		c.flags &^= flagRefused
		c.user.Drained()
	}
}

// Close says goodbye and ends the connection when the client has answered, or
// after a moment. What was queued on lane 0 is still sent, unless hasty.
func (c *Conn) Close(code Code, reason string, hasty bool) {
	if c.state != open {
		return
	}
	c.Drop(func(l Lane) bool { return hasty || l != 0 }, true)
	c.part(closing(code, reason))
}

// part sends the last frame.
func (c *Conn) part(last []byte) {
	c.state = parting
	c.loop.pulse.part(c)
	if c.out != nil {
		c.out.push(last, 0, 0, 0)
		return
	}
	c.push(last, 0, 0)
}

// end takes the connection off the loop, at once.
func (c *Conn) end() {
	if c.state == gone {
		return
	}
	c.state = gone
	c.out, c.in = nil, nil
	c.loop.forget(c)
	c.wire.close()
	c.user.Gone()
}

// feed takes bytes that came from the client. They may be changed and are not
// kept.
func (c *Conn) feed(b []byte) {
	c.heard = c.loop.second
	c.flags &^= flagPinged
	if c.flags&flagDeaf != 0 {
		return
	}
	held := c.in != nil && len(c.in.raw) > 0
	if held {
		c.in.raw = append(c.in.raw, b...)
		b = c.in.raw
	}
	rest := b
	for len(rest) > 0 {
		f, n, err := parse(rest, c.loop.opt.MessageMax)
		if err != nil {
			c.refuse(err)
			return
		}
		if n == 0 {
			break
		}
		rest = rest[n:]
		if c.take(f); c.state == gone || c.flags&flagDeaf != 0 {
			return
		}
	}
	c.keep(rest, held && len(rest) == len(b))
}

// keep remembers the bytes of an unfinished frame; kept says that they are
// where they belong already.
func (c *Conn) keep(rest []byte, kept bool) {
	switch {
	case kept:
	case len(rest) > 0:
		p := c.partial()
		p.raw = append(make([]byte, 0, len(rest)+64), rest...)
		if !p.fragments {
			p.since = c.loop.second
		}
	case c.in != nil && c.in.fragments:
		c.in.raw = nil
	default:
		c.in = nil
	}
}

func (c *Conn) partial() *partial {
	if c.in == nil {
		c.in = &partial{since: c.loop.second}
	}
	if c.flags&flagBegun == 0 {
		c.flags |= flagBegun
		c.loop.pulse.begun(c)
	}
	return c.in
}

// take acts on one frame.
func (c *Conn) take(f frame) {
	switch {
	case f.op == opClose:
		c.answerClose(f.payload)
	case c.state != open: // words after goodbye are not heard
	case f.op == opPing:
		pong := appendHeader(make([]byte, 0, 2+len(f.payload)), opPong, false, len(f.payload))
		c.Send(append(pong, f.payload...), 0, 0, c.loop.opt.QueueMax)
		c.user.Pinged()
	case f.op == opPong:
		c.user.Pinged()
	default:
		c.takeData(f)
	}
}

// takeData puts fragments together (RFC 6455, 5.4).
func (c *Conn) takeData(f frame) {
	continues := c.in != nil && c.in.fragments
	switch {
	case (f.op == opContinuation) != continues, f.compressed && (continues || !c.Squeezes()):
		c.refuse(errProtocol)
	case f.op == opBinary:
		c.refuse(errNotText)
	case !continues && f.fin:
		c.hear(f.payload, f.compressed)
	default:
		p := c.partial()
		if !continues {
			p.fragments, p.compressed = true, f.compressed
		}
		if len(p.message)+len(f.payload) > c.loop.opt.MessageMax {
			c.refuse(errTooLarge)
			return
		}
		p.message = append(p.message, f.payload...)
		if !f.fin {
			c.user.Pinged() // a fragment is a frame
		} else {
			message, compressed := p.message, p.compressed
			p.message, p.fragments = nil, false
			c.hear(message, compressed)
		}
	}
}

var errNotText = errors.New("a message that is not text")

func (c *Conn) hear(message []byte, compressed bool) {
	if compressed {
		var err error
		if message, err = c.loop.inflate(message); err != nil {
			c.refuse(err)
			return
		}
	}
	if !utf8.Valid(message) { // RFC 6455, 8.1
		c.Close(InvalidText, "text is UTF-8", false)
		return
	}
	c.user.Heard(message)
}

// refuse ends the conversation because of what the client sent. Nothing more is
// read from it: where its next frame begins is not known.
func (c *Conn) refuse(why error) {
	c.in = nil
	if c.state != open {
		c.end()
		return
	}
	switch {
	case errors.Is(why, errTooLarge):
		code, reason := c.user.Refused(true)
		c.Close(code, reason, false)
	case errors.Is(why, errNotText):
		code, reason := c.user.Refused(false)
		c.Close(code, reason, false)
	default:
		c.Close(ProtocolError, "not a frame of RFC 6455", false)
	}
	c.flags |= flagDeaf
}

// answerClose repeats the client's code and ends, or ends at once when we had
// said goodbye ourselves (RFC 6455, 5.5.1).
func (c *Conn) answerClose(payload []byte) {
	if c.state == parting {
		c.end()
		return
	}
	code := noCode
	if len(payload) >= 2 {
		code = Code(payload[0])<<8 | Code(payload[1])
	}
	if code == noCode || !sendable(code) {
		code = Normal
	}
	c.Close(code, "", true)
	if c.out == nil {
		c.end()
	}
}

// sendable reports the codes that may stand in a close frame (RFC 6455, 7.4.2).
func sendable(code Code) bool {
	switch {
	case code >= 3000 && code <= 4999:
		return true
	case code >= 1000 && code <= 1014:
		return code != 1004 && code != 1005 && code != 1006
	}
	return false
}

// The patience of a connection, in seconds of the loop.
const (
	pingEvery   = 30 // after this long without a word, a ping
	pongWithin  = 10
	wholeWithin = 10                     // a message that has begun
	partWithin  = 5                      // the answer to a goodbye
	takeWithin  = pingEvery + pongWithin // for some of what waits to be taken, whatever the client says meanwhile
)
