package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/gateway"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// chronicle is a room in a real database, and what a node keeps of its log.
type chronicle struct {
	*storetest.World
	t      *rapid.T
	at     room.Address
	owner  ident.Account
	people []ident.Account
	chat   *chat.Service
	bans   *moderation.Service
	log    room.Log

	recent gateway.Recent
	tail   *room.Tail
	flying []event.Encoded // bells that are on their way
	head   int64           // of the database
	keys   int
	during func() // happens in the middle of the next reading of a page
	reads  int
}

// Page implements Logs.
func (c *chronicle) Page(ctx context.Context, a room.Address, after, before int64, limit int) (room.Page, error) {
	c.reads++
	p, err := c.Logs().Page(ctx, a, after, before, limit)
	if f := c.during; f != nil {
		c.during = nil
		f()
	}
	return p, err
}

// chronicleLogs has the other readings come from the store.
type chronicleLogs struct {
	*store.Logs
	c *chronicle
}

func (l chronicleLogs) Page(ctx context.Context, a room.Address, after, before int64, limit int) (room.Page, error) {
	return l.c.Page(ctx, a, after, before, limit)
}

// follows begins to keep the log, as a node does when the first reader comes.
func (c *chronicle) follows() {
	log, err := c.Logs().Log(context.Background(), c.at)
	c.must(err)
	c.log, c.recent, c.flying = log, gateway.NewRecent(log.Head), nil
	c.tail = room.NewTail(log.ID, log.Head, c.Logs(), c.recent.Add)
}

func (c *chronicle) must(err error) {
	if err != nil {
		c.t.Fatal(err)
	}
}

// committed has bells of what was written set out, or lost.
func (c *chronicle) committed() {
	fresh, err := c.Logs().Since(context.Background(), c.log.ID, c.head, 10_000)
	c.must(err)
	for _, e := range fresh {
		c.head = e.Seq
		if rapid.IntRange(0, 3).Draw(c.t, "bell") > 0 {
			c.flying = append(c.flying, e)
		}
	}
}

func (c *chronicle) somebody() ident.Account {
	return rapid.SampledFrom(c.people).Draw(c.t, "who")
}

// some is a sequence of the log, rather a late one.
func (c *chronicle) some() int64 {
	return max(1, c.head-int64(rapid.IntRange(0, 70).Draw(c.t, "back")))
}

// writes says several things, of which some answer others.
func (c *chronicle) writes(n int) {
	var entries []room.Entry
	for range n {
		c.keys++
		who := c.somebody()
		m := event.MessagePosted{Author: event.Author{ID: who, Name: "Somebody"}, Text: fmt.Sprintf(`words-%d- "reply_to":{"seq":%d`, c.keys, c.head)}
		entries = append(entries, room.Entry{Address: c.at, Author: who, Key: fmt.Sprint("key-", c.keys, "-", c.at.Channel), Payload: m})
	}
	c.must(c.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Append(context.Background(), entries...)
		return err
	}))
	c.committed()
}

func (c *chronicle) posts(reply int64) {
	c.keys++
	_, err := c.chat.Post(context.Background(), chat.Post{
		Address: c.at, Author: c.somebody(), Key: fmt.Sprintf("post-%06d", c.keys), Text: fmt.Sprintf("words-%d- said", c.keys), ReplyTo: reply,
	})
	c.refusable(err)
	c.committed()
}

// refusable lets pass what the rules refuse: it writes nothing.
func (c *chronicle) refusable(err error) {
	if err != nil && strings.Contains(err.Error(), "sql") {
		c.t.Fatal(err)
	}
}

func (c *chronicle) act() {
	if rapid.IntRange(0, 2).Draw(c.t, "act") == 0 {
		c.hears()
		return
	}
	c.happens()
}

// happens is something that is written.
func (c *chronicle) happens() {
	ctx := context.Background()
	switch rapid.IntRange(0, 7).Draw(c.t, "happens") {
	case 0:
		c.writes(rapid.SampledFrom([]int{1, 30, 600}).Draw(c.t, "lines"))
	case 1, 2:
		c.posts(0)
	case 3:
		c.posts(c.some())
	case 4, 5:
		c.refusable(c.chat.Remove(ctx, c.owner, chat.Place{Address: c.at, Seq: c.some()}))
		c.committed()
	case 6:
		c.refusable(c.chat.Pin(ctx, c.owner, chat.Place{Address: c.at, Seq: c.some()}))
		c.committed()
	case 7:
		who := c.somebody()
		_, err := c.bans.Impose(ctx, c.owner, moderation.Order{Channel: c.at.Channel, Account: who, Kind: access.BlockBan})
		c.refusable(err)
		c.committed()
	}
}

// hears has bells arrive, in any order, or the log be read.
func (c *chronicle) hears() {
	switch rapid.IntRange(0, 5).Draw(c.t, "hear") {
	case 0:
		c.must(c.tail.Heal(context.Background()))
	case 1: // the last reader goes, and another comes
		c.follows()
		c.fills()
	case 2:
		c.fills()
	default:
		for range min(len(c.flying), rapid.IntRange(1, 40).Draw(c.t, "bells")) {
			i := rapid.IntRange(0, min(3, len(c.flying)-1)).Draw(c.t, "which")
			e := c.flying[i]
			c.flying = append(c.flying[:i:i], c.flying[i+1:]...)
			c.tail.Ring(e, time.Unix(0, 0))
		}
	}
}

