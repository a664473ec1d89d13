package webrtc

import (
	"testing"
	"time"
)

// ntp writes a time as sender reports do.
func ntp(d time.Duration) uint64 {
	return uint64(d/time.Second)<<32 | uint64(d%time.Second)<<32/uint64(time.Second)
}

func near(a, b time.Duration) bool { return (a - b).Abs() < time.Millisecond }

func TestSoundIsMovedToItsPictureOnce(t *testing.T) {
	l, start := newTimeline(), time.Unix(1000, 0)
	// Picture and sound of the same moment; the picture arrives 120 ms later, as
	// it takes longer to encode.
	at := l.at(&l.audio, 77, start)
	if at != 0 {
		t.Errorf("the first sound is at %v", at)
	}
	if at = l.at(&l.video, 4294967000, start.Add(120*time.Millisecond)); !near(at, 120*time.Millisecond) {
		t.Errorf("the first picture is at %v", at)
	}
	const made = 3_900_000_000 * time.Second // the encoder's own time
	l.reported(&l.video, ntp(made), 4294967000)
	l.reported(&l.audio, ntp(made), 77)
	second := l.at(&l.video, 4294967000-1<<32+90000, start.Add(time.Second)) // past the end of its numbers
	sound := l.at(&l.audio, 77+48000, start.Add(time.Second))
	if !near(second, 1120*time.Millisecond) || !near(sound, second) {
		t.Errorf("a second later the picture is at %v and its sound at %v", second, sound)
	}
	l.reported(&l.audio, ntp(made+time.Hour), 77)
	if again := l.at(&l.audio, 77+96000, start.Add(2*time.Second)); !near(again, 2120*time.Millisecond) {
		t.Errorf("moved twice: %v", again)
	}
}

func TestReportsThatCannotBeAreNotBelieved(t *testing.T) {
	l, start := newTimeline(), time.Unix(1000, 0)
	l.reported(&l.video, ntp(time.Hour), 1) // before anything came
	l.at(&l.audio, 0, start)
	l.at(&l.video, 0, start)
	l.reported(&l.video, ntp(time.Hour), 0)
	l.reported(&l.audio, ntp(2*time.Hour), 0)
	if at := l.at(&l.audio, 48000, start); at != time.Second {
		t.Errorf("the sound is at %v", at)
	}
}

func TestTheServersClockIsSetAgainOnlyWhenItIsFarOff(t *testing.T) {
	var w wall
	start := time.Unix(1000, 0)
	if got := w.at(0, start); got != start {
		t.Errorf("%v", got)
	}
	if got := w.at(time.Second, start.Add(3*time.Second)); got != start.Add(time.Second) {
		t.Errorf("a pause of the network moved the clock: %v", got)
	}
	if got := w.at(2*time.Second, start.Add(time.Minute)); got != start.Add(time.Minute) {
		t.Errorf("it was not set again: %v", got)
	}
}
