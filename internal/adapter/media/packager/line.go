package packager

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// line lays the takes of one broadcast end to end: an encoder that comes back
// begins its own time anew, players want one that goes on. Pauses are left out,
// so that no segment becomes longer than announced.
type line struct {
	offset time.Duration // from the encoder's time to ours
	placed bool          // the running take has begun
	last   time.Duration // our time of the last picture
	step   time.Duration // between the last two pictures

	clock   int64 // of the sound, in ticks a second; zero: no sound
	leads   bool  // the sound has no pictures beside it
	heard   int64 // ticks at which the last sound ends
	audible bool
	lost    int64 // ticks of sound in a row that had no place
}

// What an encoder's clock may do within one take.
const (
	jumpLimit  = 10 * time.Second
	pauseLimit = 500 * time.Millisecond
	firstStep  = 33 * time.Millisecond
	leastStep  = time.Millisecond
	// soundSlack is how far the millisecond clock of RTMP may put sound off its
	// true place: rounding, and encoders that send in small bursts.
	soundSlack = 40 * time.Millisecond
	lostLimit  = 5 * time.Second
)

// begin says that what comes next opens a new take.
func (l *line) begin(clock int64, leads bool) {
	end := l.end()
	l.placed, l.clock, l.leads, l.lost, l.audible = false, clock, leads, 0, false
	l.last, l.heard = end, ticks(end, clock)
}

// end is where the next take starts.
func (l *line) end() time.Duration {
	if !l.placed {
		return l.last
	}
	end := l.last
	if !l.leads {
		end += l.step
	}
	if l.audible {
		end = max(end, l.soundTime(l.heard))
	}
	return end
}

// video returns our time for a picture's decoding time. It always moves on.
func (l *line) video(dts time.Duration) time.Duration {
	if !l.placed {
		l.offset, l.placed, l.step = l.last-dts, true, firstStep
		return l.last
	}
	at := dts + l.offset
	switch step := at - l.last; {
	case l.jumps(step): // the clock was set, or everything paused: the pictures follow each other all the same
		at = l.last + l.step
		l.offset = at - dts
	case step <= 0:
		at = l.last + leastStep
	default:
		l.step = step
	}
	l.last = at
	return at
}

// jumps reports whether so long a step is none that pictures make. Of a long one
// the sound tells: where it went on meanwhile, the picture stood still.
func (l *line) jumps(step time.Duration) bool {
	if step > jumpLimit || step < -pauseLimit {
		return true
	}
	return step > pauseLimit && l.audible && l.soundTime(l.heard)-l.last < step/2
}

// audio returns our time, in ticks, for a stretch of sound that lasts length.
// Stretches that follow each other are laid without the gaps and overlaps of a
// clock that counts milliseconds. ok is false for sound that has no place: before
// the take's first picture, over other sound, or after a pause of which the next
// picture will tell whether it was one.
func (l *line) audio(pts time.Duration, length int64) (at int64, ok bool, err error) {
	if !l.placed {
		if !l.leads {
			return 0, false, nil
		}
		l.offset, l.placed = l.last-pts, true
	}
	at = ticks(pts+l.offset, l.clock)
	slack := ticks(soundSlack, l.clock)
	switch off := at - l.heard; {
	case l.audible && off >= -slack && off <= slack, l.leads && !l.audible:
		at = l.heard
	case l.leads:
		at = l.heard
		l.offset = l.soundTime(at) - pts
	case off < 0, off > ticks(pauseLimit, l.clock) && l.soundTime(at) > l.last+pauseLimit:
		if l.lost += length; l.lost > ticks(lostLimit, l.clock) {
			return 0, false, errJump()
		}
		return 0, false, nil
	}
	l.heard, l.audible, l.lost = at+length, true, 0
	return at, true, nil
}

// soundTime is the time of a tick of the sound's clock.
func (l *line) soundTime(tick int64) time.Duration { return duration(tick, l.clock) }

// ticks is d on a clock, rounded.
func ticks(d time.Duration, clock int64) int64 {
	whole, rest := int64(d/time.Second), int64(d%time.Second)
	return whole*clock + (rest*clock+int64(time.Second)/2)/int64(time.Second)
}

// duration is how long a clock takes for so many ticks.
func duration(ticks, clock int64) time.Duration {
	if clock == 0 {
		return 0
	}
	return time.Duration(ticks/clock)*time.Second + time.Duration(ticks%clock)*time.Second/time.Duration(clock)
}

func errJump() error {
	return fault.New(fault.Invalid, "clock_jumped", "The encoder's clock jumped. It is asked to connect again.")
}

// anchor tells when something was made by the server's clock. It is set once a
// take: the encoder's times are steadier than those at which frames arrive.
type anchor struct {
	set  bool
	zero time.Time // when our time zero was
}

// anchorSlack is how far an encoder's clock may run off before it is set again.
const anchorSlack = 500 * time.Millisecond

func (a *anchor) at(at time.Duration, when time.Time) time.Time {
	if off := when.Sub(a.zero.Add(at)); !a.set || off > anchorSlack || off < -anchorSlack {
		a.set, a.zero = true, when.Add(-at)
	}
	return a.zero.Add(at)
}
