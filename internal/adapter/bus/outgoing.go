package bus

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// outgoingMax bounds the bytes that wait for the bus.
const outgoingMax = 8 << 20

// parcel is one message on its way to other nodes.
type parcel struct {
	subject string
	data    []byte
}

// size is what a parcel takes while it waits.
func (p parcel) size() int { return len(p.subject) + len(p.data) + 64 }

// outgoing is what waits for NATS. Its client writes under a lock, and while a
// server takes nothing, or lets itself be connected to and says nothing, everybody
// who publishes waits there: commits would wait for a bell. So one goroutine waits
// for all. When too much is waiting, what comes is dropped and counted: bells are
// hints, and whoever compares heads reads what they spoke of.
type outgoing struct {
	send func(subject string, data []byte) error
	log  *slog.Logger
	lost atomic.Uint64
	done chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex
	waiting []parcel
	size    int  // bytes that wait
	full    bool // something was dropped since the queue was last empty
	closed  bool
	some    chan struct{} // holds one: there is something to do
}

func newOutgoing(send func(string, []byte) error, log *slog.Logger) *outgoing {
	o := &outgoing{send: send, log: log, done: make(chan struct{}), some: make(chan struct{}, 1)}
	go o.run() // owned by close, which says when it is done
	return o
}

// put queues a parcel, or drops it.
func (o *outgoing) put(p parcel) {
	if fits, first := o.queue(p); !fits {
		o.lost.Add(1)
		if first {
			o.log.Warn("the bus takes nothing; bells are lost and delivery goes on by heads")
		}
		return
	}
	o.ring()
}

// queue reports whether a parcel fits, and whether it is the first that does not.
func (o *outgoing) queue(p parcel) (fits, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, false
	}
	if o.size+p.size() > outgoingMax {
		first, o.full = !o.full, true
		return false, first
	}
	o.waiting = append(o.waiting, p)
	o.size += p.size()
	return true, false
}

func (o *outgoing) ring() {
	select {
	case o.some <- struct{}{}:
	default:
	}
}

func (o *outgoing) run() {
	defer close(o.done)
	for range o.some {
		for {
			parcels, again, end := o.take()
			if again {
				o.log.Info("the bus takes what comes again", "lost since the start", o.lost.Load())
			}
			for _, p := range parcels {
				o.carry(p)
			}
			if end {
				return
			}
			if len(parcels) == 0 {
				break
			}
		}
	}
}

// take returns all that waits. again: nothing is in arrears any more after some
// was dropped; end: this was the last.
func (o *outgoing) take() (parcels []parcel, again, end bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	parcels, o.waiting = o.waiting, nil
	again = len(parcels) == 0 && o.full
	o.full = o.full && !again
	return parcels, again, o.closed
}

// carry hands one parcel to NATS, for as long as that takes.
func (o *outgoing) carry(p parcel) {
	err := o.send(p.subject, p.data)
	o.mu.Lock()
	o.size -= p.size()
	o.mu.Unlock()
	if err != nil {
		o.lost.Add(1)
		o.log.Debug("not carried by the bus", "subject", p.subject, "err", err)
	}
}

// close takes nothing more and waits until all is sent, but no longer than
// patience: false says that done is still to be waited for.
func (o *outgoing) close(patience time.Duration) bool {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.ring()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-o.done:
		return true
	case <-late.C:
		return false
	}
}
