package subscription_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// toldOf returns what the logs of an audience say of gifts.
func (w *world) toldOf(a room.Audience) []event.GiftGiven {
	w.t.Helper()
	page, err := w.db.Logs().Page(w.t.Context(), room.Address{Channel: w.channel, Audience: a}, room.NoCursor, 0, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []event.GiftGiven
	for _, e := range page.Events {
		envelope, err := event.Decode(e.Bytes)
		if err != nil {
			w.t.Fatal(err)
		}
		if g, ok := event.As[event.GiftGiven](envelope); ok {
			out = append(out, g)
		}
	}
	return out
}

func (w *world) told() event.GiftGiven {
	w.t.Helper()
	told := w.toldOf(room.Public)
	if len(told) != 1 {
		w.t.Fatalf("the public room is told %d times: %+v", len(told), told)
	}
	return told[0]
}

func TestTheRoomIsToldOfAGiftOnce(t *testing.T) {
	w := newWorld(t)
	people := w.persons(5, true)
	w.says(people...)
	giver := w.person(true)
	c := w.gift(giver, subscription.GiftWish{People: 20, Named: true})
	w.applied(c) // twice
	w.applied(c)
	told := w.told()
	if told.Name != w.nameOf(giver) || told.Months != 1 || told.People != 5 || told.Tier != c.Plan.Tier {
		t.Errorf("it says %+v", told)
	}
	names := make([]string, 0, len(people))
	for _, p := range people {
		names = append(names, w.nameOf(p))
	}
	if len(told.To) != 3 || slices.ContainsFunc(told.To, func(n string) bool { return !slices.Contains(names, n) }) {
		t.Errorf("it names %v", told.To)
	}
	for _, a := range []room.Audience{room.Space, room.Business} {
		if more := w.toldOf(a); len(more) != 0 {
			t.Errorf("the log %s is told %+v", a, more)
		}
	}
	g, found, err := w.service.GiftOf(t.Context(), c.ID)
	if err != nil || !found || g.Given != 5 || g.Left != 15 || g.Settled {
		t.Errorf("what became of it: %+v %v %v", g, found, err)
	}
	if err := w.service.SettleGifts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if g, _, err = w.service.GiftOf(t.Context(), c.ID); err != nil || !g.Settled {
		t.Errorf("after it is settled: %+v %v", g, err)
	}
}

// Without their word nobody learns who gave: not the room, and not who got it.
func TestAGiverMayStayUnnamed(t *testing.T) {
	w := newWorld(t)
	giver, one := w.person(true), w.person(true)
	w.applied(w.gift(giver, subscription.GiftWish{Name: w.nameOf(one), Months: 3}))
	told := w.told()
	if told.Name != "" || told.Months != 3 || told.People != 1 || !slices.Equal(told.To, []string{w.nameOf(one)}) {
		t.Errorf("it says %+v", told)
	}
	got, found, err := w.service.GiftTo(t.Context(), one, w.channel)
	if err != nil || !found || got.From != "" || got.Months != 3 {
		t.Errorf("who got it is told %+v %v %v", got, found, err)
	}
	w.clock.Advance(time.Second)
	w.applied(w.gift(giver, subscription.GiftWish{Name: w.nameOf(one), Months: 1, Named: true}))
	if got, _, err = w.service.GiftTo(t.Context(), one, w.channel); err != nil || got.From != w.nameOf(giver) || got.Months != 1 {
		t.Errorf("of the newer one they are told %+v %v", got, err)
	}
	if _, found, err := w.service.GiftTo(t.Context(), giver, w.channel); found || err != nil {
		t.Errorf("the giver got something: %v", err)
	}
}

// Who wrote in the Sub Space alone may be given something, and is not named in
// public: that would say that they were inside. The same holds for who asked
// without their name.
func TestTheRoomLearnsNothingOfTheSpace(t *testing.T) {
	w := newWorld(t)
	inside, asker := w.person(true), w.person(true)
	w.update(func(tx *store.Tx) error {
		_, err := tx.Append(t.Context(),
			room.Entry{
				Address: room.Address{Channel: w.channel, Audience: room.Space}, Author: inside,
				Payload: event.MessagePosted{Author: event.Author{ID: inside}, Text: "hello"},
			},
			room.Entry{
				Address: room.Address{Channel: w.channel, Audience: room.Public}, Author: asker,
				Payload: event.QuestionAired{Question: "q", Text: "How?"},
			})
		return err
	})
	w.applied(w.gift(w.person(true), subscription.GiftWish{People: 2, Named: true}))
	if told := w.told(); told.People != 2 || len(told.To) != 0 {
		t.Errorf("it says %+v", told)
	}
	for _, p := range []ident.Account{inside, asker} {
		if !w.inside(p).Allowed {
			t.Error("somebody got nothing")
		}
	}
}

// Nothing is said where nobody got anything.
func TestTheRoomIsNotToldOfNothing(t *testing.T) {
	w := newWorld(t)
	w.applied(w.gift(w.person(true), subscription.GiftWish{People: 3, Named: true}))
	one := w.person(true)
	c := w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(one), Months: 1, Named: true})
	w.provider.mu.Lock()
	w.provider.sessions[c.ID].charge.Dispute = subscription.Dispute{Ref: "dp", State: subscription.DisputeOpen, At: w.clock.Now()}
	w.provider.mu.Unlock()
	w.applied(c)
	if told := w.toldOf(room.Public); len(told) != 0 {
		t.Errorf("it says %+v", told)
	}
}

// What was said stays said when the payment is taken back; the receiver has
// nothing any more.
func TestWhatWasToldOfAGiftStays(t *testing.T) {
	w := newWorld(t)
	one := w.person(true)
	c := w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(one), Months: 1, Named: true})
	w.applied(c)
	w.clock.Advance(time.Hour)
	w.provider.mu.Lock()
	x := w.provider.sessions[c.ID].charge
	x.Refunds = []subscription.Refund{{Ref: "re", Amount: x.Total.Minor, At: w.clock.Now()}}
	w.provider.mu.Unlock()
	w.applied(c)
	w.told()
	if _, found, err := w.service.GiftTo(t.Context(), one, w.channel); found || err != nil {
		t.Errorf("they are still told of it: %v", err)
	}
}

// The event and the rights are one decision: without the one there are not the
// others.
func TestAGiftThatCannotBeToldIsNotGiven(t *testing.T) {
	w := newWorld(t)
	one := w.person(true)
	c := w.gift(w.person(true), subscription.GiftWish{Name: w.nameOf(one), Months: 1, Named: true})
	broken := subscription.NewService(w.service.Config)
	broken.Store = store.UnitOf(w.db, func(tx *store.Tx) subscription.Tx { return mute{tx} })
	if _, err := broken.Refresh(t.Context(), "fake", subscription.CheckoutObject(c.Ref)); err == nil {
		t.Fatal("it went through")
	}
	if n := len(w.facts(one).Grants); n != 0 {
		t.Errorf("%d rights, and nobody was told", n)
	}
	w.applied(c)
	if w.told(); !w.inside(one).Allowed {
		t.Error("the next try did not give it")
	}
}

// mute is a transaction that the public room hears nothing of.
type mute struct{ *store.Tx }

func (tx mute) Append(ctx context.Context, entries ...room.Entry) ([]event.Encoded, error) {
	for _, e := range entries {
		if e.Audience == room.Public {
			return nil, errMute
		}
	}
	return tx.Tx.Append(ctx, entries...)
}

var errMute = errors.New("the room cannot be told")
