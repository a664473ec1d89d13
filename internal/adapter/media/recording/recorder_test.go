package recording_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/media"
	recorder "github.com/subspace-live/subspace/internal/adapter/media/recording"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/recording"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// studio is a channel that is live, and the folder its recording goes to.
type studio struct {
	*storetest.World
	t      *testing.T
	keeper *moody
	dir    string
	ada    ident.Account
	place  ident.Channel
	live   ident.Broadcast
	*recorder.Recorder
	reserve func(int64) int64
	stop    func()
	told    chan error
}

// moody is a recording.Service that fails and hesitates when it is told to.
type moody struct {
	*recording.Service
	mu     sync.Mutex
	broken error
	lost   atomic.Bool   // the next answer comes too late, once
	held   chan struct{} // nil: it answers at once
}

func (m *moody) be(broken error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = broken
}

func (m *moody) Begin(ctx context.Context, id ident.Broadcast, c ident.Channel) (bool, error) {
	if m.held != nil {
		<-m.held
	}
	return m.Service.Begin(ctx, id, c)
}

func (m *moody) Grow(ctx context.Context, id ident.Broadcast, stored []recording.Stretch, bytes int64) (bool, error) {
	m.mu.Lock()
	broken := m.broken
	m.mu.Unlock()
	if broken != nil {
		return false, broken
	}
	more, err := m.Service.Grow(ctx, id, stored, bytes)
	if m.lost.CompareAndSwap(true, false) {
		return false, context.DeadlineExceeded
	}
	return more, err
}

func newStudio(t *testing.T, dir string) *studio {
	w := storetest.NewWorld(t)
	s := &studio{World: w, t: t, dir: dir, ada: w.Person("Ada"), told: make(chan error, 1)}
	s.place = w.Channel(s.ada)
	s.live = ident.Make[ident.Broadcast](w.IDs)
	b := live.Broadcast{ID: s.live, Channel: s.place, State: live.Live, Node: "one", Take: 1, Started: w.Clock.Now(), Seen: w.Clock.Now()}
	s.must(w.Update(t.Context(), func(tx *store.Tx) error { return tx.InsertBroadcast(t.Context(), b) }))
	s.keeper = &moody{Service: &recording.Service{
		Store: store.UnitOf(w.DB, func(tx *store.Tx) recording.Tx { return tx }), IDs: w.IDs, Now: w.Clock.Now, Node: "one", Allowed: true,
	}}
	s.opens()
	return s
}

// opens starts the server's recorder, anew after it was stopped.
func (s *studio) opens() {
	s.Recorder = recorder.New(recorder.Config{Keeper: s.keeper, Shelf: recorder.NewShelf(s.dir), Log: slog.New(slog.DiscardHandler), Every: time.Hour, Reserve: s.reserve, Told: func(_ ident.Channel, err error) { s.told <- err }})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx)
	}()
	s.stop = sync.OnceFunc(func() { cancel(); <-done })
	s.t.Cleanup(s.stop)
}

func (s *studio) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *studio) ends() {
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

// segment is the next two seconds of the live.
func (s *studio) segment(content string) recorder.Segment {
	at := s.Clock.Now()
	s.Clock.Advance(2 * time.Second)
	return recorder.Segment{Init: []byte("parameters"), Parts: [][]byte{[]byte(content[:len(content)/2]), []byte(content[len(content)/2:])}, At: at, Length: 2 * time.Second}
}

func (s *studio) tape() media.Output {
	return s.Open(live.Broadcast{ID: s.live, Channel: s.place})
}

func (s *studio) add(x recorder.Segment) { s.Add(s.live, x) }

func (s *studio) file(name string) string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, string(s.live), name))
	s.must(err)
	return string(b)
}

func (s *studio) found() recording.Recording {
	s.t.Helper()
	r, _, err := s.keeper.Find(s.t.Context(), s.live)
	s.must(err)
	return r
}

// listed is what the list says, without what is said of each segment.
func (s *studio) listed() string {
	s.t.Helper()
	var out []string
	for line := range strings.Lines(s.file("index.m3u8")) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "#EXT-X-PROGRAM") && !strings.HasPrefix(line, "#EXTINF") {
			out = append(out, strings.TrimPrefix(line, "#EXT-X-"))
		}
	}
	return strings.Join(out[5:], " ")
}

