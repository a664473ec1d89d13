package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// tallyEvery is how often totals of what is counted are sent at most.
const tallyEvery = 250 * time.Millisecond

// tallyBoard holds which questions, polls or messages of which rooms have other
// totals than their readers were sent. What came it does not know.
type tallyBoard[T comparable] struct {
	mu      sync.Mutex
	changed map[room.Address]map[T]bool
	shown   map[room.Address]time.Time
}

func newTallyBoard[T comparable]() *tallyBoard[T] {
	return &tallyBoard[T]{changed: map[room.Address]map[T]bool{}, shown: map[room.Address]time.Time{}}
}

// put notes a change.
func (b *tallyBoard[T]) put(at room.Address, what T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changed[at] == nil {
		b.changed[at] = map[T]bool{}
	}
	b.changed[at][what] = true
}

// due takes the rooms whose totals may be sent now. size says how many read a
// room; of one that nobody reads here nothing is kept.
func (b *tallyBoard[T]) due(now time.Time, size func(room.Address) int) map[room.Address][]T {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[room.Address][]T{}
	for at, counted := range b.changed {
		readers := size(at)
		if readers > 0 && now.Sub(b.shown[at]) < tallyCalm(readers) {
			continue
		}
		delete(b.changed, at)
		if readers == 0 {
			continue
		}
		b.shown[at] = now
		for one := range counted {
			out[at] = append(out[at], one)
		}
	}
	for at, last := range b.shown {
		if now.Sub(last) > time.Minute {
			delete(b.shown, at)
		}
	}
	return out
}

// tallyCalm is how far apart the totals of a room are: a quarter of a second, and
// more where each costs thousands of writes. With 5,000 readers half a second leaves
// as much again until the last of them has it within one.
func tallyCalm(readers int) time.Duration {
	return min(max(1, time.Duration(readers)/2000)*tallyEvery, 5*time.Second)
}

// OnTally takes word that the votes of a question or a poll changed, on whatever
// node. It does not block. A word that is lost is made good by the next, or when
// somebody reads the queue.
func (g *Gateway) OnTally(t room.Tally) {
	if t.Poll != "" {
		g.polls.put(t.Address, t.Poll)
		return
	}
	g.tallies.put(t.Address, t.Question)
}

// tally sends rooms the totals that changed, as they are now.
func (g *Gateway) tally(ctx context.Context) {
	tellTotals(ctx, g, g.tallies, g.opt.Totals, (*audience).showVotes)
	tellTotals(ctx, g, g.polls, g.opt.PollTotals, (*audience).showPolls)
}

// tellTotals reads what is due on a board, once for all rooms, and shows it to each.
func tellTotals[T comparable, N any](ctx context.Context, g *Gateway, board *tallyBoard[T],
	read func(context.Context, []T) (map[T]N, error), show func(*audience, []T, map[T]N),
) {
	due := board.due(g.opt.Now(), g.readersOf)
	if len(due) == 0 {
		return
	}
	var all []T
	for _, counted := range due {
		all = append(all, counted...)
	}
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	totals, err := read(ctx, all)
	if err != nil {
		if ctx.Err() == nil {
			g.opt.Log.Warn("votes cannot be counted; will try again", "err", err)
		}
		for at, counted := range due {
			for _, one := range counted {
				board.put(at, one)
			}
		}
		return
	}
	for at, counted := range due {
		if a := g.find(at, false); a != nil {
			show(a, counted, totals)
		}
	}
}

// readersOf counts who reads a room here.
func (g *Gateway) readersOf(at room.Address) int {
	if a := g.find(at, false); a != nil {
		return a.readers()
	}
	return 0
}

// readers counts the doors of the audience.
func (a *audience) readers() int {
	n := 0
	for _, p := range a.parts {
		n += int(p.size.Load())
	}
	return n
}

// votesMax is how many totals one frame holds.
const votesMax = 200

func (a *audience) showVotes(questions []ident.Question, totals map[ident.Question]int) {
	for len(questions) > 0 {
		n := min(len(questions), votesMax)
		f := votesFrame{Type: "votes", Channel: a.handle, Room: string(a.address.Audience), Votes: make(map[string]int, n)}
		for _, q := range questions[:n] {
			f.Votes[string(q)] = totals[q]
		}
		a.broadcast(encode(f))
		questions = questions[n:]
	}
}

// showPolls sends the totals of polls. One that does not show them any more, or not
// yet, is not among them.
func (a *audience) showPolls(polls []ident.Poll, totals map[ident.Poll][]int) {
	for _, id := range polls {
		votes, shown := totals[id]
		if !shown {
			continue
		}
		a.broadcast(encode(pollFrame{
			Type: "poll", Channel: a.handle, Room: string(a.address.Audience), Thread: string(a.address.Thread), Poll: string(id), Totals: votes,
		}))
	}
}

// OnNotice tells a person's pages that something there is for them: they read the
// channel again. It does not block.
func (g *Gateway) OnNotice(to access.Subject) {
	g.tellAll(func(s *share) {
		for _, v := range s.people[to.Account] {
			if handle, in := v.handleOf(to.Channel); in {
				v.say(encode(standingFrame{Type: "standing", Channel: handle}))
			}
		}
	})
}

// handleOf returns the handle of a channel that the visitor is in a room of.
func (v *visitor) handleOf(channel ident.Channel) (handle string, in bool) {
	for _, d := range v.doors {
		if a := d.part.audience; a.address.Channel == channel {
			return a.handle, true
		}
	}
	return "", false
}
