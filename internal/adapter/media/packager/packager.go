// Package packager makes low-latency HLS of what an encoder sends.
//
// Owns: the line of time on which takes are laid, parts and segments with their
// bytes, the playlists. Promises: picture and sound are one rendition, so a viewer
// asks for one thing at a time; a playlist is written once per part and shared by
// all who read it; the encoder's decoding times are kept; sequence numbers only
// grow, and grow across takes; parts obey RFC 8216bis, section 4.4.4.9: none is
// longer than the part target, and none but the last of a segment shorter than 85 %
// of it, as iOS demands; what is kept is bounded; each closed segment is handed to
// Config.Segment. Does not do: HTTP, rights, decoding.
//
// One goroutine writes (Begin, Video, Audio, Close); any number read, without a
// lock: each change is a new view that replaces the old one.
package packager

import (
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// How the stream is cut. Parts of 200 ms bring little and stall more (measured
// with hls.js 1.7). A segment opens at the first keyframe after segmentLength; it
// is a little less than two seconds because RTMP's clock rounds: at exactly two,
// every second keyframe would come a millisecond early and be missed.
const (
	partLength    = 500 * time.Millisecond
	partRounding  = 2 * time.Millisecond // by which RTMP's clock may shorten a part
	segmentLength = 1900 * time.Millisecond
)

// What is kept. A segment that is no longer listed is kept a little for those who
// read the list just before.
const (
	segmentsListed = 10
	segmentsSpare  = 2
	segmentsLeast  = 3        // listed, however large they are
	segmentBytes   = 32 << 20 // of one; reached by far too high a bitrate or without keyframes
	bytesKept      = 96 << 20 // of all closed ones together
)

// Config is what a Packager needs from its surroundings.
type Config struct {
	// Name begins the names of all files. After a restart it has to be another
	// one, because players keep files.
	Name string
	// First is the number of the first segment, above all that players of this
	// broadcast may have seen.
	First int64
	// Segment is given each segment when it is closed, by the goroutine that
	// writes: it must not block. It may be nil.
	Segment func(Segment)
}

// Segment is a closed piece of a broadcast. Its bytes are shared: do not change them.
type Segment struct {
	Sequence int64
	// Init is what a decoder needs before it, under a name that tells one init
	// from another.
	Init          Init
	Parts         [][]byte // the segment, in pieces
	Start         time.Time
	Duration      time.Duration
	Discontinuity bool // its times do not continue those of the segment before
}

// Init is an initialisation section.
type Init struct {
	Name  string
	Bytes []byte
}

// Packager packages one broadcast.
type Packager struct {
	config Config
	view   atomic.Pointer[view]

	format     media.Format
	parameters [][]byte // that came without a picture, for the next keyframe
	line       line
	timeline   anchor

	waiting *picture // its length is known when the next one comes
	sounds  []sound  // that are in no part yet

	part    openPart
	segment *segment // open; nil until a take has its first keyframe
	closed  []*segment
	init    *Init
	inits   int // made so far

	number      int64 // of the next part
	sequence    int64 // of the next segment
	dropped     int64 // discontinuities that are no longer listed
	target      time.Duration
	seconds     int           // EXT-X-TARGETDURATION
	reordered   time.Duration // the most that a picture was shown after its decoding
	unpublished bool
}

// New returns a packager that nothing has been written to.
func New(c Config) *Packager {
	p := &Packager{config: c, sequence: c.First, dropped: c.First}
	p.view.Store(&view{replaced: make(chan struct{})})
	return p
}

// Begin says that an encoder starts, or starts again, with its own times.
func (p *Packager) Begin(f media.Format) error {
	p.end()
	p.publish()
	p.format, p.parameters = f, nil
	v := *p.view.Load()
	v.format = f
	p.replace(&v)
	p.line.begin(soundClock(f.Audio), f.Video == nil)
	if f.Video == nil && f.Audio == nil {
		return errNothing()
	}
	return nil
}

// Video takes a picture. Pictures before the first keyframe are left out.
func (p *Packager) Video(f media.Frame) error {
	if p.format.Video == nil {
		return nil
	}
	units, shows := pictureUnits(p.format.Video, f.Units)
	if !shows {
		if len(units) > 0 {
			p.parameters = units
		}
		return nil
	}
	key := p.format.Keyframe(units)
	if p.segment == nil && !key {
		return nil
	}
	next, err := newPicture(p.format.Video, f, units, key)
	if err != nil {
		return fmt.Errorf("package picture: %w", err)
	}
	next.at = p.line.video(f.DTS)
	if p.waiting != nil {
		p.settle(next.at)
	}
	if err := p.turn(f, &next, units); err != nil {
		return err
	}
	p.waiting = &next
	p.reordered = max(p.reordered, next.shown)
	p.publish()
	return p.bounded()
}

// turn closes and opens what a keyframe closes and opens.
func (p *Packager) turn(f media.Frame, next *picture, units [][]byte) error {
	if !next.key {
		return nil
	}
	format := p.format.Renewed(slices.Concat(p.parameters, units))
	p.parameters = nil
	switch {
	case p.segment == nil:
	case !format.Same(p.format):
		p.cut(next.at)
		p.closeSegment(next.at)
		p.segment = nil
	case next.at-p.segment.start >= segmentLength:
		p.cut(next.at)
		p.closeSegment(next.at)
		p.openSegment(next.at, f.At, false)
		return nil
	default:
		return nil
	}
	p.format = format
	return p.open(next.at, f.At)
}

// Audio takes one stretch of sound.
func (p *Packager) Audio(f media.Frame) error {
	if p.format.Audio == nil || len(f.Units) == 0 {
		return nil
	}
	s := sound{payload: f.Units[0], length: soundLength(p.format.Audio, f.Units[0])}
	at, ok, err := p.line.audio(f.PTS, s.length)
	if err != nil || !ok {
		return err
	}
	s.at = at
	if p.format.Video == nil {
		if err := p.soundOnly(f.At, s); err != nil {
			return err
		}
	} else {
		p.sounds = append(p.sounds, s)
	}
	p.publish()
	return p.bounded()
}

// soundOnly takes sound that has no pictures to be cut by.
func (p *Packager) soundOnly(when time.Time, s sound) error {
	at, end := p.line.soundTime(s.at), p.line.soundTime(s.at+s.length)
	switch {
	case p.segment == nil:
		if err := p.open(at, when); err != nil {
			return err
		}
	case at-p.segment.start >= segmentLength && p.part.start == at:
		p.closeSegment(at)
		p.openSegment(at, when, false)
	}
	p.sounds = append(p.sounds, s)
	if end-p.part.start >= partLength-partRounding {
		p.cut(end)
	}
	return nil
}

// Close ends the broadcast for those who read it.
func (p *Packager) Close() {
	p.end()
	v := *p.view.Load()
	v.over = true
	p.replace(&v)
}

// end closes what a take has left open.
func (p *Packager) end() {
	end := p.line.end()
	if p.waiting != nil {
		p.settle(end)
		p.waiting = nil
	}
	if p.segment == nil {
		p.sounds = nil
		return
	}
	p.cut(end)
	p.sounds = nil // it belongs to pictures that never came
	p.closeSegment(p.part.start)
	p.segment = nil
}

func (p *Packager) bounded() error {
	size := 0
	if p.segment != nil {
		size = p.segment.size
	}
	for _, f := range p.part.pictures {
		size += len(f.payload)
	}
	for _, s := range p.sounds {
		size += len(s.payload)
	}
	if size > segmentBytes {
		return fault.New(fault.Invalid, "segment_too_big",
			"The encoder sends too much between two keyframes. Set a keyframe interval of 2 seconds and a lower bitrate.")
	}
	return nil
}

func errNothing() error {
	return fault.New(fault.Invalid, "no_video", "The encoder sends neither picture nor sound.")
}
