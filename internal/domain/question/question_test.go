package question_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type patient struct{}

func (patient) Take(string) error { return nil }

type stage struct {
	*storetest.World
	t       testing.TB
	q       *question.Service
	owner   ident.Account
	mod     ident.Account
	yuna    ident.Account // a subscriber
	channel ident.Channel
	keys    int
	ears    *sync.Mutex
	told    []string // what the nodes were told
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t), t: t, ears: &sync.Mutex{}}
	s.q = serviceOn(s, s.DB)
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	s.mod = s.Moderator(s.channel, s.Person("Mod"))
	s.yuna = s.Subscriber(s.channel, s.Person("Yuna Sakamoto"), 4)
	return s
}

// serviceOn is the queue on a database; the stage hears what it tells the nodes.
func serviceOn(s *stage, db *store.DB) *question.Service {
	return question.NewService(store.UnitOf(db, func(tx *store.Tx) question.Tx { return tx }), s.IDs, s.Clock.Now, patient{},
		question.Rules{
			CleanText: chat.CleanText, CleanKey: chat.CleanKey, Author: chat.AuthorOf,
			Voted: func(at room.Address, q ident.Question) {
				s.heard("votes of " + string(q) + " in " + string(at.Audience))
			},
			Answered: func(asker ident.Account, _ ident.Channel) { s.heard("answered " + string(asker)) },
		})
}

func (s *stage) heard(what string) {
	s.ears.Lock()
	defer s.ears.Unlock()
	s.told = append(s.told, what)
}

func (s *stage) asks(by ident.Account, text string, anonymous bool) (question.Question, error) {
	s.keys++
	return s.q.Ask(s.t.Context(), question.Ask{
		Channel: s.channel, Asker: by, Key: fmt.Sprintf("ask-%08d", s.keys), Text: text, Anonymous: anonymous,
	})
}

func (s *stage) asked(text string, anonymous bool) question.Question {
	s.t.Helper()
	s.Clock.Advance(time.Second)
	q, err := s.asks(s.yuna, text, anonymous)
	if err != nil {
		s.t.Fatal(err)
	}
	return q
}

func reason(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestOnlyThoseInsideMayAskAndRead(t *testing.T) {
	s := newStage(t)
	for name, c := range map[string]struct {
		who  ident.Account
		want string
	}{
		"nobody":     {"", "sign_in"},
		"light":      {s.Light("Noa"), "subscribers_only"},
		"full":       {s.Person("Sam"), "subscribers_only"},
		"subscriber": {s.yuna, ""},
		"moderator":  {s.mod, ""},
		"owner":      {s.owner, ""},
	} {
		if _, err := s.asks(c.who, "How hot?", false); reason(err) != c.want {
			t.Errorf("%s asks: %v, want %q", name, err, c.want)
		}
		if _, _, err := s.q.List(t.Context(), c.who, s.channel, []question.State{question.Waiting}); reason(err) != c.want {
			t.Errorf("%s reads the queue: %v, want %q", name, err, c.want)
		}
	}
}

// Only the creator decides what goes on air; a moderator may skip.
func TestWhoMovesQuestions(t *testing.T) {
	s := newStage(t)
	q := s.asked("How hot?", false)
	moves := map[string]func(ident.Account) error{
		"air":    func(by ident.Account) error { _, err := s.q.PutOnAir(t.Context(), by, s.channel, q.ID); return err },
		"answer": func(by ident.Account) error { _, err := s.q.MarkAnswered(t.Context(), by, s.channel, q.ID); return err },
		"return": func(by ident.Account) error { _, err := s.q.PutBack(t.Context(), by, s.channel, q.ID); return err },
	}
	for name, move := range moves {
		for _, by := range []ident.Account{"", s.yuna, s.mod, s.Person("Sam")} {
			if err := move(by); reason(err) != "owner_only" {
				t.Errorf("%q tries to %s: %v", by, name, err)
			}
		}
	}
	if _, err := s.q.Skip(t.Context(), s.yuna, s.channel, q.ID); reason(err) != "moderators_only" {
		t.Errorf("a subscriber skips: %v", err)
	}
	if _, err := s.q.Skip(t.Context(), s.mod, s.channel, q.ID); err != nil {
		t.Errorf("a moderator skips: %v", err)
	}
	other := s.Channel(s.owner)
	if _, err := s.q.PutOnAir(t.Context(), s.owner, other, q.ID); reason(err) != "question_missing" {
		t.Errorf("a question of another channel: %v", err)
	}
}

// What crosses into the public log is the text and the name the asker chose.
func TestOnAirCopiesOnlyTextAndChosenName(t *testing.T) {
	for name, anonymous := range map[string]bool{"by name": false, "as a subscriber": true} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			q := s.asked("How hot is the kiln?", anonymous)
			if _, err := s.q.PutOnAir(t.Context(), s.owner, s.channel, q.ID); err != nil {
				t.Fatal(err)
			}
			public := s.Events(s.channel, room.Public)
			if len(public) != 1 {
				t.Fatalf("the public log holds %d events", len(public))
			}
			shown := "Yuna Sakamoto"
			if anonymous {
				shown = ""
			}
			want := fmt.Sprintf(`{"question":%q,"name":%q,"text":"How hot is the kiln?"}`, q.ID, shown)
			if public[0].Kind != "question.aired" || string(public[0].Data) != want {
				t.Errorf("what crossed is %s %s, want %s", public[0].Kind, public[0].Data, want)
			}
			for _, a := range []room.Audience{room.Public, room.Space} {
				for _, e := range s.Events(s.channel, a) {
					words := string(e.Data)
					if a == room.Public && strings.Contains(words, string(s.yuna)) {
						t.Errorf("the account stands in the public log: %s", words)
					}
					if anonymous && (strings.Contains(words, string(s.yuna)) || strings.Contains(words, "Yuna")) {
						t.Errorf("an anonymous asker is named in %s: %s", a, words)
					}
				}
			}
		})
	}
}

