package socket

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// tape is a wire that remembers what was written, and takes only so much.
type tape struct {
	written []byte
	room    int // bytes it still takes; negative: all
	awaited bool
	closed  bool
}

func (t *tape) write(b []byte) (int, error) {
	n := len(b)
	if t.room >= 0 {
		n = min(n, t.room)
		t.room -= n
	}
	t.written = append(t.written, b[:n]...)
	return n, nil
}

func (t *tape) await()   { t.awaited = true }
func (t *tape) close()   { t.closed = true }
func (t *tape) abandon() { t.closed = true }

// diary is a user that remembers what it heard.
type diary struct {
	heard   []string
	pings   int
	drained int
	gone    bool
}

func (d *diary) Heard(m []byte) { d.heard = append(d.heard, string(m)) }
func (d *diary) Pinged()        { d.pings++ }
func (d *diary) Drained()       { d.drained++ }
func (d *diary) Refused(tooLarge bool) (Code, string) {
	if tooLarge {
		return 4009, "large"
	}
	return 4000, "text"
}
func (d *diary) Late() (Code, string) { return 4008, "late" }
func (d *diary) Gone()                { d.gone = true }

const testMax = 1000

func newConn() (*Conn, *tape, *diary) {
	wire, user := &tape{room: -1}, &diary{}
	opt := &Options{MessageMax: testMax, QueueMax: 1 << 20, Now: time.Now}
	l := &Loop{opt: opt, ping: appendHeader(nil, opPing, false, 0)}
	c := &Conn{loop: l, user: user, wire: wire, flags: flagSqueezes}
	l.pulse.add(c)
	return c, wire, user
}

// sent is one frame of a client's.
func sent(first byte, payload []byte, mask uint32) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n <= 125:
		b = append(b, bitMask|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, bitMask|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, bitMask|127), uint64(n))
	}
	var key [4]byte
	binary.BigEndian.PutUint32(key[:], mask)
	b = append(b, key[:]...)
	for i, x := range payload {
		b = append(b, x^key[i%4])
	}
	return b
}

func packed(t interface{ Fatal(...any) }, message []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 6)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(message) //nolint:errcheck // a buffer takes all
	w.Flush()        //nolint:errcheck // likewise
	return bytes.TrimSuffix(out.Bytes(), []byte(flushed))
}

// closeCode reads the close frame that ends what was written; 0: there is none.
func closeCode(written []byte) Code {
	for len(written) >= 2 {
		size, at := int(written[1]), 2
		switch size {
		case 126:
			size, at = int(binary.BigEndian.Uint16(written[2:])), 4
		case 127:
			size, at = int(binary.BigEndian.Uint64(written[2:])), 10
		}
		if Opcode(written[0]&0x0f) == opClose && size >= 2 {
			return Code(binary.BigEndian.Uint16(written[at:]))
		}
		written = written[at+size:]
	}
	return 0
}

// Messages come out as they went in, however they are masked, compressed, cut
// into fragments with pings between them, and however the network cuts the bytes.
func TestMessagesSurviveAnyCutting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, wire, user := newConn()
		var stream []byte
		var want []string
		pings := 0
		mask := func() uint32 { return rapid.Uint32().Draw(t, "mask") }
		for range rapid.IntRange(1, 8).Draw(t, "messages") {
			text := rapid.StringOfN(rapid.RuneFrom([]rune("aé😀 \"x")), 0, 200, -1).Draw(t, "text")
			payload, first := []byte(text), byte(opText)
			if rapid.Bool().Draw(t, "compressed") {
				payload, first = packed(t, payload), first|bitCompressed
			}
			want = append(want, text)
			for {
				n := rapid.IntRange(0, len(payload)).Draw(t, "fragment")
				last := n == len(payload)
				if last {
					stream = append(stream, sent(first|bitFin, payload, mask())...)
					break
				}
				stream = append(stream, sent(first, payload[:n], mask())...)
				payload, first = payload[n:], byte(opContinuation)
				if rapid.Bool().Draw(t, "ping") {
					pings++
					stream = append(stream, sent(bitFin|byte(opPing), []byte("still there?"), mask())...)
				}
			}
		}
		for len(stream) > 0 {
			n := rapid.IntRange(1, len(stream)).Draw(t, "read")
			c.feed(append([]byte(nil), stream[:n]...))
			stream = stream[n:]
		}
		if fmt.Sprint(user.heard) != fmt.Sprint(want) || user.pings < pings {
			t.Fatalf("heard %q and %d pings, want %q and %d", user.heard, user.pings, want, pings)
		}
		if got := bytes.Count(wire.written, []byte("\x8a\x0cstill there?")); got != pings {
			t.Fatalf("%d pongs for %d pings", got, pings)
		}
		if c.in != nil || c.state != open {
			t.Fatalf("something is left: %+v", c.in)
		}
	})
}

