package moderation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// What was asked long before and shown to everybody lately is gone from the lists as
// it is from the log.
func TestASanctionHidesOldQuestionsThatWereShownLately(t *testing.T) {
	s := newStage(t)
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 4)
	can := func(_ question.Question, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ask := func(text string, private bool) ident.Question {
		s.keys++
		q, err := s.questions.Ask(t.Context(), question.Ask{
			Channel: s.channel, Asker: yuna, Key: fmt.Sprintf("key-%08d", s.keys), Text: text, Private: private,
		})
		can(q, err)
		return q.ID
	}
	published, aired, left := ask("troll published", true), ask("troll aired", false), ask("known for long", true)
	for _, id := range []ident.Question{published, left} {
		can(s.questions.ReplyInText(t.Context(), s.owner, s.channel, id, "an answer"))
		can(s.questions.Consent(t.Context(), yuna, s.channel, id, true))
	}
	can(s.questions.Publish(t.Context(), s.owner, s.channel, left))
	s.Clock.Advance(26 * time.Hour)
	can(s.questions.Publish(t.Context(), s.owner, s.channel, published))
	can(s.questions.PutOnAir(t.Context(), s.owner, s.channel, aired))
	can(s.questions.MarkAnswered(t.Context(), s.owner, s.channel, aired))
	shown := func() (words string) {
		t.Helper()
		list, _, err := s.questions.OpenList(t.Context(), "", s.channel, []question.State{question.Answered})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range list {
			words += q.Text + "; "
		}
		for _, e := range s.Events(s.channel, room.Public) {
			words += string(e.Data)
		}
		return words
	}
	for _, words := range []string{"troll published", "troll aired", "known for long"} {
		if strings.Count(shown(), words) != 2 {
			t.Fatalf("%q is not in the list and the log at first: %s", words, shown())
		}
	}
	if err := s.bans(yuna); err != nil {
		t.Fatal(err)
	}
	if words := shown(); strings.Contains(words, "troll") || strings.Count(words, "known for long") != 2 {
		t.Errorf("everybody reads %s", words)
	}
}
