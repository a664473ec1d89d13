package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/gateway"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/overlay"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rights reads the real facts, until a test takes them away.
type rights struct {
	*store.Rights
	cut    atomic.Bool                   // reading fails
	hang   atomic.Bool                   // reading does not answer
	failed atomic.Int64                  // readings that failed
	asked  atomic.Int64                  // readings
	hold   atomic.Pointer[chan struct{}] // readings wait until it is closed
}

func (r *rights) Facts(ctx context.Context, s []access.Subject) (map[access.Subject]access.Facts, error) {
	r.asked.Add(1)
	if until := r.hold.Load(); until != nil {
		<-*until
	}
	if r.hang.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if r.cut.Load() {
		r.failed.Add(1)
		return nil, errors.New("the facts are away")
	}
	return r.Rights.Facts(ctx, s)
}

// logs reads the real logs; a test may hold a page back.
type logs struct {
	*store.Logs
	away func() bool // the database is
	mu   sync.Mutex
	hold func(room.Address)
}

func (l *logs) Page(ctx context.Context, a room.Address, after, before int64, limit int) (room.Page, error) {
	page, err := l.Logs.Page(ctx, a, after, before, limit)
	l.mu.Lock()
	hold := l.hold
	l.mu.Unlock()
	if hold != nil {
		hold(a)
	}
	return page, err
}

func (l *logs) Heads(ctx context.Context, of []ident.Log) (map[ident.Log]int64, error) {
	if l.away() {
		return nil, errors.New("the heads are away")
	}
	return l.Logs.Heads(ctx, of)
}

// stage is a gateway over a real database, with a clock that a test can push.
type stage struct {
	*storetest.World
	t        testing.TB
	gateway  *gateway.Gateway
	rights   *rights
	logs     *logs
	gate     *access.Gate
	signed   *sessions
	place    *apptest.Place
	ahead    atomic.Int64 // how far the gateway's clock is before the real one
	owner    ident.Account
	channel  ident.Channel
	yuna     ident.Account
	others   map[string]ident.Channel // by the name behind 'other-'
	opening  sync.Mutex
	chat     *chat.Service
	desk     desk
	overlay  atomic.Pointer[func() (ident.Channel, string, error)] // what a secret opens; nil: nothing
	undocked atomic.Bool                                           // no dock's address opens it any more
}

func overlayRevoked() (ident.Channel, string, error) {
	return "", "", fault.New(fault.Missing, "overlay_revoked", "It does not work any more.")
}

// desk knows whose a request is: it says so itself, and a test says what must be
// read first, and what cannot.
type desk struct {
	cold      atomic.Bool  // nobody is in memory
	unlearned atomic.Bool  // reading fails
	learned   atomic.Int64 // readings
}

func (d *desk) whose(r *http.Request) account.Session {
	if id := ident.Account(r.Header.Get("X-Who")); id != "" {
		return account.Session{ID: ident.Session("s" + id), Account: account.Account{ID: id}}
	}
	return account.Session{}
}

func (d *desk) session(r *http.Request) (account.Session, bool, error) {
	s := d.whose(r)
	return s, s.ID != "", nil
}

func (d *desk) recall(r *http.Request) (account.Session, bool) {
	if d.cold.Load() {
		return account.Session{}, false
	}
	return d.whose(r), true
}

func (d *desk) learn(_ context.Context, rs []*http.Request) ([]account.Session, error) {
	d.learned.Add(1)
	if d.unlearned.Load() {
		return nil, errors.New("the sessions are away")
	}
	out := make([]account.Session, len(rs))
	for i, r := range rs {
		out[i] = d.whose(r)
	}
	return out, nil
}

// stageMaker makes a stage of one kind.
type stageMaker func(testing.TB) *stage

