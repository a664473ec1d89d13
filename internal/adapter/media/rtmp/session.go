package rtmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// session is one encoder's connection.
type session struct {
	server *Server
	wire   *wire
	host   string
	log    *slog.Logger
	left   atomic.Pointer[error] // why the server ended it
	cancel context.CancelFunc    // of what still has to be found out before it is let in

	channel ident.Channel // whose key it has shown; under the server's lock
}

func newSession(s *Server, nc net.Conn, cancel context.CancelFunc) *session {
	host, _, err := net.SplitHostPort(nc.RemoteAddr().String())
	if err != nil {
		host = nc.RemoteAddr().String()
	}
	return &session{
		server: s, wire: newWire(nc, s.Silence), host: host, cancel: cancel,
		log: s.log.With("remote", nc.RemoteAddr().String()),
	}
}

// leave ends the connection from our side; serve then returns. It does not block.
func (c *session) leave(why error) {
	c.left.CompareAndSwap(nil, &why)
	c.cancel()
	c.wire.tap.hangUp() // the reader hears of it
}

// cause returns why the connection ended: our reason before the network's.
func (c *session) cause(err error) error {
	if why := c.left.Load(); why != nil {
		return *why
	}
	return err
}

// serve greets, which must be over when greeting ends, and hands on what comes.
func (c *session) serve(ctx, greeting context.Context) {
	defer c.wire.tap.Close() //nolint:errcheck // the connection is over
	defer func() {
		if p := recover(); p != nil { // parsers of strangers' bytes; other encoders go on
			c.log.Error("an encoder's connection broke the server's parser", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	c.wire.tap.until, _ = greeting.Deadline()
	g := dialogue{c.wire}
	key, command, err := g.publish()
	if err != nil {
		c.log.Debug("a connection ended before publishing", "error", c.cause(err))
		return
	}
	channel, err := c.server.hub.Admit(greeting, key)
	if err != nil {
		c.refuse(g, command, "NetStream.Publish.BadName", err)
		return
	}
	if !c.server.know(c, channel) {
		return
	}
	c.log = c.log.With("channel", channel)
	c.wire.tap.trust()
	if err := g.accept(command); err != nil {
		c.log.Debug("a connection ended before publishing", "error", err)
		return
	}
	if err := c.publish(ctx, key, channel); err != nil {
		c.refuse(g, command, "NetStream.Failed", err)
	}
}

// refuse tells the encoder, where it still listens, and the log.
func (c *session) refuse(g dialogue, command int, code string, err error) {
	description := "The server ended the connection."
	if f := fault.Of(err); f != nil {
		description = f.Detail
	}
	c.log.Warn("an encoder was refused or lost", "error", err)
	if g.refuse(command, code, description) == nil {
		c.wire.tap.linger()
	}
}

// publish hands on what the encoder sends until it goes. A nil error means that
// it took its leave.
func (c *session) publish(ctx context.Context, key live.Key, channel ident.Channel) error {
	r := &gortmplib.Reader{Conn: c.wire}
	err := r.Initialize()
	var t tracks
	if err != nil {
		err = analysisError(err)
	} else {
		t, err = readTracks(r.Tracks(), c.wire.header)
	}
	if errors.Is(err, errGoodbye) {
		return nil
	}
	if err != nil {
		return c.cause(c.troubled(channel, err))
	}
	pub, err := c.server.hub.Publish(ctx, key, channel, t.format, c.leave)
	if err != nil {
		return err
	}
	c.log.Info("an encoder is sending")
	s := &sending{session: c, pub: pub, reader: r, tracks: t}
	err = c.cause(s.run())
	goodbye := errors.Is(err, errGoodbye)
	pub.Close(err, goodbye)
	if goodbye {
		c.log.Info("the encoder stopped")
		return nil
	}
	return err
}

// troubled shows the creator what is wrong with the encoder.
func (c *session) troubled(channel ident.Channel, err error) error {
	if f := fault.Of(err); f != nil {
		c.server.hub.Trouble(channel, f)
	}
	return err
}

// sending is a session whose encoder was let in.
type sending struct {
	*session
	pub    *media.Publication
	reader *gortmplib.Reader
	tracks tracks

	lastVideo time.Time
	lastDTS   time.Duration
	broken    error // what a callback met
}

func (s *sending) run() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("parser panic: %v", p)
			s.log.Error("an encoder's stream broke the server's parser", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	s.lastVideo = time.Now()
	s.listen()
	for {
		if err := s.reader.Read(); err != nil {
			return s.explain(err)
		}
		if s.broken != nil {
			return s.broken
		}
		if s.tracks.video != nil && time.Since(s.lastVideo) > s.wire.limit {
			return fault.New(fault.Unavailable, "video_silent", "The encoder sent sound but no picture for %.0f seconds.", s.wire.limit.Seconds())
		}
	}
}

// listen has what comes handed on.
func (s *sending) listen() {
	s.reader.Conn = &overheard{s.reader.Conn, s.announced}
	if t := s.tracks.video; t != nil {
		switch t.Codec.(type) {
		case *codecs.H264:
			s.reader.OnDataH264(t, s.video)
		case *codecs.H265:
			s.reader.OnDataH265(t, s.video)
		case *codecs.AV1:
			s.reader.OnDataAV1(t, func(pts time.Duration, units [][]byte) { s.video(pts, pts, units) })
		}
	}
	if t := s.tracks.audio; t != nil {
		switch t.Codec.(type) {
		case *codecs.MPEG4Audio:
			s.reader.OnDataMPEG4Audio(t, s.audio)
		case *codecs.Opus:
			s.reader.OnDataOpus(t, s.audio)
		}
	}
}

// overheard shows what gortmplib's reader passes over: parameters that are
// announced anew, with which another picture size begins.
type overheard struct {
	gortmplib.Conn
	announced func(*message.VideoExSequenceStart)
}

// Read implements gortmplib.Conn.
func (o *overheard) Read() (message.Message, error) {
	m, err := o.Conn.Read()
	if start, ok := m.(*message.VideoExSequenceStart); ok && err == nil {
		o.announced(start)
	}
	return m, err
}

// announced hands on parameters without a picture; they hold from the next
// keyframe on. AV1 has its own in each.
func (s *sending) announced(m *message.VideoExSequenceStart) {
	var units [][]byte
	switch {
	case m.HEVCConfig != nil:
		for _, array := range m.HEVCConfig.NaluArrays {
			for _, n := range array.Nalus {
				units = append(units, n.NALUnit)
			}
		}
	case m.AVCConfig != nil:
		for _, n := range slices.Concat(m.AVCConfig.SequenceParameterSets, m.AVCConfig.PictureParameterSets) {
			units = append(units, n.NALUnit)
		}
	}
	if units = whole(units); len(units) > 0 && s.broken == nil {
		s.broken = s.pub.Video(media.Frame{PTS: s.lastDTS, DTS: s.lastDTS, At: s.wire.clock.at(s.lastDTS), Units: units})
	}
}

func (s *sending) explain(err error) error {
	if fault.Of(err) != nil || errors.Is(err, errGoodbye) {
		return err
	}
	return errBroken(err)
}

func (s *sending) video(pts, dts time.Duration, units [][]byte) {
	s.lastVideo, s.lastDTS = time.Now(), dts
	units = whole(units)
	if len(units) == 0 || s.broken != nil {
		return
	}
	s.broken = s.pub.Video(media.Frame{PTS: pts, DTS: dts, At: s.wire.clock.at(dts), Units: units})
}

func (s *sending) audio(pts time.Duration, unit []byte) {
	if len(unit) == 0 || s.broken != nil {
		return
	}
	s.broken = s.pub.Audio(media.Frame{PTS: pts, DTS: pts, At: s.wire.clock.at(pts), Units: [][]byte{unit}})
}

// whole drops empty units.
func whole(units [][]byte) [][]byte {
	return slices.DeleteFunc(units, func(u []byte) bool { return len(u) == 0 })
}
