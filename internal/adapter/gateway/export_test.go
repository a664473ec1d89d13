package gateway

import "github.com/subspace-live/subspace/internal/adapter/gateway/socket"

// Hold keeps every loop from doing anything until release is called.
func (g *Gateway) Hold() (release func()) {
	until := make(chan struct{})
	for _, s := range g.shares {
		held := make(chan struct{})
		s.loop.Do(func() { close(held); <-until })
		<-held
	}
	return func() { close(until) }
}

// Loops returns the loops, for tests that keep one busy.
func (g *Gateway) Loops() []*socket.Loop { return g.sockets.All() }
