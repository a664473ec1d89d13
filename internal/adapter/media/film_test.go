package media_test

import (
	"bytes"
	"context"
	"io"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	rtmpcodecs "github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/subspace-live/subspace/internal/domain/live"
)

// film is four seconds from an MP4 file, with a keyframe every two. FFmpeg made
// the files of testdata: 192x108, 25 pictures a second, B-frames in H.264 and HEVC.
type film struct {
	video, audio codecs.Codec
	pictures     []shot
	sounds       []shot
}

// shot is one picture or one stretch of sound.
type shot struct {
	dts, pts time.Duration
	units    [][]byte
}

const filmLength = 4 * time.Second

// readFilm reads a file of testdata.
func readFilm(t testing.TB, name string) *film {
	t.Helper()
	file, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	head := bytes.Index(file, []byte("moof")) - 4
	tail := bytes.Index(file, []byte("mfra")) - 4
	return readMP4(t, file[:head], file[head:tail])
}

// readMP4 reads what a player would be given.
func readMP4(t testing.TB, head, body []byte) *film {
	t.Helper()
	var init fmp4.Init
	var parts fmp4.Parts
	if err := init.Unmarshal(bytes.NewReader(head)); err != nil {
		t.Fatal(err)
	}
	if err := parts.Unmarshal(body); err != nil {
		t.Fatal(err)
	}
	f := &film{}
	for _, track := range init.Tracks {
		shots := &f.sounds
		if track.Codec.IsVideo() {
			shots, f.video = &f.pictures, track.Codec
		} else {
			f.audio = track.Codec
		}
		for _, part := range parts {
			for _, p := range part.Tracks {
				if p.ID == track.ID {
					*shots = append(*shots, shotsOf(t, track, p)...)
				}
			}
		}
	}
	return f
}

func shotsOf(t testing.TB, track *fmp4.InitTrack, p *fmp4.PartTrack) (out []shot) {
	t.Helper()
	at := int64(p.BaseTime)
	when := func(ticks int64) time.Duration {
		return time.Duration(ticks) * time.Second / time.Duration(track.TimeScale)
	}
	for _, s := range p.Samples {
		units := [][]byte{s.Payload}
		var err error
		switch track.Codec.(type) {
		case *codecs.H264, *codecs.H265:
			var list h264.AVCC
			err = list.Unmarshal(s.Payload)
			units = list
		case *codecs.AV1:
			var list av1.Bitstream
			err = list.Unmarshal(s.Payload)
			units = list
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, shot{when(at), when(at + int64(s.PTSOffset)), units})
		at += int64(s.Duration)
	}
	return out
}

// muted is the film without its sound.
func (f film) muted() *film { f.audio, f.sounds = nil, nil; return &f }

// blind is the film without its pictures, for which the sound does not wait then.
func (f film) blind() *film {
	f.video, f.pictures = nil, nil
	step := f.sounds[2].dts - f.sounds[1].dts
	sounds := make([]shot, len(f.sounds))
	for i, x := range f.sounds {
		sounds[i] = shot{time.Duration(i) * step, time.Duration(i) * step, x.units}
	}
	f.sounds = sounds
	return &f
}

// camera sends films by RTMP.
type camera struct {
	s    *studio
	conn *gortmplib.Client
	w    *gortmplib.Writer
	film *film
	v, a *gortmplib.Track
}

func (s *studio) camera(key live.Key, f *film) *camera {
	s.t.Helper()
	return s.cameraAt(key, f, &gortmplib.Client{
		URL: &url.URL{Scheme: "rtmp", Host: s.rtmp.Addr().String(), Path: "/live", Fragment: key.Reveal()}, Publish: true,
	})
}

func (s *studio) cameraAt(_ live.Key, f *film, client *gortmplib.Client) *camera {
	s.t.Helper()
	s.must(client.Initialize(s.t.Context()))
	drained := make(chan struct{})
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, client.NetConn()) }()
	s.t.Cleanup(func() { client.Close(); <-drained })
	c := &camera{s: s, conn: client}
	c.load(f)
	return c
}

