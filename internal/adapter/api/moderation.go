package api

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
)

// Sanction shuts a person out of a channel.
type Sanction struct {
	Account string  `json:"account"`
	Name    string  `json:"name"`
	Kind    string  `json:"kind" enum:"timeout,ban"`
	Until   *Moment `json:"until" doc:"null: until lifted"`
	Reason  string  `json:"reason"`
	ByName  string  `json:"by_name"`
	At      Moment  `json:"at"`
}

func (a *API) moderationRoutes() {
	route(a, "GET", "/api/channels/{channel}/sanctions", "list-sanctions", "Sanctions that stand (staff)", 200, a.listSanctions)
	route(a, "POST", "/api/channels/{channel}/sanctions", "impose-sanction", "Time out or ban (staff)", 201, a.imposeSanction)
	route(a, "DELETE", "/api/channels/{channel}/sanctions/{account}", "lift-sanction", "Lift a sanction (staff)", 204,
		func(ctx context.Context, in *struct {
			InChannel
			Account string `path:"account" maxLength:"40"`
		},
		) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Moderation.Lift(ctx, s.Account, c.ID, ident.Account(in.Account))
		})
}

func (a *API) listSanctions(ctx context.Context, in *InChannel) (*body[SanctionList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	list, err := a.opt.Moderation.List(ctx, s.Account, c.ID)
	if err != nil {
		return nil, err
	}
	out := &body[SanctionList]{}
	out.Body.Sanctions = []Sanction{}
	for _, x := range list {
		out.Body.Sanctions = append(out.Body.Sanctions, sanctionOf(x))
	}
	return out, nil
}

func (a *API) imposeSanction(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Account string `json:"account" maxLength:"40"`
		Kind    string `json:"kind" enum:"timeout,ban"`
		Seconds int64  `json:"seconds,omitempty" minimum:"0" maximum:"2419200" doc:"of a timeout"`
		Reason  string `json:"reason,omitempty" maxLength:"800"`
	}
},
) (*body[Sanction], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	x, err := a.opt.Moderation.Impose(ctx, s.Account, moderation.Order{
		Channel: c.ID, Account: ident.Account(in.Body.Account), Kind: access.BlockKind(in.Body.Kind),
		For: time.Duration(in.Body.Seconds) * time.Second, Reason: in.Body.Reason,
	})
	return answer(sanctionOf(x), err)
}

func sanctionOf(x moderation.Sanction) Sanction {
	out := Sanction{
		Account: string(x.Account), Name: x.Name, Kind: string(x.Kind),
		Reason: x.Reason, ByName: x.ByName, At: Moment(x.At),
	}
	if !x.Until.IsZero() {
		until := Moment(x.Until)
		out.Until = &until
	}
	return out
}

// SanctionList is the sanctions that stand.
type SanctionList struct {
	Sanctions []Sanction `json:"sanctions" nullable:"false"`
}
