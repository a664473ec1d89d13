package packager

import (
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/opus"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/subspace-live/subspace/internal/adapter/media"
)

const (
	videoClock = 90000
	opusClock  = 48000
)

// picture is one picture as it lies in a part.
type picture struct {
	at      time.Duration // of its decoding
	length  time.Duration // until the next one
	shown   time.Duration // after its decoding
	key     bool
	payload []byte
}

// sound is one stretch of sound; its times are ticks of the sound's clock.
type sound struct {
	at, length int64
	payload    []byte
}

// shownLimit bounds how long after its decoding a picture may be shown; more is
// a negative time that RTMP's 24 bits have turned into a large one.
const shownLimit = 5 * time.Second

func newPicture(c codecs.Codec, f media.Frame, units [][]byte, key bool) (picture, error) {
	p := picture{shown: f.PTS - f.DTS, key: key}
	if p.shown > shownLimit || p.shown < -shownLimit {
		p.shown = 0
	}
	var err error
	if _, ok := c.(*codecs.AV1); ok {
		p.payload, err = av1.Bitstream(units).Marshal()
	} else {
		p.payload, err = h264.AVCC(units).Marshal()
	}
	return p, err
}

// pictureUnits drops the units that only tell pictures apart, which a sample of an
// MP4 file does by itself, and reports whether one is left that shows something.
func pictureUnits(c codecs.Codec, units [][]byte) (kept [][]byte, shows bool) {
	kept = make([][]byte, 0, len(units))
	for _, u := range units {
		if len(u) == 0 {
			continue
		}
		delimits, picture := unitKind(c, u[0])
		if !delimits {
			kept = append(kept, u)
			shows = shows || picture
		}
	}
	return kept, shows
}

func unitKind(c codecs.Codec, head byte) (delimits, picture bool) {
	switch c.(type) {
	case *codecs.H264:
		t := h264.NALUType(head & 0x1f)
		return t == h264.NALUTypeAccessUnitDelimiter, t >= h264.NALUTypeNonIDR && t <= h264.NALUTypeIDR
	case *codecs.H265:
		t := h265.NALUType(head >> 1 & 0x3f)
		return t == h265.NALUType_AUD_NUT, t < h265.NALUType_VPS_NUT
	}
	t := av1.OBUType(head >> 3 & 0xf)
	return t == av1.OBUTypeTemporalDelimiter, t == obuFrame || t == obuFrameHeader
}

// The units of AV1 that show something (AV1 specification, 6.2.2).
const (
	obuFrameHeader = 3
	obuFrame       = 6
)

// soundClock is the clock of the sound's samples; zero without sound.
func soundClock(c codecs.Codec) int64 {
	switch c := c.(type) {
	case *codecs.MPEG4Audio:
		return int64(c.Config.SampleRate)
	case *codecs.Opus:
		return opusClock
	}
	return 0
}

// soundLength is how many ticks one unit of sound lasts.
func soundLength(c codecs.Codec, unit []byte) int64 {
	switch c := c.(type) {
	case *codecs.MPEG4Audio:
		if c.Config.FrameLengthFlag {
			return shortAccessUnit
		}
		return mpeg4audio.SamplesPerAccessUnit
	case *codecs.Opus:
		return opus.PacketDuration2(unit)
	}
	return 0
}

// shortAccessUnit is the length of AAC's access units where the frame length flag
// is set (ISO/IEC 14496-3, 4.5.1.1).
const shortAccessUnit = 960
