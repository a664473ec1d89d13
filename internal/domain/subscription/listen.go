package subscription

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How far back providers are asked for events: at the start as long as they try
// to deliver one, and later a while more than since the last time, for clocks
// that differ and events that are listed late.
const (
	listenBack    = 72 * time.Hour
	listenOverlap = time.Hour
	listenChunk   = 100
)

// Listen asks every provider for the events that did not arrive, and takes them
// in. Those that did arrive have no second effect.
func (in *Inbox) Listen(ctx context.Context) error {
	var troubles []error
	for _, p := range in.service.Providers {
		now, since := in.service.Now(), in.heard[p.Name()].Add(-listenOverlap)
		if in.heard[p.Name()].IsZero() {
			since = now.Add(-listenBack)
		}
		var events []Event
		err := ask(ctx, askTimeout, func(ctx context.Context) (err error) {
			events, err = p.EventsSince(ctx, since)
			return err
		})
		if err == nil {
			err = in.receive(ctx, events)
		}
		if err != nil {
			troubles = append(troubles, fmt.Errorf("events of %s: %w", p.Name(), err))
			continue
		}
		in.heard[p.Name()] = now
	}
	return errors.Join(troubles...)
}

// receive keeps many events, few transactions for all.
func (in *Inbox) receive(ctx context.Context, events []Event) error {
	for len(events) > 0 {
		chunk := events[:min(len(events), listenChunk)]
		events = events[len(chunk):]
		var fresh []Event
		err := in.service.Store.Update(ctx, func(tx Tx) error {
			fresh = nil
			for _, e := range chunk {
				if e.Object == "" {
					continue
				}
				is, err := tx.InsertEvent(ctx, e, in.service.Now())
				if err != nil {
					return err
				}
				if is {
					fresh = append(fresh, e)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, e := range fresh {
			in.enqueue(Due{e.Provider, e.Object, e.Terminal})
		}
	}
	return nil
}
