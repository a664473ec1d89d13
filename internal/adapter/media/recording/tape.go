package recording

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/recording"
)

// Segment is a stretch of a broadcast that plays by itself, and is complete. Whoever is
// given one changes nothing of it.
type Segment struct {
	Init   []byte    // the codec parameters that it needs
	Parts  [][]byte  // the segment, in pieces
	At     time.Time // when its first picture was made
	Length time.Duration
	Cut    bool // it does not follow the one before
}

func (s Segment) size() (n int64) {
	for _, part := range s.Parts {
		n += int64(len(part))
	}
	return n
}

// queueSize is how many segments wait for the disk, about sixteen seconds; what comes
// when that many do is a gap in the recording.
const queueSize = 8

// patience is how long the database may take to hear of a segment.
const patience = 10 * time.Second

// Tape is the recording of a broadcast as long as it is live here.
type Tape struct {
	recorder *Recorder
	id       ident.Broadcast
	channel  ident.Channel
	log      *slog.Logger
	queue    chan Segment

	mu      sync.Mutex
	skipped bool // a segment was lost: what comes next does not follow
	closed  bool

	// Of the goroutine that writes.
	begun  bool
	over   bool // nothing more is kept
	number int
	init   []byte
	last   entry
	// stored is what the list says, and how large that is.
	stored []recording.Stretch
	size   int64
}

// Open begins to record a broadcast, if it is to be kept; it is a media.OpenOutput. Its
// frames are not looked at: Add brings what they were cut into.
func (r *Recorder) Open(b live.Broadcast) media.Output {
	t := &Tape{
		recorder: r, id: b.ID, channel: b.Channel, queue: make(chan Segment, queueSize),
		log: r.Log.With("broadcast", b.ID, "channel", b.Channel),
	}
	r.mu.Lock()
	r.tapes[b.ID] = t
	r.mu.Unlock()
	r.wait.Add(1)
	go func() { // owned by Run, which waits; Close ends it
		defer r.wait.Done()
		t.write()
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.tapes[b.ID] == t {
			delete(r.tapes, b.ID)
		}
	}()
	return t
}

// Add hands on a segment of an open broadcast, and never waits for the disk.
func (r *Recorder) Add(id ident.Broadcast, s Segment) {
	r.mu.Lock()
	t := r.tapes[id]
	r.mu.Unlock()
	if t != nil {
		t.add(s)
	}
}

func (t *Tape) add(s Segment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	s.Cut = s.Cut || t.skipped
	select {
	case t.queue <- s:
		t.skipped = false
	default:
		t.skipped = true
		t.log.Warn("the disk is too slow for the recording: a segment was left out")
	}
}

// Begin, Video and Audio implement media.Output.

// Begin does nothing: the next segment says what changed.
func (t *Tape) Begin(media.Format, int64) error { return nil }

// Video does nothing.
func (t *Tape) Video(media.Frame) error { return nil }

// Audio does nothing.
func (t *Tape) Audio(media.Frame) error { return nil }

// Close implements media.Output: nothing more comes from here. Whether the broadcast is
// over is found out by whoever looks (Tidy).
func (t *Tape) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.closed = true
		close(t.queue)
	}
}

func (t *Tape) write() {
	for s := range t.queue {
		if t.over {
			continue
		}
		if err := t.keep(s); err != nil {
			t.fail(err)
		}
	}
}

func (t *Tape) keep(s Segment) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := t.begin(ctx, &s); err != nil || !t.begun || t.over {
		return err
	}
	if err := t.store(s); err != nil {
		return err
	}
	more, err := t.recorder.Keeper.Grow(ctx, t.id, slices.Clone(t.stored), t.size)
	if err != nil {
		t.log.Warn("the books could not be told of a recorded segment; trying again with the next", "error", err)
		return nil
	}
	t.over = !more
	return nil
}

// begin asks, before the first segment, whether the broadcast is to be kept, and goes
// on where the list ends.
func (t *Tape) begin(ctx context.Context, s *Segment) error {
	if t.begun {
		return nil
	}
	keep, err := t.recorder.Keeper.Begin(ctx, t.id, t.channel)
	if err != nil {
		t.log.Warn("it could not be asked whether a live is to be kept; trying again with the next segment", "error", err)
		return nil
	}
	if !keep {
		t.begun, t.over = true, true
		return nil
	}
	x, size, err := t.recorder.read(t.id)
	if err != nil {
		return err
	}
	if err := t.recorder.Shelf.sweep(t.id); err != nil {
		return err
	}
	// Written anew, so that what the server wrote when it died stands in the way of nothing.
	if err := t.recorder.Shelf.Put(t.id, indexFile, []byte(x.under(indexHead))); err != nil {
		return err
	}
	if t.number = len(x.entries); t.number > 0 {
		s.Cut = true
		t.last = x.entries[t.number-1]
	}
	t.stored, t.size = x.stretches(), size
	t.begun = true
	return nil
}

// store writes the files, then the line that says that they are there.
func (t *Tape) store(s Segment) error {
	shelf := t.recorder.Shelf
	if err := shelf.spare(s.size(), t.recorder.Reserve); err != nil {
		return err
	}
	e := entry{name: fmt.Sprintf("%d.m4s", t.number), init: t.last.init, at: s.At.Truncate(time.Millisecond), length: s.Length.Round(precision), cut: s.Cut}
	if !bytes.Equal(s.Init, t.init) {
		e.init = fmt.Sprintf("init-%d.mp4", t.number)
		if err := shelf.Put(t.id, e.init, s.Init); err != nil {
			return err
		}
		t.init = s.Init
	}
	if err := shelf.Put(t.id, e.name, s.Parts...); err != nil {
		return err
	}
	if err := shelf.Append(t.id, indexFile, e.text(t.last.init)); err != nil {
		return err
	}
	t.number++
	t.last, t.stored, t.size = e, e.follow(t.stored), t.size+s.size()
	return nil
}

// fail ends the recording, and not the live.
func (t *Tape) fail(err error) {
	t.over = true
	trouble := "storage_failed"
	if fault.Is(err, "disk_full") {
		trouble = "disk_full"
	}
	t.log.Error("a recording ended before its live", "error", err)
	t.recorder.Told(t.channel, fault.New(fault.Unavailable, trouble, "Nothing more of this live is recorded: the server could not store it. The live goes on.").Because(err))
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := t.recorder.finish(ctx, t.id, trouble); err != nil {
		t.log.Error("a recording could not be finished; trying again when its live is over", "error", err)
	}
}
