package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Everybody gets their own answer, read after they asked, and a crowd costs few reads.
func TestACrowdIsAnsweredTogether(t *testing.T) { synctest.Test(t, testACrowd) }

func testACrowd(t *testing.T) {
	var version, reads atomic.Int64
	running := atomic.Int64{}
	tg := &together[int, string]{work: &sync.WaitGroup{}, read: func(_ context.Context, keys []int) (map[int]string, error) {
		if running.Add(1) != 1 {
			t.Error("two reads run at once")
		}
		defer running.Add(-1)
		reads.Add(1)
		at := version.Load()
		out := map[int]string{}
		for _, k := range keys {
			if k%10 != 9 {
				out[k] = fmt.Sprint(k, " ", at)
			}
		}
		time.Sleep(time.Millisecond) // a read takes a while
		return out, nil
	}}
	const crowd = 400
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() {
			asked := version.Add(1)
			got, ok, err := tg.ask(t.Context(), i)
			var key int
			var at int64
			if ok {
				fmt.Sscan(got, &key, &at) //nolint:errcheck // checked by what it read
			}
			if err != nil || ok != (i%10 != 9) || (ok && (key != i || at < asked)) {
				t.Errorf("%d asked at %d: %q, %v, %v", i, asked, got, ok, err)
			}
		})
	}
	all.Wait()
	if n := reads.Load(); n > crowd/4 {
		t.Errorf("%d reads for %d questions asked at once", n, crowd)
	}
	if got, ok, err := tg.ask(t.Context(), 1); !ok || err != nil || got == "" {
		t.Errorf("afterwards: %q, %v, %v", got, ok, err)
	}
}

// Whoever gives up leaves the others their answer, and an error reaches all it concerns.
func TestGivingUpHarmsNobody(t *testing.T) {
	begun, finish := make(chan struct{}, 8), make(chan error)
	tg := &together[int, int]{work: &sync.WaitGroup{}, read: func(ctx context.Context, keys []int) (map[int]int, error) {
		begun <- struct{}{}
		if err := <-finish; err != nil {
			return nil, err
		}
		out := map[int]int{}
		for _, k := range keys {
			out[k] = k
		}
		return out, ctx.Err()
	}}
	impatient, giveUp := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if _, ok, err := tg.ask(impatient, 1); ok || !errors.Is(err, context.Canceled) { // at once, though the read was begun for it
			t.Errorf("the first: %v %v", ok, err)
		}
	})
	<-begun
	giveUp()
	all.Wait() // whoever gives up goes at once, while the read goes on
	refused := errors.New("away")
	waits := make(chan struct{}, 2)
	for range 2 {
		all.Go(func() {
			waits <- struct{}{}
			if _, _, err := tg.ask(t.Context(), 2); err != nil && !errors.Is(err, refused) {
				t.Errorf("a later one: %v", err)
			}
		})
	}
	<-waits
	<-waits
	finish <- nil
	<-begun
	finish <- refused
	end := make(chan struct{})
	go func() { all.Wait(); close(end) }() // ends with the test
	for {
		select {
		case <-end:
			return
		case <-begun: // the second of the two came too late for the first reading
			finish <- nil
		}
	}
}
