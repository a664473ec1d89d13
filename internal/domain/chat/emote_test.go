package chat_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/emote"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func (s *stage) emotes() *emote.Service {
	return &emote.Service{
		Store: store.UnitOf(s.DB, func(tx *store.Tx) emote.Tx { return tx }), IDs: s.IDs, Pace: patient{}, Now: s.Clock.Now,
		Redraw: func(_ context.Context, upload []byte, _ int) ([]byte, error) { return upload, nil },
	}
}

// offers has the channel offer an emote.
func (s *stage) offers(code string, level int) ident.Emote {
	s.t.Helper()
	e, err := s.emotes().Add(s.t.Context(), s.owner, emote.Emote{Channel: s.channel, Code: code, Level: level}, []byte(code))
	if err != nil {
		s.t.Fatal(err)
	}
	return e.ID
}

// holds writes, and returns the codes that the message holds.
func (s *stage) holds(by ident.Account, a room.Audience, text string) []string {
	s.t.Helper()
	m := s.posted(a, s.must(by, a, text))
	if m.Text != text {
		s.t.Errorf("%q is stored as %q", text, m.Text)
	}
	var codes []string
	for _, e := range m.Emotes {
		codes = append(codes, e.Code)
	}
	return codes
}

func (s *stage) posted(a room.Audience, seq int64) event.MessagePosted {
	s.t.Helper()
	m, is := event.As[event.MessagePosted](s.Events(s.channel, a)[seq-1])
	if !is {
		s.t.Fatalf("%d of %s is no message", seq, a)
	}
	return m
}

// A message holds the emotes of its text that its writer may use when they write it. All
// other codes are words.
func TestWhichEmotesAMessageHolds(t *testing.T) {
	s := newStage(t, nil)
	s.offers("wave", 0)
	s.offers("kiln", 1)
	s.offers("gold", 2)
	one, two := s.Tier(s.channel, 1), s.Tier(s.channel, 2)
	free, mod := s.Light("Noa"), s.Moderator(s.channel, s.Person("Mod"))
	first, second := s.SubscriberOf(s.channel, s.Person("One"), one), s.SubscriberOf(s.channel, s.Person("Two"), two)
	anyTier := s.Subscriber(s.channel, s.Person("Any"), 1)
	past := s.Person("Past")
	s.GrantOf(s.channel, past, two, s.Clock.Now().Add(-2*time.Hour), s.Clock.Now())
	all := "hi :wave: :kiln: :gold: :none: :gold: 12:30:45"
	for name, c := range map[string]struct {
		who  ident.Account
		room room.Audience
		text string
		want []string
	}{
		"a free account":         {free, room.Public, all, []string{"wave"}},
		"a first tier":           {first, room.Public, all, []string{"wave", "kiln"}},
		"a first tier, inside":   {first, room.Space, all, []string{"wave", "kiln"}},
		"a second tier":          {second, room.Public, all, []string{"wave", "kiln", "gold"}},
		"a right to no tier":     {anyTier, room.Public, all, []string{"wave", "kiln"}},
		"whose right has ended":  {past, room.Public, all, []string{"wave"}},
		"a moderator":            {mod, room.Public, all, []string{"wave", "kiln", "gold"}},
		"the creator":            {s.owner, room.Space, all, []string{"wave", "kiln", "gold"}},
		"without a code":         {second, room.Public, "gold and : wave :", nil},
		"in the order they come": {second, room.Public, ":gold::wave:", []string{"gold", "wave"}},
		"sharing a colon":        {second, room.Public, ":gold:wave:", []string{"gold"}},
		"what is not theirs":     {first, room.Public, ":gold:wave:", []string{"wave"}},
	} {
		if got := s.holds(c.who, c.room, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q holds %q, want %q", name, c.text, got, c.want)
		}
	}
	other := newStage(t, nil)
	if got := other.holds(other.owner, room.Public, ":wave:"); got != nil {
		t.Errorf("in another channel: %q", got)
	}
}

// A code in an address is a part of it: nothing is shown there, and nothing held.
func TestAnAddressHoldsNoEmotes(t *testing.T) {
	s := newStage(t, nil)
	s.offers("wave", 0)
	for words, want := range map[string]string{
		"https://example.org/:wave:/x":        "",
		"https://example.org/:wave:/x :wave:": "wave",
		":wave: https://example.org/:wave:/":  "wave",
		"http://u@example.org/:wave:/":        "wave", // no address
	} {
		if got := strings.Join(s.holds(s.owner, room.Public, words), " "); got != want {
			t.Errorf("%q holds %q, want %q", words, got, want)
		}
	}
}

