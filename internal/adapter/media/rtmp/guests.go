package rtmp

import (
	"slices"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Limits of connections. An encoder needs one, and a second while it
// reconnects; more come from scanners.
const (
	strangersMax       = 64
	strangersPerHost   = 12
	encodersPerChannel = 4
)

// guests are the open connections, oldest first. Strangers have not shown a key
// yet. Where there are too many the oldest must go, not the newest: however many
// strangers hold their connections open, a creator comes through.
type guests struct {
	strangers []*session
	encoders  map[ident.Channel][]*session
}

// welcome takes in a stranger and returns who must go for it, or nil.
func (g *guests) welcome(c *session) (gone *session) {
	var same []*session
	for _, s := range g.strangers {
		if s.host == c.host {
			same = append(same, s)
		}
	}
	switch {
	case len(same) >= strangersPerHost:
		gone = same[0]
	case len(g.strangers) >= strangersMax:
		gone = g.strangers[0]
	}
	g.forget(gone)
	g.strangers = append(g.strangers, c)
	return gone
}

// know makes a stranger, whose key opens channel, an encoder. It returns who
// must go for it, or nil; ok is false when the stranger itself had to go.
func (g *guests) know(c *session, channel ident.Channel) (gone *session, ok bool) {
	if !slices.Contains(g.strangers, c) {
		return nil, false
	}
	g.forget(c)
	if same := g.encoders[channel]; len(same) >= encodersPerChannel {
		gone = same[0]
		g.forget(gone)
	}
	g.encoders[channel] = append(g.encoders[channel], c)
	c.channel = channel
	return gone, true
}

// forget drops a connection that is over or must go.
func (g *guests) forget(c *session) {
	if c == nil {
		return
	}
	is := func(s *session) bool { return s == c }
	g.strangers = slices.DeleteFunc(g.strangers, is)
	if rest := slices.DeleteFunc(g.encoders[c.channel], is); len(rest) > 0 {
		g.encoders[c.channel] = rest
	} else {
		delete(g.encoders, c.channel)
	}
}

func (g *guests) all() []*session {
	all := slices.Clone(g.strangers)
	for _, s := range g.encoders {
		all = append(all, s...)
	}
	return all
}
