package storetest

import (
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Clock stands still until a test moves it.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that shows a Sunday evening.
func NewClock() *Clock { return &Clock{at: time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)} }

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// World is a database with people and channels, for the rules that stand on it.
type World struct {
	*store.DB
	URL   string
	Clock *Clock
	IDs   *ident.Source

	t testing.TB
	n int
}

// NewWorld returns an empty world. It must be sound when the test ends.
func NewWorld(t testing.TB) *World {
	t.Helper()
	w := &World{URL: URL(t), Clock: NewClock(), t: t}
	w.IDs = ident.NewSource(w.Clock.Now, rand.Reader)
	w.DB = Open(t, w.URL, w.Clock.Now, nil)
	t.Cleanup(func() { Sound(t, w.DB) })
	return w
}

func (w *World) update(f func(*store.Tx) error) {
	w.t.Helper()
	if err := w.Update(w.t.Context(), f); err != nil {
		w.t.Fatal(err)
	}
}

// Person makes a full account.
func (w *World) Person(name string) ident.Account { return w.person(name, "a hash") }

// Light makes an account of a name alone.
func (w *World) Light(name string) ident.Account { return w.person(name, "") }

func (w *World) person(name, phc string) ident.Account {
	w.t.Helper()
	w.n++
	id := ident.Make[ident.Account](w.IDs)
	w.update(func(tx *store.Tx) error {
		_, err := tx.InsertAccount(w.t.Context(), account.Account{
			ID: id, Name: name, Folded: fmt.Sprintf("%s%d", account.Fold(name), w.n), Password: phc, Created: w.Clock.Now(),
		})
		return err
	})
	return id
}

// Channel opens a channel with an open Sub Space.
func (w *World) Channel(owner ident.Account) ident.Channel {
	w.t.Helper()
	w.n++
	c := channel.Channel{
		ID: ident.Make[ident.Channel](w.IDs), Handle: fmt.Sprintf("channel-%d", w.n), Title: "A place", Owner: owner,
		SpaceOpen: true, LiveAudience: access.LivePublic, Created: w.Clock.Now(),
	}
	w.update(func(tx *store.Tx) error {
		_, err := tx.InsertChannel(w.t.Context(), c)
		return err
	})
	return c.ID
}

// Moderator gives a person the role, and the grade that is called so.
func (w *World) Moderator(c ident.Channel, a ident.Account) ident.Account {
	w.t.Helper()
	return w.Graded(c, a, access.GradeModerator)
}

// Graded gives a person a grade of moderator.
func (w *World) Graded(c ident.Channel, a ident.Account, grade access.Grade) ident.Account {
	w.t.Helper()
	w.update(func(tx *store.Tx) error { return tx.PutModerator(w.t.Context(), c, a, grade) })
	return a
}

// Subscriber gives a person a right that began an hour ago and lasts 30 days.
func (w *World) Subscriber(c ident.Channel, a ident.Account, months int) ident.Account {
	w.t.Helper()
	w.Grant(c, a, w.Clock.Now().Add(-time.Hour), w.Clock.Now().Add(30*24*time.Hour), months)
	return a
}

// Grant gives a person a right.
func (w *World) Grant(c ident.Channel, a ident.Account, starts, ends time.Time, months int) {
	w.t.Helper()
	w.grant(c, a, "tier", subscription.Span{Starts: starts, Ends: ends, Paid: starts, Months: months})
}

func (w *World) grant(c ident.Channel, a ident.Account, tier ident.Tier, span subscription.Span) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		return tx.PutGrant(w.t.Context(), subscription.Grant{
			ID: ident.Make[ident.Grant](w.IDs), Account: a, Channel: c, Tier: tier, Source: subscription.GrantSource, Span: span,
		})
	})
}

// Tier makes a tier of a level.
func (w *World) Tier(c ident.Channel, level int) ident.Tier {
	w.t.Helper()
	t := subscription.Tier{ID: ident.Make[ident.Tier](w.IDs), Channel: c, Name: fmt.Sprintf("Level %d", level), Level: level, Created: w.Clock.Now()}
	w.update(func(tx *store.Tx) error { return tx.PutTier(w.t.Context(), t) })
	return t.ID
}

// SubscriberOf is Subscriber of a tier, for an hour and a month.
func (w *World) SubscriberOf(c ident.Channel, a ident.Account, tier ident.Tier) ident.Account {
	w.t.Helper()
	now := w.Clock.Now()
	w.grant(c, a, tier, subscription.Span{Starts: now.Add(-time.Hour), Ends: now.Add(30 * 24 * time.Hour), Paid: now.Add(-time.Hour), Months: 1})
	return a
}

// GrantOf gives a person a right to a tier.
func (w *World) GrantOf(c ident.Channel, a ident.Account, tier ident.Tier, starts, ends time.Time) {
	w.t.Helper()
	w.grant(c, a, tier, subscription.Span{Starts: starts, Ends: ends, Paid: starts, Months: 1})
}

// Events returns a whole log, decoded.
func (w *World) Events(c ident.Channel, a room.Audience) []event.Envelope {
	w.t.Helper()
	return w.EventsAt(room.Address{Channel: c, Audience: a})
}

// EventsAt returns the whole log at an address, decoded.
func (w *World) EventsAt(a room.Address) []event.Envelope {
	w.t.Helper()
	page, err := w.Logs().Page(w.t.Context(), a, room.NoCursor, 0, 100_000)
	if err != nil {
		w.t.Fatal(err)
	}
	out := make([]event.Envelope, len(page.Events))
	for i, e := range page.Events {
		if out[i], err = event.Decode(e.Bytes); err != nil {
			w.t.Fatal(err)
		}
		if out[i].Seq != int64(i+1) {
			w.t.Fatalf("sequence %d at place %d of %s", out[i].Seq, i+1, a.Audience)
		}
	}
	return out
}

// Raw is every stored byte of all logs, as the table holds it.
func (w *World) Raw() string {
	w.t.Helper()
	var out string
	for _, c := range w.channels() {
		for _, a := range []room.Audience{room.Public, room.Space, room.Business} {
			page, err := w.Logs().Page(w.t.Context(), room.Address{Channel: c, Audience: a}, room.NoCursor, 0, 100_000)
			if err != nil {
				w.t.Fatal(err)
			}
			for _, e := range page.Events {
				out += string(e.Bytes) + "\n"
			}
		}
	}
	return out
}

func (w *World) channels() (ids []ident.Channel) {
	w.t.Helper()
	err := w.View(w.t.Context(), func(tx *store.Tx) error {
		cs, err := tx.Channels(w.t.Context(), 1000)
		for _, c := range cs {
			ids = append(ids, c.ID)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ids
}
