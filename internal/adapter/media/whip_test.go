package media_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

func TestABrowserSendsAndIsSeenWithinASecond(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	c := s.pottery()
	out := s.cast(key, c)
	b := s.awaitState(place, live.Live)
	v := s.whep(s.pass("", place))
	v.plays("picture and sound")
	v.plays("more of it")
	v.mu.Lock()
	defer v.mu.Unlock()
	var pictures [][]byte
	for _, p := range c.Pictures() {
		pictures = append(pictures, slices(p))
	}
	for _, p := range v.pictures {
		if !contains(pictures, p) {
			t.Error("a picture is none of those sent")
			break
		}
	}
	for i, sound := range v.sounds {
		if i > 0 && toneOf(sound) != toneOf(v.sounds[i-1])+1 {
			t.Errorf("sound %d follows %d", toneOf(sound), toneOf(v.sounds[i-1]))
		}
	}
	if v.first > 2*time.Second {
		t.Errorf("the first picture took %v", v.first)
	}
	t.Logf("figure: first picture by WHEP %v after the answer", v.first.Round(time.Millisecond))
	h := s.hub.Health(place)
	if !h.Publishing || h.Width != 540 || h.BFrames || !strings.HasPrefix(h.Audio, "Opus") {
		t.Errorf("health %+v", h)
	}
	if got := out.hangUp(); got.status != http.StatusOK {
		t.Errorf("goodbye: %d %s", got.status, got.body)
	}
	s.awaitState(place, live.Interrupted)
	if again, _ := s.current(place); again.ID != b.ID {
		t.Error("another broadcast began")
	}
	for _, secret := range []string{key.Reveal(), v.token} {
		if strings.Contains(s.log.String(), secret) {
			t.Error("a secret was logged")
		}
	}
}

func toneOf(b []byte) int { return int(b[1])<<8 | int(b[2]) }

func contains(all [][]byte, one []byte) bool {
	for _, a := range all {
		if string(a) == string(one) {
			return true
		}
	}
	return false
}

// offer is one that would be taken.
func (s *studio) offerText() string {
	s.t.Helper()
	_, key := s.channel("spare")
	c := s.newCast(key, true)
	offer, err := c.pc.CreateOffer(nil)
	s.must(err)
	return offer.SDP
}

func TestWhatIsNoOfferIsRefusedInWords(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	good := s.offerText()
	right := "Bearer " + key.Reveal()
	const sdp = "application/sdp"
	for name, c := range map[string]struct {
		method, token, kind, body string
		status                    int
		reason                    string
	}{
		"no token":       {"POST", "", sdp, good, 401, "token_missing"},
		"only a word":    {"POST", "Bearer", sdp, good, 401, "token_missing"},
		"another scheme": {"POST", "Basic " + key.Reveal(), sdp, good, 401, "token_missing"},
		"a wrong key":    {"POST", "Bearer live_nothing", sdp, good, 401, "stream_key_wrong"},
		"another type":   {"POST", right, "text/plain", good, 415, "content_type"},
		"no type":        {"POST", right, "", good, 415, "content_type"},
		"too large":      {"POST", right, sdp, strings.Repeat("a", 64<<10+1), 413, "request_too_large"},
		"nothing":        {"POST", right, sdp, "", 400, "offer_invalid"},
		"garbage":        {"POST", right, sdp, "v=0\r\nthis is no offer", 400, "offer_invalid"},
		"half of it":     {"POST", right, sdp, good[:len(good)/3], 400, "offer_invalid"},
		"only VP8":       {"POST", right, sdp, strings.ReplaceAll(good, "H264/90000", "VP8/90000"), 422, "codec_unsupported"},
		"only G.711":     {"POST", right, sdp, strings.ReplaceAll(good, "opus/48000", "PCMU/8000"), 422, "codec_unsupported"},
		"only watching":  {"POST", right, sdp, strings.ReplaceAll(good, "a=sendonly", "a=recvonly"), 422, "no_video"},
		"only sound":     {"POST", right, sdp, strings.ReplaceAll(good, "m=video", "m=application"), 422, "no_video"},
		"reading":        {"GET", right, "", "", 405, "method_not_allowed"},
		"changing":       {"PATCH", right, sdp, good, 405, "method_not_allowed"},
	} {
		got := s.request(c.method, "/whip", c.token, "", c.kind, c.body)
		if got.status != c.status || got.reason() != c.reason {
			t.Errorf("%s: %d %s, want %d %s", name, got.status, got.body, c.status, c.reason)
		}
		if strings.Contains(got.body, key.Reveal()) || got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v %s", name, got.header, got.body)
		}
		if challenge := got.header.Get("WWW-Authenticate"); (got.status == 401) != strings.HasPrefix(challenge, "Bearer") {
			t.Errorf("%s: challenge %q", name, challenge)
		}
	}
	if h := s.hub.Health(place); h.LastError == "" || h.Publishing {
		t.Errorf("the creator is not told of the encoder's trouble: %+v", h)
	}
	got := s.request(http.MethodOptions, "/whip", "", "", "", "")
	if got.status != 204 || got.header.Get("Accept-Post") != sdp || !strings.Contains(got.header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("options: %d %v", got.status, got.header)
	}
}

