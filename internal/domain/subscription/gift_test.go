package subscription_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// says lets people write in the public room.
func (w *world) says(people ...ident.Account) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		for _, p := range people {
			if _, err := tx.Append(w.t.Context(), room.Entry{
				Address: room.Address{Channel: w.channel, Audience: room.Public}, Author: p,
				Payload: event.MessagePosted{Author: event.Author{ID: p}, Text: "hello"},
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// gift opens one and pays it; nothing is told of it yet.
func (w *world) gift(by ident.Account, wish subscription.GiftWish) subscription.Checkout {
	w.t.Helper()
	wish.Key = ident.Make[string](w.ids)
	c, err := w.service.OpenGift(w.t.Context(), by, w.channel, wish)
	if err != nil {
		w.t.Fatal(err)
	}
	w.provider.payGift(c)
	return c
}

func (p *fakeProvider) payGift(c subscription.Checkout) {
	p.mu.Lock()
	defer p.mu.Unlock()
	total, err := c.Total()
	if err != nil {
		panic(err)
	}
	p.sessions[c.ID].charge = &subscription.Charge{
		Ref: "ch_" + string(c.ID), Kind: subscription.ChargeGift, Plan: c.Plan, Total: total, Fee: 30, At: p.now(),
		Tax: subscription.Tax{Minor: total.Minor / 6, Rate: 2000, Country: "FR"},
	}
}

func (w *world) applied(c subscription.Checkout) {
	w.t.Helper()
	for range 2 {
		w.refresh(subscription.CheckoutObject(c.Ref))
	}
}

// TestAGiftOfTwentyToTwelve is given twelve times and paid back eight times.
func TestAGiftOfTwentyToTwelve(t *testing.T) {
	w := newWorld(t)
	giver, banned, moderator, subscriber, silent, late := w.person(true), w.person(true), w.person(true), w.person(true), w.person(true), w.person(true)
	w.says(late)
	w.clock.Advance(25 * time.Hour)
	people := make([]ident.Account, 12)
	for i := range people {
		people[i] = w.person(i%2 == 0)
	}
	w.says(people...)
	w.says(people...)
	w.says(giver, banned, moderator, subscriber, w.owner)
	w.subscribe(subscriber)
	w.update(func(tx *store.Tx) error {
		if err := tx.PutSanction(t.Context(), moderation.Sanction{Channel: w.channel, Account: banned, Kind: access.BlockBan, At: w.clock.Now(), By: w.owner}); err != nil {
			return err
		}
		return tx.PutModerator(t.Context(), w.channel, moderator, access.GradeModerator)
	})
	before := w.books()
	c := w.gift(giver, subscription.GiftWish{People: 20})
	w.applied(c)
	for _, p := range people {
		if d := w.inside(p); !d.Allowed {
			t.Errorf("one who wrote was given nothing: %+v", d)
		}
	}
	for _, p := range []ident.Account{giver, banned, silent, late} {
		if n := len(w.facts(p).Grants); n != 0 {
			t.Errorf("somebody who is not in the room, or gave it, has %d rights", n)
		}
	}
	for range 2 {
		if err := w.service.SettleGifts(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	after := w.books()
	if got := after.clearing - before.clearing; got != 12*499-30 {
		t.Errorf("%d cents of the gift stayed, want twelve months less the fee", got)
	}
	for _, p := range people {
		if n := len(w.facts(p).Grants); n != 1 || !w.inside(p).Allowed {
			t.Errorf("%d rights", n)
		}
	}
}

func TestChancePicksAmongMany(t *testing.T) {
	w := newWorld(t)
	people := make([]ident.Account, 10)
	for i := range people {
		people[i] = w.person(true)
	}
	w.says(people...)
	given := map[ident.Account]int{}
	for range 3 { // each gift takes three of those who are left
		w.applied(w.gift(w.person(true), subscription.GiftWish{People: 3}))
	}
	for _, p := range people {
		given[p] = len(w.facts(p).Grants)
	}
	none := 0
	for _, n := range given {
		if n > 1 {
			t.Errorf("somebody was given %d", n)
		}
		if n == 0 {
			none++
		}
	}
	if none != 1 {
		t.Errorf("%d have nothing", none)
	}
}

func TestAGiftForOneWaitsForWhatTheyPaid(t *testing.T) {
	w := newWorld(t)
	holder := w.person(true)
	sub, ref := w.subscribe(holder)
	c := w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(holder), Months: 3})
	w.applied(c)
	gift := func() access.Grant {
		t.Helper()
		for _, g := range w.facts(holder).Grants {
			if g.Source == subscription.SourceGift {
				return g
			}
		}
		t.Fatal("there is no gift")
		return access.Grant{}
	}
	if g := gift(); !g.Starts.Equal(sub.PeriodEnd) || !g.Ends.Equal(sub.PeriodEnd.AddDate(0, 3, 0)) {
		t.Errorf("it begins %v and ends %v", g.Starts, g.Ends)
	}
	w.provider.renew(ref)
	w.refresh(ref)
	moved := sub.PeriodEnd.AddDate(0, 1, 0)
	if g := gift(); !g.Starts.Equal(moved) {
		t.Errorf("after the renewal it begins %v", g.Starts)
	}
	w.clock.Set(moved.Add(time.Hour))
	if tenure := w.facts(holder).Tenure(w.clock.Now()); tenure != 3 { // two own ones, and the first of the gift
		t.Errorf("tenure %d", tenure)
	}
	w.provider.change(ref, func(o *subscription.Object) { dispute(o, w.clock.Now()) })
	w.refresh(ref)
	if !w.inside(holder).Allowed {
		t.Error("the gift does not hold by itself")
	}
}

// A gift that has not begun moves forward when what it waited for is taken away.
func TestAGiftBeginsWhenWhatItWaitedForIsRefunded(t *testing.T) {
	w := newWorld(t)
	holder := w.person(true)
	w.subscribe(holder)
	w.applied(w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(holder), Months: 1}))
	for _, sale := range w.sales() {
		if sale.Buyer == holder {
			if _, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", sale.Charge, subscription.RefundWish{End: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.clock.Advance(time.Second)
	if d := w.inside(holder); !d.Allowed || d.Until.After(w.clock.Now().AddDate(0, 1, 0)) {
		t.Errorf("got %+v", d)
	}
}

func TestATakenBackGiftTakesItsRightsAlong(t *testing.T) {
	w := newWorld(t)
	one := w.person(true)
	c := w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(one), Months: 2})
	w.applied(c)
	w.clock.Advance(time.Hour)
	charge := func(change func(*subscription.Charge)) {
		w.provider.mu.Lock()
		change(w.provider.sessions[c.ID].charge)
		w.provider.mu.Unlock()
		w.applied(c)
	}
	charge(func(x *subscription.Charge) {
		x.Dispute = subscription.Dispute{Ref: "dp", State: subscription.DisputeOpen, At: w.clock.Now()}
	})
	if w.inside(one).Allowed {
		t.Error("open while the gift is disputed")
	}
	charge(func(x *subscription.Charge) { x.Dispute.State = subscription.DisputeWon })
	if !w.inside(one).Allowed {
		t.Error("shut after the dispute was won")
	}
	charge(func(x *subscription.Charge) {
		x.Refunds = []subscription.Refund{{Ref: "re", Amount: x.Total.Minor, At: w.clock.Now()}}
	})
	if w.inside(one).Allowed {
		t.Error("open after the gift was paid back")
	}
	w.wantBooks(books{clearing: -30, fees: 30})
}

// What the creator took back stays taken, whatever its payment does afterwards.
func TestARevokedGiftStaysRevoked(t *testing.T) {
	w := newWorld(t)
	one := w.person(true)
	c := w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(one), Months: 2})
	w.applied(c)
	if err := w.service.Revoke(t.Context(), w.owner, w.channel, w.facts(one).Grants[0].ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	for _, state := range []subscription.DisputeState{subscription.DisputeNone, subscription.DisputeOpen, subscription.DisputeWon} {
		w.provider.mu.Lock()
		w.provider.sessions[c.ID].charge.Dispute = subscription.Dispute{Ref: "dp", State: state, At: w.clock.Now()}
		w.provider.mu.Unlock()
		w.applied(c)
		if w.inside(one).Allowed {
			t.Errorf("open again while the dispute is %q", state)
		}
	}
}

