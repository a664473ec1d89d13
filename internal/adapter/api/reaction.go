package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Reactions is how people reacted to a message: how many, and never who.
type Reactions struct {
	Seq    int64          `json:"seq" doc:"of the message"`
	Counts map[string]int `json:"counts" doc:"by emoji, those that somebody used"`
	Mine   []string       `json:"mine" nullable:"false" doc:"the caller's own"`
}

// ReactionList is what stands at the messages of a stretch of a log.
type ReactionList struct {
	Reactions []Reactions `json:"reactions" nullable:"false" doc:"of the messages that have some, in ascending order"`
}

// Span names the messages from one sequence to another.
type Span struct {
	From int64 `query:"from" minimum:"1" default:"1" doc:"the first sequence"`
	To   int64 `query:"to" minimum:"1" doc:"the last sequence; at most 499 after the first"`
}

// ByEmoji names a reaction to a message.
type ByEmoji struct {
	Seq   int64  `path:"seq" minimum:"1"`
	Emoji string `path:"emoji" maxLength:"20" doc:"heart, laugh, fire, clap, wow or sad"`
}

func (a *API) reactionRoutes() {
	type inRoom struct {
		InRoom
		ByEmoji
	}
	type inThread struct {
		InThread
		ByEmoji
	}
	const rooms, threads = "/api/channels/{channel}/rooms/{room}", "/api/channels/{channel}/threads/{thread}"
	for _, r := range []struct {
		method, id, summary string
		on                  bool
	}{
		{"PUT", "react", "React to a message; once with each emoji (who may write there)", true},
		{"DELETE", "unreact", "Take a reaction back", false},
	} {
		route(a, r.method, rooms+"/messages/{seq}/reactions/{emoji}", r.id, r.summary, 200, func(ctx context.Context, in *inRoom) (*body[Reactions], error) {
			at, s, err := a.room(ctx, in.InRoom)
			return a.react(ctx, at, s, in.ByEmoji, r.on, err)
		})
		route(a, r.method, threads+"/messages/{seq}/reactions/{emoji}", r.id+"-in-thread", r.summary, 200, func(ctx context.Context, in *inThread) (*body[Reactions], error) {
			at, s, err := a.thread(ctx, in.InThread)
			return a.react(ctx, at, s, in.ByEmoji, r.on, err)
		})
	}
	route(a, "GET", rooms+"/reactions", "list-reactions", "How people reacted to the messages of a stretch", 200, func(ctx context.Context, in *struct {
		InRoom
		Span
	},
	) (*body[ReactionList], error) {
		at, s, err := a.room(ctx, in.InRoom)
		if err == nil {
			_, err = a.opt.Gate.Allow(ctx, s, access.Reading(at.Audience))
		}
		return a.listReactions(ctx, at, s, in.Span, err)
	})
	route(a, "GET", threads+"/reactions", "list-thread-reactions", "How people reacted to the messages of a stretch (inside)", 200, func(ctx context.Context, in *struct {
		InThread
		Span
	},
	) (*body[ReactionList], error) {
		at, s, err := a.thread(ctx, in.InThread)
		if err == nil {
			err = a.opt.Space.Allow(ctx, s.Account, at)
		}
		return a.listReactions(ctx, at, s, in.Span, err)
	})
}

// room returns where a room is and who is asking.
func (a *API) room(ctx context.Context, in InRoom) (room.Address, access.Subject, error) {
	c, s, err := a.subject(ctx, in.Channel)
	return room.Address{Channel: c.ID, Audience: room.Audience(in.Room)}, s, err
}

// react answers for a caller of whom before says why they cannot be served.
func (a *API) react(ctx context.Context, at room.Address, s access.Subject, w ByEmoji, on bool, before error) (*body[Reactions], error) {
	if before != nil {
		return nil, before
	}
	r, err := a.opt.Reactions.React(ctx, chat.React{Place: chat.Place{Address: at, Seq: w.Seq}, By: s.Account, Emoji: chat.Emoji(w.Emoji), On: on})
	return answer(reactionsOf(r), err)
}

// listReactions answers for a caller of whom before says why they may not know.
func (a *API) listReactions(ctx context.Context, at room.Address, s access.Subject, in Span, before error) (*body[ReactionList], error) {
	if before != nil {
		return nil, before
	}
	list, err := a.reactionsIn(ctx, at, s, in.From, min(max(in.From, in.To), in.From+spanMax-1))
	return answer(ReactionList{list}, err)
}

// spanMax is of how many sequences one is told at once, as of events.
const spanMax = 500

// reactionsIn reads for somebody who may.
func (a *API) reactionsIn(ctx context.Context, at room.Address, s access.Subject, from, to int64) ([]Reactions, error) {
	found, err := a.opt.Reactions.In(ctx, at, s.Account, from, to)
	out := make([]Reactions, 0, len(found))
	for _, r := range found {
		out = append(out, reactionsOf(r))
	}
	return out, err
}

func reactionsOf(r chat.Reacted) Reactions {
	out := Reactions{Seq: r.Seq, Counts: make(map[string]int, len(r.Counts)), Mine: make([]string, len(r.Mine))}
	for emoji, n := range r.Counts {
		out.Counts[string(emoji)] = n
	}
	for i, emoji := range r.Mine {
		out.Mine[i] = string(emoji)
	}
	return out
}
