package gateway

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/access"
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
	enterCost  = 6       // frames that entering a room counts for: it reads and sends much
	doorsMax   = 16      // rooms entered at once
	signInTime = 5 * time.Second
	// askLimit is how long what a client asks may take, waiting included.
	askLimit = 10 * time.Second
	// What may wait for the ask that is served: so many budgets of frames, of so many
	// bytes on average. A budget of the longest messages fits.
	asksAhead = 4
	askMean   = 800

	// Bytes waiting for a slow reader: of answers and private rooms, which may
	// not be skipped, and of public rooms, which may.
	answersMax = 1 << 20
	privateMax = 512 << 10
	publicMax  = 128 << 10
	// What the kernel keeps for one client. It bounds how much of a private room
	// is on its way when a right ends.
	kernelMax = 64 << 10
)

// Frames is how many frames one client may send.
type Frames struct {
	Burst float64 // at once
	Rate  float64 // and more per second
}

// FramesFor returns a budget in which a person may write at a pace, from two
// pages, and still enter rooms and ping.
func FramesFor(burst int, pace time.Duration) Frames {
	return Frames{Burst: max(40, 4*float64(burst)), Rate: max(10, 2/pace.Seconds())}
}

// Close codes (4000–4999 are for applications, RFC 6455, 7.4.2).
const (
	closeMalformed socket.Code = 4000
	closeSignIn    socket.Code = 4001
	closeStayAway  socket.Code = 4003
	closeTooSlow   socket.Code = 4008
	closeTooLarge  socket.Code = 4009
	closeTooMany   socket.Code = 4029
)

// visitor is one connection and the rooms it is in. It belongs to its
// connection's loop; only what never changes is read elsewhere.
type visitor struct {
	share  *share
	conn   *socket.Conn
	came   time.Time
	origin string
	stream bool // one room only, and nothing comes from the client

	session *account.Session // nil: nobody is signed in; replaced once, by a sign_in frame
	dock    *Dock            // came by a dock's address, and has no session then
	doors   []*door
	told    []ident.Channel // 'the door may now be entered' was sent
	asks    [][]byte        // heard, waiting for the one that is being served
	kept    int             // bytes of them
	serving bool
	turn    int // in which second of a lease its session is looked at again
	budget  float64
	counted time.Time
	gone    bool
}

// account returns who the visitor is; empty for nobody.
func (v *visitor) account() ident.Account {
	if v.dock != nil {
		return v.dock.Account
	}
	if v.session == nil {
		return ""
	}
	return v.session.Account.ID
}

func (v *visitor) gateway() *Gateway { return v.share.gateway }

// say sends a frame of the conversation. Whoever is too slow for answers is
// closed, and resumes with the cursor.
func (v *visitor) say(message []byte) {
	if !v.conn.Send(socket.Text(message), 0, 0, answersMax) {
		v.tooSlow()
	}
}

func (v *visitor) tooSlow() {
	v.conn.Close(closeTooSlow, "too slow: resume with your cursor", true)
}

// Heard implements socket.User.
func (v *visitor) Heard(message []byte) {
	if !v.spend(1) {
		return
	}
	f, err := parseAsk(message)
	if err != nil {
		v.conn.Close(closeMalformed, "a frame is one JSON object, see docs/protocol.md", false)
		return
	}
	if f.Type == "enter" && !v.spend(enterCost-1) {
		return
	}
	if v.serving {
		v.keep(message)
		return
	}
	v.serve(f)
}

// keep has a frame wait for the one that is being served: as it came, because
// what it says may take up many times as much.
func (v *visitor) keep(message []byte) {
	if most := int(asksAhead * v.gateway().opt.Frames.Burst); len(v.asks) >= most || v.kept+len(message) > most*askMean {
		v.conn.Close(closeTooMany, "too many frames: wait for answers", false)
		return
	}
	v.asks, v.kept = append(v.asks, bytes.Clone(message)), v.kept+len(message)
}

// serve answers at once what needs nobody, and has the rest done by the crew.
func (v *visitor) serve(f ask) {
	switch f.Type {
	case "ping":
		v.say(encode(pongFrame{Type: "pong", ID: f.ID}))
		return
	case "enter", "leave", "post", "vote", "sign_in":
	default:
		v.refuse(f.ID, fault.New(fault.Invalid, "frame_unknown", "There is no frame of type %q. See docs/protocol.md.", clip(f.Type)))
		return
	}
	if f.Type == "enter" && v.dock == nil { // the gate's memory knows people as themselves
		done, unknown := v.enterNow(f)
		switch {
		case done:
			return
		case unknown != access.Subject{}:
			v.serving = true
			v.gateway().wishes.add(wish{v, f, unknown, v.gateway().opt.Now()})
			return
		}
	}
	v.serveAside(f, askLimit)
}

// serveAside has an ask served by the crew.
func (v *visitor) serveAside(f ask, limit time.Duration) {
	v.serving = true
	who, g := v.account(), v.gateway()
	ctx, cancel := context.WithTimeout(access.Within(g.stop, v.scope()), limit)
	g.crew.do(func() {
		defer cancel()
		after, err := v.act(ctx, f, who)
		v.share.loop.Do(func() {
			if err == nil && after != nil && !v.gone {
				err = after()
			}
			v.served(f, err)
		})
	})
}

