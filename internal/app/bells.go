package app

import (
	"context"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// onBell hears every bell of every node. What changes rights reaches the gate
// before anybody is told of it.
func (p *parts) onBell(b room.Bell) {
	if b.Audience == room.Business && event.Concerns(b.Bytes) {
		p.gate.Forget(access.Subject{Account: event.Affected(b.Bytes), Channel: b.Channel})
		p.rtc.Recheck()
	}
	p.gateway.Ring(b)
	if b.Audience == room.Public && p.concernsBroadcast(b) {
		select {
		case p.liveChanged <- struct{}{}:
		default: // a check is waiting already
		}
	}
}

// concernsBroadcast reports an event after which the encoder must look again.
func (p *parts) concernsBroadcast(b room.Bell) bool {
	kind := event.KindOf(b.Bytes)
	return kind == "live.ended" || kind == "live.interrupted"
}

// watchBroadcasts carries out at once what a bell says about broadcasts; the
// hub's own clock heals what a lost bell leaves.
func (p *parts) watchBroadcasts(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.liveChanged:
			if err := p.hub.Check(ctx); err != nil && ctx.Err() == nil {
				p.log.Warn("broadcasts cannot be checked; will try again", "err", err)
			}
		}
	}
}