// onBothWires runs a test with sockets that are polled, and with sockets that
// are served by goroutines, as systems without epoll do.
func onBothWires(t *testing.T, test func(*testing.T, stageMaker)) {
	t.Helper()
	for name, portable := range map[string]bool{"polled": false, "portable": true} {
		t.Run(name, func(t *testing.T) {
			test(t, func(tb testing.TB) *stage { return newStage(tb, portable) })
		})
	}
}

func newStage(t testing.TB, portable bool) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t), t: t}
	now := func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }
	s.Clock.Advance(time.Since(s.Clock.Now())) // the world's clock shows today
	s.rights, s.logs = &rights{Rights: s.Rights()}, &logs{Logs: s.Logs(), away: func() bool { return s.rights.cut.Load() || s.rights.hang.Load() }}
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	s.yuna = s.Subscriber(s.channel, s.Person("Yuna"), 1)
	s.gate, s.signed = access.NewGate(s.rights, now), &sessions{}
	people := chat.NewService(store.UnitOf(s.DB, func(tx *store.Tx) chat.Tx { return tx }), now, account.NewThrottle(account.Limit{Tries: 1000, Every: time.Second}, now))
	s.chat = people
	g, err := gateway.New(gateway.Options{
		Node: "test", History: "now", Gate: s.gate, Logs: s.logs, Sessions: s.signed, Chat: people, Announce: func(p room.Presence) { s.gateway.OnPresence(p) },
		Channel: func(_ context.Context, handle string) (ident.Channel, error) {
			if n, ok := strings.CutPrefix(handle, "other-"); ok {
				s.opening.Lock()
				defer s.opening.Unlock()
				return s.others[n], nil
			}
			if handle != "atelier" {
				return "", fault.New(fault.Missing, "channel_missing", "There is no such channel.")
			}
			return s.channel, nil
		},
		Overlays: func(context.Context, []ident.Channel) (map[ident.Channel]overlay.Standing, error) { return nil, nil },
		Overlay: func(context.Context, string) (ident.Channel, string, error) {
			if ask := s.overlay.Load(); ask != nil {
				return (*ask)()
			}
			return overlayRevoked()
		},
		DockOf: s.dockOf, LiveDocks: s.liveDocks,
		Session: s.desk.session, Recall: s.desk.recall, Learn: s.desk.learn,
		SameOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "" }, Origin: func(*http.Request) string { return "here" }, Now: now, Log: slog.New(slog.DiscardHandler), Portable: portable,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.gateway = g
	ctx, stop := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { s.gateway.Run(ctx) }) //nolint:errcheck // ends with ctx
	parts.Go(func() { people.Run(ctx) })    //nolint:errcheck // ends with ctx
	mux := http.NewServeMux()
	mux.Handle("/ws", s.gateway)
	web := httptest.NewServer(mux)
	s.place = apptest.At(t, web.URL)
	t.Cleanup(func() {
		s.gateway.Close()
		web.Close()
		stop()
		parts.Wait()
	})
	return s
}

// sessions knows who has signed out, and answers unless a test wants it to hang or
// to fail.
type sessions struct {
	hang atomic.Bool

	mu    sync.Mutex
	fails int // so many readings more
	asked []time.Time
	dead  map[ident.Session]bool
}

func (s *sessions) LiveSessions(ctx context.Context, ids []ident.Session) (map[ident.Session]bool, error) {
	if s.hang.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, time.Now())
	if s.fails > 0 {
		s.fails--
		return nil, errors.New("the sessions are away")
	}
	live := map[ident.Session]bool{}
	for _, id := range ids {
		live[id] = !s.dead[id]
	}
	return live, nil
}

// another opens a channel with the handle 'other-' and name.
func (s *stage) another(name string) ident.Channel {
	s.t.Helper()
	c := s.Channel(s.owner)
	s.opening.Lock()
	defer s.opening.Unlock()
	if s.others == nil {
		s.others = map[string]ident.Channel{}
	}
	s.others[name] = c
	return c
}

