package media

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

// Format is what an encoder sends: a picture, a sound, or both. What its codecs
// hold is not changed after it has been handed on.
type Format struct {
	Video codecs.Codec // *codecs.H264, *codecs.H265 or *codecs.AV1; nil: no picture
	Audio codecs.Codec // *codecs.MPEG4Audio or *codecs.Opus; nil: no sound
}

// Same reports whether f and other are decoded with the same parameters.
func (f Format) Same(other Format) bool { return reflect.DeepEqual(f, other) }

// Size returns the size of the picture; zero without one.
func (f Format) Size() (width, height int, err error) {
	switch c := f.Video.(type) {
	case nil:
		return 0, 0, nil
	case *codecs.H264:
		var sps h264.SPS
		if err := sps.Unmarshal(c.SPS); err != nil {
			return 0, 0, fmt.Errorf("read H.264 parameters: %w", err)
		}
		return sps.Width(), sps.Height(), nil
	case *codecs.H265:
		var sps h265.SPS
		if err := sps.Unmarshal(c.SPS); err != nil {
			return 0, 0, fmt.Errorf("read HEVC parameters: %w", err)
		}
		return sps.Width(), sps.Height(), nil
	case *codecs.AV1:
		var header av1.SequenceHeader
		if err := header.Unmarshal(c.SequenceHeader); err != nil {
			return 0, 0, fmt.Errorf("read AV1 parameters: %w", err)
		}
		return header.Width(), header.Height(), nil
	}
	return 0, 0, errors.New("unknown video codec")
}

// VideoName is the name of the picture's codec; empty without a picture.
func (f Format) VideoName() string {
	switch f.Video.(type) {
	case *codecs.H264:
		return "H.264"
	case *codecs.H265:
		return "HEVC"
	case *codecs.AV1:
		return "AV1"
	}
	return ""
}

// AudioName is the name of the sound's codec; empty without sound.
func (f Format) AudioName() string {
	switch c := f.Audio.(type) {
	case *codecs.MPEG4Audio:
		return fmt.Sprintf("AAC %d kHz", c.Config.SampleRate/1000)
	case *codecs.Opus:
		return "Opus"
	}
	return ""
}

// Keyframe reports whether a picture can be decoded without those before it.
func (f Format) Keyframe(units [][]byte) bool {
	switch f.Video.(type) {
	case *codecs.H264:
		return h264.IsRandomAccess(units)
	case *codecs.H265:
		return h265.IsRandomAccess(units)
	case *codecs.AV1:
		return av1.IsRandomAccess2(units)
	}
	return false
}

// Renewed returns f with the parameters that a picture brings along: an encoder
// may change them, and with them the size of the picture, at any keyframe. It
// returns f itself when they are the same.
func (f Format) Renewed(units [][]byte) Format {
	switch c := f.Video.(type) {
	case *codecs.H264:
		if n := *c; renewH264(&n, units) {
			f.Video = &n
		}
	case *codecs.H265:
		if n := *c; renewH265(&n, units) {
			f.Video = &n
		}
	case *codecs.AV1:
		if n := *c; renewAV1(&n, units) {
			f.Video = &n
		}
	}
	return f
}

func renewH264(c *codecs.H264, units [][]byte) (changed bool) {
	for _, u := range units {
		switch h264.NALUType(u[0] & 0x1f) {
		case h264.NALUTypeSPS:
			changed = renew(&c.SPS, u) || changed
		case h264.NALUTypePPS:
			changed = renew(&c.PPS, u) || changed
		}
	}
	return changed
}

func renewH265(c *codecs.H265, units [][]byte) (changed bool) {
	for _, u := range units {
		switch h265.NALUType(u[0] >> 1 & 0x3f) {
		case h265.NALUType_VPS_NUT:
			changed = renew(&c.VPS, u) || changed
		case h265.NALUType_SPS_NUT:
			changed = renew(&c.SPS, u) || changed
		case h265.NALUType_PPS_NUT:
			changed = renew(&c.PPS, u) || changed
		}
	}
	return changed
}

func renewAV1(c *codecs.AV1, units [][]byte) (changed bool) {
	for _, u := range units {
		if av1.OBUType(u[0]>>3&0xf) == av1.OBUTypeSequenceHeader {
			changed = renew(&c.SequenceHeader, u) || changed
		}
	}
	return changed
}

func renew(parameter *[]byte, u []byte) (changed bool) {
	if bytes.Equal(*parameter, u) {
		return false
	}
	*parameter = u
	return true
}
