package chat_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// arrivals is a pacer that lets everybody pass and counts them.
type arrivals struct{ sync.WaitGroup }

func (a *arrivals) Take(string) error {
	a.Done()
	return nil
}

// heldStore begins when it is told to, and counts what modes ask in each transaction.
type heldStore struct {
	chat.Store
	arrived      arrivals
	begin        chan struct{}
	transactions int
	most         int // times one question was asked in one transaction
}

func (h *heldStore) Update(ctx context.Context, f func(chat.Tx) error) error {
	<-h.begin
	return h.Store.Update(ctx, func(tx chat.Tx) error {
		h.transactions++
		c := &countingTx{Tx: tx}
		err := f(c)
		h.most = max(h.most, c.last, c.said, c.put)
		return err
	})
}

type countingTx struct {
	chat.Tx
	last, said, put int
}

func (c *countingTx) LastWritten(ctx context.Context, writers []chat.Writer) (map[chat.Writer]time.Time, error) {
	c.last++
	return c.Tx.LastWritten(ctx, writers)
}

func (c *countingTx) Said(ctx context.Context, words []chat.Words, after time.Time) (map[chat.Words]bool, error) {
	c.said++
	return c.Tx.Said(ctx, words, after)
}

func (c *countingTx) PutSaid(ctx context.Context, words []chat.Words, at, forget time.Time) error {
	c.put++
	return c.Tx.PutSaid(ctx, words, at, forget)
}

// runChat runs a service until the test ends.
func runChat(t testing.TB, s *chat.Service) *chat.Service {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }() // the cleanup waits
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// Slow mode against a model that is a clock and a table: whoever wrote less than
// the pause ago waits for its rest. Two services on one database are two nodes.
func TestSlowModeIsAClock(t *testing.T) {
	s := newStage(t, nil)
	nodes := []*chat.Service{s.chat, runChat(t, chat.NewService(store.UnitOf(s.DB, func(tx *store.Tx) chat.Tx { return tx }), s.Clock.Now, patient{}))}
	people := []ident.Account{s.Light("A"), s.Light("B"), s.Subscriber(s.channel, s.Person("C"), 1), s.Moderator(s.channel, s.Person("D"))}
	rooms := []room.Audience{room.Public, room.Space}
	keys := 0
	rapid.Check(t, func(rt *rapid.T) {
		s.Clock.Advance(time.Hour) // nothing of the last run matters
		slow := map[room.Audience]time.Duration{}
		for _, a := range rooms {
			slow[a] = 0
			s.set(a, room.Modes{})
		}
		last := map[chat.Writer]time.Time{}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			a := rapid.SampledFrom(rooms).Draw(rt, "room")
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0:
				slow[a] = time.Duration(rapid.IntRange(0, 20).Draw(rt, "slow")) * time.Second
				s.set(a, room.Modes{Slow: slow[a]})
			case 1, 2, 3:
				s.Clock.Advance(time.Duration(rapid.IntRange(1, 12_000).Draw(rt, "ms")) * time.Millisecond)
			default:
				i := rapid.IntRange(0, len(people)-1).Draw(rt, "who")
				if a == room.Space && i < 2 {
					continue
				}
				w := chat.Writer{Address: s.at(a), Account: people[i]}
				keys++
				_, err := nodes[rapid.IntRange(0, 1).Draw(rt, "node")].Post(t.Context(), chat.Post{
					Address: w.Address, Author: w.Account, Key: fmt.Sprintf("slow-%08d", keys), Text: "words",
				})
				rest := last[w].Add(slow[a]).Sub(s.Clock.Now())
				if _, wrote := last[w]; !wrote || slow[a] == 0 || i == 3 {
					rest = 0
				}
				if (rest <= 0) != (err == nil) || (err != nil && (reason(err) != "slow_mode" || wait(err) != rest)) {
					rt.Fatalf("%s in %s: %v, wait %v; the model says wait %v", w.Account, a, err, wait(err), rest)
				}
				if err == nil {
					last[w] = s.Clock.Now()
				}
			}
		}
	})
}

type termReadsTx struct {
	chat.Tx
	reads *termReads
}

func (t *termReadsTx) Terms(ctx context.Context, channel ident.Channel) ([]string, error) {
	t.reads.n++
	return t.Tx.Terms(ctx, channel)
}
