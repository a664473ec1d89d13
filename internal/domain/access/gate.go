package access

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Lease is how long facts in memory may open a door without being confirmed.
const Lease = 5 * time.Second

// Subject is one person in one channel. An empty account is the public.
type Subject struct {
	Account ident.Account
	Channel ident.Channel
	// Level is the level of tier that what they ask for is for; zero and one: for
	// every subscriber. Facts are read, known and forgotten without it.
	Level int
}

// person is the subject without what is asked for.
func (s Subject) person() Subject { return Subject{Account: s.Account, Channel: s.Channel} }

// FactsReader reads the facts of many subjects in one go. A subject whose
// channel does not exist is absent from the answer.
type FactsReader interface {
	Facts(ctx context.Context, subjects []Subject) (map[Subject]Facts, error)
}

// Gate answers Decide from memory. What it knows about a subject is at most
// Lease old, and is forgotten at once when a bell says that it changed.
type Gate struct {
	read FactsReader
	now  func() time.Time

	mu      sync.Mutex
	known   map[Subject]*known
	failed  time.Time                // when facts could last not be read; zero since they could
	changes uint64                   // counts calls of Forget, so that a read that began before one is not kept
	counted map[ident.Channel]uint64 // the same, of each channel
}

type known struct {
	facts Facts
	at    time.Time // when the read that brought them began
	used  time.Time
}

// idleFacts is how long facts nobody asks about stay in memory.
const idleFacts = time.Minute

// NewGate returns a gate over read.
func NewGate(read FactsReader, now func() time.Time) *Gate {
	return &Gate{read: read, now: now, known: map[Subject]*known{}, counted: map[ident.Channel]uint64{}}
}

// Decide answers for one subject. The error is a fault: 'channel_missing' when
// there is no such channel, 'unconfirmed' when the facts are older than a lease
// and cannot be read again. What anybody may read stays readable on old facts,
// and where it is known that they cannot be read nobody waits for that.
func (g *Gate) Decide(ctx context.Context, s Subject, a Action) (Decision, error) {
	level := s.Level
	s = s.person()
	if g.failing() {
		if d, ok := g.open(ctx, s, a); ok {
			return d, nil
		}
	}
	f, err := g.Facts(ctx, s)
	if err == nil {
		return Decide(f.From(level), a, g.now()), nil
	}
	if f := fault.Of(err); f == nil || f.Kind == fault.Unavailable {
		if d, ok := g.open(ctx, s, a); ok {
			return d, nil
		}
		err = Unconfirmed().Because(err)
	}
	return Decision{}, err
}

// open is Decide from facts however old, for what anybody may who is not shut out.
func (g *Gate) open(ctx context.Context, s Subject, a Action) (Decision, bool) {
	old, ok := g.remembered(s)
	if !ok || !openToAll(old, a) {
		return Decision{}, false
	}
	d := Decide(old.Within(ScopeOf(ctx)), a, g.now())
	return d, d.Allowed
}

// failing reports whether facts could not be read a moment ago. Now and then
// somebody tries again.
func (g *Gate) failing() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.failed.IsZero() && g.now().Sub(g.failed) < Lease
}

// Unconfirmed is the refusal when rights cannot be read.
func Unconfirmed() *fault.Fault {
	return fault.New(fault.Unavailable, "unconfirmed", "Your rights cannot be checked right now. Try again in a moment.").After(2 * time.Second)
}

// Allow is Decide for callers who only go on when allowed: a refusal is the error.
func (g *Gate) Allow(ctx context.Context, s Subject, a Action) (Decision, error) {
	d, err := g.Decide(ctx, s, a)
	if err != nil {
		return d, err
	}
	if f := d.Fault(g.now()); f != nil {
		return d, f
	}
	return d, nil
}

// Known is Decide for callers who cannot wait, and come as themselves: false when the
// facts would have to be read first.
func (g *Gate) Known(s Subject, a Action) (Decision, bool) {
	level := s.Level
	s = s.person()
	g.mu.Lock()
	k, ok := g.known[s]
	now := g.now()
	if !ok || now.Sub(k.at) >= Lease {
		g.mu.Unlock()
		return Decision{}, false
	}
	k.used = now
	f := k.facts
	g.mu.Unlock()
	return Decide(f.From(level), a, now), true
}

