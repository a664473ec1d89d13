package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// person is one member of the cast: a browser without a screen.
type person struct {
	name string
	base string
	pays bool
	http *http.Client
	ws   atomic.Pointer[websocket.Conn]
}

func newPerson(base, name string, pays bool) (*person, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &person{name: name, base: base, pays: pays, http: &http.Client{Jar: jar, Timeout: 15 * time.Second}}, nil
}

// call makes one request and reads the answer into out, which may be nil.
func (p *person) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return p.send(ctx, method, path, "application/json", body, out)
}

// upload sends a file.
func (p *person) upload(ctx context.Context, method, path string, file []byte) error {
	return p.send(ctx, method, path, "application/octet-stream", file, nil)
}

func (p *person) send(ctx context.Context, method, path, kind string, body []byte, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", kind)
	res, err := p.http.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		var problem struct{ Reason string }
		_ = json.NewDecoder(res.Body).Decode(&problem) // an unreadable answer leaves the status to tell
		return fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, problem.Reason)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(out)
}

// subscribe pays with the sandbox's good card and waits to be inside.
func (p *person) subscribe(ctx context.Context) error {
	var checkout struct{ ID string }
	if err := p.call(ctx, "POST", channelPath+"/checkout", map[string]any{"key": rand.Text(), "of_age": true}, &checkout); err != nil {
		return err
	}
	if err := p.call(ctx, "POST", "/api/sandbox/checkouts/"+checkout.ID+"/pay", map[string]any{"card": "4242424242424242"}, nil); err != nil {
		return err
	}
	var channel struct{ Me struct{ Inside bool } }
	for ctx.Err() == nil && !channel.Me.Inside {
		pause(ctx, 50*time.Millisecond)
		if err := p.call(ctx, "GET", channelPath, nil, &channel); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// listen keeps a socket in the person's rooms until ctx ends.
func (p *person) listen(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := p.connect(ctx); err == nil {
			p.read(ctx)
		}
		pause(ctx, time.Second)
	}
	return nil
}

func (p *person) connect(ctx context.Context) error {
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(p.base, "http")+"/ws", &websocket.DialOptions{
		HTTPClient: p.http, Subprotocols: []string{"subspace.v1"},
	})
	if err != nil {
		return err
	}
	ws.SetReadLimit(1 << 20)
	rooms := []string{"public"}
	if p.pays {
		rooms = append(rooms, "space")
	}
	for _, room := range rooms {
		if err := send(ctx, ws, map[string]any{"type": "enter", "id": room, "channel": handle, "room": room}); err != nil {
			return err
		}
	}
	p.ws.Store(ws)
	return nil
}

func (p *person) read(ctx context.Context) {
	ws := p.ws.Load()
	defer ws.CloseNow() //nolint:errcheck // over either way
	for {
		if _, _, err := ws.Read(ctx); err != nil {
			return
		}
	}
}

// say writes into a room over the socket. Nobody waits for the answer: a line
// that is refused is not missed.
func (p *person) say(ctx context.Context, room, text string) error {
	ws := p.ws.Load()
	if ws == nil {
		return nil
	}
	return send(ctx, ws, map[string]any{"type": "post", "id": "say", "channel": handle, "room": room, "key": rand.Text(), "text": text})
}

func send(ctx context.Context, ws *websocket.Conn, frame any) error {
	b, err := json.Marshal(frame)
	if err != nil {
		return err
	}
	return ws.Write(ctx, websocket.MessageText, b)
}
