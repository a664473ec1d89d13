package socket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// stream is the wire of a client that only listens: server-sent events (HTML
// Living Standard, 9.2) over any version of HTTP, for networks that let no
// WebSocket through. The handler's goroutine writes; the loop owns the rest.
type stream struct {
	loop   *Loop
	conn   *Conn
	busy   bool
	waits  bool
	over   bool
	answer *http.ResponseController
	chunks chan []byte
}

// Stream answers r with server-sent events until either side ends it. start is
// called on a loop, as by Upgrade. Each message is one event's data, under
// the id that a client comes back with as Last-Event-ID.
func (l *Loops) Stream(w http.ResponseWriter, r *http.Request, start func(*Conn) (User, []byte)) error {
	c := &Conn{loop: l.pick(), flags: flagListens}
	answer := http.NewResponseController(w)
	s := &stream{loop: c.loop, conn: c, answer: answer, chunks: make(chan []byte, 1)}
	c.wire = s
	// A stream has no end to wait for. Not every ResponseWriter has deadlines.
	if err := errors.Join(answer.SetReadDeadline(time.Time{}), answer.SetWriteDeadline(time.Time{})); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	if err := answer.Flush(); err != nil {
		return err
	}
	if !c.loop.Do(func() { c.begin(func() error { return nil }, nil, nil, start) }) {
		return errors.New("the server is going away")
	}
	for {
		select {
		case <-r.Context().Done():
			if !s.loop.Await(c.end) { // the loop ends everybody's: r is not left before it has
				for range s.chunks { //nolint:revive // nobody reads them any more
				}
			}
			return nil
		case chunk, more := <-s.chunks:
			if !more {
				return nil
			}
			answer.SetWriteDeadline(time.Now().Add(writeLimit)) //nolint:errcheck // as above
			_, err := w.Write(chunk)
			if err == nil {
				err = answer.Flush()
			}
			s.loop.Do(func() { s.wrote(err) })
		}
	}
}

// write takes whole frames, which is all it is ever given, when none are under way.
func (s *stream) write(b []byte) (int, error) {
	if s.busy || s.over {
		return 0, nil
	}
	s.busy = true
	s.chunks <- events(b) // has room: none is under way
	return len(b), nil
}

func (s *stream) await() { s.waits = true }

func (s *stream) wrote(err error) {
	s.busy = false
	switch {
	case err != nil:
		s.conn.end()
	case s.conn.state == parting && s.conn.out == nil: // the last word has been said
		s.conn.end()
	case s.waits && s.conn.state != gone:
		s.waits = false
		s.conn.writable()
	}
}

func (s *stream) close() {
	if !s.over {
		s.over = true
		s.answer.SetWriteDeadline(time.Now().Add(lastLimit)) //nolint:errcheck // not every ResponseWriter has deadlines
		close(s.chunks)
	}
}

// abandon has nothing to end: the handler answers for it.
func (s *stream) abandon() {}

// events turns frames into server-sent events.
func events(frames []byte) []byte {
	out := make([]byte, 0, len(frames)+64)
	for len(frames) >= 2 {
		size, at := measure(frames)
		op, payload := Opcode(frames[0]&0x0f), frames[at:at+size]
		frames = frames[at+size:]
		switch op {
		case opText:
			if id := position(payload); id != "" {
				out = append(append(append(out, "id: "...), id...), '\n')
			}
			out = append(append(append(out, "data: "...), payload...), "\n\n"...) // JSON has no line breaks
		case opClose:
			out = append(out, "event: close\ndata: "...)
			out = strconv.AppendInt(out, int64(binary.BigEndian.Uint16(payload)), 10)
			out = append(out, "\n\n"...)
		default:
			out = append(out, ":\n\n"...) // keeps proxies from thinking it dead
		}
	}
	return out
}

// position returns where in the log a message leads to, as it stands in the
// message: the sequence of an event, the end of what is skipped, the head on entering.
func position(message []byte) string {
	for _, kind := range []struct{ begins, key string }{
		{`{"type":"event"`, `"seq":`}, {`{"type":"skipped"`, `"to":`}, {`{"type":"entered"`, `"head":`},
	} {
		if !bytes.HasPrefix(message, []byte(kind.begins)) {
			continue
		}
		_, rest, _ := bytes.Cut(message, []byte(kind.key))
		end := bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if end > 0 {
			return string(rest[:end])
		}
	}
	return ""
}
