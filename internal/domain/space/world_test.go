package space_test

import (
	"context"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient lets everybody write as fast as they like.
type patient struct{}

func (patient) Take(string) error { return nil }

// stage is a Sub Space with people of every kind, and the chat running.
type stage struct {
	*storetest.World
	t       testing.TB
	space   *space.Service
	chat    *chat.Service
	channel ident.Channel
	owner   ident.Account
	mod     ident.Account
	yuna    ident.Account // subscribes to the first tier
	rich    ident.Account // subscribes to the third
	sam     ident.Account // subscribes to nothing
	keys    int
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t), t: t}
	s.space = space.NewService(store.UnitOf(s.DB, func(tx *store.Tx) space.Tx { return tx }), s.IDs, s.Clock.Now)
	s.chat = chat.NewService(store.UnitOf(s.DB, func(tx *store.Tx) chat.Tx { return tx }), s.Clock.Now, patient{})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.chat.Run(ctx) }() // the cleanup waits
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	s.mod = s.Moderator(s.channel, s.Person("Mod"))
	s.yuna = s.SubscriberOf(s.channel, s.Person("Yuna"), s.Tier(s.channel, 1))
	s.Tier(s.channel, 2)
	s.rich = s.SubscriberOf(s.channel, s.Person("Rich"), s.Tier(s.channel, 3))
	s.sam = s.Person("Sam")
	return s
}

func (s *stage) opens(o space.Opening) space.Thread {
	s.t.Helper()
	o.Channel = s.channel
	if o.Kind == "" {
		o.Kind = room.TopicThread
	}
	t, err := s.space.Open(s.t.Context(), s.owner, o)
	if err != nil {
		s.t.Fatal(err)
	}
	return t
}

func (s *stage) writes(by ident.Account, at room.Address, text string) (int64, error) {
	s.keys++
	r, err := s.chat.Post(s.t.Context(), chat.Post{Address: at, Author: by, Key: fmt.Sprintf("key-%08d", s.keys), Text: text})
	return r.Event.Seq, err
}

func (s *stage) must(by ident.Account, at room.Address, text string) int64 {
	s.t.Helper()
	seq, err := s.writes(by, at, text)
	if err != nil {
		s.t.Fatalf("%q: %v", text, err)
	}
	return seq
}

func (s *stage) lists(by ident.Account, archived bool) []space.Thread {
	s.t.Helper()
	ts, err := s.space.List(s.t.Context(), by, s.channel, archived)
	if err != nil {
		s.t.Fatal(err)
	}
	return ts
}

func reason(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
