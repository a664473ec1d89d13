package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// The frames of the socket, as docs/protocol.md describes them.

// ask is any frame from a client.
type ask struct {
	Type         string   `json:"type"`
	ID           string   `json:"id"`
	Channel      string   `json:"channel"`
	Room         string   `json:"room"`
	Thread       string   `json:"thread"`
	Overlay      string   `json:"overlay"`
	Cursor       *int64   `json:"cursor"`
	History      string   `json:"history"`
	Key          string   `json:"key"`
	Text         string   `json:"text"`
	ReplyTo      int64    `json:"reply_to"`
	Announcement bool     `json:"announcement"`
	Mentions     []string `json:"mentions"`
	Pictures     []struct {
		ID  ident.Picture `json:"id"`
		Alt string        `json:"alt"`
	} `json:"pictures"`
	Poll   ident.Poll `json:"poll"`
	Option *int       `json:"option"`
	Token  string     `json:"token"`
	Dock   string     `json:"dock"`
}

// errNull says that a frame is JSON and yet no object.
var errNull = errors.New("a frame is null")

// parseAsk reads a frame. Its id is kept as far as it will be repeated.
func parseAsk(message []byte) (f ask, err error) {
	err = json.Unmarshal(message, &f)
	if err == nil && !bytes.Contains(message, []byte{'{'}) { // null leaves f as it is
		err = errNull
	}
	f.ID = clip(f.ID)
	return f, err
}

// helloMessage says who is calling; nil is nobody.
func helloMessage(s *account.Session) []byte {
	if s == nil {
		return []byte(`{"type":"hello","account":null,"session":""}`)
	}
	kind := "light"
	if s.Account.Full() {
		kind = "full"
	}
	b := append(make([]byte, 0, 192), `{"type":"hello","account":{"id":"`...)
	b = append(append(b, s.Account.ID...), `","name":`...) // ids and kinds need no escaping
	b = append(append(b, encode(s.Account.Name)...), `,"kind":"`...)
	b = append(append(b, kind...), `","operator":`...)
	b = append(strconv.AppendBool(b, s.Account.Operator), `},"session":"`...)
	return append(append(b, s.ID...), `"}`...)
}

// appendEntered appends the frame that answers 'enter' to b. The events were
// joined once for everybody and are by far the most of it.
func appendEntered(b []byte, id string, a *audience, p page, ends time.Time, state stateView) []byte {
	head := make([]byte, 0, 256)
	head = append(head, `{"type":"entered","id":`...)
	head = append(head, encode(id)...)
	head = append(head, `,"channel":"`...)
	head = append(head, a.handle...) // handle, audience and log need no escaping
	head = append(head, `",`...)
	head = appendRoom(head, a.address)
	head = append(head, `,"log":"`...)
	head = append(head, a.log...)
	head = append(head, `","history":"`...)
	head = append(head, a.gateway.opt.History...) // nor does the word for a history
	head = append(head, `","head":`...)
	head = strconv.AppendInt(head, p.head, 10)
	head = append(head, `,"more":`...)
	head = strconv.AppendBool(head, p.more)
	head = append(head, `,"until":`...)
	if ends.IsZero() {
		head = append(head, "null"...)
	} else {
		head = append(head, encode(until(ends))...)
	}
	head = append(head, `,"state":`...)
	head = state.append(head)
	head = append(head, `,"events":`...)
	b = socket.AppendTextHeader(b, len(head)+len(p.events)+1)
	b = append(b, head...)
	b = append(b, p.events...)
	return append(b, '}')
}

// appendRoom appends which room of a channel a frame is about. Audiences and
// threads need no escaping.
func appendRoom(b []byte, at room.Address) []byte {
	b = append(append(b, `"room":"`...), at.Audience...)
	if at.Thread != "" {
		b = append(append(b, `","thread":"`...), at.Thread...)
	}
	return append(b, '"')
}

type stateView struct {
	Viewers int  `json:"viewers"`
	Inside  *int `json:"inside,omitempty"`
	// In 'entered' only: later they are events.
	Modes  *event.ModesChanged  `json:"modes,omitempty"`
	Pinned *event.MessagePinned `json:"pinned,omitempty"`
}

