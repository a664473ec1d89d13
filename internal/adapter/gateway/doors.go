package gateway

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// entrance is one wish to enter a room, on its way through the gate.
type entrance struct {
	visitor  *visitor
	who      ident.Account
	ask      ask
	audience *audience
	decision access.Decision
	space    *access.Decision // what the gate says of the Sub Space, to somebody in the public room
	asked    time.Time        // when the gate was asked
	changes  uint64           // how many changes of rights had been heard of by then
	ahead    int64            // the cursor, when it is beyond what could be read here
	lost     bool             // the cursor is of another history
}

func business(channel ident.Channel) room.Address {
	return room.Address{Channel: channel, Audience: room.Business}
}

// enter opens a door: the log of rights is followed first, then the gate is
// asked, then the audience, then the log from the cursor on, so that nothing
// falls between the page and what follows live.
func (v *visitor) enter(ctx context.Context, f ask, who ident.Account) (func() error, error) {
	g := v.gateway()
	at, handle, err := g.addressOf(ctx, f)
	if err != nil {
		return nil, err
	}
	if at.Audience == room.ThreadRoom { // whoever is outside learns nothing of which threads there are
		if _, err := g.opt.Gate.Allow(ctx, access.Subject{Account: who, Channel: at.Channel}, access.ReadSpace); err != nil {
			return nil, err
		}
	}
	if _, err := g.use(ctx, business(at.Channel), handle); err != nil {
		return nil, err
	}
	a, err := g.use(ctx, at, handle)
	if err != nil {
		g.drop(business(at.Channel))
		return nil, err
	}
	e := &entrance{visitor: v, who: who, ask: f, audience: a}
	opened, err := e.pass(ctx)
	if !opened {
		g.release(a)
	}
	return nil, err
}

// enterNow is enter for a room that somebody is in already and a visitor whom
// the gate knows: nothing has to be waited for, and nothing comes between the
// gate's answer and the open door. Not done: it takes the longer way, and if all
// that is missing is what the gate knows of somebody, unknown says of whom. On
// the loop.
func (v *visitor) enterNow(f ask) (done bool, unknown access.Subject) {
	g := v.gateway()
	audience, err := room.ParseAudience(f.Room)
	if err != nil || f.Overlay != "" {
		return false, unknown
	}
	a := g.enterable(f.Channel, audience)
	if a == nil {
		return false, unknown
	}
	e := &entrance{visitor: v, who: v.account(), ask: f, audience: a, asked: g.opt.Now()}
	if known, unknown := e.known(); !known {
		g.release(a)
		return false, unknown
	}
	d, _, err := e.open()
	if d == nil {
		g.release(a)
	}
	if errors.Is(err, errShut) { // its lease ran out in this very moment
		err = errRoomBusy()
	}
	if err != nil {
		v.refuse(f.ID, err)
		v.endStream(closeStayAway)
	}
	return true, unknown
}

// known fills in what the gate says from memory. It reports false unless that is
// a yes, and the page stands in memory too; unknown is whom the gate would have
// to read.
func (e *entrance) known() (known bool, unknown access.Subject) {
	gate, s := e.visitor.gateway().opt.Gate, access.Subject{Account: e.who, Channel: e.audience.address.Channel}
	decision, known := gate.Known(s, access.Reading(e.audience.address.Audience))
	if !known {
		return false, s
	}
	if !decision.Allowed {
		return false, unknown
	}
	e.decision = decision
	if e.audience.address.Audience == room.Public && e.who != "" {
		may, known := gate.Known(s, access.ReadSpace)
		if !known {
			return false, s
		}
		if may.Allowed {
			e.space = &may
		}
	}
	if c := e.ask.Cursor; c != nil && (e.strange() || *c > e.audience.tail.Head()) {
		return false, unknown // see reach
	}
	_, ok := e.audience.recent.page(e.ask.Cursor)
	return ok, unknown
}

