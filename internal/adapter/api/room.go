package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

type InRoom struct {
	InChannel
	Room string `path:"room" enum:"public,space,channel"`
}

func (a *API) roomRoutes() {
	route(a, "GET", "/api/channels/{channel}/rooms/{room}/events", "list-events", "A stretch of a room's log", 200, a.listEvents)
	route(a, "POST", "/api/channels/{channel}/rooms/{room}/messages", "post-message", "Write into a room", 201, a.postMessage)
	route(a, "DELETE", "/api/channels/{channel}/rooms/{room}/messages/{seq}", "remove-message",
		"Remove a message (author, staff)", 204, a.removeMessage)
}

// EventPage is a stretch of a log in ascending order.
type EventPage struct {
	Events []storedEvent `json:"events" nullable:"false"`
	Head   int64         `json:"head" doc:"the log's last sequence"`
	More   bool          `json:"more" doc:"older events exist (after a cursor: newer ones)"`
	// Reactions are those of the messages among the events that have some.
	Reactions []Reactions `json:"reactions" nullable:"false"`
}

// Stretch names a stretch of a log.
type Stretch struct {
	After  int64 `query:"after" minimum:"-1" default:"-1" doc:"the last sequence the caller has, 0 for none of them: the answer is what came since, oldest first; -1: no cursor"`
	Before int64 `query:"before" minimum:"0" doc:"without a cursor: the newest below it; 0: the newest of all"`
	Limit  int   `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

func (a *API) listEvents(ctx context.Context, in *struct {
	InRoom
	Stretch
},
) (*body[EventPage], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	audience := room.Audience(in.Room)
	if _, err := a.opt.Gate.Allow(ctx, s, access.Reading(audience)); err != nil {
		return nil, err
	}
	return a.eventPage(ctx, room.Address{Channel: c.ID, Audience: audience}, s, in.Stretch)
}

// eventPage reads a log for somebody who may.
func (a *API) eventPage(ctx context.Context, at room.Address, s access.Subject, in Stretch) (*body[EventPage], error) {
	page, err := a.opt.Pages.Page(ctx, at, in.After, in.Before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := EventPage{Events: make([]storedEvent, 0, len(page.Events)), Head: page.Head, More: page.More}
	for _, e := range page.Events {
		out.Events = append(out.Events, storedEvent{e.Bytes})
	}
	if out.Reactions = []Reactions{}; len(page.Events) > 0 && at.Audience != room.Business {
		out.Reactions, err = a.reactionsIn(ctx, at, s, page.Events[0].Seq, page.Events[len(page.Events)-1].Seq)
	}
	return answer(out, err)
}

// Posted is a message that was written.
type Posted struct {
	Seq   int64       `json:"seq"`
	Event storedEvent `json:"event"`
}

// Words is a message about to be written.
type Words struct {
	Key          string        `json:"key" maxLength:"64" doc:"chosen by the caller; the same key writes once"`
	Text         string        `json:"text" doc:"at most 500 characters"`
	ReplyTo      int64         `json:"reply_to,omitempty" minimum:"0" doc:"sequence of the message answered"`
	Announcement bool          `json:"announcement,omitempty" doc:"it stands out (staff)"`
	Pictures     []PictureWish `json:"pictures,omitempty" doc:"of an update, at most four (creator)"`
	Mentions     []string      `json:"mentions,omitempty" maxItems:"20" doc:"accounts that the text means with an @ and their name, at most five"`
}

func (a *API) postMessage(ctx context.Context, in *struct {
	InRoom
	Body Words
},
) (*body[Posted], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	return a.post(ctx, room.Address{Channel: c.ID, Audience: room.Audience(in.Room)}, s, in.Body)
}

func (a *API) post(ctx context.Context, at room.Address, s access.Subject, w Words) (*body[Posted], error) {
	var mentions []ident.Account
	for _, id := range w.Mentions {
		mentions = append(mentions, ident.Account(id))
	}
	receipt, err := a.opt.Chat.Post(ctx, chat.Post{Address: at, Author: s.Account, Key: w.Key, Text: w.Text, ReplyTo: w.ReplyTo, Announcement: w.Announcement, Pictures: picturesOf(w.Pictures), Mentions: mentions})
	if err != nil {
		return nil, err
	}
	return answer(Posted{Seq: receipt.Event.Seq, Event: storedEvent{receipt.Event.Bytes}}, nil)
}

func (a *API) removeMessage(ctx context.Context, in *struct {
	InRoom
	Seq int64 `path:"seq" minimum:"1"`
},
) (*none, error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByHandle(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	at := chat.Place{Address: room.Address{Channel: c.ID, Audience: room.Audience(in.Room)}, Seq: in.Seq}
	return nil, a.opt.Chat.Remove(ctx, session.Account.ID, at)
}
