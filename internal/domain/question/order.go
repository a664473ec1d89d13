package question

import (
	"cmp"
	"slices"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// The rule of the queue: who has waited longest comes first, and what else counts
// is worth some minutes of waiting. That a question was carried over is worth no
// more than CarriedWorth, however long ago it was asked.
const (
	VoteWorth    = 5 * time.Minute
	FirstWorth   = 15 * time.Minute
	CarriedWorth = 30 * time.Minute
)

// standing returns when q would have been asked if it had no votes and all that
// the rule counts besides were waiting. began is when the open broadcast began;
// zero: none is open. It does not change while the broadcast goes on.
func standing(q Question, began time.Time) time.Time {
	asked := q.AskedAt
	if earliest := began.Add(-CarriedWorth); !began.IsZero() && asked.Before(earliest) {
		asked = earliest
	}
	if q.First {
		asked = asked.Add(-FirstWorth)
	}
	return asked
}

// Order sorts questions as everybody sees them, in place, and sets Stands: first
// those that the creator placed, then all others by the rule. It depends on
// nobody's clock: the order of two questions changes when somebody votes, when the
// creator moves one, and when a broadcast begins or ends.
func Order(qs []Question, began time.Time) {
	for i := range qs {
		qs[i].Stands = standing(qs[i], began)
	}
	slices.SortFunc(qs, compare)
}

func compare(a, b Question) int {
	if (a.Place > 0) != (b.Place > 0) {
		return cmp.Compare(b.Place, a.Place) // the placed one, which is greater, comes first
	}
	turn := func(q Question) time.Time { return q.Stands.Add(-time.Duration(q.Votes) * VoteWorth) }
	return cmp.Or(
		cmp.Compare(a.Place, b.Place),
		turn(a).Compare(turn(b)),
		a.AskedAt.Compare(b.AskedAt),
		cmp.Compare(a.ID, b.ID),
	)
}

// moved returns who is placed, in order, when q is moved to index in the order of
// ids, of which the first placed are placed already: everybody down to q, so that
// nobody comes to stand before q by the rule.
func moved(ids []ident.Question, placed int, q ident.Question, index int) []ident.Question {
	ids = slices.Clone(ids)
	from := slices.Index(ids, q)
	ids = slices.Delete(ids, from, from+1)
	if from < placed {
		placed--
	}
	index = max(0, min(index, len(ids)))
	ids = slices.Insert(ids, index, q)
	if index <= placed {
		return ids[:placed+1]
	}
	return ids[:index+1]
}