// A gift does not push in before one that was given earlier and waits.
func TestGiftsWaitInTheOrderTheyWereGiven(t *testing.T) {
	w := newWorld(t)
	one := w.person(true)
	sub, _ := w.subscribe(one)
	for _, months := range []int{1, 2, 3} {
		w.applied(w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(one), Months: months}))
		w.clock.Advance(time.Hour)
	}
	want := map[int]time.Time{1: sub.PeriodEnd, 2: sub.PeriodEnd.AddDate(0, 1, 0), 3: sub.PeriodEnd.AddDate(0, 3, 0)}
	for _, g := range w.facts(one).Grants {
		if g.Source == subscription.SourceGift && !g.Starts.Equal(want[g.Months]) {
			t.Errorf("the gift of %d months begins %v, want %v", g.Months, g.Starts, want[g.Months])
		}
	}
}

// A gift in line moves up when the one before it is revoked.
func TestAGiftBeginsWhenTheOneBeforeIsRevoked(t *testing.T) {
	w := newWorld(t)
	one := w.person(true)
	for range 2 {
		w.applied(w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(one), Months: 1}))
	}
	w.clock.Advance(time.Hour)
	if err := w.service.Revoke(t.Context(), w.owner, w.channel, w.facts(one).Grants[0].ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Second)
	if d := w.inside(one); !d.Allowed || d.Until.After(w.clock.Now().AddDate(0, 1, 0)) {
		t.Errorf("got %+v", d)
	}
}

