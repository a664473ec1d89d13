package media_test

import (
	"bytes"
	"context"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"github.com/subspace-live/subspace/internal/adapter/media/packager"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// watched is what a player has got.
type watched struct {
	mu            sync.Mutex
	width, height int
	pictures      [][]byte // the slices of each, parameters left out
	sounds        [][]byte
	lastPTS       int64
	backwards     bool
}

func (w *watched) counts() (pictures, sounds int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.pictures), len(w.sounds)
}

// watch plays the address with gohlslib's client until the test ends.
func (s *studio) watch(url string) *watched {
	w := &watched{lastPTS: -1}
	c := &gohlslib.Client{
		URI:                       url,
		OnDownloadPrimaryPlaylist: func(string) {},
		OnDownloadStreamPlaylist:  func(string) {},
		OnDownloadSegment:         func(string) {},
		OnDownloadPart:            func(string) {},
		OnDecodeError:             func(err error) { s.t.Error(err) },
	}
	c.OnTracks = func(tracks []*gohlslib.Track) error {
		for _, track := range tracks {
			switch codec := track.Codec.(type) {
			case *codecs.H264:
				var sps h264.SPS
				if err := sps.Unmarshal(codec.SPS); err != nil {
					return err
				}
				w.mu.Lock()
				w.width, w.height = sps.Width(), sps.Height()
				w.mu.Unlock()
				c.OnDataH26x(track, w.picture)
			case *codecs.MPEG4Audio:
				c.OnDataMPEG4Audio(track, w.sound)
			}
		}
		return nil
	}
	s.must(c.Start())
	s.t.Cleanup(func() { c.Close(); _ = c.Wait2() })
	return w
}

func (w *watched) picture(pts, _ int64, au [][]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.backwards = w.backwards || pts <= w.lastPTS
	w.lastPTS = pts
	w.pictures = append(w.pictures, slices(au))
}

func (w *watched) sound(_ int64, aus [][]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sounds = append(w.sounds, aus...)
}

// slices joins the NAL units of a picture that hold pictures.
func slices(au [][]byte) []byte {
	var out []byte
	for _, u := range au {
		if t := h264.NALUType(u[0] & 0x1f); t == h264.NALUTypeIDR || t == h264.NALUTypeNonIDR {
			out = append(out, u...)
		}
	}
	return out
}

// inOrder reports whether got is a stretch of the endless repetition of want.
func inOrder(got, want [][]byte) bool {
	for start := range want {
		if !bytes.Equal(got[0], want[start]) {
			continue
		}
		ok := true
		for i := range got {
			ok = ok && bytes.Equal(got[i], want[(start+i)%len(want)])
		}
		if ok {
			return true
		}
	}
	return false
}

