package api

import (
	"context"
	"net/http"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// Broadcast is one sending of a channel.
type Broadcast struct {
	ID        string  `json:"id"`
	Title     string  `json:"title" doc:"empty: show the channel's"`
	State     string  `json:"state" enum:"live,interrupted,ended"`
	StartedAt Moment  `json:"started_at"`
	EndedAt   *Moment `json:"ended_at,omitempty"`
}

func broadcastOf(b live.Broadcast) *Broadcast {
	return &Broadcast{
		ID: string(b.ID), Title: b.Title, State: string(b.State),
		StartedAt: Moment(b.Started), EndedAt: MomentOf(b.Ended),
	}
}

// Playback tells a caller where to watch.
type Playback struct {
	State  string `json:"state" enum:"offline,live,interrupted"`
	URL    string `json:"url" doc:"the caller's own playlist address; empty when there is none"`
	Reason string `json:"reason" doc:"why there is no address"`
	Video  string `json:"video" doc:"the picture's codec by its name: H.264, HEVC or AV1; empty for sound alone, and until something is sent"`
	Codecs string `json:"codecs" doc:"picture and sound as MediaSource.isTypeSupported wants to be asked; empty until something is sent"`
	// The second way, within a fraction of a second.
	WHEP       string `json:"whep" doc:"path for a WHEP offer; empty when this broadcast cannot be watched so, or there is no address"`
	Token      string `json:"token" doc:"the bearer token for whep"`
	WHEPReason string `json:"whep_reason" doc:"why whep is empty though there is an address"`
}

// Ingest is how an encoder sends to a channel.
type Ingest struct {
	Server string `json:"server"`
	Key    string `json:"key"`
	WHIP   string `json:"whip" doc:"address for WHIP, with the key as the bearer token; empty: this server does not speak it"`
	Health Health `json:"health"`
}

// Health is how well a channel is being sent.
type Health struct {
	Publishing      bool    `json:"publishing"`
	Video           string  `json:"video"`
	Audio           string  `json:"audio"`
	Width           int     `json:"width"`
	Height          int     `json:"height"`
	BitrateKbps     int     `json:"bitrate_kbps"`
	KeyframeSeconds float64 `json:"keyframe_seconds"`
	BFrames         bool    `json:"b_frames"`
	LastError       string  `json:"last_error" doc:"why the last encoder was refused or lost"`
	LastReason      string  `json:"last_reason" doc:"the machine word of last_error"`
	LastErrorAt     *Moment `json:"last_error_at,omitempty"`
}

func (a *API) liveRoutes() {
	route(a, "GET", "/api/channels/{channel}/playback", "get-playback", "Where I may watch", 200,
		func(ctx context.Context, in *InChannel) (*body[Playback], error) {
			_, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return answer(a.opt.Playback(ctx, s))
		})
	route(a, "GET", "/api/channels/{channel}/ingest", "get-ingest", "Server and key for the encoder (creator)", 200,
		func(ctx context.Context, in *InChannel) (*body[Ingest], error) {
			return a.ingest(ctx, in.Channel, a.opt.Live.Ingest)
		})
	route(a, "POST", "/api/channels/{channel}/ingest/key", "renew-stream-key", "A fresh key; the old one stops (creator)", 200,
		func(ctx context.Context, in *InChannel) (*body[Ingest], error) {
			return a.ingest(ctx, in.Channel, a.opt.Live.RotateKey)
		})
	route(a, "POST", "/api/channels/{channel}/live/end", "end-live", "End the broadcast (creator)", 200,
		func(ctx context.Context, in *InChannel) (*body[Channel], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			if err := a.opt.Live.End(ctx, s.Account, c.ID); err != nil {
				return nil, err
			}
			return answer(a.channel(ctx, c))
		})
}

func (a *API) ingest(ctx context.Context, handle string,
	key func(context.Context, ident.Account, ident.Channel) (live.Ingest, error),
) (*body[Ingest], error) {
	c, s, err := a.subject(ctx, handle)
	if err != nil {
		return nil, err
	}
	in, err := key(ctx, s.Account, c.ID)
	if err != nil {
		return nil, err
	}
	return answer(Ingest{
		Server: a.opt.RTMPAddress(callerOf(ctx).request), Key: in.Key.Reveal(), WHIP: a.whip(callerOf(ctx).request), Health: a.opt.Health(c.ID),
	}, nil)
}

// whip is where the caller may send by WHIP.
func (a *API) whip(r *http.Request) string {
	if !a.opt.WHIP {
		return ""
	}
	return a.Address(r) + "/whip"
}

// Address returns the public address of this server as the caller sees it,
// without a slash at the end.
func (a *API) Address(r *http.Request) string {
	if a.opt.PublicURL != "" {
		return a.opt.PublicURL
	}
	return a.opt.Proxies.Scheme(r) + "://" + a.opt.Proxies.Host(r)
}

// Playbacks makes the address at which a caller may watch.
type Playbacks func(ctx context.Context, s access.Subject) (Playback, error)