func (s *stage) enters(who ident.Account, rooms ...string) *apptest.Socket {
	s.t.Helper()
	k, err := s.place.Stranger().Dial("X-Who", string(who))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range rooms {
		k.Enter("atelier", r)
	}
	return k
}

// says appends a message and rings, as the store and the bus would.
func (s *stage) says(a room.Audience, texts ...string) {
	s.t.Helper()
	s.saysAt(room.Address{Channel: s.channel, Audience: a}, texts...)
}

func (s *stage) saysAt(at room.Address, texts ...string) {
	s.t.Helper()
	var entries []room.Entry
	for _, text := range texts {
		entries = append(entries, room.Entry{Address: at, Author: s.owner, Payload: event.MessagePosted{Author: event.Author{ID: s.owner}, Text: text}})
	}
	var out []event.Encoded
	if err := s.Update(s.t.Context(), func(tx *store.Tx) (err error) {
		out, err = tx.Append(s.t.Context(), entries...)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	for _, e := range out {
		s.gateway.Ring(room.Bell{Address: at, Encoded: e})
	}
}

func reason(err error) string {
	var p *apptest.Problem
	if errors.As(err, &p) {
		return p.Reason
	}
	return fmt.Sprint(err)
}

func holds(k *apptest.Socket, words string) bool {
	for _, f := range k.Frames() {
		if strings.Contains(string(f.Raw), words) {
			return true
		}
	}
	return false
}

// When rights cannot be read, a private door closes when its lease ends and
// says why; the public room goes on; both heal by themselves.
func TestPrivateDoorClosesWithItsLease(t *testing.T) {
	t.Parallel() // it waits for real time
	onBothWires(t, testPrivateDoorClosesWithItsLease)
}

func testPrivateDoorClosesWithItsLease(t *testing.T, newStage stageMaker) {
	for name, away := range map[string]func(*stage) *atomic.Bool{
		"reading fails":         func(s *stage) *atomic.Bool { return &s.rights.cut },
		"reading never answers": func(s *stage) *atomic.Bool { return &s.rights.hang },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			k := s.enters(s.yuna, "public", "space")
			away(s).Store(true)
			s.says(room.Space, "within the lease")
			k.Hears("space", "within the lease")
			s.ahead.Add(int64(access.Lease))
			s.says(room.Space, "after the lease")
			s.says(room.Public, "still public")
			k.Hears("public", "still public")
			if f := k.Await("the room closes", apptest.Type("closed", "space")); f.Reason != "unconfirmed" {
				t.Errorf("closed because %s", f.Reason)
			}
			if holds(k, "after the lease") {
				t.Error("a private event was sent without a lease")
			}
			for _, f := range k.Frames() {
				if f.Type == "closed" && f.Room != "space" {
					t.Errorf("closed too: %s", f.Raw)
				}
			}
			if name == "reading fails" {
				if _, err := k.EnterAt("atelier", "space", 1); reason(err) != "unconfirmed" {
					t.Errorf("entering without a reading: %v", err)
				}
			}
			away(s).Store(false)
			f, err := k.EnterAt("atelier", "space", 1)
			if err != nil || len(f.Events) != 1 || f.Events[0].Data.Text != "after the lease" {
				t.Errorf("coming back: %v, %s", err, f.Raw)
			}
		})
	}
}

// Lost bells are healed by the heads; doubled and late ones do no harm.
func TestEventsArriveWithoutBells(t *testing.T) {
	t.Parallel() // it waits for real time
	onBothWires(t, testEventsArriveWithoutBells)
}

