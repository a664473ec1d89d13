package poll_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/poll"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a channel with people of every kind, and polls running.
type stage struct {
	*storetest.World
	t       testing.TB
	polls   *poll.Service
	space   *space.Service
	channel ident.Channel
	owner   ident.Account
	mod     ident.Account
	yuna    ident.Account // subscribes to the first tier
	rich    ident.Account // subscribes to the third
	sam     ident.Account // subscribes to nothing
	keys    int

	mu   sync.Mutex
	told []ident.Poll // whose totals rooms were told of
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t), t: t}
	s.space = space.NewService(store.UnitOf(s.DB, func(tx *store.Tx) space.Tx { return tx }), s.IDs, s.Clock.Now)
	s.polls = s.node(s.DB)
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	s.mod = s.Moderator(s.channel, s.Person("Mod"))
	s.yuna = s.SubscriberOf(s.channel, s.Person("Yuna"), s.Tier(s.channel, 1))
	s.rich = s.SubscriberOf(s.channel, s.Person("Rich"), s.Tier(s.channel, 3))
	s.sam = s.Person("Sam")
	return s
}

// node is the polls as one server has them.
func (s *stage) node(db *store.DB) *poll.Service {
	polls := poll.NewService(poll.Config{
		Store: store.UnitOf(db, func(tx *store.Tx) poll.Tx { return tx }), IDs: s.IDs, Now: s.Clock.Now, CleanKey: chat.CleanKey,
		Count: db.Polls().Count, Voted: func(_ room.Address, id ident.Poll) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.told = append(s.told, id)
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- polls.Run(ctx) }() // the cleanup waits
	s.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	return polls
}

func (s *stage) public() room.Address { return room.Address{Channel: s.channel, Audience: room.Public} }

func (s *stage) inside() room.Address { return room.Address{Channel: s.channel, Audience: room.Space} }

// thread opens a thread for a level.
func (s *stage) thread(level int) room.Address {
	s.t.Helper()
	t, err := s.space.Open(s.t.Context(), s.owner, space.Opening{Channel: s.channel, Kind: room.TopicThread, Title: "A thread", Level: level})
	if err != nil {
		s.t.Fatal(err)
	}
	return t.Address()
}

// asks opens a poll with three options.
func (s *stage) asks(at room.Address, change func(*poll.Opening)) poll.Poll {
	s.t.Helper()
	p, err := s.tries(at, change)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *stage) tries(at room.Address, change func(*poll.Opening)) (poll.Poll, error) {
	s.keys++
	o := poll.Opening{Address: at, Key: fmt.Sprintf("key-%08d", s.keys), Question: "Which?", Options: []string{"A", "B", "C"}, Live: true, Changeable: true}
	if change != nil {
		change(&o)
	}
	return s.polls.Ask(s.t.Context(), s.owner, o)
}

func (s *stage) votes(by ident.Account, p poll.Poll, choice int) error {
	return s.polls.Vote(s.t.Context(), poll.Vote{By: by, Channel: s.channel, Poll: p.ID, Choice: choice})
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) closes(p poll.Poll) poll.Poll {
	s.t.Helper()
	out, err := s.polls.Close(s.t.Context(), s.owner, s.channel, p.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *stage) sees(by ident.Account, at room.Address) []poll.Seen {
	s.t.Helper()
	ps, err := s.polls.In(s.t.Context(), by, at)
	if err != nil {
		s.t.Fatal(err)
	}
	return ps
}

// bodies returns the events of a log.
func (s *stage) bodies(at room.Address) (out []string) {
	s.t.Helper()
	page, err := s.Logs().Page(s.t.Context(), at, 0, 0, 500)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range page.Events {
		out = append(out, string(e.Bytes))
	}
	return out
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
