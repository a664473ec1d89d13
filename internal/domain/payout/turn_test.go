package payout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

// stale lets something happen between what a node read and what it then writes.
type stale struct {
	payout.Store
	meanwhile func()
}

func (s *stale) Update(ctx context.Context, f func(payout.Tx) error) error {
	if do := s.meanwhile; do != nil {
		s.meanwhile = nil
		do()
	}
	return s.Store.Update(ctx, f)
}

// While a node waits for the bank's answer, another one that had seen the same
// payout does not ask too.
func TestAPayoutIsAskedAboutInTurn(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.bank.trouble = errors.New("nobody answers")
	_ = w.payouts().Sweep(t.Context())
	w.clock.Advance(time.Hour)
	asked := w.bank.asked
	late := w.paying(w.db, func(c *payout.Config) {
		c.Store = &stale{store.UnitOf(w.db, func(tx *store.Tx) payout.Tx { return tx }), func() { _ = w.payouts().Sweep(t.Context()) }}
	})
	_ = late.Sweep(t.Context())
	if n := w.bank.asked - asked; n != 1 {
		t.Errorf("the bank was asked %d times in one turn", n)
	}
	w.bank.trouble = nil
	w.clock.Advance(3 * time.Hour)
	if w.sweep(); c.got() != 4000 {
		t.Errorf("got %d", c.got())
	}
	w.sound()
}
