package packager_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/adapter/media/packager"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

const (
	ms    = time.Millisecond
	frame = time.Second / 25
)

// film writes pictures at 25 a second from a time of the encoder's, a keyframe
// every two seconds, with sound at 48 kHz where the format has some.
func (s *stage) film(f media.Format, from, length time.Duration) {
	s.t.Helper()
	heard := 0
	for i := range int(length / frame) {
		for f.Audio != nil && soundAt(heard, 48000) <= time.Duration(i)*frame {
			s.sound((from + soundAt(heard, 48000)).Truncate(ms))
			heard++
		}
		s.picture(from+time.Duration(i)*frame, from+time.Duration(i)*frame, i%50 == 0)
	}
}

func soundAt(n, rate int) time.Duration {
	return time.Duration(n) * 1024 * time.Second / time.Duration(rate)
}

func (s *stage) text() string {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return string(s.List(ctx, time.Hour))
}

func (s *stage) main() string {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return string(s.Main(ctx, time.Hour))
}

// onward checks that the times of a track only grow, without holes larger than slack.
func (s *stage) onward(track int, slack int64) {
	s.t.Helper()
	var end int64
	for i, r := range s.samples(track) {
		if i > 0 && (r.dts < end || r.dts-end > slack) {
			s.t.Fatalf("sample %d of track %d lies at %d, the one before ends at %d", i, track, r.dts, end)
		}
		end = r.dts + r.length
	}
}

// A clock that is set, in either direction, or begins again after 2^32
// milliseconds leaves no trace in what players see.
func TestAJumpOfTheEncodersClockIsNotSeen(t *testing.T) {
	for name, jump := range map[string]time.Duration{
		"an hour on": time.Hour, "an hour back": -time.Hour, "a second back": -time.Second, "32 bits of milliseconds": -(1 << 32) * ms,
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 0)
			f := media.Format{Video: wide(), Audio: aac(48000)}
			s.must(s.Begin(f))
			r := newRules()
			at := func(d time.Duration) time.Duration {
				if d > 5*time.Second {
					return d + jump
				}
				return d
			}
			heard := 0
			for i := range 300 {
				d := time.Duration(i) * frame
				for soundAt(heard, 48000) <= d {
					s.sound(at(soundAt(heard, 48000)))
					heard++
				}
				s.picture(at(d), at(d), i%50 == 0)
				r.check(s)
			}
			s.Packager.Close()
			if n := len(s.samples(1)); n != 300 {
				t.Errorf("%d pictures of 300", n)
			}
			if n := len(s.samples(2)); n < heard-3 {
				t.Errorf("%d sounds of %d", n, heard)
			}
			s.onward(1, 0)
			s.onward(2, 3*1024)
			if strings.Contains(s.text(), "#EXT-X-DISCONTINUITY\n") {
				t.Error("players are told of it")
			}
		})
	}
}

func TestAReturningEncoderIsADiscontinuityWithTheSameInit(t *testing.T) {
	s := newStage(t, 0)
	f := media.Format{Video: wide(), Audio: aac(48000)}
	r := newRules()
	s.must(s.Begin(f))
	s.film(f, time.Hour, 4500*ms)
	r.check(s)
	before := s.list()
	s.must(s.Begin(f))
	r.check(s)
	if now := s.list(); now.MediaSequence+len(now.Segments) != before.MediaSequence+len(before.Segments)+1 {
		t.Error("the segment that the encoder left open is not closed when it is back")
	}
	s.film(f, 0, 4500*ms)
	r.check(s)
	s.Packager.Close()
	s.onward(1, 0)
	text := s.text()
	if n := strings.Count(text, "#EXT-X-DISCONTINUITY\n"); n != 1 {
		t.Errorf("%d discontinuities in\n%s", n, text)
	}
	if n := strings.Count(text, "#EXT-X-MAP:"); n != 1 {
		t.Errorf("%d inits for one format in\n%s", n, text)
	}
	if off := s.reel[3].Start.Sub(epoch()); off != 0 || !s.reel[3].Discontinuity {
		t.Errorf("the second take begins at %v, discontinuity %v", s.reel[3].Start, s.reel[3].Discontinuity)
	}
}

