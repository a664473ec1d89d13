package media_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/adapter/media/hls"
	"github.com/subspace-live/subspace/internal/adapter/media/loop"
	"github.com/subspace-live/subspace/internal/adapter/media/loop/clip"
	"github.com/subspace-live/subspace/internal/adapter/media/rtmp"
	"github.com/subspace-live/subspace/internal/adapter/media/webrtc"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// studio is the whole way of a broadcast, of real parts: database, rules, gate,
// RTMP server, WebRTC, HLS behind HTTP. Its clock runs, and can be put forward.
type studio struct {
	t     *testing.T
	clock *clock
	db    *store.DB
	live  *live.Service
	gate  *access.Gate
	hub   *media.Hub
	rtmp  *rtmp.Server
	door  *hls.Door
	rtc   *webrtc.Server
	web   *httptest.Server
	log   *syncBuffer
	pace  pace
}

type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// asCookie stands in for the session cookie: its value is the account.
func asCookie(r *http.Request) ident.Account {
	c, err := r.Cookie("who")
	if err != nil {
		return ""
	}
	return ident.Account(c.Value)
}

// byCookie is asCookie, and a session of that account's name.
func byCookie(r *http.Request) (ident.Account, ident.Session) {
	who := asCookie(r)
	return who, ident.Session("of " + who)
}

func newStudio(t *testing.T, change ...func(*studio)) *studio {
	t.Parallel() // most of the time is real time passing
	s := &studio{t: t, clock: &clock{}, log: &syncBuffer{}}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.db = storetest.Open(t, storetest.URL(t), s.clock.now, nil)
	s.live = live.NewService(live.Config{
		Store: store.UnitOf(s.db, func(tx *store.Tx) live.Tx { return tx }),
		IDs:   ident.NewSource(s.clock.now, rand.Reader), Now: s.clock.now, Random: rand.Reader, Node: "one",
	})
	s.gate = access.NewGate(s.db.Rights(), s.clock.now)
	s.door = hls.NewDoor(hls.Config{
		Gate: s.gate, Broadcasts: s.live, Caller: asCookie, SignedIn: byCookie, Secret: []byte(rand.Text()), Random: rand.Reader,
		Node: "one", Now: s.clock.now, Log: log,
		Handle: func(_ context.Context, id ident.Channel) (string, error) { return string(id), nil },
	})
	s.rtc = s.newRTC()
	s.hub = media.NewHub(media.Config{Broadcasts: s.live, Output: media.Outputs(s.door.Open, s.rtc.Open), Node: "one", Now: s.clock.now, Log: log})
	var err error
	s.rtmp, err = rtmp.Listen("127.0.0.1:0", s.hub, log)
	s.must(err)
	for _, f := range change {
		f(s)
	}
	s.must(s.rtc.Listen("127.0.0.1:0", nil, s.hub))
	mux := http.NewServeMux()
	mux.Handle(hls.Pattern, s.door)
	mux.HandleFunc(webrtc.SendPattern, s.rtc.SendTo)
	mux.HandleFunc(webrtc.SentPattern, s.rtc.Resource)
	mux.HandleFunc(webrtc.WatchPattern, s.rtc.WatchAt)
	mux.HandleFunc(webrtc.SeenPattern, s.rtc.Resource)
	s.web = httptest.NewServer(mux)
	s.start()
	return s
}

// start runs the parts and stops them in the order that app does: encoders,
// hub, and the sweep last.
func (s *studio) start() {
	run := func(part func(context.Context) error) (stop func()) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
		done := make(chan error, 1)
		go func() { done <- part(ctx) }()
		return func() {
			cancel()
			if err := <-done; err != nil {
				s.t.Error(err)
			}
		}
	}
	s.t.Cleanup(func() { s.web.CloseClientConnections(); s.web.Close() })
	s.t.Cleanup(run(func(ctx context.Context) error { return s.live.Run(ctx, func(err error) { s.t.Error(err) }) }))
	s.t.Cleanup(run(s.hub.Run))
	s.t.Cleanup(run(s.rtmp.Run))
	s.t.Cleanup(run(s.rtc.Run))
}