func TestAskedQuestionCarriesItsAuthorOnlyWhenNamed(t *testing.T) {
	s := newStage(t)
	s.asked("named", false)
	s.asked("anonymous", true)
	events := s.Events(s.channel, room.Space)
	named, _ := event.As[event.QuestionAsked](events[0])
	if named.Name != "Yuna Sakamoto" || named.Author == nil || *named.Author != (event.Author{
		ID: s.yuna, Name: "Yuna Sakamoto", Role: "none", Subscriber: true, Months: 4, Badge: "m3",
	}) {
		t.Errorf("by name: %s", events[0].Data)
	}
	if anonymous, _ := event.As[event.QuestionAsked](events[1]); anonymous.Name != "" || anonymous.Author != nil {
		t.Errorf("anonymous: %s", events[1].Data)
	}
}

func TestQuestionGoesItsWayAndRepeatsChangeNothing(t *testing.T) {
	s := newStage(t)
	one, two := s.asked("one?", false), s.asked("two?", true)
	step := func(what string, move func() (question.Question, error), want string, state question.State) {
		t.Helper()
		q, err := move()
		if reason(err) != want || (err == nil && q.State != state) {
			t.Fatalf("%s: %s, %v; want %s, %q", what, q.State, err, state, want)
		}
	}
	air := func(id ident.Question) func() (question.Question, error) {
		return func() (question.Question, error) { return s.q.PutOnAir(t.Context(), s.owner, s.channel, id) }
	}
	answer := func() (question.Question, error) { return s.q.MarkAnswered(t.Context(), s.owner, s.channel, one.ID) }
	back := func() (question.Question, error) { return s.q.PutBack(t.Context(), s.owner, s.channel, one.ID) }
	skip := func(id ident.Question) func() (question.Question, error) {
		return func() (question.Question, error) { return s.q.Skip(t.Context(), s.owner, s.channel, id) }
	}
	step("answered before it aired", answer, "not_on_air", "")
	step("back while waiting", back, "", question.Waiting)
	step("on air", air(one.ID), "", question.OnAir)
	step("on air again", air(one.ID), "", question.OnAir)
	step("another beside it", air(two.ID), "on_air_taken", "")
	step("skipped on air", skip(one.ID), "not_waiting", "")
	current, on, err := s.q.Current(t.Context(), s.channel, true)
	if err != nil || !on || current.ID != one.ID {
		t.Fatalf("on air is %v %v %v", current, on, err)
	}
	step("back", back, "", question.Waiting)
	list, _, err := s.q.List(t.Context(), s.owner, s.channel, []question.State{question.Waiting})
	if err != nil || len(list) != 2 || list[0].ID != one.ID {
		t.Fatalf("back in its place: %v %v", list, err)
	}
	step("on air once more", air(one.ID), "", question.OnAir)
	step("answered", answer, "", question.Answered)
	step("answered again", answer, "", question.Answered)
	step("back after the answer", back, "not_on_air", "")
	step("on air after the answer", air(one.ID), "not_waiting", "")
	step("skip", skip(two.ID), "", question.Skipped)
	step("skip again", skip(two.ID), "", question.Skipped)
	step("on air after skipping", air(two.ID), "not_waiting", "")
	var kinds []string
	for _, e := range s.Events(s.channel, room.Public) {
		kinds = append(kinds, strings.TrimPrefix(string(e.Kind), "question."))
	}
	if got := strings.Join(kinds, " "); got != "aired returned aired answered" {
		t.Errorf("the public log says %s", got)
	}
}

