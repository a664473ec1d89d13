package media_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media/hls"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// playerPage plays an address with hls.js as the watch page does and reports
// what it sees four times a second.
const playerPage = `<!doctype html><meta charset=utf-8><body><video id=v muted autoplay playsinline></video>
<script src="/hls.js"></script><script>
const v = document.getElementById('v'), fatal = [], errors = [];
const h = new Hls({lowLatencyMode: true, maxLiveSyncPlaybackRate: 1.5});
h.on(Hls.Events.ERROR, (_, d) => (d.fatal ? fatal : errors).push(d.details + ' ' + ((d.response && d.response.code) || '')));
h.loadSource(new URLSearchParams(location.search).get('u'));
h.attachMedia(v);
setInterval(() => fetch('/report', {method: 'POST', body: JSON.stringify({
  frames: v.getVideoPlaybackQuality().totalVideoFrames, time: v.currentTime, width: v.videoWidth,
  audio: v.webkitAudioDecodedByteCount, latency: h.latency, fatal, errors})}), 250);
</script>`

// seen is one report of the page.
type seen struct {
	Frames, Width, Audio int
	Time, Latency        float64
	Fatal, Errors        []string
}

type browser struct {
	s    *studio
	mu   sync.Mutex
	last seen
}

func (b *browser) now() seen {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

func (b *browser) report(_ http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := json.NewDecoder(r.Body).Decode(&b.last); err != nil {
		b.s.t.Error(err)
	}
}

// open plays the address in Chromium, or skips the test where there is none.
func (s *studio) open(address string) *browser {
	s.t.Helper()
	program := os.Getenv("CHROMIUM")
	if program == "" {
		program = "chromium"
	}
	program, err := exec.LookPath(program)
	if err != nil {
		s.t.Skip("Chromium is not installed")
	}
	script, err := filepath.Abs("../../../web/node_modules/hls.js/dist/hls.min.js")
	s.must(err)
	if _, err := os.Stat(script); err != nil {
		s.t.Skip("hls.js is not installed: run npm ci in web/")
	}
	b := &browser{s: s}
	mux := http.NewServeMux()
	mux.Handle(hls.Pattern, s.door)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(playerPage)) // the browser may be gone
	})
	mux.HandleFunc("GET /hls.js", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, script) })
	mux.HandleFunc("POST /report", b.report)
	web := httptest.NewServer(mux)
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	cmd := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
		"--autoplay-policy=no-user-gesture-required", "--user-data-dir="+profile(s.t), web.URL+"/?u="+address)
	cmd.WaitDelay = 5 * time.Second
	s.must(cmd.Start())
	s.t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed by us
		web.CloseClientConnections()
		web.Close()
	})
	return b
}

// profile is a folder for Chromium alone. Its helpers may still write into it
// when it has been told to end, so that what is left is no failure.
func profile(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "subspace-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) }) //nolint:errcheck // as said
	return dir
}

// browserPatience is longer than the studio's own: on a busy machine a cold
// Chromium takes half a minute until its first frame.
const browserPatience = time.Minute

// plays waits until the page has shown this many frames more than at the call.
func (b *browser) plays(what string, frames int) {
	b.s.t.Helper()
	from := b.now().Frames
	b.s.within(browserPatience, what, func() bool {
		if now := b.now(); len(now.Fatal) > 0 {
			b.s.t.Fatalf("%s: hls.js gave up: %+v", what, now)
		}
		return b.now().Frames >= from+frames
	})
}

// A viewer's player goes on by itself when the encoder returns: with the same
// settings, late in the grace, and with another picture size.
func TestTheBrowserRecoversWithoutReloading(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	s := newStudio(t)
	place, key := s.channel("ines")
	e := s.send(key, s.pottery())
	b := s.awaitState(place, live.Live)
	page := s.open(s.url("", place)[len(s.web.URL):])
	page.plays("the first take", 60)

	s.must(e.stop())
	s.awaitState(place, live.Interrupted)
	pause := time.NewTimer(15 * time.Second) // long enough for every retry of hls.js to fail
	defer pause.Stop()
	<-pause.C
	e = s.send(key, s.pottery())
	page.plays("the same encoder is back", 90)

	s.must(e.stop())
	s.awaitState(place, live.Interrupted)
	s.send(key, s.landscape())
	s.within(browserPatience, "the other size is seen", func() bool { return page.now().Width == 320 })
	page.plays("the other size", 60)
	if again := s.awaitState(place, live.Live); again.ID != b.ID || again.Take != 3 {
		t.Errorf("broadcast %v take %d", again.ID, again.Take)
	}
	got := page.now()
	t.Logf("%+v", got)
	if len(got.Fatal) > 0 || got.Audio == 0 {
		t.Errorf("%+v", got)
	}
}
