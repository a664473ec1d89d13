package api

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/digest"
)

// Visit is the caller's latest stay in a Sub Space, and the absence before it.
type Visit struct {
	Since Moment `json:"since" doc:"when the absence began that a digest tells of"`
	Until Moment `json:"until" doc:"when it was over; as since: there is none, or it was put away"`
}

// Digest is what others did inside while the caller was away.
type Digest struct {
	Visit
	Worth             bool            `json:"worth" doc:"there is something to tell; otherwise all of it is empty"`
	Mentions          []DigestMention `json:"mentions" nullable:"false" doc:"messages that mention the caller; the newest first, at most 20, as all lists here"`
	Updates           []DigestUpdate  `json:"updates" nullable:"false"`
	Polls             []DigestPoll    `json:"polls" nullable:"false"`
	Answers           []DigestAnswer  `json:"answers" nullable:"false"`
	Threads           []DigestThread  `json:"threads" nullable:"false" doc:"that were opened"`
	Missed            int             `json:"missed" doc:"messages in the room's chat, among its newest events"`
	MissedMore        bool            `json:"missed_more" doc:"there may be more than that"`
	MissedThreads     int             `json:"missed_threads" doc:"messages in threads, likewise"`
	MissedThreadsMore bool            `json:"missed_threads_more"`
}

// DigestMention is a message that mentions the caller.
type DigestMention struct {
	Thread string `json:"thread" doc:"that it stands in; empty: in the room"`
	Seq    int64  `json:"seq"`
	Name   string `json:"name" doc:"of who wrote it"`
	Text   string `json:"text"`
	At     Moment `json:"at"`
}

// DigestThread names a thread.
type DigestThread struct {
	ID     string `json:"id"`
	Title  string `json:"title" doc:"empty: the prompt is the title"`
	Prompt string `json:"prompt"`
}

// DigestUpdate is what was posted into a thread of updates.
type DigestUpdate struct {
	DigestThread
	Posts int    `json:"posts"`
	More  bool   `json:"more" doc:"there may be more posts than that"`
	Text  string `json:"text" doc:"of the newest"`
	At    Moment `json:"at"`
}

// DigestPoll is a poll that opened or closed.
type DigestPoll struct {
	ID       string         `json:"id"`
	Thread   string         `json:"thread" doc:"that it stands in; empty: in the room"`
	Question string         `json:"question"`
	ClosedAt *Moment        `json:"closed_at" doc:"null while it is open"`
	Options  []DigestOption `json:"options" nullable:"false" doc:"what was chosen; none while it is open"`
}

// DigestOption is an option with its votes.
type DigestOption struct {
	Text  string `json:"text"`
	Votes int    `json:"votes"`
}

// DigestAnswer is a question that was answered.
type DigestAnswer struct {
	ID       string `json:"id"`
	Text     string `json:"text"`
	Mine     bool   `json:"mine"`
	Reply    string `json:"reply" doc:"the answer in text; empty: it was given on camera"`
	OffsetMS *int64 `json:"offset_ms" doc:"milliseconds into the broadcast at which it went on air; null: in none"`
	At       Moment `json:"at"`
}

func visitOf(v digest.Visit) Visit { return Visit{Moment(v.Since), Moment(v.Until)} }

func digestOf(d digest.Digest) Digest {
	out := Digest{
		Visit: visitOf(d.Visit), Worth: d.Worth(), Missed: d.Missed.Room, MissedMore: d.Missed.RoomMore, MissedThreads: d.Missed.Threads, MissedThreadsMore: d.Missed.ThreadsMore,
		Mentions: []DigestMention{}, Updates: []DigestUpdate{}, Polls: []DigestPoll{}, Answers: []DigestAnswer{}, Threads: []DigestThread{},
	}
	for _, m := range d.Mentions {
		out.Mentions = append(out.Mentions, DigestMention{string(m.Thread), m.Seq, m.Name, m.Text, Moment(m.At)})
	}
	for _, u := range d.Updates {
		out.Updates = append(out.Updates, DigestUpdate{digestThreadOf(u.Thread), u.Posts, u.More, u.Text, Moment(u.At)})
	}
	for _, p := range d.Polls {
		told := DigestPoll{ID: string(p.ID), Thread: string(p.Thread), Question: p.Question, ClosedAt: MomentOf(p.ClosedAt), Options: []DigestOption{}}
		for _, o := range p.Options {
			told.Options = append(told.Options, DigestOption(o))
		}
		out.Polls = append(out.Polls, told)
	}
	for _, a := range d.Answers {
		told := DigestAnswer{ID: string(a.ID), Text: a.Text, Mine: a.Mine, Reply: a.Reply, At: Moment(a.At)}
		if a.Live {
			ms := a.Offset.Milliseconds()
			told.OffsetMS = &ms
		}
		out.Answers = append(out.Answers, told)
	}
	for _, t := range d.Threads {
		out.Threads = append(out.Threads, digestThreadOf(t))
	}
	return out
}

func digestThreadOf(t digest.Thread) DigestThread {
	return DigestThread{string(t.ID), t.Title, t.Prompt}
}

func (a *API) digestRoutes() {
	route(a, "PUT", "/api/channels/{channel}/visit", "visit-space", "Say that one looks at the Sub Space (inside)", 200,
		func(ctx context.Context, in *InChannel) (*body[Visit], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			v, err := a.opt.Digests.Come(ctx, s.Account, c.ID)
			return answer(visitOf(v), err)
		})
	route(a, "GET", "/api/channels/{channel}/digest", "get-digest", "What happened in the Sub Space since one's last visit (inside)", 200,
		func(ctx context.Context, in *InChannel) (*body[Digest], error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			d, err := a.opt.Digests.Read(ctx, s.Account, c.ID)
			return answer(digestOf(d), err)
		})
	type away struct {
		InChannel
		Body struct {
			Until Moment `json:"until" doc:"of the digest that was read"`
		}
	}
	route(a, "POST", "/api/channels/{channel}/digest/told", "know-digest", "I know what happened up to then: do not tell me again (inside)", 204,
		func(ctx context.Context, in *away) (*none, error) {
			c, s, err := a.subject(ctx, in.Channel)
			if err != nil {
				return nil, err
			}
			_, err = a.opt.Digests.PutAway(ctx, s.Account, c.ID, in.Body.Until.Time())
			return nil, err
		})
}
