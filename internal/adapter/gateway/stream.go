package gateway

import (
	"context"
	"net/http"
	"strconv"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// StreamPattern is where a room can be listened to without a socket.
const StreamPattern = "GET /api/channels/{channel}/rooms/{room}/stream"

// ThreadStreamPattern is where a thread can be.
const ThreadStreamPattern = "GET /api/channels/{channel}/threads/{thread}/stream"

// Stream serves one room as server-sent events: the same frames from the same
// log behind the same gate, for networks that let no WebSocket through. A client
// comes back with its cursor as Last-Event-ID, or as the parameter 'cursor', and
// may say of which history it is with the parameter 'history'.
func (g *Gateway) Stream(w http.ResponseWriter, r *http.Request) {
	f := ask{Type: "enter", ID: "stream", Channel: r.PathValue("channel"), Room: r.PathValue("room"), Thread: r.PathValue("thread")}
	if f.Thread != "" {
		f.Room = string(room.ThreadRoom)
	}
	session, signedIn, err := g.listener(r, &f)
	if err != nil {
		g.opt.Refuse(w, err)
		return
	}
	origin := g.opt.Origin(r)
	if !g.letIn(w, origin) {
		return
	}
	v := &visitor{came: g.opt.Now(), origin: origin, stream: true, budget: g.opt.Frames.Burst, counted: g.opt.Now()}
	if signedIn {
		v.session = &session
	}
	begun := false
	err = g.sockets.Stream(w, r, func(c *socket.Conn) (socket.User, []byte) {
		begun = true
		v.conn, v.share = c, g.shareOf(c.Loop())
		v.share.arrive(v)
		v.share.loop.Do(func() { v.serve(f) }) // when the connection has begun
		return v, v.hello()
	})
	if err != nil && !begun {
		g.letGo(origin)
	}
}

// listener returns who wants to listen, and asks the gate before the stream
// begins, so that a refusal has a status. It is asked again when the door opens.
func (g *Gateway) listener(r *http.Request, f *ask) (who account.Session, signedIn bool, err error) {
	if !g.opt.SameOrigin(r) {
		return who, false, fault.New(fault.Denied, "foreign_origin", "This request came from another site's page.")
	}
	if f.Cursor, err = cursorOf(r); err != nil {
		return who, false, err
	}
	f.History = r.URL.Query().Get("history")
	if who, signedIn, err = g.opt.Session(r); err != nil {
		return who, false, access.Unconfirmed().Because(err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), askLimit)
	defer cancel()
	at, _, err := g.addressOf(ctx, *f)
	if err != nil {
		return who, false, err
	}
	s := access.Subject{Account: who.Account.ID, Channel: at.Channel}
	_, err = g.opt.Gate.Allow(ctx, s, access.Reading(at.Audience))
	return who, signedIn, err
}

// cursorOf reads where a client goes on from; nil: it is new.
func cursorOf(r *http.Request) (*int64, error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("cursor")
	}
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return nil, fault.New(fault.Invalid, "request_invalid", "The cursor is a sequence: a whole number from 0 on.")
	}
	return &n, nil
}
