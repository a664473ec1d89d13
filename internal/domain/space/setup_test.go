package space_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

func p[T any](v T) *T { return &v }

func (s *stage) front(by ident.Account) space.Front {
	s.t.Helper()
	f, err := s.space.Front(s.t.Context(), by, s.channel)
	if err != nil {
		s.t.Fatal(err)
	}
	return f
}

func (s *stage) sets(ch space.SetupChange) space.Setup {
	s.t.Helper()
	out, err := s.space.ChangeSetup(s.t.Context(), s.owner, s.channel, ch)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestOnlyTheCreatorSetsTheSpaceUp(t *testing.T) {
	s := newStage(t)
	s.space.Redraw = func(_ context.Context, upload []byte, _ int) ([]byte, error) { return upload, nil }
	for name, by := range map[string]ident.Account{"nobody": "", "a viewer": s.sam, "a subscriber": s.yuna, "a moderator": s.mod} {
		if _, err := s.space.Setup(t.Context(), by, s.channel); reason(err) != "owner_only" {
			t.Errorf("%s reads the set-up: %v", name, err)
		}
		if _, err := s.space.ChangeSetup(t.Context(), by, s.channel, space.SetupChange{Name: p("Mine")}); reason(err) != "owner_only" {
			t.Errorf("%s changes it: %v", name, err)
		}
		if _, err := s.space.SetPicture(t.Context(), by, s.channel, []byte("png")); reason(err) != "owner_only" {
			t.Errorf("%s draws: %v", name, err)
		}
		if _, err := s.space.DropPicture(t.Context(), by, s.channel); reason(err) != "owner_only" {
			t.Errorf("%s takes the picture away: %v", name, err)
		}
	}
	if n := len(s.Events(s.channel, room.Public)) + len(s.Events(s.channel, room.Business)); n != 0 {
		t.Errorf("refused changes left %d events", n)
	}
}

func TestWhatTheCreatorSets(t *testing.T) {
	s := newStage(t)
	at := s.front("")
	if at.Level != 1 || at.LivesOnly || at.Name != "" || at.Glimpse != (space.Glimpse{}) {
		t.Errorf("at first: %+v", at)
	}
	for _, c := range []struct {
		change space.SetupChange
		want   string
	}{
		{space.SetupChange{Name: p(" The \n kiln ")}, ""},
		{space.SetupChange{Name: p(strings.Repeat("é", 41))}, "space_name_invalid"},
		{space.SetupChange{Name: p("a\u202eb")}, "space_name_invalid"},
		{space.SetupChange{Welcome: p("\n Hello  you \r\n\r\n\r\n 👩‍🚀 \n")}, ""},
		{space.SetupChange{Welcome: p(strings.Repeat("x", 501))}, "welcome_invalid"},
		{space.SetupChange{Welcome: p(strings.Repeat("x\n", 13))}, "welcome_invalid"},
		{space.SetupChange{Welcome: p("a\x00b")}, "welcome_invalid"},
		{space.SetupChange{Level: p(0)}, "level_invalid"},
		{space.SetupChange{Level: p(1001)}, "level_invalid"},
		{space.SetupChange{TellLine: p(true)}, "teaser_line_invalid"},
		{space.SetupChange{Line: p(strings.Repeat("x", 121))}, "teaser_line_invalid"},
		{space.SetupChange{TellLine: p(true), Line: p("Come in")}, ""},
		{space.SetupChange{Line: p("")}, "teaser_line_invalid"},
	} {
		if _, err := s.space.ChangeSetup(t.Context(), s.owner, s.channel, c.change); reason(err) != c.want {
			t.Errorf("%+v: %v, want %q", c.change, err, c.want)
		}
	}
	set, err := s.space.Setup(t.Context(), s.owner, s.channel)
	if err != nil || set.Name != "The kiln" || set.Welcome != "Hello you\n\n👩‍🚀" || set.Teaser != (space.Teaser{Line: true, Words: "Come in"}) {
		t.Errorf("set: %+v %v", set, err)
	}
	for who, by := range map[string]ident.Account{"nobody": "", "a viewer": s.sam} {
		if f := s.front(by); f.Welcome != "" || f.Inside || f.Teaser != (space.Teaser{}) || f.Name != "The kiln" || *f.Glimpse.Line != "Come in" {
			t.Errorf("%s is told %+v", who, f)
		}
	}
	if f := s.front(s.yuna); f.Welcome != set.Welcome || !f.Inside {
		t.Errorf("a subscriber is told %+v", f)
	}
	was := len(s.Events(s.channel, room.Public))
	s.sets(space.SetupChange{Name: p("The kiln"), TellLine: p(true)})
	if n := len(s.Events(s.channel, room.Public)); n != was || was != 3 {
		t.Errorf("three changes and one that changes nothing are told %d, then %d times", was, n)
	}
	for _, e := range s.Events(s.channel, room.Public) {
		if _, is := event.As[event.ChannelChanged](e); !is {
			t.Errorf("told %s", e.Kind)
		}
	}
}

// A right to a tier below the room's opens nothing of it, threads included.
func TestARoomForAHigherTier(t *testing.T) {
	s := newStage(t)
	th := s.opens(space.Opening{Title: "Glazes"})
	s.sets(space.SetupChange{Level: p(3)})
	at := room.Address{Channel: s.channel, Audience: room.Space}
	for _, a := range []room.Address{at, th.Address()} {
		if _, err := s.writes(s.yuna, a, "hello"); reason(err) != "tier_too_low" {
			t.Errorf("too low a tier writes in %s: %v", a.Audience, err)
		}
		if _, err := s.writes(s.rich, a, "hello"); err != nil {
			t.Errorf("the tier of the room does not write in %s: %v", a.Audience, err)
		}
	}
	if f := s.front(s.yuna); f.Inside || f.Level != 3 {
		t.Errorf("too low a tier: %+v", f)
	}
}

// How long ago somebody wrote is told in whole minutes and of the minute's
// beginning; what was removed does not count.
func TestTheLastReplysAge(t *testing.T) {
	s := newStage(t)
	at := room.Address{Channel: s.channel, Audience: room.Space}
	s.sets(space.SetupChange{TellReply: p(true)})
	if age := s.front("").Glimpse.Reply; age == nil || !age.Never {
		t.Errorf("of an empty room: %+v", age)
	}
	s.must(s.yuna, at, "first")
	s.Clock.Advance(10*time.Minute + 30*time.Second)
	seq := s.must(s.yuna, at, "second")
	for _, c := range []struct {
		after   time.Duration
		minutes int
	}{{0, 10}, {20 * time.Second, 10}, {10 * time.Second, 0}, {59 * time.Second, 0}, {time.Second, 1}} {
		s.Clock.Advance(c.after)
		if age := s.front("").Glimpse.Reply; age == nil || age.Never || age.Minutes != c.minutes {
			t.Errorf("at %s: %+v, want %d minutes", s.Clock.Now().Format(time.TimeOnly), age, c.minutes)
		}
	}
	if err := s.chat.Remove(t.Context(), s.yuna, chat.Place{Address: at, Seq: seq}); err != nil {
		t.Fatal(err)
	}
	if age := s.front("").Glimpse.Reply; age == nil || age.Minutes != 12 {
		t.Errorf("after the second was removed: %+v", age)
	}
	s.sets(space.SetupChange{TellReply: p(false)})
	if g := s.front("").Glimpse; g != (space.Glimpse{}) {
		t.Errorf("not ticked any more: %+v", g)
	}
}

func TestTheRoomsPicture(t *testing.T) {
	s := newStage(t)
	s.space.Redraw = func(_ context.Context, upload []byte, side int) ([]byte, error) {
		if string(upload) == "broken" || side != space.PictureSide {
			return nil, fault.New(fault.Invalid, "picture_invalid", "Broken.")
		}
		return append([]byte("drawn "), upload...), nil
	}
	if _, err := s.space.SetPicture(t.Context(), s.owner, s.channel, []byte("broken")); reason(err) != "picture_invalid" {
		t.Error(err)
	}
	if _, err := s.space.SetPicture(t.Context(), s.owner, s.channel, make([]byte, space.PictureMax+1)); reason(err) != "picture_too_large" {
		t.Error(err)
	}
	set, err := s.space.SetPicture(t.Context(), s.owner, s.channel, []byte("a kiln"))
	if err != nil || len(set.Picture) != 32 {
		t.Fatal(set, err)
	}
	s.sets(space.SetupChange{Name: p("The kiln")}) // leaves the picture alone
	if png, err := s.space.Picture(t.Context(), s.channel, set.Picture); err != nil || string(png) != "drawn a kiln" {
		t.Errorf("%q %v", png, err)
	}
	if f := s.front(""); f.Picture != set.Picture {
		t.Errorf("outside: %+v", f)
	}
	if _, err := s.space.DropPicture(t.Context(), s.owner, s.channel); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{set.Picture, ""} {
		if _, err := s.space.Picture(t.Context(), s.channel, name); reason(err) != "picture_missing" {
			t.Errorf("%q is still there: %v", name, err)
		}
	}
}

func TestPeopleAreToldRoughly(t *testing.T) {
	for people, want := range map[int]int{0: 0, 1: 0, 4: 0, 5: 5, 9: 5, 10: 10, 19: 10, 20: 20, 49: 20, 50: 50, 99: 50, 100: 100, 4999: 2000, 5000: 5000} {
		if got := space.Roughly(people); got != want {
			t.Errorf("%d: %d, want %d", people, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1_000_000).Draw(t, "people")
		rough := space.Roughly(n)
		if rough > n || (n >= 5 && 5*rough < 2*n) || space.Roughly(n+1) < rough {
			t.Fatalf("%d: %d", n, rough)
		}
	})
}
