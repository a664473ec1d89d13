package payout_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/payout"
)

// follow asks what was taken back, and returns what cannot be booked.
func (w *world) follow() []payout.Finding {
	w.t.Helper()
	found, err := w.payouts().Follow(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// letters carries all that waits, and returns its kinds with their data.
func (w *world) letters() []string {
	w.t.Helper()
	p := &postbag{}
	box := mail.NewOutbox(mail.Config{
		Store: store.UnitOf(w.db, func(tx *store.Tx) mail.OutboxTx { return tx }), Now: w.clock.Now, Carrier: p,
		Failed: func(k mail.Kind, err error) { w.t.Errorf("%s: %v", k, err) },
	})
	if err := box.Send(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return p.seen
}

type postbag struct{ seen []string }

func (p *postbag) Carry(_ context.Context, m mail.Message) error {
	p.seen = append(p.seen, strings.Join(strings.Fields(fmt.Sprint(m.Kind, " ", m.Data["sum"], " ", m.Data["channel"])), " "))
	return nil
}

func lines(t *testing.T, w *world, c *creator, id ident.Payout) (said []string) {
	t.Helper()
	s, err := w.payouts().Statement(t.Context(), c.owner, c.channel, id)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Lines {
		said = append(said, fmt.Sprintf("%s %d", l.What, l.Minor))
	}
	return said
}

// What the operator takes back in the provider's dashboard is owed to the creator
// again, once, in parts as it comes; it goes out with the next payout, whose
// statement says so.
func TestWhatIsTakenBackIsOwedAgain(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.sweep()
	first := c.overview().Payouts[0]
	key := "payout:" + string(first.ID)
	for _, total := range []int64{0, 1500, 1500, 4000} {
		w.bank.reversed[key] = total
		for range 2 {
			if found := w.follow(); len(found) > 0 {
				t.Fatalf("found %v", found)
			}
		}
		if b := c.balance(); b.Payable != total || b.Paid != 4000-total || c.overview().Payouts[0].Reversed != total {
			t.Fatalf("with %d back it stands %+v", total, b)
		}
		w.sound()
	}
	w.sweep() // a payout of this week is there already
	if c.got() != 4000 {
		t.Fatalf("got %d", c.got())
	}
	w.clock.Advance(7 * day)
	c.sell(1250, 0)
	w.sweep()
	o := c.overview()
	if c.got() != 8000 || len(o.Payouts) != 2 || o.Balances[0].Paid != 4000 || o.Balances[0].Payable != 0 {
		t.Fatalf("got %d, it stands %+v", c.got(), o.Balances[0])
	}
	if said, want := lines(t, w, c, o.Payouts[0].ID), []string{"reversed 4000", "sales 1250", "share -250", "left -1000", "paid 4000"}; !slices.Equal(said, want) {
		t.Errorf("the statement says %v, want %v", said, want)
	}
	w.clock.Advance(holdback)
	w.sweep()
	if said, want := lines(t, w, c, c.overview().Payouts[0].ID), []string{"before 1000", "paid 1000"}; !slices.Equal(said, want) {
		t.Errorf("the one after says %v, want %v", said, want)
	}
	w.sound()
}

// Two servers that hear of it at once book it once.
func TestWhatIsTakenBackIsBookedOnce(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.sweep()
	w.bank.reversed["payout:"+string(c.overview().Payouts[0].ID)] = 2500
	other := w.paying(storetest.Open(t, w.url, w.clock.Now, nil))
	var wg sync.WaitGroup
	for _, s := range []*payout.Service{w.payouts(), other, w.payouts(), other} {
		wg.Go(func() {
			if _, err := s.Follow(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if b := c.balance(); b.Payable != 2500 || b.Paid != 1500 {
		t.Errorf("it stands %+v", b)
	}
	w.sound()
}

// What the provider says and we cannot book is told, and nothing is written.
func TestWhatCannotBeTakenBackIsTold(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.sweep()
	key := "payout:" + string(c.overview().Payouts[0].ID)
	w.bank.reversed[key] = 1000
	w.follow()
	for name, spoil := range map[string]func(){
		"more than was paid":   func() { w.bank.reversed[key] = 4001 },
		"less than before":     func() { w.bank.reversed[key] = 999 },
		"of an unknown payout": func() { w.bank.reversed["payout:01unknown"] = 5 },
		"of somebody else's":   func() { w.bank.reversed["invoice:1"] = 5 },
	} {
		w.bank.reversed = map[string]int64{key: 1000}
		spoil()
		if found := w.follow(); len(found) != 1 || found[0].Provider != "fake" {
			t.Errorf("%s: found %v", name, found)
		}
		if b := c.balance(); b.Payable != 1000 {
			t.Errorf("%s: it stands %+v", name, b)
		}
	}
	w.bank.trouble = errors.New("no answer")
	if _, err := w.payouts().Follow(t.Context()); !fault.Is(err, "provider_unavailable") {
		t.Errorf("got %v", err)
	}
	w.sound()
}

// Creators are told what became of their money, each thing once.
func TestCreatorsAreWrittenTo(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	w.confirmed(c.owner)
	expect := func(when string, want ...string) {
		t.Helper()
		if got := w.letters(); !slices.Equal(got, want) {
			t.Errorf("%s: %v left, want %v", when, got, want)
		}
	}
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.bank.trouble = fault.New(fault.Conflict, "transfer_refused", "no")
	for n := range 3 { // it is tried again every day
		w.sweep()
		w.clock.Advance(25 * time.Hour)
		if n == 0 {
			expect("refused", "payout.refused 4000 EUR "+c.handle)
		}
	}
	expect("refused again")
	w.bank.trouble = fault.New(fault.Unavailable, payout.BalanceShort, "later")
	w.sweep()
	expect("not covered", "payout.short 4000 EUR "+c.handle)
	w.clock.Advance(25 * time.Hour)
	w.bank.trouble = nil
	w.sweep()
	expect("paid", "payout.paid 4000 EUR "+c.handle)
	w.bank.reversed["payout:"+string(c.overview().Payouts[0].ID)] = 300
	w.follow()
	w.follow()
	expect("taken back", "payout.reversed 300 EUR "+c.handle)

	a := c.overview().Account
	ask := func(s payout.Standing) {
		t.Helper()
		w.bank.accounts[a.Ref] = s
		w.clock.Advance(time.Minute)
		for range 2 {
			if _, err := w.payouts().CheckAccount(t.Context(), c.owner, c.channel); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask(payout.Standing{Payable: true, Missing: []string{"proof"}})
	expect("asked for something", "payout.account 0 "+c.handle)
	ask(payout.Standing{Payable: true, Missing: []string{"proof"}})
	expect("asked for the same")
	ask(payout.Standing{Missing: []string{"proof"}})
	expect("payable no more", "payout.account 0 "+c.handle)
	ask(payout.Standing{Missing: []string{"proof", "more"}})
	expect("still not payable")
	ask(payout.Standing{Payable: true})
	expect("payable again")

	rehearsal := w.paying(w.db, func(c *payout.Config) { c.Test = true })
	if _, err := rehearsal.OpenAccount(t.Context(), c.owner, c.channel, "http://here/back"); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(8 * day)
	c.sell(2500, 0)
	w.clock.Advance(holdback)
	w.letters()
	if _, err := rehearsal.CheckAccount(t.Context(), c.owner, c.channel); err != nil {
		t.Fatal(err)
	}
	if err := rehearsal.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.letters(); len(got) != 1 || !strings.HasPrefix(got[0], "payout.paid.rehearsed ") {
		t.Errorf("in a rehearsal %v left", got)
	}
}

// confirmed gives somebody an address to write to.
func (w *world) confirmed(id ident.Account) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		address := string(id) + "@example.org"
		_, err := tx.ConfirmAddress(w.t.Context(), id, address, mail.Fold(address), w.clock.Now())
		return err
	})
}
