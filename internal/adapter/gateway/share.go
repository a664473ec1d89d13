package gateway

import (
	"slices"

	"github.com/subspace-live/subspace/internal/adapter/gateway/socket"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// share is one loop's visitors. Only the loop touches it.
type share struct {
	gateway  *Gateway
	loop     *socket.Loop
	index    int // among the shares
	visitors map[*visitor]struct{}
	people   map[ident.Account][]*visitor // whoever is signed in
	docks    map[*visitor]struct{}        // whoever came by a dock's address
	frame    []byte                       // is made here and copied by whoever must keep it
	turn     int                          // of the private doors that are looked at again
}

// arrive adds a visitor.
func (s *share) arrive(v *visitor) {
	s.visitors[v] = struct{}{}
	if v.session != nil {
		s.know(v)
	}
	s.gateway.count.Add(1)
	s.gateway.came.Add(1)
	if s.gateway.leaving.Load() { // came in while everybody was told to go
		s.loop.Do(func() { v.goodbye(0) })
	}
}

// know remembers who a visitor is.
func (s *share) know(v *visitor) {
	v.turn = turnOf(v.session.ID)
	s.people[v.account()] = append(s.people[v.account()], v)
}

// mistake forgets who a visitor was taken for by their cookie.
func (s *share) mistake(v *visitor) {
	id := v.account()
	s.people[id] = slices.DeleteFunc(s.people[id], func(other *visitor) bool { return other == v })
	if len(s.people[id]) == 0 {
		delete(s.people, id)
	}
	v.session = nil
}

// part removes a visitor.
func (s *share) part(v *visitor) {
	delete(s.visitors, v)
	delete(s.docks, v)
	s.gateway.count.Add(-1)
	id := v.account()
	theirs := s.people[id]
	for i, other := range theirs {
		if other == v {
			theirs = append(theirs[:i], theirs[i+1:]...)
			break
		}
	}
	if len(theirs) == 0 {
		delete(s.people, id)
		return
	}
	s.people[id] = theirs
}

// everywhere runs f on each loop and waits. Not to be called on a loop.
func (g *Gateway) everywhere(f func(*share)) {
	answers := make(chan struct{}, len(g.shares))
	asked := 0
	for _, s := range g.shares {
		if s.loop.Do(func() { f(s); answers <- struct{}{} }) {
			asked++
		}
	}
	for range asked {
		<-answers
	}
}

// tellAll runs f on each loop soon.
func (g *Gateway) tellAll(f func(*share)) {
	for _, s := range g.shares {
		s.loop.Do(func() { f(s) })
	}
}

// inTurns has f called on a loop for each of all, a few at once, so that whoever
// else the loop serves waits for those few only. done is called at the end, also
// when the loop ends before.
func inTurns[T any](l *socket.Loop, all []T, few int, f func(T), done func()) {
	now, later := all[:min(few, len(all))], all[min(few, len(all)):]
	if !l.Do(func() {
		for _, one := range now {
			f(one)
		}
		if len(later) == 0 {
			done()
			return
		}
		inTurns(l, later, few, f, done)
	}) {
		done()
	}
}
