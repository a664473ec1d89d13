package subscription_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// TestAnyHistoryOfRights lets one person subscribe, renew, change plan, cancel,
// be refunded, dispute and be given things, in any order, and asks after each
// step and again later whether the gate says what a simple model says. Mutants
// are the same facts read wrongly, each in one way: every one must differ from
// the model somewhere, which proves that the histories reach what they are for.
func TestAnyHistoryOfRights(t *testing.T) {
	w := newWorld(t)
	modestly(t)
	caught := map[string]bool{}
	rapid.Check(t, func(r *rapid.T) {
		w.open()
		gold := w.tier("Gold", 999, 0).ID
		h := &history{w: w, r: r, who: w.person(true), gold: gold, sticky: map[ident.Grant]time.Time{}}
		if len(caught) < len(mutants()) { // until then a history that is known to matter begins it
			for _, act := range []func(){h.subscribe, h.gift, h.upgrade, h.renew, h.dispute, h.win, h.comp} {
				act()
				h.begin()
				h.compare(caught)
				h.pass(day)
			}
		}
		for range rapid.IntRange(4, 14).Draw(r, "steps") {
			h.step()
			h.compare(caught)
		}
	})
	for name := range mutants() {
		if !caught[name] {
			t.Errorf("no history showed that it matters: %s", name)
		}
	}
}

// history is one person's rights, as a model keeps them.
type history struct {
	w    *world
	r    *rapid.T
	who  ident.Account
	gold ident.Tier

	ref       string // of the subscription; empty before the first
	paidUntil time.Time
	cancelled bool
	back      time.Time // when the payment for the period that runs was taken back
	ended     time.Time
	tier      ident.Tier
	comps     []span
	gifts     []*waitingGift
	awards    []ident.Grant
	sticky    map[ident.Grant]time.Time // revocations that were ever seen
	looked    time.Time                 // when begin last looked
}

type span struct{ from, to time.Time }

func (s span) holds(at time.Time) bool { return !at.Before(s.from) && at.Before(s.to) }

// waitingGift is months that begin when nothing else is paid for.
type waitingGift struct {
	months int
	from   time.Time // zero while it waits
	given  time.Time
}

func (h *history) now() time.Time { return h.w.clock.Now() }

func (h *history) step() {
	h.pass(time.Duration(rapid.IntRange(1, 25*24).Draw(h.r, "hours")) * time.Hour)
	steps := map[string]func(){
		"subscribe": h.subscribe, "renew": h.renew, "cancel": h.cancel, "refund": h.refund, "dispute": h.dispute,
		"win": h.win, "lose": h.lose, "upgrade": h.upgrade, "comp": h.comp, "revoke": h.revoke, "gift": h.gift,
	}
	names := slices.Sorted(maps.Keys(steps))
	steps[rapid.SampledFrom(names).Draw(h.r, "what")]()
	h.begin()
}

// pass moves the clock, and lets gifts begin when their time comes.
func (h *history) pass(d time.Duration) {
	h.begin()
	h.w.clock.Advance(d)
	h.begin()
}

// begin starts the gifts whose turn has come by now. Each takes its turn at the
// moment at which what was before it ends; one that has just taken it gives it
// back when more is paid for.
func (h *history) begin() {
	free := h.ownPaid()
	defer func(now time.Time) { h.looked = now }(h.now())
	for _, g := range h.gifts {
		if g.from.After(h.now().Add(-grace)) && free.After(h.now()) {
			g.from = time.Time{}
		}
		if !g.from.IsZero() {
			if end := after(g.from, g.months); end.After(free) {
				free = end
			}
			continue
		}
		// What it waited for may have been taken away just now.
		if from := latest(latest(free, g.given), h.looked); !from.After(h.now()) {
			g.from = from
			free = after(from, g.months)
		} else {
			return // those behind it wait longer
		}
	}
}