func (s *studio) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// channel makes a channel whose owner has the same name, and returns its key.
func (s *studio) channel(name string) (ident.Channel, live.Key) {
	s.t.Helper()
	s.account(name)
	err := s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertChannel(s.t.Context(), channel.Channel{
			ID: ident.Channel(name), Handle: name, Title: name, Owner: ident.Account(name), LiveAudience: access.LivePublic,
		})
		return err
	})
	s.must(err)
	in, err := s.live.Ingest(s.t.Context(), ident.Account(name), ident.Channel(name))
	s.must(err)
	return ident.Channel(name), in.Key
}

func (s *studio) account(name string) {
	s.t.Helper()
	s.must(s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertAccount(s.t.Context(), account.Account{ID: ident.Account(name), Name: name, Folded: name})
		return err
	}))
}

// encoder is one that runs until it is stopped.
type encoder struct {
	cancel context.CancelFunc
	done   chan error
}

// stop lets the encoder take its leave and waits.
func (e *encoder) stop() error {
	e.cancel()
	return <-e.done
}

func (s *studio) send(key live.Key, c *loop.Clip) *encoder {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	e := &encoder{cancel, make(chan error, 1)}
	go func() {
		err := loop.Run(ctx, s.rtmp.Addr().String(), key, c)
		e.done <- err
		close(e.done)
	}()
	s.t.Cleanup(func() { _ = e.stop() })
	return e
}

func (s *studio) pottery() *loop.Clip { return s.clip(clip.Pottery()) }

// landscape is 320x180 with mono sound at 44.1 kHz.
func (s *studio) landscape() *loop.Clip {
	file, err := os.ReadFile("testdata/landscape.flv")
	s.must(err)
	return s.clip(file)
}

func (s *studio) clip(file []byte) *loop.Clip {
	c, err := loop.Read(file)
	s.must(err)
	return c
}

// eventually polls until ok, and fails with what after a while.
func (s *studio) eventually(what string, ok func() bool) {
	s.t.Helper()
	s.within(20*time.Second, what, ok)
}

func (s *studio) within(patience time.Duration, what string, ok func() bool) {
	s.t.Helper()
	limit := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-limit:
			s.t.Fatalf("not within %v: %s\n%s", patience, what, s.log)
		case <-tick.C:
		}
	}
}

func (s *studio) current(c ident.Channel) (live.Broadcast, bool) {
	s.t.Helper()
	b, open, err := s.live.Current(s.t.Context(), c)
	s.must(err)
	return b, open
}

func (s *studio) awaitState(c ident.Channel, want live.State) live.Broadcast {
	s.t.Helper()
	var b live.Broadcast
	s.eventually("broadcast of "+string(c)+" is "+string(want), func() bool {
		var open bool
		b, open = s.current(c)
		if !open {
			return want == live.Ended
		}
		return b.State == want
	})
	return b
}

// url returns a fresh playback address for who.
func (s *studio) url(who ident.Account, c ident.Channel) string {
	s.t.Helper()
	p, err := s.door.Playback(s.t.Context(), who, c)
	s.must(err)
	if p.URL == "" {
		s.t.Fatalf("no address: %+v", p)
	}
	return s.web.URL + p.URL
}

// answer is what a request got.
type answer struct {
	status int
	header http.Header
	body   string
}

// reason is the machine word of a refusal.
func (a answer) reason() string {
	var p struct{ Reason string }
	if !strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") || json.Unmarshal([]byte(a.body), &p) != nil {
		return "no problem+json: " + a.body
	}
	return p.Reason
}

// get asks with the session cookie of who, if anybody.
func (s *studio) get(url string, who ident.Account) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, url, nil)
	s.must(err)
	if who != "" {
		req.AddCookie(&http.Cookie{Name: "who", Value: string(who)})
	}
	res, err := http.DefaultClient.Do(req)
	s.must(err)
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	s.must(err)
	return answer{res.StatusCode, res.Header, string(body)}
}

// beside replaces the last element of an address.
func beside(url, file string) string { return url[:strings.LastIndex(url, "/")+1] + file }