// enterable returns the audience of a room that is open here, counted as used
// with that of the channel's business.
func (g *Gateway) enterable(handle string, which room.Audience) *audience {
	g.mu.Lock()
	defer g.mu.Unlock()
	channel, known := g.handles[handle]
	a, b := g.audiences[room.Address{Channel: channel, Audience: which}], g.audiences[business(channel)]
	if !known || a == nil || b == nil {
		return nil
	}
	a.users++
	b.users++
	return a
}

// gateTries bounds how often the gate is asked again because rights changed
// between its answer and the open door.
const gateTries = 8

// pass asks the gate and opens the door. It reports whether the door is there,
// and thereby who gives the audience back.
func (e *entrance) pass(ctx context.Context) (opened bool, err error) {
	g, a := e.visitor.gateway(), e.audience
	e.reach(ctx)
	var d *door
	for try := 0; try < gateTries; try++ {
		e.asked, e.changes = g.opt.Now(), g.opt.Gate.Changes(a.address.Channel)
		if e.decision, err = e.allow(ctx, access.Reading(a.address.Audience)); err != nil {
			return false, err
		}
		if err := e.stillGood(ctx); err != nil {
			return false, err
		}
		if e.lost { // only who may read the room is told how far it goes
			return false, room.CursorUnknown()
		}
		if e.space = nil; a.address.Audience == room.Public && e.who != "" && e.ask.Overlay == "" {
			if may, err := e.allow(ctx, access.ReadSpace); err == nil {
				e.space = &may
			}
		}
		if _, ok := a.recent.page(nil); !ok && e.ask.Cursor == nil {
			if err := a.recent.fill(ctx, g.opt.Logs, a.address); err != nil {
				return false, err
			}
		}
		unchanged, done := false, false
		if !e.visitor.share.loop.Await(func() {
			if unchanged = g.opt.Gate.Changes(a.address.Channel) == e.changes; unchanged {
				d, done, err = e.open()
			}
		}) {
			return false, context.Canceled
		}
		switch {
		case !unchanged:
			continue
		case d == nil:
			return false, err
		case !done:
			err = e.beginFromStore(ctx, d)
		}
		return true, e.explain(ctx, err)
	}
	return false, errRoomBusy()
}

// stillGood looks once more at an overlay's secret, or at a dock's address: it may have
// been revoked since it said who comes, before changes of it were counted.
func (e *entrance) stillGood(ctx context.Context) error {
	if err := e.visitor.gateway().stillDocked(ctx); err != nil {
		return err
	}
	if e.ask.Overlay == "" {
		return nil
	}
	_, _, err := e.visitor.gateway().opt.Overlay(ctx, e.ask.Overlay)
	return err
}

// reach follows the log up to the cursor of somebody who comes from another
// node, where they have seen what no bell has told here yet. Where it cannot be
// read, they are taken at their word: nothing comes twice. A cursor that the log
// does not reach is from before a backup was restored.
func (e *entrance) reach(ctx context.Context) {
	cursor, tail := e.ask.Cursor, e.audience.tail
	if cursor == nil || e.strange() {
		e.lost = cursor != nil
		return
	}
	if *cursor <= tail.Head() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	if err := tail.Heal(ctx); err != nil {
		e.ahead = *cursor
		return
	}
	e.lost = *cursor > tail.Head()
}

// strange reports whether the caller read another history than the logs hold.
func (e *entrance) strange() bool {
	return e.ask.History != "" && e.ask.History != e.visitor.gateway().opt.History
}

// explain asks the gate why a door closed while it was being opened.
func (e *entrance) explain(ctx context.Context, err error) error {
	if !errors.Is(err, errShut) {
		return err
	}
	if _, err := e.allow(ctx, access.Reading(e.audience.address.Audience)); err != nil {
		return err
	}
	return errRoomBusy()
}

func (e *entrance) allow(ctx context.Context, a access.Action) (access.Decision, error) {
	g, at, level := e.visitor.gateway(), e.audience.address, e.audience.level
	d, err := g.opt.Gate.Allow(ctx, access.Subject{Account: e.who, Channel: at.Channel, Level: level}, a)
	if at.Audience == room.ThreadRoom && level > 1 && fault.Of(err) != nil && fault.Of(err).Kind == fault.Denied {
		if _, inside := g.opt.Gate.Allow(ctx, access.Subject{Account: e.who, Channel: at.Channel}, a); inside == nil {
			err = room.ThreadMissing()
		}
	}
	return d, err
}

