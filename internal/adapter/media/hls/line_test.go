package hls

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

const ms = time.Millisecond

func (l *line) mustVideo(t *testing.T, dts, want time.Duration) {
	t.Helper()
	if at, ok, err := l.video(dts); err != nil || !ok || at != want {
		t.Fatalf("picture at %v lies at %v %v %v, want %v", dts, at, ok, err, want)
	}
}

func TestTakesAreLaidEndToEnd(t *testing.T) {
	var l line
	if _, ok, _ := l.audio(5*time.Second, 20*ms); ok {
		t.Error("sound before the first picture was placed")
	}
	l.mustVideo(t, time.Hour, 0)
	l.mustVideo(t, time.Hour+40*ms, 40*ms)
	if at, ok, err := l.audio(time.Hour+10*ms, 20*ms); !ok || err != nil || at != 10*ms {
		t.Errorf("sound at %v", at)
	}
	l.begin() // the encoder is back, with a clock of its own
	if _, ok, _ := l.audio(0, 20*ms); ok {
		t.Error("sound before the take's first picture was placed")
	}
	l.mustVideo(t, 7*ms, 80*ms)
	l.mustVideo(t, 47*ms, 120*ms)
}

func TestATakeWaitsForTheSoundOfTheLast(t *testing.T) {
	var l line
	l.mustVideo(t, 0, 0)
	for i := range 5 {
		if _, ok, err := l.audio(time.Duration(i)*100*ms, 100*ms); !ok || err != nil {
			t.Fatal(i, err)
		}
	}
	l.begin()
	l.mustVideo(t, 0, 500*ms)
}

func TestSoundIsLaidWithoutTheRoundingOfMilliseconds(t *testing.T) {
	var l line
	l.mustVideo(t, 0, 0)
	length := time.Second * 1024 / 48000
	for i := range 1000 {
		exact := time.Duration(i) * length
		at, ok, err := l.audio(exact.Truncate(ms), length)
		if err != nil || !ok || at != exact {
			t.Fatalf("%d lies at %v, want %v", i, at, exact)
		}
		if i%2 == 0 { // pictures keep coming
			if _, _, err := l.video(exact.Truncate(ms) + ms); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAGapInTheSoundStaysAGap(t *testing.T) {
	var l line
	l.mustVideo(t, 0, 0)
	_, _, _ = l.audio(0, 20*ms)
	if at, ok, _ := l.audio(500*ms, 20*ms); !ok || at != 500*ms {
		t.Errorf("lies at %v", at)
	}
	if _, ok, _ := l.audio(300*ms, 20*ms); ok {
		t.Error("sound was laid over sound")
	}
}

func TestAJumpingClockIsSentAway(t *testing.T) {
	for _, jump := range []time.Duration{11 * time.Second, -11 * time.Second, 24 * time.Hour} {
		var l line
		l.mustVideo(t, 0, 0)
		if _, _, err := l.video(jump); !fault.Is(err, "clock_jumped") {
			t.Errorf("picture after %v: %v", jump, err)
		}
		_, _, _ = l.audio(0, 20*ms)
		if _, _, err := l.audio(jump, 20*ms); !fault.Is(err, "clock_jumped") {
			t.Errorf("sound after %v: %v", jump, err)
		}
	}
	var l line
	l.mustVideo(t, 0, 0)
	l.mustVideo(t, 40*ms, 40*ms)
	if _, ok, err := l.video(40 * ms); ok || err != nil {
		t.Error("a picture at the time of the last one was placed")
	}
}
