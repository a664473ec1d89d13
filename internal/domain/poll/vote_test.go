package poll_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/poll"
)

// model is what a poll should be: the last choice of each person.
type model struct {
	poll    poll.Poll
	choices map[ident.Account]int
	over    bool
}

func (m model) counts() []int {
	out := make([]int, len(m.poll.Options))
	for _, choice := range m.choices {
		out[choice]++
	}
	return out
}

// vote returns what should be answered to a vote, and does it.
func (m *model) vote(who ident.Account, choice int, shut string) string {
	had, voted := m.choices[who]
	switch {
	case shut != "":
		return shut
	case voted && had == choice:
	case m.over:
		return "poll_closed"
	case voted && !m.poll.Changeable:
		return "vote_stays"
	default:
		m.choices[who] = choice
	}
	return ""
}

// Against a simple model: votes, changes, repetitions, closes, closing times and
// rights that end.
func TestPollsDoWhatTheyPromise(t *testing.T) {
	s := newStage(t)
	owner, people := s.owner, []ident.Account{s.sam, s.yuna, s.rich, s.mod}
	rapid.Check(t, func(rt *rapid.T) {
		channel := s.Channel(owner)
		tier := s.Tier(channel, 1)
		ends := map[ident.Account]time.Time{}
		for i, who := range people[1:] {
			ends[who] = s.Clock.Now().Add(time.Duration(i+1) * 20 * time.Second)
			s.GrantOf(channel, who, tier, s.Clock.Now().Add(-time.Hour), ends[who])
		}
		at := s.inside()
		at.Channel = channel
		p, err := s.polls.Ask(t.Context(), owner, poll.Opening{
			Address: at, Key: "the-only-key", Question: "Which?", Options: []string{"A", "B", "C"},
			Changeable: rapid.Bool().Draw(rt, "changeable"), Live: rapid.Bool().Draw(rt, "live"),
			ClosesIn: time.Duration(rapid.SampledFrom([]int{0, 30, 50}).Draw(rt, "closes")) * time.Second,
		})
		if err != nil {
			rt.Fatal(err)
		}
		m := model{poll: p, choices: map[ident.Account]int{}}
		rt.Repeat(map[string]func(*rapid.T){
			"vote": func(rt *rapid.T) {
				who, choice := rapid.SampledFrom(people).Draw(rt, "who"), rapid.IntRange(0, 2).Draw(rt, "choice")
				shut := ""
				if end, paid := ends[who]; !paid {
					shut = "subscribers_only"
				} else if !s.Clock.Now().Before(end) {
					shut = "period_ended"
				}
				want := m.vote(who, choice, shut)
				err := s.polls.Vote(t.Context(), poll.Vote{By: who, Channel: channel, Poll: p.ID, Choice: choice})
				if reason(err) != want {
					rt.Fatalf("a vote: %v, want %q", err, want)
				}
			},
			"time": func(rt *rapid.T) {
				s.Clock.Advance(7 * time.Second)
				if !p.ClosesAt.IsZero() && !s.Clock.Now().Before(p.ClosesAt) {
					m.over = true
				}
				if err := s.polls.CloseDue(t.Context()); err != nil {
					rt.Fatal(err)
				}
			},
			"close": func(rt *rapid.T) {
				if rapid.IntRange(0, 9).Draw(rt, "really") > 0 {
					return
				}
				m.over = true
				if _, err := s.polls.Close(t.Context(), owner, channel, p.ID); err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) {
				ps, err := s.polls.In(t.Context(), owner, at)
				if err != nil || len(ps) != 1 {
					rt.Fatal(ps, err)
				}
				if m.over == ps[0].ClosedAt.IsZero() {
					rt.Fatalf("over: %v, closed: %v", m.over, ps[0].ClosedAt)
				}
				if shown := ps[0].Votes; (shown == nil) == (p.Live || m.over) || shown != nil && !slices.Equal(shown, m.counts()) {
					rt.Fatalf("shown %v, want %v", shown, m.counts())
				}
			},
		})
	})
}

// Whoever votes while the poll closes is in the result, or is told that it closed.
func TestVotesAndTheCloseDoNotPassEachOther(t *testing.T) {
	s := newStage(t)
	nodes := []*poll.Service{s.polls, s.node(s.second())}
	for round := range 3 {
		p := s.asks(s.public(), nil)
		people := make([]ident.Account, 60)
		for i := range people {
			people[i] = s.Person(fmt.Sprintf("R%d-%d", round, i))
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		last := map[ident.Account]int{}
		begun := make(chan struct{}, len(people))
		for i, who := range people {
			all.Go(func() {
				for n := range 10 {
					choice := (i + n) % 3
					err := nodes[(i+n)%2].Vote(t.Context(), poll.Vote{By: who, Channel: s.channel, Poll: p.ID, Choice: choice})
					if err != nil {
						if reason(err) != "poll_closed" {
							t.Errorf("refused: %v", err)
						}
						return
					}
					mu.Lock()
					last[who] = choice
					mu.Unlock()
					begun <- struct{}{}
				}
			})
		}
		go func() { all.Wait(); close(begun) }() // ends with the voters
		for n := 0; n < 30*(round+1); n++ {
			<-begun
		}
		done := make(chan struct{})
		go func() { // the voters fill nothing while somebody takes
			for range begun {
			}
			close(done)
		}()
		final := s.closes(p).Final
		<-done
		want := make([]int, 3)
		for _, choice := range last {
			want[choice]++
		}
		if !slices.Equal(final, want) {
			t.Errorf("counted %v, acknowledged %v", final, want)
		}
	}
}

// Of more votes than can be written soon the last are refused, at once and in words.
func TestAFullQueueRefuses(t *testing.T) {
	s := newStage(t)
	idle := poll.NewService(poll.Config{
		Store: store.UnitOf(s.DB, func(tx *store.Tx) poll.Tx { return tx }), IDs: s.IDs, Now: s.Clock.Now, CleanKey: chat.CleanKey,
	})
	ctx, cancel := context.WithCancel(t.Context())
	refused := make(chan error, 5000)
	var all sync.WaitGroup
	for range cap(refused) {
		all.Go(func() {
			if err := idle.Vote(ctx, poll.Vote{By: s.yuna, Channel: s.channel, Poll: "any"}); ctx.Err() == nil {
				refused <- err
			}
		})
	}
	for range cap(refused) - 4096 { // those for whom there is no room
		if err := <-refused; reason(err) != "storage_busy" {
			t.Errorf("refused with %v", err)
		}
	}
	cancel()
	all.Wait()
	if n := len(refused); n > 0 {
		t.Errorf("%d more were refused", n)
	}
}

// Votes that wait are written together: a batch costs a few transactions and not
// one for each.
func TestVotesAreWrittenTogether(t *testing.T) {
	s := newStage(t)
	p := s.asks(s.public(), nil)
	people := make([]ident.Account, 200)
	for i := range people {
		people[i] = s.Person(fmt.Sprint("P", i))
	}
	var all sync.WaitGroup
	for i, who := range people {
		all.Go(func() {
			if err := s.votes(who, p, i%3); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(s.told); n > 100 {
		t.Errorf("%d rounds for 200 votes", n)
	}
	if seen := s.sees("", s.public())[0]; !slices.Equal(seen.Votes, []int{67, 67, 66}) {
		t.Errorf("counted %v", seen.Votes)
	}
}
