package media_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	hlscodecs "github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/gohlslib/v2/pkg/playlist"
	"github.com/bluenviron/gortmplib"

	"github.com/subspace-live/subspace/internal/adapter/media/packager"
	"github.com/subspace-live/subspace/internal/domain/live"
)

// section is a run of segments with one init, as a player would join them.
type section struct{ head, body []byte }

// download fetches all that is listed, the parts of the open segment too.
func (s *studio) download(address string) []section {
	s.t.Helper()
	text := s.get(beside(address, packager.ListName), "").body
	var m playlist.Media
	s.must(m.Unmarshal([]byte(text)))
	var out []section
	fetch := func(name string) []byte {
		a := s.get(beside(address, name), "")
		if a.status != 200 {
			s.t.Fatalf("%s: %d", name, a.status)
		}
		return []byte(a.body)
	}
	gap := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#EXT-X-MAP:"):
			out = append(out, section{head: fetch(strings.Split(line, `"`)[1])})
		case line == "#EXT-X-GAP":
			gap = true
		case line != "" && line[0] != '#' && gap:
			gap = false
		case line != "" && line[0] != '#':
			out[len(out)-1].body = append(out[len(out)-1].body, fetch(line)...)
		}
	}
	for _, p := range m.Parts {
		out[len(out)-1].body = append(out[len(out)-1].body, fetch(p.URI)...)
	}
	return out
}

// films are the fixtures, and what a player is told of them.
func films(t *testing.T) map[string]struct {
	*film
	codecs, size string
} {
	avc, hevc, av1 := readFilm(t, "h264.mp4"), readFilm(t, "hevc.mp4"), readFilm(t, "av1.mp4")
	type row = struct {
		*film
		codecs, size string
	}
	return map[string]row{
		"H.264 with B-frames and AAC at 44.1 kHz": {avc, "avc1.64000c,mp4a.40.2", "192x108"},
		"H.264 alone":                          {avc.muted(), "avc1.64000c", "192x108"},
		"AAC alone":                            {avc.blind(), "mp4a.40.2", ""},
		"HEVC with B-frames and AAC at 48 kHz": {hevc, "hvc1.1.6.L30.90,mp4a.40.2", "192x108"},
		"AV1 and Opus":                         {av1, "av01.0.00M.08,opus", "192x108"},
		"Opus alone":                           {av1.blind(), "opus", ""},
	}
}

// Whatever an encoder sends comes out byte for byte, at its times.
func TestEveryCodecComesOutAsItWent(t *testing.T) {
	for name, c := range films(t) {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t)
			place, key := s.channel("ines")
			cam := s.camera(key, c.film)
			for round := range time.Duration(3) {
				cam.roll(round * filmLength)
			}
			s.awaitState(place, live.Live)
			address := s.url("", place)
			first := s.get(address, "").body
			if !strings.Contains(first, `CODECS="`+c.codecs+`"`) || c.size != "" && !strings.Contains(first, ",RESOLUTION="+c.size+",FRAME-RATE=2") {
				t.Errorf("main playlist\n%s", first)
			}
			s.eventually("ten seconds are listed", func() bool { return s.seconds(address) > 10 })
			got := s.download(address)
			if len(got) != 1 {
				t.Fatalf("%d sections", len(got))
			}
			f := readMP4(t, got[0].head, got[0].body)
			s.same("pictures", f.pictures, c.pictures, 2*time.Millisecond)
			s.same("sounds", f.sounds, c.sounds, 41*time.Millisecond)
			s.probe(got[0], f)
		})
	}
}

// seconds is how much is listed.
func (s *studio) seconds(address string) float64 {
	var m playlist.Media
	a := s.get(beside(address, packager.ListName), "")
	if a.status != 200 || m.Unmarshal([]byte(a.body)) != nil {
		return 0
	}
	sum := time.Duration(0)
	for _, g := range m.Segments {
		if !g.Gap {
			sum += g.Duration
		}
	}
	for _, p := range m.Parts {
		sum += p.Duration
	}
	return sum.Seconds()
}