func TestALiveBecomesFiles(t *testing.T) {
	s := newStudio(t, t.TempDir())
	tape := s.tape()
	for i := range 3 {
		s.add(s.segment(fmt.Sprint("seconds ", i)))
	}
	tape.Close()
	s.stop()
	if got := s.found().Length(); got != 6*time.Second {
		t.Errorf("%s are in the books", got)
	}
	if got, want := s.listed(), `MAP:URI="init-0.mp4" 0.m4s 1.m4s 2.m4s`; got != want {
		t.Errorf("listed %s, want %s", got, want)
	}
	for name, want := range map[string]string{"init-0.mp4": "parameters", "0.m4s": "seconds 0", "2.m4s": "seconds 2"} {
		if got := s.file(name); got != want {
			t.Errorf("%s holds %q", name, got)
		}
	}
	s.must(s.Tidy(t.Context()))
	if strings.Contains(s.listed(), "ENDLIST") || s.found().State != recording.Growing {
		t.Error("finished while its live goes on")
	}
	s.ends()
	s.must(s.Tidy(t.Context()))
	if r := s.found(); !strings.HasSuffix(s.listed(), " ENDLIST") || r.State != recording.Kept || r.Bytes != 27 {
		t.Errorf("listed %s, kept %+v", s.listed(), r)
	}
}

// dies has the server end while it stores the third segment, of which nobody noted the
// second.
func (s *studio) dies() {
	s.t.Helper()
	tape := s.tape()
	s.add(s.segment("first"))
	tape.Close()
	s.stop()
	dir := filepath.Join(s.dir, string(s.live))
	list, err := os.OpenFile(filepath.Join(dir, "index.m3u8"), os.O_APPEND|os.O_WRONLY, 0)
	s.must(err)
	at := s.Clock.Now().Format("2006-01-02T15:04:05.000Z")
	_, err = fmt.Fprintf(list, "#EXT-X-PROGRAM-DATE-TIME:%s\n#EXTINF:2.00000,\n1.m4s\n#EXT-X-PROGRAM-DA", at)
	s.must(err)
	s.must(list.Close())
	s.must(os.WriteFile(filepath.Join(dir, "1.m4s"), []byte("second"), 0o600))
	s.must(os.WriteFile(filepath.Join(dir, ".new-123"), []byte("half of the th"), 0o600))
	s.Clock.Advance(20 * time.Second)
	s.opens()
}

