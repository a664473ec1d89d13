package payout_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

// Somebody wrote into the database by hand: the examination finds each way.
func TestTheAuditFindsWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.sweep()
	if found, err := w.payouts().Audit(t.Context()); err != nil || len(found) > 0 {
		t.Fatalf("got %v, %v", found, err)
	}
	id := func() ident.Payout { return ident.Make[ident.Payout](w.ids) }
	made := payout.Payout{Channel: c.channel, Till: payout.Till{Provider: "fake"}, Account: "acct", Amount: euros(700), Decided: w.clock.Now()}
	for name, x := range map[string]struct {
		spoil func(tx *store.Tx, id ident.Payout) error
		says  []string
	}{
		"a payout without a posting": {func(tx *store.Tx, id ident.Payout) error {
			p := made
			p.ID, p.State = id, payout.Decided
			return tx.InsertPayout(t.Context(), p)
		}, []string{"is decided, and the books do not hold", "the payouts say 700"}},
		"a posting without a payout": {func(tx *store.Tx, id ident.Payout) error {
			_, err := ledger.Post(t.Context(), tx, ledger.Transaction{Key: "payout:" + string(id), Kind: "payout_decided", At: w.clock.Now(), Legs: []ledger.Transfer{{
				Debit: ledger.Of(c.channel, ledger.CreatorPayable, "EUR"), Credit: ledger.Of(c.channel, ledger.PayoutTransit, "EUR"), Amount: 10,
			}}})
			return err
		}, []string{"no payout says so", "the books hold 10"}},
		"paid without a statement": {func(tx *store.Tx, id ident.Payout) error {
			p := made
			p.ID, p.State, p.Settled = id, payout.Paid, w.clock.Now()
			return tx.InsertPayout(t.Context(), p)
		}, []string{"it has a statement: false", ":paid"}},
		"taken back without a posting": {func(tx *store.Tx, id ident.Payout) error {
			p := made
			p.ID, p.State, p.Settled, p.Reversed = id, payout.Paid, w.clock.Now(), 300
			return tx.InsertPayout(t.Context(), p)
		}, []string{"300 of it was taken back; the books hold 0"}},
		"a posting of what nobody took back": {func(tx *store.Tx, id ident.Payout) error {
			_, err := ledger.Post(t.Context(), tx, ledger.Transaction{Key: "payout:" + string(id) + ":reversed:10", Kind: "payout_reversed", At: w.clock.Now(), Legs: []ledger.Transfer{{
				Debit: ledger.Of("provider:fake", ledger.Clearing, "EUR"), Credit: ledger.Of(c.channel, ledger.CreatorPayable, "EUR"), Amount: 10,
			}}})
			return err
		}, []string{"(payout_reversed), and no payout says so"}},
	} {
		t.Run(name, func(t *testing.T) {
			var said string
			err := w.db.Update(t.Context(), func(tx *store.Tx) error {
				if err := x.spoil(tx, id()); err != nil {
					return err
				}
				found, err := payout.Audit(t.Context(), tx)
				said = fmt.Sprint(found)
				if err == nil {
					err = errUndo
				}
				return err
			})
			if err == nil || !strings.Contains(err.Error(), errUndo.Error()) {
				t.Fatal(err)
			}
			for _, words := range x.says {
				if !strings.Contains(said, words) {
					t.Errorf("%q is not in %s", words, said)
				}
			}
		})
	}
	w.sound()
}
