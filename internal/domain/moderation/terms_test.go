package moderation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Staff keep the list, each act is told to the channel with who did it, and what
// changes nothing is not told.
func TestStaffBlockTerms(t *testing.T) {
	s := newStage(t)
	mod := s.Moderator(s.channel, s.Person("Mod"))
	for name, who := range map[string]ident.Account{"nobody": "", "a viewer": s.Person("Sam"), "a subscriber": s.Subscriber(s.channel, s.Person("Yuna"), 1)} {
		_, add := s.moderation.Block(t.Context(), who, s.channel, "idiot")
		_, list := s.moderation.Terms(t.Context(), who, s.channel)
		drop := s.moderation.Unblock(t.Context(), who, s.channel, "idiot")
		if reason(add) != "moderators_only" || reason(list) != "moderators_only" || reason(drop) != "moderators_only" {
			t.Errorf("%s: %v, %v, %v", name, add, list, drop)
		}
	}
	for _, term := range []string{"", "*", "a", "🎉", strings.Repeat("a", 61), "a b c d e f", "x\u202ey", "\xff\xff"} {
		if _, err := s.moderation.Block(t.Context(), mod, s.channel, term); reason(err) != "term_invalid" {
			t.Errorf("%q: %v", term, err)
		}
	}
	first, err := s.moderation.Block(t.Context(), mod, s.channel, "  Idiot*  ")
	if err != nil || first.Folded != "idiot*" || first.Term != "Idiot*" || first.ByName != "Mod" {
		t.Errorf("added %+v, %v", first, err)
	}
	same, err := s.moderation.Block(t.Context(), s.owner, s.channel, "1D10T**")
	if err != nil || same.Term != "Idiot*" {
		t.Errorf("the same again: %+v, %v", same, err)
	}
	list, err := s.moderation.Terms(t.Context(), s.owner, s.channel)
	if err != nil || len(list) != 1 || list[0].ByName != "Mod" || list[0].Term != "Idiot*" {
		t.Errorf("listed: %+v, %v", list, err)
	}
	for range 2 {
		if err := s.moderation.Unblock(t.Context(), s.owner, s.channel, "idiot*"); err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	for _, e := range s.Events(s.channel, room.Business) {
		if a, ok := event.As[event.TermAdded](e); ok {
			told = append(told, "+"+a.Term+string(a.By))
		} else if d, ok := event.As[event.TermDropped](e); ok {
			told = append(told, "-"+d.Term+string(d.By))
		}
	}
	if want := []string{"+Idiot*" + string(mod), "-Idiot*" + string(s.owner)}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
	if n := len(s.Events(s.channel, room.Public)) + len(s.Events(s.channel, room.Space)); n != 0 {
		t.Errorf("the rooms were told %d events", n)
	}
}

func TestAChannelBlocksSoManyTerms(t *testing.T) {
	s := newStage(t)
	for i := range 200 {
		if _, err := s.moderation.Block(t.Context(), s.owner, s.channel, fmt.Sprintf("word%dx*", i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.moderation.Block(t.Context(), s.owner, s.channel, "another"); reason(err) != "too_many_terms" {
		t.Errorf("one too many: %v", err)
	}
	if _, err := s.moderation.Block(t.Context(), s.owner, s.channel, "WORD7X*"); err != nil {
		t.Errorf("one that is there: %v", err)
	}
}

// Questions obey as messages do, and a question that was asked is answered for
// under its key.
func TestQuestionsObeyBlockedTerms(t *testing.T) {
	s := newStage(t)
	questions := question.NewService(store.UnitOf(s.DB, func(tx *store.Tx) question.Tx { return tx }), s.IDs, s.Clock.Now, patient{},
		question.Rules{CleanText: chat.CleanText, CleanKey: chat.CleanKey, Author: chat.AuthorOf, Blocked: chat.Blocked})
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	ask := func(who ident.Account, key, text string) error {
		_, err := questions.Ask(t.Context(), question.Ask{Channel: s.channel, Asker: who, Key: key, Text: text})
		return err
	}
	if err := ask(yuna, "key-before", "how hot is the kiln?"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.moderation.Block(t.Context(), s.owner, s.channel, "kiln*"); err != nil {
		t.Fatal(err)
	}
	if err := ask(yuna, "key-after", "which KILNS do you use?"); reason(err) != "blocked_term" || strings.Contains(err.Error(), "kiln") {
		t.Errorf("asked: %v", err)
	}
	if err := ask(yuna, "key-before", "how hot is the kiln?"); err != nil {
		t.Errorf("asked again: %v", err)
	}
	if err := ask(yuna, "key-other", "which clay do you use?"); err != nil {
		t.Error(err)
	}
	if err := ask(s.owner, "key-owner", "my kiln"); err != nil {
		t.Errorf("the owner: %v", err)
	}
	if n := len(s.Events(s.channel, room.Space)); n != 3 {
		t.Errorf("%d questions were told, want 3", n)
	}
}
