package api

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
)

// Attention is how the creator's attention was shared between the rooms.
type Attention struct {
	Broadcast       string         `json:"broadcast" doc:"empty: none is open, and nothing is counted"`
	Public          AttentionShare `json:"public"`
	Space           AttentionShare `json:"space"`
	PublicPercent   *int           `json:"public_percent" doc:"of the answers; while there are none, of the time on camera; null: nothing happened yet"`
	WaitsSince      *Moment        `json:"waits_since" doc:"since when the public waits for the creator; null: it does not"`
	PatienceSeconds int            `json:"patience_seconds" doc:"how long it may wait before the creator is reminded"`
	Starves         bool           `json:"starves" doc:"the public has waited longer than that"`
}

// AttentionShare is one room's part.
type AttentionShare struct {
	Answers    int   `json:"answers"`
	OnCameraMS int64 `json:"on_camera_ms"`
	Waiting    int   `json:"waiting" doc:"questions in the queue"`
}

func shareOf(s question.Share) AttentionShare {
	return AttentionShare{s.Answers, s.OnCamera.Milliseconds(), s.Waiting}
}

func (a *API) attentionRoutes() {
	route(a, "GET", "/api/channels/{channel}/attention", "get-attention", "How attention is shared between the rooms (staff)", 200,
		func(ctx context.Context, in *struct {
			InChannel
			Broadcast string `query:"broadcast" maxLength:"40" doc:"without it: the open one"`
		},
		) (*body[Attention], error) {
			return a.attention(ctx, in.Channel, ident.Broadcast(in.Broadcast))
		})
	route(a, "PUT", "/api/channels/{channel}/attention", "set-patience", "How long the public may wait (creator)", 200,
		func(ctx context.Context, in *struct {
			InChannel
			Body struct {
				PatienceSeconds int `json:"patience_seconds" minimum:"60" maximum:"3600"`
			}
		},
		) (*body[Attention], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			if err := a.opt.Questions.SetPatience(ctx, s.Account, c.ID, time.Duration(in.Body.PatienceSeconds)*time.Second); err != nil {
				return nil, err
			}
			return a.attention(ctx, in.Channel, "")
		})
}

func (a *API) attention(ctx context.Context, handle string, of ident.Broadcast) (*body[Attention], error) {
	c, s, err := a.subject(ctx, handle)
	if err != nil {
		return nil, err
	}
	share, err := a.opt.Questions.Attention(ctx, s.Account, c.ID, of)
	if err != nil {
		return nil, err
	}
	out := Attention{
		Broadcast: string(share.Broadcast), Public: shareOf(share.Public), Space: shareOf(share.Space),
		WaitsSince: MomentOf(share.Waits), PatienceSeconds: int(share.Patience.Seconds()), Starves: share.Starves(a.opt.Now()),
	}
	if percent, is := share.Percent(); is {
		out.PublicPercent = &percent
	}
	return &body[Attention]{Body: out}, nil
}