// An encoder may change its picture in the middle of a take, at a keyframe, or
// announce it with parameters that come before one.
func TestAnotherSizeInTheMiddleBringsAnotherInit(t *testing.T) {
	for name, apart := range map[string]bool{"with the keyframe": false, "before the keyframe": true} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 0)
			r := newRules()
			s.must(s.Begin(media.Format{Video: wide()}))
			s.film(media.Format{Video: wide()}, 0, 5*time.Second)
			other := small()
			if apart {
				s.must(s.Video(media.Frame{DTS: 5 * time.Second, PTS: 5 * time.Second, Units: [][]byte{other.SPS, other.PPS}}))
				s.picture(5*time.Second, 5*time.Second, true)
			} else {
				s.must(s.Video(media.Frame{DTS: 5 * time.Second, PTS: 5 * time.Second, Units: [][]byte{other.SPS, other.PPS, {0x65, 1}}}))
			}
			r.check(s)
			for i := range 99 {
				d := 5*time.Second + time.Duration(i+1)*frame
				s.picture(d, d, (i+1)%50 == 0)
				r.check(s)
			}
			s.Packager.Close()
			text := s.text()
			if strings.Count(text, "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"test_init2.mp4\"\n") != 1 {
				t.Errorf("no discontinuity with an init in\n%s", text)
			}
			if s.file("test_init1.mp4") == nil || s.file("test_init2.mp4") == nil {
				t.Error("an init is not there")
			}
			s.onward(1, 0)
			if n := len(s.samples(1)); n != 225 {
				t.Errorf("%d pictures of 225", n)
			}
			if last := s.reel[len(s.reel)-1]; last.Init.Name != "test_init2.mp4" || s.reel[0].Init.Name != "test_init1.mp4" {
				t.Error("segments are handed on with a wrong init")
			}
		})
	}
}

// A part is cut before a picture that would make it too long: one whose follower
// an encoder in need has dropped.
func TestADroppedPictureDoesNotMakeAPartTooLong(t *testing.T) {
	s := newStage(t, 0)
	s.must(s.Begin(media.Format{Video: wide()}))
	r := newRules()
	for i := range 200 {
		if d := time.Duration(i) * frame; i != 113 { // the 14th of a part that would hold 13
			s.picture(d, d, i%50 == 0)
			r.check(s)
		}
	}
	s.Packager.Close()
	s.untouched()
}

// When all pauses, the pause is left out: nobody could be shown anything.
func TestAPauseOfPictureAndSoundIsLeftOut(t *testing.T) {
	s := newStage(t, 0)
	f := media.Format{Video: wide(), Audio: aac(48000)}
	s.must(s.Begin(f))
	r := newRules()
	s.film(f, 0, 5*time.Second)
	for i := 1; i < 100; i++ { // no keyframe at once
		d := 7*time.Second + time.Duration(i)*frame
		s.sound(d)
		s.picture(d, d, i == 50)
		r.check(s)
	}
	s.Packager.Close()
	s.onward(1, 0)
	if n := len(s.samples(1)); n != 224 {
		t.Errorf("%d pictures of 224", n)
	}
}

func TestSlidesWithoutSoundRaiseTheTarget(t *testing.T) {
	s := newStage(t, 0)
	s.must(s.Begin(media.Format{Video: wide()}))
	r := newRules()
	r.loose = true
	for i := range 30 {
		d := time.Duration(i) * time.Second
		if i > 20 {
			d += time.Duration(i-20) * time.Second // and slower in the end
		}
		s.picture(d, d, i%2 == 0)
		r.check(s)
	}
	s.Packager.Close()
	s.untouched()
}

func TestReorderedPicturesKeepTheirTimesAndHoldPlayersBack(t *testing.T) {
	s := newStage(t, 0)
	s.must(s.Begin(media.Format{Video: wide()}))
	r := newRules()
	for i := range 300 {
		d := time.Duration(i) * frame
		pts := d + frame*time.Duration([]int{1, 3, 0}[i%3]) // as x264 with two B-frames in a row
		s.picture(d, pts, i%48 == 0)
		r.check(s)
	}
	s.Packager.Close()
	s.untouched()
	if back := *s.list().ServerControl.PartHoldBack; back < 3*s.list().PartInf.PartTarget {
		t.Errorf("hold-back %v", back)
	}
}

