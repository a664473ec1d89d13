package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/overlay"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Overlay is the secret address of the layer that OBS shows.
type Overlay struct {
	Secret string `json:"secret" doc:"empty while there is none"`
	URL    string `json:"url"`
}

// OverlayState is what the layer shows.
type OverlayState struct {
	Channel string `json:"channel"`
	Title   string `json:"title"`
	OnAir   *OnAir `json:"on_air" doc:"null while nothing is on air"`
	Poll    *Poll  `json:"poll" doc:"the open poll of the public room; null: there is none"`
	Look    Look   `json:"look"`
	Goal    *Goal  `json:"goal" doc:"null while the creator shows none"`
	Alerts  Alerts `json:"alerts"`
}

// Look is how the layer's plates are coloured, how large they are and where they stand.
type Look struct {
	Theme    string `json:"theme" enum:"dark,light,contrast"`
	Size     string `json:"size" enum:"small,medium,large"`
	Question string `json:"question" enum:"top_left,top,top_right,bottom_left,bottom,bottom_right"`
	Poll     string `json:"poll" enum:"top_left,top,top_right,bottom_left,bottom,bottom_right"`
	Goal     string `json:"goal" enum:"top_left,top,top_right,bottom_left,bottom,bottom_right"`
	Alerts   string `json:"alerts" enum:"top_left,top,top_right,bottom_left,bottom,bottom_right"`
}

// Goal is how many people shall hold a right to the Sub Space, and how many do.
type Goal struct {
	Words  string `json:"words" doc:"empty: the creator chose none"`
	Of     int    `json:"of"`
	People int    `json:"people" doc:"who hold a right at this moment; a person with several counts once"`
}

// Alerts says which happy news are shown.
type Alerts struct {
	Gifts         bool `json:"gifts" doc:"what the public room is told of gifts"`
	Subscriptions bool `json:"subscriptions" doc:"that somebody subscribed, and never who"`
}

// OverlaySetup is all that the creator set.
type OverlaySetup struct {
	Look
	GoalOn        bool   `json:"goal_on"`
	GoalOf        int    `json:"goal_of"`
	GoalWords     string `json:"goal_words"`
	Gifts         bool   `json:"gifts"`
	Subscriptions bool   `json:"subscriptions"`
}

func (a *API) overlayRoutes() {
	route(a, "GET", "/api/channels/{channel}/overlay", "get-overlay", "The overlay's address (creator)", 200,
		func(ctx context.Context, in *InChannel) (*body[Overlay], error) {
			return a.overlayOf(ctx, in.Channel, a.opt.Overlay.Secret)
		})
	route(a, "POST", "/api/channels/{channel}/overlay", "renew-overlay", "A fresh address; the old one stops (creator)", 200,
		func(ctx context.Context, in *InChannel) (*body[Overlay], error) {
			return a.overlayOf(ctx, in.Channel, a.opt.Overlay.Renew)
		})
	route(a, "DELETE", "/api/channels/{channel}/overlay", "revoke-overlay", "Revoke the address (creator)", 204,
		func(ctx context.Context, in *InChannel) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Overlay.Revoke(ctx, s.Account, c.ID)
		})
	route(a, "GET", "/api/channels/{channel}/overlay/setup", "get-overlay-setup", "How the overlay is set up (creator)", 200, a.overlaySetup)
	route(a, "PATCH", "/api/channels/{channel}/overlay/setup", "change-overlay-setup", "Set the overlay up; open ones follow at once (creator)", 200, a.changeOverlaySetup)
	route(a, "GET", "/api/overlay/{secret}", "read-overlay", "What the overlay shows", 200, a.readOverlay)
}

