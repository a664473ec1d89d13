package gateway

import (
	"context"
	"hash/fnv"
	"io"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// turns is the seconds of a lease, in one of which each session is looked at.
const turns = int(access.Lease / time.Second)

// turnOf returns the second in which a session is looked at, on every loop the
// same: a browser's pages are spread over all of them.
func turnOf(id ident.Session) int { return int(hashOf(string(id)) % uint32(turns)) }

func hashOf(s string) uint32 {
	h := fnv.New32a()
	io.WriteString(h, s) //nolint:errcheck // a hash takes all
	return h.Sum32()
}

// roll says whose sessions are looked at in a second: those whose turn it is, and
// beside them one turn whose reading failed, so that it is not put off by a whole
// lease. While readings go on to fail it is asked for ever more rarely, and by
// nodes that failed together not in the same second; what one reading asks for
// is never more than two turns.
type roll struct {
	node   int64
	second int
	owed   []int // turns whose reading failed, who waits longest first
	failed int   // readings, one after the other
	pause  int   // seconds in which nothing owed is asked for
}

func newRoll(node string) *roll { return &roll{node: int64(hashOf(node))} }

// call returns the turns to look at now. What came of it is told to answered.
func (r *roll) call() []int {
	due := r.second % turns
	r.second++
	called := []int{due}
	r.owed = slices.DeleteFunc(r.owed, func(t int) bool { return t == due })
	if r.pause > 0 {
		r.pause--
		return called
	}
	if len(r.owed) > 0 {
		called = append(called, r.owed[0])
		r.owed = r.owed[1:]
	}
	return called
}

// pausesDoubled is how often the longest pause between two tries doubles.
const pausesDoubled = 2

func (r *roll) answered(called []int, ok bool) {
	if ok {
		r.failed, r.pause = 0, 0
		return
	}
	r.owed = append(r.owed, called...)
	longest := uint64(1) << min(r.failed, pausesDoubled)
	r.failed++
	r.pause = int(lot(r.node+int64(r.second)) % longest)
}

// closeSignedOut ends the sockets of sessions that were signed out elsewhere. It
// reports whether that could be read.
func (g *Gateway) closeSignedOut(ctx context.Context, called []int) bool {
	sessions := make([][]ident.Session, len(g.shares))
	g.everywhere(func(s *share) { sessions[s.index] = s.sessionsOf(called) })
	var ids []ident.Session
	for _, some := range sessions {
		ids = append(ids, some...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids) // one browser may have several pages open
	if len(ids) == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, access.Lease/2)
	defer cancel()
	live, err := g.opt.Sessions.LiveSessions(ctx, ids)
	if err != nil {
		return false // rights cannot be read either then, and private doors close with their lease
	}
	dead := map[ident.Session]bool{}
	for _, id := range ids {
		if !live[id] {
			dead[id] = true
		}
	}
	if len(dead) > 0 {
		g.tellAll(func(s *share) { s.signOut(func(id ident.Session) bool { return dead[id] }) })
	}
	return true
}

// sessionsOf returns the sessions whose turn it is. On the loop.
func (s *share) sessionsOf(called []int) []ident.Session {
	var out []ident.Session
	for _, theirs := range s.people {
		for _, v := range theirs {
			if slices.Contains(called, v.turn) {
				out = append(out, v.session.ID)
			}
		}
	}
	return out
}

// signOut closes the sockets of the sessions that match. On the loop.
func (s *share) signOut(match func(ident.Session) bool) {
	for _, theirs := range s.people {
		for _, v := range slices.Clone(theirs) { // a connection that has broken takes itself out
			if match(v.session.ID) {
				v.conn.Close(closeSignIn, "signed out", false)
			}
		}
	}
}
