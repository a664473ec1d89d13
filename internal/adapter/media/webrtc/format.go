package webrtc

import (
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// channels is how many a decoder is told to make of Opus; each packet says by
// itself how many it holds, and that may change.
const channels = 2

// formatOf is what an encoder sends.
func formatOf(p parameterSet, sounds bool) (media.Format, error) {
	var sps h264.SPS
	if err := sps.Unmarshal(p.sps); err != nil {
		return media.Format{}, fault.New(fault.Invalid, "codec_unsupported",
			"The encoder sends H.264 whose parameters cannot be read. Use H.264 video and Opus audio.").Because(err)
	}
	f := media.Format{Video: &codecs.H264{SPS: p.sps, PPS: p.pps}}
	if sounds {
		f.Audio = &codecs.Opus{ChannelCount: channels}
	}
	return f, nil
}

// playable says whether WebRTC carries a format: an empty word, or why not; the
// profile of its picture; and whether it has sound.
func playable(f media.Format) (why, profile string, sounds bool) {
	if f.Video == nil {
		return reasonNoVideo, "", false
	}
	video, ok := f.Video.(*codecs.H264)
	if !ok {
		return reasonCodec, "", false
	}
	switch f.Audio.(type) {
	case nil:
		return "", profileOf(video.SPS), false
	case *codecs.Opus:
		return "", profileOf(video.SPS), true
	}
	return reasonAAC, "", false
}

func parameters(f media.Format) (sps, pps []byte) {
	if video, ok := f.Video.(*codecs.H264); ok {
		return video.SPS, video.PPS
	}
	return nil, nil
}