// A gift that is asked for again while it is under way, by a double click or in a
// second tab, is the same one; another gift is another.
func TestTwoTabsOpenOneGift(t *testing.T) {
	w := newWorld(t)
	giver := w.person(true)
	one := w.nameOf(w.person(true))
	open := func(wish subscription.GiftWish) ident.Checkout {
		t.Helper()
		wish.Key = ident.Make[string](w.ids)
		c, err := w.service.OpenGift(t.Context(), giver, w.channel, wish)
		if err != nil {
			t.Fatal(err)
		}
		return c.ID
	}
	first := open(subscription.GiftWish{People: 5})
	if again := open(subscription.GiftWish{People: 5}); again != first {
		t.Error("a second tab opened another checkout")
	}
	seen := map[ident.Checkout]bool{first: true}
	for _, wish := range []subscription.GiftWish{
		{People: 6}, {People: 5, Named: true}, {People: 5, Country: "FR"}, {Name: one, Months: 5},
	} {
		id := open(wish)
		if seen[id] {
			t.Errorf("%+v is taken for another gift", wish)
		}
		seen[id] = true
	}
	c, err := w.service.CheckoutByID(t.Context(), giver, first)
	if err != nil {
		t.Fatal(err)
	}
	w.provider.payGift(c)
	w.applied(c)
	if open(subscription.GiftWish{People: 5}) == first {
		t.Error("a gift that was paid cannot be given once more")
	}
}