// same compares what came out with a stretch of the endless repetition of what
// went in. slack is what millisecond times and their smoothing may change.
func (s *studio) same(what string, got, sent []shot, slack time.Duration) {
	s.t.Helper()
	if len(sent) == 0 && len(got) == 0 {
		return
	}
	if len(got) < len(sent)*2 {
		s.t.Fatalf("only %d %s came out", len(got), what)
	}
	start := -1
	for i := range min(4, len(sent)) { // the first sounds may come before the first picture
		if bytes.Equal(bytes.Join(got[0].units, nil), bytes.Join(sent[i].units, nil)) {
			start = i
			break
		}
	}
	if start < 0 {
		s.t.Fatalf("the first of the %s is none of those sent first", what)
	}
	var kept []shot
	for _, x := range sent {
		if x.dts < filmLength {
			kept = append(kept, x)
		}
	}
	for i, x := range got {
		want := kept[(start+i)%len(kept)]
		if len(x.units) != len(want.units) {
			s.t.Fatalf("%s: %d has %d units, %d were sent", what, i, len(x.units), len(want.units))
		}
		for j, u := range x.units {
			if !bytes.Equal(u, want.units[j]) {
				s.t.Fatalf("%s: %d is another", what, i)
			}
		}
		round := time.Duration((start+i)/len(kept)) * filmLength
		off := x.dts - got[0].dts - (round + want.dts - kept[start].dts)
		if off > slack || off < -slack {
			s.t.Fatalf("%s: %d lies %v off", what, i, off)
		}
		if off := (x.pts - x.dts) - (want.pts - want.dts); off > 2*time.Millisecond || off < -2*time.Millisecond {
			s.t.Fatalf("%s: %d is shown %v off", what, i, off)
		}
	}
}

// probe has FFmpeg's reader count what we count, without a complaint.
func (s *studio) probe(got section, f *film) {
	s.t.Helper()
	program, err := exec.LookPath("ffprobe")
	if err != nil {
		return // our own reader has looked
	}
	file := filepath.Join(s.t.TempDir(), "section.mp4")
	s.must(os.WriteFile(file, append(bytes.Clone(got.head), got.body...), 0o600))
	cmd := exec.CommandContext(s.t.Context(), program, "-v", "warning", "-count_frames", "-show_entries", "stream=codec_type,nb_read_frames", "-of", "json", file)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		s.t.Errorf("ffprobe: %v %s", err, complaints.String())
	}
	var found struct {
		Streams []struct {
			Kind   string `json:"codec_type"`
			Frames string `json:"nb_read_frames"`
		}
	}
	s.must(json.Unmarshal(out.Bytes(), &found))
	for _, stream := range found.Streams {
		want := len(f.pictures)
		if stream.Kind == "audio" {
			want = len(f.sounds)
		}
		if stream.Frames != fmt.Sprint(want) {
			s.t.Errorf("ffprobe decodes %s of %d frames of %s", stream.Frames, want, stream.Kind)
		}
	}
}

// Another reader of LL-HLS than the browser plays each codec, live.
func TestGohlslibPlaysEveryCodec(t *testing.T) {
	for _, name := range []string{"h264.mp4", "hevc.mp4", "av1.mp4"} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t)
			place, key := s.channel("ines")
			f := readFilm(t, name)
			cam := s.camera(key, f)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { defer close(done); cam.live(ctx, time.Hour) }()
			t.Cleanup(func() { cancel(); <-done })
			s.awaitState(place, live.Live)
			w := s.watchAnything(beside(s.url("", place), packager.ListName))
			s.eventually("three seconds are watched", func() bool { p, a := w.counts(); return p >= 75 && a >= 100 })
			w.mu.Lock()
			defer w.mu.Unlock()
			var pictures, sounds [][]byte
			for _, x := range f.pictures {
				pictures = append(pictures, bytes.Join(x.units, nil))
			}
			for _, x := range f.sounds {
				if x.dts < filmLength {
					sounds = append(sounds, x.units[0])
				}
			}
			if !inOrder(w.pictures, pictures) || !inOrder(w.sounds, sounds) {
				t.Error("what is played is not what was sent")
			}
		})
	}
}

// watchAnything plays a media playlist of any codec with gohlslib's client.
func (s *studio) watchAnything(address string) *watched {
	w := &watched{lastPTS: -1}
	quiet := func(string) {}
	c := &gohlslib.Client{
		URI: address, OnDownloadPrimaryPlaylist: quiet, OnDownloadStreamPlaylist: quiet, OnDownloadSegment: quiet, OnDownloadPart: quiet,
		OnDecodeError: func(err error) { s.t.Error(err) },
	}
	picture := func(_, _ int64, units [][]byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.pictures = append(w.pictures, bytes.Join(units, nil))
	}
	sound := func(_ int64, units [][]byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sounds = append(w.sounds, units...)
	}
	c.OnTracks = func(tracks []*gohlslib.Track) error {
		for _, track := range tracks {
			switch track.Codec.(type) {
			case *hlscodecs.H264, *hlscodecs.H265:
				c.OnDataH26x(track, picture)
			case *hlscodecs.AV1:
				c.OnDataAV1(track, func(pts int64, units [][]byte) { picture(pts, pts, units) })
			case *hlscodecs.MPEG4Audio:
				c.OnDataMPEG4Audio(track, sound)
			case *hlscodecs.Opus:
				c.OnDataOpus(track, sound)
			}
		}
		return nil
	}
	s.must(c.Start())
	s.t.Cleanup(func() { c.Close(); _ = c.Wait2() })
	return w
}

