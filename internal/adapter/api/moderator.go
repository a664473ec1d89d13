package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Moderator is a member of a channel's staff.
type Moderator struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Grade string `json:"grade" enum:"assistant,moderator,lead"`
}

// ModeratorList is a channel's staff without its creator.
type ModeratorList struct {
	Moderators []Moderator `json:"moderators" nullable:"false"`
}

// Grading is the grade that a moderator is given.
type Grading struct {
	Grade string `json:"grade" enum:"assistant,moderator,lead"`
}

type InModerator struct {
	InChannel
	Name string `path:"name" maxLength:"120"`
}

func (a *API) moderatorRoutes() {
	route(a, "GET", "/api/channels/{channel}/moderators", "list-moderators", "Moderators (creator, leads)", 200, a.listModerators)
	route(a, "PUT", "/api/channels/{channel}/moderators/{name}", "appoint-moderator", "Appoint, or give another grade (creator, leads)", 204,
		func(ctx context.Context, in *struct {
			InModerator
			Body *Grading `doc:"without it: moderator"`
		},
		) (*none, error) {
			grade := access.GradeModerator
			if in.Body != nil {
				grade = access.GradeOf(in.Body.Grade)
			}
			return a.staff(ctx, in.Channel, func(by ident.Account, id ident.Channel) error {
				return a.opt.Channels.Appoint(ctx, by, id, in.Name, grade)
			})
		})
	route(a, "DELETE", "/api/channels/{channel}/moderators/{name}", "dismiss-moderator", "Dismiss (creator, leads)", 204,
		func(ctx context.Context, in *InModerator) (*none, error) {
			return a.staff(ctx, in.Channel, func(by ident.Account, id ident.Channel) error {
				return a.opt.Channels.Dismiss(ctx, by, id, in.Name)
			})
		})
}

func (a *API) listModerators(ctx context.Context, in *InChannel) (*body[ModeratorList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	ms, err := a.opt.Channels.Moderators(ctx, s.Account, c.ID)
	if err != nil {
		return nil, err
	}
	out := &body[ModeratorList]{}
	out.Body.Moderators = []Moderator{}
	for _, m := range ms {
		out.Body.Moderators = append(out.Body.Moderators, Moderator{string(m.ID), m.Name, m.Grade.String()})
	}
	return out, nil
}

func (a *API) staff(ctx context.Context, handle string, act func(ident.Account, ident.Channel) error) (*none, error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByHandle(ctx, handle)
	if err != nil {
		return nil, err
	}
	return nil, act(session.Account.ID, c.ID)
}
