package hls

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How long a request is held. A blocked playlist is answered with what there is
// when the encoder pauses: hls.js then asks again, while silence (it waits 1.6 s,
// 0.8 of a segment) or an error would make it give up after a few tries.
const (
	firstWait = 8 * time.Second         // for the first segment of a reel
	stallWait = 1200 * time.Millisecond // for the next part
)

// mainFile is the address's entry; gohlslib calls it index.m3u8.
const (
	mainFile     = "main.m3u8"
	muxerMain    = "index.m3u8"
	playlistType = "application/vnd.apple.mpegurl"
)

// partsLimit bounds the part numbers that may be waited for.
const partsLimit = 64

// serve answers one request. It reports false, without an answer, for a file
// that the reel does not have.
func (r *reel) serve(w http.ResponseWriter, req *http.Request, file string) bool {
	switch {
	case file == mainFile:
		r.playlist(w, req, muxerMain, time.Second)
	case strings.HasSuffix(file, "_stream.m3u8"):
		r.media(w, req, file)
	case strings.Contains(file, "_part"):
		return r.part(w, req, file)
	default:
		return r.complete(w, file)
	}
	return true
}

// complete serves a file that will not change any more. A reel that is closed
// still has those it had.
func (r *reel) complete(w http.ResponseWriter, file string) bool {
	answer := &passing{ResponseWriter: w}
	r.muxer.Handle(answer, request(file))
	return answer.known
}

// part serves a part from memory shared by all who ask for it, held back while
// it is being made.
func (r *reel) part(w http.ResponseWriter, req *http.Request, file string) bool {
	f := r.flights.join(file, flightLife)
	if f == nil || !f.landed(req.Context(), firstWait) {
		r.notYet(w)
		return true
	}
	if f.code != http.StatusOK {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", f.header.Get("Content-Type"))
	h.Set("Cache-Control", mediaCache)
	h.Set("Content-Length", strconv.Itoa(len(f.body)))
	_, _ = w.Write(f.body) // a viewer who went away
	return true
}

// media serves a playlist of parts, held back until it has the part asked for.
func (r *reel) media(w http.ResponseWriter, req *http.Request, file string) {
	if target, ok := r.blocking(req, file); ok {
		f := r.flights.join(target, flightLife)
		if f != nil && f.landed(req.Context(), stallWait) && f.code == http.StatusOK {
			r.text(w, f)
			return
		}
		if req.Context().Err() != nil {
			return
		}
	}
	r.playlist(w, req, file, latestLife)
}

// playlist serves a playlist as it is now.
func (r *reel) playlist(w http.ResponseWriter, req *http.Request, file string, life time.Duration) {
	f := r.flights.join(file, life)
	if f == nil || !f.landed(req.Context(), firstWait) || f.code >= http.StatusInternalServerError {
		r.notYet(w)
		return
	}
	r.text(w, f)
}

// notYet answers who waited in vain: the broadcast is over, or has not begun.
func (r *reel) notYet(w http.ResponseWriter) {
	if r.over.Load() {
		offline(w)
		return
	}
	unavailable(w)
}

// blocking translates a delivery directive into gohlslib's numbers. Numbers from
// before this reel, or beyond what can be waited for, want no waiting.
func (r *reel) blocking(req *http.Request, file string) (string, bool) {
	q := req.URL.Query()
	msn, err := strconv.ParseInt(q.Get("_HLS_msn"), 10, 64)
	if err != nil || msn < r.base {
		return "", false
	}
	target := file + "?_HLS_msn=" + strconv.FormatInt(msn-r.base, 10)
	if p := q.Get("_HLS_part"); p != "" {
		part, err := strconv.Atoi(p)
		if err != nil || part < 0 || part >= partsLimit {
			return "", false
		}
		target += "&_HLS_part=" + strconv.Itoa(part)
	}
	return target, true
}

func (r *reel) text(w http.ResponseWriter, f *flight) {
	if f.code != http.StatusOK {
		missing(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", playlistType)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(f.body)))
	_, _ = w.Write(f.body) // a viewer who went away
}

// mediaCache lets the viewer's own browser keep what it has been given, and
// nobody between.
const mediaCache = "private, max-age=60"

// passing passes an answer on with our caching, and notes whether there was one.
type passing struct {
	http.ResponseWriter
	known bool
}

// WriteHeader implements http.ResponseWriter.
func (p *passing) WriteHeader(code int) {
	p.known = true
	p.Header().Set("Cache-Control", mediaCache)
	if code != http.StatusOK {
		p.Header().Set("Cache-Control", "no-store")
	}
	p.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (p *passing) Write(b []byte) (int, error) {
	if !p.known {
		p.WriteHeader(http.StatusOK)
	}
	return p.ResponseWriter.Write(b)
}

const (
	sequenceTag = "#EXT-X-MEDIA-SEQUENCE:"
	skipControl = ",CAN-SKIP-UNTIL="
)

// renumber moves a media playlist's numbers behind those of earlier reels and
// says that the pictures do not continue theirs. Delta updates are not offered:
// a player that skips what it never had cannot cross a change of reels. Other
// files pass as they are.
func (r *reel) renumber(text []byte) []byte {
	head, rest, found := bytes.Cut(text, []byte(sequenceTag))
	number, rest, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.ParseInt(string(number), 10, 64)
	if !found || err != nil || !bytes.HasPrefix(text, []byte("#EXTM3U")) {
		return text
	}
	if before, after, ok := bytes.Cut(head, []byte(skipControl)); ok {
		head = append(before[:len(before):len(before)], after[max(0, bytes.IndexByte(after, '\n')):]...)
	}
	var out bytes.Buffer
	out.Grow(len(text) + 64)
	out.Write(head)
	out.WriteString(sequenceTag + strconv.FormatInt(n+r.base, 10) + "\n")
	if r.cut > 0 {
		out.WriteString("#EXT-X-DISCONTINUITY-SEQUENCE:" + strconv.FormatInt(r.cut, 10) + "\n")
	}
	out.Write(rest)
	return out.Bytes()
}