// confirmed is when the facts were read that the gate answered from.
func (e *entrance) confirmed() time.Time {
	g := e.visitor.gateway()
	s := access.Subject{Account: e.who, Channel: e.audience.address.Channel}
	if at := g.opt.Gate.ReadAt(s); !at.IsZero() && at.Before(e.asked) {
		return at
	}
	return e.asked
}

// open adds a door that misses nothing, and begins it when memory has its page.
// Nil without an error: nobody is there any more. On the loop.
func (e *entrance) open() (d *door, begun bool, err error) {
	v, at := e.visitor, e.audience.address
	if v.gone || !v.conn.Open() {
		return nil, false, nil
	}
	if old := v.door(at); old != nil {
		v.shut(old) // entering again starts over
	}
	if len(v.doors) >= doorsMax {
		return nil, false, fault.New(fault.Limited, "too_many_rooms", "One connection may be in %d rooms at once.", doorsMax)
	}
	d = &door{
		visitor: v, conn: v.conn, part: e.audience.parts[v.share.index], private: e.audience.private(), docked: v.dock != nil, overlay: e.ask.Overlay, lane: v.freeLane(),
		joining: true, confirmed: e.confirmed().UnixNano(),
	}
	if !e.decision.Until.IsZero() {
		d.until = e.decision.Until.UnixNano()
	}
	v.doors = append(v.doors, d)
	d.part.add(d)
	v.setTold(at.Channel, false)
	p, ok := e.audience.recent.page(e.ask.Cursor)
	if ok {
		err = e.begin(d, p)
	}
	return d, ok, err
}

// begin sends the page and opens the door for what follows. On the loop.
func (e *entrance) begin(d *door, p page) error {
	g := e.visitor.gateway()
	viewers, inside := g.presence.count(e.audience.address.Channel)
	state := stateView{Viewers: viewers}
	if e.audience.address.Audience != room.Business {
		state.Modes, state.Pinned = e.audience.modes.Load(), e.audience.pinned.Load()
	}
	if e.audience.address.Audience == room.Space {
		state.Inside = &inside
	}
	share := e.visitor.share
	share.frame = appendEntered(share.frame[:0], e.ask.ID, e.audience, p, e.decision.Until, state)
	if !d.begin(share.frame, max(p.head, e.ahead), g.opt.Now()) {
		e.visitor.shut(d)
		return errShut
	}
	if e.space != nil {
		e.visitor.invite(e.audience, *e.space)
	}
	return nil
}

// beginFromStore is begin for whoever was away longer than memory reaches back.
func (e *entrance) beginFromStore(ctx context.Context, d *door) error {
	g, a := e.visitor.gateway(), e.audience
	limit, after := pageSize, room.NoCursor
	if e.ask.Cursor != nil {
		limit, after = resumeSize, *e.ask.Cursor
	}
	stored, err := g.opt.Logs.Page(ctx, a.address, after, 0, limit)
	e.visitor.share.loop.Await(func() {
		if err != nil {
			e.visitor.shut(d)
			return
		}
		err = e.begin(d, page{events: join(stored.Events), head: stored.Head, more: stored.More})
	})
	return err
}

// errShut says that a door closed while it was being opened.
var errShut = errors.New("the door was shut")

func errRoomBusy() error {
	return fault.New(fault.Unavailable, "room_busy", "The room is too busy to enter right now. Please try again.").After(time.Second)
}

// addressOf reads which room a frame is about.
func (g *Gateway) addressOf(ctx context.Context, f ask) (room.Address, string, error) {
	if f.Overlay != "" {
		id, handle, err := g.opt.Overlay(ctx, f.Overlay)
		return room.Address{Channel: id, Audience: room.Public}, handle, err
	}
	at, err := room.ParseAddress(f.Room, f.Thread)
	if err != nil {
		return room.Address{}, "", err
	}
	at.Channel, err = g.channelOf(ctx, f.Channel)
	return at, f.Channel, err
}

