package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

// Reading is how far the caller has read a room, on all their devices.
type Reading struct {
	Seen   int64 `json:"seen" doc:"sequence; 0: nothing"`
	Unread int64 `json:"unread" doc:"messages of others after it; 1000 stands for those and more"`
}

// ReadUpTo is up to where the caller has read.
type ReadUpTo struct {
	Seq int64 `json:"seq" minimum:"0" doc:"the last sequence that was read; a mark never moves back"`
}

func (a *API) readingRoutes() {
	route(a, "GET", "/api/channels/{channel}/rooms/space/reading", "get-reading", "How far one has read the Sub Space's room (inside)", 200,
		func(ctx context.Context, in *InChannel) (*body[Reading], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return readingOf(a.opt.Space.ReadingOf(ctx, s.Account, room.Address{Channel: c.ID, Audience: room.Space}))
		})
	type read struct {
		InChannel
		Body ReadUpTo
	}
	route(a, "PUT", "/api/channels/{channel}/rooms/space/reading", "mark-read", "Remember how far the Sub Space's room was read (inside)", 200,
		func(ctx context.Context, in *read) (*body[Reading], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			return a.markRead(ctx, s.Account, room.Address{Channel: c.ID, Audience: room.Space}, in.Body)
		})
	type readThread struct {
		InThread
		Body ReadUpTo
	}
	route(a, "PUT", "/api/channels/{channel}/threads/{thread}/reading", "mark-thread-read", "Remember how far a thread was read (inside)", 200,
		func(ctx context.Context, in *readThread) (*body[Reading], error) {
			at, s, err := a.thread(ctx, in.InThread)
			if err != nil {
				return nil, err
			}
			return a.markRead(ctx, s.Account, at, in.Body)
		})
}

func (a *API) markRead(ctx context.Context, by ident.Account, at room.Address, upTo ReadUpTo) (*body[Reading], error) {
	return readingOf(a.opt.Space.MarkRead(ctx, by, at, upTo.Seq))
}

func readingOf(r space.Reading, err error) (*body[Reading], error) { return answer(Reading(r), err) }
