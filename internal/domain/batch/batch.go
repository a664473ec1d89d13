// Package batch writes together what arrives while the previous commit runs.
//
// Owns: the queue before a hot write, its batches, who is answered when.
// Promises: an answer comes after the commit; of a batch that breaks everybody is
// tried alone, so that who broke it breaks only itself; a full queue refuses at
// once; a batch that began is finished, also while the server stops, and within a
// limit; what still waits then is refused. Does not do: transactions, or asking
// whether something may be done. Who has the writer does that, for a set.
package batch

import (
	"context"
	"errors"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// The sizes of a writer.
const (
	queueSize  = 4096
	batchSize  = 256
	writeLimit = 10 * time.Second // for one batch
)

// ErrFull says that more waits than can be written soon.
var ErrFull = errors.New("batch: full")

// Writer is a queue of jobs and the one who writes them. J is a pointer, mostly:
// what is written puts its answer there.
type Writer[J any] struct {
	write func(ctx context.Context, jobs []J) error
	queue chan *waiting[J]
}

type waiting[J any] struct {
	job    J
	err    error
	answer chan struct{}
}

// NewWriter returns a writer; Run must be running for Do to answer. write does all
// jobs in one transaction and may be given the same ones again. Why one of them is
// refused it puts into that job; its error means that nothing of the batch was kept.
func NewWriter[J any](write func(ctx context.Context, jobs []J) error) *Writer[J] {
	return &Writer[J]{write: write, queue: make(chan *waiting[J], queueSize)}
}

// Do queues a job and returns after its commit. After an error the job still
// belongs to the writer: who went away does not look into it.
func (w *Writer[J]) Do(ctx context.Context, job J) error {
	j := &waiting[J]{job: job, answer: make(chan struct{})}
	select {
	case w.queue <- j:
	default:
		return ErrFull
	}
	select {
	case <-j.answer:
		return j.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run writes what Do queues until ctx ends; then it refuses what still waits.
func (w *Writer[J]) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case first := <-w.queue:
			w.work(ctx, w.gather(first))
		}
	}
	w.refuseRest()
	return nil
}

// gather takes what waits, without waiting for more.
func (w *Writer[J]) gather(first *waiting[J]) []*waiting[J] {
	batch := []*waiting[J]{first}
	for len(batch) < batchSize {
		select {
		case j := <-w.queue:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

func (w *Writer[J]) work(ctx context.Context, batch []*waiting[J]) {
	// A database that hangs must not hang everybody: the limit holds for all that
	// follows from a batch.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	err := w.commit(ctx, batch)
	if err == nil || len(batch) == 1 || forAll(err) {
		settle(batch, err)
		return
	}
	for i := range batch {
		alone := batch[i : i+1]
		settle(alone, w.commit(ctx, alone))
	}
}

// forAll reports whether an error is everybody's: the database's, and not that one
// job is bad, which the others are not refused for.
func forAll(err error) bool {
	f := fault.Of(err)
	return f != nil && f.Kind != fault.Invalid
}

// commit writes a batch. One that ran into the limit may have been written or
// not; trying again with the same keys is safe.
func (w *Writer[J]) commit(ctx context.Context, batch []*waiting[J]) error {
	jobs := make([]J, len(batch))
	for i, j := range batch {
		jobs[i] = j.job
	}
	err := ctx.Err()
	if err == nil {
		err = w.write(ctx, jobs)
	}
	if err == nil || fault.Of(err) != nil || ctx.Err() == nil {
		return err
	}
	return fault.New(fault.Unavailable, "storage_unavailable", "The database does not answer right now. Please try again.").After(2 * time.Second).Because(err)
}

func settle[J any](batch []*waiting[J], err error) {
	for _, j := range batch {
		j.err = err
		close(j.answer)
	}
}

func (w *Writer[J]) refuseRest() {
	for {
		select {
		case j := <-w.queue:
			settle([]*waiting[J]{j}, fault.New(fault.Unavailable, "stopping", "The server is restarting. Please try again.").After(time.Second))
		default:
			return
		}
	}
}
