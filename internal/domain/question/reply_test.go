package question_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// untold is what somebody would be told of on their next visit.
func (s *stage) untold(who ident.Account) []question.Question {
	s.t.Helper()
	subject := access.Subject{Account: who, Channel: s.channel}
	var facts map[access.Subject]access.Facts
	err := s.View(s.t.Context(), func(tx *store.Tx) (err error) {
		facts, err = tx.Facts(s.t.Context(), []access.Subject{subject})
		return err
	})
	s.does(err)
	qs, err := s.q.Untold(s.t.Context(), facts[subject])
	s.does(err)
	return qs
}

// An answer in text is staff's, takes the question out of the queue, and is said
// in the room the question was asked in, and nowhere else.
func TestAnsweringInText(t *testing.T) {
	for in, other := range map[room.Audience]room.Audience{room.Public: room.Space, room.Space: room.Public} {
		t.Run(string(in), func(t *testing.T) {
			s := newStage(t)
			q := s.asksAs(question.Ask{Asker: s.yuna, Text: "how hot?", Room: in})
			reply := func(by ident.Account, text string) error {
				_, err := s.q.ReplyInText(t.Context(), by, s.channel, q.ID, text)
				return err
			}
			for what, c := range map[string]struct {
				err  error
				want string
			}{
				"a subscriber": {reply(s.yuna, "cone 6"), "moderators_only"}, "nobody": {reply("", "cone 6"), "moderators_only"},
				"nothing": {reply(s.mod, " "), "text_empty"}, "too much": {reply(s.mod, strings.Repeat("x", 501)), "text_too_long"},
			} {
				if reason(c.err) != c.want {
					t.Errorf("%s: %v", what, c.err)
				}
			}
			for range 2 {
				s.does(reply(s.mod, "Cone 6 sentinel"))
			}
			if err := reply(s.owner, "something else"); reason(err) != "not_waiting" {
				t.Errorf("answered twice: %v", err)
			}
			events := s.Events(s.channel, in)
			said, is := event.As[event.QuestionReplied](events[len(events)-1])
			if len(events) != 2 || !is || said.Question != q.ID || said.Text != "Cone 6 sentinel" || said.Author.Name != "Mod" || said.Author.Role != "moderator" {
				t.Errorf("the log says %s", events[len(events)-1].Data)
			}
			if got := s.kinds(other); got != "" {
				t.Errorf("the other room's log: %s", got)
			}
			list, _, err := s.q.List(t.Context(), s.yuna, s.channel, []question.State{question.Answered})
			if err != nil || len(list) != 1 || list[0].Reply.Text != "Cone 6 sentinel" || list[0].Reply.Name != "Mod" {
				t.Errorf("%+v %v", list, err)
			}
			if fmt.Sprint(s.told) != "[answered "+string(s.yuna)+"]" || len(s.untold(s.yuna)) != 1 || len(s.untold(s.mod)) != 0 {
				t.Errorf("told: %v", s.told)
			}
			s.does(s.q.Told(t.Context(), s.mod, s.channel, q.ID)) // another's
			if len(s.untold(s.yuna)) != 1 {
				t.Error("somebody else has put the asker's notice away")
			}
			// Once staff remove the question its answer is gone with it.
			s.does(s.q.Remove(t.Context(), s.mod, s.channel, q.ID))
			if raw := s.Raw(); strings.Contains(raw, "sentinel") || strings.Contains(raw, "how hot") || len(s.untold(s.yuna)) != 0 {
				t.Errorf("after removal: %s", raw)
			}
		})
	}
}

// An answer from inside is not told to somebody whose room has shut.
func TestNoNoticeThroughAClosedDoor(t *testing.T) {
	s := newStage(t)
	leaver := s.Person("Leaver")
	s.Grant(s.channel, leaver, s.Clock.Now().Add(-time.Hour), s.Clock.Now().Add(time.Hour), 1)
	q := s.asksAs(question.Ask{Asker: leaver, Text: "how hot?"})
	_, err := s.q.ReplyInText(t.Context(), s.owner, s.channel, q.ID, "cone 6")
	s.does(err)
	if len(s.untold(leaver)) != 1 {
		t.Error("nothing is told while the door is open")
	}
	s.Clock.Advance(2 * time.Hour)
	if got := s.untold(leaver); len(got) != 0 {
		t.Errorf("told: %+v", got)
	}
}

