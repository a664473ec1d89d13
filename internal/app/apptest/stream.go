package apptest

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/coder/websocket"
)

// Listens opens a room's stream of server-sent events, which is read like a
// socket; a refusal is a *Problem. headers are pairs.
func (p *Person) Listens(handle, room string, headers ...string) (*Socket, error) {
	return p.ListensTo("/api/channels/"+handle+"/rooms/"+room+"/stream", headers...)
}

// ListensTo is Listens at any path.
func (p *Person) ListensTo(path string, headers ...string) (*Socket, error) {
	ctx, cut := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		cut()
		return nil, err
	}
	r.Header.Set("X-Forwarded-For", p.From)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := (&http.Client{Jar: p.http.Jar, Transport: p.http.Transport}).Do(r)
	if err != nil {
		cut()
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		defer cut()
		defer res.Body.Close() //nolint:errcheck // read to its end
		a := Answer{Status: res.StatusCode, Header: res.Header}
		if a.Body, err = io.ReadAll(res.Body); err != nil {
			return nil, err
		}
		p.keep(a.Body)
		return nil, a.Problem()
	}
	s := &Socket{p: p, cut: cut, more: make(chan struct{}), ended: make(chan struct{})}
	go s.readEvents(res.Body) // Close and the server's end both end it
	p.mu.Lock()
	p.sockets = append(p.sockets, s)
	p.mu.Unlock()
	p.t.Cleanup(s.Close)
	return s, nil
}

// readEvents takes server-sent events for frames (HTML Living Standard, 9.2.6),
// and the one that closes for the close frame.
func (s *Socket) readEvents(body io.ReadCloser) {
	defer close(s.ended)
	defer body.Close() //nolint:errcheck // over either way
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 8<<20)
	closes := false
	for lines.Scan() {
		data, is := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case lines.Text() == "event: close":
			closes = true
		case is && closes:
			code, _ := strconv.Atoi(data) // 0 when it is no number
			s.mu.Lock()
			s.code = websocket.StatusCode(code)
			s.mu.Unlock()
		case is:
			s.keep([]byte(data))
		}
	}
}
