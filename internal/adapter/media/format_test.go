package media

import (
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

func TestParametersInAPictureRenewAFormat(t *testing.T) {
	sound := &codecs.MPEG4Audio{Config: mpeg4audio.AudioSpecificConfig{SampleRate: 44100}}
	for name, c := range map[string]struct {
		format   Format
		same     [][]byte
		other    [][]byte
		keyframe []byte
	}{
		"H.264": {
			Format{&codecs.H264{SPS: []byte{0x67, 1}, PPS: []byte{0x68, 1}}, sound},
			[][]byte{{0x67, 1}, {0x68, 1}, {0x65, 9}},
			[][]byte{{0x67, 2}, {0x68, 1}, {0x65, 9}},
			[]byte{0x65},
		},
		"HEVC": {
			Format{&codecs.H265{VPS: []byte{0x40, 1}, SPS: []byte{0x42, 1}, PPS: []byte{0x44, 1}}, nil},
			[][]byte{{0x40, 1}, {0x42, 1}, {0x44, 1}, {0x26, 9}},
			[][]byte{{0x44, 2}, {0x26, 9}},
			[]byte{0x26},
		},
		"AV1": {
			Format{&codecs.AV1{SequenceHeader: []byte{0x08, 1}}, sound},
			[][]byte{{0x08, 1}, {0x30, 9}},
			[][]byte{{0x08, 2}, {0x30, 9}},
			[]byte{0x08},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.format.VideoName() != name {
				t.Errorf("it is called %q", c.format.VideoName())
			}
			if renewed := c.format.Renewed(c.same); renewed != c.format {
				t.Errorf("the same parameters made %+v of it", renewed)
			}
			renewed := c.format.Renewed(c.other)
			if renewed.Same(c.format) || renewed.Audio != c.format.Audio || !c.format.Same(c.format.Renewed(c.same)) {
				t.Errorf("other parameters made %+v of it", renewed)
			}
			if !c.format.Keyframe([][]byte{c.keyframe}) || c.format.Keyframe([][]byte{{0x02}}) {
				t.Error("keyframes are not told from others")
			}
		})
	}
	if f := (Format{Audio: sound}); f.VideoName() != "" || f.AudioName() != "AAC 44 kHz" || f.Keyframe(nil) {
		t.Error("sound alone has a picture")
	}
	if w, h, err := (Format{Audio: sound}).Size(); w != 0 || h != 0 || err != nil {
		t.Errorf("%dx%d %v", w, h, err)
	}
}
