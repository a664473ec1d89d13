package hls

import (
	"context"
	"net/url"

	"github.com/subspace-live/subspace/internal/adapter/media/packager"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// Playback tells a person where to watch.
type Playback struct {
	State  string // offline, live, interrupted
	URL    string // a path on this server; empty when there is none for this person
	Reason string // why not: offline, other_node, or the gate's reason
	// Video and Codecs say what is sent, for people and as browsers are asked
	// whether they play it; empty until something is.
	Video  string
	Codecs string
	// Of whoever has an address: the secret in it, which opens other ways to watch
	// too, the channel's name in it, and what it is for.
	Token, Handle string
	Broadcast     live.Broadcast
}

// Playback makes a playback session for account, which may be nobody. Each call
// makes another one; the address stays good until the broadcast ends or the
// right does.
func (d *Door) Playback(ctx context.Context, account ident.Account, channel ident.Channel) (Playback, error) {
	b, open, err := d.Broadcasts.Current(ctx, channel)
	if err != nil {
		return Playback{}, err
	}
	if !open {
		return Playback{State: "offline", Reason: "offline"}, nil
	}
	p := Playback{State: string(b.State)}
	decision, err := d.Gate.Decide(ctx, access.Subject{Account: account, Channel: channel}, access.WatchLive)
	switch {
	case err != nil:
		return Playback{}, err
	case !decision.Allowed:
		p.Reason = decision.Reason
	case b.Node != d.Node:
		p.Reason = "other_node"
	case b.State == live.Interrupted && !d.has(b):
		p.Reason = "offline" // this server restarted and the encoder is not back
	default:
		handle, err := d.Handle(ctx, channel)
		if err != nil {
			return Playback{}, err
		}
		_, token := d.signer.mint(ticket{channel: channel, handle: handle, broadcast: b.ID, account: account})
		p.Video, p.Codecs = d.sent(b)
		p.Token, p.Handle, p.Broadcast = token, handle, b
		p.URL = "/hls/" + token + "/" + url.PathEscape(handle) + "/" + mainFile
	}
	return p, nil
}

func (d *Door) has(b live.Broadcast) bool { return d.of(b) != nil }

// of returns the output of a broadcast; nil when it is not here.
func (d *Door) of(b live.Broadcast) *output {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o := d.outputs[b.Channel]; o != nil && o.broadcast.ID == b.ID {
		return o
	}
	return nil
}

func (d *Door) sent(b live.Broadcast) (video, codecs string) {
	o := d.of(b)
	if o == nil {
		return "", ""
	}
	f := o.Format()
	return f.VideoName(), packager.Codecs(f)
}
