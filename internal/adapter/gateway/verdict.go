package gateway

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// verdict is what a reading of rights says about doors.
type verdict struct {
	facts   map[access.Subject]access.Facts
	asked   map[access.Subject]bool // true: an event said that rights changed
	readAt  time.Time
	revoked map[string]bool // overlays' secrets
}

// redecide acts on a door as the gate decides now. Everything here is on the loop.
func (s *share) redecide(c claim, v verdict, decided map[claim]access.Decision) {
	if c.door.closed {
		return
	}
	now := s.gateway.opt.Now()
	same := claim{subject: c.subject, audience: c.audience, level: c.level, scope: c.scope}
	decision, known := decided[same]
	if !known {
		decision = access.Decide(v.facts[c.subject].From(c.level).Within(c.scope), access.Reading(c.audience), now)
		decided[same] = decision
	}
	who := c.door.visitor
	switch refusal := decision.Fault(now); {
	case refusal != nil:
		who.turnOut(c.door, refusal.Reason, refusal.Detail)
	case c.overlay != "" && v.revoked[c.overlay]:
		who.turnOut(c.door, "overlay_revoked", "This overlay address does not work any more.")
	case !c.door.confirm(v.readAt, decision.Until):
		who.turnOut(c.door, "unconfirmed", "Your right could not be confirmed for a moment. Enter again.")
	}
	if c.audience == room.Public && c.overlay == "" && !c.door.closed {
		s.tell(c, v, now)
	}
}

// tell says to a page in the public room what is new for its owner there.
func (s *share) tell(c claim, v verdict, now time.Time) {
	who, a := c.door.visitor, c.door.part.audience
	who.invite(a, access.Decide(v.facts[c.subject].Within(c.scope), access.ReadSpace, now))
	if c.subject.Account != "" && v.asked[c.subject] {
		who.say(encode(standingFrame{Type: "standing", Channel: a.handle}))
	}
}

// invite says once that the Sub Space of a public room may now be entered.
func (v *visitor) invite(a *audience, may access.Decision) {
	channel := a.address.Channel
	inside := v.door(room.Address{Channel: channel, Audience: room.Space}) != nil
	tell := may.Allowed && !inside && !v.toldOf(channel)
	v.setTold(channel, may.Allowed)
	if tell {
		v.say(encode(doorFrame{Type: "door", Channel: a.handle, Room: string(room.Space), Open: true, Until: until(may.Until)}))
	}
}

// closeUnconfirmed closes a door that may not stay open without a reading of rights.
func (s *share) closeUnconfirmed(c claim) {
	d, u := c.door, access.Unconfirmed()
	if !d.closed && d.private && (d.lapsed || !d.holds(s.gateway.opt.Now())) {
		d.visitor.turnOut(d, u.Reason, u.Detail)
	}
}

// closeDue has the gate look again at doors whose time has come.
func (s *share) closeDue(now time.Time) {
	for _, a := range s.gateway.all() {
		p := a.parts[s.index]
		if !a.private() && !p.publicTurn(now) {
			continue
		}
		for _, d := range p.due(now) {
			s.gateway.recheck.add(access.Subject{Account: d.visitor.account(), Channel: a.address.Channel})
		}
	}
}

// lookEvery is how often, in seconds, the rights behind each private door are
// read although no event asked for it.
const lookEvery = 30

// lookAround has a share of the private doors looked at again. Every change of
// rights is an event; this is for the one that somebody forgets to write.
func (s *share) lookAround() {
	s.turn++
	for _, a := range s.gateway.all() {
		if !a.private() {
			continue
		}
		doors := a.parts[s.index].doors
		for i := s.turn % lookEvery; i < len(doors); i += lookEvery {
			if d := doors[i]; d != nil {
				s.gateway.recheck.add(access.Subject{Account: d.visitor.account(), Channel: a.address.Channel})
			}
		}
	}
}