// At most one question of a channel is on air, also when two are put there at once.
func TestAtMostOneIsOnAir(t *testing.T) {
	s := newStage(t)
	for range 5 {
		var ids []ident.Question
		for i := range 6 {
			asker := s.Subscriber(s.channel, s.Person(fmt.Sprintf("Asker %d", len(s.waiting()))), 1)
			ids = append(ids, s.asksAs(question.Ask{Asker: asker, Text: fmt.Sprintf("number %d?", i)}).ID)
		}
		errs := make([]error, len(ids))
		var all sync.WaitGroup
		for i, id := range ids {
			all.Go(func() { _, errs[i] = s.q.PutOnAir(t.Context(), s.owner, s.channel, id) })
		}
		all.Wait()
		aired := 0
		for _, err := range errs {
			switch reason(err) {
			case "":
				aired++
			case "on_air_taken":
			default:
				t.Errorf("refused with %v", err)
			}
		}
		list, _, err := s.q.List(t.Context(), s.owner, s.channel, []question.State{question.OnAir})
		if err != nil || aired != 1 || len(list) != 1 {
			t.Fatalf("%d were aired, %d are on air (%v)", aired, len(list), err)
		}
		if _, err := s.q.MarkAnswered(t.Context(), s.owner, s.channel, list[0].ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSameKeyAsksOnce(t *testing.T) {
	s := newStage(t)
	ask := question.Ask{Channel: s.channel, Asker: s.yuna, Key: "the-same-key", Text: "How hot?"}
	ids := make([]ident.Question, 12)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			q, err := s.q.Ask(t.Context(), ask)
			if err != nil {
				t.Error(err)
			}
			ids[i] = q.ID
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("one key gave %v", ids)
			break
		}
	}
	if n := len(s.Events(s.channel, room.Space)); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func TestQueueSurvivesARestart(t *testing.T) {
	s := newStage(t)
	one, two := s.asked("one?", false), s.asked("two?", true)
	if _, err := s.q.PutOnAir(t.Context(), s.owner, s.channel, one.ID); err != nil {
		t.Fatal(err)
	}
	again := storetest.Open(t, s.URL, s.Clock.Now, nil)
	q := question.NewService(store.UnitOf(again, func(tx *store.Tx) question.Tx { return tx }), s.IDs, s.Clock.Now, patient{},
		question.Rules{CleanText: chat.CleanText, CleanKey: chat.CleanKey, Author: chat.AuthorOf})
	current, on, err := q.Current(t.Context(), s.channel, true)
	if err != nil || !on || current.ID != one.ID || current.Text != "one?" || current.Shown != "Yuna Sakamoto" {
		t.Errorf("on air after a restart: %+v %v %v", current, on, err)
	}
	waiting, _, err := q.List(t.Context(), s.owner, s.channel, []question.State{question.Waiting})
	if err != nil || len(waiting) != 1 || waiting[0].ID != two.ID {
		t.Errorf("waiting after a restart: %v %v", waiting, err)
	}
}

// What is on air can be told from the public log alone, as from the table.
func TestTableAgreesWithTheLog(t *testing.T) {
	s := newStage(t)
	for i := range 12 {
		q := s.asked(fmt.Sprintf("number %d?", i), i%2 == 0)
		if _, err := s.q.PutOnAir(t.Context(), s.owner, s.channel, q.ID); err != nil {
			t.Fatal(err)
		}
		var fold ident.Question
		check := func() {
			t.Helper()
			fold = ""
			for _, e := range s.Events(s.channel, room.Public) {
				if aired, ok := event.As[event.QuestionAired](e); ok {
					fold = aired.Question
				} else {
					fold = ""
				}
			}
			current, on, err := s.q.Current(t.Context(), s.channel, true)
			if err != nil || on != (fold != "") || (on && current.ID != fold) {
				t.Fatalf("the table says %s, the log %s (%v)", current.ID, fold, err)
			}
		}
		check()
		move := s.q.MarkAnswered
		if i%3 == 0 {
			move = s.q.PutBack
		}
		if _, err := move(t.Context(), s.owner, s.channel, q.ID); err != nil {
			t.Fatal(err)
		}
		check()
	}
}

func TestAskingIsPacedAndChecked(t *testing.T) {
	s := newStage(t)
	for what, want := range map[string]string{"": "text_empty", strings.Repeat("x", 501): "text_too_long"} {
		if _, err := s.asks(s.yuna, what, false); reason(err) != want {
			t.Errorf("%.10q: %v, want %s", what, err, want)
		}
	}
	slow := question.NewService(store.UnitOf(s.DB, func(tx *store.Tx) question.Tx { return tx }), s.IDs, s.Clock.Now, impatient{},
		question.Rules{CleanText: chat.CleanText, CleanKey: chat.CleanKey, Author: chat.AuthorOf})
	_, err := slow.Ask(t.Context(), question.Ask{Channel: s.channel, Asker: s.yuna, Key: "some-key-1", Text: "x"})
	if f := fault.Of(err); f == nil || f.Reason != "slow_down" || f.RetryAfter != time.Second {
		t.Errorf("too fast: %v", err)
	}
	var facts access.Facts
	if _, facts, err = s.q.List(t.Context(), s.mod, s.channel, []question.State{question.Waiting}); err != nil || facts.Role != access.RoleModerator {
		t.Errorf("the list tells who asked for it: %+v %v", facts, err)
	}
}

type impatient struct{}

func (impatient) Take(string) error {
	return fault.New(fault.Limited, "too_many_attempts", "Wait.").After(time.Second)
}