func TestEveryFrameArrivesUntouched(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	c := s.pottery()
	s.send(key, c)
	s.awaitState(place, live.Live)
	w := s.watch(s.url("", place))
	s.eventually("four seconds have been watched", func() bool {
		p, a := w.counts()
		return p >= 120 && a >= 180
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	var pictures [][]byte
	for _, p := range c.Pictures() {
		pictures = append(pictures, slices(p))
	}
	if !inOrder(w.pictures, pictures) {
		t.Error("the pictures watched are not those sent")
	}
	if !inOrder(w.sounds, c.Sounds()) {
		t.Error("the sound heard is not that sent")
	}
	if w.width != 540 || w.height != 960 || w.backwards {
		t.Errorf("%dx%d, backwards %v", w.width, w.height, w.backwards)
	}
	h := s.hub.Health(place)
	if !h.Publishing || h.Video != "H.264" || h.Audio != "AAC 48 kHz" || h.Width != 540 || h.Height != 960 ||
		h.KeyframeSeconds != 2 || h.BFrames || h.LastError != "" || h.BitrateKbps < 200 || h.BitrateKbps > 700 {
		t.Errorf("health %+v", h)
	}
}

func TestFFmpegDecodesWithoutComplaint(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed; TestEveryFrameArrivesUntouched compares the bytes")
	}
	s := newStudio(t)
	place, key := s.channel("ines")
	s.send(key, s.landscape())
	s.awaitState(place, live.Live)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, ffmpeg, "-nostdin", "-v", "warning", "-live_start_index", "-1", "-i", s.url("", place), "-t", "4", "-f", "null", "-").CombinedOutput()
	if complaints := regexp.MustCompile(`(?m)^.*(error|invalid|corrupt|non.?monoton|missing).*$`).Find(bytes.ToLower(out)); err != nil || complaints != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestTwoChannelsDoNotCross(t *testing.T) {
	s := newStudio(t)
	tall, tallKey := s.channel("tall")
	wide, wideKey := s.channel("wide")
	potter, card := s.pottery(), s.landscape()
	s.send(tallKey, potter)
	s.send(wideKey, card)
	s.awaitState(tall, live.Live)
	s.awaitState(wide, live.Live)
	a, b := s.watch(s.url("", tall)), s.watch(s.url("", wide))
	s.eventually("both have been watched", func() bool {
		pa, sa := a.counts()
		pb, sb := b.counts()
		return pa >= 60 && pb >= 60 && sa >= 60 && sb >= 60
	})
	for name, w := range map[string]struct {
		got        *watched
		width      int
		own, else_ [][]byte
	}{"tall": {a, 540, potter.Sounds(), card.Sounds()}, "wide": {b, 320, card.Sounds(), potter.Sounds()}} {
		w.got.mu.Lock()
		if w.got.width != w.width {
			t.Errorf("%s is %d wide", name, w.got.width)
		}
		if !inOrder(w.got.sounds, w.own) || inOrder(w.got.sounds, w.else_) {
			t.Errorf("%s sounds like the other", name)
		}
		w.got.mu.Unlock()
	}
	if s.hub.Health(tall).Width != 540 || s.hub.Health(wide).Width != 320 {
		t.Error("health crossed over")
	}
	crossed := strings.Replace(s.url("", tall), "/tall/", "/wide/", 1)
	if got := s.get(crossed, ""); got.status != 403 || got.reason() != "playback_invalid" {
		t.Errorf("tall's token at wide's door: %d %s", got.status, got.body)
	}
}

// sequence returns the highest media sequence number of the media playlist.
func (s *studio) sequence(url string) int {
	s.t.Helper()
	a := s.get(beside(url, packager.ListName), "")
	if a.status != 200 {
		return -1
	}
	first := regexp.MustCompile(`#EXT-X-MEDIA-SEQUENCE:(\d+)`).FindStringSubmatch(a.body)
	if first == nil {
		s.t.Fatalf("no sequence in %s", a.body)
	}
	n, err := strconv.Atoi(first[1])
	s.must(err)
	return n + strings.Count(a.body, "#EXTINF")
}

// goesOn waits until the address has two segments more than it has now.
func (s *studio) goesOn(url string) {
	s.t.Helper()
	var from int
	s.eventually("the playlist answers", func() bool { from = s.sequence(url); return from > 0 })
	s.eventually("the playlist goes on", func() bool { return s.sequence(url) >= from+2 })
}

func TestASecondEncoderDisplacesTheFirst(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	first := s.send(key, s.pottery())
	b := s.awaitState(place, live.Live)
	url := s.url("", place)
	s.goesOn(url)
	s.send(key, s.pottery())
	if err := <-first.done; err == nil {
		t.Error("the first encoder was not told")
	}
	again, open := s.current(place)
	if !open || again.ID != b.ID || again.Take != 2 || again.State != live.Live {
		t.Errorf("broadcast %+v", again)
	}
	s.goesOn(url)
	if h := s.hub.Health(place); !h.Publishing || h.LastError != "" {
		t.Errorf("health %+v", h)
	}
}

func TestAReturningEncoderKeepsTheBroadcastForThirtySeconds(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	e := s.send(key, s.pottery())
	b := s.awaitState(place, live.Live)
	url := s.url("", place)
	w := s.watch(url)
	s.goesOn(url)
	s.must(e.stop())
	s.awaitState(place, live.Interrupted)
	s.clock.forward(live.Grace - 5*time.Second)
	before, _ := w.counts()
	e = s.send(key, s.pottery())
	if again := s.awaitState(place, live.Live); again.ID != b.ID {
		t.Fatal("another broadcast began")
	}
	s.goesOn(url)
	s.eventually("the player goes on by itself", func() bool { after, _ := w.counts(); return after > before+60 })
	w.mu.Lock()
	if w.backwards {
		t.Error("time ran backwards for the player")
	}
	w.mu.Unlock()

	s.must(e.stop())
	s.awaitState(place, live.Interrupted)
	s.clock.forward(live.Grace + time.Second)
	s.awaitState(place, live.Ended)
	s.eventually("the old address is shut", func() bool { return s.get(url, "").reason() == "offline" })
	s.send(key, s.pottery())
	if again := s.awaitState(place, live.Live); again.ID == b.ID {
		t.Error("the ended broadcast went on")
	}
	if got := s.get(url, ""); got.status != 403 || got.reason() != "playback_expired" {
		t.Errorf("old address: %d %s", got.status, got.body)
	}
}

func TestAnotherPictureSizeGoesOnUnderTheSameAddress(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	e := s.send(key, s.pottery())
	s.awaitState(place, live.Live)
	url := s.url("", place)
	s.goesOn(url)
	before := s.sequence(url)
	old := regexp.MustCompile(`\S+_seg\d+\.mp4`).FindString(s.get(beside(url, packager.ListName), "").body)
	s.must(e.stop())
	s.awaitState(place, live.Interrupted)
	s.send(key, s.landscape())
	s.awaitState(place, live.Live)
	s.eventually("the numbers lie behind the old ones", func() bool { return s.sequence(url) > before })
	a := s.get(beside(url, packager.ListName), "")
	if strings.Count(a.body, "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:") != 1 || strings.Contains(a.body, "CAN-SKIP-UNTIL") {
		t.Errorf("playlist %s", a.body)
	}
	if got := s.get(beside(url, old), ""); got.status != 200 || len(got.body) == 0 {
		t.Errorf("a segment that players still ask for: %d", got.status)
	}
	if w := s.watch(url); w != nil {
		s.eventually("the new size is seen", func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.width == 320 && len(w.pictures) > 10
		})
	}
}

