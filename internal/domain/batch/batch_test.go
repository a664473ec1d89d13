package batch_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/subspace-live/subspace/internal/domain/batch"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// job is a number that is doubled when it is written.
type job struct{ n, twice int }

// running runs a writer until stop.
func running[J any](t *testing.T, w *batch.Writer[J]) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }() // stop waits
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestWhatWaitsIsWrittenTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		w := batch.NewWriter(func(_ context.Context, jobs []*job) error {
			sizes = append(sizes, len(jobs))
			time.Sleep(time.Millisecond) // a commit
			for _, j := range jobs {
				j.twice = 2 * j.n
			}
			return nil
		})
		stop := running(t, w)
		var all sync.WaitGroup
		for n := range 301 {
			all.Go(func() {
				j := &job{n: n}
				if err := w.Do(t.Context(), j); err != nil || j.twice != 2*n {
					t.Errorf("%d: %+v, %v", n, j, err)
				}
			})
			if n == 0 {
				synctest.Wait() // the first is being written; the others come meanwhile
			}
		}
		all.Wait()
		stop()
		if len(sizes) != 3 || sizes[0] != 1 || sizes[1] != 256 || sizes[2] != 44 {
			t.Errorf("written in batches of %v", sizes)
		}
	})
}

// Who breaks a batch breaks only itself, and everybody is told how it went.
func TestWhoBreaksABatchIsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		odd, refused := errors.New("an accident"), fault.New(fault.Conflict, "not_today", "Not today.")
		for name, c := range map[string]struct {
			breaks error
			others error
		}{
			"an accident": {odd, nil},
			"a refusal":   {refused, refused}, // it is the answer to all
			"a bad job":   {fault.New(fault.Invalid, "text_invalid", "Not this."), nil},
		} {
			w := batch.NewWriter(func(_ context.Context, jobs []*job) error {
				for _, j := range jobs {
					if j.n == 7 {
						return c.breaks
					}
				}
				return nil
			})
			var all sync.WaitGroup
			for n := range 20 {
				all.Go(func() {
					want := c.others
					if n == 7 {
						want = c.breaks
					}
					if err := w.Do(t.Context(), &job{n: n}); !errors.Is(err, want) {
						t.Errorf("%s: %d got %v, want %v", name, n, err, want)
					}
				})
			}
			synctest.Wait() // all of them wait
			stop := running(t, w)
			all.Wait()
			stop()
		}
	})
}

func TestAFullQueueRefusesAtOnceAndAStoppingOneAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := batch.NewWriter(func(context.Context, []*job) error { return nil })
		const size = 4096
		var all sync.WaitGroup
		for range size {
			all.Go(func() {
				if err := w.Do(t.Context(), &job{}); !fault.Is(err, "stopping") {
					t.Errorf("who waits is told %v", err)
				}
			})
		}
		synctest.Wait()
		if err := w.Do(t.Context(), &job{}); !errors.Is(err, batch.ErrFull) {
			t.Errorf("one too many is told %v", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.Run(gone); err != nil {
			t.Error(err)
		}
		all.Wait()
	})
}

// Who goes away is not waited for, and what they wanted is written all the same.
func TestWhoGoesAwayIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		written := 0
		w := batch.NewWriter(func(_ context.Context, jobs []*job) error {
			time.Sleep(time.Second)
			written += len(jobs)
			return nil
		})
		stop := running(t, w)
		short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := w.Do(short, &job{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("answered with %v", err)
		}
		stop() // in the middle of the batch, which is finished
		if written != 1 {
			t.Errorf("%d written", written)
		}
	})
}
