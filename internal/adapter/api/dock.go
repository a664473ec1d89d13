package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/dock"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// dockOperations lists what is asked by a dock's address. Every other route refuses it
// before it reads anything: one that somebody adds is shut to docks until it stands here.
// Behind these the gate decides within the dock's scope.
func dockOperations() []string {
	return []string{
		"read-dock", "list-events", "post-message",
		"list-questions", "air-question", "answer-question", "return-question", "skip-question",
		"list-polls", "close-poll",
	}
}

// onlyForDocks refuses whoever comes by a dock's address what is not for docks.
func onlyForDocks(ctx huma.Context, next func(huma.Context)) {
	if callerOf(ctx.Context()).dock != nil && !slices.Contains(dockOperations(), ctx.Operation().OperationID) {
		_, w := humago.Unwrap(ctx)
		WriteProblem(w, access.BeyondDock())
		return
	}
	next(ctx)
}

// dockSecret returns the secret of a dock that a request comes by. Its cookie then says
// nothing.
func dockSecret(r *http.Request) (string, bool) {
	secret, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return secret, is && strings.HasPrefix(secret, dock.Prefix)
}

// identifyDock is identify for whoever comes by a dock's address: they act as the person
// who made it, within its scope, and have no session.
func (a *API) identifyDock(w http.ResponseWriter, r *http.Request, c caller, secret string, next http.Handler) {
	ctx, cancel := context.WithTimeout(r.Context(), identifyLimit)
	defer cancel()
	d, err := a.opt.Docks.Open(ctx, secret)
	if err != nil {
		f := fault.Of(err)
		if f == nil || f.Kind == fault.Unavailable {
			a.opt.Log.Warn("a dock's address cannot be checked", "err", err)
			f = access.Unconfirmed()
		}
		WriteProblem(w, f)
		return
	}
	c.dock = &d
	w.Header().Set("Cache-Control", "no-store")
	within := access.Within(r.Context(), d.Scope())
	next.ServeHTTP(w, r.WithContext(context.WithValue(within, callerKey{}, c)))
}

// Dock is an address of a dock, without its secret.
type Dock struct {
	ID     string  `json:"id"`
	Label  string  `json:"label"`
	By     Person  `json:"by" doc:"whom it stands for: who made it"`
	MadeAt Moment  `json:"made_at"`
	UsedAt *Moment `json:"used_at" doc:"when it was last used, about; null: never"`
}

// DockList is the addresses of a channel's docks, the newest first.
type DockList struct {
	Docks []Dock `json:"docks" nullable:"false"`
}

// DockMade is a fresh address.
type DockMade struct {
	Dock
	URL string `json:"url" doc:"told once; its secret stands behind the #, which browsers send to nobody"`
}

// DockView is what a dock knows of where it is, besides what it reads of rooms, the
// queue and polls.
type DockView struct {
	ID         string      `json:"id"`
	Label      string      `json:"label"`
	Channel    string      `json:"channel"`
	Title      string      `json:"title"`
	By         Person      `json:"by" doc:"whom it stands for"`
	Role       string      `json:"role" enum:"moderator,owner" doc:"what they are there"`
	Live       *Broadcast  `json:"live" doc:"null while offline"`
	Space      bool        `json:"space_open"`
	Badges     []Badge     `json:"badges" nullable:"false" doc:"which the creator gave a picture"`
	TierBadges []TierBadge `json:"tier_badges" nullable:"false" doc:"pictures for the subscribers of one tier, in place of those in badges"`
}

func (a *API) dockRoutes() {
	route(a, "GET", "/api/channels/{channel}/docks", "list-docks", "Addresses of docks (creator; a moderator's own)", 200, a.listDocks)
	route(a, "POST", "/api/channels/{channel}/docks", "make-dock", "Make an address of a dock; told once (staff, who show who they are)", 201, a.makeDock)
	route(a, "DELETE", "/api/channels/{channel}/docks/{dock}", "revoke-dock", "Revoke an address of a dock (creator; a moderator's own)", 204,
		func(ctx context.Context, in *struct {
			InChannel
			Dock string `path:"dock" maxLength:"40"`
		},
		) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Docks.Revoke(ctx, s.Account, c.ID, ident.Dock(in.Dock))
		})
	route(a, "GET", "/api/dock", "read-dock", "Where a dock is (by its address: Authorization: Bearer SECRET)", 200, a.readDock)
}

func (a *API) listDocks(ctx context.Context, in *InChannel) (*body[DockList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	docks, err := a.opt.Docks.List(ctx, s.Account, c.ID)
	out := DockList{Docks: []Dock{}}
	for _, d := range docks {
		out.Docks = append(out.Docks, dockOf(d))
	}
	return answer(out, err)
}

func (a *API) makeDock(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Label string `json:"label" maxLength:"200" doc:"1 to 40 characters, to know it again by"`
	}
},
) (*body[DockMade], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	if _, err := a.opt.Gate.Allow(ctx, s, access.KeepDocks); err != nil { // before they are asked who they are
		return nil, err
	}
	if err := a.opt.Accounts.Fresh(session); err != nil {
		return nil, err
	}
	d, secret, err := a.opt.Docks.Make(ctx, s.Account, c.ID, in.Body.Label)
	d.Name = session.Account.Name
	return answer(DockMade{dockOf(d), a.Address(callerOf(ctx).request) + "/dock#" + secret}, err)
}

func (a *API) readDock(ctx context.Context, _ *none) (*body[DockView], error) {
	d := callerOf(ctx).dock
	if d == nil {
		return nil, fault.New(fault.Denied, "dock_revoked", "A dock is read by its address.")
	}
	s := access.Subject{Account: d.Account, Channel: d.Channel}
	if _, err := a.opt.Gate.Allow(ctx, s, access.ReadPublic); err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByID(ctx, d.Channel)
	if err != nil {
		return nil, err
	}
	out := DockView{
		ID: string(d.ID), Label: d.Label, Channel: c.Handle, Title: c.Title, By: Person{string(d.Account), d.Name}, Role: string(d.Role), Space: c.SpaceOpen,
	}
	b, on, err := a.opt.Live.Current(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if on {
		out.Live = broadcastOf(b)
	}
	art, err := a.opt.Badges.Of(ctx, c.ID)
	out.Badges, out.TierBadges = badgesOf(c.Handle, art)
	return answer(out, err)
}

func dockOf(d dock.Dock) Dock {
	return Dock{ID: string(d.ID), Label: d.Label, By: Person{string(d.Account), d.Name}, MadeAt: Moment(d.Made), UsedAt: MomentOf(d.Used)}
}
