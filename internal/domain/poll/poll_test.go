package poll_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/poll"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

// Only the creator opens polls, with options that can be told apart, one in a room.
func TestWhatMayBeAsked(t *testing.T) {
	s := newStage(t)
	many := func(n int) (out []string) {
		for i := range n {
			out = append(out, fmt.Sprint("Option ", i))
		}
		return out
	}
	for name, c := range map[string]struct {
		change func(*poll.Opening)
		want   string
	}{
		"no question":          {func(o *poll.Opening) { o.Question = " " }, "poll_invalid"},
		"a long question":      {func(o *poll.Opening) { o.Question = strings.Repeat("é", 201) }, "poll_invalid"},
		"one option":           {func(o *poll.Opening) { o.Options = many(1) }, "options_invalid"},
		"seven options":        {func(o *poll.Opening) { o.Options = many(7) }, "options_invalid"},
		"the same twice":       {func(o *poll.Opening) { o.Options = []string{"A", " A "} }, "options_invalid"},
		"an empty option":      {func(o *poll.Opening) { o.Options = []string{"A", "\u200b"} }, "options_invalid"},
		"a long option":        {func(o *poll.Opening) { o.Options = []string{"A", strings.Repeat("b", 81)} }, "options_invalid"},
		"no key":               {func(o *poll.Opening) { o.Key = "" }, "key_invalid"},
		"closing at once":      {func(o *poll.Opening) { o.ClosesIn = time.Second }, "closing_invalid"},
		"closing never at all": {func(o *poll.Opening) { o.ClosesIn = 31 * 24 * time.Hour }, "closing_invalid"},
		"the channel's log":    {func(o *poll.Opening) { o.Audience = room.Business }, "room_missing"},
		"no such thread":       {func(o *poll.Opening) { o.Address = room.ThreadAddress(s.channel, "none") }, "thread_missing"},
		"no such channel":      {func(o *poll.Opening) { o.Channel = "none" }, "channel_missing"},
	} {
		if _, err := s.tries(s.inside(), c.change); reason(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for _, who := range []ident.Account{"", s.sam, s.yuna, s.mod} {
		_, err := s.polls.Ask(t.Context(), who, poll.Opening{Address: s.inside(), Key: "a-key-of-theirs", Question: "Q?", Options: many(2)})
		if reason(err) != "owner_only" {
			t.Errorf("%q asks: %v", who, err)
		}
	}
	p := s.asks(s.inside(), func(o *poll.Opening) { o.Key, o.Options = "the-same-key", many(6) })
	again, err := s.tries(s.inside(), func(o *poll.Opening) { o.Key = "the-same-key" })
	if err != nil || again.ID != p.ID {
		t.Errorf("a repetition: %v %v", again.ID, err)
	}
	if _, err := s.tries(s.inside(), nil); reason(err) != "poll_open" {
		t.Errorf("a second poll: %v", err)
	}
	s.asks(s.public(), nil)
	s.asks(s.thread(1), nil)
	s.closes(p)
	again, err = s.tries(s.inside(), func(o *poll.Opening) { o.Key = "the-same-key" })
	if err != nil || again.ID != p.ID {
		t.Errorf("a repetition after the close: %v %v", again.ID, err)
	}
	s.asks(s.inside(), nil)
}

// Whoever may write in the room may vote; who may only read it sees the poll.
func TestWhoVotes(t *testing.T) {
	s := newStage(t)
	expired := s.Person("Expired")
	s.Grant(s.channel, expired, s.Clock.Now().Add(-2*time.Hour), s.Clock.Now(), 1)
	banned, timed := s.Subscriber(s.channel, s.Person("Banned"), 1), s.Subscriber(s.channel, s.Person("Timed"), 1)
	mods := moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
	for who, kind := range map[ident.Account]access.BlockKind{banned: access.BlockBan, timed: access.BlockTimeout} {
		_, err := mods.Impose(t.Context(), s.owner, moderation.Order{Channel: s.channel, Account: who, Kind: kind, For: time.Minute})
		s.must(err)
	}
	inside, outside, upstairs := s.asks(s.inside(), nil), s.asks(s.public(), nil), s.asks(s.thread(2), nil)
	for name, c := range map[string]struct {
		who                       ident.Account
		inside, outside, upstairs string
	}{
		"nobody":                   {"", "sign_in", "sign_in", "sign_in"},
		"a light account":          {s.Light("Lea"), "subscribers_only", "", "subscribers_only"},
		"a full account":           {s.sam, "subscribers_only", "", "subscribers_only"},
		"an expired one":           {expired, "period_ended", "", "period_ended"},
		"a banned subscriber":      {banned, "banned", "banned", "banned"},
		"a timed out subscriber":   {timed, "timed_out", "timed_out", "timed_out"},
		"a subscriber":             {s.yuna, "", "", "poll_missing"},
		"one of a higher tier":     {s.rich, "", "", ""},
		"a moderator":              {s.mod, "", "", ""},
		"the creator":              {s.owner, "", "", ""},
		"a creator somewhere else": {s.other(), "subscribers_only", "", "subscribers_only"},
	} {
		for p, want := range map[*poll.Poll]string{&inside: c.inside, &outside: c.outside, &upstairs: c.upstairs} {
			for range 2 { // a repetition changes nothing
				if err := s.votes(c.who, *p, 1); reason(err) != want {
					t.Errorf("%s in %s: %v, want %q", name, p.Audience, err, want)
				}
			}
		}
		if err := s.votes(c.who, poll.Poll{ID: "no such poll"}, 0); reason(err) != cmpOr(c.upstairs, "poll_missing") {
			t.Errorf("%s guessing: %v", name, err)
		}
	}
	if err := s.votes(s.yuna, inside, 3); reason(err) != "option_missing" {
		t.Errorf("a fourth of three options: %v", err)
	}
	other := s.Channel(s.Person("Elsewhere"))
	if err := s.polls.Vote(t.Context(), poll.Vote{By: s.yuna, Channel: other, Poll: outside.ID}); reason(err) != "subscribers_only" {
		t.Errorf("by another channel: %v", err)
	}
	for p, want := range map[*poll.Poll]int{&inside: 4, &outside: 8, &upstairs: 3} {
		if got := s.closes(*p).Final; !reflect.DeepEqual(got, []int{0, want, 0}) {
			t.Errorf("%s: %v, want %d", p.Audience, got, want)
		}
	}
}

func (s *stage) other() ident.Account {
	who := s.Person("Other")
	s.Channel(who)
	return who
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// A subscriber of the first tier finds no trace of a poll in a thread of the
// second, and outsiders none of what is inside.
func TestWhoSeesPolls(t *testing.T) {
	s := newStage(t)
	upstairs, ground := s.thread(2), s.thread(1)
	for _, at := range []room.Address{s.public(), s.inside(), upstairs, ground} {
		s.asks(at, func(o *poll.Opening) { o.Question = "In " + string(at.Audience) + "?" })
	}
	for name, c := range map[string]struct {
		who                              ident.Account
		public, inside, ground, upstairs string
	}{
		"nobody":               {"", "", "sign_in", "sign_in", "sign_in"},
		"a full account":       {s.sam, "", "subscribers_only", "subscribers_only", "subscribers_only"},
		"a subscriber":         {s.yuna, "", "", "", "thread_missing"},
		"one of a higher tier": {s.rich, "", "", "", ""},
		"a moderator":          {s.mod, "", "", "", ""},
	} {
		for at, want := range map[room.Address]string{s.public(): c.public, s.inside(): c.inside, ground: c.ground, upstairs: c.upstairs} {
			ps, err := s.polls.In(t.Context(), c.who, at)
			if reason(err) != want || (err == nil) != (len(ps) == 1) {
				t.Errorf("%s reads %v: %v %v, want %q", name, at, ps, err, want)
			}
		}
		if _, err := s.polls.Of(t.Context(), c.who, s.channel); reason(err) != "owner_only" {
			t.Errorf("%s reads the cockpit's: %v", name, err)
		}
	}
	if _, err := s.polls.In(t.Context(), s.yuna, room.ThreadAddress(s.channel, "none")); reason(err) != "thread_missing" {
		t.Errorf("no such thread: %v", err)
	}
	for _, at := range []room.Address{s.public(), s.inside()} {
		for _, body := range s.bodies(at) {
			if strings.Contains(body, "poll.opened") && !strings.Contains(body, "In "+string(at.Audience)+"?") {
				t.Errorf("%s holds %s", at.Audience, body)
			}
		}
	}
}

// A vote is changed only where the creator said so, and stands once for a person.
func TestVotesAreChangedWhereThatIsAllowed(t *testing.T) {
	s := newStage(t)
	free, fixed := s.asks(s.inside(), nil), s.asks(s.public(), func(o *poll.Opening) { o.Changeable = false })
	for _, choice := range []int{0, 2, 2, 1} {
		s.must(s.votes(s.yuna, free, choice))
	}
	s.must(s.votes(s.yuna, fixed, 2))
	s.must(s.votes(s.yuna, fixed, 2))
	if err := s.votes(s.yuna, fixed, 1); reason(err) != "vote_stays" {
		t.Errorf("a fixed vote is changed: %v", err)
	}
	if p := s.sees(s.yuna, s.inside())[0]; p.Choice != 1 || !slices.Equal(p.Votes, []int{0, 1, 0}) {
		t.Errorf("changeable: %+v", p)
	}
	if p := s.sees(s.sam, s.public())[0]; p.Choice != poll.None || !slices.Equal(p.Votes, []int{0, 0, 1}) {
		t.Errorf("fixed, as another sees it: %+v", p)
	}
	// From two nodes at once one of two choices is kept, and the other refused.
	other := s.node(s.second())
	for i := range 20 {
		who := s.Person(fmt.Sprint("P", i))
		var all sync.WaitGroup
		refused := make([]error, 2)
		for n, node := range []*poll.Service{s.polls, other} {
			all.Go(func() {
				refused[n] = node.Vote(t.Context(), poll.Vote{By: who, Channel: s.channel, Poll: fixed.ID, Choice: n})
			})
		}
		all.Wait()
		kept := s.sees(who, s.public())[0].Choice
		if kept < 0 || refused[kept] != nil || reason(refused[1-kept]) != "vote_stays" {
			t.Fatalf("kept %d of %v", kept, refused)
		}
	}
}

// second is the database as another node has it. SQLite belongs to one process.
func (s *stage) second() *store.DB {
	if strings.HasPrefix(s.URL, "sqlite:") {
		return s.DB
	}
	return storetest.Open(s.t, s.URL, s.Clock.Now, nil)
}

// What is to be seen at the end leaves the service for nobody but the creator.
func TestResultsAtTheEndStayHidden(t *testing.T) {
	s := newStage(t)
	p := s.asks(s.public(), func(o *poll.Opening) { o.Live = false })
	s.must(s.votes(s.yuna, p, 2))
	for _, who := range []ident.Account{"", s.yuna, s.mod, s.owner} {
		if seen := s.sees(who, s.public())[0]; seen.Votes != nil || seen.Final != nil {
			t.Errorf("%q sees %v %v", who, seen.Votes, seen.Final)
		}
	}
	if now, open, err := s.polls.Current(t.Context(), s.public()); err != nil || !open || now.Votes != nil {
		t.Errorf("the overlay is told %+v %v", now, err)
	}
	totals, err := s.polls.Totals(t.Context(), []ident.Poll{p.ID})
	if err != nil || len(totals) != 0 || len(s.told) != 0 {
		t.Errorf("the room is told %v, the nodes %v (%v)", totals, s.told, err)
	}
	mine, err := s.polls.Of(t.Context(), s.owner, s.channel)
	if err != nil || len(mine) != 1 || !slices.Equal(mine[0].Votes, []int{0, 0, 1}) {
		t.Errorf("the creator sees %+v %v", mine, err)
	}
	for _, body := range s.bodies(s.public()) {
		if strings.Contains(body, "votes") {
			t.Errorf("the log says %s", body)
		}
	}
	s.closes(p)
	if seen := s.sees("", s.public())[0]; !slices.Equal(seen.Votes, []int{0, 0, 1}) {
		t.Errorf("after the close: %+v", seen)
	}
	if last := s.bodies(s.public()); !strings.Contains(last[len(last)-1], `"options":[{"text":"A","votes":0},{"text":"B","votes":0},{"text":"C","votes":1}],"voters":1`) {
		t.Errorf("the log says %s", last[len(last)-1])
	}
}

// A poll takes votes until it closes, by the creator or by the clock, and none
// after. It closes once.
func TestPollsClose(t *testing.T) {
	s := newStage(t)
	byHand, byClock := s.asks(s.inside(), nil), s.asks(s.public(), func(o *poll.Opening) { o.ClosesIn = time.Minute })
	s.must(s.votes(s.yuna, byHand, 0))
	s.must(s.votes(s.yuna, byClock, 0))
	for _, who := range []ident.Account{"", s.yuna, s.mod} {
		if _, err := s.polls.Close(t.Context(), who, s.channel, byHand.ID); reason(err) != "owner_only" {
			t.Errorf("%q closes: %v", who, err)
		}
	}
	if _, err := s.polls.Close(t.Context(), s.owner, s.channel, "none"); reason(err) != "poll_missing" {
		t.Errorf("what is not there: %v", err)
	}
	s.closes(byHand)
	if again := s.closes(byHand); !slices.Equal(again.Final, []int{1, 0, 0}) {
		t.Errorf("closed twice: %+v", again)
	}
	if err := s.votes(s.rich, byHand, 1); reason(err) != "poll_closed" {
		t.Errorf("after the close: %v", err)
	}
	s.must(s.votes(s.yuna, byHand, 0)) // it stands
	s.must(s.polls.CloseDue(t.Context()))
	if _, open, err := s.polls.Current(t.Context(), s.public()); !open || err != nil {
		t.Errorf("closed before its time: %v", err)
	}
	s.Clock.Advance(time.Minute)
	if err := s.votes(s.rich, byClock, 1); reason(err) != "poll_closed" {
		t.Errorf("after its time: %v", err)
	}
	s.must(s.polls.CloseDue(t.Context()))
	s.must(s.polls.CloseDue(t.Context()))
	for _, at := range []room.Address{s.public(), s.inside()} {
		all := strings.Join(s.bodies(at), "\n")
		if strings.Count(all, "poll.closed") != 1 || strings.Count(all, `"voters":1`) != 1 {
			t.Errorf("%s: %s", at.Audience, all)
		}
	}
}

// In a closed thread only staff vote, and nobody in the archive; all see the poll.
func TestPollsOfThreadsThatRest(t *testing.T) {
	s := newStage(t)
	at, yes := s.thread(1), true
	p := s.asks(at, nil)
	_, err := s.space.Change(t.Context(), s.owner, s.channel, at.Thread, space.Change{Closed: &yes})
	s.must(err)
	if err := s.votes(s.yuna, p, 0); reason(err) != "thread_closed" {
		t.Errorf("in a closed thread: %v", err)
	}
	s.must(s.votes(s.mod, p, 0))
	_, err = s.space.Change(t.Context(), s.owner, s.channel, at.Thread, space.Change{Archived: &yes})
	s.must(err)
	if err := s.votes(s.mod, p, 1); reason(err) != "thread_closed" {
		t.Errorf("in the archive: %v", err)
	}
	if len(s.sees(s.yuna, at)) != 1 {
		t.Error("the poll is not to be seen any more")
	}
	s.closes(p)
	if _, err := s.tries(at, nil); reason(err) != "thread_closed" {
		t.Errorf("a poll in the archive: %v", err)
	}
}
