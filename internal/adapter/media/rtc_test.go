package media_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	pion "github.com/pion/webrtc/v4"
	pionmedia "github.com/pion/webrtc/v4/pkg/media"
	"github.com/pion/webrtc/v4/pkg/media/samplebuilder"

	"github.com/subspace-live/subspace/internal/adapter/media/loop"
	"github.com/subspace-live/subspace/internal/adapter/media/webrtc"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// pace is what the server is told of an address's pace; at first, nothing.
type pace struct{ refusal atomic.Pointer[fault.Fault] }

func (p *pace) Load() error {
	if f := p.refusal.Load(); f != nil {
		return f
	}
	return nil
}

func (s *studio) newRTC() *webrtc.Server {
	return webrtc.New(webrtc.Config{
		Door: s.door, Pace: func(*http.Request) error { return s.pace.Load() }, Viewers: 3, Random: rand.Reader, Now: s.clock.now,
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
}

// caller is the other side of a WebRTC connection, by a library that is a full
// client. What it has begun ends with the test.
type caller struct {
	s        *studio
	pc       *pion.PeerConnection
	token    string
	resource string
	closed   chan struct{} // once the server has taken its leave
	once     sync.Once
	wait     sync.WaitGroup
}

func (s *studio) caller(token string) *caller {
	s.t.Helper()
	var settings pion.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICETimeouts(2*time.Second, 4*time.Second, 500*time.Millisecond)
	var engine pion.MediaEngine
	s.must(engine.RegisterDefaultCodecs())
	pc, err := pion.NewAPI(pion.WithSettingEngine(settings), pion.WithMediaEngine(&engine)).NewPeerConnection(pion.Configuration{})
	s.must(err)
	c := &caller{s: s, pc: pc, token: token, closed: make(chan struct{})}
	pc.OnConnectionStateChange(func(state pion.PeerConnectionState) {
		switch state {
		case pion.PeerConnectionStateFailed, pion.PeerConnectionStateClosed, pion.PeerConnectionStateDisconnected:
			c.once.Do(func() { close(c.closed) })
		}
	})
	s.t.Cleanup(func() {
		if err := pc.GracefulClose(); err != nil {
			s.t.Error(err)
		}
		c.wait.Wait()
	})
	return c
}

// offer posts the offer and takes the answer; another status is left to the caller.
func (c *caller) offer(path string, cookie ident.Account) answer {
	c.s.t.Helper()
	offer, err := c.pc.CreateOffer(nil)
	c.s.must(err)
	gathered := pion.GatheringCompletePromise(c.pc)
	c.s.must(c.pc.SetLocalDescription(offer))
	<-gathered
	got := c.s.post(path, c.token, cookie, c.pc.LocalDescription().SDP)
	if got.status == http.StatusCreated {
		c.resource = got.header.Get("Location")
		c.s.must(c.pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: got.body}))
	}
	return got
}

// hangUp ends the connection as the standards ask.
func (c *caller) hangUp() answer {
	c.s.t.Helper()
	return c.s.request(http.MethodDelete, c.resource, "Bearer "+c.token, "", "", "")
}

func (s *studio) post(path, token string, cookie ident.Account, offer string) answer {
	s.t.Helper()
	if token != "" {
		token = "Bearer " + token
	}
	return s.request(http.MethodPost, path, token, cookie, "application/sdp", offer)
}

func (s *studio) request(method, path, authorization string, cookie ident.Account, kind, body string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(s.t.Context()), method, s.web.URL+path, strings.NewReader(body))
	s.must(err)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if cookie != "" {
		req.AddCookie(&http.Cookie{Name: "who", Value: string(cookie)})
	}
	res, err := http.DefaultClient.Do(req)
	s.must(err)
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	s.must(err)
	return answer{res.StatusCode, res.Header, string(text)}
}

// cast sends a clip's pictures, and sound that counts, until it is stopped. Asked
// for a whole picture it goes on with the next one the clip has, as a browser
// would make one.
type cast struct {
	*caller
	stopping chan struct{}
	stopOnce sync.Once
	asked    atomic.Int64 // keyframes
}

// tone is the n-th stretch of sound: of Opus, 20 ms long, and known again.
func tone(n int) []byte { return []byte{0xfc, byte(n >> 8), byte(n), 0x55} }

func (s *studio) cast(key live.Key, c *loop.Clip) *cast {
	s.t.Helper()
	out := s.newCast(key, true)
	if got := out.offer("/whip", ""); got.status != http.StatusCreated {
		s.t.Fatalf("%d %s", got.status, got.body)
	}
	return out.run(c)
}

func (s *studio) newCast(key live.Key, sounds bool) *cast {
	s.t.Helper()
	out := &cast{caller: s.caller(key.Reveal()), stopping: make(chan struct{})}
	out.add(pion.RTPCodecCapability{MimeType: pion.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"})
	if sounds {
		out.add(pion.RTPCodecCapability{MimeType: pion.MimeTypeOpus, ClockRate: 48000, Channels: 2})
	}
	return out
}

func (c *cast) add(codec pion.RTPCodecCapability) {
	track, err := pion.NewTrackLocalStaticSample(codec, codec.MimeType[:5], "cast")
	c.s.must(err)
	_, err = c.pc.AddTransceiverFromTrack(track, pion.RTPTransceiverInit{Direction: pion.RTPTransceiverDirectionSendonly})
	c.s.must(err)
}

func (c *cast) run(clip *loop.Clip) *cast {
	var video, audio *pion.TrackLocalStaticSample
	for _, sender := range c.pc.GetSenders() {
		track := sender.Track().(*pion.TrackLocalStaticSample)
		if track.Kind() == pion.RTPCodecTypeAudio {
			audio = track
			continue
		}
		video = track
		c.wait.Add(1)
		go func() { // ends with the connection
			defer c.wait.Done()
			c.listen(sender)
		}()
	}
	c.wait.Add(1)
	go func() { // ends when it is stopped
		defer c.wait.Done()
		c.play(clip, video, audio)
	}()
	c.s.t.Cleanup(c.stop)
	return c
}

func (c *cast) listen(sender *pion.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				c.asked.Add(1)
			}
		}
	}
}

