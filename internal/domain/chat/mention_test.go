package chat_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Those are mentioned whom the writer means and whose name stands in the text: nobody
// can be given another name. Whether they may read it is not to be seen: readers would
// learn who pays.
func TestWhoIsMentioned(t *testing.T) {
	s := newStage(t, nil)
	sam, samK, outside := s.Subscriber(s.channel, s.Person("Sam"), 1), s.Subscriber(s.channel, s.Person("Sam K"), 1), s.Person("Zoë")
	expired := s.Person("Expired")
	s.Grant(s.channel, expired, s.Clock.Now().Add(-2*time.Hour), s.Clock.Now(), 1)
	all := []ident.Account{sam, samK, outside, expired, "nobody"}
	for name, c := range map[string]struct {
		room  room.Audience
		means []ident.Account
		text  string
		want  []string
	}{
		"by name":               {room.Space, all, "hello @Sam", []string{"Sam"}},
		"the longest name":      {room.Space, all, "hello @Sam K.", []string{"Sam K"}},
		"both, in order":        {room.Space, all, "@Sam K and @Sam, @Sam", []string{"Sam K", "Sam"}},
		"only who is meant":     {room.Space, []ident.Account{samK}, "@Sam and @Sam K", []string{"Sam K"}},
		"a part of a name":      {room.Space, all, "@Samantha, @Samé", nil},
		"a mail address":        {room.Space, all, "write to me@Sam", nil},
		"without an @":          {room.Space, all, "Sam", nil},
		"another name":          {room.Space, []ident.Account{sam}, "@Inès", nil},
		"nobody is meant":       {room.Space, nil, "@Sam", nil},
		"oneself":               {room.Space, []ident.Account{s.owner}, "@Inès", nil},
		"outside, all the same": {room.Space, all, "@Zoë @Expired @nobody", []string{"Zoë", "Expired"}},
		"no name at all":        {room.Space, []ident.Account{"a\x00", sam}, "@Sam", []string{"Sam"}},
		"anybody, in public":    {room.Public, all, "@Zoë, @Expired and @Sam", []string{"Zoë", "Expired", "Sam"}},
		"twice the same":        {room.Space, []ident.Account{sam, sam}, "@Sam", []string{"Sam"}},
		"written differently":   {room.Public, []ident.Account{outside}, "@Zoe\u0308", []string{"Zoë"}},
	} {
		s.keys++
		r, err := s.chat.Post(t.Context(), chat.Post{
			Address: room.Address{Channel: s.channel, Audience: c.room}, Author: s.owner, Key: "mention-" + strings.Repeat("x", s.keys),
			Text: c.text, Mentions: c.means,
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		env, err := event.Decode(r.Event.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := event.As[event.MessagePosted](env)
		var got []string
		for _, who := range m.Mentions {
			got = append(got, who.Name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q mentions %q, want %q", name, c.text, got, c.want)
		}
	}
}

// counted lets so many through.
type counted struct{ left int }

func (c *counted) Take(string) error {
	if c.left--; c.left < 0 {
		return fault.New(fault.Limited, "too_many_attempts", "Wait.").After(time.Minute)
	}
	return nil
}

// Mentions are bounded in a message and over time; what mentions nobody is not.
func TestMentionsAreBounded(t *testing.T) {
	s := newStage(t, nil)
	sam := s.Person("Sam")
	s.chat.Mentions = &counted{left: 2}
	post := func(means ...ident.Account) (chat.Receipt, error) {
		s.keys++
		return s.chat.Post(t.Context(), chat.Post{
			Address: room.Address{Channel: s.channel, Audience: room.Public}, Author: s.owner, Key: "bounded-" + strings.Repeat("x", s.keys),
			Text: "@Sam", Mentions: means,
		})
	}
	if _, err := post(slices.Repeat([]ident.Account{sam}, chat.MentionsMax+1)...); reason(err) != "too_many_mentions" {
		t.Errorf("six: %v", err)
	}
	for i, want := range []bool{true, true, false} { // what comes too fast is written, and means nobody
		r, err := post(sam)
		if err != nil || strings.Contains(string(r.Event.Bytes), `"mentions"`) != want {
			t.Errorf("number %d: %s, %v; mentions: want %v", i, r.Event.Bytes, err, want)
		}
	}
	if _, err := post(); err != nil {
		t.Errorf("without a mention: %v", err)
	}
}
