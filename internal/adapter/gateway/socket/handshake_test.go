package socket_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a user that says back what it heard.
type echo struct {
	loops *socket.Loops
	conn  *socket.Conn
}

func (e *echo) Heard(m []byte) {
	frame := socket.Text(m)
	if e.conn.Squeezes() {
		if packed := e.loops.Squeeze(m); packed != nil {
			frame = packed
		}
	}
	e.conn.Send(frame, 0, 0, 1<<20)
}
func (e *echo) Pinged()                            {}
func (e *echo) Drained()                           {}
func (e *echo) Refused(bool) (socket.Code, string) { return 4009, "large" }
func (e *echo) Late() (socket.Code, string)        { return 4008, "late" }
func (e *echo) Gone()                              {}

// way is how clients come in.
type way struct{ portable, secure, front bool }

// serve runs an echo.
func serve(t *testing.T, by way) *httptest.Server {
	t.Helper()
	loops, err := socket.New(socket.Options{MessageMax: 8 << 10, QueueMax: 1 << 20, SendBuffer: 64 << 10, Portable: by.portable})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { loops.Run(ctx) }) //nolint:errcheck // ends with ctx
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, "a page for ", r.RemoteAddr, " after ", n, " bytes ", err)
			return
		}
		loops.Upgrade(w, r, "echo.v1", func(c *socket.Conn) (socket.User, []byte) { //nolint:errcheck // Upgrade has answered
			return &echo{loops, c}, socket.Text([]byte("hello"))
		})
	})
	web := httptest.NewUnstartedServer(handler)
	if by.front {
		if web.Listener, err = loops.Front(web.Listener, "/", func(w http.ResponseWriter, r *http.Request, done func()) {
			run.Go(func() {
				handler.ServeHTTP(w, r)
				done()
			})
		}); err != nil {
			t.Fatal(err)
		}
	}
	if web.EnableHTTP2 = by.secure; by.secure {
		web.StartTLS()
	} else {
		web.Start()
	}
	t.Cleanup(func() {
		web.Close()
		stop()
		run.Wait()
	})
	return web
}

func everyWay(t *testing.T, test func(t *testing.T, web *httptest.Server)) {
	t.Helper()
	for name, by := range map[string]way{"polled": {}, "front": {front: true}, "portable": {portable: true}, "TLS": {secure: true}} {
		t.Run(name, func(t *testing.T) { test(t, serve(t, by)) })
	}
}

func TestClientsAreHeardAndAnswered(t *testing.T) {
	everyWay(t, func(t *testing.T, web *httptest.Server) {
		for name, mode := range map[string]websocket.CompressionMode{
			"plain": websocket.CompressionDisabled, "compressed": websocket.CompressionNoContextTakeover,
		} {
			t.Run(name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				ws, res, err := websocket.Dial(ctx, strings.Replace(web.URL, "http", "ws", 1), &websocket.DialOptions{
					HTTPClient: web.Client(), Subprotocols: []string{"other", "echo.v1"}, CompressionMode: mode, CompressionThreshold: 1,
				})
				if err != nil {
					t.Fatal(err)
				}
				defer ws.CloseNow() //nolint:errcheck // over either way
				ws.SetReadLimit(1 << 20)
				if ws.Subprotocol() != "echo.v1" {
					t.Errorf("speaks %q", ws.Subprotocol())
				}
				if agreed := res.Header.Get("Sec-WebSocket-Extensions") != ""; agreed != (name == "compressed") {
					t.Errorf("extensions: %q", res.Header.Get("Sec-WebSocket-Extensions"))
				}
				says := []string{"hello"}
				for i := range 50 {
					text := fmt.Sprintf("%d %s", i, strings.Repeat("wörds and words ", i*8))
					says = append(says, text)
					if err := ws.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
						t.Fatal(err)
					}
				}
				for _, want := range says {
					if _, got, err := ws.Read(ctx); err != nil || string(got) != want {
						t.Fatalf("heard %.40q, %v; want %.40q", got, err, want)
					}
				}
				if err := ws.Close(websocket.StatusNormalClosure, ""); err != nil {
					t.Errorf("goodbye: %v", err)
				}
			})
		}
	})
}

// What comes in the same packet as the handshake is not lost, and answers leave
// in order behind the handshake's own.
func TestWordsRightBehindTheHandshakeAreHeard(t *testing.T) {
	for name, by := range map[string]way{"polled": {}, "front": {front: true}, "portable": {portable: true}} {
		t.Run(name, func(t *testing.T) {
			web := serve(t, by)
			c, err := net.Dial("tcp", web.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()                                 //nolint:errcheck // over either way
			c.SetDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // a socket has deadlines
			fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"+
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"+
				"\x81\x82\x00\x00\x00\x00hi\x88\x80\x00\x00\x00\x00")
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil || res.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("%v, %v", res, err)
			}
			if got := res.Header.Get("Sec-WebSocket-Accept"); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" { // RFC 6455, 1.3
				t.Errorf("accepts with %q", got)
			}
		})
	}
}

