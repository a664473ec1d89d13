package packager_test

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gohlslib/v2/pkg/playlist"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/adapter/media/packager"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tb is what tests and properties have in common.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// epoch is when the encoder's time zero was.
func epoch() time.Time { return time.Date(2026, 5, 1, 20, 0, 0, 0, time.UTC) }

// wide and small are H.264 in two sizes.
func wide() *codecs.H264 {
	return &codecs.H264{SPS: []byte{
		0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20,
	}, PPS: []byte{0x68, 0x06, 0x07, 0x08}}
}

func small() *codecs.H264 {
	return &codecs.H264{SPS: []byte{
		0x67, 0x4d, 0x40, 0x15, 0xa6, 0x11, 0x05, 0x06, 0x7e, 0x7c, 0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x8b, 0x84, 0x60,
	}, PPS: []byte{0x68, 0xe8, 0x43, 0x02, 0x12, 0xc8}}
}

func aac(rate int) *codecs.MPEG4Audio {
	return &codecs.MPEG4Audio{Config: mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: rate, ChannelConfig: 2}}
}

// shot is one frame that was written, and what has to be read again.
type shot struct {
	dts, pts time.Duration
	key      bool
	bytes    []byte
}

// stage writes to a packager and keeps what has been written and handed on.
type stage struct {
	*packager.Packager
	t        tb
	pictures []shot
	sounds   []shot
	reel     []packager.Segment
}

func newStage(t tb, first int64) *stage {
	s := &stage{t: t}
	s.Packager = packager.New(packager.Config{Name: "test", First: first, Segment: func(g packager.Segment) { s.reel = append(s.reel, g) }})
	return s
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%v", err)
	}
}

func (s *stage) picture(dts, pts time.Duration, key bool) {
	s.t.Helper()
	unit := []byte{0x41, byte(len(s.pictures)), byte(len(s.pictures) >> 8), byte(len(s.pictures) >> 16)}
	if key {
		unit[0] = 0x65
	}
	s.pictures = append(s.pictures, shot{dts, pts, key, unit})
	s.must(s.Video(media.Frame{PTS: pts, DTS: dts, At: epoch().Add(dts), Units: [][]byte{{0x09, 0xf0}, unit}}))
}

func (s *stage) sound(pts time.Duration) {
	s.t.Helper()
	unit := []byte{0x21, byte(len(s.sounds)), byte(len(s.sounds) >> 8), byte(len(s.sounds) >> 16)}
	s.sounds = append(s.sounds, shot{pts, pts, true, unit})
	s.must(s.Audio(media.Frame{PTS: pts, DTS: pts, At: epoch().Add(pts), Units: [][]byte{unit}}))
}

// list reads the media playlist as it is, by another's parser.
func (s *stage) list() *playlist.Media {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // whatever is not there now
	text := s.List(ctx, time.Hour)
	if text == nil {
		return nil
	}
	var m playlist.Media
	if err := m.Unmarshal(text); err != nil {
		s.t.Fatalf("%v in\n%s", err, text)
	}
	return &m
}

func (s *stage) file(name string) []byte {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f, found, _ := s.Find(ctx, time.Hour, name)
	if !found {
		return nil
	}
	return bytes.Join(f.Pieces, nil)
}

// rules are those of RFC 8216bis that a list has to keep at any moment.
type rules struct {
	loose    bool // the part target may grow, so that older parts are too short for it
	target   time.Duration
	sequence int
	seen     map[int]playlist.MediaSegment
	parts    map[string]time.Duration
}

func newRules() *rules {
	return &rules{seen: map[int]playlist.MediaSegment{}, parts: map[string]time.Duration{}}
}

