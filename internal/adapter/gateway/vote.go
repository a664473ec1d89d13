package gateway

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/poll"
)

// Voter takes votes in polls. Its errors are faults.
type Voter interface {
	Vote(ctx context.Context, v poll.Vote) error
}

// votedFrame answers a vote that is stored.
type votedFrame struct {
	Type    string     `json:"type"`
	ID      string     `json:"id"`
	Channel string     `json:"channel"`
	Poll    ident.Poll `json:"poll"`
	Option  int        `json:"option"`
}

// vote gives the visitor's vote in a poll of a channel, whichever rooms they are in:
// whether they may is decided where votes are written.
func (v *visitor) vote(ctx context.Context, f ask, who ident.Account) (func() error, error) {
	g := v.gateway()
	channel, err := g.channelOf(ctx, f.Channel)
	if err != nil {
		return nil, err
	}
	if f.Option == nil {
		return nil, fault.New(fault.Invalid, "option_missing", "A vote names an option of the poll.")
	}
	if err := g.opt.Polls.Vote(ctx, poll.Vote{By: who, Channel: channel, Poll: f.Poll, Choice: *f.Option}); err != nil {
		return nil, err
	}
	return func() error {
		v.say(encode(votedFrame{Type: "voted", ID: f.ID, Channel: f.Channel, Poll: f.Poll, Option: *f.Option}))
		return nil
	}, nil
}
