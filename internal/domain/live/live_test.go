package live_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/room"
)

const (
	ines  = ident.Account("ines")
	guest = ident.Account("guest")
	place = ident.Channel("place")
)

// stage is a channel on a real database with a clock that tests move.
type stage struct {
	*live.Service
	t   *testing.T
	db  *store.DB
	now time.Time
	ids *ident.Source
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, now: time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return s.now }
	s.db = storetest.Open(t, storetest.URL(t), clock, nil)
	s.ids = ident.NewSource(clock, rand.Reader)
	s.Service = s.node("one")
	err := s.db.Update(t.Context(), func(tx *store.Tx) error {
		for _, id := range []ident.Account{ines, guest} {
			if _, err := tx.InsertAccount(t.Context(), account.Account{ID: id, Name: string(id)}); err != nil {
				return err
			}
		}
		_, err := tx.InsertChannel(t.Context(), channel.Channel{ID: place, Handle: "ines", Title: "Ceramics", Owner: ines, LiveAudience: access.LivePublic})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// node returns the service of another server on the same database.
func (s *stage) node(name string) *live.Service {
	return live.NewService(live.Config{
		Store: store.UnitOf(s.db, func(tx *store.Tx) live.Tx { return tx }),
		IDs:   s.ids, Now: func() time.Time { return s.now }, Random: rand.Reader, Node: name,
	})
}

func (s *stage) key() live.Key {
	s.t.Helper()
	in, err := s.Ingest(s.t.Context(), ines, place)
	s.must(err)
	return in.Key
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) begin() live.Broadcast {
	s.t.Helper()
	b, err := s.Begin(s.t.Context(), s.key())
	s.must(err)
	return b
}

func (s *stage) state() live.State {
	s.t.Helper()
	b, open, err := s.Current(s.t.Context(), place)
	s.must(err)
	if !open {
		return live.Ended
	}
	return b.State
}

// told returns the kinds in the public log so far.
func (s *stage) told() string {
	s.t.Helper()
	var kinds []string
	s.must(s.db.View(s.t.Context(), func(tx *store.Tx) error {
		log, err := tx.LogAt(s.t.Context(), room.Address{Channel: place, Audience: room.Public})
		if err != nil {
			return err
		}
		events, err := tx.EventsAfter(s.t.Context(), log.ID, 0, 100)
		for _, e := range events {
			env, err := event.Decode(e.Bytes)
			if err != nil {
				return err
			}
			kinds = append(kinds, strings.TrimPrefix(string(env.Kind), "live."))
		}
		return err
	}))
	return strings.Join(kinds, " ")
}

func (s *stage) wants(state live.State, told string) {
	s.t.Helper()
	if got := s.state(); got != state {
		s.t.Errorf("state %q, want %q", got, state)
	}
	if got := s.told(); got != told {
		s.t.Errorf("log %q, want %q", got, told)
	}
}

func TestAnEncoderThatReturnsInTimeGoesOn(t *testing.T) {
	s := newStage(t)
	first := s.begin()
	s.must(s.Interrupt(t.Context(), first))
	s.now = s.now.Add(live.Grace - time.Millisecond)
	s.must(s.Sweep(t.Context()))
	s.wants(live.Interrupted, "started interrupted")
	second := s.begin()
	if second.ID != first.ID || second.Take != 2 {
		t.Errorf("got %v take %d, want %v take 2", second.ID, second.Take, first.ID)
	}
	s.wants(live.Live, "started interrupted resumed")
}

func TestAnEncoderThatReturnsLateBeginsAnother(t *testing.T) {
	for _, swept := range []bool{true, false} {
		t.Run(fmt.Sprintf("swept %v", swept), func(t *testing.T) {
			s := newStage(t)
			first := s.begin()
			s.must(s.Interrupt(t.Context(), first))
			s.now = s.now.Add(live.Grace)
			if swept {
				s.must(s.Sweep(t.Context()))
				s.wants(live.Ended, "started interrupted ended")
			}
			if second := s.begin(); second.ID == first.ID {
				t.Error("the old broadcast went on")
			}
			s.wants(live.Live, "started interrupted ended started")
		})
	}
}

func TestADyingConnectionCannotInterruptItsSuccessor(t *testing.T) {
	s := newStage(t)
	old := s.begin()
	s.begin() // displaces it
	s.must(s.Interrupt(t.Context(), old))
	s.wants(live.Live, "started")
}

func TestInterruptTwiceTellsOnce(t *testing.T) {
	s := newStage(t)
	b := s.begin()
	s.must(s.Interrupt(t.Context(), b))
	s.must(s.Interrupt(t.Context(), b))
	s.wants(live.Interrupted, "started interrupted")
}

func TestOnlyTheOwnerRuns(t *testing.T) {
	s := newStage(t)
	s.begin()
	for _, who := range []ident.Account{guest, ""} {
		_, ingest := s.Ingest(t.Context(), who, place)
		_, rotate := s.RotateKey(t.Context(), who, place)
		for name, err := range map[string]error{
			"end": s.End(t.Context(), who, place), "retitle": s.Retitle(t.Context(), who, place, "x"),
			"ingest": ingest, "rotate": rotate,
		} {
			if !fault.Is(err, "owner_only") {
				t.Errorf("%s by %q: %v, want owner_only", name, who, err)
			}
		}
	}
	s.must(s.End(t.Context(), ines, place))
	s.wants(live.Ended, "started ended")
	if err := s.End(t.Context(), ines, place); !fault.Is(err, "not_live") {
		t.Errorf("ended twice: %v", err)
	}
}

func TestRetitleTellsOnceAndStays(t *testing.T) {
	s := newStage(t)
	s.must(s.Retitle(t.Context(), ines, place, "  Glazing\n the   vase "))
	if b := s.begin(); b.Title != "Glazing the vase" {
		t.Errorf("title %q", b.Title)
	}
	s.must(s.Retitle(t.Context(), ines, place, "Firing"))
	s.must(s.Retitle(t.Context(), ines, place, "Firing"))
	s.wants(live.Live, "started titled")
	for _, bad := range []string{strings.Repeat("é", 141), "\xff", strings.Repeat(" ", 1000), "a\u202eb", "a\x1b[31mb"} {
		if err := s.Retitle(t.Context(), ines, place, bad); !fault.Is(err, "title_invalid") {
			t.Errorf("%.10q: %v", bad, err)
		}
	}
}

func TestRotatedKeyIsVoidAtOnce(t *testing.T) {
	s := newStage(t)
	old := s.key()
	held := s.begin()
	in, err := s.RotateKey(t.Context(), ines, place)
	s.must(err)
	if in.Key.Equal(old) || in.Key.Reveal() == "" {
		t.Fatal("the key did not change")
	}
	s.wants(live.Interrupted, "started interrupted")
	s.must(s.Interrupt(t.Context(), held)) // the encoder that was cut off
	if _, err := s.Begin(t.Context(), old); !fault.Is(err, "stream_key_wrong") {
		t.Errorf("old key: %v", err)
	}
	if b, err := s.Begin(t.Context(), in.Key); err != nil || b.ID != held.ID {
		t.Errorf("new key: %v %v", b.ID, err)
	}
	s.wants(live.Live, "started interrupted resumed")
}

func TestAfterARestartBroadcastsWaitForTheirEncoder(t *testing.T) {
	s := newStage(t)
	b := s.begin()
	other := s.node("two")
	s.must(other.Recover(t.Context())) // not its broadcast
	s.wants(live.Live, "started")
	s.must(s.Recover(t.Context()))
	s.must(s.Recover(t.Context()))
	s.wants(live.Interrupted, "started interrupted")
	if again := s.begin(); again.ID != b.ID {
		t.Error("the broadcast did not go on")
	}
	s.must(s.Recover(t.Context()))
	s.now = s.now.Add(live.Grace)
	s.must(other.Sweep(t.Context())) // any node sweeps
	s.wants(live.Ended, "started interrupted resumed interrupted ended")
}

func TestASilentNodeLosesItsBroadcasts(t *testing.T) {
	s := newStage(t)
	s.begin()
	other := s.node("two")
	s.now = s.now.Add(live.Silence - time.Second)
	s.must(s.Renew(t.Context()))
	s.now = s.now.Add(live.Silence - time.Second)
	s.must(other.Sweep(t.Context()))
	s.wants(live.Live, "started")
	s.now = s.now.Add(time.Second)
	s.must(s.Sweep(t.Context())) // a node does not doubt itself
	s.wants(live.Live, "started")
	s.must(other.Sweep(t.Context()))
	s.wants(live.Interrupted, "started interrupted")
}

func TestTwoEncodersAtOnceShareOneBroadcast(t *testing.T) {
	s := newStage(t)
	key := s.key()
	type answer struct {
		b   live.Broadcast
		err error
	}
	answers := make(chan answer)
	const encoders = 8
	for range encoders {
		go func() {
			b, err := s.Begin(context.WithoutCancel(t.Context()), key)
			answers <- answer{b, err}
		}()
	}
	var takes []int64
	ids := map[ident.Broadcast]bool{}
	for range encoders {
		a := <-answers
		s.must(a.err)
		takes, ids[a.b.ID] = append(takes, a.b.Take), true
	}
	slices.Sort(takes)
	if len(ids) != 1 || takes[0] != 1 || takes[encoders-1] != encoders {
		t.Errorf("%d broadcasts, takes %v", len(ids), takes)
	}
	s.wants(live.Live, "started")
}

func TestWrongKeysOpenNothing(t *testing.T) {
	s := newStage(t)
	key := s.key()
	for _, wrong := range []string{"", " ", "live_", key.Reveal() + "x", strings.ToUpper(key.Reveal()), key.Hash()} {
		if _, err := s.Admit(t.Context(), live.ParseKey(wrong)); !fault.Is(err, "stream_key_wrong") {
			t.Errorf("a wrong key was admitted: %v", err)
		}
	}
	if c, err := s.Admit(t.Context(), live.ParseKey(" "+key.Reveal()+"\n")); err != nil || c != place {
		t.Errorf("%v %v", c, err)
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	s := newStage(t)
	in, err := s.Ingest(t.Context(), ines, place)
	s.must(err)
	if n := len(in.Key.Reveal()); n != len("live_")+32 {
		t.Errorf("key of %d characters", n)
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "key", in.Key, "ingest", in)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", in.Key, "ingest", in)
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d", in, in, in, in.Key, in.Key, in.Key, in.Key)
	_ = json.NewEncoder(&out).Encode(in)
	if strings.Contains(out.String(), in.Key.Reveal()) {
		t.Errorf("the key was printed: %s", out.String())
	}
}
