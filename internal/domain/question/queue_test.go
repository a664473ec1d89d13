package question_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/live"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// goesLive opens a broadcast; the returned function ends it.
func (s *stage) goesLive(title string) (b live.Broadcast, end func()) {
	s.t.Helper()
	b = live.Broadcast{
		ID: ident.Make[ident.Broadcast](s.IDs), Channel: s.channel, Title: title, State: live.Live, Node: "n", Take: 1,
		Started: s.Clock.Now(), Seen: s.Clock.Now(),
	}
	write := func(f func(*store.Tx) error) {
		s.t.Helper()
		if err := s.Update(s.t.Context(), f); err != nil {
			s.t.Fatal(err)
		}
	}
	write(func(tx *store.Tx) error { return tx.InsertBroadcast(s.t.Context(), b) })
	return b, func() {
		b.State, b.Ended = live.Ended, s.Clock.Now()
		write(func(tx *store.Tx) error { return tx.SetBroadcast(s.t.Context(), b) })
	}
}

// asksAs asks as the ask says; key and channel are filled in.
func (s *stage) asksAs(a question.Ask) question.Question {
	s.t.Helper()
	s.Clock.Advance(time.Second)
	s.keys++
	a.Channel, a.Key = s.channel, fmt.Sprintf("ask-%08d", s.keys)
	q, err := s.q.Ask(s.t.Context(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	return q
}

// waiting is the queue as the owner sees it.
func (s *stage) waiting() []question.Question {
	s.t.Helper()
	qs, _, err := s.q.List(s.t.Context(), s.owner, s.channel, []question.State{question.Waiting})
	if err != nil {
		s.t.Fatal(err)
	}
	return qs
}

func (s *stage) does(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// airs puts a question on air for a while and marks it answered.
func (s *stage) airs(id ident.Question, d time.Duration) question.Question {
	s.t.Helper()
	_, err := s.q.PutOnAir(s.t.Context(), s.owner, s.channel, id)
	s.does(err)
	s.Clock.Advance(d)
	q, err := s.q.MarkAnswered(s.t.Context(), s.owner, s.channel, id)
	s.does(err)
	return q
}

func texts(qs []question.Question) []string {
	var out []string
	for _, q := range qs {
		out = append(out, q.Text)
	}
	return out
}

func (s *stage) wantQueue(what string, want ...string) {
	s.t.Helper()
	if got := texts(s.waiting()); !slices.Equal(got, want) {
		s.t.Errorf("%s: the queue is %v, want %v", what, got, want)
	}
}

// Ten were asked and three answered: seven stand in the next live's queue, with
// the time they have waited and where they come from.
func TestUnansweredQuestionsAreCarriedOver(t *testing.T) {
	s := newStage(t)
	b, end := s.goesLive("Glazing")
	var asked []question.Question
	for i := range 10 {
		asked = append(asked, s.asked(fmt.Sprintf("number %d?", i), i%2 == 0))
		s.Clock.Advance(time.Minute)
	}
	for _, q := range s.waiting() {
		if q.CarriedOver() || q.Origin.ID != b.ID {
			t.Fatalf("while its live goes on: %+v", q)
		}
	}
	for _, q := range asked[:3] {
		s.airs(q.ID, time.Minute)
	}
	end()
	over := s.Clock.Now()
	s.Clock.Advance(6 * 24 * time.Hour)
	_, _ = s.goesLive("Firing")
	fresh := s.asksAs(question.Ask{Asker: s.Subscriber(s.channel, s.Person("New"), 1), Text: "a fresh one"})
	left := s.waiting()
	if len(left) != 8 || left[7].ID != fresh.ID || left[7].CarriedOver() {
		t.Fatalf("in the next live stand %v", texts(left))
	}
	for i, q := range left[:7] {
		was := asked[3+i]
		if q.ID != was.ID || !q.AskedAt.Equal(was.AskedAt) || !q.CarriedOver() || q.Origin.ID != b.ID || q.Origin.Title != "Glazing" || !q.Origin.Ended.Equal(over) {
			t.Errorf("carried over: %+v", q)
		}
	}
	// However long ago they were asked, they count as a known while of waiting.
	for range 5 {
		voter := s.Subscriber(s.channel, s.Person("Voter"), 1)
		_, err := s.q.Vote(t.Context(), voter, s.channel, fresh.ID, true)
		s.does(err)
	}
	if got := s.waiting()[0]; got.ID != fresh.ID {
		t.Errorf("%v comes before a first question with five votes", got.Text)
	}
}

// Where it went on air and was answered is kept against the clock of the broadcast.
func TestMomentsOfABroadcast(t *testing.T) {
	s := newStage(t)
	q := s.asked("before?", false)
	if got := s.airs(q.ID, time.Minute); got.Aired != (question.Moment{}) || got.Answered != (question.Moment{}) {
		t.Errorf("without a live: %+v %+v", got.Aired, got.Answered)
	}
	b, end := s.goesLive("Glazing")
	q = s.asked("during?", false)
	s.Clock.Advance(90 * time.Second)
	got := s.airs(q.ID, 40*time.Second)
	aired, answered := question.Moment{Broadcast: b.ID, Offset: 91 * time.Second}, question.Moment{Broadcast: b.ID, Offset: 131 * time.Second}
	if got.Aired != aired || got.Answered != answered {
		t.Errorf("%+v %+v", got.Aired, got.Answered)
	}
	end()
	s.Clock.Advance(time.Hour)
	// Everybody may read where, since everybody saw it, and the last one first; the asker of another knows nothing of it.
	list, _, err := s.q.OpenList(t.Context(), "", s.channel, []question.State{question.Answered})
	if err != nil || len(list) != 2 || list[0].Aired != aired || list[0].Answered != answered {
		t.Errorf("read again: %+v %v", list, err)
	}
}

// The creator's hand goes before the rule, is kept, is told, and can be taken back.
func TestMovingAQuestion(t *testing.T) {
	s := newStage(t)
	_, _ = s.goesLive("Glazing")
	var ids []ident.Question
	for i := range 5 {
		ids = append(ids, s.asked(fmt.Sprint(i), false).ID)
	}
	s.wantQueue("by the rule", "0", "1", "2", "3", "4")
	for _, by := range []ident.Account{"", s.yuna, s.mod} {
		if _, err := s.q.MoveTo(t.Context(), by, s.channel, ids[3], 1); reason(err) != "owner_only" {
			t.Errorf("%q moves: %v", by, err)
		}
	}
	if _, err := s.q.MoveTo(t.Context(), s.owner, s.channel, "nothing", 1); reason(err) != "not_waiting" {
		t.Errorf("what does not wait: %v", err)
	}
	moved, err := s.q.MoveTo(t.Context(), s.owner, s.channel, ids[3], 1)
	s.does(err)
	if got := texts(moved); !slices.Equal(got, []string{"0", "3", "1", "2", "4"}) || moved[0].Place != 1 || moved[1].Place != 2 || moved[2].Place != 0 {
		t.Errorf("the answer is %+v", moved)
	}
	voter := s.Subscriber(s.channel, s.Person("Voter"), 1)
	_, err = s.q.Vote(t.Context(), voter, s.channel, ids[4], true)
	s.does(err)
	s.wantQueue("a vote passes those whom the rule orders, and no others", "0", "3", "4", "1", "2")
	again := newStageOn(s)
	if got := texts(again.waiting()); !slices.Equal(got, []string{"0", "3", "4", "1", "2"}) {
		t.Errorf("after a restart: %v", got)
	}
	s.airs(ids[0], time.Second)
	s.wantQueue("whoever is placed moves up", "3", "4", "1", "2")
	_, err = s.q.MoveTo(t.Context(), s.owner, s.channel, ids[3], 2)
	s.does(err)
	s.wantQueue("moved down", "4", "1", "3", "2")
	_, err = s.q.MoveTo(t.Context(), s.owner, s.channel, ids[3], 2)
	s.does(err)
	_, err = s.q.ByRule(t.Context(), s.owner, s.channel)
	s.does(err)
	_, err = s.q.ByRule(t.Context(), s.owner, s.channel)
	s.does(err)
	s.wantQueue("back to the rule", "4", "1", "2", "3")
	var told []string
	for _, e := range s.Events(s.channel, room.Space) {
		if a, is := event.As[event.QuestionsArranged](e); is {
			told = append(told, fmt.Sprint(len(a.First)))
			if strings.Contains(string(e.Data), "null") {
				t.Errorf("nobody is told as %s", e.Data)
			}
		}
	}
	if !slices.Equal(told, []string{"2", "3", "0"}) { // a repetition is told once
		t.Errorf("told of %v placed", told)
	}
	if got := s.kinds(room.Public); got != "question.aired question.answered" {
		t.Errorf("the public log: %s", got)
	}
}

// newStageOn is the same place after a restart.
func newStageOn(s *stage) *stage {
	s.t.Helper()
	again := *s
	again.q = serviceOn(s, again.DB)
	return &again
}
