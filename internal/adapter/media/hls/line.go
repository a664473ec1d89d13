package hls

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// line lays the takes of one broadcast end to end: an encoder that comes back
// begins its own time anew, players want one that goes on. The pause is left
// out, so that no segment becomes longer than announced.
type line struct {
	offset  time.Duration // from the encoder's time to ours
	placed  bool          // the running take has begun
	last    time.Duration // our time of the last picture
	step    time.Duration // between the last two pictures
	heard   time.Duration // our time at which the last sound ends
	audible bool
}

// Limits of what an encoder's clock may do within one take.
const (
	jumpLimit = 10 * time.Second
	firstStep = 33 * time.Millisecond
)

// begin says that the next picture opens a new take.
func (l *line) begin() { l.placed = false }

// end is where the next take starts.
func (l *line) end() time.Duration {
	if l.step == 0 {
		return 0
	}
	return max(l.last+l.step, l.heard)
}

// video returns our time for a picture's decoding time. ok is false for a
// picture that cannot be placed: its time does not move on.
func (l *line) video(dts time.Duration) (at time.Duration, ok bool, err error) {
	if !l.placed {
		at = l.end()
		l.offset, l.placed, l.last, l.step = at-dts, true, at, firstStep
		return at, true, nil
	}
	at = dts + l.offset
	switch step := at - l.last; {
	case step > jumpLimit || step < -jumpLimit:
		return 0, false, errJump()
	case step <= 0:
		return 0, false, nil
	default:
		l.last, l.step = at, step
		return at, true, nil
	}
}

// soundSlack is how far the millisecond clock of RTMP may put sound off its
// true place: rounding, and encoders that send in small bursts.
const soundSlack = 40 * time.Millisecond

// audio returns our time for a stretch of sound that lasts length. Stretches
// that follow each other are laid without the gaps and overlaps of a clock that
// counts milliseconds. Sound before the take's first picture has no place.
func (l *line) audio(pts, length time.Duration) (at time.Duration, ok bool, err error) {
	if !l.placed {
		return 0, false, nil
	}
	at = pts + l.offset
	if l.audible {
		switch off := at - l.heard; {
		case off > jumpLimit || off < -jumpLimit:
			return 0, false, errJump()
		case off >= -soundSlack && off <= soundSlack:
			at = l.heard
		case off < 0:
			return 0, false, nil
		}
	}
	if at < 0 {
		return 0, false, nil
	}
	l.heard, l.audible = at+length, true
	return at, true, nil
}

func errJump() error {
	return fault.New(fault.Invalid, "clock_jumped", "The encoder's clock jumped. It is asked to connect again.")
}
