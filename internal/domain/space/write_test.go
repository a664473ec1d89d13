package space_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

// Who writes where: each kind of thread, each kind of person.
func TestWhoWritesInThreads(t *testing.T) {
	s := newStage(t)
	yes := true
	topic, update := s.opens(space.Opening{Title: "topic"}), s.opens(space.Opening{Title: "update", Kind: room.UpdateThread})
	high, closed, archived := s.opens(space.Opening{Title: "high", Level: 3}), s.opens(space.Opening{Title: "closed"}), s.opens(space.Opening{Title: "archived"})
	for id, ch := range map[ident.Thread]space.Change{closed.ID: {Closed: &yes}, archived.ID: {Archived: &yes}} {
		if _, err := s.space.Change(t.Context(), s.owner, s.channel, id, ch); err != nil {
			t.Fatal(err)
		}
	}
	nothing := room.ThreadAddress(s.channel, "nothing")
	for _, c := range []struct {
		who                                           string
		by                                            ident.Account
		topic, update, high, closed, archived, absent string
	}{
		{"nobody", "", "sign_in", "sign_in", "sign_in", "sign_in", "sign_in", "sign_in"},
		{
			"a viewer", s.sam,
			"subscribers_only", "subscribers_only", "subscribers_only", "subscribers_only", "subscribers_only", "subscribers_only",
		},
		{"of the first tier", s.yuna, "", "owner_only", "thread_missing", "thread_closed", "thread_closed", "thread_missing"},
		{"of the third tier", s.rich, "", "owner_only", "", "thread_closed", "thread_closed", "thread_missing"},
		{"a moderator", s.mod, "", "owner_only", "", "", "thread_closed", "thread_missing"},
		{"the creator", s.owner, "", "", "", "", "thread_closed", "thread_missing"},
	} {
		for at, want := range map[room.Address]string{
			topic.Address(): c.topic, update.Address(): c.update, high.Address(): c.high,
			closed.Address(): c.closed, archived.Address(): c.archived, nothing: c.absent,
		} {
			if _, err := s.writes(c.by, at, "words"); reason(err) != want {
				t.Errorf("%s in %s: %v, want %q", c.who, at.Thread, err, want)
			}
		}
	}
	other := s.Channel(s.Person("Lia"))
	s.Subscriber(other, s.yuna, 1)
	if _, err := s.writes(s.yuna, room.ThreadAddress(other, topic.ID), "words"); reason(err) != "thread_missing" {
		t.Errorf("by another channel's address: %v", err)
	}
	for at, want := range map[ident.Thread]int64{topic.ID: 4, update.ID: 1, high.ID: 3, closed.ID: 2} {
		for _, th := range s.lists(s.owner, false) {
			if th.ID == at && th.Messages != want {
				t.Errorf("%s counts %d messages, want %d", th.Title, th.Messages, want)
			}
		}
	}
}

// A key that was used reads nothing out of a thread that has shut.
func TestARepeatedKeyReadsNoThreadThatHasShut(t *testing.T) {
	s := newStage(t)
	few := s.opens(space.Opening{Title: "few", Level: 3})
	kiln := s.Tier(s.channel, 3)
	noa := s.Subscriber(s.channel, s.Person("Noa"), 1)
	now := s.Clock.Now()
	s.GrantOf(s.channel, noa, kiln, now, now.Add(24*time.Hour))
	post := chat.Post{Address: few.Address(), Author: noa, Key: "key-of-noa", Text: "for few"}
	for _, want := range []string{"", ""} {
		if _, err := s.chat.Post(t.Context(), post); reason(err) != want {
			t.Errorf("while it is open: %v", err)
		}
	}
	s.Clock.Advance(25 * time.Hour) // the tier has ended, the lower right has not
	if r, err := s.chat.Post(t.Context(), post); reason(err) != "thread_missing" || len(r.Event.Bytes) > 0 {
		t.Errorf("afterwards: %s %v", r.Event.Bytes, err)
	}
}

// What is said in one thread stands nowhere else, is answered there only, and is
// removed there only.
func TestWordsStayInTheirThread(t *testing.T) {
	s := newStage(t)
	a, b := s.opens(space.Opening{Title: "a"}), s.opens(space.Opening{Title: "b", Level: 3})
	said := s.must(s.rich, b.Address(), "for few")
	for _, by := range []ident.Account{s.yuna, s.sam, ""} {
		if err := s.chat.Remove(t.Context(), by, chat.Place{Address: b.Address(), Seq: said}); err == nil {
			t.Errorf("%q removes from a thread they may not read", by)
		}
	}
	if err := s.chat.Remove(t.Context(), s.yuna, chat.Place{Address: b.Address(), Seq: said}); reason(err) != "thread_missing" {
		t.Errorf("somebody of the first tier hears %v", err)
	}
	_, err := s.chat.Post(t.Context(), chat.Post{Address: a.Address(), Author: s.rich, Key: "key-answer", Text: "to nothing", ReplyTo: said})
	if reason(err) != "reply_missing" {
		t.Errorf("an answer across threads: %v", err)
	}
	if n := len(s.EventsAt(a.Address())); n != 1 {
		t.Errorf("the other thread has %d events", n)
	}
	for range 2 {
		if err := s.chat.Remove(t.Context(), s.rich, chat.Place{Address: b.Address(), Seq: said}); err != nil {
			t.Fatal(err)
		}
	}
	if es := s.EventsAt(b.Address()); len(es) != 3 || es[1].Kind != "message.tombstone" || es[2].Kind != "message.removed" {
		t.Errorf("the thread: %v", es)
	}
}
