package gateway

import (
	"context"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// activity is what happened in threads since those inside were last told. They
// are told as a state, merged, and only of threads that all of them may read.
type activity struct {
	mu    sync.Mutex
	moved map[ident.Channel]map[ident.Thread]*movedThread
}

// activityEvery is how often they are told: at most four times a second.
const activityEvery = 250 * time.Millisecond

// lineMax is how much of a message a list of threads shows, in characters.
const lineMax = 120

type movedThread struct {
	Thread ident.Thread `json:"thread"`
	Head   int64        `json:"head"`
	Posts  int          `json:"posts"`
	At     *event.Time  `json:"at,omitempty"`
	Last   *threadLine  `json:"last,omitempty"`
	// Removed says that something was taken away: what was the last line may not
	// be there any more.
	Removed bool `json:"removed,omitempty"`
}

type threadLine struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type threadsFrame struct {
	Type    string         `json:"type"`
	Channel string         `json:"channel"`
	Moved   []*movedThread `json:"moved"`
}

// note takes what happened in a thread.
func (x *activity) note(b room.Bell) {
	env, err := event.Decode(b.Bytes)
	if err != nil {
		return
	}
	posted, isPost := event.As[event.MessagePosted](env)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.moved == nil {
		x.moved = map[ident.Channel]map[ident.Thread]*movedThread{}
	}
	if x.moved[b.Channel] == nil {
		x.moved[b.Channel] = map[ident.Thread]*movedThread{}
	}
	m := x.moved[b.Channel][b.Thread]
	if m == nil {
		m = &movedThread{Thread: b.Thread}
		x.moved[b.Channel][b.Thread] = m
	}
	m.Head = max(m.Head, b.Seq)
	switch {
	case isPost:
		m.Posts++
		m.At, m.Last = &env.At, &threadLine{posted.Author.Name, shortened(posted.Text)}
	case event.Removes(b.Bytes):
		m.Removed, m.Last = true, nil
	}
}

func (x *activity) take() map[ident.Channel]map[ident.Thread]*movedThread {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := x.moved
	x.moved = nil
	return out
}

// noteActivity remembers what happened in a thread of a Sub Space that somebody
// is in here.
func (g *Gateway) noteActivity(b room.Bell) {
	if b.Audience != room.ThreadRoom || b.Level > 1 {
		return
	}
	if g.find(room.Address{Channel: b.Channel, Audience: room.Space}, false) != nil {
		g.activity.note(b)
	}
}

// tellActivity tells those inside which threads moved.
func (g *Gateway) tellActivity(context.Context) {
	for channel, threads := range g.activity.take() {
		a := g.find(room.Address{Channel: channel, Audience: room.Space}, false)
		if a == nil {
			continue
		}
		frame := threadsFrame{Type: "threads", Channel: a.handle}
		for _, m := range threads {
			frame.Moved = append(frame.Moved, m)
		}
		c := newCast(0, 0, encode(frame), g.sockets.Squeeze)
		c.threads = true
		a.cast(c)
	}
}

func shortened(text string) string {
	if utf8.RuneCountInString(text) <= lineMax {
		return text
	}
	return string([]rune(text)[:lineMax-1]) + "…"
}
