package media

import (
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
)

func TestMeterMeasuresByTheEncodersClock(t *testing.T) {
	m := meter{format: Format{Video: &codecs.H264{}}}
	key, other := append([]byte{0x65}, make([]byte, 9999)...), append([]byte{0x41}, make([]byte, 999)...)
	for i := range 300 { // ten seconds at 30 a second, a keyframe every two
		at := time.Hour + time.Duration(i)*time.Second/30
		unit := other
		if i%60 == 0 {
			unit = key
		}
		m.video(Frame{PTS: at, DTS: at, Units: [][]byte{unit}})
	}
	var h Health
	m.read(&h)
	// 30 pictures of 1000 bytes, every other second one of 10000 instead
	if h.KeyframeSeconds != 2 || h.BFrames || h.BitrateKbps < 240 || h.BitrateKbps > 312 {
		t.Errorf("%+v", h)
	}
	m.video(Frame{PTS: time.Hour + 11*time.Second, DTS: time.Hour + 10*time.Second, Units: [][]byte{other}})
	m.video(Frame{PTS: time.Hour + 10*time.Second + 100*time.Millisecond, DTS: time.Hour + 10*time.Second + 33*time.Millisecond, Units: [][]byte{other}})
	if m.read(&h); !h.BFrames {
		t.Error("reordered pictures were not noticed")
	}
	m.video(Frame{PTS: time.Hour + 15*time.Second, DTS: time.Hour + 15*time.Second, Units: [][]byte{other}})
	if m.read(&h); h.KeyframeSeconds != 7 {
		t.Errorf("seven seconds without a keyframe count as %v", h.KeyframeSeconds)
	}
	m.video(Frame{PTS: 2 * time.Hour, DTS: 2 * time.Hour, Units: [][]byte{other}}) // long silence
	if m.read(&h); h.BitrateKbps > 10 {
		t.Errorf("%d kbps out of the past", h.BitrateKbps)
	}
}
