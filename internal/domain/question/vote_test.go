package question_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func (s *stage) votes(by ident.Account, id ident.Question, on bool) error {
	_, err := s.q.Vote(s.t.Context(), by, s.channel, id, on)
	return err
}

// Who may read the room a question stands in may vote for it, once, and not for
// their own.
func TestWhoVotes(t *testing.T) {
	s := newStage(t)
	inside := s.asked("inside?", false)
	noa := s.Light("Noa")
	outside := s.asksAs(question.Ask{Asker: noa, Text: "outside?", Room: room.Public})
	expired := s.Person("Expired")
	s.Grant(s.channel, expired, s.Clock.Now().Add(-2*time.Hour), s.Clock.Now(), 1)
	other := s.Subscriber(s.channel, s.Person("Other"), 1)
	for name, c := range map[string]struct {
		who             ident.Account
		inside, outside string
	}{
		"nobody":             {"", "sign_in", "sign_in"},
		"a light account":    {s.Light("Lea"), "subscribers_only", ""},
		"a full account":     {s.Person("Sam"), "subscribers_only", ""},
		"an expired one":     {expired, "period_ended", ""},
		"a subscriber":       {other, "", ""},
		"the asker inside":   {s.yuna, "own_question", ""},
		"the asker outside":  {noa, "subscribers_only", "own_question"},
		"a moderator":        {s.mod, "", ""},
		"the creator":        {s.owner, "", ""},
		"one more full user": {s.Person("Tim"), "subscribers_only", ""},
	} {
		for range 2 { // a repetition changes nothing
			if err := s.votes(c.who, inside.ID, true); reason(err) != c.inside {
				t.Errorf("%s inside: %v, want %q", name, err, c.inside)
			}
			if err := s.votes(c.who, outside.ID, true); reason(err) != c.outside {
				t.Errorf("%s outside: %v, want %q", name, err, c.outside)
			}
		}
	}
	if err := s.votes(s.Person("Guess"), "no such question", true); reason(err) != "subscribers_only" {
		t.Errorf("guessing: %v", err)
	}
	totals, err := s.q.Totals(t.Context(), []ident.Question{inside.ID, outside.ID})
	if err != nil || totals[inside.ID] != 3 || totals[outside.ID] != 8 {
		t.Errorf("%v %v", totals, err)
	}
	mine, _, err := s.q.List(t.Context(), other, s.channel, []question.State{question.Waiting})
	if err != nil || len(mine) != 2 || !mine[0].Voted || !mine[1].Voted {
		t.Errorf("the caller's own votes: %+v %v", mine, err)
	}
	theirs, _, err := s.q.List(t.Context(), s.yuna, s.channel, []question.State{question.Waiting})
	if err != nil || slices.ContainsFunc(theirs, func(q question.Question) bool { return q.ID == inside.ID && q.Voted }) {
		t.Errorf("somebody else's vote is shown as the caller's: %+v %v", theirs, err)
	}
	if n := len(s.told); n != 11 {
		t.Errorf("the nodes were told %d times: %v", n, s.told)
	}
	s.does(s.votes(other, inside.ID, false))
	s.airs(inside.ID, time.Second)
	if err := s.votes(other, inside.ID, true); reason(err) != "not_waiting" {
		t.Errorf("after the answer: %v", err)
	}
}

