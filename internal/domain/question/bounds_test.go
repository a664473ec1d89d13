package question_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// A key that was used inside says nothing to somebody who is outside by now.
func TestARepeatedKeyReadsNoRoomThatHasShut(t *testing.T) {
	s := newStage(t)
	a := question.Ask{Channel: s.channel, Asker: s.yuna, Key: "key-of-yuna", Text: "between us?", Private: true}
	first, err := s.q.Ask(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.q.ReplyInText(t.Context(), s.owner, s.channel, first.ID, "sieve it twice"); err != nil {
		t.Fatal(err)
	}
	if again, err := s.q.Ask(t.Context(), a); err != nil || again.ID != first.ID || again.Reply.Text == "" || again.Stands.IsZero() {
		t.Errorf("inside: %+v %v", again, err)
	}
	s.Clock.Advance(40 * 24 * time.Hour)
	a.Room, a.Private = room.Public, false // which everybody may ask in
	if got, err := s.q.Ask(t.Context(), a); reason(err) != "period_ended" || got.Text+got.Reply.Text != "" {
		t.Errorf("outside: %+v %v", got, err)
	}
}

// One person has only so many places in the queue of a room.
func TestOnePersonDoesNotFillTheQueue(t *testing.T) {
	s := newStage(t)
	for range 20 {
		s.asksAs(question.Ask{Asker: s.yuna, Text: "and this?"})
	}
	if _, err := s.asks(s.yuna, "one more?", false); reason(err) != "questions_waiting" {
		t.Errorf("the 21st: %v", err)
	}
	s.asksAs(question.Ask{Asker: s.yuna, Text: "in public?", Room: room.Public})
	rae := s.Subscriber(s.channel, s.Person("Rae"), 1)
	s.asksAs(question.Ask{Asker: rae, Text: "and mine?"})
	if _, err := s.q.Skip(t.Context(), s.owner, s.channel, s.waiting()[0].ID); err != nil {
		t.Fatal(err)
	}
}

// That a question is somebody's first says nothing of those they asked without a
// name, nor in public of those they asked inside.
func TestAFirstQuestionGivesNobodyAway(t *testing.T) {
	s := newStage(t)
	ask := func(a question.Ask) bool {
		a.Asker = s.yuna
		return s.asksAs(a).First
	}
	for _, c := range []struct {
		what string
		got  bool
		want bool
	}{
		{"without a name", ask(question.Ask{Text: "who am I?", Anonymous: true}), false},
		{"by name, after that", ask(question.Ask{Text: "how hot?"}), true},
		{"by name again", ask(question.Ask{Text: "how long?"}), false},
		{"in public, after those inside", ask(question.Ask{Text: "hello?", Room: room.Public}), true},
		{"in public again", ask(question.Ask{Text: "anybody?", Room: room.Public}), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: first %v", c.what, c.got)
		}
	}
	if e, is := event.As[event.QuestionAsked](s.Events(s.channel, room.Space)[0]); !is || e.First {
		t.Errorf("the log says %+v", e)
	}
}

// Whose question was merged twice over is told as well.
func TestMergingAgainKeepsTheAskers(t *testing.T) {
	s := newStage(t)
	rae, sol := s.Subscriber(s.channel, s.Person("Rae"), 1), s.Subscriber(s.channel, s.Person("Sol"), 1)
	a, b := s.asksAs(question.Ask{Asker: rae, Text: "a?"}), s.asksAs(question.Ask{Asker: sol, Text: "b?"})
	c := s.asked("c?", false)
	for _, m := range [][2]question.Question{{a, b}, {b, c}} {
		if _, err := s.q.Merge(t.Context(), s.mod, s.channel, m[0].ID, m[1].ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.q.ReplyInText(t.Context(), s.owner, s.channel, c.ID, "all the same"); err != nil {
		t.Fatal(err)
	}
	if got := s.untold(rae); len(got) != 1 || got[0].Reply.Text != "all the same" {
		t.Errorf("the first asker is told %+v", got)
	}
}

// What answers a vote, or a question that is put back, says where it stands.
func TestAnAnswerSaysWhereTheQuestionStands(t *testing.T) {
	s := newStage(t)
	q := s.asked("how hot?", false)
	rae := s.Subscriber(s.channel, s.Person("Rae"), 1)
	want := s.waiting()[0].Stands
	for range 2 {
		if got, err := s.q.Vote(t.Context(), rae, s.channel, q.ID, true); err != nil || !got.Stands.Equal(want) || got.Votes != 1 {
			t.Errorf("a vote: %v, %d votes, %v; want %v", got.Stands, got.Votes, err, want)
		}
	}
	if _, err := s.q.PutOnAir(t.Context(), s.owner, s.channel, q.ID); err != nil {
		t.Fatal(err)
	}
	if got, err := s.q.PutBack(t.Context(), s.owner, s.channel, q.ID); err != nil || !got.Stands.Equal(want) {
		t.Errorf("put back: %v, %v; want %v", got.Stands, err, want)
	}
}

// Of what was answered the newest are listed, however many there are.
func TestTheNewestAnswersAreListed(t *testing.T) {
	s := newStage(t)
	for range 201 {
		q := s.asked("how hot?", false)
		if _, err := s.q.ReplyInText(t.Context(), s.owner, s.channel, q.ID, "very"); err != nil {
			t.Fatal(err)
		}
	}
	last := s.asked("and last?", false)
	if _, err := s.q.ReplyInText(t.Context(), s.owner, s.channel, last.ID, "this"); err != nil {
		t.Fatal(err)
	}
	list, _, err := s.q.List(t.Context(), s.yuna, s.channel, []question.State{question.Answered})
	if err != nil || len(list) != 200 || list[0].ID != last.ID {
		t.Errorf("%d listed, the first %q, %v", len(list), list[0].Text, err)
	}
}
