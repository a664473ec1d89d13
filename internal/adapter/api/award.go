package api

import (
	"bytes"
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Right is a right that was given.
type Right struct {
	ID     string `json:"id"`
	Source string `json:"source" enum:"comp,manual,import,gift"`
	Since  Moment `json:"since"`
	Until  Moment `json:"until"`
}

// GiftResult says what became of a gift.
type GiftResult struct {
	Given   int  `json:"given" doc:"months that somebody has"`
	Left    int  `json:"left" doc:"months that found nobody, and are paid back"`
	Settled bool `json:"settled" doc:"what was left is paid back"`
}

// GiftReceived is the newest gift to the caller.
type GiftReceived struct {
	ID     string `json:"id"`
	From   string `json:"from" doc:"who gave it; empty: somebody who stays unnamed"`
	Months int    `json:"months"`
	Starts Moment `json:"starts" doc:"in the future while something paid otherwise runs"`
	Ends   Moment `json:"ends"`
}

// ImportResult says what became of a list.
type ImportResult struct {
	Granted  int           `json:"granted"`
	Known    int           `json:"known" doc:"lines that had granted before"`
	Troubles []LineTrouble `json:"troubles" nullable:"false"`
}

// LineTrouble is a line of a list that granted nothing.
type LineTrouble struct {
	Line   int    `json:"line" doc:"as an editor counts, the heading being 1"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

func (a *API) awardRoutes() {
	route(a, "POST", "/api/channels/{channel}/rights", "give-right", "Give somebody a right (creator)", 201, a.award)
	type given struct {
		InChannel
		Right string `path:"right" maxLength:"40"`
	}
	route(a, "DELETE", "/api/channels/{channel}/rights/{right}", "revoke-right", "Take back a right that was given (creator)", 204,
		func(ctx context.Context, in *given) (*none, error) {
			session, err := callerOf(ctx).signedIn()
			if err != nil {
				return nil, err
			}
			c, err := a.opt.Channels.ByHandle(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Subscriptions.Revoke(ctx, session.Account.ID, c.ID, ident.Grant(in.Right))
		})
	huma.Register(a.huma, huma.Operation{
		OperationID: "import-rights", Method: "POST", Path: "/api/channels/{channel}/rights/import",
		Summary: "Give rights by a list: name, months or until, tier, note (creator)", DefaultStatus: 200, MaxBodyBytes: subscription.ListMax + 1,
	}, a.importRights)
	route(a, "POST", "/api/channels/{channel}/gift", "open-gift", "Begin the purchase of months for others", 201, a.openGift)
}

func (a *API) award(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Name   string  `json:"name" maxLength:"120"`
		Tier   string  `json:"tier,omitempty" maxLength:"40" doc:"without it the lowest"`
		Source string  `json:"source" enum:"comp,manual" doc:"for nothing, or paid somewhere else"`
		Months int     `json:"months,omitempty"`
		Until  *Moment `json:"until,omitempty"`
		Note   string  `json:"note,omitempty" maxLength:"400"`
		Key    string  `json:"key" maxLength:"64" doc:"chosen by the caller; the same key gives once"`
	}
},
) (*body[Right], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByHandle(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	b := in.Body
	want := subscription.AwardWish{Name: b.Name, Tier: ident.Tier(b.Tier), Source: b.Source, Months: b.Months, Note: b.Note, Key: b.Key}
	if b.Until != nil {
		want.Until = b.Until.Time()
	}
	given, err := a.opt.Subscriptions.Award(ctx, session.Account.ID, c.ID, want)
	g := given.Grant
	return answer(Right{string(g.ID), g.Source, Moment(g.Starts), Moment(g.Ends)}, err)
}

func (a *API) importRights(ctx context.Context, in *struct {
	InChannel
	RawBody []byte `contentType:"text/csv"`
},
) (*body[ImportResult], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	c, err := a.opt.Channels.ByHandle(ctx, in.Channel)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	done, err := a.opt.Subscriptions.Import(ctx, session.Account.ID, c.ID, bytes.NewReader(in.RawBody))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := ImportResult{Granted: done.Granted, Known: done.Known, Troubles: []LineTrouble{}}
	for _, t := range done.Troubles {
		out.Troubles = append(out.Troubles, LineTrouble(t))
	}
	return &body[ImportResult]{out}, nil
}

func (a *API) openGift(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Key      string `json:"key" maxLength:"64" doc:"chosen by the caller; the same key opens one checkout"`
		Tier     string `json:"tier,omitempty" maxLength:"40" doc:"without it the lowest on sale"`
		Name     string `json:"name,omitempty" maxLength:"120" doc:"whom it is for; without it people of the room"`
		Months   int    `json:"months,omitempty" doc:"for the named person, 1 to 12"`
		People   int    `json:"people,omitempty" doc:"of the room, a month each, 1 to 100; what finds nobody is paid back"`
		Named    bool   `json:"named,omitempty" doc:"the chat and who is given something may read who gave; otherwise it is somebody unnamed"`
		Country  string `json:"country,omitempty" maxLength:"2" doc:"where the buyer lives, ISO 3166-1 alpha-2"`
		Language string `json:"language,omitempty" maxLength:"8"`
		Agreement
	}
},
) (*body[Checkout], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	if s.Account == "" {
		return nil, fault.New(fault.Denied, "sign_in", "Sign in first.")
	}
	b := in.Body
	checkout, err := a.opt.Subscriptions.OpenGift(ctx, s.Account, c.ID, subscription.GiftWish{
		Key: b.Key, Tier: ident.Tier(b.Tier), Name: b.Name, Months: b.Months, People: b.People,
		Named: b.Named, Country: b.Country, Language: b.Language, Back: a.back(ctx, "/c/"+c.Handle),
		Agreement: subscription.Agreement(b.Agreement),
	})
	if err != nil {
		return nil, err
	}
	return answer(a.checkout(ctx, checkout))
}

// giftResult is what became of a checkout's gift; nil when it is none, or not paid.
func (a *API) giftResult(ctx context.Context, c subscription.Checkout) (*GiftResult, error) {
	if c.Purpose != subscription.ForGift {
		return nil, nil
	}
	g, found, err := a.opt.Subscriptions.GiftOf(ctx, c.ID)
	if err != nil || !found {
		return nil, err
	}
	return &GiftResult{Given: g.Given, Left: g.Left, Settled: g.Settled}, nil
}

// giftReceived is the newest gift to a person whose rights are known; nil without one.
func (a *API) giftReceived(ctx context.Context, facts access.Facts) (*GiftReceived, error) {
	if !slices.ContainsFunc(facts.Grants, func(g access.Grant) bool { return g.Source == subscription.SourceGift }) {
		return nil, nil
	}
	g, found, err := a.opt.Subscriptions.GiftTo(ctx, facts.Account, facts.Channel)
	if err != nil || !found {
		return nil, err
	}
	return &GiftReceived{ID: string(g.ID), From: g.From, Months: g.Months, Starts: Moment(g.Starts), Ends: Moment(g.Ends)}, nil
}