func (c *cast) play(clip *loop.Clip, video, audio *pion.TrackLocalStaticSample) {
	pictures := clip.Pictures()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var asked int64
	for n, i := 0, 0; ; n++ {
		select {
		case <-c.stopping:
			return
		case <-tick.C:
		}
		if audio != nil {
			_ = audio.WriteSample(pionmedia.Sample{Data: tone(n), Duration: 20 * time.Millisecond}) // before it is bound it goes nowhere
		}
		if now := c.asked.Load(); now != asked {
			asked = now
			for i++; !h264.IsRandomAccess(pictures[i%len(pictures)]); i++ {
			}
		}
		annexB, err := h264.AnnexB(pictures[i%len(pictures)]).Marshal()
		if err != nil {
			c.s.t.Error(err)
			return
		}
		i++
		_ = video.WriteSample(pionmedia.Sample{Data: annexB, Duration: 20 * time.Millisecond})
	}
}

func (c *cast) stop() { c.stopOnce.Do(func() { close(c.stopping) }) }

// seat is somebody who watches by WHEP.
type seat struct {
	*caller
	mu       sync.Mutex
	pictures [][]byte
	sounds   [][]byte
	first    time.Duration // from the answer to the first picture
}

// admits is how a viewer asks: where, and with what.
type admits struct {
	path, token string
	cookie      ident.Account
}

// pass asks for a playback token.
func (s *studio) pass(who ident.Account, c ident.Channel) admits {
	s.t.Helper()
	p, err := s.door.Playback(s.t.Context(), who, c)
	s.must(err)
	if p.Token == "" {
		s.t.Fatalf("no token: %+v", p)
	}
	return admits{"/whep/" + p.Handle, p.Token, who}
}

// whep watches with a token, once the broadcast can be watched so.
func (s *studio) whep(a admits) *seat {
	s.t.Helper()
	v, got := s.ask(a)
	if got.status != http.StatusCreated {
		s.t.Fatalf("%d %s", got.status, got.body)
	}
	return v
}

// ask sends a viewer's offer.
func (s *studio) ask(a admits) (*seat, answer) {
	s.t.Helper()
	v := &seat{caller: s.caller(a.token)}
	for _, kind := range []pion.RTPCodecType{pion.RTPCodecTypeVideo, pion.RTPCodecTypeAudio} {
		_, err := v.pc.AddTransceiverFromKind(kind, pion.RTPTransceiverInit{Direction: pion.RTPTransceiverDirectionRecvonly})
		s.must(err)
	}
	var began atomic.Int64
	v.pc.OnTrack(func(t *pion.TrackRemote, _ *pion.RTPReceiver) {
		v.watch(t, func() time.Duration { return time.Duration(time.Now().UnixNano() - began.Load()) })
	})
	began.Store(time.Now().UnixNano())
	return v, v.offer(a.path, a.cookie)
}

// watch keeps what comes. It runs in a goroutine of the library.
func (v *seat) watch(t *pion.TrackRemote, since func() time.Duration) {
	var shape rtp.Depacketizer = &codecs.OpusPacket{}
	if t.Kind() == pion.RTPCodecTypeVideo {
		shape = &codecs.H264Packet{}
	}
	b := samplebuilder.New(256, shape, t.Codec().ClockRate)
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		b.Push(p)
		for sample := b.Pop(); sample != nil; sample = b.Pop() {
			v.keep(t.Kind(), sample.Data, since)
		}
	}
}

func (v *seat) keep(kind pion.RTPCodecType, data []byte, since func() time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if kind == pion.RTPCodecTypeAudio {
		v.sounds = append(v.sounds, bytes.Clone(data))
		return
	}
	var au h264.AnnexB
	if err := au.Unmarshal(data); err != nil {
		v.s.t.Error(err)
		return
	}
	if len(v.pictures) == 0 {
		v.first = since()
		if !h264.IsRandomAccess(au) {
			v.s.t.Error("the first picture is not a whole one")
		}
	}
	v.pictures = append(v.pictures, slices(au))
}

func (v *seat) counts() (pictures, sounds int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.pictures), len(v.sounds)
}

// plays waits for pictures and sounds more than there are.
func (v *seat) plays(what string) {
	v.s.t.Helper()
	p, a := v.counts()
	v.s.eventually(what, func() bool { q, b := v.counts(); return q >= p+20 && b >= a+20 })
}

// shut waits until the server has ended the connection, and says how long it took.
func (v *caller) shut(patience time.Duration) time.Duration {
	v.s.t.Helper()
	began := time.Now()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-v.closed:
		return time.Since(began)
	case <-limit.C:
		v.s.t.Fatal(errors.New("the connection was not ended in time"), v.s.log)
		return 0
	}
}
