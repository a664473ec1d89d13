package hls

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How long a request is held. A blocked playlist is answered with what there is
// when the encoder pauses: hls.js then asks again, while silence (it waits 1.6 s,
// 0.8 of a segment) or an error would make it give up after a few tries.
const (
	firstWait = 8 * time.Second         // for the first segment
	stallWait = 1200 * time.Millisecond // for the next part
)

const (
	mainFile     = "main.m3u8"
	playlistType = "application/vnd.apple.mpegurl"
)

// partsLimit bounds the part numbers that may be waited for.
const partsLimit = 64

// list serves the media playlist, held back until it has the part asked for.
func (o *output) list(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if sequence, part, ok := blocking(r.URL.RawQuery); ok {
		if text := o.ListWith(ctx, stallWait, sequence, part); text != nil {
			o.text(w, text)
			return
		}
	}
	o.text(w, o.List(ctx, firstWait))
}

// blocking reads a delivery directive (RFC 8216bis, 6.2.5.2): the number of a
// segment, and of a part of it or -1. Whoever asks for nonsense is not made to wait.
func blocking(query string) (sequence int64, part int, ok bool) {
	part = -1
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		var err error
		switch name {
		case "_HLS_msn":
			sequence, err = strconv.ParseInt(value, 10, 64)
			ok = err == nil && sequence >= 0
		case "_HLS_part":
			part, err = strconv.Atoi(value)
			if err != nil || part < 0 || part >= partsLimit {
				return 0, 0, false
			}
		}
	}
	return sequence, part, ok
}

func (o *output) text(w http.ResponseWriter, text []byte) {
	if text == nil {
		o.notYet(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", playlistType)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text) // a viewer who went away
}

// mediaCache lets the viewer's own browser keep what it has been given, and
// nobody between.
const mediaCache = "private, max-age=60"

// file serves what will not change any more from memory shared by all who ask for
// it; the part that is being made is held back.
func (o *output) file(w http.ResponseWriter, r *http.Request, name string) {
	f, found, late := o.Find(r.Context(), firstWait, name)
	switch {
	case late:
		o.notYet(w)
		return
	case !found:
		missing(w)
		return
	}
	size := 0
	for _, piece := range f.Pieces {
		size += len(piece)
	}
	h := w.Header()
	h.Set("Content-Type", f.Type)
	h.Set("Cache-Control", mediaCache)
	h.Set("Content-Length", strconv.Itoa(size))
	for _, piece := range f.Pieces {
		if _, err := w.Write(piece); err != nil {
			return // a viewer who went away
		}
	}
}

// notYet answers who waited in vain: the broadcast is over, or has not begun.
func (o *output) notYet(w http.ResponseWriter) {
	if o.Over() {
		offline(w)
		return
	}
	unavailable(w)
}
