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
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	mp4 "github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

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

const (
	videoClock = 90000
	opusClock  = 48000
)

// reel is a run of segments with one set of codec parameters: a gohlslib muxer
// and what its answers need to fit into the broadcast's address.
type reel struct {
	muxer   *gohlslib.Muxer
	v, a    *gohlslib.Track
	base    int64 // added to gohlslib's media sequence numbers
	cut     int64 // the discontinuity sequence
	flights *flights
	over    atomic.Bool // set before the muxer is closed: who still waits is told so
	errors  int         // pictures in a row that could not be packaged
}

func newReel(f media.Format, base, cut int64, log *slog.Logger) (*reel, error) {
	r := &reel{base: base, cut: cut}
	video, ok := f.Video.(*mp4.H264)
	if !ok {
		return nil, errCodec()
	}
	r.v = &gohlslib.Track{Codec: &codecs.H264{SPS: video.SPS, PPS: video.PPS}, ClockRate: videoClock}
	list := []*gohlslib.Track{r.v}
	switch audio := f.Audio.(type) {
	case nil:
	case *mp4.MPEG4Audio:
		r.a = &gohlslib.Track{Codec: &codecs.MPEG4Audio{Config: audio.Config}, ClockRate: audio.Config.SampleRate}
		list = append(list, r.a)
	case *mp4.Opus:
		r.a = &gohlslib.Track{Codec: &codecs.Opus{ChannelCount: audio.ChannelCount}, ClockRate: opusClock}
		list = append(list, r.a)
	default:
		return nil, errCodec()
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
	write := r.muxer.WriteMPEG4Audio
	if _, ok := r.a.Codec.(*codecs.Opus); ok {
		write = r.muxer.WriteOpus
	}
	err := write(r.a, at, ticks(pts, int64(r.a.ClockRate)), units)
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

// soundLength is how long one unit of sound lasts.
func soundLength(f media.Format, unit []byte) time.Duration {
	switch c := f.Audio.(type) {
	case *mp4.MPEG4Audio:
		samples := mpeg4audio.SamplesPerAccessUnit
		if c.Config.FrameLengthFlag {
			samples = 960
		}
		return time.Second * time.Duration(samples) / time.Duration(c.Config.SampleRate)
	case *mp4.Opus:
		return time.Second * time.Duration(opus.PacketDuration2(unit)) / opusClock
	}
	return 0
}

func errCodec() error {
	return fault.New(fault.Invalid, "codec_unsupported",
		"The encoder sends what not every player can show. Set it to H.264 video and AAC audio.")
}

func errTooBig() error {
	return fault.New(fault.Invalid, "segment_too_big",
		"The encoder sends too much between two keyframes. Set a keyframe interval of 2 seconds and a lower bitrate.")
}

func ticks(d time.Duration, clock int64) int64 {
	return int64(d/time.Second)*clock + int64(d%time.Second)*clock/int64(time.Second)
}