// load goes on with another film on the same connection.
func (c *camera) load(f *film) {
	c.s.t.Helper()
	c.film, c.v, c.a = f, nil, nil
	c.w = &gortmplib.Writer{Conn: c.conn}
	switch v := f.video.(type) {
	case *codecs.H264:
		c.v = &gortmplib.Track{Codec: &rtmpcodecs.H264{SPS: v.SPS, PPS: v.PPS}}
	case *codecs.H265:
		c.v = &gortmplib.Track{Codec: &rtmpcodecs.H265{VPS: v.VPS, SPS: v.SPS, PPS: v.PPS}}
	case *codecs.AV1:
		c.v = &gortmplib.Track{Codec: &rtmpcodecs.AV1{}}
	}
	switch a := f.audio.(type) {
	case *codecs.MPEG4Audio:
		c.a = &gortmplib.Track{Codec: &rtmpcodecs.MPEG4Audio{Config: &a.Config}}
	case *codecs.Opus:
		c.a = &gortmplib.Track{Codec: &rtmpcodecs.Opus{IDHeader: &opus.IDHeader{Version: 1, ChannelCount: uint8(a.ChannelCount), InputSampleRate: 48000}}}
	}
	for _, track := range []*gortmplib.Track{c.v, c.a} {
		if track != nil {
			c.w.Tracks = append(c.w.Tracks, track)
		}
	}
	c.s.must(c.w.Initialize())
}

// roll sends the film once, as fast as the connection takes it, with the times of
// an encoder whose clock says from.
func (c *camera) roll(from time.Duration) {
	c.s.t.Helper()
	c.s.must(c.each(func(time.Duration) bool { return true }, from))
}

// live sends the film over and over in real time until ctx ends.
func (c *camera) live(ctx context.Context, from time.Duration) {
	began := time.Now()
	for round := time.Duration(0); ctx.Err() == nil; round++ {
		_ = c.each(func(at time.Duration) bool {
			t := time.NewTimer(time.Until(began.Add(round*filmLength + at)))
			defer t.Stop()
			select {
			case <-t.C:
				return true
			case <-ctx.Done():
				return false
			}
		}, from+round*filmLength)
	}
}

// each writes all shots in the order of their decoding.
func (c *camera) each(when func(at time.Duration) bool, from time.Duration) error {
	f := c.film
	for p, s := 0, 0; p < len(f.pictures) || s < len(f.sounds); {
		if p < len(f.pictures) && (s == len(f.sounds) || f.pictures[p].dts <= f.sounds[s].dts) {
			if err := c.picture(f.pictures[p], when, from); err != nil {
				return err
			}
			p++
			continue
		}
		if x := f.sounds[s]; x.dts < filmLength {
			if err := c.sound(x, when, from); err != nil {
				return err
			}
		}
		s++
	}
	return nil
}

func (c *camera) picture(x shot, when func(time.Duration) bool, from time.Duration) error {
	if !when(x.dts) {
		return nil
	}
	switch c.v.Codec.(type) {
	case *rtmpcodecs.H264:
		return c.w.WriteH264(c.v, from+x.pts, from+x.dts, x.units)
	case *rtmpcodecs.H265:
		return c.w.WriteH265(c.v, from+x.pts, from+x.dts, x.units)
	}
	return c.w.WriteAV1(c.v, from+x.pts, x.units)
}

func (c *camera) sound(x shot, when func(time.Duration) bool, from time.Duration) error {
	if !when(x.dts) {
		return nil
	}
	if _, ok := c.a.Codec.(*rtmpcodecs.Opus); ok {
		return c.w.WriteOpus(c.a, from+x.pts, x.units[0])
	}
	return c.w.WriteMPEG4Audio(c.a, from+x.pts, x.units[0])
}
