package api

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Modes is how a room is written in: the same as in the event 'modes.changed'.
type Modes struct {
	Slow        int64 `json:"slow" minimum:"0" maximum:"600" doc:"seconds between two messages of one person; 0: off"`
	Followers   bool  `json:"followers" doc:"only who follows the channel"`
	FollowedFor int64 `json:"followed_for" minimum:"0" maximum:"7776000" doc:"and has for so many seconds; 0 unless followers"`
	Subscribers bool  `json:"subscribers" doc:"only who subscribes; public room"`
	Emotes      bool  `json:"emotes" doc:"emoji, no words"`
	Unique      bool  `json:"unique" doc:"nothing that was said in the last ten minutes"`
}

// RoomModes is the modes of a channel's rooms.
type RoomModes struct {
	Public Modes  `json:"public"`
	Space  *Modes `json:"space" doc:"null to who is not inside"`
}

// Writing is whether the caller may write into a room now. Pace and content are
// decided of each message.
type Writing struct {
	Reason string  `json:"reason" doc:"why not; empty: they may"`
	Until  *Moment `json:"until" doc:"when this stops being true by the clock; null: no such moment"`
}

// RoomWriting is Writing for both rooms.
type RoomWriting struct {
	Public Writing `json:"public"`
	Space  Writing `json:"space"`
}

func (a *API) modeRoutes() {
	route(a, "PUT", "/api/channels/{channel}/rooms/{room}/modes", "set-modes", "Say how a room is written in (staff)", 200, a.setModes)
}

func (a *API) setModes(ctx context.Context, in *struct {
	InChannel
	Room string `path:"room" enum:"public,space"`
	Body Modes
},
) (*body[Modes], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	at := room.Address{Channel: c.ID, Audience: room.Audience(in.Room)}
	if err := a.opt.Chat.SetModes(ctx, s.Account, at, in.Body.modes()); err != nil {
		return nil, err
	}
	a.opt.Gate.Forget(access.Subject{Channel: c.ID}) // who asks next must not be told of the old ones
	return answer(in.Body, nil)
}

func (m Modes) modes() room.Modes {
	return room.Modes{
		Slow: time.Duration(m.Slow) * time.Second, Followers: m.Followers, FollowedFor: time.Duration(m.FollowedFor) * time.Second,
		Subscribers: m.Subscribers, Emotes: m.Emotes, Unique: m.Unique,
	}
}

func modesOf(m event.ModesChanged) Modes { return Modes(m) }

// roomModes is what the person may know of the channel's modes.
func roomModes(f access.Facts, now time.Time) RoomModes {
	out := RoomModes{Public: modesOf(f.Modes[room.Public].Told())}
	if access.Decide(f, access.ReadSpace, now).Allowed {
		inside := modesOf(f.Modes[room.Space].Told())
		out.Space = &inside
	}
	return out
}

func writing(f access.Facts, now time.Time) RoomWriting {
	of := func(act access.Action) Writing {
		d := access.Decide(f, act, now)
		return Writing{Reason: d.Reason, Until: MomentOf(d.Until)}
	}
	return RoomWriting{Public: of(access.PostPublic), Space: of(access.PostSpace)}
}