func (a *API) overlayOf(ctx context.Context, handle string,
	secret func(context.Context, ident.Account, ident.Channel) (string, error),
) (*body[Overlay], error) {
	c, s, err := a.subject(ctx, handle)
	if err != nil {
		return nil, err
	}
	out := Overlay{}
	if out.Secret, err = secret(ctx, s.Account, c.ID); err == nil && out.Secret != "" {
		out.URL = a.Address(callerOf(ctx).request) + "/overlay/" + out.Secret
	}
	return answer(out, err)
}

func (a *API) readOverlay(ctx context.Context, in *struct {
	Secret string `path:"secret" maxLength:"100"`
},
) (*body[OverlayState], error) {
	handle, err := a.OverlayHandle(ctx, in.Secret)
	if err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByHandle(ctx, handle)
	if err != nil {
		return nil, err
	}
	out := OverlayState{Channel: c.Handle, Title: c.Title}
	if out.OnAir, err = a.onAir(ctx, access.Subject{Channel: c.ID}); err != nil {
		return nil, err
	}
	stand, err := a.opt.Overlay.Standings(ctx, []ident.Channel{c.ID})
	if err != nil {
		return nil, err
	}
	is := stand[c.ID]
	out.Look, out.Alerts = lookOf(is.Setup), Alerts{Gifts: is.Gifts, Subscriptions: is.Subscriptions}
	if is.GoalOn {
		out.Goal = &Goal{Words: is.GoalWords, Of: is.GoalOf, People: is.Holders.People}
	}
	p, open, err := a.opt.Polls.Current(ctx, room.Address{Channel: c.ID, Audience: room.Public})
	if open {
		shown := pollOf(p)
		out.Poll = &shown
	}
	return answer(out, err)
}

// OverlayHandle returns the handle of the channel that an overlay's secret opens.
func (a *API) OverlayHandle(ctx context.Context, secret string) (string, error) {
	id, err := a.opt.Overlay.Channel(ctx, secret)
	if err != nil {
		return "", err
	}
	c, err := a.opt.Channels.ByID(ctx, id)
	return c.Handle, err
}

func (a *API) overlaySetup(ctx context.Context, in *InChannel) (*body[OverlaySetup], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	setup, err := a.opt.Overlay.Setup(ctx, s.Account, c.ID)
	return answer(overlaySetupOf(setup), err)
}

func (a *API) changeOverlaySetup(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Theme         *overlay.Theme `json:"theme,omitempty" enum:"dark,light,contrast"`
		Size          *overlay.Size  `json:"size,omitempty" enum:"small,medium,large"`
		Question      *overlay.Place `json:"question,omitempty" enum:"top_left,top,top_right,bottom_left,bottom,bottom_right"`
		Poll          *overlay.Place `json:"poll,omitempty" enum:"top_left,top,top_right,bottom_left,bottom,bottom_right"`
		Goal          *overlay.Place `json:"goal,omitempty" enum:"top_left,top,top_right,bottom_left,bottom,bottom_right"`
		Alerts        *overlay.Place `json:"alerts,omitempty" enum:"top_left,top,top_right,bottom_left,bottom,bottom_right"`
		GoalOn        *bool          `json:"goal_on,omitempty"`
		GoalOf        *int           `json:"goal_of,omitempty"`
		GoalWords     *string        `json:"goal_words,omitempty" maxLength:"200"`
		Gifts         *bool          `json:"gifts,omitempty"`
		Subscriptions *bool          `json:"subscriptions,omitempty"`
	}
},
) (*body[OverlaySetup], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	setup, err := a.opt.Overlay.Change(ctx, s.Account, c.ID, overlay.Change(in.Body))
	return answer(overlaySetupOf(setup), err)
}

func overlaySetupOf(s overlay.Setup) OverlaySetup {
	return OverlaySetup{lookOf(s), s.GoalOn, s.GoalOf, s.GoalWords, s.Gifts, s.Subscriptions}
}

func lookOf(s overlay.Setup) Look {
	return Look{string(s.Theme), string(s.Size), string(s.Question), string(s.Poll), string(s.Goal), string(s.Alerts)}
}
