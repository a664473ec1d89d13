package media

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// interruptTimeout is how long telling the database may take when an encoder goes.
const interruptTimeout = 5 * time.Second

// Publication is one encoder's right to send to its channel. Its methods are
// called by the goroutine of the encoder's connection.
type Publication struct {
	hub     *Hub
	channel ident.Channel
	// leave ends the encoder's connection. It must not block.
	leave func(error)
	meter meter
	// held: the owner has ended the broadcast; what still comes is dropped.
	held atomic.Bool

	broadcast live.Broadcast // the take that it holds; zero while held from the start
	feed      *feed
}

// Video hands on a picture.
func (p *Publication) Video(f Frame) error {
	if p.held.Load() {
		return nil
	}
	p.meter.video(f)
	return p.dropIfHeld(p.feed.write(p.broadcast.Take, func(o Output) error { return o.Video(f) }))
}

// Audio hands on a stretch of sound.
func (p *Publication) Audio(f Frame) error {
	if p.held.Load() {
		return nil
	}
	p.meter.audio(f)
	return p.dropIfHeld(p.feed.write(p.broadcast.Take, func(o Output) error { return o.Audio(f) }))
}

// dropIfHeld forgives a frame that met the end of the broadcast.
func (p *Publication) dropIfHeld(err error) error {
	if err != nil && p.held.Load() {
		return nil
	}
	return err
}

// Close says that the encoder is gone, and why. goodbye means that it took its
// leave by itself. The broadcast then waits for it, or for another.
func (p *Publication) Close(why error, goodbye bool) {
	p.hub.detach(p, goodbye)
	if p.feed == nil || p.held.Load() {
		return
	}
	if why != nil && !goodbye && !errors.Is(why, ErrDisplaced) {
		p.hub.Trouble(p.channel, why)
	}
	ctx, cancel := context.WithTimeout(context.Background(), interruptTimeout)
	defer cancel()
	if err := p.hub.Broadcasts.Interrupt(ctx, p.broadcast); err != nil {
		p.hub.Log.Error("broadcast could not be marked as interrupted; trying again", "channel", p.channel, "error", err)
	}
}
