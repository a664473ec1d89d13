package apptest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Frame is one decoded frame from the server, with its bytes and when it came.
type Frame struct {
	Type, ID, Channel, Room, Thread, Log, History, Reason, Detail string

	Seq    int64
	Head   int64
	From   int64
	To     int64
	Why    string
	Event  Event
	Events []Event
	More   bool
	Open   bool
	Until  *time.Time
	State  struct {
		Viewers int
		Inside  *int
	}
	Moved []struct {
		Thread string
		Posts  int
		Last   *struct{ Name, Text string }
	}
	Viewers    int
	Inside     *int
	Votes      map[string]int
	Poll       string
	Totals     []int
	Reactions  map[int64]map[string]int // by message
	RetryAfter float64                  `json:"retry_after"`

	Raw []byte    `json:"-"`
	At  time.Time `json:"-"`
}

// Socket is one connection, which keeps every frame it received.
type Socket struct {
	p  *Person
	ws *websocket.Conn
	// cut ends a stream of server-sent events, which has no ws.
	cut context.CancelFunc

	mu     sync.Mutex
	frames []Frame
	looked int           // at so many of frames
	more   chan struct{} // closed, and replaced, with each frame
	ended  chan struct{}
	code   websocket.StatusCode
}

// Dial opens a socket. headers are pairs.
func (p *Person) Dial(headers ...string) (*Socket, error) {
	h := http.Header{"X-Forwarded-For": {p.From}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	client := &http.Client{Jar: p.http.Jar, Transport: p.http.Transport}
	ws, res, err := websocket.Dial(ctx, p.socketAddress(), &websocket.DialOptions{
		HTTPClient: client, Subprotocols: []string{"subspace.v1"}, HTTPHeader: h,
	})
	if err != nil {
		if res != nil {
			return nil, &Problem{Status: res.StatusCode, Detail: err.Error()}
		}
		return nil, err
	}
	ws.SetReadLimit(8 << 20)
	s := &Socket{p: p, ws: ws, more: make(chan struct{}), ended: make(chan struct{})}
	go s.read() // Close and the server's end both end it
	p.mu.Lock()
	p.sockets = append(p.sockets, s)
	p.mu.Unlock()
	p.t.Cleanup(s.Close)
	return s, nil
}

// Connects opens a socket that must open.
func (p *Person) Connects() *Socket {
	p.t.Helper()
	s, err := p.Dial()
	if err != nil {
		p.t.Fatalf("%s connects: %v", p.Name, err)
	}
	return s
}

// Enters opens a socket and goes into rooms of a channel.
func (p *Person) Enters(handle string, rooms ...string) *Socket {
	p.t.Helper()
	s := p.Connects()
	for _, room := range rooms {
		s.Enter(handle, room)
	}
	return s
}

func (s *Socket) read() {
	defer close(s.ended)
	for {
		_, b, err := s.ws.Read(context.Background())
		if err != nil {
			s.mu.Lock()
			s.code = websocket.CloseStatus(err)
			s.mu.Unlock()
			return
		}
		s.keep(b)
	}
}

func (s *Socket) keep(b []byte) {
	f := Frame{Raw: b, At: time.Now()}
	if err := json.Unmarshal(b, &f); err != nil {
		f.Type, f.Detail = "not understood", err.Error()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = append(s.frames, f)
	close(s.more)
	s.more = make(chan struct{})
}

// Close ends the socket from this side and waits for it.
func (s *Socket) Close() {
	if s.ws != nil {
		s.ws.CloseNow() //nolint:errcheck // over either way
	} else {
		s.cut()
	}
	<-s.ended
}

// Frames returns what came so far.
func (s *Socket) Frames() []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Frame(nil), s.frames...)
}

// Mark is how many frames came so far, for Since.
func (s *Socket) Mark() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.frames)
}

// ErrEnded says that a socket closed before what was waited for came.
var ErrEnded = errors.New("the socket was closed")

// Find waits for a frame that matches, from the frame numbered mark on.
func (s *Socket) Find(mark int, match func(Frame) bool) (Frame, error) {
	late := time.NewTimer(Patience)
	defer late.Stop()
	for {
		s.mu.Lock()
		frames, more := s.frames, s.more
		s.mu.Unlock()
		for ; mark < len(frames); mark++ {
			if match(frames[mark]) {
				return frames[mark], nil
			}
		}
		select {
		case <-more:
		case <-s.ended:
			s.mu.Lock()
			left, code := len(s.frames)-mark, s.code
			s.mu.Unlock()
			if left == 0 {
				return Frame{}, fmt.Errorf("%w with code %d", ErrEnded, code)
			}
		case <-late.C:
			return Frame{}, fmt.Errorf("nothing for %v", Patience)
		}
	}
}