// An encoder that has sent for 49 days begins its times again.
func TestTimesThatBeginAgainAreNotSeen(t *testing.T) {
	s := newStudio(t)
	place, key := s.channel("ines")
	f := readFilm(t, "h264.mp4")
	cam := s.camera(key, f)
	const around = time.Millisecond << 32
	for round := range time.Duration(3) {
		cam.roll(around - 5970*time.Millisecond + round*filmLength) // the sound begins again first
	}
	s.awaitState(place, live.Live)
	address := s.url("", place)
	s.eventually("ten seconds are listed", func() bool { return s.seconds(address) > 10 })
	got := s.download(address)
	if len(got) != 1 {
		t.Fatalf("%d sections", len(got))
	}
	all := readMP4(t, got[0].head, got[0].body)
	s.same("pictures", all.pictures, f.pictures, 2*time.Millisecond)
	s.same("sounds", all.sounds, f.sounds, 41*time.Millisecond)
}

// A creator changes the size of the picture without leaving: the encoder announces
// new parameters on the same connection.
func TestAnotherSizeOnTheSameConnection(t *testing.T) {
	for name, first := range map[string]string{"H.264": "h264.mp4", "HEVC": "hevc.mp4"} {
		t.Run(name, func(t *testing.T) {
			s := newStudio(t)
			place, key := s.channel("ines")
			f := readFilm(t, first).muted()
			cam := s.camera(key, f)
			cam.roll(0)
			other := readFilm(t, strings.Replace(first, ".", "-tall.", 1)).muted()
			cam.load(other)
			cam.roll(filmLength)
			s.awaitState(place, live.Live)
			address := s.url("", place)
			s.eventually("seven seconds are listed", func() bool { return s.seconds(address) > 7 })
			got := s.download(address)
			if len(got) != 2 {
				t.Fatalf("%d sections", len(got))
			}
			a, b := readMP4(t, got[0].head, got[0].body), readMP4(t, got[1].head, got[1].body)
			if len(a.pictures) != 100 || len(b.pictures) < 80 || b.pictures[0].dts <= a.pictures[99].dts {
				t.Errorf("%d and %d pictures", len(a.pictures), len(b.pictures))
			}
			if h := s.hub.Health(place); h.Width != 108 || h.Height != 192 {
				t.Errorf("the creator reads of %dx%d", h.Width, h.Height)
			}
			s.eventually("players are told of the other size", func() bool {
				return strings.Contains(s.get(address, "").body, "RESOLUTION=108x192")
			})
			s.probe(got[1], b)
		})
	}
}

// RTMPS is RTMP inside TLS; a certificate that the encoder does not trust ends it
// on its side.
func TestEncodersSendByTLS(t *testing.T) {
	certificate, roots := selfSigned(t)
	s := newStudio(t, func(s *studio) {
		if err := s.rtmp.ListenSecure("127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}}); err != nil {
			t.Fatal(err)
		}
	})
	place, key := s.channel("ines")
	client := func(c *tls.Config) *gortmplib.Client {
		return &gortmplib.Client{
			URL:     &url.URL{Scheme: "rtmps", Host: s.rtmp.SecureAddr().String(), Path: "/live", Fragment: key.Reveal()},
			Publish: true, TLSConfig: c,
		}
	}
	if err := client(&tls.Config{MinVersion: tls.VersionTLS12, ServerName: "127.0.0.1"}).Initialize(t.Context()); err == nil {
		t.Error("a stranger's certificate was taken")
	}
	cam := s.cameraAt(key, readFilm(t, "h264.mp4"), client(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: "127.0.0.1"}))
	cam.roll(0)
	b := s.awaitState(place, live.Live)
	s.eventually("it plays", func() bool { return s.get(s.url("", place), "").status == 200 })
	plain := s.camera(key, readFilm(t, "h264.mp4")) // the newest wins, whichever way it came
	plain.roll(0)
	s.eventually("the other way takes over", func() bool {
		again, open := s.current(place)
		return open && again.ID == b.ID && again.Take == 2
	})
}

// selfSigned is a certificate for this machine, and whoever trusts it.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.TLS.Certificates[0], roots
}
