package gateway

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// The frames of the socket, as docs/protocol.md describes them.

// ask is any frame from a client.
type ask struct {
	Type    string `json:"type"`
	ID      string `json:"id"`
	Channel string `json:"channel"`
	Room    string `json:"room"`
	Overlay string `json:"overlay"`
	Cursor  *int64 `json:"cursor"`
	Key     string `json:"key"`
	Text    string `json:"text"`
	ReplyTo int64  `json:"reply_to"`
	Token   string `json:"token"`
}

type helloFrame struct {
	Type    string       `json:"type"`
	Account *accountView `json:"account"`
	Session string       `json:"session"`
}

type accountView struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Operator bool   `json:"operator"`
}

// enteredMessage answers 'enter'. The events are joined once for everybody.
func enteredMessage(id string, a *audience, p page, ends time.Time, state stateView) []byte {
	b := make([]byte, 0, len(p.events)+256)
	b = append(b, `{"type":"entered","id":`...)
	b = append(b, encode(id)...)
	b = append(b, `,"channel":"`...)
	b = append(b, a.handle...) // handle, audience and log need no escaping
	b = append(b, `","room":"`...)
	b = append(b, a.address.Audience...)
	b = append(b, `","log":"`...)
	b = append(b, a.log...)
	b = append(b, `","head":`...)
	b = strconv.AppendInt(b, p.head, 10)
	b = append(b, `,"events":`...)
	b = append(b, p.events...)
	b = append(b, `,"more":`...)
	b = strconv.AppendBool(b, p.more)
	b = append(b, `,"until":`...)
	b = append(b, encode(until(ends))...)
	b = append(b, `,"state":`...)
	b = append(b, encode(state)...)
	return append(b, '}')
}

type stateView struct {
	Viewers int  `json:"viewers"`
	Inside  *int `json:"inside,omitempty"`
}

type roomFrame struct {
	Type    string `json:"type"`
	ID      string `json:"id,omitempty"`
	Channel string `json:"channel"`
	Room    string `json:"room"`
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

type ackFrame struct {
	Type    string          `json:"type"`
	ID      string          `json:"id"`
	Channel string          `json:"channel"`
	Room    string          `json:"room"`
	Seq     int64           `json:"seq"`
	Event   json.RawMessage `json:"event"`
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

// skippedFrame says that a stretch of the log will not come.
type skippedFrame struct {
	Type    string `json:"type"`
	Channel string `json:"channel"`
	Room    string `json:"room"`
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

// eventMessage wraps stored bytes once for a whole audience.
func eventMessage(handle string, a room.Audience, e event.Encoded) []byte {
	b := make([]byte, 0, len(e.Bytes)+len(handle)+64)
	b = append(b, `{"type":"event","channel":"`...)
	b = append(b, handle...) // a handle needs no escaping
	b = append(b, `","room":"`...)
	b = append(b, a...)
	b = append(b, `","event":`...)
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
