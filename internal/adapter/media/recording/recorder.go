// Package recording keeps broadcasts as files, while they are live.
//
// Owns: the folder of recordings, the list of segments that each has, writing both.
// Promises: a segment that stands in the list is whole, and stays there when the server
// is killed; a slow or full disk never holds up the live, which then has a gap in its
// recording, or none of the rest, and the creator is told; the encoder's return and the
// server's restart go on with the same recording. Does not do: cutting segments
// (package packager), who may watch (package access), when to delete (domain recording).
package recording

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/recording"
)

// Keeper knows what is to be kept; recording.Service does.
type Keeper interface {
	Begin(ctx context.Context, id ident.Broadcast, channel ident.Channel) (keep bool, err error)
	Grow(ctx context.Context, id ident.Broadcast, stretches []recording.Stretch, bytes int64) (bool, error)
	Finish(ctx context.Context, id ident.Broadcast, trouble string) error
	LeftBehind(ctx context.Context) ([]ident.Broadcast, error)
	Expire(ctx context.Context) error
	Dropped(ctx context.Context) ([]ident.Broadcast, error)
	Forget(ctx context.Context, id ident.Broadcast) error
}

// Config is what a Recorder needs from its surroundings.
type Config struct {
	Keeper Keeper
	Shelf  *Shelf
	Log    *slog.Logger
	// Told is given the reason why a channel's recording ended before its live.
	Told func(ident.Channel, error)
	// Reserve is how much of a disk of a size recordings leave free; UsualReserve says. nil:
	// nothing.
	Reserve func(total int64) int64
	// Every is how often is looked for what is over, expired or dropped. Zero: 2 s.
	Every time.Duration
}

// UsualReserve is what recordings leave of a disk of a size: a twentieth, at least 512 MiB
// and at most 5 GiB, for the database that may be on it too.
func UsualReserve(total int64) int64 { return max(512<<20, min(total/20, 5<<30)) }

// Recorder writes what is live here to the shelf.
type Recorder struct {
	Config

	mu    sync.Mutex
	tapes map[ident.Broadcast]*Tape
	wait  sync.WaitGroup
}

// New returns a recorder. Run tidies up, and waits for the tapes.
func New(c Config) *Recorder {
	if c.Every == 0 {
		c.Every = 2 * time.Second
	}
	return &Recorder{Config: c, tapes: map[ident.Broadcast]*Tape{}}
}

// Run finishes what is over and removes what is dropped, until ctx ends; then it waits
// for the tapes, which whoever has them must have closed.
func (r *Recorder) Run(ctx context.Context) error {
	defer r.wait.Wait()
	tick := time.NewTicker(r.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := r.Tidy(ctx); err != nil && ctx.Err() == nil {
			r.Log.Warn("recordings could not be looked after; trying again", "error", err)
		}
	}
}

// Tidy finishes, expires and removes once.
func (r *Recorder) Tidy(ctx context.Context) error {
	behind, err := r.Keeper.LeftBehind(ctx)
	if err != nil {
		return err
	}
	var troubles []error
	for _, id := range behind {
		if !r.taping(id) {
			troubles = append(troubles, r.finish(ctx, id, ""))
		}
	}
	troubles = append(troubles, r.Keeper.Expire(ctx))
	dropped, err := r.Keeper.Dropped(ctx)
	if err != nil {
		return errors.Join(append(troubles, err)...)
	}
	for _, id := range dropped {
		if r.taping(id) {
			continue // it notices with its next segment
		}
		if err := r.Shelf.Remove(id); err != nil {
			troubles = append(troubles, err)
			continue
		}
		troubles = append(troubles, r.Keeper.Forget(ctx, id))
	}
	return errors.Join(troubles...)
}

func (r *Recorder) taping(id ident.Broadcast) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tapes[id] != nil
}

// finish ends the list of a recording to which nothing more comes, and has the books
// say what the list says.
func (r *Recorder) finish(ctx context.Context, id ident.Broadcast, trouble string) error {
	x, size, err := r.read(id)
	if err != nil {
		return err
	}
	if len(x.entries) > 0 && !x.ended {
		x.ended = true // written anew: the server may have died in the middle of a line
		if err := r.Shelf.Put(id, indexFile, []byte(x.under(indexHead))); err != nil && !fault.Is(err, "disk_full") {
			return err // on a full disk it stays open; that it is over stands in the books
		}
	}
	if _, err := r.Keeper.Grow(ctx, id, x.stretches(), size); err != nil {
		return err
	}
	return r.Keeper.Finish(ctx, id, trouble)
}

// read returns the list of a recording and the size of what it lists.
func (r *Recorder) read(id ident.Broadcast) (x index, size int64, err error) {
	text, err := r.Shelf.Read(id, indexFile)
	if errors.Is(err, fs.ErrNotExist) {
		return index{}, 0, nil
	}
	if err != nil {
		return index{}, 0, err
	}
	x = readIndex(text)
	for i, e := range x.entries {
		n, err := r.Shelf.Size(id, e.name)
		if err != nil {
			return index{}, 0, err
		}
		if n == 0 { // a backup that was made meanwhile has the list, and not what it lists
			x.entries = x.entries[:i]
			break
		}
		size += n
	}
	return x, size, nil
}
