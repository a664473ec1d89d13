package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

func (a *API) followRoutes() {
	route(a, "PUT", "/api/channels/{channel}/follow", "follow", "Follow a channel; again changes nothing", 200,
		func(ctx context.Context, in *InChannel) (*body[Channel], error) {
			return a.follow(ctx, in.Channel, a.opt.Channels.Follow)
		})
	route(a, "DELETE", "/api/channels/{channel}/follow", "unfollow", "Follow it no more", 200,
		func(ctx context.Context, in *InChannel) (*body[Channel], error) {
			return a.follow(ctx, in.Channel, a.opt.Channels.Unfollow)
		})
}

func (a *API) follow(ctx context.Context, handle string, act func(context.Context, ident.Account, ident.Channel) error) (*body[Channel], error) {
	session, err := callerOf(ctx).signedIn()
	if err != nil {
		return nil, err
	}
	c, err := a.opt.Channels.ByHandle(ctx, handle)
	if err != nil {
		return nil, err
	}
	if err := act(ctx, session.Account.ID, c.ID); err != nil {
		return nil, err
	}
	a.opt.Gate.Forget(access.Subject{Account: session.Account.ID, Channel: c.ID}) // the answer must not be older than the act
	if c, err = a.opt.Channels.ByID(ctx, c.ID); err != nil {
		return nil, err
	}
	return answer(a.channel(ctx, c))
}
