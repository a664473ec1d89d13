package api

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/poll"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Poll is a poll as the caller may see it.
type Poll struct {
	ID         string       `json:"id"`
	Room       string       `json:"room" enum:"public,space,thread"`
	Thread     string       `json:"thread" doc:"that it stands in; empty: in none"`
	Question   string       `json:"question"`
	Options    []PollOption `json:"options" nullable:"false" doc:"an option is named by its place here, from 0 on"`
	Choice     *int         `json:"choice" doc:"the caller's vote; null: they have not voted"`
	Voters     *int         `json:"voters" doc:"how many voted; null: not shown yet"`
	Changeable bool         `json:"changeable" doc:"voters may change their vote"`
	Results    string       `json:"results" enum:"live,end" doc:"live: the room sees them as they come; end: when it has closed"`
	OpenedAt   Moment       `json:"opened_at"`
	ClosesAt   *Moment      `json:"closes_at" doc:"when it closes by itself; null: when the creator closes it"`
	ClosedAt   *Moment      `json:"closed_at" doc:"null while it is open"`
}

// PollOption is something to choose.
type PollOption struct {
	Text  string `json:"text"`
	Votes *int   `json:"votes" doc:"null: not shown yet"`
}

// PollList is polls, the newest first.
type PollList struct {
	Polls []Poll `json:"polls" nullable:"false"`
}

// InPoll names a poll of a channel.
type InPoll struct {
	InChannel
	Poll string `path:"poll" maxLength:"40"`
}

func pollOf(p poll.Seen) Poll {
	out := Poll{
		ID: string(p.ID), Room: string(p.Audience), Thread: string(p.Thread), Question: p.Question, Options: []PollOption{},
		Changeable: p.Changeable, Results: "end", OpenedAt: Moment(p.OpenedAt), ClosesAt: MomentOf(p.ClosesAt), ClosedAt: MomentOf(p.ClosedAt),
	}
	if p.Live {
		out.Results = "live"
	}
	if p.Choice != poll.None {
		out.Choice = &p.Choice
	}
	for _, text := range p.Options {
		out.Options = append(out.Options, PollOption{Text: text})
	}
	if p.Votes == nil {
		return out
	}
	voters := 0
	for i, n := range p.Votes {
		out.Options[i].Votes = &n
		voters += n
	}
	out.Voters = &voters
	return out
}

func pollsOf(ps []poll.Seen) PollList {
	out := PollList{Polls: []Poll{}}
	for _, p := range ps {
		out.Polls = append(out.Polls, pollOf(p))
	}
	return out
}

func (a *API) pollRoutes() {
	route(a, "GET", "/api/channels/{channel}/polls", "list-polls",
		"The newest polls of a room (who may read it); without a room those of all, with their votes (creator)", 200, a.listPolls)
	route(a, "POST", "/api/channels/{channel}/polls", "open-poll", "Ask a room to choose (creator)", 201, a.openPoll)
	route(a, "PUT", "/api/channels/{channel}/polls/{poll}/vote", "vote-poll", "Vote, or change the vote (who may write in the room)", 204, a.votePoll)
	route(a, "POST", "/api/channels/{channel}/polls/{poll}/close", "close-poll", "Close and show what was chosen (creator)", 200, a.closePoll)
}

func (a *API) listPolls(ctx context.Context, in *struct {
	InChannel
	Room   string `query:"room" enum:"public,space,thread"`
	Thread string `query:"thread" maxLength:"40" doc:"of the room 'thread'"`
},
) (*body[PollList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	if in.Room == "" {
		ps, err := a.opt.Polls.Of(ctx, s.Account, c.ID)
		return answer(pollsOf(ps), err)
	}
	at, err := pollRoom(c.ID, in.Room, in.Thread)
	if err != nil {
		return nil, err
	}
	ps, err := a.opt.Polls.In(ctx, s.Account, at)
	return answer(pollsOf(ps), err)
}

// pollRoom returns the address of a room that may have polls.
func pollRoom(channel ident.Channel, name, thread string) (room.Address, error) {
	at, err := room.ParseAddress(name, thread)
	at.Channel = channel
	return at, err
}

func (a *API) openPoll(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Key        string   `json:"key" maxLength:"64" doc:"chosen by the caller; the same key asks once"`
		Room       string   `json:"room" enum:"public,space,thread"`
		Thread     string   `json:"thread,omitempty" maxLength:"40" doc:"of the room 'thread'"`
		Question   string   `json:"question" doc:"at most 200 characters"`
		Options    []string `json:"options" nullable:"false" maxItems:"20" doc:"2 to 6, each at most 80 characters"`
		Changeable bool     `json:"changeable,omitempty" doc:"voters may change their vote"`
		Results    string   `json:"results,omitempty" enum:"live,end" default:"live"`
		ClosesIn   int      `json:"closes_in,omitempty" minimum:"0" maximum:"2592000" doc:"seconds after which it closes by itself; without it: the creator closes it"`
	}
},
) (*body[Poll], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	b := in.Body
	at, err := pollRoom(c.ID, b.Room, b.Thread)
	if err != nil {
		return nil, err
	}
	p, err := a.opt.Polls.Ask(ctx, s.Account, poll.Opening{
		Address: at, Key: b.Key, Question: b.Question, Options: b.Options, Changeable: b.Changeable, Live: b.Results != "end",
		ClosesIn: time.Duration(b.ClosesIn) * time.Second,
	})
	return answer(pollOf(poll.Seen{Poll: p, Choice: poll.None, Votes: p.Final}), err)
}

func (a *API) votePoll(ctx context.Context, in *struct {
	InPoll
	Body struct {
		Option int `json:"option" minimum:"0" maximum:"5"`
	}
},
) (*none, error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	return nil, a.opt.Polls.Vote(ctx, poll.Vote{By: s.Account, Channel: c.ID, Poll: ident.Poll(in.Poll), Choice: in.Body.Option})
}

func (a *API) closePoll(ctx context.Context, in *InPoll) (*body[Poll], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	p, err := a.opt.Polls.Close(ctx, s.Account, c.ID, ident.Poll(in.Poll))
	return answer(pollOf(poll.Seen{Poll: p, Choice: poll.None, Votes: p.Final}), err)
}
