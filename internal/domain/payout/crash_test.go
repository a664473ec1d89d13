package payout_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

// The process dies before and after every commit, and before and after every call
// of the provider, at the first, the second, the third of these steps and so on.
// Each time another process starts, and in the end the creator was paid once, has
// one statement, and the books say so.
func TestADeathAtAnyStepPaysOnce(t *testing.T) {
	w := newWorld(t)
	steps := w.deaths(func(wrong string) { t.Error(wrong) })
	if steps < 10 { // two questions, and four commits
		t.Errorf("it died at %d steps only: somebody goes past the wrappers", steps)
	}
	w.sound()
}

// The same with a bank that forgets keys: the deaths must show it.
func TestDeathsShowAKeyThatIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.bank.forgets = true
	found := 0
	w.deaths(func(string) { found++ })
	if found == 0 {
		t.Error("nobody notices")
	}
}

func (w *world) deaths(tell func(string)) (steps int) {
	w.t.Helper()
	for n := 1; ; n++ {
		c := w.ready()
		c.sell(5000, 0)
		w.clock.Advance(holdback + time.Hour)
		mortal := &life{dies: n}
		err := w.process(mortal).Sweep(w.t.Context())
		if mortal.dead == (err == nil) {
			w.t.Fatalf("it ended with %v at step %d of %d", err, mortal.step, n)
		}
		for range 3 { // another one, until nothing is left to do
			w.clock.Advance(3 * time.Minute)
			w.sweep()
		}
		if got := c.got(); got != 4000 {
			tell(fmt.Sprintf("died at step %d: got %d", n, got))
		}
		if list := c.overview().Payouts; len(list) != 1 || list[0].State != payout.Paid || list[0].Number == "" {
			tell(fmt.Sprintf("died at step %d: listed as %+v", n, list))
		}
		if !mortal.dead {
			return n - 1
		}
		c.rest()
	}
}

// process is a server with one life.
func (w *world) process(l *life) *payout.Service {
	return w.paying(w.db, func(c *payout.Config) {
		c.Store = mortalStore{l, store.UnitOf(w.db, func(tx *store.Tx) payout.Tx { return tx })}
		c.Payer = mortalBank{w.bank, l}
	})
}

// life is that of a process: it ends at a step, and nothing happens afterwards.
// The zero life goes on.
type life struct {
	dies, step int
	dead       bool
}

var errDead = errors.New("the process is no more")

var errUndo = errors.New("as if it never was")

func (l *life) next() error {
	if l.step++; l.step == l.dies {
		l.dead = true
	}
	return l.last()
}

func (l *life) last() error {
	if l.dead {
		return errDead
	}
	return nil
}

// mortalStore dies before or after a commit.
type mortalStore struct {
	life  *life
	store payout.Store
}

func (m mortalStore) Update(ctx context.Context, f func(payout.Tx) error) error {
	if err := m.life.last(); err != nil {
		return err
	}
	if err := m.store.Update(ctx, func(tx payout.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return m.life.next()
	}); err != nil {
		return err
	}
	return m.life.next()
}

func (m mortalStore) View(ctx context.Context, f func(payout.Tx) error) error {
	if err := m.life.last(); err != nil {
		return err
	}
	return m.store.View(ctx, f)
}

func (m mortalStore) Snapshot(ctx context.Context, f func(payout.Tx) error) error {
	return m.View(ctx, f)
}

// mortalBank dies before or after a call.
type mortalBank struct {
	*bank
	life *life
}

func (m mortalBank) Standing(ctx context.Context, account string) (payout.Standing, error) {
	if err := m.life.next(); err != nil {
		return payout.Standing{}, err
	}
	s, err := m.bank.Standing(ctx, account)
	return s, errors.Join(err, m.life.next())
}

func (m mortalBank) Onboard(ctx context.Context, channel ident.Channel, account, back string) (payout.Onboarding, error) {
	return m.bank.Onboard(ctx, channel, account, back)
}

func (m mortalBank) Transfer(ctx context.Context, account string, amount money.Amount, key string) (string, error) {
	if err := m.life.next(); err != nil {
		return "", err
	}
	ref, err := m.bank.Transfer(ctx, account, amount, key)
	return ref, errors.Join(err, m.life.next())
}