func TestTheBareKeyIsTaken(t *testing.T) {
	s := newStudio(t)
	_, key := s.channel("ines")
	good := s.offerText()
	if got := s.request("POST", "/whip", key.Reveal(), "", "application/sdp; charset=utf-8", good); got.status != 201 || !strings.HasPrefix(got.header.Get("Location"), "/whip/") || got.header.Get("Content-Type") != "application/sdp" {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
}

func TestAnAddressThatAsksTooOftenIsTold(t *testing.T) {
	s := newStudio(t)
	s.pace.refusal.Store(fault.New(fault.Limited, "too_many_attempts", "Too many.").After(1500 * time.Millisecond))
	got := s.request("POST", "/whip", "Bearer x", "", "application/sdp", "x")
	if got.status != 429 || got.header.Get("Retry-After") != "2" || got.reason() != "too_many_attempts" {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
}

func TestWhatOpenedAConnectionEndsIt(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	_, other := s.channel("otto")
	out := s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	for name, c := range map[string]struct {
		method, path, token string
		status              int
		reason              string
	}{
		"nobody":      {"DELETE", out.resource, "", 401, "token_missing"},
		"another key": {"DELETE", out.resource, "Bearer " + other.Reveal(), 401, "token_wrong"},
		"elsewhere":   {"DELETE", out.resource + "x", "Bearer " + key.Reveal(), 404, "connection_missing"},
		"trickle":     {"PATCH", out.resource, "Bearer " + key.Reveal(), 405, "method_not_allowed"},
		"a look":      {"GET", out.resource, "Bearer " + key.Reveal(), 405, "method_not_allowed"},
	} {
		if got := s.request(c.method, c.path, c.token, "", "", ""); got.status != c.status || got.reason() != c.reason || got.header.Get("Allow") != "DELETE, OPTIONS" {
			t.Errorf("%s: %d %s %v", name, got.status, got.body, got.header)
		}
	}
	if b, open := s.current(place); !open || b.State != live.Live {
		t.Errorf("somebody else ended it: %v", b.State)
	}
	if got := out.hangUp(); got.status != 200 {
		t.Errorf("%d %s", got.status, got.body)
	}
	out.shut(5 * time.Second)
	s.awaitState(place, live.Interrupted)
}

func TestTheNewestEncoderWinsWhateverItSpeaks(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	first := s.cast(key, s.pottery())
	b := s.awaitState(place, live.Live)
	second := s.send(key, s.landscape()) // by RTMP
	first.shut(5 * time.Second)
	s.eventually("the second is seen", func() bool { return s.hub.Health(place).Width == 320 })
	third := s.cast(key, s.pottery())
	if err := <-second.done; err == nil {
		t.Error("the one by RTMP goes on")
	}
	s.eventually("the third is seen", func() bool { return s.hub.Health(place).Width == 540 })
	fourth := s.cast(key, s.pottery())
	third.shut(10 * time.Second)
	if again, open := s.current(place); !open || again.ID != b.ID || again.State != live.Live {
		t.Errorf("%+v", again)
	}
	fourth.hangUp()
	s.awaitState(place, live.Interrupted)
}

func TestAnEncoderThatIsNeverReachedIsCutOff(t *testing.T) {
	s := newStudio(t, func(s *studio) { s.rtc.Limits.Connect = 300 * time.Millisecond })
	place, key := s.channel("ines")
	out := s.newCast(key, true)
	offer, err := out.pc.CreateOffer(nil)
	s.must(err)
	got := s.post("/whip", key.Reveal(), "", offer.SDP) // and its answer is thrown away
	if got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	s.eventually("the creator reads why", func() bool { return s.hub.Health(place).LastReason == "rtc_unreached" })
	s.eventually("its address is gone", func() bool {
		return s.request("DELETE", got.header.Get("Location"), "Bearer "+key.Reveal(), "", "", "").status == 404
	})
}

func TestAnEncoderWithoutAPictureIsCutOff(t *testing.T) {
	s := newStudio(t, func(s *studio) { s.rtc.Limits.Silence = 700 * time.Millisecond })
	place, key := s.channel("ines")
	out := s.newCast(key, true)
	if got := out.offer("/whip", ""); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	out.shut(10 * time.Second) // it never sends anything
	s.eventually("the creator reads why", func() bool { return s.hub.Health(place).LastReason == "video_silent" })
	late := s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	late.stop() // its connection stays
	late.shut(10 * time.Second)
	s.awaitState(place, live.Interrupted)
}

func TestOwnerEndsWhatABrowserSends(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	out := s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	v := s.whep(s.pass("", place))
	v.plays("it is watched")
	s.must(s.live.End(t.Context(), ident.Account(place), place))
	v.shut(5 * time.Second)
	s.eventually("the encoder is told", func() bool { return s.hub.Health(place).LastReason == "still_sending" })
	out.hangUp()
	s.eventually("the hold is over", func() bool { return s.hub.Health(place).LastError == "" })
	s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
}

func TestRotatedKeyCutsABrowserOff(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	out := s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	_, err := s.live.RotateKey(t.Context(), ident.Account(place), place)
	s.must(err)
	out.shut(5 * time.Second)
	if got := s.post("/whip", key.Reveal(), "", s.offerText()); got.status != 401 {
		t.Errorf("the old key: %d %s", got.status, got.body)
	}
}

func TestPictureWithoutSoundIsSeen(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	out := s.newCast(key, false)
	if got := out.offer("/whip", ""); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	out.run(s.pottery())
	s.awaitState(place, live.Live)
	v := s.whep(s.pass("", place))
	s.eventually("pictures come", func() bool { p, _ := v.counts(); return p > 20 })
	if h := s.hub.Health(place); h.Audio != "" {
		t.Errorf("%+v", h)
	}
}

func TestTheServerStopsWhileOthersSendAndWatch(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	out := s.cast(key, s.pottery())
	s.awaitState(place, live.Live)
	v := s.whep(s.pass("", place))
	v.plays("it is watched")
	s.rtc.Close()
	v.shut(5 * time.Second)
	out.shut(5 * time.Second)
	got := s.post("/whip", key.Reveal(), "", s.offerText())
	if got.status != 503 || got.reason() != "stopping" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestPortInUseIsSaid(t *testing.T) {
	s := newStudio(t)
	other := s.newRTC()
	err := other.Listen(s.rtc.Addr().String(), nil, s.hub)
	if f := fault.Of(err); f == nil || f.Reason != "rtc_address_busy" || !strings.Contains(f.Detail, "--rtc-listen") {
		t.Errorf("%v", err)
	}
	if err := other.Listen("nowhere:x", nil, s.hub); !fault.Is(err, "rtc_address_invalid") {
		t.Errorf("%v", err)
	}
	if got := errors.Join(other.Release()); got != nil {
		t.Error(got)
	}
}
