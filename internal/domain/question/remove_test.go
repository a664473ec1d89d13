package question_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func (s *stage) on(move func(ident.Question) (question.Question, error), q question.Question) {
	s.t.Helper()
	if _, err := move(q.ID); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) kinds(a room.Audience) string {
	s.t.Helper()
	var kinds []string
	for _, e := range s.Events(s.channel, a) {
		kinds = append(kinds, string(e.Kind))
	}
	return strings.Join(kinds, " ")
}

// Whatever became of a question: once staff remove it, no reader is given its
// words any more, and nothing of the others is touched.
func TestRemovedQuestionLeavesNoWordsBehind(t *testing.T) {
	air := func(s *stage) func(ident.Question) (question.Question, error) {
		return func(id ident.Question) (question.Question, error) {
			return s.q.PutOnAir(t.Context(), s.owner, s.channel, id)
		}
	}
	answer := func(s *stage) func(ident.Question) (question.Question, error) {
		return func(id ident.Question) (question.Question, error) {
			return s.q.MarkAnswered(t.Context(), s.owner, s.channel, id)
		}
	}
	back := func(s *stage) func(ident.Question) (question.Question, error) {
		return func(id ident.Question) (question.Question, error) {
			return s.q.PutBack(t.Context(), s.owner, s.channel, id)
		}
	}
	skip := func(s *stage) func(ident.Question) (question.Question, error) {
		return func(id ident.Question) (question.Question, error) { return s.q.Skip(t.Context(), s.mod, s.channel, id) }
	}
	for name, c := range map[string]struct {
		before        func(*stage, question.Question)
		public, space string
	}{
		"waiting": {
			func(*stage, question.Question) {},
			"", "message.tombstone question.asked question.skipped message.removed",
		},
		"skipped": {
			func(s *stage, q question.Question) { s.on(skip(s), q) },
			"", "message.tombstone question.asked question.skipped message.removed",
		},
		"on air the second time": {
			func(s *stage, q question.Question) { s.on(air(s), q); s.on(back(s), q); s.on(air(s), q) },
			"message.tombstone question.returned message.tombstone question.returned message.removed",
			"message.tombstone question.asked message.tombstone question.returned message.tombstone question.returned question.skipped message.removed",
		},
		"answered": {
			func(s *stage, q question.Question) { s.on(air(s), q); s.on(answer(s), q) },
			"message.tombstone question.answered message.removed",
			"message.tombstone question.asked message.tombstone question.answered question.skipped message.removed",
		},
	} {
		for asker, anonymous := range map[string]bool{"by name": false, "as a subscriber": true} {
			t.Run(name+" "+asker, func(t *testing.T) {
				s := newStage(t)
				q := s.asked("an abusive sentinel", anonymous)
				s.asked("a good question", false)
				c.before(s, q)
				for range 2 {
					if err := s.q.Remove(t.Context(), s.mod, s.channel, q.ID); err != nil {
						t.Fatal(err)
					}
				}
				if got := s.kinds(room.Public); got != c.public {
					t.Errorf("the public log: %s", got)
				}
				if got := s.kinds(room.Space); got != c.space {
					t.Errorf("the space: %s", got)
				}
				if raw := s.Raw(); strings.Contains(raw, "sentinel") || !strings.Contains(raw, "a good question") {
					t.Errorf("the logs hold\n%s", raw)
				}
				if _, on, err := s.q.Current(t.Context(), s.channel, true); on || err != nil {
					t.Errorf("still on air: %v %v", on, err)
				}
				all := []question.State{question.Waiting, question.OnAir, question.Answered, question.Skipped}
				list, _, err := s.q.List(t.Context(), s.owner, s.channel, all)
				slices.SortFunc(list, func(a, b question.Question) int { return cmp.Compare(a.Text, b.Text) })
				if err != nil || len(list) != 2 || list[0].Text+list[0].Shown != "" || list[1].Text != "a good question" {
					t.Errorf("the list: %+v %v", list, err)
				}
			})
		}
	}
}

// A removed question tells those who have its words which sequences are gone.
func TestRemovedQuestionNamesItsSequences(t *testing.T) {
	s := newStage(t)
	s.asked("a good question", false)
	q := s.asked("an abusive one", false)
	if err := s.q.Remove(t.Context(), s.owner, s.channel, q.ID); err != nil {
		t.Fatal(err)
	}
	events := s.Events(s.channel, room.Space)
	m, is := event.As[event.MessageRemoved](events[len(events)-1])
	if !is || len(m.Seqs) != 1 || m.Seqs[0] != 2 || m.By != "moderator" {
		t.Errorf("the last event is %s", events[len(events)-1].Data)
	}
}

func TestOnlyStaffRemoveQuestions(t *testing.T) {
	s := newStage(t)
	q := s.asked("How hot?", false)
	for _, by := range []ident.Account{"", s.yuna, s.Person("Sam")} {
		if err := s.q.Remove(t.Context(), by, s.channel, q.ID); reason(err) != "moderators_only" {
			t.Errorf("%q removes: %v", by, err)
		}
	}
	other := s.Channel(s.owner)
	if err := s.q.Remove(t.Context(), s.owner, other, q.ID); reason(err) != "question_missing" {
		t.Errorf("a question of another channel: %v", err)
	}
}
