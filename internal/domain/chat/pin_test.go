package chat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// above returns what stands above the chat of a room for whoever comes now.
func (s *stage) above(at room.Address) string {
	s.t.Helper()
	log, err := s.Logs().Log(s.t.Context(), at)
	if err != nil {
		s.t.Fatal(err)
	}
	if log.Pinned == nil {
		return ""
	}
	return log.Pinned.Text
}

// Staff pin one message of a room; another takes its place; nobody else pins.
func TestStaffPinOneMessage(t *testing.T) {
	s := newReactStage(t)
	yuna, mod := s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Moderator(s.channel, s.Person("Mod"))
	thread := s.thread(room.TopicThread, 1).Address()
	for _, at := range []room.Address{s.at(room.Public), s.at(room.Space), thread} {
		one, two := chat.Place{Address: at, Seq: s.postIn(yuna, at, "one")}, chat.Place{Address: at, Seq: s.postIn(s.owner, at, "two")}
		for by, want := range map[ident.Account]string{"": "moderators_only", yuna: "moderators_only", s.Person("Sam"): "moderators_only"} {
			for _, do := range []func() error{
				func() error { return s.chat.Pin(t.Context(), by, one) }, func() error { return s.chat.Unpin(t.Context(), by, one) },
				func() error { return s.chat.Pin(t.Context(), by, chat.Place{Address: at, Seq: 99}) },
			} {
				if got := reason(do()); got != want {
					t.Errorf("%s: %q, want %q", at.Audience, got, want)
				}
			}
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(s.chat.Pin(t.Context(), mod, one))
		before := len(s.EventsAt(at))
		must(s.chat.Pin(t.Context(), s.owner, one)) // stands there already
		if got := s.above(at); got != "one" || len(s.EventsAt(at)) != before {
			t.Errorf("%s: above stands %q, and %d events more", at.Audience, got, len(s.EventsAt(at))-before)
		}
		must(s.chat.Pin(t.Context(), s.owner, two))
		must(s.chat.Unpin(t.Context(), mod, one)) // does not stand there any more
		if got := s.above(at); got != "two" {
			t.Errorf("%s: above stands %q", at.Audience, got)
		}
		must(s.chat.Unpin(t.Context(), mod, two))
		events := s.EventsAt(at)
		last, _ := event.As[event.MessageUnpinned](events[len(events)-1])
		if got := s.above(at); got != "" || last.Seq != two.Seq || last.By != "moderator" {
			t.Errorf("%s: above stands %q, told %+v", at.Audience, got, last)
		}
		if got := reason(s.chat.Pin(t.Context(), mod, chat.Place{Address: at, Seq: 99})); got != "message_missing" {
			t.Errorf("%s: what is no message: %q", at.Audience, got)
		}
	}
}

// What is removed, or whose author is shut out, stands above no chat any more, and
// its words are nowhere: not in what told that it was pinned either.
func TestAPinGoesWithItsMessage(t *testing.T) {
	s := newReactStage(t)
	yuna := s.Subscriber(s.channel, s.Person("Yuna"), 1)
	thread := s.thread(room.TopicThread, 1).Address()
	pin := func(at room.Address, text string) chat.Place {
		t.Helper()
		p := chat.Place{Address: at, Seq: s.postIn(yuna, at, text)}
		if err := s.chat.Pin(t.Context(), s.owner, p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	public := pin(s.at(room.Public), "words of public")
	old := pin(s.at(room.Space), "words of old")
	s.Clock.Advance(48 * time.Hour) // longer ago than a sanction hides
	pin(thread, "words of thread")
	if err := s.chat.Remove(t.Context(), yuna, public); err != nil {
		t.Fatal(err)
	}
	if got := s.above(s.at(room.Public)); got != "" || strings.Contains(s.Raw(), "words of public") {
		t.Errorf("above stands %q; all that is kept:\n%s", got, s.Raw())
	}
	s.sanction(yuna, access.BlockBan, 0)
	for _, at := range []room.Address{old.Address, thread} {
		events := s.EventsAt(at)
		last, is := event.As[event.MessageUnpinned](events[len(events)-1])
		if got := s.above(at); got != "" || !is || last.By != "sanction" {
			t.Errorf("%s: above stands %q, the last told is %+v", at.Audience, got, events[len(events)-1])
		}
	}
}

// An announcement is staff's to make, and says so in the log.
func TestStaffAnnounce(t *testing.T) {
	s := newStage(t, nil)
	yuna, mod := s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Moderator(s.channel, s.Person("Mod"))
	for by, want := range map[ident.Account]string{yuna: "moderators_only", mod: "", s.owner: ""} {
		r, err := s.chat.Post(t.Context(), chat.Post{Address: s.at(room.Space), Author: by, Key: "key-" + string(by), Text: "Tonight at 9", Announcement: true})
		if reason(err) != want || (want == "") != strings.Contains(string(r.Event.Bytes), `"announcement":true`) {
			t.Errorf("%q, want %q; %s", reason(err), want, r.Event.Bytes)
		}
	}
	if seq := s.must(s.owner, room.Space, "plain"); strings.Contains(string(s.Events(s.channel, room.Space)[seq-1].Data), "announcement") {
		t.Error("every message is an announcement")
	}
}
