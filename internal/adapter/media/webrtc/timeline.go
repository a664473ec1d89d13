package webrtc

import "time"

// timeline lays picture and sound of one encoder on one line of time. Each track
// has a clock of its own that begins anywhere. At first they are laid where they
// arrive; once the encoder has reported how both clocks stand at one moment, the
// sound is moved to where it belongs, once.
type timeline struct {
	epoch    time.Time // when the first packet arrived
	video    trackClock
	audio    trackClock
	adjusted bool
}

// trackClock counts in ticks from the first packet of a track.
type trackClock struct {
	rate   int64
	begun  bool
	last   uint32 // stamp
	ticks  int64  // of last, since the first
	offset time.Duration

	reported bool
	sender   time.Duration // the encoder's own clock at the report
	report   int64         // ticks at the report
}

func newTimeline() *timeline {
	return &timeline{video: trackClock{rate: videoRate}, audio: trackClock{rate: opusRate}}
}

// at returns the place of a stamp on the line.
func (l *timeline) at(c *trackClock, stamp uint32, arrived time.Time) time.Duration {
	if l.epoch.IsZero() {
		l.epoch = arrived
	}
	if !c.begun {
		c.begun, c.last, c.offset = true, stamp, arrived.Sub(l.epoch)
	}
	c.ticks += int64(int32(stamp - c.last)) // also around its end
	c.last = stamp
	return c.offset + c.span(c.ticks)
}

func (c *trackClock) span(ticks int64) time.Duration {
	return time.Duration(ticks/c.rate)*time.Second + time.Duration(ticks%c.rate)*time.Second/time.Duration(c.rate)
}

// Bounds of how far the sound is moved: less nobody hears, more is a mistake.
const (
	adjustLeast = 15 * time.Millisecond
	adjustMost  = 2 * time.Second
)

// reported takes what an encoder says of one of its clocks: its own time, as NTP
// writes it, and the stamp that belongs to it.
func (l *timeline) reported(c *trackClock, ntp uint64, stamp uint32) {
	if !c.begun {
		return
	}
	c.reported, c.sender = true, time.Duration(ntp>>32)*time.Second+time.Duration((ntp&0xffffffff)*uint64(time.Second)>>32)
	c.report = c.ticks + int64(int32(stamp-c.last))
	if l.adjusted || !l.video.reported || !l.audio.reported {
		return
	}
	l.adjusted = true
	move := l.audio.anchor() - l.video.anchor()
	if (move > adjustLeast || move < -adjustLeast) && move < adjustMost && move > -adjustMost {
		l.audio.offset += move
	}
}

// anchor is the encoder's own time at the beginning of the line.
func (c *trackClock) anchor() time.Duration { return c.sender - c.span(c.report) - c.offset }

// clockSlack is how far the encoder's clock may run off before it is set again.
const clockSlack = 3 * time.Second

// wall tells when something was made by the server's clock.
type wall struct {
	set    bool
	anchor time.Time // when the line began
}

func (w *wall) at(place time.Duration, now time.Time) time.Time {
	if off := now.Sub(w.anchor.Add(place)); !w.set || off > clockSlack || off < -clockSlack {
		w.set, w.anchor = true, now.Add(-place)
	}
	return w.anchor.Add(place)
}