func TestNumbersGoOnAfterARestart(t *testing.T) {
	s := newStage(t, 420)
	f := media.Format{Video: wide()}
	s.must(s.Begin(f))
	s.film(f, 0, 5*time.Second)
	m := s.list()
	if m.MediaSequence != 420 || m.DiscontinuitySequence == nil || *m.DiscontinuitySequence != 420 {
		t.Errorf("sequence %d, discontinuity %v", m.MediaSequence, m.DiscontinuitySequence)
	}
	for i := range 7 {
		if !m.Segments[i].Gap {
			t.Errorf("segment %d is no gap", i)
		}
	}
	if m.Segments[7].Gap || s.reel[0].Sequence != 427 {
		t.Errorf("the first segment is %d", s.reel[0].Sequence)
	}
}

func TestDiscontinuitiesAreCountedWhenTheyAreListedNoMore(t *testing.T) {
	s := newStage(t, 0)
	f := media.Format{Video: wide()}
	r := newRules()
	for take := range 3 {
		s.must(s.Begin(f))
		s.film(f, time.Duration(take)*time.Hour, 10*time.Second)
		r.check(s)
	}
	s.film(f, 2*time.Hour+10*time.Second, 40*time.Second)
	r.check(s)
	m := s.list()
	if m.DiscontinuitySequence == nil || *m.DiscontinuitySequence != 2 || strings.Contains(s.text(), "#EXT-X-DISCONTINUITY\n") {
		t.Errorf("%v in\n%s", m.DiscontinuitySequence, s.text())
	}
	if s.file("test_seg8.mp4") != nil || s.file("test_part1.mp4") != nil {
		t.Error("old files are kept")
	}
	if n := len(m.Segments); n != 10 {
		t.Errorf("%d segments are listed", n)
	}
}

func TestTooMuchBetweenTwoKeyframesIsRefused(t *testing.T) {
	s := newStage(t, 0)
	s.must(s.Begin(media.Format{Video: wide()}))
	var err error
	for i := 0; err == nil && i < 40; i++ {
		d := time.Duration(i) * frame
		unit := make([]byte, 1<<20)
		unit[0] = 0x41
		if i == 0 {
			unit[0] = 0x65
		}
		err = s.Video(media.Frame{PTS: d, DTS: d, Units: [][]byte{unit}})
	}
	if !fault.Is(err, "segment_too_big") {
		t.Errorf("%v", err)
	}
}

func TestLargeSegmentsAreKeptForAShorterTime(t *testing.T) {
	s := newStage(t, 0)
	s.must(s.Begin(media.Format{Video: wide()}))
	for i := range 40 * 25 {
		d := time.Duration(i) * frame
		unit := make([]byte, 500<<10) // 25 MB in two seconds
		unit[0] = 0x41
		if i%50 == 0 {
			unit[0] = 0x65
		}
		s.must(s.Video(media.Frame{PTS: d, DTS: d, Units: [][]byte{unit}}))
	}
	kept := 0
	for n := range int64(40) {
		kept += len(s.file(fmt.Sprintf("test_seg%d.mp4", n)))
	}
	if kept > 100<<20 || len(s.list().Segments) < 3 {
		t.Errorf("%d MiB in %d segments", kept>>20, len(s.list().Segments))
	}
}

