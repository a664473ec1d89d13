package rtmp

import (
	"errors"
	"strings"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	mp4 "github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// tracks are the two that players are given.
type tracks struct {
	video, audio *gortmplib.Track // audio may be nil
	format       media.Format
}

// readTracks takes what the encoder announced, or refuses it with a sentence.
func readTracks(all []*gortmplib.Track) (tracks, error) {
	var t tracks
	for _, track := range all {
		switch codec := track.Codec.(type) {
		case *codecs.H264:
			if t.video != nil {
				return t, errUnsupported("several pictures at once")
			}
			t.video, t.format.Video = track, &mp4.H264{SPS: codec.SPS, PPS: codec.PPS}
		case *codecs.MPEG4Audio:
			if t.audio != nil {
				return t, errUnsupported("several sound tracks at once")
			}
			t.audio, t.format.Audio = track, &mp4.MPEG4Audio{Config: *codec.Config}
		default:
			return t, errUnsupported(codecName(codec))
		}
	}
	if t.video == nil {
		return t, fault.New(fault.Invalid, "no_video", "The encoder sends no picture. Send H.264 video.")
	}
	if _, _, err := t.format.Size(); err != nil {
		return t, errUnsupported("H.264 whose parameters cannot be read").Because(err)
	}
	return t, nil
}

func errUnsupported(what string) *fault.Fault {
	return fault.New(fault.Invalid, "codec_unsupported",
		"The encoder sends %s, which not every player can show. Set it to H.264 video and AAC audio.", what)
}

func codecName(c codecs.Codec) string {
	switch c.(type) {
	case *codecs.H265:
		return "HEVC (H.265) video"
	case *codecs.AV1:
		return "AV1 video"
	case *codecs.VP9:
		return "VP9 video"
	case *codecs.MPEG1Audio:
		return "MP3 audio"
	case *codecs.Opus:
		return "Opus audio"
	case *codecs.FLAC:
		return "FLAC audio"
	case *codecs.AC3:
		return "AC-3 audio"
	case *codecs.G711, *codecs.LPCM:
		return "uncompressed audio"
	}
	return "an unknown codec"
}

// analysisError makes a sentence of what gortmplib said while it looked for
// tracks. It has no typed errors (v1.0.0), so its words are matched; a test
// holds them. The numbers are those of Adobe's FLV specification 10.1, annex E.
func analysisError(err error) error {
	if fault.Of(err) != nil || errors.Is(err, errGoodbye) {
		return err
	}
	text := err.Error()
	for _, known := range []struct{ says, means string }{
		{"unsupported video codec: 2", "Sorenson H.263 video"},
		{"unsupported video codec: 3", "Screen Video"},
		{"unsupported video codec: 4", "VP6 video"},
		{"unsupported video codec: 5", "VP6 video"},
		{"unsupported audio codec: 4", "Nellymoser audio"},
		{"unsupported audio codec: 5", "Nellymoser audio"},
		{"unsupported audio codec: 6", "Nellymoser audio"},
		{"unsupported audio codec: 11", "Speex audio"},
		{"unsupported", "an unknown codec"},
	} {
		if strings.Contains(text, known.says) {
			return errUnsupported(known.means).Because(err)
		}
	}
	return errBroken(err)
}
