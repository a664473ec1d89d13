package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/subspace-live/subspace/internal/domain/emote"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Emote is a picture that a channel offers to be written by a code.
type Emote struct {
	ID      string `json:"id"`
	Code    string `json:"code" doc:"written between colons"`
	Picture string `json:"picture" doc:"address of a square PNG that never changes"`
	Level   int    `json:"level" doc:"of the tier that it takes; 0: everybody may use it"`
	Tier    string `json:"tier" doc:"name of the lowest tier on sale that opens it; empty: it has no name, or it takes none"`
	Usable  bool   `json:"usable" doc:"by the caller, now"`
}

// EmoteList is what a channel offers, in the order in which it was added.
type EmoteList struct {
	Emotes []Emote `json:"emotes" nullable:"false"`
	Most   int     `json:"most" doc:"how many a channel offers at once"`
}

// InEmote names an emote of a channel.
type InEmote struct {
	InChannel
	Emote string `path:"emote" maxLength:"40"`
}

func (a *API) emoteRoutes() {
	route(a, "GET", "/api/channels/{channel}/emotes", "list-emotes", "The channel's emotes, and which I may use", 200, a.listEmotes)
	huma.Register(a.huma, huma.Operation{
		OperationID: "add-emote", Method: "POST", Path: "/api/channels/{channel}/emotes",
		Summary: "Add an emote: PNG, JPEG, GIF or WebP (creator)", DefaultStatus: 201, MaxBodyBytes: emote.UploadMax + 1,
	}, a.addEmote)
	type changed struct {
		InEmote
		Body struct {
			Code  *string `json:"code,omitempty" maxLength:"40"`
			Level *int    `json:"level,omitempty"`
		}
	}
	route(a, "PATCH", "/api/channels/{channel}/emotes/{emote}", "change-emote", "Change an emote's code, or who may use it (creator)", 200,
		func(ctx context.Context, in *changed) (*body[Emote], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			e, err := a.opt.Emotes.Change(ctx, s.Account, c.ID, ident.Emote(in.Emote), emote.Change(in.Body))
			if err != nil {
				return nil, err
			}
			return answer(a.ownEmote(ctx, e))
		})
	route(a, "DELETE", "/api/channels/{channel}/emotes/{emote}", "remove-emote", "Offer an emote no more; messages keep it (creator)", 204,
		func(ctx context.Context, in *InEmote) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Emotes.Remove(ctx, s.Account, c.ID, ident.Emote(in.Emote))
		})
	route(a, "GET", "/api/emotes/{emote}", "get-emote-picture", "The picture of an emote", 200, a.emotePicture)
}

func (a *API) listEmotes(ctx context.Context, in *InChannel) (*body[EmoteList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	offered, err := a.opt.Emotes.Of(ctx, s)
	if err != nil {
		return nil, err
	}
	tiers, err := a.opt.Subscriptions.Tiers(ctx, "", c.ID)
	out := EmoteList{Emotes: []Emote{}, Most: emote.Most}
	for _, e := range offered {
		out.Emotes = append(out.Emotes, emoteOf(e, tiers))
	}
	return answer(out, err)
}

func (a *API) addEmote(ctx context.Context, in *struct {
	InChannel
	Code    string `query:"code" maxLength:"40"`
	Level   int    `query:"level" doc:"of the tier that it takes; 0: everybody may use it"`
	RawBody []byte `contentType:"application/octet-stream"`
},
) (*body[Emote], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	e, err := a.opt.Emotes.Add(ctx, s.Account, emote.Emote{Channel: c.ID, Code: in.Code, Level: in.Level}, in.RawBody)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out, err := a.ownEmote(ctx, e)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &body[Emote]{out}, nil
}

// ownEmote is an emote as its creator sees it, who may use all of them.
func (a *API) ownEmote(ctx context.Context, e emote.Emote) (Emote, error) {
	tiers, err := a.opt.Subscriptions.Tiers(ctx, "", e.Channel)
	return emoteOf(emote.Offered{Emote: e, Usable: true}, tiers), err
}

func (a *API) emotePicture(ctx context.Context, in *struct {
	Emote string `path:"emote" maxLength:"40"`
},
) (*pictureFile, error) {
	png, err := a.opt.Emotes.Picture(ctx, ident.Emote(in.Emote))
	if err != nil {
		return nil, err
	}
	return &pictureFile{"image/png", "public, max-age=31536000, immutable", png}, nil
}

// emoteOf names the tier that an emote takes: of those on sale, which are handed in,
// the lowest that opens it.
func emoteOf(e emote.Offered, tiers []subscription.Tier) Emote {
	out := Emote{ID: string(e.ID), Code: e.Code, Picture: "/api/emotes/" + string(e.ID), Level: e.Level, Usable: e.Usable}
	for _, t := range tiers {
		if e.Level > 0 && t.Level >= e.Level {
			out.Tier = t.Name
			break
		}
	}
	return out
}