// append appends what encode would.
func (s stateView) append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"viewers":`...), int64(s.Viewers), 10)
	if s.Inside != nil {
		b = strconv.AppendInt(append(b, `,"inside":`...), int64(*s.Inside), 10)
	}
	if s.Modes != nil {
		b = append(append(b, `,"modes":`...), encode(s.Modes)...)
	}
	if s.Pinned != nil {
		b = append(append(b, `,"pinned":`...), encode(s.Pinned)...)
	}
	return append(b, '}')
}

type roomFrame struct {
	Type    string `json:"type"`
	ID      string `json:"id,omitempty"`
	Channel string `json:"channel"`
	Room    string `json:"room"`
	Thread  string `json:"thread,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

type doorFrame struct {
	Type    string      `json:"type"`
	Channel string      `json:"channel"`
	Room    string      `json:"room"`
	Open    bool        `json:"open"`
	Until   *event.Time `json:"until"`
}

type standingFrame struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
}

type refusedFrame struct {
	Type       string  `json:"type"`
	ID         string  `json:"id"`
	Reason     string  `json:"reason"`
	Detail     string  `json:"detail"`
	RetryAfter float64 `json:"retry_after,omitempty"` // seconds
}

type stateFrame struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
	stateView
}

// votesFrame says how many votes questions of a room have now.
type votesFrame struct {
	Type    string         `json:"type"`
	Channel string         `json:"channel"`
	Room    string         `json:"room"`
	Votes   map[string]int `json:"votes"`
}

// pollFrame says how many chose what in an open poll now.
type pollFrame struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
	Room    string `json:"room"`
	Thread  string `json:"thread,omitempty"`
	Poll    string `json:"poll"`
	Totals  []int  `json:"totals"`
}

// reactionsFrame says what stands at messages of a room now.
type reactionsFrame struct {
	Type      string                `json:"type"`
	Channel   string                `json:"channel"`
	Room      string                `json:"room"`
	Thread    string                `json:"thread,omitempty"`
	Reactions map[int64]chat.Counts `json:"reactions"`
}

// overlayFrame tells an overlay that it is set up in another way: it reads again.
type overlayFrame struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
}

// goalFrame says how many people hold a right now.
type goalFrame struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
	People  int    `json:"people"`
}

// begunFrame says that so many subscribed a moment ago, and nothing of who.
type begunFrame struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
	People  int    `json:"people"`
}

// skippedFrame says that a stretch of the log will not come.
type skippedFrame struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
	Room    string `json:"room"`
	Thread  string `json:"thread,omitempty"`
	From    int64  `json:"from"`
	To      int64  `json:"to"`
	Why     string `json:"why"` // sampled, slow
}

// goodbyeFrame says when to come back.
type goodbyeFrame struct {
	Type       string  `json:"type"`
	RetryAfter float64 `json:"retry_after"` // seconds
}

type pongFrame struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// encode never fails: the frames above hold nothing that JSON cannot.
func encode(frame any) []byte {
	b, err := json.Marshal(frame)
	if err != nil {
		panic("gateway: frame: " + err.Error())
	}
	return b
}

// ackMessage answers 'post' with the stored bytes.
func ackMessage(id, handle string, at room.Address, e event.Encoded) []byte {
	b := make([]byte, 0, len(e.Bytes)+len(handle)+128)
	b = append(append(b, `{"type":"ack","id":`...), encode(id)...)
	b = append(append(b, `,"channel":"`...), handle...) // a handle needs no escaping
	b = appendRoom(append(b, `",`...), at)
	b = strconv.AppendInt(append(b, `,"seq":`...), e.Seq, 10)
	b = append(append(b, `,"event":`...), e.Bytes...)
	return append(b, '}')
}

// eventMessage wraps stored bytes once for a whole audience.
func eventMessage(handle string, at room.Address, e event.Encoded) []byte {
	b := make([]byte, 0, len(e.Bytes)+len(handle)+64)
	b = append(b, `{"type":"event","channel":"`...)
	b = append(b, handle...) // a handle needs no escaping
	b = appendRoom(append(b, `",`...), at)
	b = append(b, `,"event":`...)
	b = append(b, e.Bytes...)
	return append(b, '}')
}

func until(t time.Time) *event.Time {
	if t.IsZero() {
		return nil
	}
	u := event.Time(t)
	return &u
}