func TestWhatClientsMayNotSend(t *testing.T) {
	long := bytes.Repeat([]byte("x"), testMax+1)
	for name, tc := range map[string]struct {
		bytes []byte
		code  Code
	}{
		"not masked":                 {[]byte{bitFin | byte(opText), 1, 'x'}, ProtocolError},
		"a reserved bit":             {sent(bitFin|0x20|byte(opText), nil, 1), ProtocolError},
		"an unknown opcode":          {sent(bitFin|3, nil, 1), ProtocolError},
		"an unknown control opcode":  {sent(bitFin|11, nil, 1), ProtocolError},
		"a ping in fragments":        {sent(byte(opPing), nil, 1), ProtocolError},
		"a ping that is too long":    {sent(bitFin|byte(opPing), long[:126], 1), ProtocolError},
		"a compressed ping":          {sent(bitFin|bitCompressed|byte(opPing), nil, 1), ProtocolError},
		"a continuation of nothing":  {sent(bitFin|byte(opContinuation), nil, 1), ProtocolError},
		"a message within a message": {append(sent(byte(opText), []byte("a"), 1), sent(bitFin|byte(opText), []byte("b"), 1)...), ProtocolError},
		"compressed nonsense":        {sent(bitFin|bitCompressed|byte(opText), []byte{0xff, 0xff}, 1), ProtocolError},
		"binary":                     {sent(bitFin|byte(opBinary), []byte("x"), 1), 4000},
		"no UTF-8":                   {sent(bitFin|byte(opText), []byte{0xff}, 1), InvalidText},
		"too large":                  {sent(bitFin|byte(opText), long, 1), 4009},
		"announced too large":        {sent(bitFin|byte(opText), long, 1)[:4], 4009},
		"announced beyond measure":   {[]byte{bitFin | byte(opText), bitMask | 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 4009},
		"too large in fragments":     {append(sent(byte(opText), long[:600], 1), sent(bitFin|byte(opContinuation), long[:600], 1)...), 4009},
		"small, and too large inside": {
			sent(bitFin|bitCompressed|byte(opText), packed(t, bytes.Repeat([]byte("x"), 1<<20)), 1), 4009,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int{len(tc.bytes), 1} {
				c, wire, user := newConn()
				for b := tc.bytes; len(b) > 0; b = b[step:] {
					c.feed(append([]byte(nil), b[:step]...))
				}
				if got := closeCode(wire.written); got != tc.code {
					t.Errorf("in steps of %d: closed with %d, want %d", step, got, tc.code)
				}
				c.feed(sent(bitFin|byte(opText), []byte("afterwards"), 1))
				if strings.Contains(strings.Join(user.heard, ""), "afterwards") {
					t.Error("words after the end were heard")
				}
			}
		})
	}
}

func TestGoodbyes(t *testing.T) {
	closeFrame := func(code Code) []byte {
		return sent(bitFin|byte(opClose), []byte{byte(code >> 8), byte(code)}, 7)
	}
	t.Run("the client's is answered with its code", func(t *testing.T) {
		for said, want := range map[Code]Code{1000: 1000, 3001: 3001, 4999: 4999, 1005: 1000, 1006: 1000, 2999: 1000, 999: 1000} {
			c, wire, user := newConn()
			c.feed(closeFrame(said))
			if got := closeCode(wire.written); got != want || !user.gone || !wire.closed {
				t.Errorf("%d was answered with %d, gone %v", said, got, user.gone)
			}
		}
	})
	t.Run("ours waits for the client's, but not for ever", func(t *testing.T) {
		c, wire, user := newConn()
		c.Close(4003, "banned", false)
		if closeCode(wire.written) != 4003 || user.gone {
			t.Fatal("it did not say goodbye, or did not wait")
		}
		c.feed(closeFrame(4003))
		if !user.gone {
			t.Error("it is still there after both have said goodbye")
		}
		c, _, user = newConn()
		c.Close(4003, "banned", false)
		for second := int32(1); second <= partWithin; second++ {
			c.loop.second = second
			c.loop.pulse.beat(second, nil, 1)
		}
		if !user.gone {
			t.Error("it waits for ever")
		}
	})
	t.Run("what was queued of rooms is taken back, answers are still sent", func(t *testing.T) {
		c, wire, _ := newConn()
		wire.room = 3
		c.Send(Text([]byte("a room's first")), 1, 1, 1000) // cut: the rest must follow
		c.Send(Text([]byte("a room's second")), 1, 2, 1000)
		c.Send(Text([]byte("why")), 0, 0, 1000)
		c.Close(4003, "banned", false)
		wire.room = -1
		c.writable()
		if got := string(wire.written); !strings.Contains(got, "a room's first") || strings.Contains(got, "second") || !strings.Contains(got, "why") {
			t.Errorf("%q was sent", got)
		}
		if closeCode(wire.written) != 4003 {
			t.Error("no goodbye")
		}
	})
}

