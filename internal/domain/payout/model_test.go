package payout_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/payout"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// TestAnyHistoryOfMoney lets things be sold, paid back and disputed, the bank
// refuse, fall silent and forget to answer, and processes die, in any order. After
// each step what was paid is what a simple model allows, once under each key, and
// the books balance.
func TestAnyHistoryOfMoney(t *testing.T) {
	w := newWorld(t)
	modestly(t)
	rapid.Check(t, func(r *rapid.T) {
		if wrong := play(w, r); wrong != "" {
			r.Fatal(wrong)
		}
	})
	w.sound()
}

// TestEveryMutantIsCaught plays the same histories with a service that has lost one
// guard. If the model did not notice, it would prove nothing.
func TestEveryMutantIsCaught(t *testing.T) {
	for name, spoil := range map[string]func(*world){
		"nothing is held back":      func(w *world) { w.rules.Holdback = 0 },
		"the bank forgets keys":     func(w *world) { w.bank.forgets = true },
		"there is no minimum":       func(w *world) { w.rules.Minimum = func(string) int64 { return 1 } },
		"everybody is paid all day": func(w *world) { w.rules.Interval = payout.Daily },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			spoil(w)
			caught := ""
			for seed := 0; seed < 60 && caught == ""; seed++ {
				caught = rapid.Custom(func(r *rapid.T) string { return play(w, r) }).Example(seed)
			}
			if caught == "" {
				t.Error("nobody notices")
			}
			t.Log(caught)
		})
	}
}

// modestly keeps the ordinary run short; -rapid.checks asks for more.
func modestly(t *testing.T) {
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if asked {
		return
	}
	if err := flag.Set("rapid.checks", "20"); err != nil {
		t.Fatal(err)
	}
}

// history is one creator's money, as a model keeps it.
type history struct {
	*creator
	r     *rapid.T
	sold  []*sold
	known map[string]bool // payouts that were checked
	last  time.Time       // when the last one that was not refused was decided
	wrong string
}

// sold is a charge as the model keeps it.
type sold struct {
	at         time.Time
	total, tax int64
	back       int64
	dispute    subscription.DisputeState
	atOpen     int64 // the creator's part when the dispute began
}

// creators is the creator's part of what stays sold.
func (s *sold) creators() int64 {
	net := s.total - s.tax
	mine := net - net*share/10_000
	tax := int64(0)
	if s.tax > 0 {
		tax = s.back * s.tax / s.total
	}
	return mine - (s.back-tax)*mine/net
}

// free is what of it may go out.
func (s *sold) free() int64 {
	switch s.dispute {
	case subscription.DisputeLost:
		return 0
	case subscription.DisputeOpen:
		return s.creators() - s.atOpen
	}
	return s.creators()
}

func play(w *world, r *rapid.T) string {
	w.bank.trouble, w.bank.late = nil, false
	h := &history{creator: w.ready(), r: r, known: map[string]bool{}}
	defer h.rest()
	steps := map[string]func(){
		"sell": h.sells, "sell more": h.sells, "refund": h.refunds, "dispute": h.disputes, "settle": h.settles,
		"sweep": h.sweeps, "die": h.dies, "trouble": h.troubles,
	}
	names := slices.Sorted(maps.Keys(steps))
	if rapid.Bool().Draw(r, "as it is known to matter") {
		h.matters()
	}
	for range rapid.IntRange(5, 20).Draw(r, "steps") {
		w.clock.Advance(time.Duration(rapid.IntRange(1, 10*24).Draw(r, "hours")) * time.Hour)
		steps[rapid.SampledFrom(names).Draw(r, "what")]()
		if h.look(); h.wrong != "" {
			return h.wrong
		}
	}
	w.bank.trouble = nil
	w.clock.Advance(2 * time.Hour)
	h.sweeps()
	if h.look(); h.wrong != "" {
		return h.wrong
	}
	if gone := h.paid(true); gone != h.got() {
		return fmt.Sprintf("the bank paid %d, we say %d", h.got(), gone)
	}
	return ""
}

// matters sells on two days; the answer to the first payout is lost, and a day
// after the first sale the second one is free.
func (h *history) matters() {
	for _, step := range []struct {
		wait time.Duration
		do   func()
	}{
		{0, func() { h.sellsOne(5000, 500) }},
		{26 * time.Hour, func() { h.sellsOne(5000, 0) }},
		{holdback - 25*time.Hour, func() {
			h.w.bank.trouble, h.w.bank.late = errors.New("the answer is lost"), true
			h.sweeps()
		}},
		{time.Hour, func() {
			h.w.bank.trouble = nil
			h.sweeps()
		}},
		{26 * time.Hour, h.sweeps},
	} {
		h.w.clock.Advance(step.wait)
		step.do()
		h.look()
	}
}

