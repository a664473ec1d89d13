package question_test

import (
	"context"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// open is what everybody reads of the answered questions.
func (s *stage) open() []question.Question {
	s.t.Helper()
	qs, _, err := s.q.OpenList(s.t.Context(), "", s.channel, []question.State{question.Answered})
	s.does(err)
	return qs
}

// answeredInside asks for subscribers only and answers in text.
func (s *stage) answeredInside(text, answer string) question.Question {
	s.t.Helper()
	q := s.asksAs(question.Ask{Asker: s.yuna, Text: text, Private: true})
	_, err := s.q.ReplyInText(s.t.Context(), s.owner, s.channel, q.ID, answer)
	s.does(err)
	return q
}

// Without the asker's consent nothing is published; with it everybody reads the
// question and its answer, until either takes it back.
func TestPublishingAsksForConsent(t *testing.T) {
	s := newStage(t)
	q := s.answeredInside("how hot sentinel?", "cone 6 sentinel")
	publish := func(by ident.Account) error { _, err := s.q.Publish(t.Context(), by, s.channel, q.ID); return err }
	consent := func(by ident.Account, on bool) error {
		_, err := s.q.Consent(t.Context(), by, s.channel, q.ID, on)
		return err
	}
	if err := publish(s.owner); reason(err) != "consent_missing" {
		t.Errorf("without consent: %v", err)
	}
	for name, who := range map[string]ident.Account{"nobody": "", "the creator": s.owner, "a moderator": s.mod} {
		if err := consent(who, true); reason(err) != "question_missing" {
			t.Errorf("%s consents for the asker: %v", name, err)
		}
	}
	for range 2 {
		s.does(consent(s.yuna, true))
	}
	for name, who := range map[string]ident.Account{"nobody": "", "a moderator": s.mod, "the asker": s.yuna} {
		if err := publish(who); reason(err) != "owner_only" {
			t.Errorf("%s publishes: %v", name, err)
		}
	}
	if got := s.open(); len(got) != 0 {
		t.Errorf("with consent alone everybody reads %+v", got)
	}
	for range 2 { // the second time is not told
		s.does(publish(s.owner))
	}
	if got := s.open(); len(got) != 1 || got[0].Text != "how hot sentinel?" || got[0].Reply.Text != "cone 6 sentinel" {
		t.Fatalf("everybody reads %+v", got)
	}
	events := s.Events(s.channel, room.Public)
	told, is := event.As[event.QuestionPublished](events[len(events)-1])
	if len(events) != 1 || !is || told.Question != q.ID || told.Name != "Yuna Sakamoto" || told.By != "Inès" || told.Text != "how hot sentinel?" || told.Answer != "cone 6 sentinel" {
		t.Errorf("told: %+v of %d", told, len(events))
	}
	s.does(consent(s.yuna, false))
	if got := s.open(); len(got) != 0 {
		t.Errorf("after the consent was taken back everybody reads %+v", got)
	}
	if log := s.publicWords(); strings.Contains(log, "sentinel") {
		t.Errorf("the public log still has the words: %s", log)
	}
	if err := publish(s.owner); reason(err) != "consent_missing" {
		t.Errorf("published again without consent: %v", err)
	}
	s.does(consent(s.yuna, true))
	s.does(publish(s.owner))
	for range 2 {
		_, err := s.q.Unpublish(t.Context(), s.owner, s.channel, q.ID)
		s.does(err)
	}
	if got := s.open(); len(got) != 0 || strings.Contains(s.publicWords(), "sentinel") {
		t.Errorf("after the creator took it back: %+v, %s", got, s.publicWords())
	}
}

func (s *stage) publicWords() string {
	var all strings.Builder
	for _, e := range s.Events(s.channel, room.Public) {
		all.Write(e.Data)
	}
	return all.String()
}

// What was not answered, and what everybody saw, is not published.
func TestWhatCannotBePublished(t *testing.T) {
	s := newStage(t)
	waiting := s.asksAs(question.Ask{Asker: s.yuna, Text: "waits", Private: true})
	public := s.asksAs(question.Ask{Asker: s.yuna, Text: "in public", Room: room.Public})
	_, err := s.q.ReplyInText(t.Context(), s.owner, s.channel, public.ID, "yes")
	s.does(err)
	for id, want := range map[ident.Question]string{waiting.ID: "not_answered", public.ID: "seen_already", "none": "question_missing"} {
		if _, err := s.q.Consent(t.Context(), s.yuna, s.channel, id, true); reason(err) != want {
			t.Errorf("consent: %v, want %s", err, want)
		}
		if _, err := s.q.Publish(t.Context(), s.owner, s.channel, id); reason(err) != want {
			t.Errorf("publish: %v, want %s", err, want)
		}
	}
}

// A published question that is removed leaves no words.
func TestAPublishedQuestionIsRemoved(t *testing.T) {
	s := newStage(t)
	q := s.answeredInside("a sentinel", "answered")
	_, err := s.q.Consent(t.Context(), s.yuna, s.channel, q.ID, true)
	s.does(err)
	_, err = s.q.Publish(t.Context(), s.owner, s.channel, q.ID)
	s.does(err)
	s.does(s.q.Remove(t.Context(), s.mod, s.channel, q.ID))
	if got := s.open(); len(got) != 0 || strings.Contains(s.publicWords(), "sentinel") {
		t.Errorf("after the removal: %+v, %s", got, s.publicWords())
	}
}

// Whoever allows and forbids over and over is slowed down, so that the creator's pages
// are not kept awake; they can always take back what they allowed, and saying what was
// said costs nothing.
func TestConsentHasAPace(t *testing.T) {
	s := newStage(t)
	tries, every := question.Pace()
	heard := 0
	s.q = question.NewService(store.UnitOf(s.DB, func(tx *store.Tx) question.Tx { return tx }), s.IDs, s.Clock.Now,
		account.NewThrottle(account.Limit{Tries: tries, Every: every}, s.Clock.Now), question.Rules{
			CleanText: chat.CleanText, CleanKey: chat.CleanKey, Author: chat.AuthorOf,
			Consented: func(context.Context, ident.Channel) { heard++ },
		})
	q := s.answeredInside("how hot?", "cone 6")
	consent := func(on bool) error {
		_, err := s.q.Consent(t.Context(), s.yuna, s.channel, q.ID, on)
		return err
	}
	for range tries {
		for range tries + 1 {
			s.does(consent(true))
		}
		s.does(consent(false))
	}
	if f := fault.Of(consent(true)); f == nil || f.Reason != "slow_down" || f.RetryAfter <= 0 {
		t.Errorf("after %d times: %v", tries, f)
	}
	if heard != 2*tries {
		t.Errorf("the creator was told %d times of %d changes", heard, 2*tries)
	}
	s.Clock.Advance(every)
	s.does(consent(true))
	s.does(consent(false))
}
