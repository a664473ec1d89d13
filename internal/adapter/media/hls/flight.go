package hls

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Limits of flights. A finished answer serves those who ask a little later; a
// part is asked for by all viewers within a round trip or two.
const (
	flightsLimit = 512
	flightLife   = 3 * time.Second
	latestLife   = 0 // of an answer that says what is newest: players that poll must not be told of yesterday
)

// flights asks the muxer each question once, however many viewers ask it.
type flights struct {
	ask     http.HandlerFunc
	rewrite func([]byte) []byte
	wg      sync.WaitGroup

	mu     sync.Mutex
	open   map[string]*flight
	closed bool
}

// flight is one question on its way, then its answer.
type flight struct {
	done   chan struct{}
	header http.Header
	code   int // zero: the muxer does not know the file
	buffer bytes.Buffer
	body   []byte
	dies   time.Time // guarded by flights.mu; zero while under way
}

// newFlights returns flights to ask. Each answer passes rewrite once.
func newFlights(ask http.HandlerFunc, rewrite func([]byte) []byte) *flights {
	return &flights{ask: ask, rewrite: rewrite, open: map[string]*flight{}}
}

// join returns the flight for target, a file name with a query, and starts it
// when there is none. It returns nil when too many are under way, or none may
// start any more.
func (fs *flights) join(target string, life time.Duration) *flight {
	now := time.Now()
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
	if fs.closed || len(fs.open) >= flightsLimit {
		return nil
	}
	f := &flight{done: make(chan struct{}), header: http.Header{}}
	fs.open[target] = f
	fs.wg.Add(1)
	go func() { // owned by close, which waits; the muxer answers at the latest when it is closed
		defer fs.wg.Done()
		fs.ask(f, request(target))
		f.body = fs.rewrite(f.buffer.Bytes())
		fs.mu.Lock()
		f.dies = time.Now()
		if f.code == http.StatusOK {
			f.dies = f.dies.Add(life)
		}
		fs.mu.Unlock()
		close(f.done)
	}()
	return f
}

// close lets no question start and returns when each has its answer. Close the
// muxer first, so that none is held back any longer.
func (fs *flights) close() {
	fs.mu.Lock()
	fs.closed = true
	fs.mu.Unlock()
	fs.wg.Wait()
}

// landed waits for the answer until ctx ends or limit has passed.
func (f *flight) landed(ctx context.Context, limit time.Duration) bool {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-f.done:
		return true
	case <-ctx.Done():
		return false
	case <-t.C:
		return false
	}
}

// request is a question that belongs to no viewer.
func request(target string) *http.Request {
	u, err := url.Parse("/" + target)
	if err != nil {
		u = &url.URL{Path: "/"}
	}
	return &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}}
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
	return f.buffer.Write(p)
}
