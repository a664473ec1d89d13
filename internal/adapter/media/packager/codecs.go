package packager

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/subspace-live/subspace/internal/adapter/media"
)

// Codecs names the codecs of a format as players are asked whether they know them
// (RFC 6381).
func Codecs(f media.Format) string {
	var names []string
	for _, c := range []codecs.Codec{f.Video, f.Audio} {
		if name := codecName(c); name != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

func codecName(c codecs.Codec) string {
	switch c := c.(type) {
	case *codecs.H264:
		if len(c.SPS) >= 4 {
			return fmt.Sprintf("avc1.%x", c.SPS[1:4])
		}
	case *codecs.H265:
		return hevcName(c)
	case *codecs.AV1:
		return av1Name(c)
	case *codecs.MPEG4Audio:
		kind := c.Config.Type
		if c.Config.ExtensionType != 0 {
			kind = c.Config.ExtensionType
		}
		return fmt.Sprintf("mp4a.40.%d", kind)
	case *codecs.Opus:
		return "opus"
	}
	return ""
}

// profileBytes is how many bytes of profile, tier and level stand in an HEVC SPS,
// from its fourth (H.265, 7.3.3, without emulation prevention).
const profileBytes = 12

// hevcName follows ISO/IEC 14496-15, annex E.3.
func hevcName(c *codecs.H265) string {
	sps := withoutEmulation(c.SPS)
	var parsed h265.SPS
	if len(sps) < 3+profileBytes || parsed.Unmarshal(c.SPS) != nil {
		return ""
	}
	general := sps[3 : 3+profileBytes]
	space := []string{"", "A", "B", "C"}[general[0]>>6]
	tier := "L"
	if general[0]&0x20 != 0 {
		tier = "H"
	}
	compatible := bits.Reverse32(binary.BigEndian.Uint32(general[1:5]))
	name := fmt.Sprintf("hvc1.%s%d.%X.%s%d", space, general[0]&0x1f, compatible, tier, general[11])
	constraints := general[5:11]
	for len(constraints) > 0 && constraints[len(constraints)-1] == 0 {
		constraints = constraints[:len(constraints)-1]
	}
	for _, b := range constraints {
		name += fmt.Sprintf(".%X", b)
	}
	return name
}

// withoutEmulation drops the bytes that keep start codes out of a NAL unit.
func withoutEmulation(unit []byte) []byte {
	out := make([]byte, 0, len(unit))
	zeros := 0
	for _, b := range unit {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if b == 0 {
			zeros++
		} else {
			zeros = 0
		}
		out = append(out, b)
	}
	return out
}

// av1Name follows the AV1 codec ISO media file format binding, section 5, in its
// short form: colours are said where they are not the usual ones.
func av1Name(c *codecs.AV1) string {
	var h av1.SequenceHeader
	if h.Unmarshal(c.SequenceHeader) != nil {
		return ""
	}
	tier := "M"
	if h.SeqTier[0] {
		tier = "H"
	}
	return fmt.Sprintf("av01.%d.%02d%s.%02d", h.SeqProfile, h.SeqLevelIdx[0], tier, h.ColorConfig.BitDepth)
}
