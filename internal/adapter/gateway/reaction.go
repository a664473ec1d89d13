package gateway

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// OnStir takes word that the reactions to a message changed, on whatever node. It
// does not block. A word that is lost is made good by the next, or when somebody
// reads the room's page.
func (g *Gateway) OnStir(s room.Stir) { g.stirs.put(s.Address, s.Seq) }

// stir sends rooms what stands at the messages that were reacted to, and never who
// did: at most four times a second, as votes are.
func (g *Gateway) stir(ctx context.Context) {
	due := g.stirs.due(g.opt.Now(), g.readersOf)
	if len(due) == 0 {
		return
	}
	var places []chat.Place
	for at, seqs := range due {
		for _, seq := range seqs {
			places = append(places, chat.Place{Address: at, Seq: seq})
		}
	}
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	totals, err := g.opt.Reactions(ctx, places)
	if err != nil {
		if ctx.Err() == nil {
			g.opt.Log.Warn("reactions cannot be counted; will try again", "err", err)
		}
		for _, p := range places {
			g.stirs.put(p.Address, p.Seq)
		}
		return
	}
	for at, seqs := range due {
		if a := g.find(at, false); a != nil {
			a.showReactions(seqs, totals)
		}
	}
}

// stirredMax is of how many messages one frame speaks.
const stirredMax = 100

func (a *audience) showReactions(seqs []int64, totals map[chat.Place]chat.Counts) {
	for len(seqs) > 0 {
		n := min(len(seqs), stirredMax)
		f := reactionsFrame{
			Type: "reactions", Channel: a.handle, Room: string(a.address.Audience), Thread: string(a.address.Thread), Reactions: make(map[int64]chat.Counts, n),
		}
		for _, seq := range seqs[:n] {
			f.Reactions[seq] = totals[chat.Place{Address: a.address, Seq: seq}]
		}
		a.broadcast(encode(f))
		seqs = seqs[n:]
	}
}
