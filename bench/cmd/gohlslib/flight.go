package main

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// flights asks the muxer each question once, however many ask it, and keeps the
// answer for those who come a little later. Subspace stood behind the same before
// it had a muxer of its own.
type flights struct {
	ask  http.HandlerFunc
	mu   sync.Mutex
	open map[string]*flight
}

// flight is one question on its way, then its answer.
type flight struct {
	done   chan struct{}
	header http.Header
	code   int
	body   bytes.Buffer
	dies   time.Time // zero while under way
}

// life is how long an answer is kept.
const life = 3 * time.Second

func newFlights(ask http.HandlerFunc) *flights { return &flights{ask: ask, open: map[string]*flight{}} }

// ServeHTTP implements http.Handler.
func (fs *flights) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := fs.join(r)
	select {
	case <-f.done:
	case <-r.Context().Done():
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.header.Get("Content-Type"))
	h.Set("Cache-Control", f.header.Get("Cache-Control"))
	h.Set("Content-Length", strconv.Itoa(f.body.Len()))
	w.WriteHeader(f.code)
	_, _ = w.Write(f.body.Bytes()) // a viewer who went away
}

func (fs *flights) join(r *http.Request) *flight {
	now, target := time.Now(), r.URL.RequestURI()
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f, ok := fs.open[target]; ok && (f.dies.IsZero() || now.Before(f.dies)) {
		return f
	}
	for t, f := range fs.open {
		if !f.dies.IsZero() && !now.Before(f.dies) {
			delete(fs.open, t)
		}
	}
	f := &flight{done: make(chan struct{}), header: http.Header{}}
	fs.open[target] = f
	question := &http.Request{Method: http.MethodGet, URL: r.URL, Header: http.Header{}}
	go func() { // ends when the muxer answers
		fs.ask(f, question)
		if f.code == 0 {
			f.code = http.StatusNotFound
		}
		fs.mu.Lock()
		f.dies = time.Now()
		if f.code == http.StatusOK && r.URL.RawQuery != "" || bytes.Contains([]byte(target), []byte("_part")) {
			f.dies = f.dies.Add(life)
		}
		fs.mu.Unlock()
		close(f.done)
	}()
	return f
}

// Header, WriteHeader and Write implement http.ResponseWriter.

// Header returns the header to be filled.
func (f *flight) Header() http.Header { return f.header }

// WriteHeader notes the status.
func (f *flight) WriteHeader(code int) { f.code = code }

// Write notes a piece of the answer.
func (f *flight) Write(p []byte) (int, error) {
	if f.code == 0 {
		f.code = http.StatusOK
	}
	return f.body.Write(p)
}
