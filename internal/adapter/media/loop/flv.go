package loop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

// Clip is a demuxed FLV file with H.264 and AAC in it.
type Clip struct {
	sps, pps []byte
	aac      mpeg4audio.AudioSpecificConfig
	pictures []picture
	sounds   [][]byte // AAC access units
}

type picture struct {
	at    time.Duration // counted from the first one
	units [][]byte
}

var errShort = errors.New("the file ends too early")

// Parts of Adobe's FLV file format specification 10.1, annex E.
const (
	tagAudio    = 8
	tagVideo    = 9
	headerBytes = 9 + 4
	tagBytes    = 11
)

// Read demuxes a file.
func Read(file []byte) (*Clip, error) {
	if len(file) < headerBytes || string(file[:3]) != "FLV" {
		return nil, errors.New("read clip: not an FLV file")
	}
	c := &Clip{}
	for rest := file[headerBytes:]; len(rest) > 0; {
		if len(rest) < tagBytes {
			return nil, fmt.Errorf("read clip: %w", errShort)
		}
		size := int(rest[1])<<16 | int(rest[2])<<8 | int(rest[3])
		at := time.Duration(uint32(rest[7])<<24|uint32(rest[4])<<16|uint32(rest[5])<<8|uint32(rest[6])) * time.Millisecond
		if len(rest) < tagBytes+size+4 {
			return nil, fmt.Errorf("read clip: %w", errShort)
		}
		if err := c.tag(rest[0], at, rest[tagBytes:tagBytes+size]); err != nil {
			return nil, fmt.Errorf("read clip: %w", err)
		}
		rest = rest[tagBytes+size+4:]
	}
	if len(c.pictures) < 2 || len(c.sounds) == 0 || c.sps == nil {
		return nil, errors.New("read clip: it needs H.264 video and AAC audio")
	}
	for i := range c.pictures {
		c.pictures[len(c.pictures)-1-i].at -= c.pictures[0].at
	}
	return c, nil
}

func (c *Clip) tag(kind byte, at time.Duration, body []byte) error {
	switch {
	case kind == tagVideo && len(body) > 5 && body[0]&0x0f == 7:
		return c.video(body[1], at, body[5:])
	case kind == tagAudio && len(body) > 2 && body[0]>>4 == 10:
		return c.audio(body[1], body[2:])
	}
	return nil
}

func (c *Clip) video(kind byte, at time.Duration, data []byte) error {
	switch kind {
	case 0:
		return c.parameters(data)
	case 1:
		var units h264.AVCC
		if err := units.Unmarshal(data); err != nil {
			return err
		}
		c.pictures = append(c.pictures, picture{at, units})
	}
	return nil
}

func (c *Clip) audio(kind byte, data []byte) error {
	if kind == 0 {
		return c.aac.Unmarshal(data)
	}
	c.sounds = append(c.sounds, data)
	return nil
}

// parameters reads an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1)
// with one SPS and one PPS.
func (c *Clip) parameters(data []byte) error {
	if len(data) < 8 {
		return errShort
	}
	sps, rest, err := sized(data[6:])
	if err != nil || len(rest) < 1 {
		return errShort
	}
	pps, _, err := sized(rest[1:])
	c.sps, c.pps = sps, pps
	return err
}

func sized(b []byte) (item, rest []byte, err error) {
	if len(b) < 2 {
		return nil, nil, errShort
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return nil, nil, errShort
	}
	return b[2 : 2+n], b[2+n:], nil
}

// length is how long one round lasts: its sound, which has no variable steps.
func (c *Clip) length() time.Duration { return c.soundAt(len(c.sounds)) }

// soundAt is when the n-th access unit of an endless loop begins.
func (c *Clip) soundAt(n int) time.Duration {
	samples := int64(n) * mpeg4audio.SamplesPerAccessUnit
	rate := int64(c.aac.SampleRate)
	return time.Duration(samples/rate)*time.Second + time.Duration(samples%rate)*time.Second/time.Duration(rate)
}

// Pictures returns the NAL units of each picture of one round.
func (c *Clip) Pictures() [][][]byte {
	out := make([][][]byte, 0, len(c.pictures))
	for _, p := range c.pictures {
		out = append(out, p.units)
	}
	return out
}

// Sounds returns the AAC access units of one round.
func (c *Clip) Sounds() [][]byte { return c.sounds }

// Parameters returns the SPS and PPS of the pictures.
func (c *Clip) Parameters() (sps, pps []byte) { return c.sps, c.pps }