// Readers who ask for what is not there yet are answered when it is, all with the
// same bytes.
func TestReadersAreHeldBackUntilThePartIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 0)
		f := media.Format{Video: wide()}
		s.must(s.Begin(f))
		first := make(chan []byte)
		go func() { first <- s.List(t.Context(), time.Hour) }()
		synctest.Wait()
		s.film(f, 0, 2*time.Second)
		s.picture(2*time.Second, 2*time.Second, true)
		if text := <-first; text == nil {
			t.Fatal("no list after the first segment")
		}
		lists := make(chan []byte, 2)
		for range 2 {
			go func() { lists <- s.ListWith(t.Context(), time.Hour, 8, 0) }()
		}
		parts := make(chan packager.File, 1)
		hint := s.list().PreloadHint.URI
		go func() {
			f, found, late := s.Find(t.Context(), time.Hour, hint)
			if !found || late {
				t.Error("the part to come did not come")
			}
			parts <- f
		}()
		synctest.Wait()
		if len(lists)+len(parts) != 0 {
			t.Fatal("answered before the part is there")
		}
		for i := 1; i < 15; i++ {
			s.picture(2*time.Second+time.Duration(i)*frame, 2*time.Second+time.Duration(i)*frame, false)
		}
		synctest.Wait()
		a, b := <-lists, <-lists
		if &a[0] != &b[0] || !has(a, hint) {
			t.Error("two readers were given two texts")
		}
		if got := <-parts; len(got.Pieces) != 1 || got.Type != "video/mp4" {
			t.Errorf("%+v", got)
		}
		started := time.Now()
		if late := s.ListWith(t.Context(), time.Second, 9, 0); &late[0] != &a[0] || time.Since(started) != time.Second {
			t.Error("a reader is not told what there is when nothing comes")
		}
	})
}

// RFC 8216bis, 6.2.5.2.
func TestAPartPastTheEndIsTheFirstOfTheNextSegment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 0)
		f := media.Format{Video: wide()}
		s.must(s.Begin(f))
		s.film(f, 0, 2*time.Second)
		s.picture(2*time.Second, 2*time.Second, true) // segment 7 is closed
		done := make(chan struct{})
		go func() { s.ListWith(t.Context(), time.Hour, 7, 4); close(done) }()
		synctest.Wait()
		select {
		case <-done:
			t.Error("answered at once")
		default:
		}
		for i := 1; i < 15; i++ {
			s.picture(2*time.Second+time.Duration(i)*frame, 2*time.Second+time.Duration(i)*frame, false)
		}
		<-done
	})
}

func TestTheEndLetsReadersGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 0)
		s.must(s.Begin(media.Format{Video: wide()}))
		done := make(chan []byte)
		go func() { done <- s.List(t.Context(), time.Hour) }()
		synctest.Wait()
		s.Packager.Close()
		if text := <-done; text != nil || !s.Over() {
			t.Errorf("%s", text)
		}
	})
}

func TestFilesThatAreNotOurs(t *testing.T) {
	s := newStage(t, 0)
	f := media.Format{Video: wide()}
	s.must(s.Begin(f))
	s.film(f, 0, 5*time.Second)
	for _, name := range []string{"", "test", "test_part", "test_part.mp4", "test_part-1.mp4", "test_part99999999999999999999.mp4", "test_part1000.mp4", "other_part0.mp4", "test_seg0.mp4", "test_init9.mp4", "../test_part0.mp4"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if _, found, late := s.Find(ctx, time.Second, name); found || late {
			t.Errorf("%q: found %v, late %v", name, found, late)
		}
		cancel()
	}
}

func TestCodecsAreNamedAsPlayersAskForThem(t *testing.T) {
	hevc := &codecs.H265{SPS: []byte{ // Main, level 3.1, main tier
		0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x5d, 0xa0, 0x02,
		0x80, 0x80, 0x2d, 0x16, 0x59, 0x59, 0xa4, 0x93, 0x2b, 0xc0, 0x40, 0x40, 0x00, 0x00, 0xfa, 0x40, 0x00, 0x17, 0x70, 0x02,
	}}
	he := aac(24000)
	he.Config.ExtensionType = 5
	for want, f := range map[string]media.Format{
		"avc1.42c028,mp4a.40.2":   {Video: wide(), Audio: aac(48000)},
		"hvc1.1.6.L93.90,opus":    {Video: hevc, Audio: &codecs.Opus{ChannelCount: 2}},
		"mp4a.40.5":               {Audio: he},
		"av01.0.08M.08,mp4a.40.2": {Video: &codecs.AV1{SequenceHeader: []byte{0x08, 0, 0, 0, 0x42, 0xa7, 0xbf, 0xe4, 0x60, 0x0d, 0x00, 0x40}}, Audio: aac(44100)},
	} {
		if got := packager.Codecs(f); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
