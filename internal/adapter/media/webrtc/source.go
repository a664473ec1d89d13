package webrtc

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtcp"
	pion "github.com/pion/webrtc/v4"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// source is an encoder's connection. Everything it sends passes through one
// goroutine, receive.
type source struct {
	*peer
	server  *Server
	key     live.Key
	channel ident.Channel
	sounds  bool // its offer holds sound

	sawVideo, sawAudio atomic.Bool
	heard              chan heard
	ssrc               atomic.Uint32 // of the picture; 0: none yet
	asked              atomic.Int64  // when a keyframe was last asked for, in Unix milliseconds
	wanted             atomic.Bool   // somebody waits for a keyframe that was not asked for yet
	generation         atomic.Int64  // of pub; an older one ends nothing any more

	// Of receive.
	line    *timeline
	wall    wall
	pub     *media.Publication // nil until the first whole picture
	audible bool               // sound has come
	silent  bool               // pub was begun without sound
	broken  bool               // nothing can be shown until the next whole picture
	waits   time.Time
	lastKey time.Time
}

// heard is something a track brought.
type heard struct {
	kind   pion.RTPCodecType
	moment moment
	report *rtcp.SenderReport // instead of a moment
}

// parameterSet is what a decoder has to know before the first picture.
type parameterSet struct{ sps, pps []byte }

// heardMax is how many pictures and stretches of sound wait for receive. When it
// is full the reader waits, and the network drops what comes meanwhile.
const heardMax = 64

func newSource(s *Server, p *peer, key live.Key, channel ident.Channel, sounds bool) *source {
	return &source{
		peer: p, server: s, key: key, channel: channel, sounds: sounds,
		heard: make(chan heard, heardMax), line: newTimeline(), broken: true,
	}
}

// hand gives receive something; false when the connection ends.
func (c *source) hand(h heard) bool {
	select {
	case c.heard <- h:
		return true
	case <-c.done:
		return false
	}
}

// read puts together what one track brings.
func (c *source) read(t *pion.TrackRemote) {
	video := t.Kind() == pion.RTPCodecTypeVideo
	a := soundAssembler()
	if video {
		a = videoAssembler()
		c.ssrc.Store(uint32(t.SSRC()))
		c.wantKey()
	}
	for {
		if video {
			if err := t.SetReadDeadline(time.Now().Add(c.server.Limits.Silence)); err != nil {
				return
			}
		}
		p, _, err := t.ReadRTP()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.end(errNoPicture(c.server.Limits.Silence))
			return
		}
		if err != nil {
			return // the transport says why
		}
		for _, m := range a.push(p, time.Now()) {
			if !c.hand(heard{kind: t.Kind(), moment: m}) {
				return
			}
		}
	}
}

func errNoPicture(limit time.Duration) *fault.Fault {
	return fault.New(fault.Unavailable, "video_silent", "The encoder sent no picture for %.0f seconds.", limit.Seconds())
}

// receive hands on what the encoder sends until the connection ends, and says why.
func (c *source) receive(ctx context.Context) (err error) {
	defer func() {
		if err == nil { // it broke
			err = c.cause()
		}
	}()
	defer c.survive()
	silence := time.NewTimer(c.server.Limits.Silence) // until the first picture
	defer silence.Stop()
	for {
		select {
		case <-c.done:
			return c.cause()
		case <-silence.C:
			if c.pub == nil {
				return errNoPicture(c.server.Limits.Silence)
			}
		case h := <-c.heard:
			if err := c.take(ctx, h); err != nil {
				if why := c.cause(); why != nil { // ours before that of what we closed
					return why
				}
				return err
			}
		}
	}
}

func (c *source) take(ctx context.Context, h heard) error {
	clock, video := &c.line.audio, h.kind == pion.RTPCodecTypeVideo
	if video {
		clock = &c.line.video
	}
	if h.report != nil {
		c.line.reported(clock, h.report.NTPTime, h.report.RTPTime)
		return nil
	}
	pts := c.line.at(clock, h.moment.stamp, h.moment.arrived)
	if video {
		return c.show(ctx, h.moment, pts)
	}
	c.audible = true
	if c.pub == nil || c.silent {
		return nil
	}
	return c.pub.Audio(media.Frame{PTS: pts, DTS: pts, At: c.wall.at(pts, h.moment.arrived), Units: [][]byte{h.moment.data}})
}