func (v *visitor) leave(ctx context.Context, f ask) (func() error, error) {
	at, handle, err := v.gateway().addressOf(ctx, f)
	if err != nil {
		return nil, err
	}
	return func() error {
		if d := v.door(at); d != nil {
			v.shut(d)
		}
		v.say(encode(roomFrame{Type: "left", ID: f.ID, Channel: handle, Room: string(at.Audience), Thread: string(at.Thread)}))
		return nil
	}, nil
}

func (v *visitor) post(ctx context.Context, f ask, who ident.Account) (func() error, error) {
	g := v.gateway()
	at, handle, err := g.addressOf(ctx, f)
	if err != nil {
		return nil, err
	}
	var pictures []chat.Shown
	for _, p := range f.Pictures {
		pictures = append(pictures, chat.Shown(p))
	}
	var mentions []ident.Account
	for _, id := range f.Mentions {
		mentions = append(mentions, ident.Account(id))
	}
	receipt, err := g.opt.Chat.Post(ctx, chat.Post{Address: at, Author: who, Key: f.Key, Text: f.Text, ReplyTo: f.ReplyTo, Announcement: f.Announcement, Pictures: pictures, Mentions: mentions})
	if err != nil {
		return nil, err
	}
	return func() error {
		v.say(ackMessage(f.ID, handle, at, receipt.Event))
		return nil
	}, nil
}

// shut closes a door, and takes back what of a private room has not left yet.
// On the loop.
func (v *visitor) shut(d *door) {
	if d.closed {
		return
	}
	d.closed, d.waiting = true, nil
	for i, other := range v.doors {
		if other == d {
			v.doors = append(v.doors[:i], v.doors[i+1:]...)
			break
		}
	}
	d.part.remove(d)
	v.conn.Drop(d.owns, d.private)
	v.gateway().release(d.part.audience)
}

// release gives an audience back, with that of the channel's business.
func (g *Gateway) release(a *audience) {
	g.drop(a.address)
	g.drop(business(a.address.Channel))
}

// freeLane returns a lane that no door of the visitor has.
func (v *visitor) freeLane() socket.Lane {
	lane := socket.Lane(1)
	for i := 0; i < len(v.doors); i++ {
		if v.doors[i].lane == lane {
			lane, i = lane+1, -1
		}
	}
	return lane
}

// turnOut closes a door because the gate says so, and tells why. A person who is
// banned everywhere they stood is asked to stay away. On the loop.
func (v *visitor) turnOut(d *door, reason, detail string) {
	if d.closed {
		return
	}
	v.shut(d)
	a := d.part.audience
	v.say(encode(roomFrame{
		Type: "closed", Channel: a.handle, Room: string(a.address.Audience), Thread: string(a.address.Thread), Reason: reason, Detail: detail,
	}))
	v.setTold(a.address.Channel, false)
	if len(v.doors) == 0 && (reason == "banned" || reason == "timed_out") {
		v.conn.Close(closeStayAway, reason, false)
	}
	v.endStream(closeStayAway)
}

// onBusiness hears what changed in a channel. It runs under a tail's lock.
func (g *Gateway) onBusiness(channel ident.Channel, e event.Encoded) {
	g.overlays.heard(channel, e)
	g.heardOfDock(e)
	if !event.Concerns(e.Bytes) {
		return
	}
	s := access.Subject{Account: event.Affected(e.Bytes), Channel: channel}
	g.opt.Gate.Forget(s)
	g.suspend(s)
	g.recheck.changed(s)
}

// suspend holds back the private rooms of whose rights may have changed, before
// anything that was written after the change can reach them.
func (g *Gateway) suspend(s access.Subject) {
	c := change{s, g.opt.Now()}
	for _, a := range g.insideOf(s.Channel) {
		for _, p := range a.parts {
			p.heard(c)
		}
	}
}

// insideOf returns the audiences of a channel's Sub Space: the room and threads.
func (g *Gateway) insideOf(channel ident.Channel) []*audience {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Collect(maps.Values(g.inside[channel]))
}
