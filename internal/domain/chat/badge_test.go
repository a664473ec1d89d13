package chat_test

import (
	"context"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/badge"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// artists returns how the creator gives a tier a picture of its own.
func artists(s *stage) func(ident.Tier) {
	b := badge.Service{
		Store: store.UnitOf(s.DB, func(tx *store.Tx) badge.Tx { return tx }), Now: s.Clock.Now,
		Redraw: func(_ context.Context, upload []byte, _ int) ([]byte, error) { return upload, nil },
	}
	return func(tier ident.Tier) {
		s.t.Helper()
		if _, err := b.Put(s.t.Context(), s.owner, s.channel, tier, "m3", []byte("a star")); err != nil {
			s.t.Fatal(err)
		}
	}
}

// Whose badge has the pictures of a tier is told with what they write, where that tier has
// some, and of no other tier.
func TestATiersBadgeIsTold(t *testing.T) {
	s := newStage(t, nil)
	plain, kiln, gold := s.Tier(s.channel, 1), s.Tier(s.channel, 2), s.Tier(s.channel, 3)
	art := artists(s)
	art(kiln)
	both := s.SubscriberOf(s.channel, s.Person("Both"), plain)
	s.SubscriberOf(s.channel, both, kiln)
	dearer := s.SubscriberOf(s.channel, s.Person("Dearer"), kiln)
	s.SubscriberOf(s.channel, dearer, gold)
	past := s.SubscriberOf(s.channel, s.Person("Past"), plain)
	s.GrantOf(s.channel, past, kiln, s.Clock.Now().Add(-2*time.Hour), s.Clock.Now())
	for name, c := range map[string]struct {
		who  ident.Account
		want ident.Tier
	}{
		"a tier with pictures":     {s.SubscriberOf(s.channel, s.Person("Kiln"), kiln), kiln},
		"one without":              {s.SubscriberOf(s.channel, s.Person("Plain"), plain), ""},
		"the highest has them":     {both, kiln},
		"the highest has none":     {dearer, ""},
		"a right that has ended":   {past, ""},
		"who does not subscribe":   {s.Light("Noa"), ""},
		"staff who do not":         {s.owner, ""},
		"a right to no tier known": {s.Subscriber(s.channel, s.Person("Any"), 1), ""},
	} {
		if got := s.posted(room.Public, s.must(c.who, room.Public, "hello")).Author.Tier; got != c.want {
			t.Errorf("%s: told %q, want %q", name, got, c.want)
		}
	}
}