// What is for subscribers only never enters the public log, whatever becomes of it.
func TestPrivateAnswersStayInside(t *testing.T) {
	s := newStage(t)
	q := s.asksAs(question.Ask{Asker: s.yuna, Text: "a private sentinel?", Private: true})
	back := func(ident.Question) (question.Question, error) {
		return s.q.PutBack(t.Context(), s.owner, s.channel, q.ID)
	}
	air := func(ident.Question) (question.Question, error) {
		return s.q.PutOnAir(t.Context(), s.owner, s.channel, q.ID)
	}
	s.on(air, q)
	if _, on, err := s.q.Current(t.Context(), s.channel, false); on || err != nil {
		t.Errorf("the public sees it on air: %v", err)
	}
	if current, on, _ := s.q.Current(t.Context(), s.channel, true); !on || current.ID != q.ID {
		t.Error("those inside do not see it on air")
	}
	s.on(back, q)
	_, err := s.q.MoveTo(t.Context(), s.owner, s.channel, q.ID, 0)
	s.does(err)
	s.on(air, q)
	_, err = s.q.MarkAnswered(t.Context(), s.owner, s.channel, q.ID)
	s.does(err)
	all := []question.State{question.Waiting, question.OnAir, question.Answered, question.Skipped}
	if list, _, err := s.q.OpenList(t.Context(), "", s.channel, all); err != nil || len(list) != 0 {
		t.Errorf("the public list: %+v %v", list, err)
	}
	s.does(s.q.Remove(t.Context(), s.mod, s.channel, q.ID))
	if got := s.kinds(room.Public); got != "" {
		t.Errorf("the public log: %s", got)
	}
	if got := s.kinds(room.Space); !strings.HasSuffix(got, "question.skipped message.removed") {
		t.Errorf("the space: %s", got)
	}
}

// Public questions stand in the same queue, are read and asked by everybody who
// may write in public, and have a name.
func TestPublicQuestions(t *testing.T) {
	s := newStage(t)
	if _, err := s.q.Ask(t.Context(), question.Ask{Channel: s.channel, Key: "nobody-asks", Text: "x", Room: room.Public}); reason(err) != "sign_in" {
		t.Errorf("nobody asks: %v", err)
	}
	noa := s.Light("Noa")
	q := s.asksAs(question.Ask{Asker: noa, Text: "is it stoneware?", Room: room.Public, Anonymous: true, Private: true})
	inside := s.asked("from inside?", true)
	if q.Shown != "Noa" || q.Audience != room.Public {
		t.Errorf("asked as %+v", q)
	}
	open, _, err := s.q.OpenList(t.Context(), "", s.channel, []question.State{question.Waiting})
	if err != nil || len(open) != 1 || open[0].ID != q.ID {
		t.Errorf("the public list: %v %v", texts(open), err)
	}
	s.wantQueue("both rooms in one queue", "is it stoneware?", "from inside?")
	if got := s.kinds(room.Public); got != "question.asked" {
		t.Errorf("the public log: %s", got)
	}
	// The order told in public names public questions only.
	_, err = s.q.MoveTo(t.Context(), s.owner, s.channel, inside.ID, 0)
	s.does(err)
	_, err = s.q.MoveTo(t.Context(), s.owner, s.channel, q.ID, 1)
	s.does(err)
	events := s.Events(s.channel, room.Public)
	told, is := event.As[event.QuestionsArranged](events[len(events)-1])
	if len(events) != 2 || !is || fmt.Sprint(told.First) != fmt.Sprintf("[%s]", q.ID) {
		t.Errorf("the public log: %s", events[len(events)-1].Data)
	}
	s.airs(q.ID, time.Second)
	if got := s.kinds(room.Public); got != "question.asked questions.arranged question.aired question.answered" {
		t.Errorf("the public log: %s", got)
	}
}
