package packager

import (
	"bytes"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// openPart is the part that is being made.
type openPart struct {
	start    time.Duration
	pictures []picture
}

// part is a part that will not change any more.
type part struct {
	number      int64
	duration    time.Duration
	independent bool
	body        []byte
}

// segment is a run of parts. The open one grows; a closed one will not change.
type segment struct {
	sequence      int64
	start         time.Duration
	when          time.Time
	duration      time.Duration
	discontinuity bool
	gap           bool // holds nothing: see openingGaps
	init          *Init
	parts         []*part
	size          int
	pictures      int
}

// Tracks of each init and part.
const (
	videoTrack = 1
	soundTrack = 2
)

// settle puts the waiting picture into the open part, and cuts parts, now that it
// is known how long it is shown.
func (p *Packager) settle(until time.Duration) {
	w := p.waiting
	p.waiting = nil
	w.length = until - w.at
	limit, shortest := p.limits()
	if until-p.part.start > limit && w.at-p.part.start >= shortest {
		p.cut(w.at)
	}
	p.part.pictures = append(p.part.pictures, *w)
	// A picture that stands still must not make a part too long. What is heard
	// meanwhile makes parts of its own.
	for until-p.part.start > limit && p.soundWithin(p.part.start+partLength, until) {
		p.cut(p.part.start + partLength)
	}
	if until-p.part.start >= partLength-partRounding {
		p.cut(until)
	}
}

// limits are what a part's length must lie between. The first segment, which
// nobody sees before it is closed, shows how long parts get; from then on the
// target stands.
func (p *Packager) limits() (longest, shortest time.Duration) {
	if p.target > 0 {
		return p.target, p.target * 85 / 100
	}
	if p.format.Audio != nil {
		return partLength * 13 / 10, partLength * 85 / 100
	}
	return segmentLength, segmentLength
}

// soundWithin reports whether sound that is in no part yet begins between two times.
func (p *Packager) soundWithin(from, until time.Duration) bool {
	for _, s := range p.sounds {
		if at := p.line.soundTime(s.at); at >= from && at < until {
			return true
		}
	}
	return false
}

// cut ends the open part and opens the next one.
func (p *Packager) cut(end time.Duration) {
	sounds := p.soundsBefore(end)
	if len(p.part.pictures) == 0 && len(sounds) == 0 {
		return
	}
	out := &part{number: p.number, duration: end - p.part.start, independent: p.format.Video == nil}
	boxes := fmp4.Part{SequenceNumber: uint32(p.number)} //nolint:gosec // it may begin again after 68 years
	size := 0
	if list := p.part.pictures; len(list) > 0 {
		track := &fmp4.PartTrack{ID: videoTrack, BaseTime: uint64(ticks(list[0].at, videoClock))} //nolint:gosec // our times are never negative
		for _, f := range list {
			out.independent = out.independent || f.key
			size += len(f.payload)
			track.Samples = append(track.Samples, &fmp4.Sample{
				Duration:        uint32(ticks(f.at+f.length, videoClock) - ticks(f.at, videoClock)), //nolint:gosec // bounded by jumpLimit
				PTSOffset:       int32(ticks(f.shown, videoClock)),                                  //nolint:gosec // bounded by shownLimit
				IsNonSyncSample: !f.key, Payload: f.payload,
			})
		}
		boxes.Tracks = append(boxes.Tracks, track)
	}
	if len(sounds) > 0 {
		track := &fmp4.PartTrack{ID: soundTrack, BaseTime: uint64(sounds[0].at)} //nolint:gosec // our times are never negative
		for i, s := range sounds {
			if i+1 < len(sounds) {
				s.length = sounds[i+1].at - s.at // a gap in the sound stays a gap
			}
			size += len(s.payload)
			track.Samples = append(track.Samples, &fmp4.Sample{Duration: uint32(s.length), Payload: s.payload}) //nolint:gosec // bounded by jumpLimit
		}
		boxes.Tracks = append(boxes.Tracks, track)
	}
	var b seekablebuffer.Buffer
	b.Grow(size + boxBytes + sampleBytes*(len(p.part.pictures)+len(sounds)))
	_ = boxes.Marshal(&b) // a buffer takes everything
	out.body = b.Bytes()
	p.keepPart(out, end)
}

// What MP4 adds to the samples of a part, roughly.
const (
	boxBytes    = 256
	sampleBytes = 16
)

func (p *Packager) keepPart(out *part, end time.Duration) {
	s := p.segment
	s.pictures += len(p.part.pictures)
	s.parts = append(s.parts, out)
	s.size += len(out.body)
	p.number++
	p.part = openPart{start: end}
	if p.target > 0 && out.duration > p.target { // pictures without sound that stand still
		p.target = rounded(out.duration)
	}
	p.unpublished = true
}

// soundsBefore takes the sound that begins before end.
func (p *Packager) soundsBefore(end time.Duration) []sound {
	n := 0
	for n < len(p.sounds) && p.line.soundTime(p.sounds[n].at) < end {
		n++
	}
	out := p.sounds[:n:n]
	p.sounds = p.sounds[n:]
	return out
}

// open begins a section: a run of segments whose times continue each other.
func (p *Packager) open(at time.Duration, when time.Time) error {
	init, err := p.newInit(p.format)
	if err != nil {
		return err
	}
	p.init = init
	p.timeline.set = false
	p.openSegment(at, when, len(p.closed) > 0)
	return nil
}

func (p *Packager) openSegment(at time.Duration, when time.Time, discontinuity bool) {
	if len(p.closed) == 0 && p.sequence == p.config.First {
		p.sequence += openingGaps
	}
	p.segment = &segment{
		sequence: p.sequence, start: at, when: p.timeline.at(at, when), discontinuity: discontinuity, init: p.init,
	}
	p.sequence++
	p.part = openPart{start: at}
}

// openingGaps is how many segments that hold nothing stand before the first. A
// list of low latency that is shorter than its hold-back is not played by iOS;
// gohlslib's users found that seven gaps help (there since its v0.3).
const openingGaps = 7

// closeSegment ends the open segment, whose last part has been cut.
func (p *Packager) closeSegment(end time.Duration) {
	s := p.segment
	s.duration = end - s.start
	if len(p.closed) == 0 {
		for i := range int64(openingGaps) {
			p.closed = append(p.closed, &segment{sequence: s.sequence - openingGaps + i, duration: s.duration, gap: true, init: s.init, when: s.when})
		}
	}
	if p.target == 0 {
		p.target = partLength
		for _, part := range s.parts {
			p.target = max(p.target, rounded(part.duration))
		}
	}
	p.seconds = max(p.seconds, int(segmentLength/time.Second)+1, int(s.duration.Round(time.Second)/time.Second))
	p.closed = append(p.closed, s)
	p.forget()
	p.unpublished = true
	if p.config.Segment != nil {
		out := Segment{
			Sequence: s.sequence, Init: *s.init, Start: s.when, Duration: s.duration, Discontinuity: s.discontinuity,
		}
		for _, part := range s.parts {
			out.Parts = append(out.Parts, part.body)
		}
		p.config.Segment(out)
	}
}

// forget drops closed segments that are too many or too large together.
func (p *Packager) forget() {
	size := 0
	for _, s := range p.closed {
		size += s.size
	}
	for len(p.closed) > segmentsListed+segmentsSpare || size > bytesKept && len(p.closed) > segmentsLeast {
		if p.closed[0].discontinuity {
			p.dropped++
		}
		size -= p.closed[0].size
		p.closed = p.closed[1:]
	}
}

// rounded is a part target that holds a part, and one that RTMP's clock makes a
// little longer.
func rounded(longest time.Duration) time.Duration {
	if longest <= partLength-partRounding {
		return partLength
	}
	const step = 5 * time.Millisecond
	return (longest + time.Millisecond + step - 1) / step * step
}

// newInit makes the initialisation section of a format, or returns the last one
// when it is the same.
func (p *Packager) newInit(f media.Format) (*Init, error) {
	var boxes fmp4.Init
	if f.Video != nil {
		boxes.Tracks = append(boxes.Tracks, &fmp4.InitTrack{ID: videoTrack, TimeScale: videoClock, Codec: f.Video})
	}
	if f.Audio != nil {
		boxes.Tracks = append(boxes.Tracks, &fmp4.InitTrack{ID: soundTrack, TimeScale: uint32(soundClock(f.Audio)), Codec: f.Audio}) //nolint:gosec // a sample rate
	}
	var b seekablebuffer.Buffer
	if err := boxes.Marshal(&b); err != nil {
		return nil, fault.New(fault.Invalid, "codec_unsupported",
			"The encoder sends %s with parameters that cannot be read. Set it to H.264 video and AAC audio.", f.VideoName()).Because(err)
	}
	if p.init != nil && bytes.Equal(p.init.Bytes, b.Bytes()) {
		return p.init, nil
	}
	p.inits++
	return &Init{Name: p.initName(p.inits), Bytes: b.Bytes()}, nil
}
