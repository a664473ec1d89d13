package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Picture is one that was uploaded for an update.
type Picture struct {
	ID     string `json:"id"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// PictureWish is a picture that an update is written with.
type PictureWish struct {
	ID  string `json:"id" maxLength:"40"`
	Alt string `json:"alt,omitempty" doc:"what it shows, for who does not see it; at most 300 characters"`
}

func (a *API) pictureRoutes() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "put-picture", Method: "POST", Path: "/api/channels/{channel}/threads/{thread}/pictures",
		Summary:       "Upload a picture for an update: PNG, JPEG or WebP (creator)",
		DefaultStatus: 201, MaxBodyBytes: chat.PictureUpload + 1,
	}, a.putPicture)
	route(a, "GET", "/api/channels/{channel}/threads/{thread}/pictures/{picture}", "get-picture", "A picture of an update (inside)", 200, a.getPicture)
}

func (a *API) putPicture(ctx context.Context, in *struct {
	InThread
	RawBody []byte `contentType:"application/octet-stream"`
},
) (*body[Picture], error) {
	at, s, err := a.thread(ctx, in.InThread)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	p, err := a.opt.Pictures.Put(ctx, s.Account, at, in.RawBody)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &body[Picture]{Picture{string(p.ID), p.Width, p.Height}}, nil
}

// getPicture answers with a file that no cache keeps: the right to it may end.
// Whoever may not see it gets what they would get of one that never was.
func (a *API) getPicture(ctx context.Context, in *struct {
	InThread
	Picture string `path:"picture" maxLength:"40"`
},
) (*pictureFile, error) {
	at, s, err := a.thread(ctx, in.InThread)
	if fault.Is(err, "channel_missing") {
		return nil, fault.New(fault.Missing, "picture_missing", "There is no such picture.")
	}
	if err != nil {
		return nil, err
	}
	jpeg, err := a.opt.Pictures.File(ctx, s.Account, at, ident.Picture(in.Picture))
	if err != nil {
		return nil, err
	}
	return &pictureFile{"image/jpeg", "private, no-store", jpeg}, nil
}

func picturesOf(wishes []PictureWish) []chat.Shown {
	var out []chat.Shown
	for _, w := range wishes {
		out = append(out, chat.Shown{ID: ident.Picture(w.ID), Alt: w.Alt})
	}
	return out
}
