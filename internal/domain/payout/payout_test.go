package payout_test

import (
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
	"github.com/subspace-live/subspace/internal/domain/payout"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// What a creator sees adds up, and the money comes by itself when it is free.
func TestAShareIsHeldBackAndThenPaid(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	c.sell(5950, 950) // the creator has 4000 of it
	w.sweep()
	b := c.balance()
	free := w.clock.Now().Truncate(time.Millisecond).Add(holdback)
	if b.Totals.Creator() != 4000 || b.Waits() != 4000 || b.Payable != 0 || !b.Next.Equal(free) || b.NextAmount != 4000 || len(b.Waiting) != 1 || !b.Waiting[0].Until.Equal(free) {
		t.Fatalf("got %+v, free at %v", b, free)
	}
	w.clock.Advance(holdback - time.Minute)
	if w.sweep(); c.got() != 0 {
		t.Fatalf("paid %d a minute early", c.got())
	}
	w.clock.Advance(2 * time.Minute)
	w.clock.Advance(5 * time.Minute)
	w.sweep()
	b = c.balance()
	if c.got() != 4000 || b.Paid != 4000 || b.Payable != 0 || b.Transit != 0 || b.Waits() != 0 || !b.Next.IsZero() {
		t.Fatalf("paid %d, and it stands %+v", c.got(), b)
	}
	o := c.overview()
	if len(o.Payouts) != 1 || o.Payouts[0].State != payout.Paid || o.Payouts[0].Ref == "" || o.Payouts[0].Number != "SB-"+strings.ToUpper(c.handle)+"-2026-000001" {
		t.Errorf("listed as %+v", o.Payouts)
	}
	w.sound()
}

// A creator is paid once in each interval, and only what is worth it.
func TestPayoutsKeepTheIntervalAndTheMinimum(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	w.clock.Advance(time.Duration(8-int(w.clock.Now().Weekday())) % 7 * day) // a Monday
	first := c.w.clock.Now()
	c.sell(2500, 0)
	w.clock.Advance(day)
	c.sell(2500, 0)
	w.clock.Advance(day)
	c.sell(1000, 0)
	w.clock.Advance(first.Add(holdback + time.Hour).Sub(w.clock.Now()))
	if w.sweep(); c.got() != 2000 {
		t.Fatalf("got %d", c.got())
	}
	for range 5 { // the second sale is free on Tuesday, the third on Wednesday
		w.clock.Advance(day)
		w.sweep()
	}
	monday := payout.Weekly.Next(first.Add(holdback))
	if b := c.balance(); c.got() != 2000 || !b.Next.Equal(monday) || b.NextAmount != 2800 || b.Payable != 2800 {
		t.Fatalf("got %d twice in a week, or %+v", c.got(), b)
	}
	w.clock.Advance(2 * day)
	if w.sweep(); c.got() != 4800 {
		t.Fatalf("got %d in the next week", c.got())
	}
	c.sell(1248, 0) // of which the creator has 999
	w.clock.Advance(3 * holdback)
	if w.sweep(); c.got() != 4800 {
		t.Fatalf("got %d, less than the minimum", c.got()-4800)
	}
	if b := c.balance(); b.Payable != 999 || !b.Next.IsZero() {
		t.Errorf("it stands %+v", b)
	}
	w.sound()
}

// A refund after the payout makes the next one less.
func TestARefundAfterThePayoutIsTakenFromTheNext(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	old := c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.sweep()
	c.refund(old, 2500)
	if b := c.balance(); b.Payable != -2000 || b.Totals.Creator() != 2000 {
		t.Fatalf("it stands %+v", b)
	}
	c.sell(10_000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.sweep()
	if c.got() != 4000+8000-2000 {
		t.Fatalf("got %d", c.got())
	}
	o := c.overview()
	s, err := w.payouts().Statement(t.Context(), c.owner, c.channel, o.Payouts[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, l := range s.Lines {
		said = append(said, fmt.Sprintf("%s %d", l.What, l.Minor))
	}
	if want := []string{"sales 10000", "share -2000", "refunds -2500", "refund_share 500", "paid 6000"}; !slices.Equal(said, want) {
		t.Errorf("the statement says %v, want %v", said, want)
	}
	if s.Seller.Name != "Ines Kiln" || s.Seller.TaxID != "FR1" || s.Buyer.Name != "The operator" || s.From.IsZero() || !strings.HasSuffix(s.Number, "-000002") {
		t.Errorf("got %+v", s)
	}
	w.sound()
}

// What is disputed waits for the end of the dispute, also when it is old.
func TestWhatIsDisputedStays(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	won, lost, back := c.sell(5000, 0), c.sell(5000, 0), c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	for _, n := range []int{won, lost, back} {
		c.dispute(n, subscription.DisputeOpen)
	}
	w.sweep()
	if b := c.balance(); c.got() != 0 || b.Totals.Held != 12_000 || b.Totals.Earned() != 0 {
		t.Fatalf("got %d, it stands %+v", c.got(), b)
	}
	c.refund(back, 1000) // meanwhile
	c.dispute(won, subscription.DisputeWon)
	c.dispute(lost, subscription.DisputeLost)
	c.dispute(back, subscription.DisputeLost)
	w.clock.Advance(time.Hour)
	w.sweep()
	if c.got() != 4000 {
		t.Fatalf("got %d", c.got())
	}
	if b := c.balance(); b.Payable != 0 || b.Totals.Creator() != 4000 {
		t.Errorf("it stands %+v", b)
	}
	w.sound()
}

// What a bank refuses goes back into the books and is told; a day later it is
// tried again, under another key.
func TestARefusedPayoutGoesBack(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.bank.trouble = fault.New(fault.Unavailable, payout.BalanceShort, "The balance does not cover this yet.")
	w.sweep()
	o := c.overview()
	if p := o.Payouts[0]; p.State != payout.Refused || p.Reason != payout.BalanceShort || p.Detail == "" || p.Number != "" {
		t.Fatalf("listed as %+v", p)
	}
	if b := o.Balances[0]; b.Payable != 4000 || b.Transit != 0 || !b.Next.Equal(o.Payouts[0].Settled.Add(day)) {
		t.Fatalf("it stands %+v", b)
	}
	w.bank.trouble = nil
	w.clock.Advance(time.Hour)
	if w.sweep(); c.got() != 0 {
		t.Fatal("tried again at once")
	}
	w.clock.Advance(day)
	if w.sweep(); c.got() != 4000 {
		t.Fatalf("got %d a day later", c.got())
	}
	if list := c.overview().Payouts; len(list) != 2 || list[0].State != payout.Paid || !strings.HasSuffix(list[0].Number, "-000001") {
		t.Errorf("listed as %+v", list)
	}
	w.sound()
}

// While nobody knows what became of a transfer it stays on its way, and is asked
// for again under its key.
func TestAnAnswerThatNeverCame(t *testing.T) {
	for name, late := range map[string]bool{"paid": true, "not paid": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.ready()
			c.sell(5000, 0)
			w.clock.Advance(holdback + time.Hour)
			w.bank.trouble, w.bank.late = errors.New("the line is dead"), late
			if err := w.payouts().Sweep(t.Context()); err == nil {
				t.Fatal("nobody hears of it")
			}
			w.clock.Advance(time.Minute)
			if err := w.payouts().Sweep(t.Context()); err != nil || w.bank.asked != 1 {
				t.Fatalf("asked %d times within a minute, %v", w.bank.asked, err)
			}
			if b := c.balance(); b.Transit != 4000 || b.Payable != 0 {
				t.Fatalf("it stands %+v", b)
			}
			c.sell(50_000, 0)
			w.clock.Advance(holdback + time.Hour)
			_ = w.payouts().Sweep(t.Context())
			if n := len(c.overview().Payouts); n != 1 {
				t.Fatalf("%d payouts while one is on its way", n)
			}
			w.bank.trouble = nil
			w.clock.Advance(2 * time.Hour)
			w.sweep()
			w.clock.Advance(7 * day)
			w.sweep()
			if c.got() != 44_000 {
				t.Errorf("got %d", c.got())
			}
			w.sound()
		})
	}
}

// Who has not said who they are, or has no account that can be paid, waits.
func TestWhatIsNeededBeforeTheFirstPayout(t *testing.T) {
	w := newWorld(t)
	c := w.creator()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.sweep()
	if _, err := w.payouts().OpenAccount(t.Context(), c.owner, c.channel, "http://here/"); err != nil {
		t.Fatal(err)
	}
	ref := "acct_" + string(c.channel)
	w.bank.accounts[ref] = payout.Standing{Missing: []string{"external_account"}}
	w.sweep()
	c.named()
	w.sweep()
	if o := c.overview(); c.got() != 0 || o.Account.Payable || !slices.Equal(o.Account.Missing, []string{"external_account"}) {
		t.Fatalf("got %d, %+v", c.got(), o.Account)
	}
	// Completed on another day, with nobody here who looks.
	w.bank.accounts[ref] = payout.Standing{Payable: true}
	w.clock.Advance(2 * time.Hour)
	w.sweep()
	w.sweep()
	if c.got() != 4000 {
		t.Errorf("got %d", c.got())
	}
	// An account that cannot be paid any more is not tried.
	c.sell(5000, 0)
	w.bank.accounts[ref] = payout.Standing{}
	w.clock.Advance(holdback + 8*day)
	asked := w.bank.asked
	if w.sweep(); w.bank.asked != asked || c.overview().Account.Payable {
		t.Error("it was tried")
	}
	w.sound()
}

// Money that somebody else took, or that was play, is not this till's to pay.
func TestOnlyWhatTheTillTookIsPaid(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	real := w.clock.Now()
	other := &creator{w: w, owner: c.owner, channel: c.channel, shop: &shop{name: "other", objects: map[string]*subscription.Object{}}}
	other.sales = w.selling(other.shop)
	other.subscribed()
	n := other.sell(3000, 0)
	c.sell(2500, 0)
	other.refund(n, 1500)
	other.dispute(n, subscription.DisputeOpen)
	w.clock.Advance(holdback + time.Hour)
	live := w.paying(w.db, func(c *payout.Config) { c.Since = real })
	o, err := live.Overview(t.Context(), c.owner, c.channel)
	if err != nil {
		t.Fatal(err)
	}
	if b := o.Balances[0]; b.Payable != 2000 || b.Totals.Sold != 2500 {
		t.Fatalf("it stands %+v", b)
	}
	// Play money of the test mode is paid in play, and does not count against the real one.
	test := w.paying(w.db, func(c *payout.Config) { c.Test = true })
	if _, err := test.OpenAccount(t.Context(), c.owner, c.channel, "http://here/"); err != nil {
		t.Fatal(err)
	}
	if _, err := test.CheckAccount(t.Context(), c.owner, c.channel); err != nil {
		t.Fatal(err)
	}
	if err := live.Sweep(t.Context()); err != nil || c.got() != 2000 {
		t.Fatalf("got %d, %v", c.got(), err)
	}
	w.sound()
}

func TestOnlyTheOwnerSeesAndChanges(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	w.sweep()
	id := c.overview().Payouts[0].ID
	stranger, s := w.person(), w.payouts()
	for name, ask := range map[string]func() error{
		"overview":  func() error { _, err := s.Overview(t.Context(), stranger, c.channel); return err },
		"payouts":   func() error { _, err := s.Payouts(t.Context(), stranger, c.channel, ""); return err },
		"statement": func() error { _, err := s.Statement(t.Context(), stranger, c.channel, id); return err },
		"open":      func() error { _, err := s.OpenAccount(t.Context(), stranger, c.channel, ""); return err },
		"check":     func() error { _, err := s.CheckAccount(t.Context(), stranger, c.channel); return err },
		"payee": func() error {
			_, err := s.SetPayee(t.Context(), stranger, payout.Payee{Channel: c.channel, Name: "Me", Address: "Here"})
			return err
		},
	} {
		if err := ask(); !fault.Is(err, "owner_only") {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := w.ready()
	_, err := s.Statement(t.Context(), other.owner, other.channel, id)
	wantReason(t, err, "statement_missing")
	for name, p := range map[string]payout.Payee{
		"no name":     {Name: " ", Address: "Here"},
		"no address":  {Name: "Me", Address: "\n \n"},
		"a long name": {Name: strings.Repeat("x", 121), Address: "Here"},
		"steering":    {Name: "Me\u202e", Address: "Here"},
		"a long tax":  {Name: "Me", Address: "Here", TaxID: strings.Repeat("1", 41)},
	} {
		p.Channel = c.channel
		if _, err := s.SetPayee(t.Context(), c.owner, p); !fault.Is(err, "payee_invalid") {
			t.Errorf("%s: %v", name, err)
		}
	}
	none := w.paying(w.db, func(c *payout.Config) { c.Payer = nil })
	_, err = none.OpenAccount(t.Context(), c.owner, c.channel, "")
	wantReason(t, err, "payouts_off")
	if o, err := none.Overview(t.Context(), c.owner, c.channel); err != nil || o.Till.Provider != "" || len(o.Payouts) != 1 {
		t.Errorf("got %+v, %v", o, err)
	}
}

// The creator's own words change the next statement and none before it; the code
// that begins the numbers stays, whoever has the handle later.
func TestStatementsStayAsTheyWereIssued(t *testing.T) {
	w := newWorld(t)
	c := w.ready()
	for range 2 {
		c.sell(5000, 0)
		w.clock.Advance(holdback + 7*day)
		w.sweep()
		if _, err := w.payouts().SetPayee(t.Context(), c.owner, payout.Payee{Channel: c.channel, Name: "Ines & Co", Address: "Elsewhere"}); err != nil {
			t.Fatal(err)
		}
	}
	list := c.overview().Payouts
	for i, name := range []string{"Ines & Co", "Ines Kiln"} {
		s, err := w.payouts().Statement(t.Context(), c.owner, c.channel, list[i].ID)
		if err != nil || s.Seller.Name != name {
			t.Errorf("statement %d is of %q, %v", i, s.Seller.Name, err)
		}
	}
	other := w.creator().channel
	w.update(func(tx *store.Tx) error {
		mine, err := tx.PutPayee(t.Context(), payout.Payee{Channel: other, Code: "SB-" + strings.ToUpper(c.handle), Name: "x"})
		if err == nil && mine {
			err = errors.New("two count under one code")
		}
		return err
	})
}

// Several servers look at the same moment, and every creator is paid once.
func TestNodesPayOnce(t *testing.T) {
	w := newWorld(t)
	var all []*creator
	for range 8 {
		c := w.ready()
		c.sell(5000, 0)
		all = append(all, c)
	}
	w.clock.Advance(holdback + time.Hour)
	nodes := make([]*payout.Service, 4)
	for i := range nodes {
		nodes[i] = w.paying(storetest.Open(t, w.url, w.clock.Now, nil))
	}
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() {
			for range 3 {
				if err := n.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, c := range all {
		if c.got() != 4000 || len(c.overview().Payouts) != 1 {
			t.Errorf("got %d in %d payouts", c.got(), len(c.overview().Payouts))
		}
	}
	if w.bank.asked != len(all) {
		t.Errorf("the bank was asked %d times for %d payouts", w.bank.asked, len(all))
	}
	w.sound()
}

func TestIntervals(t *testing.T) {
	at := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC) // a Wednesday
	for i, want := range map[payout.Interval][2]string{
		payout.Daily: {"2026-03-04", "2026-03-05"}, payout.Weekly: {"2026-03-02", "2026-03-09"}, payout.Monthly: {"2026-03-01", "2026-04-01"},
	} {
		if got := [2]string{i.Begin(at).Format(time.DateOnly), i.Next(at).Format(time.DateOnly)}; got != want {
			t.Errorf("%s: %v, want %v", i, got, want)
		}
		if !i.Begin(i.Next(at)).Equal(i.Next(at)) {
			t.Errorf("%s does not begin where the one before ends", i)
		}
	}
	sunday := time.Date(2026, 3, 8, 23, 59, 0, 0, time.UTC)
	if got := payout.Weekly.Begin(sunday).Format(time.DateOnly); got != "2026-03-02" {
		t.Errorf("the week of a Sunday begins on %s", got)
	}
}

func TestNobodyIsPaidWhenItIsOff(t *testing.T) {
	w := newWorld(t)
	w.rules.Interval = payout.Off
	c := w.ready()
	c.sell(5000, 0)
	w.clock.Advance(holdback + time.Hour)
	if w.sweep(); c.got() != 0 || !c.balance().Next.IsZero() || c.balance().Payable != 4000 {
		t.Errorf("got %d, it stands %+v", c.got(), c.balance())
	}
}
