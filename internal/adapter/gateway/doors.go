package gateway

import (
	"context"
	"encoding/json"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// pageSize is how many events an answer to 'enter' holds: the newest ones for a
// newcomer, up to resumeSize for somebody who comes back.
const (
	pageSize   = 50
	resumeSize = 500
)

// enter opens a door: the gate first, then the audience, then the log from the
// cursor on, so that nothing falls between the page and what follows live.
func (c *conn) enter(f ask) error {
	at, handle, err := c.address(f)
	if err != nil {
		return err
	}
	g := c.gateway
	asked := g.opt.Now()
	decision, err := g.opt.Gate.Allow(c.ctx, access.Subject{Account: c.account(), Channel: at.Channel}, access.Reading(at.Audience))
	if err != nil {
		return err
	}
	c.shut(at) // entering again starts over
	c.mu.Lock()
	tooMany := len(c.doors) >= doorsMax
	c.mu.Unlock()
	if tooMany {
		return fault.New(fault.Limited, "too_many_rooms", "One connection may be in %d rooms at once.", doorsMax)
	}
	a, err := c.use(at, handle)
	if err != nil {
		return err
	}
	d := &door{conn: c, address: at, handle: handle, overlay: f.Overlay, until: decision.Until, confirmed: asked}
	a.open(d)
	c.mu.Lock()
	c.doors[at] = d
	c.told[at.Channel] = false
	c.mu.Unlock()
	if err := c.beginAt(a, d, f, decision.Until); err != nil {
		c.shut(at)
		return err
	}
	// What changed between the gate's answer and the open door is looked at again.
	g.recheck.add(access.Subject{Account: c.account(), Channel: at.Channel})
	return nil
}

// use claims the audience and that of the channel's business, whose bells say
// when rights change.
func (c *conn) use(at room.Address, handle string) (*audience, error) {
	business := room.Address{Channel: at.Channel, Audience: room.Business}
	if _, err := c.gateway.use(c.ctx, business, handle); err != nil {
		return nil, err
	}
	a, err := c.gateway.use(c.ctx, at, handle)
	if err != nil {
		c.gateway.drop(business)
	}
	return a, err
}

func (c *conn) beginAt(a *audience, d *door, f ask, ends time.Time) error {
	limit, after := pageSize, int64(0)
	if f.Cursor != nil {
		limit, after = resumeSize, *f.Cursor
	}
	page, err := c.gateway.opt.Logs.Page(c.ctx, a.address, after, 0, limit)
	if err != nil {
		return err
	}
	viewers, inside := c.gateway.presence.count(a.address.Channel)
	frame := enteredFrame{
		Type: "entered", ID: clip(f.ID), Channel: d.handle, Room: string(a.address.Audience), Log: string(a.log),
		Head: page.Head, Events: raw(page.Events), More: page.More, Until: until(ends), State: stateView{Viewers: viewers},
	}
	if a.address.Audience == room.Space {
		frame.State.Inside = &inside
	}
	if !a.begin(d, encode(frame), page.Head) {
		// Shut while the page was read? Then the gate says why.
		subject := access.Subject{Account: c.account(), Channel: a.address.Channel}
		if _, err := c.gateway.opt.Gate.Allow(c.ctx, subject, access.Reading(a.address.Audience)); err != nil {
			return err
		}
		return fault.New(fault.Unavailable, "room_busy", "The room is too busy to enter right now. Please try again.").After(time.Second)
	}
	return nil
}

// address reads which room a frame is about.
func (c *conn) address(f ask) (room.Address, string, error) {
	if f.Overlay != "" {
		id, handle, err := c.gateway.opt.Overlay(c.ctx, f.Overlay)
		return room.Address{Channel: id, Audience: room.Public}, handle, err
	}
	audience, err := room.ParseAudience(f.Room)
	if err != nil {
		return room.Address{}, "", err
	}
	id, err := c.gateway.opt.Channel(c.ctx, f.Channel)
	return room.Address{Channel: id, Audience: audience}, f.Channel, err
}

func (c *conn) leave(f ask) error {
	at, handle, err := c.address(f)
	if err != nil {
		return err
	}
	c.shut(at)
	c.send(encode(roomFrame{Type: "left", ID: clip(f.ID), Channel: handle, Room: string(at.Audience)}))
	return nil
}

func (c *conn) post(f ask) error {
	at, handle, err := c.address(f)
	if err != nil {
		return err
	}
	receipt, err := c.gateway.opt.Chat.Post(c.ctx, chat.Post{
		Address: at, Author: c.account(), Key: f.Key, Text: f.Text, ReplyTo: f.ReplyTo,
	})
	if err != nil {
		return err
	}
	c.send(encode(ackFrame{
		Type: "ack", ID: clip(f.ID), Channel: handle, Room: string(at.Audience),
		Seq: receipt.Event.Seq, Event: json.RawMessage(receipt.Event.Bytes),
	}))
	return nil
}

// shut closes this connection's door at an address, if it is open.
func (c *conn) shut(at room.Address) bool {
	c.mu.Lock()
	d := c.doors[at]
	delete(c.doors, at)
	c.mu.Unlock()
	if d == nil {
		return false
	}
	g := c.gateway
	g.mu.Lock()
	a := g.audiences[at]
	g.mu.Unlock()
	if a == nil || !a.shut(d) {
		return false
	}
	g.drop(at)
	g.drop(room.Address{Channel: at.Channel, Audience: room.Business})
	return true
}

func (c *conn) leaveAll() {
	c.mu.Lock()
	at := make([]room.Address, 0, len(c.doors))
	for a := range c.doors {
		at = append(at, a)
	}
	c.mu.Unlock()
	for _, a := range at {
		c.shut(a)
	}
}

// turnOut closes a door because the gate says so, and tells why. A person who is
// banned everywhere they stood is asked to stay away.
func (g *Gateway) turnOut(d *door, reason, detail string) {
	if !d.conn.shut(d.address) {
		return
	}
	d.conn.send(encode(roomFrame{Type: "closed", Channel: d.handle, Room: string(d.address.Audience), Reason: reason, Detail: detail}))
	d.conn.mu.Lock()
	d.conn.told[d.address.Channel] = false
	left := len(d.conn.doors)
	d.conn.mu.Unlock()
	if left == 0 && (reason == "banned" || reason == "timed_out") {
		d.conn.close(closeStayAway, reason)
	}
}

// onBusiness hears what changed in a channel. It runs under a tail's lock.
func (g *Gateway) onBusiness(channel ident.Channel, e event.Encoded) {
	account := event.Affected(e.Bytes)
	s := access.Subject{Account: account, Channel: channel}
	g.opt.Gate.Forget(s)
	g.suspend(s)
	g.recheck.changed(s)
}

// suspend holds back the private rooms of whose rights may have changed, before
// anything that was written after the change can reach them.
func (g *Gateway) suspend(s access.Subject) {
	g.mu.Lock()
	a := g.audiences[room.Address{Channel: s.Channel, Audience: room.Space}]
	g.mu.Unlock()
	if a != nil {
		a.suspend(func(d *door) bool { return s.Account == "" || d.conn.account() == s.Account })
	}
}

// overlayRevoked reports whether an overlay's door must close.
func (g *Gateway) overlayRevoked(ctx context.Context, d *door) bool {
	if d.overlay == "" {
		return false
	}
	id, _, err := g.opt.Overlay(ctx, d.overlay)
	return fault.Is(err, "overlay_revoked") || (err == nil && id != d.address.Channel)
}
