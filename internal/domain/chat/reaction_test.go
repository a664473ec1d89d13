package chat_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

// reactStage is a stage with reactions running, and what they told.
type reactStage struct {
	*stage
	reactions *chat.Reactions
	mu        sync.Mutex
	moved     []chat.Place
	count     chat.ReactionStore
}

func newReactStage(t testing.TB) *reactStage {
	t.Helper()
	s := &reactStage{stage: newStage(t, nil)}
	s.count = store.UnitOf(s.DB, func(tx *store.Tx) chat.ReactionTx { return tx })
	s.reactions = chat.NewReactions(s.count, s.Clock.Now, patient{}, func(p chat.Place) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.moved = append(s.moved, p)
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.reactions.Run(ctx) }() // the cleanup waits
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *reactStage) react(by ident.Account, at room.Address, seq int64, e chat.Emoji, on bool) (chat.Reacted, error) {
	return s.reactions.React(s.t.Context(), chat.React{Place: chat.Place{Address: at, Seq: seq}, By: by, Emoji: e, On: on})
}

// in returns what stands in a log, as somebody sees it.
func (s *reactStage) in(by ident.Account, at room.Address) string {
	s.t.Helper()
	found, err := s.reactions.In(s.t.Context(), at, by, 1, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprint(found)
}

// thread opens a thread of the channel.
func (s *reactStage) thread(kind room.ThreadKind, level int) room.Thread {
	s.t.Helper()
	sp := space.NewService(store.UnitOf(s.DB, func(tx *store.Tx) space.Tx { return tx }), s.IDs, s.Clock.Now)
	th, err := sp.Open(s.t.Context(), s.owner, space.Opening{Channel: s.channel, Kind: kind, Title: "Glazes", Level: level})
	if err != nil {
		s.t.Fatal(err)
	}
	return th.Thread
}

func (s *reactStage) postIn(by ident.Account, at room.Address, text string) int64 {
	s.t.Helper()
	s.keys++
	r, err := s.chat.Post(s.t.Context(), chat.Post{Address: at, Author: by, Key: fmt.Sprintf("key-%08d", s.keys), Text: text})
	if err != nil {
		s.t.Fatal(err)
	}
	return r.Event.Seq
}

// Who writes into a room reacts in it; of an update everybody who reads it. To
// whoever may not, a message that exists and one that does not are alike.
func TestWhoMayReactWhere(t *testing.T) {
	s := newReactStage(t)
	tier, high := s.Tier(s.channel, 1), s.Tier(s.channel, 2)
	yuna, rich := s.SubscriberOf(s.channel, s.Person("Yuna"), tier), s.SubscriberOf(s.channel, s.Person("Rich"), high)
	past := s.Person("Past")
	s.Grant(s.channel, past, s.Clock.Now().Add(-2*time.Hour), s.Clock.Now().Add(-time.Hour), 1)
	banned := s.Subscriber(s.channel, s.Person("Banned"), 1)
	s.sanction(banned, access.BlockBan, 0)
	mod := s.Moderator(s.channel, s.Person("Mod"))
	all, few := s.thread(room.UpdateThread, 1).Address(), s.thread(room.UpdateThread, 2).Address()
	places := map[string]chat.Place{
		"public": {Address: s.at(room.Public), Seq: s.must(s.owner, room.Public, "hello")},
		"space":  {Address: s.at(room.Space), Seq: s.must(s.owner, room.Space, "inside")},
		"update": {Address: all, Seq: s.postIn(s.owner, all, "for all")},
		"tier":   {Address: few, Seq: s.postIn(s.owner, few, "for few")},
	}
	for who, c := range map[string]struct {
		by   ident.Account
		want map[string]string
	}{
		"nobody":         {"", map[string]string{"public": "sign_in", "space": "sign_in", "update": "sign_in", "tier": "sign_in"}},
		"a free account": {s.Person("Sam"), map[string]string{"space": "subscribers_only", "update": "subscribers_only", "tier": "subscribers_only"}},
		"one who lapsed": {past, map[string]string{"space": "period_ended", "update": "period_ended", "tier": "period_ended"}},
		"a banned one":   {banned, map[string]string{"public": "banned", "space": "banned", "update": "banned", "tier": "banned"}},
		"a subscriber":   {yuna, map[string]string{"tier": "thread_missing"}},
		"one of more":    {rich, nil},
		"a moderator":    {mod, nil},
		"the creator":    {s.owner, nil},
	} {
		for name, p := range places {
			if _, err := s.react(c.by, p.Address, p.Seq, "heart", true); reason(err) != c.want[name] {
				t.Errorf("%s, %s: %q, want %q", who, name, reason(err), c.want[name])
			}
			want := c.want[name]
			if want == "" {
				want = "message_missing"
			}
			if _, err := s.react(c.by, p.Address, 99, "heart", true); reason(err) != want {
				t.Errorf("%s, %s, where no message is: %q, want %q", who, name, reason(err), want)
			}
		}
	}
	for name, c := range map[string]struct {
		at    room.Address
		seq   int64
		emoji chat.Emoji
		want  string
	}{
		"no emoji of ours":         {s.at(room.Public), 1, "skull", "emoji_missing"},
		"a room without messages":  {s.at(room.Business), 1, "heart", "room_missing"},
		"what is no message":       {all, 1, "heart", "message_missing"},
		"a thread of nowhere":      {room.ThreadAddress(s.channel, "06h0"), 1, "heart", "thread_missing"},
		"a channel of nowhere":     {room.Address{Channel: "06h0", Audience: room.Public}, 1, "heart", "channel_missing"},
		"a thread by another name": {room.ThreadAddress("06h0", all.Thread), 2, "heart", "channel_missing"},
	} {
		if _, err := s.react(s.owner, c.at, c.seq, c.emoji, true); reason(err) != c.want {
			t.Errorf("%s: %q, want %q", name, reason(err), c.want)
		}
	}
}

// A thread that is closed takes no reactions any more, but from staff; one in the
// archive from nobody.
func TestAClosedThreadTakesNoReactions(t *testing.T) {
	s := newReactStage(t)
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	th := s.thread(room.TopicThread, 1)
	seq := s.postIn(yuna, th.Address(), "hello")
	sp := space.NewService(store.UnitOf(s.DB, func(tx *store.Tx) space.Tx { return tx }), s.IDs, s.Clock.Now)
	yes := true
	for _, step := range []struct {
		change      space.Change
		yuna, owner string
	}{
		{space.Change{Closed: &yes}, "thread_closed", ""},
		{space.Change{Archived: &yes}, "thread_closed", "thread_closed"},
	} {
		if _, err := sp.Change(t.Context(), s.owner, s.channel, th.ID, step.change); err != nil {
			t.Fatal(err)
		}
		for by, want := range map[ident.Account]string{yuna: step.yuna, s.owner: step.owner} {
			if _, err := s.react(by, th.Address(), seq, "clap", true); reason(err) != want {
				t.Errorf("%+v: %q, want %q", step.change, reason(err), want)
			}
		}
	}
}

// A message that is removed, by its author or with its author, takes its reactions
// with it, and gets no other.
func TestARemovedMessageHasNoReactions(t *testing.T) {
	s := newReactStage(t)
	noa, sam := s.Person("Noa"), s.Person("Sam")
	public := s.at(room.Public)
	gone, kept, hidden := s.must(noa, room.Public, "one"), s.must(s.owner, room.Public, "two"), s.must(noa, room.Public, "three")
	for _, seq := range []int64{gone, kept, hidden} {
		for _, by := range []ident.Account{sam, s.owner} {
			if _, err := s.react(by, public, seq, "wow", true); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.chat.Remove(t.Context(), noa, chat.Place{Address: public, Seq: gone}); err != nil {
		t.Fatal(err)
	}
	s.sanction(noa, access.BlockTimeout, time.Minute)
	if got, want := s.in(sam, public), fmt.Sprint([]chat.Reacted{{Seq: kept, Counts: chat.Counts{"wow": 2}, Mine: []chat.Emoji{"wow"}}}); got != want {
		t.Errorf("what stands: %s, want %s", got, want)
	}
	for _, seq := range []int64{gone, hidden} {
		for _, on := range []bool{true, false} {
			if _, err := s.react(sam, public, seq, "wow", on); reason(err) != "message_missing" {
				t.Errorf("to %d: %v", seq, err)
			}
		}
	}
}

// Many react at once, and what is answered, counted and told is what was done: each
// person has each emoji once, however often and from however many pages.
func TestManyReactAtOnce(t *testing.T) {
	s := newReactStage(t)
	seq := s.must(s.owner, room.Public, "hello")
	public := s.at(room.Public)
	var people []ident.Account
	for i := range 40 {
		people = append(people, s.Light(fmt.Sprint("Person ", i)))
	}
	var all sync.WaitGroup
	for _, by := range people {
		for _, e := range []chat.Emoji{"fire", "heart", "fire"} {
			all.Go(func() {
				if got, err := s.react(by, public, seq, e, true); err != nil || got.Counts[e] < 1 || !slices.Contains(got.Mine, e) {
					t.Errorf("%+v %v", got, err)
				}
			})
		}
	}
	all.Wait()
	totals, err := s.reactions.Totals(t.Context(), []chat.Place{{Address: public, Seq: seq}})
	if err != nil || !maps.Equal(totals[chat.Place{Address: public, Seq: seq}], chat.Counts{"fire": 40, "heart": 40}) {
		t.Errorf("counted %v %v", totals, err)
	}
	if len(s.moved) != 80 {
		t.Errorf("told of %d changes, there were 80", len(s.moved))
	}
	if n := len(s.Events(s.channel, room.Public)); n != 1 {
		t.Errorf("the log has %d events: reactions are none", n)
	}
}

// Whatever is put and taken back, in whatever order and company, what stands is what
// a set of (person, message, emoji) says.
func TestReactionsAreASet(t *testing.T) {
	s := newReactStage(t)
	people := []ident.Account{s.Light("A"), s.Light("B"), s.Light("C")}
	public := s.at(room.Public)
	rapid.Check(t, func(t *rapid.T) {
		seqs := []int64{s.must(s.owner, room.Public, "one"), s.must(s.owner, room.Public, "two")}
		model := map[chat.React]bool{}
		for range rapid.IntRange(1, 12).Draw(t, "rounds") {
			// Each of a round's companions has its own person and message: their order is nobody's.
			var all sync.WaitGroup
			for _, by := range people {
				for _, seq := range seqs {
					if rapid.Bool().Draw(t, "rests") {
						continue
					}
					w := chat.React{Place: chat.Place{Address: public, Seq: seq}, By: by, Emoji: rapid.SampledFrom(chat.Emojis()[:3]).Draw(t, "emoji")}
					on := rapid.Bool().Draw(t, "on")
					model[w] = on
					all.Go(func() {
						if _, err := s.react(w.By, w.Address, w.Seq, w.Emoji, on); err != nil {
							t.Errorf("react: %v", err)
						}
					})
				}
			}
			all.Wait()
		}
		for _, by := range people {
			var want []chat.Reacted
			for _, seq := range seqs {
				r := chat.Reacted{Seq: seq, Counts: chat.Counts{}}
				for w, on := range model {
					if on && w.Seq == seq {
						r.Counts[w.Emoji]++
					}
				}
				for _, e := range chat.Emojis() {
					if model[chat.React{Place: chat.Place{Address: public, Seq: seq}, By: by, Emoji: e}] {
						r.Mine = append(r.Mine, e)
					}
				}
				if len(r.Counts) > 0 {
					want = append(want, r)
				}
			}
			got, err := s.reactions.In(context.Background(), public, by, seqs[0], seqs[1])
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("stands %v %v, want %v", got, err, want)
			}
		}
	})
}
