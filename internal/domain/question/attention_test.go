package question_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func (s *stage) attention() question.Attention {
	s.t.Helper()
	a, err := s.q.Attention(s.t.Context(), s.owner, s.channel, "")
	s.does(err)
	return a
}

// Twenty questions from each room; nine from the space and one from the public are
// answered: a tenth of the attention was the public's.
func TestAttentionIsShared(t *testing.T) {
	s := newStage(t)
	if a := s.attention(); a.Broadcast != "" || a.Public.Answers != 0 || !a.Waits.IsZero() {
		t.Errorf("without a live: %+v", a)
	}
	b, end := s.goesLive("Glazing")
	if _, is := s.attention().Percent(); is {
		t.Error("a share of nothing")
	}
	noa := s.Light("Noa")
	var inside, outside []ident.Question
	for i := range 20 {
		inside = append(inside, s.asked(fmt.Sprint("in ", i), false).ID)
		outside = append(outside, s.asksAs(question.Ask{Asker: noa, Text: fmt.Sprint("out ", i), Room: room.Public}).ID)
	}
	asked := s.Clock.Now().Add(-38 * time.Second) // the first public one
	if a := s.attention(); !a.Waits.Equal(asked) {
		t.Errorf("the public waits since %v, not %v", a.Waits, asked)
	}
	for _, id := range inside[:8] {
		s.airs(id, 30*time.Second)
	}
	_, err := s.q.ReplyInText(t.Context(), s.mod, s.channel, inside[8], "in text")
	s.does(err)
	// On air twice, the second time to its end.
	_, err = s.q.PutOnAir(t.Context(), s.owner, s.channel, outside[0])
	s.does(err)
	s.Clock.Advance(10 * time.Second)
	_, err = s.q.PutBack(t.Context(), s.owner, s.channel, outside[0])
	s.does(err)
	s.airs(outside[0], 20*time.Second)
	heard := s.Clock.Now()
	a := s.attention()
	if percent, is := a.Percent(); !is || percent != 10 {
		t.Errorf("the public has %d of a hundred", percent)
	}
	want := question.Attention{
		Broadcast: b.ID, Patience: question.UsualPatience, Waits: heard,
		Public: question.Share{Answers: 1, OnCamera: 30 * time.Second, Waiting: 19},
		Space:  question.Share{Answers: 9, OnCamera: 240 * time.Second, Waiting: 11},
	}
	if !a.Waits.Equal(want.Waits) {
		t.Errorf("waits since %v, want %v", a.Waits, want.Waits)
	}
	if a.Waits = want.Waits; a != want {
		t.Errorf("%+v, want %+v", a, want)
	}
	// The figures stay with the broadcast; what is on air when it ends counts to its end.
	_, err = s.q.PutOnAir(t.Context(), s.owner, s.channel, inside[10])
	s.does(err)
	s.Clock.Advance(5 * time.Second)
	end()
	s.Clock.Advance(time.Hour)
	a, err = s.q.Attention(t.Context(), s.owner, s.channel, b.ID)
	if percent, _ := a.Percent(); err != nil || percent != 10 || a.Space.OnCamera != 245*time.Second || !a.Waits.IsZero() {
		t.Errorf("afterwards: %+v %v", a, err)
	}
}

// The creator is reminded at the threshold they set, and not before.
func TestTheCreatorSetsTheirPatience(t *testing.T) {
	s := newStage(t)
	_, _ = s.goesLive("Glazing")
	s.asksAs(question.Ask{Asker: s.Light("Noa"), Text: "and us?", Room: room.Public})
	for _, by := range []ident.Account{"", s.yuna, s.mod} {
		if err := s.q.SetPatience(t.Context(), by, s.channel, 2*time.Minute); reason(err) != "owner_only" {
			t.Errorf("%q sets it: %v", by, err)
		}
	}
	for _, by := range []ident.Account{"", s.yuna} {
		if _, err := s.q.Attention(t.Context(), by, s.channel, ""); reason(err) != "moderators_only" {
			t.Errorf("%q reads it: %v", by, err)
		}
	}
	for _, d := range []time.Duration{0, 59 * time.Second, time.Hour + 1} {
		if err := s.q.SetPatience(t.Context(), s.owner, s.channel, d); reason(err) != "patience_invalid" {
			t.Errorf("%v: %v", d, err)
		}
	}
	for range 2 {
		s.does(s.q.SetPatience(t.Context(), s.owner, s.channel, 2*time.Minute))
	}
	s.Clock.Advance(2*time.Minute - time.Second)
	if a := s.attention(); a.Starves(s.Clock.Now()) || a.Patience != 2*time.Minute {
		t.Errorf("too early: %+v", a)
	}
	s.Clock.Advance(time.Second)
	if !s.attention().Starves(s.Clock.Now()) {
		t.Error("the creator is not reminded")
	}
	if _, err := s.q.Attention(t.Context(), s.owner, s.channel, "another"); reason(err) != "broadcast_missing" {
		t.Errorf("another's broadcast: %v", err)
	}
}