// Await waits for a frame that must come.
func (s *Socket) Await(what string, match func(Frame) bool) Frame {
	s.p.t.Helper()
	return s.Since(0, what, match)
}

// Since is Await for frames numbered from mark on.
func (s *Socket) Since(mark int, what string, match func(Frame) bool) Frame {
	s.p.t.Helper()
	f, err := s.Find(mark, match)
	if err != nil {
		s.p.t.Fatalf("%s waits for %s: %v\nframes so far: %s", s.p.Name, what, err, s.tell())
	}
	return f
}

func (s *Socket) tell() string {
	var out string
	for _, f := range s.Frames() {
		out += "\n  " + string(f.Raw[:min(len(f.Raw), 300)])
	}
	return out
}

// Ended waits for the server's close frame and returns its code.
func (s *Socket) Ended() int {
	s.p.t.Helper()
	select {
	case <-s.ended:
	case <-time.After(Patience):
		s.p.t.Fatalf("%s's socket was not closed; frames: %s", s.p.Name, s.tell())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.code)
}

// Send sends one frame.
func (s *Socket) Send(frame any) error {
	b, err := json.Marshal(frame)
	if err != nil {
		return err
	}
	return s.Write(websocket.MessageText, b)
}

// Write sends bytes as they are.
func (s *Socket) Write(kind websocket.MessageType, b []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	return s.ws.Write(ctx, kind, b)
}

// Calls sends a frame and waits for its answer. A refusal is a *Problem.
func (s *Socket) Calls(frame map[string]any) (Frame, error) {
	id := rand.Text()
	asked := map[string]any{"id": id}
	for k, v := range frame {
		asked[k] = v
	}
	mark := s.Mark()
	if err := s.Send(asked); err != nil {
		return Frame{}, err
	}
	f, err := s.Find(mark, func(f Frame) bool { return f.ID == id })
	if err == nil && f.Type == "refused" {
		err = &Problem{Reason: f.Reason, Detail: f.Detail, RetryAfter: f.RetryAfter}
	}
	return f, err
}

// Enter goes into a room and fails when refused.
func (s *Socket) Enter(handle, room string) Frame {
	s.p.t.Helper()
	f, err := s.Calls(map[string]any{"type": "enter", "channel": handle, "room": room})
	if err != nil {
		s.p.t.Fatalf("%s enters %s of %s: %v", s.p.Name, room, handle, err)
	}
	return f
}

// EnterAt goes into a room with the last sequence seen.
func (s *Socket) EnterAt(handle, room string, cursor int64) (Frame, error) {
	return s.Calls(map[string]any{"type": "enter", "channel": handle, "room": room, "cursor": cursor})
}

// Post writes into a room and waits for the answer.
func (s *Socket) Post(handle, room, key, text string) (Frame, error) {
	return s.Calls(map[string]any{"type": "post", "channel": handle, "room": room, "key": key, "text": text})
}

// Says writes into a room, which must be acknowledged, and returns the sequence.
func (s *Socket) Says(handle, room, text string) int64 {
	s.p.t.Helper()
	f, err := s.Post(handle, room, rand.Text(), text)
	if err != nil {
		s.p.t.Fatalf("%s writes into %s of %s: %v", s.p.Name, room, handle, err)
	}
	return f.Seq
}

// Hears waits for an event with a text in a room.
func (s *Socket) Hears(room, text string) Frame {
	s.p.t.Helper()
	return s.Await("the event "+text, func(f Frame) bool {
		return f.Type == "event" && f.Room == room && f.Event.Data.Text == text
	})
}

// Stream returns the events of a room in the order they came, those of the
// answers to 'enter' included.
func (s *Socket) Stream(handle, room string) []Event {
	var all []Event
	for _, f := range s.Frames() {
		if f.Channel != handle || f.Room != room {
			continue
		}
		switch f.Type {
		case "entered":
			all = append(all, f.Events...)
		case "event":
			all = append(all, f.Event)
		}
	}
	return all
}

// Type matches frames of a type about a room.
func Type(kind, room string) func(Frame) bool {
	return func(f Frame) bool { return f.Type == kind && (room == "" || f.Room == room) }
}
