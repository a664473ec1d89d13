package viewer_test

import (
	"testing"

	"github.com/subspace-live/subspace/bench/internal/viewer"
)

func TestNewestIsTheLastPartThatIsListed(t *testing.T) {
	const closed = "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:2,\na.mp4\n#EXT-X-PART:DURATION=1,URI=\"p1.mp4\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=1,URI=\"p2.mp4\"\n#EXTINF:2,\nb.mp4\n"
	const hint = "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p4.mp4\"\n"
	for want, list := range map[viewer.Position]string{
		{Part: "p2.mp4", Sequence: 9, Index: 0}: closed + hint,
		{Part: "p3.mp4", Sequence: 9, Index: 1}: closed + "#EXT-X-PART:DURATION=1,URI=\"p3.mp4\"\n" + hint,
		{}:                                      "#EXTM3U\n",
	} {
		if got := viewer.Newest([]byte(list)); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