// Who subscribes already may pay for somebody else's months.
func TestASubscriberPaysForAGift(t *testing.T) {
	w := newWorld(t)
	giver := w.person(true)
	w.subscribe(giver)
	c, err := w.service.OpenGift(t.Context(), giver, w.channel, subscription.GiftWish{Key: "k", Name: w.nameOf(w.person(true)), Months: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.Payable(t.Context(), giver, c.ID); err != nil {
		t.Error(err)
	}
}

// A renewal is heard of some time after the period that it follows: a gift that
// began in between steps back, so that nobody pays for the month they were given.
func TestAGiftStepsBackBehindALateRenewal(t *testing.T) {
	for _, late := range []time.Duration{time.Millisecond, time.Hour, 2 * day} {
		t.Run(late.String(), func(t *testing.T) {
			w := newWorld(t)
			holder := w.person(true)
			sub, ref := w.subscribe(holder)
			w.applied(w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(holder), Months: 1}))
			w.clock.Set(sub.PeriodEnd.Add(late))
			w.provider.renew(ref)
			w.refresh(ref)
			if !w.inside(holder).Allowed {
				t.Error("outside after the renewal")
			}
			if _, err := w.service.Cancel(t.Context(), holder, sub.ID); err != nil {
				t.Fatal(err)
			}
			paid := sub.PeriodEnd.AddDate(0, 1, 0)
			if d := w.inside(holder); !d.Until.Equal(paid.AddDate(0, 1, 0)) {
				t.Errorf("inside until %v; a month is paid to %v and another was given", d.Until, paid)
			}
		})
	}
}

// What has begun and is not paid for otherwise does not begin again.
func TestAGiftThatHasBegunStaysWhereItIs(t *testing.T) {
	w := newWorld(t)
	holder := w.person(true)
	for range 3 {
		w.applied(w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(holder), Months: 1}))
		w.clock.Advance(time.Hour)
	}
	if d, want := w.inside(holder), newClock().Now().AddDate(0, 3, 0); !d.Until.Equal(want) {
		t.Errorf("three months end %v, want %v", d.Until, want)
	}
}

// The letter says until when the gift lasts, also when it has to wait in line.
func TestTheLetterOfAGiftSaysWhenItEnds(t *testing.T) {
	w := newWorld(t)
	holder := w.person(true)
	sub, _ := w.subscribe(holder)
	for months := range 2 {
		w.applied(w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(holder), Months: 1}))
		want := mail.Day(sub.PeriodEnd.AddDate(0, months+1, 0))
		w.update(func(tx *store.Tx) error {
			letters, err := tx.DueLetters(t.Context(), w.clock.Now(), 100)
			var said []string
			for _, l := range letters {
				if l.Kind == subscription.LetterGift {
					said = append(said, l.Data["until"])
				}
			}
			if len(said) != months+1 || said[months] != want {
				t.Errorf("the letters say %v, want %s", said, want)
			}
			return err
		})
		w.clock.Advance(time.Minute)
	}
}

// A right that the creator took back before is over with its payment too: that is
// no difference that somebody has to look at.
func TestARevokedGiftThatIsPaidBackDiffersInNothing(t *testing.T) {
	w := newWorld(t)
	one := w.person(true)
	c := w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(one), Months: 1})
	w.applied(c)
	if err := w.service.Revoke(t.Context(), w.owner, w.channel, w.facts(one).Grants[0].ID); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Hour)
	if _, err := w.service.Refund(t.Context(), w.owner, w.channel, "fake", "ch_"+string(c.ID), subscription.RefundWish{}); err != nil {
		t.Fatal(err)
	}
	if found := w.examine(); len(found.Left) > 0 {
		t.Errorf("left %v", found.Left)
	}
}

// A gift to a subscriber waits on a clock that goes on while it is written down.
func TestAGiftWaitsWhileTheClockGoesOn(t *testing.T) {
	w := newWorld(t)
	holder := w.person(true)
	sub, _ := w.subscribe(holder)
	w.service.Now = func() time.Time {
		w.clock.Advance(5 * time.Millisecond)
		return w.clock.Now()
	}
	w.applied(w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(holder), Months: 3}))
	for _, g := range w.facts(holder).Grants {
		if g.Source == subscription.SourceGift && !g.Starts.Equal(sub.PeriodEnd) {
			t.Errorf("it begins %v, and what is paid ends %v", g.Starts, sub.PeriodEnd)
		}
	}
}
