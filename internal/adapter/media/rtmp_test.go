package media_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/bluenviron/gortmplib/pkg/message"

	"github.com/subspace-live/subspace/internal/adapter/media/rtmp"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// connect opens an encoder's connection up to the start of publishing.
func (s *studio) connect(key string, dial func(context.Context, string, string) (net.Conn, error)) (*gortmplib.Client, error) {
	c := &gortmplib.Client{
		URL:     &url.URL{Scheme: "rtmp", Host: s.rtmp.Addr().String(), Path: "/live", Fragment: key},
		Publish: true, DialContext: dial,
	}
	err := c.Initialize(s.t.Context())
	if err == nil {
		s.t.Cleanup(c.Close)
	}
	return c, err
}

func TestAWrongKeyIsRefusedBeforePublishing(t *testing.T) {
	s := newStudio(t)
	_, key := s.channel("ines")
	wrong := "live_notthisoneatall"
	if _, err := s.connect(wrong, nil); err == nil || !strings.Contains(err.Error(), "NetStream.Publish.BadName") {
		t.Errorf("the encoder hears %v", err)
	}
	s.eventually("the refusal is logged", func() bool { return strings.Contains(s.log.String(), "stream_key_wrong") })
	if _, err := s.connect(key.Reveal()+"?bandwidth=1", nil); err != nil {
		t.Errorf("a key with a query: %v", err)
	}
	if log := s.log.String(); strings.Contains(log, wrong) || strings.Contains(log, key.Reveal()) {
		t.Errorf("a key was logged: %s", log)
	}
}

// status reads until the server says something about the stream, and returns
// its code and description.
func status(c *gortmplib.Client) (code, description string) {
	for {
		m, err := c.Read()
		if err != nil {
			return "", err.Error()
		}
		if cmd, ok := m.(*message.CommandAMF0); ok && cmd.Name == "onStatus" && len(cmd.Arguments) > 1 {
			if o, ok := cmd.Arguments[1].(amf0.Object); ok {
				code, _ = o.GetString("code")
				description, _ = o.GetString("description")
				return code, description
			}
		}
	}
}

func TestUnsupportedCodecsAreRefusedWithASentence(t *testing.T) {
	h264 := &gortmplib.Track{Codec: &codecs.H264{
		SPS: []byte{0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20},
		PPS: []byte{0x08, 0x06, 0x07, 0x08},
	}}
	vp9 := &gortmplib.Track{Codec: &codecs.VP9{}}
	mp3 := &gortmplib.Track{Codec: &codecs.MPEG1Audio{}}
	for name, c := range map[string]struct {
		send func(*testing.T, *gortmplib.Client)
		want string
	}{
		"VP9": {func(t *testing.T, c *gortmplib.Client) {
			w := writer(t, c, vp9)
			_ = w.WriteVP9(vp9, 0, []byte{0x82, 1, 2})
			_ = w.WriteVP9(vp9, 3*time.Second, []byte{0x82, 1, 2})
		}, "VP9"},
		"MP3": {func(t *testing.T, c *gortmplib.Client) {
			w := writer(t, c, h264, mp3)
			frame := append([]byte{0xff, 0xfb, 0x90, 0x64}, make([]byte, 413)...)
			_ = w.WriteMPEG1Audio(mp3, 0, frame)
			_ = w.WriteMPEG1Audio(mp3, 3*time.Second, frame)
		}, "MP3"},
		"VP6": {func(_ *testing.T, c *gortmplib.Client) {
			_ = c.Write(&message.Video{ChunkStreamID: 6, MessageStreamID: 1, Codec: 4, Type: message.VideoTypeAU, AU: []byte{1}})
		}, "VP6"},
		"Speex": {func(_ *testing.T, c *gortmplib.Client) {
			_ = c.Write(&message.Audio{ChunkStreamID: 4, MessageStreamID: 1, Codec: 11, AU: []byte{1}})
		}, "Speex"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t)
			place, key := s.channel("ines")
			encoder, err := s.connect(key.Reveal(), nil)
			s.must(err)
			c.send(t, encoder)
			if code, description := status(encoder); code != "NetStream.Failed" || !strings.Contains(description, c.want) {
				t.Errorf("the encoder hears %q %q", code, description)
			}
			s.eventually("the creator reads why", func() bool {
				h := s.hub.Health(place)
				return !h.Publishing && strings.Contains(h.LastError, c.want)
			})
			if _, open := s.current(place); open {
				t.Error("a broadcast began")
			}
		})
	}
}