// Learn reads the facts of all subjects in one go, for Known to answer. Where it
// is known that they cannot be read it does not try: who must wait for them asks
// for their own.
func (g *Gate) Learn(ctx context.Context, subjects []Subject) error {
	if g.failing() {
		return Unconfirmed()
	}
	_, err := g.refresh(ctx, subjects)
	return err
}

// Facts returns what is known of s, reading when the lease has run out, within the
// scope of ctx. In memory they are without it.
func (g *Gate) Facts(ctx context.Context, s Subject) (Facts, error) {
	f, err := g.facts(ctx, s)
	return f.Within(ScopeOf(ctx)), err
}

func (g *Gate) facts(ctx context.Context, s Subject) (Facts, error) {
	g.mu.Lock()
	if k, ok := g.known[s]; ok && g.now().Sub(k.at) < Lease {
		k.used = g.now()
		f := k.facts
		g.mu.Unlock()
		return f, nil
	}
	g.mu.Unlock()
	read, err := g.refresh(ctx, []Subject{s})
	if err != nil {
		return Facts{}, err
	}
	f, ok := read[s]
	if !ok {
		return Facts{}, fault.New(fault.Missing, "channel_missing", "There is no such channel.")
	}
	return f, nil
}

// Forget drops what is known of one account in a channel, or of everybody in it
// when the account is empty. Call it for every bell of the channel's log.
func (g *Gate) Forget(s Subject) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.changes++
	g.counted[s.Channel]++
	if s.Account != "" {
		g.expire(s)
		return
	}
	for k := range g.known {
		if k.Channel == s.Channel {
			g.expire(k)
		}
	}
}

// Changes counts the calls of Forget for a channel. A decision is still what the
// gate knows while the count stands where it stood before the gate was asked.
func (g *Gate) Changes(channel ident.Channel) uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counted[channel]
}

// ReadAt returns when the read began that brought what is known of s; zero when
// that is not to be believed any more.
func (g *Gate) ReadAt(s Subject) time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if k, ok := g.known[s]; ok {
		return k.at
	}
	return time.Time{}
}

// expire keeps the facts for openToAll but makes the next question read again.
func (g *Gate) expire(s Subject) {
	if k, ok := g.known[s]; ok {
		k.at = time.Time{}
	}
}

// Renew reads again, in one go, the facts of all subjects named, and drops what
// nobody asked about for a minute. A node calls it about once a second for its
// open private doors.
func (g *Gate) Renew(ctx context.Context, subjects []Subject) (map[Subject]Facts, error) {
	g.mu.Lock()
	for s, k := range g.known {
		if g.now().Sub(k.used) > idleFacts {
			delete(g.known, s)
		}
	}
	g.mu.Unlock()
	if len(subjects) == 0 {
		return nil, nil
	}
	return g.refresh(ctx, subjects)
}

func (g *Gate) refresh(ctx context.Context, subjects []Subject) (map[Subject]Facts, error) {
	g.mu.Lock()
	began, changes := g.now(), g.changes
	g.mu.Unlock()
	read, err := g.read.Facts(ctx, subjects)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		if !errors.Is(err, context.Canceled) { // somebody who went away says nothing about the facts
			g.failed = g.now()
		}
		return nil, err
	}
	g.failed = time.Time{}
	for s, f := range read {
		at := began
		if g.changes != changes {
			at = time.Time{} // true when read, maybe not any more: good for this answer only
		}
		if k, ok := g.known[s]; !ok || !k.at.After(at) {
			g.known[s] = &known{facts: f, at: at, used: g.now()}
		}
	}
	return read, nil
}

func (g *Gate) remembered(s Subject) (Facts, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	k, ok := g.known[s]
	if !ok {
		return Facts{}, false
	}
	return k.facts, true
}

// openToAll reports whether a needs no right beyond not being shut out.
func openToAll(f Facts, a Action) bool {
	return a == ReadPublic || a == WatchReplay || (a == WatchLive && f.LiveAudience != LiveSubscribers)
}