// check looks at the list as it is.
func (r *rules) check(s *stage) {
	t := s.t
	t.Helper()
	m := s.list()
	if m == nil {
		return
	}
	target := m.PartInf.PartTarget
	if !r.loose && r.target != 0 && target != r.target || target < r.target {
		t.Fatalf("the part target went from %v to %v", r.target, target)
	}
	r.target = target
	if back := *m.ServerControl.PartHoldBack; back < 2*target {
		t.Fatalf("hold-back %v of a part target of %v", back, target)
	}
	if m.MediaSequence < r.sequence {
		t.Fatalf("the sequence went from %d to %d", r.sequence, m.MediaSequence)
	}
	r.sequence = m.MediaSequence
	for i, g := range m.Segments {
		r.segment(s, m, m.MediaSequence+i, g)
	}
	r.run(t, m.Parts, target, false)
	for _, p := range m.Parts {
		r.same(t, p)
		if s.file(p.URI) == nil {
			t.Fatalf("part %s is listed and not there", p.URI)
		}
	}
	if m.PreloadHint == nil || s.file(m.PreloadHint.URI) != nil {
		t.Fatalf("hint %+v", m.PreloadHint)
	}
}

func (r *rules) segment(s *stage, m *playlist.Media, number int, g *playlist.MediaSegment) {
	t := s.t
	t.Helper()
	if math.Round(g.Duration.Seconds()) > float64(m.TargetDuration) {
		t.Fatalf("segment %d lasts %v, the target is %d", number, g.Duration, m.TargetDuration)
	}
	if was, ok := r.seen[number]; ok && (was.URI != g.URI || was.Duration != g.Duration || was.Gap != g.Gap || was.Discontinuity != g.Discontinuity) {
		t.Fatalf("segment %d was %+v and is %+v", number, was, *g)
	}
	r.seen[number] = *g
	if g.Gap {
		return
	}
	body := s.file(g.URI)
	if body == nil {
		t.Fatalf("segment %s is listed and not there", g.URI)
	}
	if len(g.Parts) == 0 {
		return
	}
	r.run(t, g.Parts, m.PartInf.PartTarget, true)
	var sum time.Duration
	var joined []byte
	for _, p := range g.Parts {
		r.same(t, p)
		sum += p.Duration
		joined = append(joined, s.file(p.URI)...)
	}
	if off := sum - g.Duration; off > time.Millisecond || off < -time.Millisecond {
		t.Fatalf("segment %d lasts %v, its parts %v", number, g.Duration, sum)
	}
	if !bytes.Equal(joined, body) {
		t.Fatalf("segment %d is not its parts", number)
	}
}

// run checks the lengths of a segment's parts.
func (r *rules) run(t tb, parts []*playlist.MediaPart, target time.Duration, closed bool) {
	t.Helper()
	for i, p := range parts {
		if p.Duration > target {
			t.Fatalf("part %s lasts %v, the target is %v", p.URI, p.Duration, target)
		}
		if last := closed && i == len(parts)-1; !last && !r.loose && p.Duration < target*85/100-10*time.Microsecond {
			t.Fatalf("part %s lasts %v, which is less than 85%% of %v", p.URI, p.Duration, target)
		}
	}
}

func (r *rules) same(t tb, p *playlist.MediaPart) {
	t.Helper()
	if was, ok := r.parts[p.URI]; ok && was != p.Duration {
		t.Fatalf("part %s lasted %v and lasts %v", p.URI, was, p.Duration)
	}
	r.parts[p.URI] = p.Duration
}

// read is one sample as it lies in the segments handed on.
type read struct {
	dts, pts, length int64
	key              bool
	bytes            []byte
}

// samples reads a track out of the segments handed on.
func (s *stage) samples(track int) []read {
	s.t.Helper()
	var out []read
	for _, g := range s.reel {
		for _, body := range g.Parts {
			var parts fmp4.Parts
			s.must(parts.Unmarshal(body))
			for _, p := range parts {
				for _, tr := range p.Tracks {
					if tr.ID != track {
						continue
					}
					at := int64(tr.BaseTime)
					for _, sample := range tr.Samples {
						out = append(out, read{at, at + int64(sample.PTSOffset), int64(sample.Duration), !sample.IsNonSyncSample, sample.Payload})
						at += int64(sample.Duration)
					}
				}
			}
		}
	}
	return out
}

func clock(d time.Duration, rate int64) int64 {
	return int64(math.Round(d.Seconds() * float64(rate)))
}

