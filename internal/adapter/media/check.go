package media

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// checkEvery is how often the streams are compared with the database.
const checkEvery = time.Second

// Run carries out what the database says about the broadcasts of this node,
// until ctx ends; then it closes all outputs. Stop the listeners first.
func (h *Hub) Run(ctx context.Context) error {
	defer h.stop()
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := h.Check(ctx); err != nil && ctx.Err() == nil {
			h.Log.Warn("broadcasts could not be read; streams go on as they are", "error", err)
		}
	}
}

// Check compares once. App may also call it when a bell says that something
// about a broadcast changed; Run then only heals what a lost bell left.
func (h *Hub) Check(ctx context.Context) error {
	before := h.snapshot()
	if len(before) == 0 {
		return nil
	}
	open, err := h.Broadcasts.Open(ctx)
	if err != nil {
		return err
	}
	rows := make(map[ident.Broadcast]live.Broadcast, len(open))
	for _, b := range open {
		rows[b.ID] = b
	}
	var owed []live.Broadcast
	var over []*feed
	for channel, was := range before {
		row, found := rows[was.broadcast.ID]
		interrupt, end := h.reconcile(channel, was, row, found)
		if interrupt {
			owed = append(owed, was.broadcast)
		}
		if end != nil {
			over = append(over, end)
		}
	}
	for _, f := range over {
		f.close()
	}
	for _, b := range owed {
		if err := h.Broadcasts.Interrupt(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// snapshot copies the streams as they are before the database is read, so that
// what changes meanwhile is left for the next comparison.
func (h *Hub) snapshot() map[ident.Channel]stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make(map[ident.Channel]stream, len(h.streams))
	for c, s := range h.streams {
		out[c] = *s
	}
	return out
}

// reconcile brings one stream in line with its row. It reports whether the
// database still has to hear that the encoder is gone, and the feed to close.
func (h *Hub) reconcile(channel ident.Channel, was stream, row live.Broadcast, open bool) (owed bool, end *feed) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.streams[channel]
	if s == nil || *s != was {
		return false, nil
	}
	mine := open && row.Node == h.Node
	switch {
	case !open:
		h.hold(channel, s)
		delete(h.streams, channel)
		return false, s.feed
	case !mine:
		h.drop(s, ErrWithdrawn)
		delete(h.streams, channel)
		return false, s.feed
	case s.pub != nil && (row.Take != s.broadcast.Take || row.State != live.Live):
		h.drop(s, ErrWithdrawn)
	case s.pub == nil && row.Take == s.broadcast.Take && row.State == live.Live:
		return true, nil
	}
	return false, nil
}

// hold keeps the encoder of a broadcast that its owner ended, or one that may
// be on its way back to it, from beginning another unasked. An encoder that has
// been away for live.Grace is free: the clock ended its broadcast.
func (h *Hub) hold(channel ident.Channel, s *stream) {
	now := h.Now()
	if s.pub == nil && now.Sub(s.gone) >= live.Grace {
		return
	}
	if s.pub != nil {
		s.pub.held.Store(true)
		h.troubles[channel] = trouble{errHeld(), now}
	}
	h.holds[channel] = &hold{pub: s.pub, gone: now}
	s.pub = nil
}

func (h *Hub) stop() {
	h.mu.Lock()
	h.stopped = true
	var feeds []*feed
	for c, s := range h.streams {
		h.drop(s, ErrStopped)
		feeds = append(feeds, s.feed)
		delete(h.streams, c)
	}
	h.mu.Unlock()
	for _, f := range feeds {
		f.close()
	}
}
