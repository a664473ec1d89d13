package overlay

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Holders is how many people hold a right to a channel.
type Holders struct {
	People int
	// Next is when a right begins or ends by the clock, if nothing else happens
	// before; zero: never.
	Next time.Time
}

// Standing is what an overlay shows of its channel besides questions and polls.
type Standing struct {
	Setup
	// Holders is filled only while the goal is shown.
	Holders Holders
}

// Standings returns how things stand in channels now. It asks nobody's leave: all of
// it stands over the picture. A person who holds several rights counts once.
func (s *Service) Standings(ctx context.Context, channels []ident.Channel) (out map[ident.Channel]Standing, err error) {
	err = s.store.View(ctx, func(tx Tx) error {
		out = make(map[ident.Channel]Standing, len(channels))
		setups, err := tx.OverlaySetups(ctx, channels)
		if err != nil {
			return err
		}
		var counted []ident.Channel
		for _, id := range channels {
			setup, ok := setups[id]
			if !ok {
				setup = First()
			}
			if setup.GoalOn {
				counted = append(counted, id)
			}
			out[id] = Standing{Setup: setup}
		}
		if len(counted) == 0 {
			return nil
		}
		holders, err := tx.Holders(ctx, counted, s.now())
		for id, h := range holders {
			is := out[id]
			is.Holders = h
			out[id] = is
		}
		return err
	})
	return out, err
}

// News is what an event of a channel's own log means to its overlays.
type News struct {
	Setup  bool // they are set up in another way
	Rights bool // somebody's right is another
	Begun  bool // somebody subscribed: for the first time, or again after it was over
	At     time.Time
}

// NewsIn reads an event of a channel's own log. What is given away by a gift is told
// in the public log, and is not Begun.
func NewsIn(encoded []byte) News {
	env, err := event.Decode(encoded)
	if err != nil {
		return News{}
	}
	if _, ok := event.As[event.OverlayChanged](env); ok {
		return News{Setup: true}
	}
	g, ok := event.As[event.GrantChanged](env)
	return News{Rights: ok, Begun: ok && g.Source == "subscription" && (g.Why == "paid" || g.Why == "trial"), At: time.Time(env.At)}
}