func (h *history) sells() {
	total := int64(rapid.IntRange(1, 9000).Draw(h.r, "total"))
	h.sellsOne(total, int64(rapid.IntRange(0, int(total/5)).Draw(h.r, "tax")))
}

func (h *history) sellsOne(total, tax int64) {
	h.sold = append(h.sold, &sold{at: h.w.clock.Now(), total: total, tax: tax})
	h.sell(total, tax)
}

// some is one of the sales; nil when there is none of the kind.
func (h *history) some(fits func(*sold) bool) (int, *sold) {
	var fit []int
	for i, s := range h.sold {
		if fits(s) {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		return 0, nil
	}
	i := rapid.SampledFrom(fit).Draw(h.r, "sale")
	return i, h.sold[i]
}

func (h *history) refunds() {
	i, s := h.some(func(s *sold) bool { return s.back < s.total && s.dispute != subscription.DisputeLost })
	if s == nil {
		return
	}
	amount := s.total - s.back
	if rapid.Bool().Draw(h.r, "in part") {
		amount = int64(rapid.IntRange(1, int(amount)).Draw(h.r, "amount"))
	}
	s.back += amount
	h.refund(i, amount)
}

func (h *history) disputes() {
	if i, s := h.some(func(s *sold) bool { return s.dispute == subscription.DisputeNone && s.back < s.total }); s != nil {
		s.dispute, s.atOpen = subscription.DisputeOpen, s.creators()
		h.dispute(i, s.dispute)
	}
}

func (h *history) settles() {
	if i, s := h.some(func(s *sold) bool { return s.dispute == subscription.DisputeOpen }); s != nil {
		s.dispute = rapid.SampledFrom([]subscription.DisputeState{subscription.DisputeWon, subscription.DisputeLost}).Draw(h.r, "how")
		h.dispute(i, s.dispute)
	}
}

func (h *history) sweeps() { _ = h.w.payouts().Sweep(h.w.t.Context()) } // the bank may be in trouble

func (h *history) dies() {
	_ = h.w.process(&life{dies: rapid.IntRange(1, 12).Draw(h.r, "step")}).Sweep(h.w.t.Context())
}

func (h *history) troubles() {
	h.w.bank.trouble, h.w.bank.late = nil, false
	switch rapid.IntRange(0, 3).Draw(h.r, "trouble") {
	case 0:
		h.w.bank.trouble = fault.New(fault.Conflict, "transfer_refused", "No.")
	case 1:
		h.w.bank.trouble = errors.New("nobody answers")
	case 2:
		h.w.bank.trouble, h.w.bank.late = errors.New("the answer is lost"), true
	}
}

// paid is what we say that went out; with what is on its way, or without.
func (h *history) paid(transit bool) (sum int64) {
	for _, p := range h.overview().Payouts {
		if p.State == payout.Paid || (transit && p.State == payout.Decided) {
			sum += p.Amount.Minor
		}
	}
	return sum
}

// look checks the payouts decided since the last look, which was before the clock
// moved, and the books.
func (h *history) look() {
	now := h.w.clock.Now()
	var earned, free int64
	for _, s := range h.sold {
		earned += s.free()
		if !s.at.After(now.Add(-holdback)) {
			free += s.free()
		}
	}
	list := h.overview().Payouts
	var before int64 // gone before the newest
	fresh := 0
	for _, p := range slices.Backward(list) {
		if h.known[string(p.ID)] {
			if p.State != payout.Refused {
				before += p.Amount.Minor
			}
			continue
		}
		h.known[string(p.ID)] = true
		fresh++
		switch {
		case p.Amount.Minor != free-before:
			h.say("paid %d; the model allows %d-%d", p.Amount.Minor, free, before)
		case p.Amount.Minor < minimum:
			h.say("paid %d, less than the minimum", p.Amount.Minor)
		case !h.last.IsZero() && p.Decided.Before(payout.Weekly.Next(h.last)):
			h.say("paid twice in a week, at %v and %v", h.last, p.Decided)
		}
	}
	h.last = time.Time{}
	for _, p := range list { // the newest first
		if p.State != payout.Refused {
			h.last = p.Decided
			break
		}
	}
	if fresh > 1 {
		h.say("%d payouts at once", fresh)
	}
	if got, most := h.got(), h.paid(true); got > most {
		h.say("the bank paid %d, and %d was decided", got, most)
	}
	if b := h.balance(); b.Totals.Earned() != earned || b.Payable+b.Waits()+b.Transit+b.Paid != earned || b.Payable+b.Transit+b.Paid != free {
		h.say("it stands %+v; the model says %d, %d of it free", b, earned, free)
	}
	found, err := h.w.payouts().Audit(h.w.t.Context())
	if err != nil || len(found) > 0 {
		h.say("the books: %v, %v", found, err)
	}
}

func (h *history) say(format string, args ...any) {
	if h.wrong == "" {
		h.wrong = fmt.Sprintf(format, args...)
	}
}