func testEventsArriveWithoutBells(t *testing.T, newStage stageMaker) {
	s := newStage(t)
	k := s.enters("", "public")
	at := room.Address{Channel: s.channel, Audience: room.Public}
	for i := range 30 {
		var out []event.Encoded
		if err := s.Update(t.Context(), func(tx *store.Tx) (err error) {
			out, err = tx.Append(t.Context(), room.Entry{Address: at, Payload: event.MessagePosted{Text: fmt.Sprint("number ", i)}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for range (i + 1) % 3 { // none, one or two bells; none for the last
			s.gateway.Ring(room.Bell{Address: at, Encoded: out[0]})
		}
	}
	k.Hears("public", "number 29")
	// Nothing is missing now, so that only the heads can tell of one more.
	if err := s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Append(t.Context(), room.Entry{Address: at, Payload: event.MessagePosted{Text: "without a bell"}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	k.Hears("public", "without a bell")
	for i, e := range k.Stream("atelier", "public") {
		if e.Seq != int64(i+1) {
			t.Fatalf("sequence %d at place %d", e.Seq, i+1)
		}
	}
}

// Whoever loses the right while their page is being read gets neither the page
// nor a door that nobody watches.
func TestRightLostWhileEnteringSendsNoPage(t *testing.T) {
	t.Parallel() // it waits for real time
	onBothWires(t, testRightLostWhileEnteringSendsNoPage)
}

func testRightLostWhileEnteringSendsNoPage(t *testing.T, newStage stageMaker) {
	for name, lose := range map[string]func(*stage) error{
		"banned": func(s *stage) error {
			bans := moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
			_, err := bans.Impose(context.Background(), s.owner, moderation.Order{Channel: s.channel, Account: s.yuna, Kind: access.BlockBan})
			return err
		},
		"space closed": func(s *stage) error {
			channels := channel.NewService(store.UnitOf(s.DB, func(tx *store.Tx) channel.Tx { return tx }), s.IDs, s.Clock.Now, account.Fold)
			shut := false
			_, err := channels.Change(context.Background(), s.owner, s.channel, channel.Change{SpaceOpen: &shut})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.says(room.Space, "private words")
			k := s.enters(s.yuna, "public")
			var once sync.Once
			s.logs.mu.Lock()
			s.logs.hold = func(a room.Address) {
				if a.Audience != room.Space {
					return
				}
				once.Do(func() {
					if err := lose(s); err != nil {
						t.Error(err)
					}
					// the page is held until the door that stood open is closed
					for end := time.Now().Add(apptest.Patience); !closed(k) && time.Now().Before(end); {
						time.Sleep(time.Millisecond)
					}
				})
			}
			s.logs.mu.Unlock()
			if f, err := k.EnterAt("atelier", "space", 0); err == nil {
				t.Errorf("the door opened for somebody without a right: %s", f.Raw)
			}
			if holds(k, "private words") {
				t.Error("the page was sent after the door had been closed")
			}
		})
	}
}

func closed(k *apptest.Socket) bool {
	for _, f := range k.Frames() {
		if f.Type == "closed" && f.Room == "space" {
			return true
		}
	}
	return false
}

// One connection may be in a bounded number of rooms at once.
func TestOneConnectionEntersABoundedNumberOfRooms(t *testing.T) {
	onBothWires(t, testOneConnectionEntersABoundedNumberOfRooms)
}

func testOneConnectionEntersABoundedNumberOfRooms(t *testing.T, newStage stageMaker) {
	s := newStage(t)
	const most = 16
	for i := range most + 1 {
		s.another(fmt.Sprint(i))
	}
	k := s.enters("")
	for i := range most {
		s.ahead.Add(int64(time.Second)) // else it would be too many frames
		k.Enter(fmt.Sprintf("other-%d", i), "public")
	}
	s.ahead.Add(int64(time.Second))
	if _, err := k.EnterAt(fmt.Sprintf("other-%d", most), "public", 0); reason(err) != "too_many_rooms" {
		t.Errorf("one room more: %v", err)
	}
	s.ahead.Add(int64(time.Second))
	k.Enter("other-3", "public") // entering again is not one more
	if _, err := k.Calls(map[string]any{"type": "leave", "channel": "other-3", "room": "public"}); err != nil {
		t.Fatal(err)
	}
	s.ahead.Add(int64(time.Second))
	k.Enter(fmt.Sprintf("other-%d", most), "public")
}
