package socket

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Loops are the loops of one node.
type Loops struct {
	opt   Options
	loops []*Loop
	next  atomic.Uint32
	pumps sync.WaitGroup // goroutines of connections that are served by some
	press sync.Pool      // of *flate.Writer
}

// New makes as many loops as there are processors for Go; Run must be running
// while they serve.
func New(opt Options) (*Loops, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	l := &Loops{opt: opt}
	for range runtime.GOMAXPROCS(0) {
		p, err := newPoller()
		if err != nil {
			for _, made := range l.loops {
				made.poll.close()
			}
			return nil, err
		}
		l.loops = append(l.loops, &Loop{opt: &l.opt, poll: p, pumps: &l.pumps, began: opt.Now(), ping: appendHeader(nil, opPing, false, 0)})
	}
	return l, nil
}

// All returns the loops.
func (l *Loops) All() []*Loop { return l.loops }

// Run serves until ctx ends, then ends every connection and waits for all that
// belonged to them.
func (l *Loops) Run(ctx context.Context) error {
	var group errgroup.Group
	for _, loop := range l.loops {
		group.Go(func() error { loop.run(ctx); return nil })
	}
	err := group.Wait()
	l.pumps.Wait()
	return err
}

// pick returns the loop for a newcomer.
func (l *Loops) pick() *Loop { return l.loops[int(l.next.Add(1))%len(l.loops)] }
