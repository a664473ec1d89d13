package hls

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// How the stream is cut. Parts of 200 ms bring little and stall more (measured
// with hls.js 1.7). A segment opens at the first keyframe after segmentTarget;
// it is a little less than two seconds because RTMP's clock rounds: at exactly
// two, every second keyframe would come a millisecond early and be missed.
const (
	partTarget    = 500 * time.Millisecond
	segmentTarget = 1900 * time.Millisecond
	segmentsKept  = 10
	// segmentBytes bounds memory; it is reached by far too high a bitrate or by
	// an encoder that sends no keyframes.
	segmentBytes = 32 << 20
)

const videoClock = 90000

// reel is a run of segments with one set of codec parameters: a gohlslib muxer
// and what its answers need to fit into the broadcast's address.
type reel struct {
	muxer   *gohlslib.Muxer
	v, a    *gohlslib.Track
	samples int   // of one AAC access unit
	base    int64 // added to gohlslib's media sequence numbers
	cut     int64 // the discontinuity sequence
	flights *flights
	over    atomic.Bool // set before the muxer is closed: who still waits is told so
	errors  int         // pictures in a row that could not be packaged
}

func newReel(f media.Format, base, cut int64, log *slog.Logger) (*reel, error) {
	r := &reel{base: base, cut: cut, samples: mpeg4audio.SamplesPerAccessUnit}
	r.v = &gohlslib.Track{Codec: &codecs.H264{SPS: f.SPS, PPS: f.PPS}, ClockRate: videoClock}
	list := []*gohlslib.Track{r.v}
	if f.AAC != nil {
		if f.AAC.FrameLengthFlag {
			r.samples = 960
		}
		r.a = &gohlslib.Track{Codec: &codecs.MPEG4Audio{Config: *f.AAC}, ClockRate: f.AAC.SampleRate}
		list = append(list, r.a)
	}
	r.muxer = &gohlslib.Muxer{
		Tracks: list, Variant: gohlslib.MuxerVariantLowLatency,
		SegmentCount: segmentsKept, SegmentMinDuration: segmentTarget, PartMinDuration: partTarget, SegmentMaxSize: segmentBytes,
		OnEncodeError: func(err error) { log.Debug("packaging", "error", err) },
	}
	if err := r.muxer.Start(); err != nil {
		return nil, err
	}
	r.flights = newFlights(r.muxer.Handle, r.renumber)
	return r, nil
}

// unorderedLimit is how many pictures in a row may be out of order before the
// encoder is sent away.
const unorderedLimit = 60

func (r *reel) video(at time.Time, pts time.Duration, units [][]byte) error {
	err := r.muxer.WriteH264(r.v, at, ticks(pts, videoClock), units)
	if err == nil {
		r.errors = 0
		return nil
	}
	if full(err) {
		return errTooBig()
	}
	if r.errors++; r.errors < unorderedLimit {
		return nil // left out; gohlslib finds its way back at a keyframe
	}
	return fault.New(fault.Invalid, "frames_unordered", "The encoder's frames come in an order that cannot be packaged.").Because(err)
}

func (r *reel) audio(at time.Time, pts time.Duration, units [][]byte) error {
	err := r.muxer.WriteMPEG4Audio(r.a, at, ticks(pts, int64(r.a.ClockRate)), units)
	if err == nil {
		return nil
	}
	if full(err) {
		return errTooBig()
	}
	return fmt.Errorf("package sound: %w", err)
}

func (r *reel) close() {
	r.over.Store(true)
	r.muxer.Close()
	r.flights.close()
}

// full matches gohlslib's words (v2.4.3); it has no typed error for it.
func full(err error) bool {
	for ; err != nil; err = errors.Unwrap(err) {
		if err.Error() == "reached maximum segment size" {
			return true
		}
	}
	return false
}

func errTooBig() error {
	return fault.New(fault.Invalid, "segment_too_big",
		"The encoder sends too much between two keyframes. Set a keyframe interval of 2 seconds and a lower bitrate.")
}

func ticks(d time.Duration, clock int64) int64 {
	return int64(d/time.Second)*clock + int64(d%time.Second)*clock/int64(time.Second)
}
