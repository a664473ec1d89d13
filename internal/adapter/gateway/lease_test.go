package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// bans shuts somebody out on another node: it is committed, and no bell of it is
// heard here.
func (s *stage) bans(who ident.Account) {
	s.t.Helper()
	bans := moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
	if _, err := bans.Impose(s.t.Context(), s.owner, moderation.Order{Channel: s.channel, Account: who, Kind: access.BlockBan}); err != nil {
		s.t.Fatal(err)
	}
}

// bell rings for the newest event of a log, as a bus would.
func (s *stage) bell(a room.Audience) {
	s.t.Helper()
	at := room.Address{Channel: s.channel, Audience: a}
	page, err := s.Logs().Page(s.t.Context(), at, room.NoCursor, 0, 1)
	if err != nil || len(page.Events) != 1 {
		s.t.Fatalf("%v, %v", page.Events, err)
	}
	s.gateway.Ring(room.Bell{Address: at, Encoded: page.Events[0]})
}

// writes appends without a bell: only the heads tell of it.
func (s *stage) writes(a room.Audience, texts ...string) {
	s.t.Helper()
	entries := make([]room.Entry, len(texts))
	for i, text := range texts {
		entries[i] = room.Entry{
			Address: room.Address{Channel: s.channel, Audience: a}, Author: s.owner,
			Payload: event.MessagePosted{Author: event.Author{ID: s.owner}, Text: text},
		}
	}
	if err := s.Update(s.t.Context(), func(tx *store.Tx) error {
		_, err := tx.Append(s.t.Context(), entries...)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
}

// Rights that are in memory may have changed, unheard of, before anybody here
// followed the channel's business: comparing heads would never tell.
func TestChangeBeforeItsLogIsFollowedIsNotMissed(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	yuna := access.Subject{Account: s.yuna, Channel: s.channel}
	if d, err := s.gate.Decide(t.Context(), yuna, access.ReadSpace); err != nil || !d.Allowed {
		t.Fatalf("before: %v, %v", d, err)
	}
	s.bans(s.yuna)
	if d, err := s.gate.Decide(t.Context(), yuna, access.ReadSpace); err != nil || !d.Allowed {
		t.Fatalf("the facts are not in memory, the test proves nothing: %v, %v", d, err)
	}
	if _, err := s.enters(s.yuna).EnterAt("atelier", "space", 0); reason(err) != "banned" {
		t.Errorf("entering after a ban nobody heard of: %v", err)
	}
}

// A change that was heard of while rights could not be read is acted on once
// they can: on doors that no lease closes, too.
func TestChangeHeardWhileRightsAreAwayIsActedOnAfterwards(t *testing.T) {
	t.Parallel()
	t.Run("a ban closes the public room", func(t *testing.T) {
		s := newStage(t, false)
		k := s.enters(s.yuna, "public")
		s.rights.cut.Store(true)
		s.bans(s.yuna)
		s.bell(room.Business)
		s.tried(k)
		s.rights.cut.Store(false)
		if f := k.Await("the room closes", apptest.Type("closed", "public")); f.Reason != "banned" {
			t.Errorf("closed because %s", f.Reason)
		}
	})
	t.Run("a right opens the Sub Space", func(t *testing.T) {
		s := newStage(t, false)
		ravi := s.Person("Ravi")
		k := s.enters(ravi, "public")
		s.rights.cut.Store(true)
		s.Subscriber(s.channel, ravi, 1)
		if err := s.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Append(t.Context(), room.Entry{
				Address: room.Address{Channel: s.channel, Audience: room.Business}, Payload: event.GrantChanged{Account: ravi},
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.bell(room.Business)
		s.tried(k)
		s.rights.cut.Store(false)
		k.Await("the door", apptest.Type("door", "space"))
		k.Await("word of the standing", apptest.Type("standing", ""))
	})
}

// tried waits until the gateway has tried to read rights in vain.
func (s *stage) tried(k *apptest.Socket) {
	s.t.Helper()
	before := s.rights.failed.Load()
	apptest.Eventually(s.t, "the rights were not asked for", func() bool { return s.rights.failed.Load() > before || before > 0 })
	if _, err := k.Calls(map[string]any{"type": "ping"}); err != nil {
		s.t.Fatal(err)
	}
}

// One reading that hangs does not keep the others from being made: rooms go on
// by heads, and leases are renewed.
func TestReadingOfSessionsThatHangsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	k := s.enters(s.yuna, "public", "space")
	s.signed.hang.Store(true)
	for i := range 3 { // each is heard of by a comparison of its own
		words := fmt.Sprint("by heads ", i)
		s.writes(room.Space, words)
		k.Hears("space", words)
	}
	for _, f := range k.Frames() {
		if f.Type == "closed" {
			t.Errorf("closed: %s", f.Raw)
		}
	}
}

// What is asked of a database that does not answer is refused, and in time.
func TestAsksAreAnsweredWhileTheDatabaseHangs(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	k := s.enters(s.yuna, "public")
	s.ahead.Add(int64(access.Lease)) // what the gate knows is too old
	s.rights.hang.Store(true)
	began := time.Now()
	if _, err := k.EnterAt("atelier", "space", 0); reason(err) != "unconfirmed" {
		t.Errorf("entering: %v", err)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("the answer took %v", took)
	}
	s.rights.hang.Store(false)
	if _, err := k.EnterAt("atelier", "space", 0); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Whoever goes on asking while nobody answers does not fill the memory.
func TestAsksThatWaitAreBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	k := s.enters(s.yuna)
	s.rights.hang.Store(true)
	ask := func(i int) error {
		return k.Send(map[string]any{"type": "enter", "id": fmt.Sprint(i), "channel": "atelier", "room": "space"})
	}
	sent := 0
	for ; sent < 1000 && ask(sent) == nil; sent++ {
		s.ahead.Add(int64(time.Second)) // else it would be too many frames
	}
	if code := k.Ended(); code != 4029 {
		t.Errorf("closed with %d after %d asks, want 4029", code, sent)
	}
}

// Nor does whoever asks little and long: what waits is bounded by its bytes too,
// and by those that came, not by what they mean when they are read.
func TestAsksThatWaitAreBoundedInBytes(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	k := s.enters(s.yuna)
	s.rights.hang.Store(true)
	if err := k.Send(map[string]any{"type": "enter", "id": "0", "channel": "atelier", "room": "space"}); err != nil {
		t.Fatal(err)
	}
	long := []byte(`{"type":"post","id":"1","mentions":[""` + strings.Repeat(`,""`, 2650) + `]}`) // all but 8 KiB, and five times that when read
	most := 0
	for sent := 1; sent <= 100 && k.Write(websocket.MessageText, long) == nil; sent++ {
		s.ahead.Add(int64(time.Second)) // else it would be too many frames
		frames, bytes := 0, 0
		apptest.Eventually(t, "the frame is not heard", func() bool {
			frames, bytes = s.gateway.Kept()
			return frames == sent || s.gateway.Connections() == 0 || most > 0 && frames == 0
		})
		most = max(most, bytes)
	}
	if code := k.Ended(); code != 4029 {
		t.Errorf("closed with %d, want 4029", code)
	}
	if most == 0 || most > 128_000 {
		t.Errorf("%d bytes waited", most)
	}
}

// A clock that has run out closes a private door also while nothing can be read.
func TestRightEndsByTheClockWhileNothingCanBeRead(t *testing.T) {
	t.Parallel()
	s := newStage(t, false)
	ravi := s.Person("Ravi")
	s.Grant(s.channel, ravi, time.Now().Add(-time.Hour), time.Now().Add(4*time.Second), 1)
	k := s.enters(ravi, "public", "space")
	other := s.enters(s.yuna, "space")
	s.rights.cut.Store(true)
	s.says(room.Space, "before the end")
	k.Hears("space", "before the end")
	s.ahead.Add(int64(4 * time.Second)) // the lease would last longer
	s.says(room.Space, "after the end")
	other.Await("the words, or the end of a lease", func(f apptest.Frame) bool {
		return f.Type == "closed" || f.Event.Data.Text == "after the end"
	})
	s.rights.cut.Store(false)
	if f := k.Await("the room closes", apptest.Type("closed", "space")); f.Reason != "period_ended" && f.Reason != "unconfirmed" {
		t.Errorf("closed because %s", f.Reason)
	}
	if holds(k, "after the end") {
		t.Error("words written after the end of a right were sent to its owner")
	}
	if _, err := k.EnterAt("atelier", "space", 0); reason(err) != "period_ended" {
		t.Errorf("entering again: %v", err)
	}
}

// Whoever signed out on another node, just when that could not be read here, is
// asked about again at the next opportunity and not a lease later.
func TestSignOutIsNotOverlookedForALeaseByOneReadingThatFails(t *testing.T) {
	t.Parallel() // it waits for real time
	s := newStage(t, false)
	k := s.enters(s.yuna, "public")
	id := ident.Session("s" + s.yuna)
	s.signed.mu.Lock()
	s.signed.dead, s.signed.fails, s.signed.asked = map[ident.Session]bool{id: true}, 1, nil
	s.signed.mu.Unlock()
	if code := k.Ended(); code != 4001 {
		t.Errorf("closed with %d, want 4001", code)
	}
	s.signed.mu.Lock()
	defer s.signed.mu.Unlock()
	if n := len(s.signed.asked); n < 2 || s.signed.asked[1].Sub(s.signed.asked[0]) > access.Lease*7/10 {
		t.Errorf("after a reading that failed the next came at %v", s.signed.asked)
	}
}
