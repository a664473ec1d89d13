package hls

import (
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	mp4 "github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// output is one broadcast as players read it. The same address serves all takes.
type output struct {
	broadcast live.Broadcast
	now       func() time.Time
	log       *slog.Logger
	onClose   func(*output)

	line   line
	format media.Format
	keyed  bool  // the running take has sent a keyframe
	keys   int64 // keyframes since the reel began, at least its segments

	mu     sync.Mutex
	reel   *reel
	old    *reel         // the one before; its files are still asked for
	fresh  chan struct{} // closed when another reel takes over
	closed bool
}

func newOutput(b live.Broadcast, now func() time.Time, log *slog.Logger, onClose func(*output)) *output {
	return &output{
		broadcast: b, now: now, onClose: onClose, fresh: make(chan struct{}),
		log: log.With("channel", b.Channel, "broadcast", b.ID),
	}
}

// Begin implements media.Output. A take with the same parameters goes on in the
// same reel, so that players only see a pause; another format needs a new one.
func (o *output) Begin(f media.Format, take int64) error {
	o.line.begin()
	o.keyed = false
	if o.reel != nil && o.format.Same(f) {
		return nil
	}
	r, err := newReel(f, o.nextSequence(), take-1, o.log)
	if err != nil {
		return fmt.Errorf("begin packaging: %w", err)
	}
	o.line, o.keys, o.format = line{}, 0, f
	o.mu.Lock()
	old, fresh := o.reel, o.fresh
	o.reel, o.old, o.fresh = r, old, make(chan struct{})
	o.mu.Unlock()
	close(fresh)
	if old != nil {
		old.close()
	}
	return nil
}

// Numbers that a reel's first segment lies above those of any before it: gohlslib
// starts with seven gap segments, and no segment is shorter than segmentTarget.
const sequenceGap = 10

// nextSequence returns an offset for media sequence numbers that lies beyond all
// that players of this broadcast can have seen, also before a restart.
func (o *output) nextSequence() int64 {
	elapsed := int64(o.now().Sub(o.broadcast.Started) / time.Second)
	if o.reel == nil && elapsed < 2 {
		return 0
	}
	next := elapsed + sequenceGap
	if o.reel != nil {
		next = max(next, o.reel.base+o.keys+sequenceGap)
	}
	return next
}

// Video implements media.Output.
func (o *output) Video(f media.Frame) error {
	key := o.format.Keyframe(f.Units)
	if !o.keyed && !key {
		return nil
	}
	if !hasPicture(f.Units) {
		return nil
	}
	at, ok, err := o.line.video(f.DTS)
	if err != nil || !ok {
		return err
	}
	o.keyed = true
	if key {
		o.keys++
		f.Units = withParameters(f.Units, o.format)
	}
	return o.reel.video(f.At, at+f.PTS-f.DTS, f.Units)
}

// Audio implements media.Output.
func (o *output) Audio(f media.Frame) error {
	if o.format.Audio == nil {
		return nil
	}
	at, ok, err := o.line.audio(f.PTS, soundLength(o.format, f.Units[0]))
	if err != nil || !ok {
		return err
	}
	return o.reel.audio(f.At, at, f.Units)
}

// Close implements media.Output.
func (o *output) Close() {
	o.onClose(o)
	o.mu.Lock()
	o.closed = true
	r, fresh := o.reel, o.fresh
	o.mu.Unlock()
	close(fresh)
	if r != nil {
		r.close()
	}
}

// showing is what an output plays at a moment.
type showing struct {
	reel, old *reel
	replaced  <-chan struct{} // closed when that is no longer so
	closed    bool
}

func (o *output) showing() showing {
	o.mu.Lock()
	defer o.mu.Unlock()
	return showing{o.reel, o.old, o.fresh, o.closed}
}

// serve answers one request for a file of the broadcast.
func (o *output) serve(w http.ResponseWriter, r *http.Request, file string) {
	s := o.showing()
	if s.reel == nil && !s.closed {
		t := time.NewTimer(firstWait)
		defer t.Stop()
		select { // the encoder's first frames are on their way
		case <-s.replaced:
		case <-r.Context().Done():
		case <-t.C:
		}
		s = o.showing()
	}
	switch {
	case s.reel == nil || s.closed:
		offline(w)
	case s.reel.serve(w, r, file):
	case s.old != nil && s.old.complete(w, file):
	default:
		missing(w)
	}
}

// withParameters puts SPS and PPS before a keyframe that comes without them:
// RTMP sends them once, gohlslib wants them there.
func withParameters(units [][]byte, f media.Format) [][]byte {
	for _, u := range units {
		if h264.NALUType(u[0]&0x1f) == h264.NALUTypeSPS {
			return units
		}
	}
	video := f.Video.(*mp4.H264) // newReel takes no other
	return append([][]byte{video.SPS, video.PPS}, units...)
}

func hasPicture(units [][]byte) bool {
	for _, u := range units {
		switch h264.NALUType(u[0] & 0x1f) {
		case h264.NALUTypeIDR, h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA:
			return true
		}
	}
	return false
}
