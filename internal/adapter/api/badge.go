package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/subspace-live/subspace/internal/domain/badge"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Badge is a creator's picture for a badge.
type Badge struct {
	Badge   string `json:"badge" enum:"m1,m3,m6,m12,m24"`
	Picture string `json:"picture" doc:"address of a square PNG that never changes"`
}

// TierBadge is a creator's picture for a badge of one tier's subscribers.
type TierBadge struct {
	Tier string `json:"tier"`
	Badge
}

// InBadge names a badge of a channel.
type InBadge struct {
	InChannel
	Badge string `path:"badge" maxLength:"8" doc:"m1, m3, m6, m12 or m24"`
}

// InTierBadge names a badge of a channel, or of one of its tiers.
type InTierBadge struct {
	InBadge
	Tier string `query:"tier" maxLength:"40" doc:"for this tier's subscribers; without it for all whose tier has no picture of its own"`
}

func (a *API) badgeRoutes() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "put-badge", Method: "PUT", Path: "/api/channels/{channel}/badges/{badge}",
		Summary: "Give a badge a picture: PNG, JPEG, GIF or WebP (creator)", DefaultStatus: 200, MaxBodyBytes: badge.UploadMax + 1,
	}, a.putBadge)
	route(a, "DELETE", "/api/channels/{channel}/badges/{badge}", "drop-badge", "Take a badge's picture away (creator)", 204,
		func(ctx context.Context, in *InTierBadge) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return nil, a.opt.Badges.Drop(ctx, s.Account, c.ID, ident.Tier(in.Tier), event.Badge(in.Badge))
		})
	route(a, "GET", "/api/channels/{channel}/badges/{badge}/{picture}", "get-badge-picture", "The picture of a badge", 200, a.badgePicture)
}

func (a *API) putBadge(ctx context.Context, in *struct {
	InTierBadge
	RawBody []byte `contentType:"application/octet-stream"`
},
) (*body[Badge], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	art, err := a.opt.Badges.Put(ctx, s.Account, c.ID, ident.Tier(in.Tier), event.Badge(in.Badge), in.RawBody)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &body[Badge]{badgeOf(c.Handle, art)}, nil
}

// pictureFile is a picture as it is sent.
type pictureFile struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

func (a *API) badgePicture(ctx context.Context, in *struct {
	InBadge
	Picture string `path:"picture" maxLength:"40"`
},
) (*pictureFile, error) {
	c, err := a.opt.Channels.ByHandle(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	png, err := a.opt.Badges.Picture(ctx, c.ID, badge.Art{Badge: event.Badge(in.Badge), Picture: in.Picture})
	if err != nil {
		return nil, err
	}
	return &pictureFile{"image/png", "public, max-age=31536000, immutable", png}, nil
}

func badgeOf(handle string, art badge.Art) Badge {
	return Badge{string(art.Badge), "/api/channels/" + handle + "/badges/" + string(art.Badge) + "/" + art.Picture}
}

// badgesOf lists a channel's own pictures, the shortest tenure first: those for all
// subscribers, and those of tiers.
func badgesOf(handle string, art []badge.Art) ([]Badge, []TierBadge) {
	all, tiers := []Badge{}, []TierBadge{}
	for _, step := range event.BadgeSteps() {
		for _, a := range art {
			switch {
			case a.Badge != step.Badge:
			case a.Tier == "":
				all = append(all, badgeOf(handle, a))
			default:
				tiers = append(tiers, TierBadge{string(a.Tier), badgeOf(handle, a)})
			}
		}
	}
	return all, tiers
}
