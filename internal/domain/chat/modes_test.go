package chat_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func (s *stage) set(a room.Audience, m room.Modes) {
	s.t.Helper()
	if err := s.chat.SetModes(s.t.Context(), s.owner, s.at(a), m); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) follow(who ident.Account) {
	s.t.Helper()
	channels := channel.NewService(store.UnitOf(s.DB, func(tx *store.Tx) channel.Tx { return tx }), s.IDs, s.Clock.Now, strings.ToLower)
	if err := channels.Follow(s.t.Context(), who, s.channel); err != nil {
		s.t.Fatal(err)
	}
}

func wait(err error) time.Duration {
	if f := fault.Of(err); f != nil {
		return f.RetryAfter
	}
	return 0
}

// refused writes and wants a reason, and a time to wait.
func (s *stage) refused(by ident.Account, a room.Audience, text, want string, after time.Duration) {
	s.t.Helper()
	head := len(s.Events(s.channel, a))
	_, err := s.write(by, a, text)
	if reason(err) != want || wait(err) != after {
		s.t.Errorf("%q into %s: %q after %v, want %q after %v", text, a, reason(err), wait(err), want, after)
	}
	if len(s.Events(s.channel, a)) != head {
		s.t.Errorf("%q was refused and written", text)
	}
}

func TestSlowModeHoldsBackOnePerson(t *testing.T) {
	s := newStage(t, nil)
	noa, mod := s.Light("Noa"), s.Moderator(s.channel, s.Person("Mod"))
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	first := s.must(noa, room.Public, "before it was slow")
	s.set(room.Public, room.Modes{Slow: 30 * time.Second})
	s.Clock.Advance(10 * time.Second)
	s.refused(noa, room.Public, "too soon", "slow_mode", 20*time.Second)
	s.must(yuna, room.Public, "another person") // and in the other room nothing is slow
	s.must(yuna, room.Space, "one")
	s.must(yuna, room.Space, "two")
	for _, staff := range []ident.Account{mod, s.owner} {
		s.must(staff, room.Public, "one")
		s.must(staff, room.Public, "two")
	}
	// What one takes back was said all the same.
	if err := s.chat.Remove(t.Context(), noa, chat.Place{Address: s.at(room.Public), Seq: first}); err != nil {
		t.Fatal(err)
	}
	s.refused(noa, room.Public, "too soon", "slow_mode", 20*time.Second)
	s.Clock.Advance(20 * time.Second)
	s.must(noa, room.Public, "to the second")
	s.refused(noa, room.Public, "again", "slow_mode", 30*time.Second)
	s.set(room.Public, room.Modes{})
	s.must(noa, room.Public, "free again")
}