func TestTheOwnersEndHoldsTheEncoderBack(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	e := s.send(key, s.pottery())
	first := s.awaitState(place, live.Live)
	url := s.url("", place)
	s.goesOn(url)
	s.must(s.live.End(t.Context(), ident.Account(place), place))
	s.must(s.hub.Check(t.Context()))
	if got := s.get(url, ""); got.reason() != "offline" {
		t.Errorf("after the end: %d %s", got.status, got.body)
	}
	if h := s.hub.Health(place); h.Publishing || !strings.Contains(h.LastError, "still sending") || h.LastReason != "still_sending" {
		t.Errorf("health %+v", h)
	}
	second := s.send(key, s.pottery()) // as an encoder that reconnects by itself
	<-e.done
	s.eventually("the second is held too", func() bool { return strings.Count(s.log.String(), "an encoder is sending") == 2 })
	if _, open := s.current(place); open {
		t.Error("a broadcast began that nobody asked for")
	}
	s.must(second.stop()) // says goodbye
	s.eventually("the hold is over", func() bool { return s.hub.Health(place).LastError == "" })
	s.send(key, s.pottery())
	if again := s.awaitState(place, live.Live); again.ID == first.ID {
		t.Error("the ended broadcast went on")
	}
}

func TestARotatedKeyCutsItsEncoderOff(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	e := s.send(key, s.pottery())
	b := s.awaitState(place, live.Live)
	in, err := s.live.RotateKey(t.Context(), ident.Account(place), place)
	s.must(err)
	if err := <-e.done; err == nil {
		t.Error("the encoder with the old key went on")
	}
	s.awaitState(place, live.Interrupted)
	s.send(in.Key, s.pottery())
	if again := s.awaitState(place, live.Live); again.ID != b.ID {
		t.Error("another broadcast began")
	}
}
