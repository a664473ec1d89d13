package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/audit"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Act is one entry of a channel's audit log.
type Act struct {
	ID     string            `json:"id"`
	At     Moment            `json:"at"`
	By     Person            `json:"by"`
	As     string            `json:"as" enum:"owner,lead,moderator,assistant" doc:"what the actor was then"`
	Act    string            `json:"act"`
	On     *Person           `json:"on" doc:"whom it was about; null: nobody"`
	Thing  string            `json:"thing" doc:"what it was about: a place in a room, a term, a title; may be empty"`
	Reason string            `json:"reason"`
	Before map[string]string `json:"before" nullable:"false" doc:"how it stood"`
	After  map[string]string `json:"after" nullable:"false" doc:"how it stands since"`
}

// Person is an account as staff see it.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ActList is a page of the audit log, the newest first.
type ActList struct {
	Acts []Act `json:"acts" nullable:"false"`
	More bool  `json:"more" doc:"there may be older ones: ask with before"`
}

func (a *API) auditRoutes() {
	route(a, "GET", "/api/channels/{channel}/audit", "list-acts", "What staff did (creator, moderators from the middle grade on)", 200, a.listActs)
}

func (a *API) listActs(ctx context.Context, in *struct {
	InChannel
	On     string `query:"on" maxLength:"40" doc:"only what was about this account"`
	Before string `query:"before" maxLength:"40" doc:"only what is older than this entry"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
},
) (*body[ActList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	entries, err := a.opt.Audit.List(ctx, s.Account, audit.Query{
		Channel: c.ID, On: ident.Account(in.On), Before: ident.Act(in.Before), Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := ActList{Acts: []Act{}, More: len(entries) == in.Limit}
	for _, e := range entries {
		out.Acts = append(out.Acts, actOf(e))
	}
	return answer(out, nil)
}

func actOf(e audit.Entry) Act {
	out := Act{
		ID: string(e.ID), At: Moment(e.At), By: Person{string(e.By), e.ByName}, As: e.As, Act: string(e.Act),
		Thing: e.Thing, Reason: e.Reason, Before: e.Before, After: e.After,
	}
	if e.On != "" {
		out.On = &Person{string(e.On), e.OnName}
	}
	return out
}
