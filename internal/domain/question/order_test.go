package question_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func minutesAgo(n int) time.Time { return noon().Add(-time.Duration(n) * time.Minute) }

// The rule in a table: what comes first of two.
func TestTheRuleOfTheQueue(t *testing.T) {
	began := minutesAgo(60)
	for name, c := range map[string]struct {
		first, second question.Question
		began         time.Time
	}{
		"who waits longer":                 {question.Question{AskedAt: minutesAgo(2)}, question.Question{AskedAt: minutesAgo(1)}, began},
		"a vote is five minutes":           {question.Question{AskedAt: minutesAgo(1), Votes: 1}, question.Question{AskedAt: minutesAgo(5)}, began},
		"and no more":                      {question.Question{AskedAt: minutesAgo(7)}, question.Question{AskedAt: minutesAgo(1), Votes: 1}, began},
		"a first question is three votes":  {question.Question{AskedAt: minutesAgo(1), First: true}, question.Question{AskedAt: minutesAgo(5), Votes: 2}, began},
		"not four":                         {question.Question{AskedAt: minutesAgo(1), Votes: 4}, question.Question{AskedAt: minutesAgo(2), First: true}, began},
		"carried over is half an hour":     {question.Question{AskedAt: minutesAgo(50), Votes: 9}, question.Question{AskedAt: minutesAgo(10_000)}, began},
		"and half an hour it is":           {question.Question{AskedAt: minutesAgo(10_000)}, question.Question{AskedAt: minutesAgo(50), Votes: 7}, began},
		"of two carried over the older":    {question.Question{AskedAt: minutesAgo(9000)}, question.Question{AskedAt: minutesAgo(8000)}, began},
		"without a live all waiting":       {question.Question{AskedAt: minutesAgo(10_000)}, question.Question{AskedAt: minutesAgo(50), Votes: 9}, time.Time{}},
		"a placed one before all":          {question.Question{AskedAt: minutesAgo(0), Place: 2}, question.Question{AskedAt: minutesAgo(50), Votes: 90, First: true}, began},
		"placed ones in their order":       {question.Question{AskedAt: minutesAgo(0), Place: 1}, question.Question{AskedAt: minutesAgo(50), Place: 2, Votes: 3}, began},
		"asked in the same moment: by id,": {question.Question{ID: "a", AskedAt: noon()}, question.Question{ID: "b", AskedAt: noon()}, began},
	} {
		for _, qs := range [][]question.Question{{c.first, c.second}, {c.second, c.first}} {
			question.Order(qs, c.began)
			qs[0].Stands, qs[1].Stands = time.Time{}, time.Time{}
			if qs[0] != c.first {
				t.Errorf("%s: %+v comes first", name, qs[0])
			}
		}
	}
}

// The order is the same for everybody, whoever sorts, whenever and from whatever
// order, and nothing is lost; a vote never moves a question back.
func TestTheOrderIsTheSameForEverybody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		began := minutesAgo(rapid.IntRange(0, 120).Draw(t, "began"))
		var qs []question.Question
		for i := range rapid.IntRange(1, 30).Draw(t, "questions") {
			qs = append(qs, question.Question{
				ID: ident.Question(rune('a' + i)), AskedAt: minutesAgo(rapid.IntRange(0, 300).Draw(t, "asked")),
				Votes: rapid.IntRange(0, 20).Draw(t, "votes"), First: rapid.Bool().Draw(t, "first"),
			})
			if rapid.IntRange(0, 4).Draw(t, "placed") == 0 {
				qs[i].Place = i + 1
			}
		}
		other := rapid.Permutation(qs).Draw(t, "shuffled")
		question.Order(qs, began)
		question.Order(other, began)
		if !slices.Equal(qs, other) {
			t.Fatalf("two orders: %v and %v", qs, other)
		}
		i := rapid.IntRange(0, len(qs)-1).Draw(t, "voted for")
		voted := slices.Clone(qs)
		voted[i].Votes++
		question.Order(voted, began)
		if at := slices.IndexFunc(voted, func(q question.Question) bool { return q.ID == qs[i].ID }); at > i {
			t.Fatalf("a vote moved a question from %d to %d", i, at)
		}
	})
}
