// Package socket carries frames between clients and whoever talks to them: the
// WebSocket protocol (RFC 6455, RFC 7692) without a goroutine for each client.
//
// Owns: the handshake, frames, loops that each own a share of the connections,
// the queue of a client that reads slowly, pings, goodbyes. Promises: everything
// of a connection, and whatever its user hangs on it, happens on its loop's
// goroutine, one thing after the other; frames leave in the order of Send; a
// connection costs no goroutine where the system has epoll; a queue never grows
// beyond what its user allows. Does not do: rooms, rights, the meaning of a word.
package socket

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Options is what loops need.
type Options struct {
	MessageMax int // bytes of one message from a client
	QueueMax   int // bytes that may wait for a client before pings and pongs are too much
	SendBuffer int // bytes that the kernel may keep for a client; 0: as it likes
	Now        func() time.Time
	// Portable serves each connection with goroutines, also where epoll exists.
	Portable bool
}

// Turn is work that is done in slices, so that nobody waits for all of it.
type Turn interface {
	// Turn does one slice, on the loop, and reports whether more is ready.
	Turn() bool
}

// Loop is one goroutine and the connections that belong to it.
type Loop struct {
	opt    *Options
	poll   poller
	pulse  pulse
	pumps  *sync.WaitGroup
	began  time.Time
	second int32 // since it began
	ping   []byte

	scratch []byte // for what is put together to be sent at once
	unpack  unpacker
	later   []appointment
	doing   []func() // taken from jobs
	turns   []Turn   // being served, one slice each round

	mu     sync.Mutex
	jobs   []func()
	ready  []Turn
	asleep bool
	ended  bool
}

type appointment struct {
	at   time.Time
	turn Turn
}

// poller waits for the world.
type poller interface {
	// alarm ends the next wait at a time, at the latest. No wake may fall between
	// it and that wait unheard.
	alarm(now, at time.Time)
	// wait returns when something has happened, or, with rest unset, at once; what
	// happened has been handed to the connections by then.
	wait(rest bool)
	// wake ends a wait, from any goroutine.
	wake()
	close()
}

// Do has f run on the loop soon, after all that Do was given before. It may be
// called from anywhere and does not wait. False: the loop has ended.
func (l *Loop) Do(f func()) bool {
	l.mu.Lock()
	if l.ended {
		l.mu.Unlock()
		return false
	}
	l.jobs = append(l.jobs, f)
	l.rouse()
	return true
}

// Await is Do, and waits until f has run. Not to be called on a loop.
func (l *Loop) Await(f func()) bool {
	done := make(chan struct{})
	if !l.Do(func() { defer close(done); f() }) {
		return false
	}
	<-done
	return true
}

// Ready has t served, from anywhere. Who makes a turn ready twice is served twice.
func (l *Loop) Ready(t Turn) {
	l.mu.Lock()
	l.ready = append(l.ready, t)
	l.rouse()
}

// ReadyAt has t served at a time. Only on the loop.
func (l *Loop) ReadyAt(at time.Time, t Turn) { l.later = append(l.later, appointment{at, t}) }

// rouse unlocks, and wakes the loop if it sleeps.
func (l *Loop) rouse() {
	asleep := l.asleep
	l.asleep = false
	l.mu.Unlock()
	if asleep {
		l.poll.wake()
	}
}

// run serves until ctx ends, then ends every connection.
func (l *Loop) run(ctx context.Context) {
	stopping := false
	defer context.AfterFunc(ctx, func() { l.Do(func() { stopping = true }) })()
	for !stopping {
		l.poll.wait(l.rests())
		l.work()
		now := l.opt.Now()
		l.keepAppointments(now)
		if s := int32(now.Sub(l.began) / time.Second); s > l.second {
			l.second = s
			l.pulse.beat(s, l.ping, l.opt.QueueMax)
		}
	}
	l.mu.Lock()
	l.ended = true
	rest := append(l.doing, l.jobs...)
	l.doing, l.jobs = nil, nil
	l.mu.Unlock()
	for _, f := range rest {
		f()
	}
	for _, c := range l.pulse.all() { // whoever began just now too
		c.end()
	}
	l.poll.close()
}

// rests reports whether nothing is to be done, and goes to sleep then.
func (l *Loop) rests() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.doing) > 0 || len(l.jobs) > 0 || len(l.ready) > 0 || len(l.turns) > 0 {
		return false
	}
	now := l.opt.Now()
	at := l.began.Add(time.Duration(l.second+1) * time.Second)
	for _, a := range l.later {
		if a.at.Before(at) {
			at = a.at
		}
	}
	if l.asleep = at.After(now); l.asleep {
		l.poll.alarm(now, at) // before anybody sees that there is one to wake
	}
	return l.asleep
}

// work does what others asked for, for a while, then one slice of each turn.
func (l *Loop) work() {
	l.mu.Lock()
	if len(l.doing) == 0 {
		l.doing, l.jobs = l.jobs, nil
	}
	l.turns = append(l.turns, l.ready...)
	clear(l.ready)
	l.ready = l.ready[:0]
	l.asleep = false
	l.mu.Unlock()
	l.doJobs()
	going := l.turns[:0]
	for _, t := range l.turns {
		if t.Turn() {
			going = append(going, t)
		}
	}
	clear(l.turns[len(going):])
	if l.turns = going; len(going) > 0 {
		runtime.Gosched() // sending does not tell the scheduler, which would have others wait for all of it
	}
}

// jobsFor is how long jobs keep the turns, and whoever says something, waiting.
const jobsFor = 4 * time.Millisecond

// doJobs does jobs until none is left, or their time is over for this round.
func (l *Loop) doJobs() {
	if len(l.doing) == 0 {
		return
	}
	for began := l.opt.Now(); len(l.doing) > 0 && l.opt.Now().Sub(began) < jobsFor; {
		f := l.doing[0]
		l.doing[0], l.doing = nil, l.doing[1:]
		f()
	}
}

func (l *Loop) keepAppointments(now time.Time) {
	if len(l.later) == 0 {
		return
	}
	kept := l.later[:0]
	for _, a := range l.later {
		if a.at.After(now) {
			kept = append(kept, a)
		} else {
			l.turns = append(l.turns, a.turn)
		}
	}
	clear(l.later[len(kept):])
	l.later = kept
}

// gatherSize is how many bytes of a queue leave in one write.
const gatherSize = 64 << 10

func (l *Loop) buffer() []byte {
	if l.scratch == nil {
		l.scratch = make([]byte, 0, gatherSize)
	}
	return l.scratch
}

func (l *Loop) forget(c *Conn) { l.pulse.remove(c) }
