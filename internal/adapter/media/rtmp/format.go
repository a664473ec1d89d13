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

// tracks are those that players are given; one of them may be nil.
type tracks struct {
	video, audio *gortmplib.Track
	format       media.Format
}

// readTracks takes what the encoder announced, or refuses it with a sentence.
// header is AV1's, where one was seen.
func readTracks(all []*gortmplib.Track, header []byte) (tracks, error) {
	var t tracks
	for _, track := range all {
		codec := known(track.Codec, header)
		switch {
		case codec == nil:
			return t, errUnsupported(codecName(track.Codec))
		case codec.IsVideo() && t.video != nil:
			return t, errUnsupported("several pictures at once")
		case codec.IsVideo():
			t.video, t.format.Video = track, codec
		case t.audio != nil:
			return t, errUnsupported("several sound tracks at once")
		default:
			t.audio, t.format.Audio = track, codec
		}
	}
	if t.video == nil && t.audio == nil {
		return t, fault.New(fault.Invalid, "no_video", "The encoder sends neither picture nor sound.")
	}
	if _, _, err := t.format.Size(); err != nil {
		return t, errUnsupported(t.format.VideoName() + " whose parameters cannot be read").Because(err)
	}
	return t, nil
}

// known returns a codec as boxes of MP4 hold it; nil for one that they do not, or
// that not every browser plays.
func known(c codecs.Codec, header []byte) mp4.Codec {
	switch c := c.(type) {
	case *codecs.H264:
		return &mp4.H264{SPS: c.SPS, PPS: c.PPS}
	case *codecs.H265:
		return &mp4.H265{VPS: c.VPS, SPS: c.SPS, PPS: c.PPS}
	case *codecs.AV1:
		return &mp4.AV1{SequenceHeader: header}
	case *codecs.MPEG4Audio:
		if c.Config != nil {
			return &mp4.MPEG4Audio{Config: *c.Config}
		}
	case *codecs.Opus:
		if c.IDHeader != nil {
			return &mp4.Opus{ChannelCount: int(c.IDHeader.ChannelCount)}
		}
	}
	return nil
}

func errUnsupported(what string) *fault.Fault {
	return fault.New(fault.Invalid, "codec_unsupported",
		"The encoder sends %s, which not every player can show. Set it to H.264 video and AAC audio.", what)
}

func codecName(c codecs.Codec) string {
	switch c.(type) {
	case *codecs.VP9:
		return "VP9 video"
	case *codecs.MPEG1Audio:
		return "MP3 audio"
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
