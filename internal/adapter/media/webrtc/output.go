package webrtc

import (
	"encoding/hex"
	"sync"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/pion/rtp"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// burst is one picture or one stretch of sound, written for all viewers.
type burst struct {
	video, key bool
	packets    []*rtp.Packet
}

// output is one broadcast as viewers receive it. What they get goes on when the
// encoder returns with a clock of its own.
type output struct {
	server    *Server
	broadcast live.Broadcast
	opened    time.Time

	// Of the goroutine that writes.
	format  media.Format
	placed  bool          // the running take has begun
	offset  time.Duration // from the encoder's time to ours
	last    time.Duration // our time of the newest thing sent
	highest time.Duration // of the pictures of the take, by the encoder's time

	mu      sync.Mutex
	why     string // no viewer can be served, and the reason
	profile string // of the picture, as SDP names it
	sounds  bool
	viewers map[*viewer]struct{}
	closed  bool
}

func newOutput(s *Server, b live.Broadcast) *output {
	return &output{server: s, broadcast: b, opened: s.Now(), why: reasonOffline, viewers: map[*viewer]struct{}{}}
}

// reason is empty when viewers can be served, or says why not.
func (o *output) reason() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.why
}

// Begin implements media.Output. It refuses nothing: what WebRTC cannot carry is
// watched in other ways.
func (o *output) Begin(f media.Format, _ int64) error {
	o.format, o.placed, o.highest = f, false, 0
	why, profile, sounds := playable(f)
	o.set(why, profile, sounds)
	return nil
}

// set says whether viewers can be served from now on, and sends away those who
// cannot.
func (o *output) set(why, profile string, sounds bool) {
	o.mu.Lock()
	var gone []*viewer
	if why != "" || o.sounds != sounds { // a viewer without a sound track gets none later
		for v := range o.viewers {
			gone = append(gone, v)
		}
	}
	o.why, o.profile, o.sounds = why, profile, sounds
	o.mu.Unlock()
	for _, v := range gone {
		v.end(errFinished)
	}
}

// Video implements media.Output.
func (o *output) Video(f media.Frame) error {
	if o.reason() != "" {
		return nil
	}
	if f.PTS < o.highest {
		o.set(reasonBFrames, "", false)
		return nil
	}
	o.highest = f.PTS
	key := h264.IsRandomAccess(f.Units)
	units := f.Units
	if key {
		units = withParameters(units, o.format)
	}
	o.send(burst{video: true, key: key, packets: pack(units, stamp(o.place(f.PTS), videoRate))})
	return nil
}

// Audio implements media.Output.
func (o *output) Audio(f media.Frame) error {
	if o.reason() != "" {
		return nil
	}
	at := o.place(f.PTS)
	for _, u := range f.Units {
		o.send(burst{packets: []*rtp.Packet{{
			Header: rtp.Header{Version: 2, Timestamp: stamp(at, opusRate)}, Payload: u,
		}}})
	}
	return nil
}

// place lays the takes of the broadcast end to end, with the pauses between them.
func (o *output) place(pts time.Duration) time.Duration {
	if !o.placed {
		o.placed, o.offset = true, max(o.server.Now().Sub(o.opened), o.last+takeGap)-pts
	}
	at := pts + o.offset
	o.last = max(o.last, at)
	return at
}

// takeGap is the least that lies between two takes.
const takeGap = 33 * time.Millisecond

func stamp(at time.Duration, rate int64) uint32 {
	return uint32(int64(at/time.Second)*rate + int64(at%time.Second)*rate/int64(time.Second)) //nolint:gosec // it begins anew, as RTP has it
}

// send hands a burst to everybody. It does not wait for anybody.
func (o *output) send(b burst) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for v := range o.viewers {
		v.offer(b)
	}
}

// join lets a viewer have what is sent from now on. Whoever agreed on a sound that has
// gone since, or on none, has to ask again: tracks do not change.
func (o *output) join(v *viewer) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.why != "" || o.sounds != (v.audio != nil) {
		return errFinished
	}
	o.viewers[v] = struct{}{}
	return nil
}

func (o *output) leave(v *viewer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.viewers, v)
}

// Close implements media.Output.
func (o *output) Close() {
	o.server.shut(o)
	o.mu.Lock()
	o.closed, o.why = true, reasonOffline
	var all []*viewer
	for v := range o.viewers {
		all = append(all, v)
	}
	o.mu.Unlock()
	for _, v := range all {
		v.end(errFinished)
	}
}

// withParameters puts SPS and PPS before a keyframe that comes without them.
func withParameters(units [][]byte, f media.Format) [][]byte {
	for _, u := range units {
		if unitType(u) == unitSPS {
			return units
		}
	}
	sps, pps := parameters(f)
	return append([][]byte{sps, pps}, units...)
}

// profileOf names the profile of a picture as SDP does.
func profileOf(sps []byte) string {
	if len(sps) < 4 {
		return profiles()[0]
	}
	return hex.EncodeToString(sps[1:4])
}
