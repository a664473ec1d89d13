package recording_test

import (
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/recording"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A moment that was recorded is where it was recorded; one that was not is where the
// recording goes on.
func TestMomentsStayWhereTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r recording.Recording
		at := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
		for range rapid.IntRange(1, 5).Draw(t, "stretches") {
			at = at.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(t, "gap")) * time.Millisecond)
			length := time.Duration(rapid.IntRange(1, 60_000).Draw(t, "length")) * time.Millisecond
			r.Stretches = append(r.Stretches, recording.Stretch{At: at, Begins: r.Length(), Length: length})
			at = at.Add(length)
		}
		offset := time.Duration(rapid.Int64Range(0, r.Length().Milliseconds()-1).Draw(t, "offset")) * time.Millisecond
		if back := r.Offset(r.Moment(offset)); back != offset {
			t.Fatalf("%s of %+v was at %s, which is at %s", offset, r.Stretches, r.Moment(offset), back)
		}
		first, last := r.Stretches[0], r.Stretches[len(r.Stretches)-1]
		if got := r.Offset(first.At.Add(-time.Hour)); got != 0 {
			t.Errorf("before it: %s", got)
		}
		if got := r.Offset(last.At.Add(last.Length + time.Hour)); got != r.Length() {
			t.Errorf("after it: %s of %s", got, r.Length())
		}
		for i, s := range r.Stretches[1:] {
			before := r.Stretches[i]
			if gap := before.At.Add(before.Length); gap.Before(s.At) {
				if got := r.Offset(gap); got != s.Begins {
					t.Errorf("in the gap before %d: %s, want %s", i+1, got, s.Begins)
				}
			}
		}
	})
}

type stage struct {
	*recording.Service
	*storetest.World
	t     *testing.T
	ada   ident.Account
	place ident.Channel
	live  ident.Broadcast

	stored []recording.Stretch
	size   int64
}

// newStage is a channel whose live has just begun on the node 'one'.
func newStage(t *testing.T) *stage {
	w := storetest.NewWorld(t)
	s := &stage{World: w, t: t, ada: w.Person("Ada")}
	s.place = w.Channel(s.ada)
	s.Service = s.node("one")
	s.live = s.begins("Glazing")
	return s
}

func (s *stage) node(name string) *recording.Service {
	return &recording.Service{
		Store: store.UnitOf(s.World.DB, func(tx *store.Tx) recording.Tx { return tx }), IDs: s.World.IDs, Now: s.Clock.Now, Node: name, Allowed: true,
	}
}

func (s *stage) begins(title string) ident.Broadcast {
	s.t.Helper()
	b := live.Broadcast{ID: ident.Make[ident.Broadcast](s.World.IDs), Channel: s.place, Title: title, State: live.Live, Node: "one", Take: 1, Started: s.Clock.Now(), Seen: s.Clock.Now()}
	s.must(s.World.Update(s.t.Context(), func(tx *store.Tx) error { return tx.InsertBroadcast(s.t.Context(), b) }))
	return b.ID
}

