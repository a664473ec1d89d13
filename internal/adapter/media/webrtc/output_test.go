package webrtc

import (
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"
	pion "github.com/pion/webrtc/v4"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/live"
)

func TestAViewerWhoseSoundIsAnotherHasToAskAgain(t *testing.T) {
	video := &codecs.H264{SPS: []byte{0x67, 0x42, 0xc0, 0x1f}, PPS: []byte{0x68}}
	mute, audible := media.Format{Video: video}, media.Format{Video: video, Audio: &codecs.Opus{ChannelCount: 2}}
	track, err := pion.NewTrackLocalStaticRTP(sound(), "audio", "c")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		format media.Format
		audio  *pion.TrackLocalStaticRTP
		joins  bool
	}{
		"the sound came meanwhile": {audible, nil, false},
		"the sound went meanwhile": {mute, track, false},
		"without sound":            {mute, nil, true},
		"with sound":               {audible, track, true},
	} {
		o := newOutput(New(Config{Now: time.Now}), live.Broadcast{})
		if err := o.Begin(c.format, 1); err != nil {
			t.Fatal(err)
		}
		v := &viewer{peer: &peer{done: make(chan struct{})}, output: o, audio: c.audio}
		if err := o.join(v); (err == nil) != c.joins || len(o.viewers) == 1 != c.joins {
			t.Errorf("%s: %v", name, err)
		}
	}
}