// act does on the crew what an ask needs of the rest of the server, and returns
// what is left to do on the loop.
func (v *visitor) act(ctx context.Context, f ask, who ident.Account) (after func() error, err error) {
	if err := v.gateway().stillDocked(ctx); err != nil {
		return nil, err
	}
	switch f.Type {
	case "enter":
		return v.enter(ctx, f, who)
	case "leave":
		return v.leave(ctx, f)
	case "post":
		return v.post(ctx, f, who)
	case "vote":
		return v.vote(ctx, f, who)
	}
	return v.signIn(ctx, f)
}

// served ends one ask and begins the next.
func (v *visitor) served(f ask, err error) {
	if v.gone {
		return
	}
	if err != nil {
		v.refuse(f.ID, err)
		v.endStream(closeStayAway)
	}
	v.next()
}

// next serves what was asked meanwhile.
func (v *visitor) next() {
	for v.serving = false; len(v.asks) > 0 && !v.serving && v.conn.Open(); {
		next := v.asks[0]
		v.asks, v.kept = v.asks[1:], v.kept-len(next)
		if f, err := parseAsk(next); err == nil { // as when it was heard
			v.serve(f)
		}
	}
	if len(v.asks) == 0 {
		v.asks = nil
	}
}

// endStream ends what has no other use than the room it was made for.
func (v *visitor) endStream(code socket.Code) {
	if v.stream {
		v.conn.Close(code, "", false)
	}
}

// spend takes from the budget of frames; false: it was used up.
func (v *visitor) spend(cost float64) bool {
	now := v.gateway().opt.Now()
	frames := v.gateway().opt.Frames
	v.budget = min(frames.Burst, v.budget+now.Sub(v.counted).Seconds()*frames.Rate) - cost
	v.counted = now
	if v.budget < 0 {
		v.conn.Close(closeTooMany, "too many frames: wait 5 seconds", false)
		return false
	}
	return true
}

// Pinged implements socket.User.
func (v *visitor) Pinged() { v.spend(1) }

// Refused implements socket.User.
func (v *visitor) Refused(tooLarge bool) (socket.Code, string) {
	if tooLarge {
		return closeTooLarge, "a frame has at most 8 KiB"
	}
	return closeMalformed, "frames are text"
}

// Late implements socket.User.
func (v *visitor) Late() (socket.Code, string) { return closeTooSlow, "no answer in time" }

// Drained implements socket.User.
func (v *visitor) Drained() {
	for _, d := range v.doors {
		d.catchUp()
	}
}

// Gone implements socket.User.
func (v *visitor) Gone() {
	v.gone, v.asks, v.kept = true, nil, 0
	for len(v.doors) > 0 {
		v.shut(v.doors[0])
	}
	v.share.part(v)
	v.gateway().letGo(v.origin)
}

// clip keeps what a stranger sent from filling an answer or a log.
func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "")
	}
	return s
}

func (v *visitor) refuse(id string, err error) {
	g := v.gateway()
	if g.stop.Err() != nil && errors.Is(err, g.stop.Err()) {
		return
	}
	f := fault.Of(err)
	if f == nil && errors.Is(err, context.DeadlineExceeded) {
		f = fault.New(fault.Unavailable, "storage_unavailable", "The database does not answer right now. Please try again.").After(2 * time.Second).Because(err)
	}
	if f == nil {
		g.opt.Log.Error("frame failed", "err", err)
		f = fault.New(fault.Unavailable, "internal", "Something went wrong on the server. Please try again.")
	} else if f.Kind == fault.Unavailable {
		g.opt.Log.Warn("frame refused", "reason", f.Reason, "err", f)
	}
	v.say(encode(refusedFrame{Type: "refused", ID: id, Reason: f.Reason, Detail: f.Detail, RetryAfter: f.RetryAfter.Seconds()}))
}

// signIn says who is calling, for a client that has no cookie.
func (v *visitor) signIn(ctx context.Context, f ask) (func() error, error) {
	g := v.gateway()
	late := g.opt.Now().Sub(v.came) > signInTime
	if late {
		return nil, fault.New(fault.Denied, "sign_in_late", "A connection says who it is within %d seconds.", int(signInTime.Seconds()))
	}
	if f.Dock != "" {
		return v.signInDock(ctx, f)
	}
	session, err := g.opt.SessionOf(ctx, f.Token)
	if err != nil {
		return nil, err
	}
	return func() error {
		if v.session != nil || v.dock != nil || len(v.doors) > 0 {
			return errSignedIn()
		}
		v.session = &session
		v.share.know(v)
		v.say(helloMessage(v.session))
		return nil
	}, nil
}

func errSignedIn() *fault.Fault {
	return fault.New(fault.Conflict, "signed_in", "Who is calling is said once, before any room is entered.")
}

// hello returns the first frame, in the share's room for frames.
func (v *visitor) hello() []byte {
	m := helloMessage(v.session)
	v.share.frame = append(socket.AppendTextHeader(v.share.frame[:0], len(m)), m...)
	return v.share.frame
}

// door returns the visitor's door at an address, if there is one.
func (v *visitor) door(at room.Address) *door {
	for _, d := range v.doors {
		if d.part.audience.address == at {
			return d
		}
	}
	return nil
}

func (v *visitor) toldOf(channel ident.Channel) bool {
	for _, c := range v.told {
		if c == channel {
			return true
		}
	}
	return false
}

func (v *visitor) setTold(channel ident.Channel, told bool) {
	for i, c := range v.told {
		if c == channel {
			if !told {
				v.told = append(v.told[:i], v.told[i+1:]...)
			}
			return
		}
	}
	if told {
		v.told = append(v.told, channel)
	}
}
