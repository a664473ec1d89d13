package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

// Thread is one topic of a Sub Space, as the caller may see it.
type Thread struct {
	ID       string      `json:"id"`
	Kind     string      `json:"kind" enum:"topic,update" doc:"update: only the creator writes"`
	Title    string      `json:"title" doc:"empty: the prompt is the title"`
	Prompt   string      `json:"prompt" doc:"the suggested topic it began with; empty: the creator's own"`
	Level    int         `json:"level" doc:"from which level of tier on it may be read; 1: by every subscriber"`
	Pinned   bool        `json:"pinned"`
	Closed   bool        `json:"closed" doc:"only staff write any more"`
	Archived bool        `json:"archived" doc:"nobody writes any more"`
	OpenedAt Moment      `json:"opened_at"`
	Messages int64       `json:"messages" doc:"that were ever written"`
	MovedAt  Moment      `json:"moved_at" doc:"when the newest was written; of none, when the thread was opened"`
	Last     *ThreadLine `json:"last,omitempty" doc:"the newest message; absent when there is none or it was removed"`
	Head     int64       `json:"head" doc:"the log's last sequence"`
	Reading
}

// ThreadLine is the newest message of a thread.
type ThreadLine struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// ThreadList is the threads that the caller may read: the pinned ones first, then
// those in which something was written last.
type ThreadList struct {
	Threads []Thread `json:"threads" nullable:"false"`
	Prompts []string `json:"prompts" nullable:"false" doc:"the suggested topics"`
}

// InThread names a thread of a channel.
type InThread struct {
	InChannel
	Thread string `path:"thread" maxLength:"40"`
}

func threadOf(t space.Thread) Thread {
	out := Thread{
		ID: string(t.ID), Kind: string(t.Kind), Title: t.Title, Prompt: t.Prompt, Level: t.Level,
		Pinned: t.Pinned, Closed: t.Closed, Archived: t.Archived, OpenedAt: Moment(t.OpenedAt),
		Messages: t.Messages, MovedAt: Moment(t.MovedAt), Head: t.Head, Reading: Reading{t.Seen, t.Unread},
	}
	if t.Last != nil {
		out.Last = &ThreadLine{t.Last.Name, t.Last.Text}
	}
	return out
}

func (a *API) threadRoutes() {
	route(a, "GET", "/api/channels/{channel}/threads", "list-threads", "The threads one may read (inside)", 200, a.listThreads)
	route(a, "POST", "/api/channels/{channel}/threads", "open-thread", "Open a thread (creator)", 201, a.openThread)
	route(a, "PATCH", "/api/channels/{channel}/threads/{thread}", "change-thread", "Pin, close or archive a thread (staff), or retitle it (creator)", 200, a.changeThread)
	route(a, "GET", "/api/channels/{channel}/threads/{thread}/events", "list-thread-events", "A stretch of a thread's log (inside)", 200, a.listThreadEvents)
	route(a, "POST", "/api/channels/{channel}/threads/{thread}/messages", "post-thread-message", "Write into a thread (inside)", 201, a.postThreadMessage)
	route(a, "DELETE", "/api/channels/{channel}/threads/{thread}/messages/{seq}", "remove-thread-message",
		"Remove a message (author, staff)", 204, a.removeThreadMessage)
}

func (a *API) listThreads(ctx context.Context, in *struct {
	InChannel
	Archived bool `query:"archived" doc:"those in the archive instead"`
},
) (*body[ThreadList], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	ts, err := a.opt.Space.List(ctx, s.Account, c.ID, in.Archived)
	if err != nil {
		return nil, err
	}
	out := ThreadList{Threads: make([]Thread, len(ts)), Prompts: space.Prompts()}
	for i, t := range ts {
		out.Threads[i] = threadOf(t)
	}
	return answer(out, nil)
}

func (a *API) openThread(ctx context.Context, in *struct {
	InChannel
	Body struct {
		Kind   string `json:"kind,omitempty" enum:"topic,update" default:"topic"`
		Title  string `json:"title,omitempty" doc:"at most 80 characters; may be left out with a prompt"`
		Prompt string `json:"prompt,omitempty" doc:"a suggested topic"`
		Level  int    `json:"level,omitempty" doc:"from which level of tier on it may be read; without it: by every subscriber"`
	}
},
) (*body[Thread], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	t, err := a.opt.Space.Open(ctx, s.Account, space.Opening{
		Channel: c.ID, Kind: room.ThreadKind(in.Body.Kind), Title: in.Body.Title, Prompt: in.Body.Prompt, Level: in.Body.Level,
	})
	return answer(threadOf(t), err)
}

func (a *API) changeThread(ctx context.Context, in *struct {
	InThread
	Body struct {
		Title    *string `json:"title,omitempty"`
		Pinned   *bool   `json:"pinned,omitempty"`
		Closed   *bool   `json:"closed,omitempty"`
		Archived *bool   `json:"archived,omitempty"`
	}
},
) (*body[Thread], error) {
	c, s, err := a.subject(ctx, in.Channel)
	if err != nil {
		return nil, err
	}
	b := in.Body
	t, err := a.opt.Space.Change(ctx, s.Account, c.ID, ident.Thread(in.Thread),
		space.Change{Title: b.Title, Pinned: b.Pinned, Closed: b.Closed, Archived: b.Archived})
	return answer(threadOf(t), err)
}

// thread returns where a thread is and who is asking.
func (a *API) thread(ctx context.Context, in InThread) (room.Address, access.Subject, error) {
	c, s, err := a.subject(ctx, in.Channel)
	return room.ThreadAddress(c.ID, ident.Thread(in.Thread)), s, err
}

func (a *API) listThreadEvents(ctx context.Context, in *struct {
	InThread
	Stretch
},
) (*body[EventPage], error) {
	at, s, err := a.thread(ctx, in.InThread)
	if err != nil {
		return nil, err
	}
	if err := a.opt.Space.Allow(ctx, s.Account, at); err != nil {
		return nil, err
	}
	return a.eventPage(ctx, at, s, in.Stretch)
}

func (a *API) postThreadMessage(ctx context.Context, in *struct {
	InThread
	Body Words
},
) (*body[Posted], error) {
	at, s, err := a.thread(ctx, in.InThread)
	if err != nil {
		return nil, err
	}
	return a.post(ctx, at, s, in.Body)
}

func (a *API) removeThreadMessage(ctx context.Context, in *struct {
	InThread
	Seq int64 `path:"seq" minimum:"1"`
},
) (*none, error) {
	at, s, err := a.thread(ctx, in.InThread)
	if err != nil {
		return nil, err
	}
	return nil, a.opt.Chat.Remove(ctx, s.Account, chat.Place{Address: at, Seq: in.Seq})
}
