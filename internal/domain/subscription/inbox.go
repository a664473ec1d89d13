package subscription

import (
	"context"
	"errors"
	"hash/fnv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// inboxTx is what the inbox needs inside one transaction.
type inboxTx interface {
	// InsertEvent reports false when the event was received before.
	InsertEvent(ctx context.Context, e Event, now time.Time) (bool, error)
	// DueObjects returns objects that have unapplied events due at now, those
	// with terminal ones first.
	DueObjects(ctx context.Context, now time.Time, limit int) ([]Due, error)
	// TakeTurn numbers a question about an object and claims its due events
	// until the given moment.
	TakeTurn(ctx context.Context, provider, object string, now, until time.Time) (Turn, error)
	// SettleTurn marks the events of t as done, unless a later turn was settled:
	// then it changes nothing and reports false.
	SettleTurn(ctx context.Context, provider, object string, t Turn, now time.Time, outcome string) (bool, error)
	// PostponeTurn makes the events of t due again, each later the more often it failed.
	PostponeTurn(ctx context.Context, provider, object string, t Turn, now time.Time, backoff func(attempts int) time.Duration) error
}

// Due is an object with unapplied events.
type Due struct {
	Provider string
	Object   string
	Terminal bool
}

// The sizes of the inbox's workers. A queue that is full is no loss: the table
// is the truth, and the sweep brings what found no place.
const (
	shards        = 8
	shardQueue    = 256
	sweepEvery    = time.Second
	sweepLimit    = shards * shardQueue
	checkoutEvery = time.Minute
	giftEvery     = 10 * time.Second
	examineEvery  = 24 * time.Hour
	backoffFirst  = time.Second
	backoffMax    = 5 * time.Minute
)

// Inbox receives providers' events and applies them. Events of one object are
// worked on one after the other, those of different objects side by side.
type Inbox struct {
	service        *Service
	reconcileEvery time.Duration
	failed         func(error)
	shards         [shards]shard
	heard          map[string]time.Time // when Listen last asked, by provider
	differences    atomic.Int64         // known ones
}

// shard is the work of one goroutine; urgent goes first.
type shard struct{ urgent, normal chan Due }

// NewInbox returns an inbox. failed hears of what could not be done; it will be
// tried again. Every reconcileEvery the providers are asked for events that did
// not arrive, and about what is known to differ; an hour is fine. At the start
// and once a day everything is compared with them.
func NewInbox(s *Service, reconcileEvery time.Duration, failed func(error)) *Inbox {
	in := &Inbox{service: s, reconcileEvery: reconcileEvery, failed: failed, heard: map[string]time.Time{}}
	for i := range in.shards {
		in.shards[i] = shard{make(chan Due, shardQueue), make(chan Due, shardQueue)}
	}
	return in
}

// Receive keeps an event whose signature was verified. When it returns nil the
// event survives a crash, and the provider may be told so. An event that was
// received before has no second effect.
func (in *Inbox) Receive(ctx context.Context, e Event) error {
	if e.Object == "" {
		return nil // concerns no subscription
	}
	var fresh bool
	err := in.service.Store.Update(ctx, func(tx Tx) (err error) {
		fresh, err = tx.InsertEvent(ctx, e, in.service.Now())
		return err
	})
	if err == nil && fresh {
		in.enqueue(Due{e.Provider, e.Object, e.Terminal})
	}
	return err
}

// Run applies events until ctx ends, beginning with those that an earlier run
// left behind. It returns when all its goroutines have.
func (in *Inbox) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for i := range in.shards {
		wg.Go(func() { in.work(ctx, &in.shards[i]) })
	}
	wg.Go(func() { in.every(ctx, sweepEvery, in.sweep, steadily) })
	wg.Go(func() { in.every(ctx, checkoutEvery, in.service.ReconcileCheckouts, slower) })
	wg.Go(func() { in.every(ctx, giftEvery, in.service.SettleGifts, slower) })
	wg.Go(func() { in.every(ctx, in.reconcileEvery, in.reconcile, slower) })
	wg.Go(func() { in.every(ctx, examineEvery, in.examine, sooner) })
	wg.Wait()
	return nil
}

// Differences is how many differences were known when somebody last looked.
func (in *Inbox) Differences() int { return int(in.differences.Load()) }

func (in *Inbox) reconcile(ctx context.Context) error {
	err := in.Listen(ctx)
	left, looking := in.service.Recheck(ctx)
	in.differences.Store(int64(len(left)))
	return errors.Join(err, looking)
}

