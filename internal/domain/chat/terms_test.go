package chat_test

import (
	"context"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// What a channel blocks is refused in both rooms and on every node from the moment
// it is blocked, without saying which term it was.
func TestBlockedTermsAreRefused(t *testing.T) {
	s := newStage(t, nil)
	m := moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
	noa, yuna, mod := s.Light("Noa"), s.Subscriber(s.channel, s.Person("Yuna"), 1), s.Moderator(s.channel, s.Person("Mod"))
	p := chat.Post{Address: s.at(room.Public), Author: noa, Key: "before-it-was", Text: "an idiotic thing"}
	if _, err := s.chat.Post(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Block(t.Context(), mod, s.channel, "idiot*"); err != nil {
		t.Fatal(err)
	}
	s.refused(noa, room.Public, "an IDIOTIC thing", "blocked_term", 0)
	s.refused(yuna, room.Space, "1 d 1 o t", "blocked_term", 0)
	if _, err := s.write(noa, room.Public, "íd.iot"); err == nil || strings.Contains(err.Error(), "idiot") {
		t.Errorf("the refusal says %v", err)
	}
	s.must(noa, room.Public, "an idea")
	s.must(mod, room.Public, "do not say idiot")
	s.must(s.owner, room.Space, "idiot")
	if r, err := s.chat.Post(t.Context(), p); err != nil || !r.Repeated {
		t.Errorf("a repeated key: %v", err)
	}
	other := s.Channel(s.owner)
	if _, err := s.chat.Post(t.Context(), chat.Post{Address: room.Address{Channel: other, Audience: room.Public}, Author: noa, Key: "elsewhere", Text: "idiot"}); err != nil {
		t.Errorf("another channel blocks it too: %v", err)
	}
	if _, err := m.Block(t.Context(), mod, s.channel, "buy * followers"); err != nil {
		t.Fatal(err)
	}
	s.refused(noa, room.Public, "buy 100 followers", "blocked_term", 0)
	if err := m.Unblock(t.Context(), mod, s.channel, "idiot*"); err != nil {
		t.Fatal(err)
	}
	s.must(noa, room.Public, "idiot")
}

// termReads counts how often terms are read.
type termReads struct {
	chat.Store
	n int
}

func (r *termReads) Update(ctx context.Context, f func(chat.Tx) error) error {
	return r.Store.Update(ctx, func(tx chat.Tx) error { return f(&termReadsTx{tx, r}) })
}

// Terms are read when they have changed, and not with every message.
func TestTermsAreReadWhenTheyChange(t *testing.T) {
	s := newStage(t, nil)
	m := moderation.NewService(store.UnitOf(s.DB, func(tx *store.Tx) moderation.Tx { return tx }), s.IDs, s.Clock.Now)
	reads := &termReads{Store: store.UnitOf(s.DB, func(tx *store.Tx) chat.Tx { return tx })}
	s.chat = runChat(t, chat.NewService(reads, s.Clock.Now, patient{}))
	noa := s.Light("Noa")
	expect := func(want int) {
		t.Helper()
		s.must(noa, room.Public, "one")
		s.must(noa, room.Public, "two")
		if reads.n != want {
			t.Errorf("terms were read %d times, want %d", reads.n, want)
		}
	}
	expect(0)
	if _, err := m.Block(t.Context(), s.owner, s.channel, "idiot"); err != nil {
		t.Fatal(err)
	}
	expect(1)
	if err := m.Unblock(t.Context(), s.owner, s.channel, "idiot"); err != nil {
		t.Fatal(err)
	}
	expect(2)
}
