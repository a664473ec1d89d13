package gateway

import (
	"fmt"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Whoever has several pages open is looked at once in a lease, on each loop in
// the same second; and no second has all the work.
func TestASessionIsLookedAtOnceInALease(t *testing.T) {
	const sessions, pages = 100, 10
	shares := []*share{{gateway: &Gateway{}}, {gateway: &Gateway{}}}
	for _, s := range shares {
		s.visitors, s.people = map[*visitor]struct{}{}, map[ident.Account][]*visitor{}
	}
	for i := range sessions * pages {
		who := fmt.Sprint(i / pages)
		shares[i%len(shares)].arrive(&visitor{session: &account.Session{ID: ident.Session(who), Account: account.Account{ID: ident.Account(who)}}})
	}
	seconds := map[ident.Session]int{}
	for second := range turns {
		looked := map[ident.Session]bool{}
		for _, s := range shares {
			for _, id := range s.sessionsOf([]int{second}) {
				looked[id] = true
			}
		}
		if len(looked) == 0 || len(looked) > sessions/2 {
			t.Errorf("in second %d, %d of %d sessions are looked at", second, len(looked), sessions)
		}
		for id := range looked {
			seconds[id]++
		}
	}
	for i := range sessions {
		if n := seconds[ident.Session(fmt.Sprint(i))]; n != 1 {
			t.Errorf("session %d is looked at %d times in a lease", i, n)
		}
	}
}
