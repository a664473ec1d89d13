package space_test

import (
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

func titles(ts []space.Thread) string {
	var out []string
	for _, t := range ts {
		out = append(out, t.Title+t.Prompt)
	}
	return strings.Join(out, ", ")
}

func TestOnlyTheCreatorOpensThreads(t *testing.T) {
	s := newStage(t)
	for by, want := range map[ident.Account]string{"": "owner_only", s.sam: "owner_only", s.yuna: "owner_only", s.mod: "owner_only", s.owner: ""} {
		_, err := s.space.Open(t.Context(), by, space.Opening{Channel: s.channel, Kind: room.TopicThread, Title: "Glazes"})
		if reason(err) != want {
			t.Errorf("%q opens a thread: %v, want %q", by, err, want)
		}
	}
	if got := titles(s.lists(s.yuna, false)); got != "Glazes" {
		t.Errorf("threads: %s", got)
	}
}

func TestThreadsThatCannotBe(t *testing.T) {
	s := newStage(t)
	for _, c := range []struct {
		o    space.Opening
		want string
	}{
		{space.Opening{Kind: "party", Title: "x"}, "thread_kind_invalid"},
		{space.Opening{Kind: room.TopicThread}, "title_invalid"},
		{space.Opening{Kind: room.TopicThread, Title: " \n "}, "title_invalid"},
		{space.Opening{Kind: room.TopicThread, Title: strings.Repeat("é", 81)}, "title_invalid"},
		{space.Opening{Kind: room.TopicThread, Title: "a\u202eb"}, "title_invalid"},
		{space.Opening{Kind: room.TopicThread, Prompt: "taxes"}, "prompt_missing"},
		{space.Opening{Kind: room.TopicThread, Title: "x", Level: 1001}, "level_invalid"},
		{space.Opening{Kind: room.TopicThread, Title: "x", Level: -1}, "level_invalid"},
	} {
		c.o.Channel = s.channel
		if _, err := s.space.Open(t.Context(), s.owner, c.o); reason(err) != c.want {
			t.Errorf("%+v: %v, want %s", c.o, err, c.want)
		}
	}
	if _, err := s.space.Open(t.Context(), s.owner, space.Opening{Channel: "nowhere", Kind: room.TopicThread, Title: "x"}); reason(err) != "channel_missing" {
		t.Errorf("in no channel: %v", err)
	}
	if n := len(s.Events(s.channel, room.Space)); n != 0 {
		t.Errorf("what was refused left %d events", n)
	}
}

// Every suggested topic opens a thread by its name alone.
func TestSuggestedTopicsNeedNoTitle(t *testing.T) {
	s := newStage(t)
	if n := len(space.Prompts()); n < 8 {
		t.Fatalf("%d topics are suggested, want at least 8", n)
	}
	for _, p := range space.Prompts() {
		if got := s.opens(space.Opening{Prompt: p}); got.Prompt != p || got.Title != "" {
			t.Errorf("%s opens %+v", p, got)
		}
	}
	if got := len(s.lists(s.yuna, false)); got != len(space.Prompts()) {
		t.Errorf("%d threads", got)
	}
}

// A thread tells its own log, and the Sub Space's only where all there may know.
func TestAThreadIsToldToThoseWhoMayReadIt(t *testing.T) {
	s := newStage(t)
	all := s.opens(space.Opening{Title: "For all", Level: 1})
	few := s.opens(space.Opening{Title: "For few", Level: 2})
	yes := true
	for _, id := range []ident.Thread{all.ID, few.ID} {
		for range 2 { // the second time changes nothing
			if _, err := s.space.Change(t.Context(), s.mod, s.channel, id, space.Change{Closed: &yes}); err != nil {
				t.Fatal(err)
			}
		}
	}
	kinds := func(at room.Address) (out string) {
		for _, e := range s.EventsAt(at) {
			out += string(e.Kind) + " "
		}
		return out
	}
	for _, th := range []space.Thread{all, few} {
		if got := kinds(th.Address()); got != "thread.opened thread.changed " {
			t.Errorf("the log of %q: %s", th.Title, got)
		}
	}
	if got := kinds(room.Address{Channel: s.channel, Audience: room.Space}); got != "thread.opened thread.changed " {
		t.Errorf("the Sub Space: %s", got)
	}
	if c, is := event.As[event.ThreadChanged](s.Events(s.channel, room.Space)[1]); !is || c.Thread != all.ID || !c.Closed || c.Title != "For all" {
		t.Errorf("told: %+v", c)
	}
	if n := len(s.Events(s.channel, room.Public)); n != 0 {
		t.Errorf("the public room was told %d times", n)
	}
}

func TestThreadsByTier(t *testing.T) {
	s := newStage(t)
	s.opens(space.Opening{Title: "one"})
	s.Clock.Advance(time.Second)
	s.opens(space.Opening{Title: "two", Level: 2})
	s.Clock.Advance(time.Second)
	four := s.opens(space.Opening{Title: "four", Level: 4})
	for by, want := range map[ident.Account]string{
		s.yuna: "one", s.rich: "two, one", s.mod: "four, two, one", s.owner: "four, two, one",
	} {
		if got := titles(s.lists(by, false)); got != want {
			t.Errorf("%s lists %q, want %q", by, got, want)
		}
	}
	for by, want := range map[ident.Account]string{"": "sign_in", s.sam: "subscribers_only"} {
		if _, err := s.space.List(t.Context(), by, s.channel, false); reason(err) != want {
			t.Errorf("%q lists: %v", by, err)
		}
		for _, id := range []ident.Thread{four.ID, "nothing"} { // which of them exists is not told
			if err := s.space.Allow(t.Context(), by, room.ThreadAddress(s.channel, id)); reason(err) != want {
				t.Errorf("%q reads %s: %v", by, id, err)
			}
		}
	}
	for _, id := range []ident.Thread{four.ID, "nothing"} {
		at := room.ThreadAddress(s.channel, id)
		_, marking := s.space.MarkRead(t.Context(), s.yuna, at, 1)
		_, reading := s.space.ReadingOf(t.Context(), s.yuna, at)
		for _, err := range []error{s.space.Allow(t.Context(), s.yuna, at), marking, reading} {
			if reason(err) != "thread_missing" {
				t.Errorf("thread %s, for somebody of the first tier: %v", id, err)
			}
		}
	}
	other := s.Channel(s.Person("Lia"))
	s.Subscriber(other, s.yuna, 1)
	if err := s.space.Allow(t.Context(), s.yuna, room.ThreadAddress(other, four.ID)); reason(err) != "thread_missing" {
		t.Errorf("by another channel's address: %v", err)
	}
	// The right to the third tier ends by the clock.
	s.Clock.Advance(31 * 24 * time.Hour)
	if _, err := s.space.List(t.Context(), s.rich, s.channel, false); reason(err) != "period_ended" {
		t.Errorf("afterwards: %v", err)
	}
}

func TestThreadsStandInOrder(t *testing.T) {
	s := newStage(t)
	a := s.opens(space.Opening{Title: "a"})
	s.Clock.Advance(time.Minute)
	b := s.opens(space.Opening{Title: "b"})
	s.Clock.Advance(time.Minute)
	c := s.opens(space.Opening{Title: "c"})
	check := func(want string) {
		t.Helper()
		if got := titles(s.lists(s.yuna, false)); got != want {
			t.Errorf("order %q, want %q", got, want)
		}
	}
	check("c, b, a")
	s.Clock.Advance(time.Minute)
	s.must(s.yuna, a.Address(), "first")
	check("a, c, b")
	yes, no, title := true, false, "B"
	set := func(by ident.Account, id ident.Thread, ch space.Change) {
		t.Helper()
		if _, err := s.space.Change(t.Context(), by, s.channel, id, ch); err != nil {
			t.Fatal(err)
		}
	}
	set(s.mod, b.ID, space.Change{Pinned: &yes})
	set(s.owner, b.ID, space.Change{Title: &title})
	check("B, a, c")
	set(s.mod, c.ID, space.Change{Archived: &yes})
	check("B, a")
	if got := titles(s.lists(s.yuna, true)); got != "c" {
		t.Errorf("the archive: %s", got)
	}
	set(s.mod, c.ID, space.Change{Archived: &no})
	check("B, a, c")
	for by, want := range map[ident.Account]string{s.mod: "owner_only", s.yuna: "owner_only"} {
		if _, err := s.space.Change(t.Context(), by, s.channel, a.ID, space.Change{Title: &title}); reason(err) != want {
			t.Errorf("%s retitles: %v", by, err)
		}
	}
	if _, err := s.space.Change(t.Context(), s.yuna, s.channel, a.ID, space.Change{Pinned: &yes}); reason(err) != "moderators_only" {
		t.Errorf("a subscriber pins: %v", err)
	}
	if _, err := s.space.Change(t.Context(), s.owner, s.channel, "nothing", space.Change{Pinned: &yes}); reason(err) != "thread_missing" {
		t.Errorf("no thread: %v", err)
	}
}

func TestThereAreNotTooManyThreads(t *testing.T) {
	s := newStage(t)
	var first space.Thread
	for i := range 200 {
		if th := s.opens(space.Opening{Title: "t"}); i == 0 {
			first = th
		}
	}
	open := func() error {
		_, err := s.space.Open(t.Context(), s.owner, space.Opening{Channel: s.channel, Kind: room.TopicThread, Title: "one more"})
		return err
	}
	if err := open(); reason(err) != "too_many_threads" {
		t.Errorf("the 201st: %v", err)
	}
	yes, no := true, false
	if _, err := s.space.Change(t.Context(), s.owner, s.channel, first.ID, space.Change{Archived: &yes}); err != nil {
		t.Fatal(err)
	}
	if err := open(); err != nil {
		t.Errorf("after one was archived: %v", err)
	}
	if _, err := s.space.Change(t.Context(), s.owner, s.channel, first.ID, space.Change{Archived: &no}); reason(err) != "too_many_threads" {
		t.Errorf("out of the archive: %v", err)
	}
}
