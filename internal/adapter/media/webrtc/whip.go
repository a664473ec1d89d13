package webrtc

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/pion/rtcp"
	pion "github.com/pion/webrtc/v4"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// askingMax is how many encoders of one channel may be on their way at once: one,
// and those that gave up a moment ago.
const askingMax = 3

// publish lets an encoder send with the stream key as its token.
func (s *Server) publish(r *http.Request, secret, offer string) (made, error) {
	key := live.ParseKey(secret)
	channel, err := s.hub.Admit(r.Context(), key)
	if err != nil {
		return made{}, err
	}
	holds, err := readOffer(offer, sends)
	if err != nil {
		return made{}, s.troubled(channel, err)
	}
	log := s.Log.With("channel", channel, "remote", r.RemoteAddr)
	p, err := s.newPeer(secret, log)
	if err != nil {
		return made{}, err
	}
	c := newSource(s, p, key, channel, holds.audio)
	p.pc.OnTrack(c.track)
	answer, err := p.answer(r.Context(), offer)
	if err == nil {
		err = s.begin(p, c.serve)
	}
	if err != nil {
		p.close()
		return made{}, s.troubled(channel, err)
	}
	s.asks(c)
	return made{path: SendPattern + "/" + p.id, answer: answer}, nil
}

// troubled shows the creator what is wrong with the encoder.
func (s *Server) troubled(channel ident.Channel, err error) error {
	if f := fault.Of(err); f != nil {
		s.hub.Trouble(channel, f)
	}
	return err
}

// asks counts an encoder that is on its way. Where there are too many the oldest
// has to go.
func (s *Server) asks(c *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.cause() != nil {
		return // it was quick
	}
	all := append(s.asking[c.channel], c)
	for len(all) > askingMax {
		all[0].end(errNewer)
		all = all[1:]
	}
	s.asking[c.channel] = all
}

// sending makes c the one that is asked for keyframes.
func (s *Server) sending(c *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived(c)
	s.sources[c.channel] = c
}

func (s *Server) arrived(c *source) {
	rest := slices.DeleteFunc(slices.Clone(s.asking[c.channel]), func(o *source) bool { return o == c })
	if s.asking[c.channel] = rest; len(rest) == 0 {
		delete(s.asking, c.channel)
	}
}

func (s *Server) left(c *source) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived(c)
	if s.sources[c.channel] == c {
		delete(s.sources, c.channel)
	}
}

// wantKey asks the encoder of a channel for a whole picture, where it can be asked.
func (s *Server) wantKey(channel ident.Channel) {
	s.mu.Lock()
	c := s.sources[channel]
	s.mu.Unlock()
	if c != nil {
		c.wantKey()
	}
}

// serve is the life of an encoder's connection.
func (c *source) serve(ctx context.Context) {
	defer c.server.left(c)
	c.meet(c.server.Limits.Connect)
	err := c.receive(ctx)
	goodbye := errors.Is(err, errGoodbye)
	if c.pub != nil {
		c.pub.Close(c.shown(err), goodbye)
	} else if errors.Is(err, errNotMet) {
		c.server.hub.Trouble(c.channel, errUnreached())
	} else if fault.Of(err) != nil {
		c.server.hub.Trouble(c.channel, err)
	}
	if goodbye {
		c.log.Info("the encoder stopped")
		return
	}
	c.log.Warn("an encoder was refused or lost", "error", err)
}

// shown is what the hub is told of why the connection ended.
func (c *source) shown(err error) error {
	if errors.Is(err, errNewer) {
		return media.ErrDisplaced
	}
	return err
}

func errUnreached() *fault.Fault {
	return fault.New(fault.Unavailable, "rtc_unreached",
		"The encoder and this server did not find each other. The WebRTC port must be reachable by UDP or TCP, and --rtc-address must say under which address.")
}

// track is called when a track of the encoder begins.
func (c *source) track(t *pion.TrackRemote, r *pion.RTPReceiver) {
	first := &c.sawAudio
	if t.Kind() == pion.RTPCodecTypeVideo {
		first = &c.sawVideo
	}
	if !first.CompareAndSwap(false, true) {
		return // another size of the same picture; its packets are dropped
	}
	c.spawn(func() { c.read(t) })
	c.spawn(func() { c.reports(t, r) })
}

// reports reads what the encoder says of its clocks.
func (c *source) reports(t *pion.TrackRemote, r *pion.RTPReceiver) {
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok && sr.SSRC == uint32(t.SSRC()) {
				c.hand(heard{kind: t.Kind(), report: sr})
			}
		}
	}
}