func TestRequestsThatAreNoHandshakeAreRefused(t *testing.T) {
	web := serve(t, way{secure: true})
	for name, tc := range map[string]struct {
		change func(http.Header)
		status int
	}{
		"no upgrade":      {func(h http.Header) { h.Del("Upgrade") }, http.StatusUpgradeRequired},
		"another upgrade": {func(h http.Header) { h.Set("Upgrade", "h2c") }, http.StatusUpgradeRequired},
		"no connection":   {func(h http.Header) { h.Set("Connection", "keep-alive") }, http.StatusUpgradeRequired},
		"an old version":  {func(h http.Header) { h.Set("Sec-WebSocket-Version", "8") }, http.StatusUpgradeRequired},
		"a short key":     {func(h http.Header) { h.Set("Sec-WebSocket-Key", "c2hvcnQ=") }, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header = http.Header{
				"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
			}
			tc.change(r.Header)
			w := httptest.NewRecorder()
			web.Config.Handler.ServeHTTP(w, r)
			if w.Code != tc.status {
				t.Errorf("answered %d, want %d", w.Code, tc.status)
			}
		})
	}
	t.Run("HTTP/2", func(t *testing.T) {
		res, err := web.Client().Get(web.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close() //nolint:errcheck // read below
		body, _ := io.ReadAll(res.Body)
		if res.ProtoMajor != 2 || res.StatusCode != http.StatusHTTPVersionNotSupported {
			t.Errorf("HTTP/%d answered %d: %s", res.ProtoMajor, res.StatusCode, body)
		}
	})
}

// Whoever is no handshake, or not surely one, is served by net/http as if
// nothing stood before it.
func TestTheFrontLetsEverybodyElseThrough(t *testing.T) {
	web := serve(t, way{front: true})
	dial := func(t *testing.T) net.Conn {
		c, err := net.Dial("tcp", web.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })                 //nolint:errcheck // over either way
		c.SetDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // a socket has deadlines
		return c
	}
	const upgrade = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
	const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for name, tc := range map[string]struct {
		pieces []string
		status int
		says   string
	}{
		"a page":                   {[]string{"GET /page HTTP/1.1\r\nHost: x\r\n\r\n"}, 200, "after 0 bytes"},
		"a longer path":            {[]string{"GET /more HTTP/1.1\r\n" + upgrade + key + "\r\n"}, 200, "after 0 bytes"},
		"a body":                   {[]string{"POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", "12345"}, 200, "after 5 bytes"},
		"a head in pieces":         {[]string{"GE", "T / HT", "TP/1.1\r\n" + upgrade, key, "\r\n"}, 101, ""},
		"a handshake with a body":  {[]string{"GET / HTTP/1.1\r\n" + upgrade + key + "Content-Length: 0\r\n\r\n"}, 101, ""},
		"a refused handshake":      {[]string{"GET / HTTP/1.1\r\n" + upgrade + "\r\n"}, 400, "16 bytes"},
		"a handshake at once":      {[]string{"GET /?x=1 HTTP/1.1\r\n" + upgrade + key + "\r\n"}, 101, ""},
		"nonsense after the path":  {[]string{"GET / nonsense\r\n" + upgrade + key + "\r\n"}, 400, ""},
		"silence, and then a page": {[]string{"", "GET /page HTTP/1.1\r\nHost: x\r\n\r\n"}, 200, "a page for 127.0.0.1:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dial(t)
			for i, piece := range tc.pieces {
				if i > 0 {
					c.SetReadDeadline(time.Now().Add(1500 * time.Millisecond)) //nolint:errcheck // as above
					if _, err := c.Read(make([]byte, 1)); err == nil {         // nobody answers half a request
						t.Fatal("answered too early")
					}
					c.SetReadDeadline(time.Now().Add(20 * time.Second)) //nolint:errcheck // as above
				}
				if _, err := io.WriteString(c, piece); err != nil {
					t.Fatal(err)
				}
			}
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			body := ""
			if res.StatusCode != http.StatusSwitchingProtocols {
				b, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = string(b)
			}
			if res.StatusCode != tc.status || !strings.Contains(body, tc.says) {
				t.Errorf("answered %d %q", res.StatusCode, body)
			}
		})
	}
}

// Newcomers who leave before they say anything, and a crowd that comes at once.
func TestTheFrontTakesACrowd(t *testing.T) {
	web := serve(t, way{front: true})
	var crowd sync.WaitGroup
	for i := range 200 {
		crowd.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			if i%4 == 0 {
				c, err := net.Dial("tcp", web.Listener.Addr().String())
				if err != nil {
					t.Error(err)
					return
				}
				c.Close() //nolint:errcheck // that is the point
				return
			}
			if i%4 == 1 {
				res, err := http.Get(web.URL + "/page")
				if err != nil {
					t.Error(err)
					return
				}
				res.Body.Close() //nolint:errcheck // not read
				return
			}
			ws, _, err := websocket.Dial(ctx, strings.Replace(web.URL, "http", "ws", 1), nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer ws.CloseNow() //nolint:errcheck // over either way
			if _, hello, err := ws.Read(ctx); err != nil || string(hello) != "hello" {
				t.Errorf("%q, %v", hello, err)
			}
		})
	}
	crowd.Wait()
}