// However many codes a message has, it holds few emotes; the words are whole.
func TestAMessageHoldsFewEmotes(t *testing.T) {
	s := newStage(t, nil)
	var words strings.Builder
	for i := range chat.EmotesMax + 5 {
		code := fmt.Sprintf("e%d", i)
		s.offers(code, 0)
		words.WriteString(":" + code + ":")
	}
	if got := s.holds(s.owner, room.Public, words.String()+":e3:"); len(got) != chat.EmotesMax || got[0] != "e0" || got[chat.EmotesMax-1] != fmt.Sprintf("e%d", chat.EmotesMax-1) {
		t.Errorf("holds %q", got)
	}
}

// What a message holds stays as it was written, whatever becomes of the emote, and a pin
// shows it as the message does.
func TestOldMessagesKeepTheirEmotes(t *testing.T) {
	s := newStage(t, nil)
	wave := s.offers("wave", 0)
	free := s.Light("Noa")
	seq := s.must(free, room.Public, "hi :wave:")
	want := []event.Emote{{Code: "wave", ID: wave}}
	if err := s.chat.Pin(t.Context(), s.owner, chat.Place{Address: s.at(room.Public), Seq: seq}); err != nil {
		t.Fatal(err)
	}
	events := s.Events(s.channel, room.Public)
	if pin, is := event.As[event.MessagePinned](events[len(events)-1]); !is || !slices.Equal(pin.Emotes, want) {
		t.Errorf("pinned as %+v", pin)
	}
	e, ctx := s.emotes(), t.Context()
	renamed, dear := "hello", 2
	for _, act := range []struct {
		name string
		do   func() error
	}{
		{"renamed", func() error {
			_, err := e.Change(ctx, s.owner, s.channel, wave, emote.Change{Code: &renamed})
			return err
		}},
		{"dearer", func() error {
			_, err := e.Change(ctx, s.owner, s.channel, wave, emote.Change{Level: &dear})
			return err
		}},
		{"removed", func() error { return e.Remove(ctx, s.owner, s.channel, wave) }},
	} {
		if err := act.do(); err != nil {
			t.Fatalf("%s: %v", act.name, err)
		}
		if m := s.posted(room.Public, seq); !slices.Equal(m.Emotes, want) {
			t.Errorf("%s: the message holds %v", act.name, m.Emotes)
		}
		if png, err := e.Picture(ctx, wave); err != nil || string(png) != "wave" {
			t.Errorf("%s: its picture is %q, %v", act.name, png, err)
		}
	}
	if got := s.holds(free, room.Public, "hi :wave: :hello:"); got != nil {
		t.Errorf("afterwards a message holds %q", got)
	}
}

// Where only emoji are written, emotes are too: those that the writer may use.
func TestEmotesModeTakesEmotes(t *testing.T) {
	s := newStage(t, nil)
	s.offers("wave", 0)
	s.offers("gold", 2)
	free, two := s.Light("Noa"), s.SubscriberOf(s.channel, s.Person("Two"), s.Tier(s.channel, 2))
	s.set(room.Public, room.Modes{Emotes: true})
	for _, words := range []string{":wave:", ":wave: 🔥", "🔥:wave::wave:🔥", "  :wave:  "} {
		if _, err := s.write(free, room.Public, words); err != nil {
			t.Errorf("%q: %v", words, err)
		}
	}
	for _, words := range []string{":gold:", ":none:", "wave", ":wave: hi", ":wave:gold:", ":wave", "🇫:wave:🇷"} {
		s.refused(free, room.Public, words, "emotes_only", 0)
	}
	s.must(two, room.Public, ":gold: :wave:")
}

// counting counts what is asked of the channel's emotes.
type counting struct {
	*store.Tx
	asked *int
}

func (c counting) OfferedEmotes(ctx context.Context, channels []ident.Channel) (map[ident.Channel][]chat.Emote, error) {
	*c.asked++
	return c.Tx.OfferedEmotes(ctx, channels)
}

// Words without a code ask the database nothing more.
func TestWordsWithoutCodesAskNothing(t *testing.T) {
	s := newStage(t, nil)
	s.offers("wave", 0)
	asked := 0
	s.chat = runChat(t, chat.NewService(store.UnitOf(s.DB, func(tx *store.Tx) chat.Tx { return counting{tx, &asked} }), s.Clock.Now, patient{}))
	for _, words := range []string{"hello", "12:30:45 : wave :", "https://example.org:80/", "no :Wave: no"} {
		s.must(s.owner, room.Public, words)
	}
	if asked != 0 {
		t.Errorf("asked %d times", asked)
	}
	if s.must(s.owner, room.Public, "hi :wave:"); asked != 1 {
		t.Errorf("asked %d times for a code", asked)
	}
}
