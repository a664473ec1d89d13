package packager_test

import (
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
)

// A picture that stands still must not make parts longer than the target while
// there is sound to make parts of.
func TestSoundGoesOnWhileThePictureStandsStill(t *testing.T) {
	s := newStage(t, 0)
	s.must(s.Begin(media.Format{Video: wide(), Audio: aac(48000)}))
	r := newRules()
	heard := 0
	for i := range 500 {
		d := time.Duration(i) * frame
		for soundAt(heard, 48000) <= d {
			s.sound(soundAt(heard, 48000))
			heard++
		}
		if i > 130 && i < 200 { // 2.8 seconds
			continue
		}
		s.picture(d, d, i%50 == 0)
		r.check(s)
	}
	s.Packager.Close()
	s.untouched()
	s.onward(1, 0)
	s.onward(2, 1)
	if n := len(s.samples(2)); n != heard-1 { // one came before the first picture
		t.Errorf("%d sounds of %d", n, heard)
	}
}

func TestSoundAlone(t *testing.T) {
	for _, rate := range []int{44100, 48000} {
		s := newStage(t, 0)
		s.must(s.Begin(media.Format{Audio: aac(rate)}))
		r := newRules()
		n := 0
		for ; soundAt(n, rate) < 10*time.Second; n++ {
			s.sound(soundAt(n, rate).Truncate(ms))
			r.check(s)
		}
		s.Packager.Close()
		s.onward(2, 0)
		if got := len(s.samples(2)); got != n {
			t.Errorf("%d sounds of %d", got, n)
		}
		if m := s.main(); !strings.Contains(m, `CODECS="mp4a.40.2"`) || strings.Contains(m, "RESOLUTION") {
			t.Error(m)
		}
		if len(s.reel) < 4 || len(s.reel) > 6 {
			t.Errorf("%d segments in ten seconds", len(s.reel))
		}
	}
}

// A second frame in a row lies in its place, so a drift of the encoder's clock
// does not grow into a hole.
func TestSoundIsLaidWithoutTheRoundingOfMilliseconds(t *testing.T) {
	s := newStage(t, 0)
	f := media.Format{Video: wide(), Audio: aac(44100)}
	s.must(s.Begin(f))
	n := 0
	for i := range 1000 {
		d := time.Duration(i) * frame
		for soundAt(n, 44100) <= d {
			s.sound(soundAt(n, 44100).Truncate(ms))
			n++
		}
		s.picture(d, d, i%50 == 0)
	}
	s.Packager.Close()
	sounds := s.samples(2)
	for i, r := range sounds {
		if r.length != 1024 || r.dts != sounds[0].dts+int64(i)*1024 {
			t.Fatalf("sound %d lies at %d and lasts %d", i, r.dts, r.length)
		}
	}
}