func (s *stage) ends() {
	s.t.Helper()
	s.must(s.World.Update(s.t.Context(), func(tx *store.Tx) error {
		b, _, err := tx.OpenBroadcast(s.t.Context(), s.place)
		if err != nil {
			return err
		}
		b.State, b.Ended = live.Ended, s.Clock.Now()
		return tx.SetBroadcast(s.t.Context(), b)
	}))
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// grows has the recording hold another while, in a stretch of its own where the clock went
// on since the last.
func (s *stage) grows(length time.Duration) bool {
	s.t.Helper()
	last := len(s.stored) - 1
	if now := s.Clock.Now(); last < 0 || !s.stored[last].At.Add(s.stored[last].Length).Equal(now) {
		begins := time.Duration(0)
		if last >= 0 {
			begins = s.stored[last].Begins + s.stored[last].Length
		}
		s.stored = append(s.stored, recording.Stretch{At: now, Begins: begins, Length: length})
	} else {
		s.stored[last].Length += length
	}
	s.size += 1000
	s.Clock.Advance(length)
	return s.says()
}

// says tells the service what is stored.
func (s *stage) says() bool {
	s.t.Helper()
	more, err := s.Grow(s.t.Context(), s.live, s.stored, s.size)
	s.must(err)
	return more
}

// kept begins a recording of four seconds.
func (s *stage) kept() {
	s.t.Helper()
	if keep, err := s.Begin(s.t.Context(), s.live, s.place); err != nil || !keep {
		s.t.Fatalf("keep %v, %v", keep, err)
	}
	s.grows(2 * time.Second)
	s.grows(2 * time.Second)
}

func (s *stage) found() recording.Recording {
	s.t.Helper()
	r, _, err := s.Find(s.t.Context(), s.live)
	s.must(err)
	return r
}

func TestALiveIsKept(t *testing.T) {
	s := newStage(t)
	began := s.Clock.Now()
	s.kept()
	s.Clock.Advance(10 * time.Second) // the encoder was away
	again := s.Clock.Now()
	s.grows(time.Second)
	s.ends()
	s.must(s.Finish(t.Context(), s.live, ""))
	r := s.found()
	want := []recording.Stretch{{At: began, Length: 4 * time.Second}, {At: again, Begins: 4 * time.Second, Length: time.Second}}
	if !slices.Equal(r.Stretches, want) || r.State != recording.Kept || r.Title != "Glazing" || r.Bytes != 3000 || !r.Started.Equal(began) {
		t.Errorf("kept %+v", r)
	}
	if want := s.Clock.Now().AddDate(0, 0, 30); !r.Expires.Equal(want) {
		t.Errorf("expires %s, want %s", r.Expires, want)
	}
}

// What is not to be kept is not, whoever says so.
func TestALiveIsNotKept(t *testing.T) {
	for name, prepare := range map[string]func(*stage){
		"the creator":  func(s *stage) { s.must(s.SetUp(t.Context(), s.ada, s.place, recording.Setup{})) },
		"the operator": func(s *stage) { s.Allowed = false },
		"it is over":   func(s *stage) { s.ends() },
		"another node has it": func(s *stage) {
			_, err := s.node("two").Begin(t.Context(), s.live, s.place)
			s.must(err)
		},
		"it was deleted": func(s *stage) {
			s.kept()
			s.must(s.Delete(t.Context(), s.ada, s.place, s.live))
		},
		"it failed": func(s *stage) {
			s.kept()
			s.must(s.Finish(t.Context(), s.live, "disk_full"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			prepare(s)
			if keep, err := s.Begin(t.Context(), s.live, s.place); err != nil || keep {
				t.Errorf("keep %v, %v", keep, err)
			}
		})
	}
}

func TestADeletedRecordingIsGone(t *testing.T) {
	s := newStage(t)
	s.kept()
	s.must(s.Delete(t.Context(), s.ada, s.place, s.live))
	if s.grows(time.Second) {
		t.Error("it grew on")
	}
	s.must(s.Finish(t.Context(), s.live, ""))
	if _, found, err := s.Find(t.Context(), s.live); found || err != nil {
		t.Errorf("found %v, %v", found, err)
	}
	if _, _, err := s.Get(t.Context(), s.ada, s.place, s.live); !fault.Is(err, "recording_missing") {
		t.Errorf("shown: %v", err)
	}
	if err := s.Delete(t.Context(), s.ada, s.place, s.live); !fault.Is(err, "recording_missing") {
		t.Errorf("deleted twice: %v", err)
	}
	if ids, err := s.node("two").Dropped(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("another node was to remove %v, %v", ids, err)
	}
	ids, err := s.Dropped(t.Context())
	if err != nil || !slices.Equal(ids, []ident.Broadcast{s.live}) {
		t.Fatalf("to remove: %v, %v", ids, err)
	}
	s.must(s.Forget(t.Context(), s.live)) // its live goes on: it is remembered as deleted
	if keep, err := s.Begin(t.Context(), s.live, s.place); err != nil || keep {
		t.Errorf("its live is kept anew: %v, %v", keep, err)
	}
	s.ends()
	s.must(s.Forget(t.Context(), s.live))
	if ids, err := s.Dropped(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("still to remove: %v, %v", ids, err)
	}
}

func TestRecordingsExpire(t *testing.T) {
	s := newStage(t)
	s.must(s.SetUp(t.Context(), s.ada, s.place, recording.Setup{Keep: true, Days: 2}))
	s.kept()
	s.Clock.Advance(49 * time.Hour)
	s.must(s.Expire(t.Context()))
	if s.found().State != recording.Growing {
		t.Error("a live of two days lost its recording")
	}
	s.ends()
	s.must(s.Finish(t.Context(), s.live, ""))
	s.Clock.Advance(48*time.Hour - time.Millisecond)
	s.must(s.Expire(t.Context()))
	if _, found, _ := s.Find(t.Context(), s.live); !found {
		t.Fatal("deleted too early")
	}
	s.Clock.Advance(time.Millisecond)
	s.must(s.Expire(t.Context()))
	if _, found, _ := s.Find(t.Context(), s.live); found {
		t.Error("still there")
	}
}

func TestAKeptRecordingDoesNotExpire(t *testing.T) {
	s := newStage(t)
	s.kept()
	s.ends()
	s.must(s.Finish(t.Context(), s.live, ""))
	if r, err := s.Edit(t.Context(), s.ada, s.place, s.live, recording.Change{Keep: true}); err != nil || !r.Expires.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	s.Clock.Advance(5000 * 24 * time.Hour)
	s.must(s.Expire(t.Context()))
	if _, found, _ := s.Find(t.Context(), s.live); !found {
		t.Error("deleted")
	}
}

// Who keeps a recording for ever while it grows has it kept for ever when it is complete.
func TestAGrowingRecordingThatIsKeptDoesNotExpire(t *testing.T) {
	s := newStage(t)
	s.kept()
	if r, err := s.Edit(t.Context(), s.ada, s.place, s.live, recording.Change{Keep: true}); err != nil || !r.Expires.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	s.grows(time.Second)
	s.ends()
	s.must(s.Finish(t.Context(), s.live, ""))
	if r := s.found(); r.State != recording.Kept || !r.Expires.IsZero() {
		t.Errorf("kept %+v", r)
	}
}

// A server that died is followed by what it stored, also what it did not note.
func TestWhatIsStoredCounts(t *testing.T) {
	s := newStage(t)
	s.kept()
	if ids, err := s.LeftBehind(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("left behind while it is live: %v, %v", ids, err)
	}
	s.ends()
	ids, err := s.LeftBehind(t.Context())
	if err != nil || !slices.Equal(ids, []ident.Broadcast{s.live}) {
		t.Fatalf("left behind: %v, %v", ids, err)
	}
	if ids, err := s.node("two").LeftBehind(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("another node's: %v, %v", ids, err)
	}
	r := s.found()
	stored := append(r.Stretches, recording.Stretch{At: s.Clock.Now(), Begins: r.Length(), Length: time.Second})
	if _, err := s.Grow(t.Context(), s.live, stored, 7000); err != nil {
		t.Fatal(err)
	}
	s.must(s.Finish(t.Context(), s.live, ""))
	if r = s.found(); !slices.Equal(r.Stretches, stored) || r.Bytes != 7000 || r.State != recording.Kept {
		t.Errorf("settled %+v", r)
	}
}

func TestALiveOfNothingIsNotKept(t *testing.T) {
	s := newStage(t)
	_, err := s.Begin(t.Context(), s.live, s.place)
	s.must(err)
	s.ends()
	s.must(s.Finish(t.Context(), s.live, ""))
	if _, found, _ := s.Find(t.Context(), s.live); found {
		t.Error("an empty recording is shown")
	}
}

func TestWhoSeesWhichRecording(t *testing.T) {
	s := newStage(t)
	bea, sub, mod := s.Person("Bea"), s.Person("Sub"), s.Person("Mo")
	s.Subscriber(s.place, sub, 1)
	s.Moderator(s.place, mod)
	s.kept()
	subscribers := access.LiveSubscribers
	refused := func(by ident.Account) string {
		t.Helper()
		l, _, err := s.Get(t.Context(), by, s.place, s.live)
		s.must(err)
		list, err := s.List(t.Context(), by, s.place, s.Clock.Now(), 10)
		s.must(err)
		if len(list) != 1 || list[0].Refused != l.Refused {
			t.Errorf("listed %+v, alone %q", list, l.Refused)
		}
		return l.Refused
	}
	for _, by := range []ident.Account{"", bea, sub, mod, s.ada} {
		if why := refused(by); why != "" {
			t.Errorf("public, to %q: %s", by, why)
		}
	}
	if _, err := s.Edit(t.Context(), s.ada, s.place, s.live, recording.Change{Audience: &subscribers}); err != nil {
		t.Fatal(err)
	}
	for by, want := range map[ident.Account]string{"": "sign_in", bea: "subscribers_only", sub: "", mod: "", s.ada: ""} {
		if why := refused(by); why != want {
			t.Errorf("for subscribers, to %q: %q, want %q", by, why, want)
		}
	}
	_, marks, err := s.Get(t.Context(), bea, s.place, s.live)
	if err != nil || marks != nil {
		t.Errorf("who may not watch was told of %v, %v", marks, err)
	}
	elsewhere := s.Channel(s.Person("Cy"))
	if _, _, err := s.Get(t.Context(), s.ada, elsewhere, s.live); !fault.Is(err, "recording_missing") {
		t.Errorf("in another channel: %v", err)
	}
}

func TestOnlyTheCreatorDecides(t *testing.T) {
	s := newStage(t)
	mod, sub := s.Person("Mo"), s.Person("Sub")
	s.Moderator(s.place, mod)
	s.Subscriber(s.place, sub, 1)
	s.kept()
	for by, marking := range map[ident.Account]string{mod: "", sub: "moderators_only", "": "moderators_only"} {
		_, edit := s.Edit(t.Context(), by, s.place, s.live, recording.Change{Keep: true})
		_, setup := s.Setup(t.Context(), by, s.place)
		for name, err := range map[string]error{
			"delete": s.Delete(t.Context(), by, s.place, s.live), "edit": edit, "setup": setup,
			"set up": s.SetUp(t.Context(), by, s.place, recording.Setup{}),
		} {
			if !fault.Is(err, "owner_only") {
				t.Errorf("%s by %q: %v", name, by, err)
			}
		}
		m, err := s.Mark(t.Context(), by, s.place, "  The crack\n")
		if reason(err) != marking {
			t.Errorf("mark by %q: %v, want %q", by, err, marking)
		}
		if err == nil && m.Label != "The crack" {
			t.Errorf("marked as %q", m.Label)
		}
		if err := s.Unmark(t.Context(), by, s.place, m.ID); reason(err) != marking {
			t.Errorf("unmark by %q: %v, want %q", by, err, marking)
		}
	}
	if err := s.Unmark(t.Context(), s.ada, s.place, "none"); !fault.Is(err, "mark_missing") {
		t.Errorf("what is not marked: %v", err)
	}
	s.ends()
	if _, err := s.Mark(t.Context(), s.ada, s.place, ""); !fault.Is(err, "not_live") {
		t.Errorf("without a live: %v", err)
	}
	for _, days := range []int{-1, recording.DaysMax + 1} {
		if err := s.SetUp(t.Context(), s.ada, s.place, recording.Setup{Keep: true, Days: days}); !fault.Is(err, "days_invalid") {
			t.Errorf("%d days: %v", days, err)
		}
	}
}

func reason(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Reason
	}
	return ""
}