// Of frames that left together only the one on its way goes on when a room is shut.
func TestWhatWasSentTogetherIsCutAtTheFrame(t *testing.T) {
	c, wire, _ := newConn()
	wire.room = 20
	batch := append(append(Text([]byte("first of a room")), Text([]byte("second of a room"))...), Text([]byte("third of a room"))...)
	c.Send(batch, 1, 1, 1000)
	c.Send(Text([]byte("another room")), 2, 9, 1000)
	c.Drop(func(l Lane) bool { return l == 1 }, true)
	if c.out.bytes != 2*2+len("second of a room")+len("another room")-3 {
		t.Errorf("%d bytes wait", c.out.bytes)
	}
	wire.room = -1
	c.writable()
	if got := string(wire.written); !strings.Contains(got, "second of a room") || strings.Contains(got, "third") || !strings.Contains(got, "another room") {
		t.Errorf("%q was sent", got)
	}
}

// Somebody who is always in the middle of a message stands in the list once.
func TestBegunMessagesAreRememberedOnce(t *testing.T) {
	c, _, user := newConn()
	for i := range 1000 {
		c.feed(sent(byte(opText), []byte("a"), 1))
		c.feed(sent(bitFin|byte(opContinuation), []byte("b"), 1))
		if i%100 == 0 {
			c.feed(sent(byte(opText), []byte("a"), 1))
			c.loop.pulse.beat(int32(i/100), nil, 1)
			c.feed(sent(bitFin|byte(opContinuation), []byte("b"), 1))
		}
	}
	if n := len(c.loop.pulse.begins); n > 1 {
		t.Errorf("it stands in the list %d times", n)
	}
	if user.pings < 1000 {
		t.Errorf("%d of 1,000 fragments were counted", user.pings)
	}
}

// Whatever the network takes at a time: frames leave whole, in order, each once;
// the queue keeps its limit; and who was refused is told when there is room.
func TestQueueKeepsOrderAndLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, wire, user := newConn()
		wire.room = 0
		limit := rapid.IntRange(100, 2000).Draw(t, "limit")
		var want []byte
		refused := false
		for i := range rapid.IntRange(1, 80).Draw(t, "acts") {
			if rapid.IntRange(0, 2).Draw(t, "act") > 0 {
				f := Text(fmt.Appendf(nil, "%d %s", i, strings.Repeat("x", rapid.IntRange(0, 300).Draw(t, "size"))))
				if c.Send(f, 1, int64(i), limit) {
					want = append(want, f...)
				} else {
					refused = true
				}
			} else {
				wire.room += rapid.IntRange(1, 700).Draw(t, "room")
				if c.out != nil {
					c.writable()
				}
			}
			if c.out != nil && c.out.bytes > limit+310 {
				t.Fatalf("%d bytes wait, the limit is %d", c.out.bytes, limit)
			}
		}
		for c.out != nil {
			wire.room += 1000
			c.writable()
		}
		if !bytes.Equal(wire.written, want) {
			t.Fatalf("%q was sent, want %q", wire.written, want)
		}
		if refused && user.drained == 0 {
			t.Fatal("who was refused was never told that there is room")
		}
	})
}

func TestSilentClientsAreNoticed(t *testing.T) {
	quiet, wire, user := newConn()
	beat := func(second int32) {
		quiet.loop.second = second
		quiet.loop.pulse.beat(second, quiet.loop.ping, 1000)
	}
	second := int32(0)
	for ; len(wire.written) == 0 && second < 100; second++ {
		beat(second)
	}
	if second > 2*pingEvery {
		t.Fatalf("pinged after %d seconds", second)
	}
	answered := second + pongWithin - 2
	for ; second < answered; second++ {
		beat(second)
	}
	quiet.feed(sent(bitFin|byte(opPong), nil, 1))
	for ; second < answered+pongWithin; second++ {
		beat(second)
	}
	if closeCode(wire.written) != 0 {
		t.Fatal("closed although it had answered")
	}
	for ; closeCode(wire.written) == 0 && second < 300; second++ {
		beat(second)
	}
	if closeCode(wire.written) != 4008 || second > answered+2*pingEvery+pongWithin {
		t.Errorf("closed with %d after %d seconds", closeCode(wire.written), second)
	}
	for end := second + partWithin + 1; second < end; second++ {
		beat(second)
	}
	if !user.gone {
		t.Error("it is still there")
	}
}