func writer(t *testing.T, c *gortmplib.Client, tracks ...*gortmplib.Track) *gortmplib.Writer {
	t.Helper()
	w := &gortmplib.Writer{Conn: c, Tracks: tracks}
	if err := w.Initialize(); err != nil {
		t.Fatal(err)
	}
	return w
}

// cutter stops writing in the middle once it is told to.
type cutter struct {
	net.Conn
	left atomic.Int64 // bytes until it stops; negative: never
}

func (c *cutter) Write(p []byte) (int, error) {
	left := c.left.Load()
	if left < 0 {
		return c.Conn.Write(p)
	}
	n := min(left, int64(len(p)))
	c.left.Add(-n)
	if _, err := c.Conn.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil // the rest is never sent
}

func TestAnEncoderThatStopsMidFrameIsInterrupted(t *testing.T) {
	s := newStudio(t, func(s *studio) { s.rtmp.Silence = 4 * time.Second })
	place, key := s.channel("ines")
	var wire *cutter
	encoder, err := s.connect(key.Reveal(), func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := (&net.Dialer{}).DialContext(ctx, network, address)
		wire = &cutter{Conn: nc}
		wire.left.Store(-1)
		return wire, err
	})
	s.must(err)
	c := s.pottery()
	sps, pps := c.Parameters()
	video := &gortmplib.Track{Codec: &codecs.H264{SPS: sps, PPS: pps}}
	w := writer(t, encoder, video)
	for i, p := range c.Pictures()[:90] {
		at := time.Duration(i) * time.Second / 30
		s.must(w.WriteH264(video, at, at, p))
	}
	b := s.awaitState(place, live.Live)
	wire.left.Store(1000)
	s.must(w.WriteH264(video, 3*time.Second, 3*time.Second, c.Pictures()[0])) // a keyframe of 15 kB
	if again := s.awaitState(place, live.Interrupted); again.ID != b.ID {
		t.Error("another broadcast")
	}
	if h := s.hub.Health(place); h.Publishing || !strings.Contains(h.LastError, "sent nothing for 4 seconds") || h.LastReason != "encoder_silent" {
		t.Errorf("health %+v", h)
	}
	if _, err := io.Copy(io.Discard, wire.Conn); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("the connection stayed open: %v", err)
	}
}

// ended waits until the server has ended a connection that it said nothing on.
func (s *studio) ended(nc net.Conn) bool {
	s.t.Helper()
	s.must(nc.SetReadDeadline(time.Now().Add(20 * time.Second)))
	_, err := io.Copy(io.Discard, nc)
	ne, ok := err.(net.Error)
	return !ok || !ne.Timeout()
}

func (s *studio) stranger() net.Conn {
	s.t.Helper()
	nc, err := net.Dial("tcp", s.rtmp.Addr().String())
	s.must(err)
	s.t.Cleanup(func() { _ = nc.Close() })
	return nc
}

func TestStrangersWhoSayNothingAreSentAway(t *testing.T) {
	s := newStudio(t, func(s *studio) { s.rtmp.Silence = 2 * time.Second })
	if !s.ended(s.stranger()) {
		t.Error("a silent stranger may stay")
	}
}