// fills has memory read what it lacks, while something happens, or nothing.
func (c *chronicle) fills() {
	c.during = func() {
		for range rapid.IntRange(0, 4).Draw(c.t, "meanwhile") {
			c.happens()
		}
		c.must(c.tail.Heal(context.Background()))
	}
	c.must(c.recent.Fill(context.Background(), chronicleLogs{c.Logs(), c}, c.at))
	c.during = nil
}

// looks compares what a newcomer and somebody who comes back are handed with what
// the database holds.
func (c *chronicle) looks() {
	cursor := c.some() - 1
	for _, from := range []*int64{nil, &cursor} {
		events, head, more, ok := c.recent.Page(from)
		if !ok {
			continue
		}
		after, limit := room.NoCursor, gateway.PageSize
		if from != nil {
			after, limit = *from, gateway.ResumeSize
		}
		stored, err := c.Logs().Page(context.Background(), c.at, after, 0, limit)
		c.must(err)
		if head == c.head { // all has been heard of
			if want := gateway.Join(stored.Events); !bytes.Equal(events, want) || more != stored.More {
				c.t.Fatalf("from memory after %v:\n%s\nfrom the database:\n%s", after, events, want)
			}
		}
	}
	c.forgetsWhatIsGone()
}

// forgetsWhatIsGone looks for words that were taken back by what has been heard of.
func (c *chronicle) forgetsWhatIsGone() {
	heard := c.tail.Head()
	all, err := c.Logs().Since(context.Background(), c.log.ID, max(0, c.head-200), 200)
	c.must(err)
	gone := map[int64]bool{}
	for _, e := range all {
		if env, err := event.Decode(e.Bytes); err == nil {
			if m, is := event.As[event.MessageRemoved](env); is && e.Seq <= heard {
				for _, seq := range m.Seqs {
					gone[seq] = true
				}
			}
		}
	}
	for _, e := range c.recent.Held() {
		if gone[e.Seq] && (bytes.Contains(e.Bytes, []byte("words-")) || bytes.Contains(e.Bytes, []byte("Somebody"))) {
			c.t.Fatalf("memory holds what was taken back: %s", e.Bytes)
		}
	}
}

// What memory hands out is what the database holds, after any history of what is
// written, answered, pinned, removed and banned, of bells that come late, in any
// order or not at all, and of readings that something happens in between.
func TestMemoryHoldsWhatTheDatabaseHolds(t *testing.T) {
	w := storetest.NewWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	var run sync.WaitGroup
	c := &chronicle{World: w, owner: w.Person("Inès")}
	c.chat = chat.NewService(store.UnitOf(w.DB, func(tx *store.Tx) chat.Tx { return tx }), w.Clock.Now, account.NewThrottle(account.Limit{Tries: 1 << 30, Every: time.Second}, w.Clock.Now))
	c.bans = moderation.NewService(store.UnitOf(w.DB, func(tx *store.Tx) moderation.Tx { return tx }), w.IDs, w.Clock.Now)
	run.Go(func() { c.chat.Run(ctx) }) //nolint:errcheck // ends with ctx
	defer run.Wait()
	defer stop()
	for _, name := range []string{"Yuna", "Ravi", "Mei", "Tom", "Ada", "Bo"} {
		c.people = append(c.people, w.Person(name))
	}
	rapid.Check(t, func(t *rapid.T) {
		c.t, c.head, c.during = t, 0, nil
		c.at = room.Address{Channel: w.Channel(c.owner), Audience: room.Public}
		c.follows()
		if n := rapid.SampledFrom([]int{0, 10, 60, 600}).Draw(t, "before"); n > 0 {
			c.writes(n)
		}
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			c.act()
			c.looks()
		}
		c.must(c.tail.Heal(context.Background()))
		c.must(c.recent.Fill(context.Background(), chronicleLogs{c.Logs(), c}, c.at))
		c.looks()
	})
}

// A removal in a busy room costs newcomers no reading of the database.
func TestRemovalCostsNoReading(t *testing.T) {
	w := storetest.NewWorld(t)
	c := &chronicle{World: w, owner: w.Person("Inès")}
	c.at = room.Address{Channel: w.Channel(c.owner), Audience: room.Public}
	appends := func(p event.Payload, n int) {
		t.Helper()
		if err := w.Update(t.Context(), func(tx *store.Tx) error {
			for range n {
				out, err := tx.Append(t.Context(), room.Entry{Address: c.at, Author: c.owner, Payload: p})
				if err != nil {
					return err
				}
				c.recent.Add(out[0])
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	c.recent = gateway.NewRecent(0)
	appends(event.MessagePosted{Text: "words"}, 300)
	for i := range 20 {
		appends(event.MessageRemoved{Seqs: []int64{int64(280 + i)}, By: "moderator"}, 1)
		appends(event.MessagePosted{Text: "words"}, 1)
		if err := c.recent.Fill(t.Context(), chronicleLogs{w.Logs(), c}, c.at); err != nil {
			t.Fatal(err)
		}
	}
	if c.reads != 0 {
		t.Errorf("%d readings for 20 removals", c.reads)
	}
}
