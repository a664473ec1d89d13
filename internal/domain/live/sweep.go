package live

import (
	"context"
	"time"
)

// Recover takes the broadcasts that this node held before it stopped for
// interrupted. Call it at start, before encoders may connect.
func (s *Service) Recover(ctx context.Context) error {
	return s.change(ctx, func(b Broadcast) change {
		if b.Node == s.Node && b.State == Live {
			return toInterrupt
		}
		return toKeep
	})
}

// Sweep ends broadcasts whose encoder stayed away for Grace, and interrupts
// those whose node has fallen silent. Any node may do it for all.
func (s *Service) Sweep(ctx context.Context) error {
	return s.change(ctx, func(b Broadcast) change {
		switch now := s.Now(); {
		case b.overdue(now):
			return toEnd
		case b.orphaned(now) && b.Node != s.Node:
			return toInterrupt
		}
		return toKeep
	})
}

// Renew says that this node is there and holds its encoders.
func (s *Service) Renew(ctx context.Context) error {
	return s.Store.Update(ctx, func(tx Tx) error { return tx.RenewBroadcasts(ctx, s.Node, s.Now()) })
}

// How often Run sweeps and renews.
const (
	sweepEvery = time.Second
	renewEvery = 10 * time.Second
)

// Run sweeps and renews until ctx ends. failed hears of sweeps that could not
// be done; the next one tries again.
func (s *Service) Run(ctx context.Context, failed func(error)) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	renewed := s.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := s.Sweep(ctx)
		if now := s.Now(); err == nil && now.Sub(renewed) >= renewEvery {
			renewed = now
			err = s.renewOpen(ctx)
		}
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// renewOpen spares idle servers the write.
func (s *Service) renewOpen(ctx context.Context) error {
	open, err := s.Open(ctx)
	if err != nil {
		return err
	}
	for _, b := range open {
		if b.Node == s.Node && b.State == Live {
			return s.Renew(ctx)
		}
	}
	return nil
}

// change is a step that the clock takes.
type change int

const (
	toKeep change = iota
	toInterrupt
	toEnd
)

// change looks at all open broadcasts and writes only where decide wants it,
// one transaction each, deciding again inside it.
func (s *Service) change(ctx context.Context, decide func(Broadcast) change) error {
	open, err := s.Open(ctx)
	if err != nil {
		return err
	}
	for _, b := range open {
		if decide(b) == toKeep {
			continue
		}
		if err := s.step(ctx, b, decide); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) step(ctx context.Context, seen Broadcast, decide func(Broadcast) change) error {
	return s.Store.Update(ctx, func(tx Tx) error {
		if err := tx.LockLogs(ctx, seen.Channel); err != nil {
			return err
		}
		b, found, err := tx.OpenBroadcast(ctx, seen.Channel)
		if err != nil || !found || b.ID != seen.ID {
			return err
		}
		switch decide(b) {
		case toInterrupt:
			return s.interrupt(ctx, tx, b)
		case toEnd:
			return s.end(ctx, tx, b)
		}
		return nil
	})
}
