package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// pinRoutes are the routes of the message that stands above a room's chat.
func (a *API) pinRoutes() {
	type inRoom struct {
		InRoom
		Seq int64 `path:"seq" minimum:"1"`
	}
	type inThread struct {
		InThread
		Seq int64 `path:"seq" minimum:"1"`
	}
	for _, r := range []struct {
		method, id, summary string
		do                  func(context.Context, ident.Account, chat.Place) error
	}{
		{"PUT", "pin-message", "Have a message stand above the chat, in place of the one that did (staff)", func(ctx context.Context, by ident.Account, at chat.Place) error {
			return a.opt.Chat.Pin(ctx, by, at)
		}},
		{"DELETE", "unpin-message", "Take it away from there (staff)", func(ctx context.Context, by ident.Account, at chat.Place) error {
			return a.opt.Chat.Unpin(ctx, by, at)
		}},
	} {
		route(a, r.method, "/api/channels/{channel}/rooms/{room}/messages/{seq}/pin", r.id, r.summary, 204, func(ctx context.Context, in *inRoom) (*none, error) {
			at, s, err := a.room(ctx, in.InRoom)
			if err != nil {
				return nil, err
			}
			return nil, r.do(ctx, s.Account, chat.Place{Address: at, Seq: in.Seq})
		})
		route(a, r.method, "/api/channels/{channel}/threads/{thread}/messages/{seq}/pin", r.id+"-in-thread", r.summary, 204, func(ctx context.Context, in *inThread) (*none, error) {
			at, s, err := a.thread(ctx, in.InThread)
			if err != nil {
				return nil, err
			}
			return nil, r.do(ctx, s.Account, chat.Place{Address: at, Seq: in.Seq})
		})
	}
}