func (in *Inbox) examine(ctx context.Context) error {
	_, err := in.service.Examine(ctx)
	left, looking := in.service.Differences(ctx)
	if looking == nil {
		in.differences.Store(int64(len(left)))
	}
	return errors.Join(err, looking)
}

// Settle applies on the caller's goroutine everything that is due, and returns
// how many objects that were. Tests and one-time commands use it in place of Run.
func (in *Inbox) Settle(ctx context.Context) (int, error) {
	due, err := in.due(ctx)
	troubles := []error{err}
	for _, d := range due {
		troubles = append(troubles, in.apply(ctx, d))
	}
	return len(due), errors.Join(troubles...)
}

func (in *Inbox) due(ctx context.Context) (due []Due, err error) {
	err = in.service.Store.View(ctx, func(tx Tx) error {
		due, err = tx.DueObjects(ctx, in.service.Now(), sweepLimit)
		return err
	})
	return due, err
}

// every does what it is given now and then on, until ctx ends. pace says how long
// to wait after so many failures in a row.
func (in *Inbox) every(ctx context.Context, pause time.Duration, do func(context.Context) error, pace func(pause time.Duration, failures int) time.Duration) {
	failures := 0
	for {
		err := do(ctx)
		if failures++; err == nil {
			failures = 0
		} else if ctx.Err() == nil {
			in.failed(err)
		}
		wait := time.NewTimer(pace(pause, failures))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
	}
}

// steadily is for what only the database can fail: it is tried on and on.
func steadily(pause time.Duration, _ int) time.Duration { return pause }

// slower is for what a provider may fail: the more often, the rarer it is asked.
func slower(pause time.Duration, failures int) time.Duration {
	for range failures {
		pause = min(2*pause, max(pause, backoffMax))
	}
	return pause
}

// sooner is for what is done rarely and was not done: it is tried again before
// its time, and then less and less.
func sooner(pause time.Duration, failures int) time.Duration {
	if failures == 0 {
		return pause
	}
	wait := backoffFirst
	for i := 1; i < failures && wait < pause; i++ {
		wait *= 2
	}
	return min(wait, time.Hour)
}

func (in *Inbox) sweep(ctx context.Context) error {
	due, err := in.due(ctx)
	for _, d := range due {
		in.enqueue(d)
	}
	return err
}

func (in *Inbox) enqueue(d Due) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(d.Provider + "\x00" + d.Object)) // a hash never fails
	s := &in.shards[h.Sum32()%shards]
	queue := s.normal
	if d.Terminal {
		queue = s.urgent
	}
	select {
	case queue <- d:
	default: // full: the next sweep finds it in the table
	}
}

func (in *Inbox) work(ctx context.Context, s *shard) {
	for {
		d, ok := s.next(ctx)
		if !ok {
			return
		}
		if err := in.apply(ctx, d); err != nil && ctx.Err() == nil {
			in.failed(err)
		}
	}
}

// next waits for work and prefers what is urgent.
func (s *shard) next(ctx context.Context) (Due, bool) {
	select {
	case d := <-s.urgent:
		return d, ctx.Err() == nil
	default:
	}
	select {
	case <-ctx.Done():
		return Due{}, false
	case d := <-s.urgent:
		return d, true
	case d := <-s.normal:
		return d, true
	}
}

// apply settles the unapplied events of one object, unless somebody else is at
// it. Failed ones come back later.
func (in *Inbox) apply(ctx context.Context, d Due) error {
	s := in.service
	t, err := s.turn(ctx, d.Provider, d.Object)
	if err != nil || t.Due == 0 {
		return err
	}
	_, err = s.refresh(ctx, d.Provider, d.Object, t)
	if fault.Is(err, ChargeDiffers) {
		fresh, noting := s.note(ctx, Difference{Provider: d.Provider, Object: d.Object, What: ChargeDiffers, Detail: fault.Of(err).Detail})
		if err = errors.Join(err, noting); fresh {
			in.differences.Add(1)
		}
	}
	if f := fault.Of(err); err == nil || (f != nil && f.Kind == fault.Missing) {
		return err
	}
	if fault.Is(err, providerOff) { // what it sold is left to the clock, until it is on again
		err = nil
	}
	return errors.Join(err, s.Store.Update(ctx, func(tx Tx) error {
		return tx.PostponeTurn(ctx, d.Provider, d.Object, t, s.Now(), backoff)
	}))
}

// backoff doubles from a second to five minutes.
func backoff(attempts int) time.Duration {
	d := backoffFirst
	for i := 0; i < attempts && d < backoffMax; i++ {
		d *= 2
	}
	return min(d, backoffMax)
}