// untouched compares what was written with what was handed on, from the first keyframe.
func (s *stage) untouched() {
	t := s.t
	t.Helper()
	from := slices.IndexFunc(s.pictures, func(p shot) bool { return p.key })
	got := s.samples(1)
	if from < 0 || len(got) != len(s.pictures)-from {
		t.Fatalf("%d pictures of %d came out", len(got), len(s.pictures)-from)
	}
	offset := got[0].dts - clock(s.pictures[from].dts, 90000)
	for i, p := range s.pictures[from:] {
		var units h264.AVCC
		s.must(units.Unmarshal(got[i].bytes))
		if len(units) != 1 || !bytes.Equal(units[0], p.bytes) || got[i].key != p.key {
			t.Fatalf("picture %d came out as %x, key %v", i, got[i].bytes, got[i].key)
		}
		if d := got[i].dts - clock(p.dts, 90000) - offset; d < -1 || d > 1 {
			t.Fatalf("picture %d is decoded at %d, written at %v", i, got[i].dts, p.dts)
		}
		if d := got[i].pts - got[i].dts - clock(p.pts-p.dts, 90000); d != 0 {
			t.Fatalf("picture %d is shown %d ticks off", i, d)
		}
	}
}

// Whatever the pace of the pictures: the lists keep the rules, and every picture
// comes out as it was written. Below 15 pictures a second, without sound, a dropped
// one may leave no place to cut at, and the target grows.
func TestPartsObeyTheirRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newStage(t, rapid.Int64Range(0, 1000).Draw(t, "first"))
		fps := rapid.SampledFrom([]float64{15, 20, 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 120}).Draw(t, "fps")
		gop := rapid.IntRange(1, 300).Draw(t, "gop")
		rate := rapid.SampledFrom([]int{0, 44100, 48000}).Draw(t, "rate")
		rounding := rapid.SampledFrom([]time.Duration{time.Nanosecond, time.Millisecond}).Draw(t, "rounding")
		late := rapid.IntRange(0, 3).Draw(t, "pictures before a keyframe")
		drops := rapid.SliceOfN(rapid.IntRange(0, 600), 0, 3).Draw(t, "dropped")
		f := media.Format{Video: wide()}
		if rate > 0 {
			f.Audio = aac(rate)
		}
		s.must(s.Begin(f))
		r := newRules()
		heard := 0
		for i := range 600 {
			dts := time.Duration(float64(i) / fps * float64(time.Second)).Truncate(rounding)
			for rate > 0 {
				at := (time.Duration(heard) * 1024 * time.Second / time.Duration(rate)).Truncate(rounding)
				if at > dts {
					break
				}
				s.sound(at)
				heard++
			}
			// A keyframe is not dropped: encoders drop what nothing hangs on.
			if key := i >= late && (i-late)%gop == 0; key || !slices.Contains(drops, i) || slices.Contains(drops, i-1) {
				s.picture(dts, dts, key)
			}
			r.check(s)
		}
		s.Packager.Close()
		s.untouched()
		s.model(time.Duration(float64(time.Second) / fps))
	})
}

// model cuts the written pictures in the simplest way and compares.
func (s *stage) model(step time.Duration) {
	s.t.Helper()
	var starts []time.Duration
	for _, p := range s.pictures {
		if p.key && (len(starts) == 0 || p.dts-starts[len(starts)-1] >= 1900*time.Millisecond) {
			starts = append(starts, p.dts)
		}
	}
	if len(starts) != len(s.reel) {
		s.t.Fatalf("%d segments, want %d", len(s.reel), len(starts))
	}
	for i, g := range s.reel {
		if i > 0 {
			if want := starts[i] - starts[i-1]; s.reel[i-1].Duration-want > 2*time.Millisecond || want-s.reel[i-1].Duration > 2*time.Millisecond {
				s.t.Fatalf("segment %d lasts %v, want %v", i-1, s.reel[i-1].Duration, want)
			}
			if g.Sequence != s.reel[i-1].Sequence+1 {
				s.t.Fatalf("segment %d after %d", g.Sequence, s.reel[i-1].Sequence)
			}
		}
		if off := g.Start.Sub(epoch().Add(starts[i])); off > step || off < -step {
			s.t.Fatalf("segment %d began at %v, %v off", i, g.Start, off)
		}
		if g.Discontinuity {
			s.t.Fatalf("segment %d is said not to go on", i)
		}
	}
}

func has(text []byte, want string) bool { return strings.Contains(string(text), want) }
