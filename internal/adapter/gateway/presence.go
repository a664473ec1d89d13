package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// presenceLife is how long a node's count is believed without a new one.
const presenceLife = 4 * time.Second

// presenceBoard merges what all nodes announce.
type presenceBoard struct {
	now func() time.Time
	mu  sync.Mutex
	// counted by channel, then node
	counted map[ident.Channel]map[string]seen
	shown   map[ident.Channel]display
	noted   map[ident.Channel]note
}

// note is how many were inside when somebody outside first asked in a minute.
type note struct {
	minute time.Time
	inside int
}

// display is the totals that a channel was last shown.
type display struct {
	viewers, inside int
	since           time.Time // they are not true any more; zero: they are
}

type seen struct {
	viewers, inside int
	at              time.Time
}

func newPresenceBoard(now func() time.Time) *presenceBoard {
	return &presenceBoard{now: now, counted: map[ident.Channel]map[string]seen{}, shown: map[ident.Channel]display{}, noted: map[ident.Channel]note{}}
}

func (b *presenceBoard) put(p room.Presence) {
	b.mu.Lock()
	defer b.mu.Unlock()
	nodes := b.counted[p.Channel]
	if nodes == nil {
		nodes = map[string]seen{}
		b.counted[p.Channel] = nodes
	}
	nodes[p.Node] = seen{p.Viewers, p.Inside, b.now()}
}

// tidy forgets nodes that have fallen silent, and what channels were shown in
// which nobody is here.
func (b *presenceBoard) tidy(here map[ident.Channel]*room.Presence) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for channel := range b.counted {
		b.sum(channel)
	}
	for channel := range b.shown {
		if here[channel] == nil {
			delete(b.shown, channel)
		}
	}
	for channel, n := range b.noted {
		if b.now().Sub(n.minute) > 2*time.Minute {
			delete(b.noted, channel)
		}
	}
}

// inMinute returns how many were inside when it was first asked in the minute that
// runs: asking again and again shows no moment at which somebody came or went.
func (b *presenceBoard) inMinute(channel ident.Channel) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	minute := b.now().Truncate(time.Minute)
	if n, ok := b.noted[channel]; ok && n.minute.Equal(minute) {
		return n.inside
	}
	_, inside := b.sum(channel)
	b.noted[channel] = note{minute, inside}
	return inside
}

// count returns how many watch a channel and how many are inside, on all nodes.
func (b *presenceBoard) count(channel ident.Channel) (viewers, inside int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sum(channel)
}

func (b *presenceBoard) sum(channel ident.Channel) (viewers, inside int) {
	for node, s := range b.counted[channel] {
		if b.now().Sub(s.at) > presenceLife {
			delete(b.counted[channel], node)
			continue
		}
		viewers += s.viewers
		inside += s.inside
	}
	if len(b.counted[channel]) == 0 {
		delete(b.counted, channel)
	}
	return viewers, inside
}

// calm is how long a change of a room's totals waits for others: telling
// everybody costs a write for each, and of thousands nobody counts the last ones.
// A crowd that comes is told on entering, and not each second how many more came.
func calm(viewers int) time.Duration {
	return min(max(1, time.Duration(viewers)/1000), 10)*time.Second - presenceEvery
}

// changed reports whether the totals of a channel differ from those last shown,
// and it is time to show them.
func (b *presenceBoard) changed(channel ident.Channel) (viewers, inside int, is bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	viewers, inside = b.sum(channel)
	last, now := b.shown[channel], b.now()
	switch {
	case last.viewers == viewers && last.inside == inside:
		last.since = time.Time{}
	case last.since.IsZero():
		last.since = now
		fallthrough
	default:
		if is = now.Sub(last.since) >= calm(viewers)-presenceEvery/2; is {
			last = display{viewers: viewers, inside: inside}
		}
	}
	b.shown[channel] = last
	return viewers, inside, is
}

// OnPresence takes what a node announced. It does not block.
func (g *Gateway) OnPresence(p room.Presence) { g.presence.put(p) }

// Viewers returns how many watch a channel, on all nodes.
func (g *Gateway) Viewers(channel ident.Channel) int {
	viewers, _ := g.presence.count(channel)
	return viewers
}

// Inside returns how many are in a channel's Sub Space, on all nodes, once a minute.
func (g *Gateway) Inside(channel ident.Channel) int { return g.presence.inMinute(channel) }

// headcount is the people of one channel on one loop.
type headcount struct {
	viewers int
	inside  []ident.Account
}

// countHere counts on every loop.
func (g *Gateway) countHere(audiences []*audience) map[ident.Channel]*room.Presence {
	counts := make([]map[ident.Channel]headcount, len(g.shares))
	g.everywhere(func(s *share) {
		mine := map[ident.Channel]headcount{}
		for _, a := range audiences {
			h, p := mine[a.address.Channel], a.parts[s.index]
			switch a.address.Audience {
			case room.Public:
				h.viewers = p.viewers()
			case room.Space:
				for id := range p.people {
					h.inside = append(h.inside, id)
				}
			default:
				continue
			}
			mine[a.address.Channel] = h
		}
		counts[s.index] = mine
	})
	here, people := map[ident.Channel]*room.Presence{}, map[access.Subject]bool{}
	for _, mine := range counts {
		for id, h := range mine {
			if here[id] == nil {
				here[id] = &room.Presence{Node: g.opt.Node, Channel: id}
			}
			here[id].Viewers += h.viewers
			for _, account := range h.inside {
				if who := (access.Subject{Account: account, Channel: id}); !people[who] {
					people[who] = true
					here[id].Inside++
				}
			}
		}
	}
	return here
}

// announce counts the people on this node, tells all nodes, and shows changed
// totals: viewers to everybody, those inside only to those inside.
func (g *Gateway) announce(context.Context) {
	audiences := g.all()
	here := g.countHere(audiences)
	g.presence.tidy(here)
	for _, p := range here {
		g.opt.Announce(*p)
	}
	totals := map[ident.Channel][3]int{}
	for id := range here {
		if viewers, inside, is := g.presence.changed(id); is {
			totals[id] = [3]int{viewers, inside, 1}
		}
	}
	for _, a := range audiences {
		if t := totals[a.address.Channel]; t[2] == 1 {
			g.showPresence(a, t[0], t[1])
		}
	}
}

func (g *Gateway) showPresence(a *audience, viewers, inside int) {
	frame := stateFrame{Type: "state", Channel: a.handle, stateView: stateView{Viewers: viewers}}
	switch a.address.Audience {
	case room.Public:
	case room.Space:
		frame.Inside = &inside
	default:
		return
	}
	a.broadcast(encode(frame))
}