// However much somebody talks: without a key that opens a channel their time is over.
func TestStrangersWhoOnlyTalkAreSentAway(t *testing.T) {
	s := newStudio(t, func(s *studio) { s.rtmp.Greeting = 2 * time.Second })
	nc := s.stranger()
	_, _, err := handshake.DoClient(nc, false, false)
	s.must(err)
	bytes := bytecounter.NewReadWriter(nc)
	w := message.NewReadWriter(bytes, bytes, false)
	s.must(w.Write(&message.CommandAMF0{
		ChunkStreamID: 3, Name: "connect", CommandID: 1, Arguments: []any{amf0.Object{{Key: "app", Value: "live"}, {Key: "tcUrl", Value: "rtmp://x/live"}}},
	}))
	s.eventually("the talking stranger is sent away", func() bool {
		return w.Write(&message.Acknowledge{Value: 1}) != nil
	})
	if log := s.log.String(); !strings.Contains(log, "no key was shown in time") {
		t.Errorf("the log says\n%s", log)
	}
}

// Strangers who hold every place open do not keep a creator out: the oldest of
// them has to go. Nor do they push out who is sending.
func TestStrangersDoNotCrowdOutACreator(t *testing.T) {
	s := newStudio(t, func(s *studio) { s.rtmp.Silence, s.rtmp.Greeting = time.Minute, time.Minute })
	place, key := s.channel("ines")
	s.send(key, s.pottery())
	b := s.awaitState(place, live.Live)
	first := s.stranger()
	for range 100 {
		s.stranger()
	}
	if !s.ended(first) {
		t.Error("the oldest of a hundred strangers still has a place")
	}
	_, other := s.channel("nora")
	if _, err := s.connect(other.Reveal(), nil); err != nil {
		t.Errorf("a creator finds no place: %v", err)
	}
	if again, open := s.current(place); !open || again.ID != b.ID || again.State != live.Live {
		t.Errorf("the encoder that was sending: %+v", again)
	}
	if log := s.log.String(); !strings.Contains(log, "too many of them") {
		t.Error("nothing tells of the crowd")
	}
}

func TestABusyPortNamesTheFlag(t *testing.T) {
	s := newStudio(t)
	address := s.rtmp.Addr().String()
	_, err := rtmp.Listen(address, s.hub, slog.New(slog.DiscardHandler))
	if !fault.Is(err, "rtmp_address_busy") || !strings.Contains(err.Error(), address) || !strings.Contains(err.Error(), "--rtmp-listen") {
		t.Errorf("%v", err)
	}
	if _, err := rtmp.Listen("nowhere:x", s.hub, slog.New(slog.DiscardHandler)); !fault.Is(err, "rtmp_address_invalid") {
		t.Errorf("%v", err)
	}
}

// FFmpeg greets in its own way, encodes with B-frames and is refused like OBS:
// a second encoder than our own client.
func TestFFmpegSends(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	s := newStudio(t)
	place, key := s.channel("ines")
	send := func(key string) *exec.Cmd {
		return exec.CommandContext(t.Context(), ffmpeg, "-nostdin", "-v", "error", "-re",
			"-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi", "-i", "sine=r=48000",
			"-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "30", "-pix_fmt", "yuv420p", "-c:a", "aac",
			"-f", "flv", "rtmp://"+s.rtmp.Addr().String()+"/live/"+key)
	}
	out, err := send("live_wrong").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "This stream key opens no channel") {
		t.Errorf("FFmpeg hears %v %s", err, out)
	}
	cmd := send(key.Reveal())
	s.must(cmd.Start())
	b := s.awaitState(place, live.Live)
	w := s.watch(s.url("", place))
	s.eventually("three seconds are watched", func() bool { p, a := w.counts(); return p > 90 && a > 100 })
	if h := s.hub.Health(place); !h.BFrames || h.KeyframeSeconds != 1 {
		t.Errorf("health %+v", h)
	}
	s.must(cmd.Process.Signal(os.Interrupt)) // FFmpeg says goodbye
	_ = cmd.Wait()
	if again := s.awaitState(place, live.Interrupted); again.ID != b.ID {
		t.Error("another broadcast")
	}
	s.eventually("the goodbye is understood", func() bool { return strings.Contains(s.log.String(), "the encoder stopped") })
}
