package digest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/digest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/poll"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/space"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patient lets everybody do things as fast as they like.
type patient struct{}

func (patient) Take(string) error { return nil }

// stage is a Sub Space in which everything happens that a digest tells of.
type stage struct {
	*storetest.World
	t         testing.TB
	digests   *digest.Service
	space     *space.Service
	chat      *chat.Service
	polls     *poll.Service
	questions *question.Service
	channel   ident.Channel
	owner     ident.Account
	yuna      ident.Account // subscribes to the first tier
	rich      ident.Account // subscribes to the third
	keys      int
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{World: storetest.NewWorld(t), t: t}
	s.digests = &digest.Service{Store: store.UnitOf(s.DB, func(tx *store.Tx) digest.Tx { return tx }), Now: s.Clock.Now}
	s.space = space.NewService(store.UnitOf(s.DB, func(tx *store.Tx) space.Tx { return tx }), s.IDs, s.Clock.Now)
	s.chat = chat.NewService(store.UnitOf(s.DB, func(tx *store.Tx) chat.Tx { return tx }), s.Clock.Now, patient{})
	s.polls = poll.NewService(poll.Config{
		Store: store.UnitOf(s.DB, func(tx *store.Tx) poll.Tx { return tx }), IDs: s.IDs, Now: s.Clock.Now, CleanKey: chat.CleanKey, Count: s.DB.Polls().Count,
	})
	s.questions = question.NewService(store.UnitOf(s.DB, func(tx *store.Tx) question.Tx { return tx }), s.IDs, s.Clock.Now, patient{},
		question.Rules{CleanText: chat.CleanText, CleanKey: chat.CleanKey, Author: chat.AuthorOf})
	s.runs(s.chat.Run)
	s.runs(s.polls.Run)
	s.owner = s.Person("Inès")
	s.channel = s.Channel(s.owner)
	s.yuna = s.SubscriberOf(s.channel, s.Person("Yuna"), s.Tier(s.channel, 1))
	s.rich = s.SubscriberOf(s.channel, s.Person("Rich"), s.Tier(s.channel, 3))
	return s
}

func (s *stage) runs(run func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }() // the cleanup waits
	s.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) key() string {
	s.keys++
	return fmt.Sprintf("key-%08d", s.keys)
}

func (s *stage) inside() room.Address { return room.Address{Channel: s.channel, Audience: room.Space} }

func (s *stage) opens(kind room.ThreadKind, title string, level int) room.Address {
	s.t.Helper()
	t, err := s.space.Open(s.t.Context(), s.owner, space.Opening{Channel: s.channel, Kind: kind, Title: title, Level: level})
	s.must(err)
	return t.Address()
}

func (s *stage) writes(by ident.Account, at room.Address, text string) int64 {
	s.t.Helper()
	r, err := s.chat.Post(s.t.Context(), chat.Post{Address: at, Author: by, Key: s.key(), Text: text})
	s.must(err)
	return r.Event.Seq
}

// mentions writes a message that means somebody.
func (s *stage) mentions(by ident.Account, at room.Address, who ident.Account, text string) int64 {
	s.t.Helper()
	r, err := s.chat.Post(s.t.Context(), chat.Post{Address: at, Author: by, Key: s.key(), Text: text, Mentions: []ident.Account{who}})
	s.must(err)
	return r.Event.Seq
}

func (s *stage) polled(at room.Address, question string) poll.Poll {
	s.t.Helper()
	p, err := s.polls.Ask(s.t.Context(), s.owner, poll.Opening{Address: at, Key: s.key(), Question: question, Options: []string{"A", "B"}})
	s.must(err)
	return p
}

func (s *stage) closes(p poll.Poll) {
	s.t.Helper()
	_, err := s.polls.Close(s.t.Context(), s.owner, s.channel, p.ID)
	s.must(err)
}

func (s *stage) asks(by ident.Account, text string) ident.Question {
	s.t.Helper()
	q, err := s.questions.Ask(s.t.Context(), question.Ask{Channel: s.channel, Asker: by, Key: s.key(), Text: text, Private: true})
	s.must(err)
	return q.ID
}

func (s *stage) answers(id ident.Question, text string) {
	s.t.Helper()
	_, err := s.questions.ReplyInText(s.t.Context(), s.owner, s.channel, id, text)
	s.must(err)
}

// comes says that somebody looks at the Sub Space.
func (s *stage) comes(who ident.Account) digest.Visit {
	s.t.Helper()
	v, err := s.digests.Come(s.t.Context(), who, s.channel)
	s.must(err)
	return v
}

func (s *stage) reads(who ident.Account) digest.Digest {
	s.t.Helper()
	d, err := s.digests.Read(s.t.Context(), who, s.channel)
	s.must(err)
	return d
}

func (s *stage) passes(d time.Duration) { s.Clock.Advance(d) }

func reason(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Reason
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