// Against a simple model: a set of people for each question. The same person on
// two sessions counts once, whatever is sent at once.
func TestVotesCountPeople(t *testing.T) {
	s := newStage(t)
	people := []ident.Account{s.yuna, s.mod, s.owner}
	for i := range 3 {
		people = append(people, s.Subscriber(s.channel, s.Person(fmt.Sprint("P", i)), 1))
	}
	rapid.Check(t, func(rt *rapid.T) {
		type ballot map[ident.Account]bool
		model := map[ident.Question]ballot{}
		var ids []ident.Question
		for i := range 3 {
			id := s.asksAs(question.Ask{Asker: people[i], Text: "why?"}).ID
			ids, model[id] = append(ids, id), ballot{}
			defer func() { _, err := s.q.Skip(t.Context(), s.mod, s.channel, id); s.does(err) }()
		}
		asker := func(id ident.Question) ident.Account { return people[slices.Index(ids, id)] }
		for range rapid.IntRange(1, 5).Draw(rt, "steps") {
			who, id := rapid.SampledFrom(people).Draw(rt, "who"), rapid.SampledFrom(ids).Draw(rt, "question")
			on, sessions := rapid.Bool().Draw(rt, "on"), rapid.IntRange(1, 2).Draw(rt, "sessions")
			var all sync.WaitGroup
			for range sessions {
				all.Go(func() {
					want := ""
					if who == asker(id) {
						want = "own_question"
					}
					if err := s.votes(who, id, on); reason(err) != want {
						t.Errorf("%v, want %q", err, want)
					}
				})
			}
			all.Wait()
			if who != asker(id) {
				if delete(model[id], who); on {
					model[id][who] = true
				}
			}
			totals, err := s.q.Totals(t.Context(), ids)
			if err != nil {
				rt.Fatal(err)
			}
			for _, id := range ids {
				if totals[id] != len(model[id]) {
					rt.Fatalf("%d votes, the model has %d", totals[id], len(model[id]))
				}
			}
			list, _, err := s.q.List(t.Context(), who, s.channel, []question.State{question.Waiting})
			if err != nil {
				rt.Fatal(err)
			}
			for _, q := range list {
				if q.Votes != len(model[q.ID]) || q.Voted != model[q.ID][who] {
					rt.Fatalf("the list shows %d and %v, the model has %d and %v", q.Votes, q.Voted, len(model[q.ID]), model[q.ID][who])
				}
			}
		}
	})
}

// What asks the same becomes one: everybody who voted for either has one vote in
// it, and both askers hear of the answer, once.
func TestMergingKeepsOneVoteForEachPerson(t *testing.T) {
	s := newStage(t)
	first := s.asked("how hot?", false)
	rae := s.Subscriber(s.channel, s.Person("Rae"), 1)
	same := s.asksAs(question.Ask{Asker: rae, Text: "what temperature?", Anonymous: true})
	a, b := s.Subscriber(s.channel, s.Person("A"), 1), s.Subscriber(s.channel, s.Person("B"), 1)
	for _, id := range []ident.Question{first.ID, same.ID} {
		s.does(s.votes(a, id, true))
	}
	s.does(s.votes(b, same.ID, true))
	s.does(s.votes(s.yuna, same.ID, true)) // who asked the other
	private := s.asksAs(question.Ask{Asker: rae, Text: "between us?", Private: true})
	merge := func(by ident.Account, id, into ident.Question) error {
		_, err := s.q.Merge(t.Context(), by, s.channel, id, into)
		return err
	}
	for what, c := range map[string]struct {
		err  error
		want string
	}{
		"a subscriber":       {merge(a, same.ID, first.ID), "moderators_only"},
		"with itself":        {merge(s.mod, same.ID, same.ID), "question_missing"},
		"with nothing":       {merge(s.mod, same.ID, "nothing"), "question_missing"},
		"a private one":      {merge(s.mod, private.ID, first.ID), "merge_differs"},
		"into a private one": {merge(s.mod, first.ID, private.ID), "merge_differs"},
	} {
		if reason(c.err) != c.want {
			t.Errorf("%s: %v", what, c.err)
		}
	}
	for range 2 {
		s.does(merge(s.mod, same.ID, first.ID))
	}
	list := s.waiting()
	if len(list) != 2 || list[0].ID != first.ID || list[0].Votes != 3 { // a, b and the asker of what was merged
		t.Fatalf("%v, votes %d", texts(list), list[0].Votes)
	}
	s.told = nil
	s.airs(first.ID, time.Second)
	if !slices.Contains(s.told, "answered "+string(s.yuna)) || !slices.Contains(s.told, "answered "+string(rae)) {
		t.Errorf("told: %v", s.told)
	}
	if got := s.untold(rae); len(got) != 1 || got[0].ID != same.ID || got[0].AnsweredAt.IsZero() {
		t.Errorf("what the merged asker is told: %+v", got)
	}
	s.does(s.q.Told(t.Context(), rae, s.channel, same.ID))
	if got := s.untold(rae); len(got) != 0 {
		t.Errorf("told again: %+v", got)
	}
}