// A server that died in the middle of a segment goes on behind the last whole one.
func TestARestartGoesOn(t *testing.T) {
	s := newStudio(t, t.TempDir())
	s.dies()
	tape := s.tape()
	s.add(s.segment("third"))
	tape.Close()
	s.stop()
	s.ends()
	s.must(s.Tidy(t.Context()))
	if got, want := s.listed(), `MAP:URI="init-0.mp4" 0.m4s 1.m4s DISCONTINUITY MAP:URI="init-2.mp4" 2.m4s ENDLIST`; got != want {
		t.Errorf("listed %s, want %s", got, want)
	}
	if left, err := filepath.Glob(filepath.Join(s.dir, string(s.live), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	r := s.found()
	if len(r.Stretches) != 2 || r.Stretches[0].Length != 4*time.Second || r.Stretches[1].Begins != 4*time.Second || r.Bytes != int64(len("firstsecondthird")) {
		t.Errorf("kept %+v", r)
	}
}

// Where its encoder does not come back, what was stored is the recording.
func TestARestartWithoutAnEncoderFinishes(t *testing.T) {
	s := newStudio(t, t.TempDir())
	s.dies()
	s.ends()
	s.must(s.Tidy(t.Context()))
	if got, want := s.listed(), `MAP:URI="init-0.mp4" 0.m4s 1.m4s ENDLIST`; got != want {
		t.Errorf("listed %s, want %s", got, want)
	}
	if r := s.found(); r.State != recording.Kept || r.Length() != 4*time.Second || r.Bytes != int64(len("firstsecond")) {
		t.Errorf("kept %+v", r)
	}
}

func TestAFullDiskEndsTheRecordingAndNotTheLive(t *testing.T) {
	dir := storetest.SmallDisk(t)
	s := newStudio(t, dir)
	tape := s.tape()
	s.add(s.segment("before"))
	for s.found().Bytes == 0 {
		time.Sleep(time.Millisecond)
	}
	free := storetest.Fill(t, dir)
	big := s.segment(string(bytes.Repeat([]byte("x"), 1<<20)))
	s.add(big)
	if err := <-s.told; !fault.Is(err, "disk_full") {
		t.Errorf("told %v", err)
	}
	free()
	s.add(s.segment("after"))
	tape.Close()
	s.stop()
	r := s.found()
	if r.State != recording.Kept || r.Trouble != "disk_full" || r.Length() != 2*time.Second {
		t.Errorf("kept %+v", r)
	}
	if got, want := s.listed(), `MAP:URI="init-0.mp4" 0.m4s`; !strings.HasPrefix(got, want) || strings.Contains(got, "1.m4s") {
		t.Errorf("listed %s", got)
	}
}

// The recording ends while the database, which may be on the same disk, still has room.
func TestARecordingLeavesRoom(t *testing.T) {
	s := newStudio(t, storetest.SmallDisk(t))
	s.stop()
	const left = 2 << 20
	s.reserve = func(total int64) int64 {
		if total != 4<<20 {
			t.Errorf("a disk of four megabytes has %d", total)
		}
		return left
	}
	s.opens()
	tape := s.tape()
	for range 4 {
		s.add(s.segment(strings.Repeat("x", 900<<10)))
	}
	if err := <-s.told; !fault.Is(err, "disk_full") {
		t.Errorf("told %v", err)
	}
	tape.Close()
	s.stop()
	if r := s.found(); r.State != recording.Kept || r.Trouble != "disk_full" || r.Length() != 4*time.Second {
		t.Errorf("kept %+v", r)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "database"), make([]byte, left-64<<10), 0o600); err != nil {
		t.Errorf("what is left is not enough: %v", err)
	}
}

func TestTheUsualReserve(t *testing.T) {
	for total, want := range map[int64]int64{1 << 30: 512 << 20, 40 << 30: 2 << 30, 4 << 40: 5 << 30} {
		if got := recorder.UsualReserve(total); got != want {
			t.Errorf("of %d bytes %d are left, want %d", total, got, want)
		}
	}
}

// Whoever hands on segments does not wait, however long the disk or the database takes.
func TestASlowDiskLeavesAGap(t *testing.T) {
	s := newStudio(t, t.TempDir())
	s.keeper.held = make(chan struct{})
	tape := s.tape()
	for i := range 20 {
		s.add(s.segment(fmt.Sprint(i)))
	}
	close(s.keeper.held)
	for len(s.found().Stretches) == 0 || s.found().Length() < 16*time.Second {
		time.Sleep(time.Millisecond)
	}
	s.add(s.segment("on again"))
	tape.Close()
	s.stop()
	if r := s.found(); len(r.Stretches) != 2 || r.Stretches[1].Length != 2*time.Second {
		t.Errorf("kept %+v", r)
	}
	if got := s.listed(); strings.Count(got, "DISCONTINUITY") != 1 {
		t.Errorf("listed %s", got)
	}
}

func TestTheBooksAreToldLater(t *testing.T) {
	s := newStudio(t, t.TempDir())
	tape := s.tape()
	s.add(s.segment("one"))
	for s.found().Bytes == 0 {
		time.Sleep(time.Millisecond)
	}
	s.keeper.be(errors.New("the database is away"))
	s.add(s.segment("two"))
	s.add(s.segment("three"))
	for !strings.Contains(s.listed(), "2.m4s") {
		time.Sleep(time.Millisecond)
	}
	if got := s.found().Length(); got != 2*time.Second {
		t.Errorf("%s are in the books", got)
	}
	s.keeper.be(nil)
	s.add(s.segment("four"))
	tape.Close()
	s.stop()
	if r := s.found(); r.Length() != 8*time.Second || r.Bytes != int64(len("onetwothreefour")) {
		t.Errorf("kept %+v", r)
	}
}

func TestADeletedRecordingLeavesNoFile(t *testing.T) {
	s := newStudio(t, t.TempDir())
	tape := s.tape()
	s.add(s.segment("one"))
	for s.found().Bytes == 0 {
		time.Sleep(time.Millisecond)
	}
	s.must(s.keeper.Delete(t.Context(), s.ada, s.place, s.live))
	s.must(s.Tidy(t.Context()))
	if s.file("0.m4s") != "one" {
		t.Error("a folder was removed that is written to")
	}
	s.add(s.segment("two"))
	s.add(s.segment("three"))
	tape.Close()
	s.stop()
	s.must(s.Tidy(t.Context()))
	if left, err := os.ReadDir(s.dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	s.opens() // after a restart the same live is not kept anew
	tape = s.tape()
	s.add(s.segment("four"))
	tape.Close()
	s.stop()
	if left, err := os.ReadDir(s.dir); err != nil || len(left) != 0 {
		t.Errorf("after a restart there are %v, %v", left, err)
	}
	s.ends()
	s.must(s.Tidy(t.Context()))
	if ids, err := s.keeper.Dropped(t.Context()); err != nil || len(ids) != 0 {
		t.Errorf("still to remove %v, %v", ids, err)
	}
}

// An encoder that paused plays on without a gap, and what comes then is where it was by
// the clock; a restart reads of the list what the books say.
func TestAPauseIsAStretchAndNoCut(t *testing.T) {
	s := newStudio(t, t.TempDir())
	tape := s.tape()
	s.add(s.segment("one"))
	s.Clock.Advance(200 * time.Millisecond) // no more than what clocks do
	s.add(s.segment("two"))
	s.Clock.Advance(4 * time.Second)
	paused := s.Clock.Now()
	s.add(s.segment("three"))
	tape.Close()
	s.stop()
	told := s.found().Stretches
	if len(told) != 2 || told[0].Length != 4*time.Second || told[1].Begins != 4*time.Second || !told[1].At.Equal(paused) {
		t.Errorf("told %+v", told)
	}
	if got := s.listed(); strings.Contains(got, "DISCONTINUITY") {
		t.Errorf("listed %s", got)
	}
	s.ends()
	s.must(s.Tidy(t.Context()))
	if kept := s.found().Stretches; fmt.Sprint(kept) != fmt.Sprint(told) {
		t.Errorf("the list says %+v, the books were told %+v", kept, told)
	}
}

// What was noted, and whose answer was lost, is not noted again.
func TestALostAnswerCountsOnce(t *testing.T) {
	s := newStudio(t, t.TempDir())
	tape := s.tape()
	s.add(s.segment("one"))
	for s.found().Bytes == 0 {
		time.Sleep(time.Millisecond)
	}
	s.keeper.lost.Store(true)
	cut := s.segment("two")
	cut.Cut = true
	s.add(cut)
	for s.keeper.lost.Load() {
		time.Sleep(time.Millisecond)
	}
	s.add(s.segment("three"))
	tape.Close()
	s.stop()
	if r := s.found(); len(r.Stretches) != 2 || r.Length() != 6*time.Second || r.Bytes != int64(len("onetwothree")) {
		t.Errorf("grew to %+v", r)
	}
}

// A database that is away when the server is back costs the recording nothing.
func TestARestartOutlastsTheDatabase(t *testing.T) {
	s := newStudio(t, t.TempDir())
	s.dies()
	s.keeper.be(errors.New("the database is away"))
	tape := s.tape()
	s.add(s.segment("third"))
	for !strings.Contains(s.listed(), "2.m4s") {
		time.Sleep(time.Millisecond)
	}
	s.keeper.be(nil)
	s.add(s.segment("fourth"))
	tape.Close()
	s.stop()
	if r := s.found(); r.Trouble != "" || r.State != recording.Growing || r.Length() != 8*time.Second || r.Bytes != int64(len("firstsecondthirdfourth")) {
		t.Errorf("grew to %+v", r)
	}
}