// show hands on a picture. After a loss, and before the first whole picture, the
// ones that build on others are left out: they could not be shown.
func (c *source) show(ctx context.Context, m moment, pts time.Duration) error {
	all, ok := units(m.data)
	all = pictureOnly(all)
	key := ok && h264.IsRandomAccess(all)
	if !ok || m.lost && !key {
		c.broken = true
	}
	c.keepKeyed(key, m.arrived)
	if len(all) == 0 || c.broken && !key {
		return nil
	}
	if key {
		if begun, err := c.begin(ctx, all, m.arrived); err != nil || !begun {
			return err
		}
		c.broken = false
	}
	return c.pub.Video(media.Frame{PTS: pts, DTS: pts, At: c.wall.at(pts, m.arrived), Units: all})
}

// soundWait is how long the first picture waits for a sound that was offered.
const soundWait = 1500 * time.Millisecond

// begin lets the encoder send, with its first whole picture, and again should its
// sound come later. A picture whose size changes brings its parameters along, and
// outputs take them from it. False: it waits for the sound.
func (c *source) begin(ctx context.Context, all [][]byte, now time.Time) (bool, error) {
	if c.pub != nil && c.silent == !c.audible {
		return true, nil
	}
	found := parametersIn(all)
	if len(found.sps) == 0 || len(found.pps) == 0 {
		return c.pub != nil, nil
	}
	if c.pub == nil && c.sounds && !c.audible {
		if c.waits.IsZero() {
			c.waits = now
		}
		if now.Sub(c.waits) < soundWait {
			return false, nil
		}
	}
	f, err := formatOf(found, c.audible)
	if err != nil {
		return false, err
	}
	old := c.pub
	pub, err := c.server.hub.Publish(ctx, c.key, c.channel, f, c.leaver())
	if err != nil {
		return false, err
	}
	c.pub, c.silent = pub, !c.audible
	c.server.sending(c)
	if old != nil {
		old.Close(media.ErrDisplaced, false) // by ourselves
		return true, nil
	}
	c.log.Info("an encoder is sending")
	return true, nil
}

// leaver returns what ends this connection for the hub, but not when it only
// displaces itself.
func (c *source) leaver() func(error) {
	mine := &c.generation
	n := mine.Add(1)
	return func(why error) {
		if mine.Load() == n {
			c.end(why)
		}
	}
}

// How often an encoder is asked for a whole picture: browsers send none by
// themselves, and segments begin with one.
const (
	keyEvery = 2 * time.Second
	keyLeast = 400 * time.Millisecond
)

// keepKeyed sees to it that whole pictures come.
func (c *source) keepKeyed(key bool, now time.Time) {
	if key {
		c.lastKey = now
		c.wanted.Store(false) // who waited has it now
		return
	}
	if c.wanted.Load() || c.broken || c.pub == nil || now.Sub(c.lastKey) >= keyEvery {
		c.wantKey()
	}
}

// wantKey asks the encoder for a whole picture; where it was asked a moment ago,
// with its next pictures.
func (c *source) wantKey() {
	c.wanted.Store(true)
	ssrc := c.ssrc.Load()
	now := time.Now().UnixMilli()
	before := c.asked.Load()
	if ssrc == 0 || now-before < keyLeast.Milliseconds() || !c.asked.CompareAndSwap(before, now) {
		return
	}
	c.wanted.Store(false)
	if err := c.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: ssrc}}); err != nil {
		c.log.Debug("a keyframe could not be asked for", "error", err)
	}
}

// pictureOnly drops the NAL units that players have no use for.
func pictureOnly(all [][]byte) [][]byte {
	out := all[:0:0]
	for _, u := range all {
		if unitType(u) != unitDelimiter {
			out = append(out, u)
		}
	}
	return out
}

// parametersIn returns the parameters that a whole picture comes with.
func parametersIn(all [][]byte) (found parameterSet) {
	for _, u := range all {
		switch unitType(u) {
		case unitSPS:
			found.sps = u
		case unitPPS:
			found.pps = u
		}
	}
	return found
}
