package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
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