// Whoever talks on and takes nothing would keep what waits for them for ever.
func TestWhoTakesNothingEnds(t *testing.T) {
	c, wire, user := newConn()
	wire.room = 0
	c.Send(Text([]byte("a long page")), 0, 0, 1000)
	second := int32(0)
	beat := func() {
		second++
		c.loop.second = second
		c.feed(sent(bitFin|byte(opPong), nil, 1)) // it is there
		c.loop.pulse.beat(second, c.loop.ping, 1000)
	}
	for ; second < 5*takeWithin; beat() {
		if second%pingEvery == 0 { // it is slow
			wire.room++
			c.writable()
		}
	}
	if user.gone || c.state != open {
		t.Fatal("a slow client was closed")
	}
	wire.room = 0
	for from := second; c.state == open && second < from+300; {
		beat()
	}
	if c.state == open {
		t.Error("what nobody takes waits for ever")
	}
}

func TestMessageLeftHalfSaidEnds(t *testing.T) {
	c, wire, _ := newConn()
	c.feed(sent(bitFin|byte(opText), []byte("half of it"), 1)[:9])
	for second := int32(1); second < wholeWithin; second++ {
		c.loop.second = second
		c.loop.pulse.beat(second, c.loop.ping, 1000)
	}
	if closeCode(wire.written) != 0 {
		t.Fatal("closed too early")
	}
	c.loop.pulse.beat(wholeWithin, c.loop.ping, 1000)
	if closeCode(wire.written) != 4008 {
		t.Error("a message may be left half said for ever")
	}
}

// Whatever bytes come, at once or in pieces of any size: the same is heard, the
// same is answered, nothing over the limit is heard or kept, and nothing is heard
// after a goodbye.
func FuzzFeed(f *testing.F) {
	f.Add(sent(bitFin|byte(opText), []byte(`{"type":"ping"}`), 0xdeadbeef), 3)
	f.Add(append(sent(byte(opText), []byte("a"), 1), sent(bitFin|byte(opContinuation), []byte("b"), 2)...), 1)
	f.Add(sent(bitFin|byte(opClose), []byte{3, 232}, 9), 100)
	f.Add(sent(bitFin|bitCompressed|byte(opText), packed(f, []byte(`{"type":"ping"}`)), 7), 2)
	f.Add(sent(bitFin|bitCompressed|byte(opText), packed(f, bytes.Repeat([]byte("x"), 5000)), 7), 5)
	f.Add([]byte{bitFin | byte(opText), bitMask | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 1)
	f.Add(append(sent(byte(opText), nil, 0), sent(bitFin|byte(opPing), []byte("x"), 0)...), 1)
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		whole, wholeWire, wholeUser := newConn()
		whole.feed(append([]byte(nil), stream...))
		parts, partsWire, partsUser := newConn()
		cut = max(1, min(cut, 50))
		for b := stream; len(b) > 0; b = b[min(cut, len(b)):] {
			if parts.state == gone {
				break
			}
			parts.feed(append([]byte(nil), b[:min(cut, len(b))]...))
		}
		if fmt.Sprint(wholeUser.heard) != fmt.Sprint(partsUser.heard) || whole.state != parts.state {
			t.Fatalf("heard %q at once and %q in pieces", wholeUser.heard, partsUser.heard)
		}
		if closeCode(wholeWire.written) != closeCode(partsWire.written) {
			t.Fatalf("closed with %d at once and %d in pieces", closeCode(wholeWire.written), closeCode(partsWire.written))
		}
		for _, m := range wholeUser.heard {
			if len(m) > testMax || !utf8.ValidString(m) {
				t.Fatalf("heard %d bytes: %q", len(m), m)
			}
		}
		if in := parts.in; in != nil && (len(in.message) > testMax || len(in.raw) > testMax+14+50) {
			t.Fatalf("%d bytes of a message and %d of a frame are kept", len(in.message), len(in.raw))
		}
	})
}