func TestARepeatedKeyIsNoSecondMessage(t *testing.T) {
	s := newStage(t, nil)
	noa := s.Light("Noa")
	s.follow(noa)
	s.set(room.Public, room.Modes{Slow: time.Minute, Unique: true, Followers: true})
	p := chat.Post{Address: s.at(room.Public), Author: noa, Key: "the-same-key", Text: "once"}
	first, err := s.chat.Post(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	// Not by pace, nor because it was said, nor because the room has changed.
	s.set(room.Public, room.Modes{Subscribers: true, Emotes: true})
	again, err := s.chat.Post(t.Context(), p)
	if err != nil || !again.Repeated || again.Event.Seq != first.Event.Seq {
		t.Errorf("a repeated key: %+v, %v", again, err)
	}
	// A room that one may not read any more answers nothing, not even this.
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	p = chat.Post{Address: s.at(room.Space), Author: yuna, Key: "another-key", Text: "inside"}
	if _, err := s.chat.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(31 * 24 * time.Hour)
	if r, err := s.chat.Post(t.Context(), p); reason(err) != "period_ended" || len(r.Event.Bytes) != 0 {
		t.Errorf("a repeated key reads from a room that has shut: %v", err)
	}
}

func TestFollowersModeAsksForTime(t *testing.T) {
	s := newStage(t, nil)
	noa, yuna := s.Light("Noa"), s.Subscriber(s.channel, s.Person("Yuna"), 1)
	s.set(room.Public, room.Modes{Followers: true, FollowedFor: 10 * time.Minute})
	s.set(room.Space, room.Modes{Followers: true})
	s.refused(noa, room.Public, "hello", "followers_only", 0)
	s.refused(yuna, room.Space, "hello", "followers_only", 0)
	s.follow(noa)
	s.follow(yuna)
	s.must(yuna, room.Space, "hello")
	s.Clock.Advance(time.Minute)
	s.refused(noa, room.Public, "hello", "followers_only", 9*time.Minute)
	s.Clock.Advance(9 * time.Minute)
	s.must(noa, room.Public, "hello")
}

func TestSubscribersMode(t *testing.T) {
	s := newStage(t, nil)
	s.set(room.Public, room.Modes{Subscribers: true})
	s.refused(s.Person("Sam"), room.Public, "hello", "subscribers_mode", 0)
	s.must(s.Subscriber(s.channel, s.Person("Yuna"), 1), room.Public, "hello")
	s.must(s.Moderator(s.channel, s.Person("Mod")), room.Public, "hello")
}

func TestEmotesModeTakesNoWords(t *testing.T) {
	s := newStage(t, nil)
	noa := s.Light("Noa")
	s.set(room.Public, room.Modes{Emotes: true})
	for _, text := range []string{"🎉", "🎉🎉 😂", "👩‍🚀", "👍🏽", "❤️ ♥", "🇫🇷🇩🇪", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "→ ⭐ ◾", "🧑🏾‍🤝‍🧑🏻"} {
		s.must(noa, room.Public, text)
	}
	for _, text := range []string{
		"hello", "🎉 hello", "🎉a", "1", "1️⃣", "!", "🎉!", ":wave:", "🅷🅸", "🄷🄸", "🆗", "Ⓗⓘ", "㋐", "🇫", "🇫 🇷", "🇫🎉", "⠓⠊", "é", "日本", "⼀", "🎉\U000e0068", "🏽", "\ufe0f",
	} {
		if _, err := s.write(noa, room.Public, text); reason(err) != "emotes_only" && reason(err) != "text_empty" {
			t.Errorf("%q counts as emoji: %v", text, err)
		}
	}
	s.must(s.owner, room.Public, "words")
}

func TestUniqueModeTakesNothingTwice(t *testing.T) {
	s := newStage(t, nil)
	noa, sam := s.Light("Noa"), s.Light("Sam")
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	s.must(noa, room.Public, "Said before")
	s.set(room.Public, room.Modes{Unique: true})
	s.refused(sam, room.Public, "said before!", "not_unique", 0)
	s.must(noa, room.Public, "First to say it")
	for _, text := range []string{"First to say it", "first  to SAY it!!", "fırst tо ѕay it", "F-i-r-s-t to say ít", "firsttosayit"} {
		s.refused(sam, room.Public, text, "not_unique", 0)
	}
	s.must(sam, room.Public, "First to say it 🎉") // an emoji is something said
	s.must(sam, room.Public, "???")
	s.refused(noa, room.Public, "? ? ?", "not_unique", 0)
	s.must(yuna, room.Space, "First to say it") // another room
	s.must(s.owner, room.Public, "First to say it")
	s.must(s.owner, room.Public, "From the owner")
	s.refused(noa, room.Public, "from the owner", "not_unique", 0)
	s.Clock.Advance(chat.JustSaid)
	s.must(noa, room.Public, "First to say it")
	if raw := s.Raw(); strings.Contains(raw, "firsttosayit") {
		t.Error("folded words are stored")
	}
	n, err := s.Retire(t.Context(), 100)
	if err != nil || n != 0 {
		t.Errorf("what was said long ago was kept: %d rows, %v", n, err)
	}
	s.Clock.Advance(chat.JustSaid)
	if n, err := s.Retire(t.Context(), 100); err != nil || n != 1 {
		t.Errorf("%d digests retired, want 1: %v", n, err)
	}
}

// A refused message counts for nothing: neither as said nor as the turn taken.
func TestARefusedMessageTakesNoTurn(t *testing.T) {
	s := newStage(t, nil)
	noa, sam := s.Light("Noa"), s.Light("Sam")
	s.set(room.Public, room.Modes{Slow: time.Minute, Unique: true, Emotes: true})
	s.refused(noa, room.Public, "words", "emotes_only", 0)
	s.must(sam, room.Public, "🎉")
	s.refused(noa, room.Public, "🎉", "not_unique", 0)
	s.must(noa, room.Public, "😂")
	s.refused(noa, room.Public, "⭐", "slow_mode", time.Minute)
	s.must(s.Light("Bea"), room.Public, "⭐")
}

func TestStaffSetModesAndEverybodyIsTold(t *testing.T) {
	s := newStage(t, nil)
	mod := s.Moderator(s.channel, s.Person("Mod"))
	modes := room.Modes{Slow: 30 * time.Second, Followers: true, FollowedFor: time.Hour, Unique: true}
	for name, who := range map[string]ident.Account{"nobody": "", "a viewer": s.Person("Sam"), "a subscriber": s.Subscriber(s.channel, s.Person("Yuna"), 1)} {
		if err := s.chat.SetModes(t.Context(), who, s.at(room.Public), modes); reason(err) != "moderators_only" {
			t.Errorf("%s sets modes: %v", name, err)
		}
	}
	for _, m := range []room.Modes{
		{Slow: -time.Second},
		{Slow: 601 * time.Second},
		{Slow: 1500 * time.Millisecond},
		{Followers: true, FollowedFor: 91 * 24 * time.Hour},
		{FollowedFor: time.Hour},
	} {
		if err := s.chat.SetModes(t.Context(), mod, s.at(room.Public), m); reason(err) != "modes_invalid" {
			t.Errorf("%+v: %v", m, err)
		}
	}
	if err := s.chat.SetModes(t.Context(), mod, s.at(room.Space), room.Modes{Subscribers: true}); reason(err) != "modes_invalid" {
		t.Errorf("subscribers only where nobody else is: %v", err)
	}
	if err := s.chat.SetModes(t.Context(), mod, s.at(room.Business), room.Modes{}); reason(err) != "room_missing" {
		t.Errorf("modes of a room nobody writes in: %v", err)
	}
	for range 2 { // the second time changes nothing
		if err := s.chat.SetModes(t.Context(), mod, s.at(room.Public), modes); err != nil {
			t.Fatal(err)
		}
	}
	public, business := s.Events(s.channel, room.Public), s.Events(s.channel, room.Business)
	if len(public) != 1 || len(business) != 1 || len(s.Events(s.channel, room.Space)) != 0 {
		t.Fatalf("told %d in public, %d of business", len(public), len(business))
	}
	told, ok := event.As[event.ModesChanged](public[0])
	by, is := event.As[event.SettingsChanged](business[0])
	if !ok || told != modes.Told() || !is || by.By != mod {
		t.Errorf("told %s and %s", public[0].Data, business[0].Data)
	}
	log, err := s.Logs().Log(t.Context(), s.at(room.Public))
	if err != nil || log.Modes != modes || log.Head != 1 {
		t.Errorf("the log of who enters: %+v, %v", log, err)
	}
	s.set(room.Public, room.Modes{})
	if log, err = s.Logs().Log(t.Context(), s.at(room.Public)); err != nil || log.Modes.On() {
		t.Errorf("after they are off: %+v, %v", log, err)
	}
}

// atOnce has many write together into the public room, in few transactions, and
// returns the reasons of the refusals, ” for what was written.
func (s *stage) atOnce(posts []chat.Post) []string {
	s.t.Helper()
	held := &heldStore{Store: store.UnitOf(s.DB, func(tx *store.Tx) chat.Tx { return tx }), begin: make(chan struct{})}
	service := runChat(s.t, chat.NewService(held, s.Clock.Now, &held.arrived))
	held.arrived.Add(len(posts))
	out := make([]string, len(posts))
	var all sync.WaitGroup
	for i, p := range posts {
		s.keys++
		p.Address, p.Key = s.at(room.Public), fmt.Sprintf("batch-%08d", s.keys)
		all.Go(func() {
			_, err := service.Post(s.t.Context(), p)
			out[i] = reason(err)
		})
	}
	held.arrived.Wait()
	close(held.begin)
	all.Wait()
	if held.transactions >= len(posts)/2 || held.most > 1 {
		s.t.Errorf("%d posts took %d transactions, in one of which a question was asked %d times", len(posts), held.transactions, held.most)
	}
	return out
}

// Many who write at once share the statements, and among them one person's second
// message is refused; staff are exempt here too.
func TestSlowModeHoldsInsideOneBatch(t *testing.T) {
	s := newStage(t, nil)
	s.set(room.Public, room.Modes{Slow: time.Minute})
	var posts []chat.Post
	for i := range 40 {
		who := s.Light(fmt.Sprintf("P%d", i))
		for n := range 3 {
			posts = append(posts, chat.Post{Author: who, Text: fmt.Sprintf("words %d", n)})
		}
	}
	for range 3 {
		posts = append(posts, chat.Post{Author: s.owner, Text: "the owner's"})
	}
	written := map[ident.Account]int{}
	for i, reason := range s.atOnce(posts) {
		switch reason {
		case "":
			written[posts[i].Author]++
		case "slow_mode":
		default:
			t.Fatal(reason)
		}
	}
	for who, n := range written {
		if want := map[bool]int{true: 3, false: 1}[who == s.owner]; n != want {
			t.Errorf("%s wrote %d messages, want %d", who, n, want)
		}
	}
	if len(written) != 41 {
		t.Errorf("%d people wrote, want 41", len(written))
	}
}

// Of many who say the same at once, one says it.
func TestUniqueModeHoldsInsideOneBatch(t *testing.T) {
	s := newStage(t, nil)
	s.set(room.Public, room.Modes{Unique: true})
	var posts []chat.Post
	for i := range 60 {
		posts = append(posts, chat.Post{Author: s.Light(fmt.Sprintf("P%d", i)), Text: fmt.Sprintf("the same %d", i%3)})
	}
	written := 0
	for _, reason := range s.atOnce(posts) {
		switch reason {
		case "":
			written++
		case "not_unique":
		default:
			t.Fatal(reason)
		}
	}
	if written != 3 {
		t.Errorf("%d were written, want each of three words once", written)
	}
}