// ownPaid is until when the person's own money holds.
func (h *history) ownPaid() time.Time {
	switch {
	case !h.back.IsZero():
		return time.Time{}
	case !h.ended.IsZero() && h.ended.Before(h.paidUntil):
		return h.ended
	}
	return h.paidUntil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func after(t time.Time, months int) time.Time {
	day := t.Day()
	first := time.Date(t.Year(), t.Month()+time.Month(months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
	return first.AddDate(0, 0, min(day, first.AddDate(0, 1, -1).Day())-1)
}

// inside is the model's answer: own money with its grace, or a gift that has
// begun, or a comp.
func (h *history) inside(at time.Time) bool {
	if h.ref != "" && h.back.IsZero() {
		end := h.paidUntil
		switch {
		case !h.ended.IsZero():
			end = h.ended
		case !h.cancelled:
			end = end.Add(grace)
		}
		if at.Before(end) {
			return true
		}
	}
	for _, g := range h.gifts {
		if !g.from.IsZero() && (span{g.from, after(g.from, g.months)}).holds(at) {
			return true
		}
	}
	return slices.ContainsFunc(h.comps, func(s span) bool { return s.holds(at) })
}

func (h *history) running() bool { return h.ref != "" && h.ended.IsZero() }

func (h *history) subscribe() {
	if h.running() {
		return
	}
	_, h.ref = h.w.subscribe(h.who)
	h.w.refresh(h.ref)
	o := h.w.provider.change(h.ref, func(*subscription.Object) {})
	h.paidUntil, h.cancelled, h.back, h.ended, h.tier = o.PeriodEnd, false, time.Time{}, time.Time{}, o.Plan.Tier
}

// happen changes the running subscription at its provider, and tells of it.
func (h *history) happen(change func(*subscription.Object)) {
	h.w.provider.change(h.ref, change)
	h.w.refresh(h.ref)
}

func (h *history) renew() {
	if !h.running() || h.cancelled {
		return
	}
	h.happen(h.w.provider.renewed)
	h.paidUntil, h.back = h.paidUntil.AddDate(0, 1, 0), time.Time{}
}

func (h *history) cancel() {
	if h.running() {
		h.happen(func(o *subscription.Object) { o.CancelAtPeriodEnd = true })
		h.cancelled = true
	}
}

func (h *history) refund() {
	if !h.running() || !h.back.IsZero() {
		return
	}
	h.happen(func(o *subscription.Object) {
		c := &o.Charges[len(o.Charges)-1]
		for i := range o.Charges { // the charge of the period, not the difference of a change
			if o.Charges[i].Kind == subscription.ChargePeriod {
				c = &o.Charges[i]
			}
		}
		c.Refunds = append(c.Refunds, subscription.Refund{Ref: "re", Amount: c.Total.Minor, At: h.now()})
	})
	h.back = h.now()
}

func (h *history) dispute() {
	if !h.running() || !h.back.IsZero() {
		return
	}
	disputed := false
	h.happen(func(o *subscription.Object) {
		if c := &o.Charges[len(o.Charges)-1]; c.Kind == subscription.ChargePeriod && c.Dispute.State == subscription.DisputeNone {
			dispute(o, h.now())
			disputed = true
		}
	})
	if disputed {
		h.back = h.now()
	}
}

func (h *history) settle(as subscription.DisputeState) (settled bool) {
	if !h.running() {
		return false
	}
	h.happen(func(o *subscription.Object) {
		c := o.Charges[len(o.Charges)-1]
		settled = c.Dispute.State == subscription.DisputeOpen && c.Refunded() == 0
		if settled {
			settle(o, as, h.now())
		}
	})
	return settled
}

func (h *history) win() {
	if h.settle(subscription.DisputeWon) {
		h.back = time.Time{}
	}
}

func (h *history) lose() {
	if h.settle(subscription.DisputeLost) {
		h.happen(func(o *subscription.Object) { o.Status, o.EndedAt = subscription.StatusEnded, h.now() })
		h.ended = h.now()
	}
}

func (h *history) upgrade() {
	if !h.running() || h.tier == h.gold {
		return
	}
	h.happen(func(o *subscription.Object) {
		o.Plan = subscription.Plan{Tier: h.gold, Interval: subscription.Month, Price: euros(999)}
		h.w.provider.charge(o, subscription.ChargeChange, euros(500))
	})
	h.tier = h.gold
}

func (h *history) comp() {
	months := rapid.IntRange(1, 2).Draw(h.r, "months")
	a, err := h.w.service.Award(h.w.t.Context(), h.w.owner, h.w.channel, subscription.AwardWish{
		Name: h.w.nameOf(h.who), Source: subscription.SourceComp, Months: months, Key: ident.Make[string](h.w.ids),
	})
	if err != nil {
		h.r.Fatal(err)
	}
	h.awards = append(h.awards, a.Grant.ID)
	h.comps = append(h.comps, span{h.now(), after(h.now(), months)})
}

func (h *history) revoke() {
	if len(h.awards) == 0 {
		return
	}
	i := len(h.awards) - 1
	if err := h.w.service.Revoke(h.w.t.Context(), h.w.owner, h.w.channel, h.awards[i]); err != nil {
		h.r.Fatal(err)
	}
	h.comps[i].to = earlier(h.comps[i].to, h.now())
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (h *history) gift() {
	months := rapid.IntRange(1, 2).Draw(h.r, "months")
	giver := h.w.person(true)
	h.w.applied(h.w.gift(giver, subscription.GiftWish{Name: h.w.nameOf(h.who), Months: months}))
	h.gifts = append(h.gifts, &waitingGift{months: months, given: h.now()})
}

// compare asks the gate now and at moments to come, each with the facts as they
// are, because nothing more happens until then.
func (h *history) compare(caught map[string]bool) {
	facts := h.w.facts(h.who)
	moments := []time.Duration{time.Second, 71 * time.Hour, 20 * day, 50 * day, 100 * day}
	if late := h.paidUntil.Add(time.Hour).Sub(h.now()); late > 0 {
		moments = append(moments, late, late+grace)
	}
	for _, ahead := range moments {
		at := h.now().Add(ahead)
		want := h.later(at)
		if got := facts.SubscriberAt(at); got != want {
			h.r.Fatalf("%v after %v: the gate says %v, the model %v\nfacts %+v\nmodel %+v", ahead, h.now(), got, want, facts.Grants, h)
		}
		for name, mutate := range mutants() {
			if mutate(h, facts).SubscriberAt(at) != want {
				caught[name] = true
			}
		}
	}
	if h.running() && !h.cancelled {
		if tier := h.w.tierOfGrant(h.who); tier != h.tier {
			h.r.Fatalf("the right is of tier %s, want %s", tier, h.tier)
		}
		if h.tier == h.gold {
			caught["a change of plan does not reach the right"] = true
		}
	}
}

// later is the model's answer for a moment to come, with gifts beginning in turn.
func (h *history) later(at time.Time) bool {
	then := *h
	then.gifts = nil
	for _, g := range h.gifts {
		copied := *g
		then.gifts = append(then.gifts, &copied)
	}
	free := then.ownPaid()
	for _, g := range then.gifts {
		if g.from.IsZero() {
			g.from = latest(latest(free, g.given), h.now())
		}
		free = latest(free, after(g.from, g.months))
	}
	return then.inside(at)
}

// mutants are wrong ways to read the same facts.
func mutants() map[string]func(*history, access.Facts) access.Facts {
	each := func(change func(h *history, g *access.Grant)) func(*history, access.Facts) access.Facts {
		return func(h *history, f access.Facts) access.Facts {
			f.Grants = slices.Clone(f.Grants)
			for i := range f.Grants {
				change(h, &f.Grants[i])
			}
			return f
		}
	}
	return map[string]func(*history, access.Facts) access.Facts{
		"refunds and disputes are not heard of": each(func(_ *history, g *access.Grant) { g.Revoked = time.Time{} }),
		"a won dispute gives nothing back": each(func(h *history, g *access.Grant) {
			if !g.Revoked.IsZero() {
				h.sticky[g.ID] = g.Revoked
			}
			g.Revoked = h.sticky[g.ID]
		}),
		"only one right counts": func(_ *history, f access.Facts) access.Facts {
			f.Grants = f.Grants[:min(1, len(f.Grants))]
			return f
		},
		"a gift runs beside what is paid": each(func(h *history, g *access.Grant) {
			if g.Source == subscription.SourceGift && g.Starts.After(h.now()) {
				length := g.Ends.Sub(g.Starts)
				g.Starts, g.Ends = h.now(), h.now().Add(length)
			}
		}),
		"there is no grace":                         each(func(_ *history, g *access.Grant) { g.Ends = earlier(g.Ends, g.Paid) }),
		"a change of plan does not reach the right": func(_ *history, f access.Facts) access.Facts { return f },
	}
}

// tierOfGrant is the tier of the right that comes of a subscription.
func (w *world) tierOfGrant(by ident.Account) (tier ident.Tier) {
	w.t.Helper()
	people, err := w.service.Subscribers(w.t.Context(), w.owner, w.channel, "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range people {
		if p.Account == by && p.Source == subscription.GrantSource {
			tier = p.Tier
		}
	}
	if tier == "" { // it does not hold now
		list, err := w.service.List(w.t.Context(), by)
		if err != nil || len(list) == 0 {
			w.t.Fatal(list, err)
		}
		tier = list[0].Plan.Tier
	}
	return tier
}
