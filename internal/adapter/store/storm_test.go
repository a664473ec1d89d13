//go:build storm

package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/moderation"
	"github.com/subspace-live/subspace/internal/domain/question"
	"github.com/subspace-live/subspace/internal/domain/room"
)

type patient struct{}

func (patient) Take(string) error { return nil }

// town is two channels and the people who act in them.
type town struct {
	*storetest.World
	t        *testing.T
	chat     *chat.Service
	bans     *moderation.Service
	q        *question.Service
	channels *channel.Service
	places   []ident.Channel
	owners   []ident.Account
	people   []ident.Account

	mu      sync.Mutex
	said    map[chat.Place]string // acknowledged messages
	removed map[chat.Place]bool   // acknowledged removals
	banned  map[access.Subject]bool
	asked   map[ident.Channel][]ident.Question
	acts    map[string]int
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := storetest.NewWorld(t)
	d := &town{
		World: w, t: t, said: map[chat.Place]string{}, removed: map[chat.Place]bool{}, banned: map[access.Subject]bool{},
		asked: map[ident.Channel][]ident.Question{}, acts: map[string]int{},
	}
	d.chat = chat.NewService(store.UnitOf(w.DB, func(tx *store.Tx) chat.Tx { return tx }), w.Clock.Now, patient{})
	d.bans = moderation.NewService(store.UnitOf(w.DB, func(tx *store.Tx) moderation.Tx { return tx }), w.IDs, w.Clock.Now)
	d.q = question.NewService(store.UnitOf(w.DB, func(tx *store.Tx) question.Tx { return tx }), w.IDs, w.Clock.Now, patient{},
		question.Rules{CleanText: chat.CleanText, CleanKey: chat.CleanKey, Author: chat.AuthorOf})
	d.channels = channel.NewService(store.UnitOf(w.DB, func(tx *store.Tx) channel.Tx { return tx }), w.IDs, w.Clock.Now, account.Fold)
	for i := range 2 {
		owner := w.Person(fmt.Sprintf("Owner %d", i))
		d.owners, d.places = append(d.owners, owner), append(d.places, w.Channel(owner))
	}
	for i := range 24 {
		p := w.Person(fmt.Sprintf("Person %d", i))
		for j, c := range d.places {
			if (i+j)%2 == 0 {
				w.Subscriber(c, p, i)
			}
		}
		d.people = append(d.people, p)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.chat.Run(ctx) }() // the cleanup waits
	t.Cleanup(func() { stop(); <-done })
	return d
}

// TestStormOfRandomActsLeavesEverythingTrue lets many people do anything at
// once and then looks whether all promises still hold.
func TestStormOfRandomActsLeavesEverythingTrue(t *testing.T) {
	d := newTown(t)
	seed := uint64(time.Now().UnixNano())
	const actors, each = 12, 250
	var all sync.WaitGroup
	for a := range actors {
		all.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(a)))
			for range each {
				d.act(r)
			}
		})
	}
	all.Wait()
	unbroken(t, d.URL)
	for i := range d.places {
		d.check(i)
	}
	fmt.Printf("    %d acts of seed %d: %v\n", actors*each, seed, d.acts)
	for _, act := range []string{"post", "remove", "ban", "ask", "air", "answer", "return", "skip", "space"} {
		if d.acts[act] == 0 {
			t.Errorf("nobody managed to %s: the storm proves little", act)
		}
	}
}

// act does one random thing. Refusals are fine; accidents are not.
func (d *town) act(r *rand.Rand) {
	ctx := context.Background()
	i := r.IntN(len(d.places))
	c, owner, who := d.places[i], d.owners[i], d.people[r.IntN(len(d.people))]
	at := room.Address{Channel: c, Audience: []room.Audience{room.Public, room.Space}[r.IntN(2)]}
	var err error
	name := ""
	switch n := r.IntN(100); {
	case n < 60:
		name = "post"
		text := fmt.Sprintf("words %d", r.Uint64())
		var receipt chat.Receipt
		if receipt, err = d.chat.Post(ctx, chat.Post{Address: at, Author: who, Key: fmt.Sprintf("key-%016x", r.Uint64()), Text: text}); err == nil {
			d.note(func() { d.said[chat.Place{Address: at, Seq: receipt.Event.Seq}] = text })
		}
	case n < 68:
		name = "remove"
		place, ok := d.anything(r, at)
		if !ok {
			return
		}
		if err = d.chat.Remove(ctx, owner, place); err == nil {
			d.note(func() { d.removed[place] = true })
		}
	case n < 70:
		name = "ban"
		if _, err = d.bans.Impose(ctx, owner, moderation.Order{Channel: c, Account: who, Kind: access.BlockBan}); err == nil {
			d.note(func() { d.banned[access.Subject{Account: who, Channel: c}] = true })
		}
	case n < 80:
		name = "ask"
		var q question.Question
		if q, err = d.q.Ask(ctx, question.Ask{Channel: c, Asker: who, Key: fmt.Sprintf("ask-%016x", r.Uint64()), Text: "why?", Anonymous: r.IntN(2) == 0}); err == nil {
			d.note(func() { d.asked[c] = append(d.asked[c], q.ID) })
		}
	case n < 98:
		name, err = d.moves(r, owner, c)
	default:
		name = "space"
		open := r.IntN(4) > 0
		_, err = d.channels.Change(ctx, owner, c, channel.Change{SpaceOpen: &open})
	}
	if err != nil && fault.Of(err) == nil {
		d.t.Errorf("%s: %v", name, err)
	}
	if err == nil {
		d.note(func() { d.acts[name]++ })
	}
}

func (d *town) moves(r *rand.Rand, owner ident.Account, c ident.Channel) (string, error) {
	d.mu.Lock()
	asked := d.asked[c]
	d.mu.Unlock()
	if len(asked) == 0 {
		return "air", fault.New(fault.Missing, "nothing_asked", "Nothing was asked.")
	}
	id := asked[r.IntN(len(asked))]
	var err error
	ctx := context.Background()
	if current, on, _ := d.q.Current(ctx, c, true); on && r.IntN(2) == 0 {
		id = current.ID
	}
	switch r.IntN(4) {
	case 0:
		_, err = d.q.PutOnAir(ctx, owner, c, id)
		return "air", err
	case 1:
		_, err = d.q.MarkAnswered(ctx, owner, c, id)
		return "answer", err
	case 2:
		_, err = d.q.PutBack(ctx, owner, c, id)
		return "return", err
	}
	_, err = d.q.Skip(ctx, owner, c, id)
	return "skip", err
}

func (d *town) note(f func()) { d.mu.Lock(); defer d.mu.Unlock(); f() }

// anything picks a message that was written.
func (d *town) anything(r *rand.Rand, at room.Address) (chat.Place, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []chat.Place
	for p := range d.said {
		if p.Address == at {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return chat.Place{}, false
	}
	return all[r.IntN(len(all))], true
}

// check compares one channel's logs with what was promised to those who acted.
func (d *town) check(i int) {
	d.t.Helper()
	c := d.places[i]
	gone := map[chat.Place]bool{}
	for _, a := range []room.Audience{room.Public, room.Space} {
		events := d.Events(c, a)
		for _, e := range events {
			if m, ok := event.As[event.MessageRemoved](e); ok {
				for _, seq := range m.Seqs {
					gone[chat.Place{Address: room.Address{Channel: c, Audience: a}, Seq: seq}] = true
				}
			}
		}
		for _, e := range events {
			place := chat.Place{Address: room.Address{Channel: c, Audience: a}, Seq: e.Seq}
			m, posted := event.As[event.MessagePosted](e)
			_, tomb := event.As[event.MessageTombstone](e)
			text, acknowledged := d.said[place]
			switch {
			case posted && (!acknowledged || m.Text != text):
				d.t.Errorf("%v holds %q, acknowledged was %q", place, m.Text, text)
			case posted && (gone[place] || d.removed[place]):
				d.t.Errorf("%v was removed and still says %q", place, m.Text)
			case posted && d.banned[access.Subject{Account: m.Author.ID, Channel: c}]:
				d.t.Errorf("%v is of somebody who was banned for ever: %q", place, m.Text)
			case tomb && !gone[place]:
				d.t.Errorf("%v is a tombstone that nobody was told of", place)
			}
		}
		for place, text := range d.said {
			if place.Channel != c || place.Audience != a {
				continue
			}
			if place.Seq > int64(len(events)) {
				d.t.Errorf("%q was acknowledged as %d; the log ends at %d", text, place.Seq, len(events))
			}
		}
	}
	d.checkOnAir(c)
	raw := d.Raw()
	for place := range d.removed {
		if place.Channel == c && strings.Contains(raw, `"`+d.said[place]+`"`) {
			d.t.Errorf("%v was removed and its words are stored", place)
		}
	}
}

// checkOnAir folds the public log and compares the result with the table.
func (d *town) checkOnAir(c ident.Channel) {
	d.t.Helper()
	var onAir []ident.Question
	for _, e := range d.Events(c, room.Public) {
		if aired, ok := event.As[event.QuestionAired](e); ok {
			onAir = append(onAir, aired.Question)
		}
		for _, done := range []ident.Question{answered(e), returned(e)} {
			onAir = slices.DeleteFunc(onAir, func(q ident.Question) bool { return q == done })
		}
		if len(onAir) > 1 {
			d.t.Fatalf("two questions on air after sequence %d", e.Seq)
		}
	}
	current, on, err := d.q.Current(context.Background(), c, true)
	if err != nil || on != (len(onAir) == 1) || (on && current.ID != onAir[0]) {
		d.t.Errorf("on air by the table is %q, by the log %v (%v)", current.ID, onAir, err)
	}
}

func answered(e event.Envelope) ident.Question {
	a, _ := event.As[event.QuestionAnswered](e)
	return a.Question
}

func returned(e event.Envelope) ident.Question {
	a, _ := event.As[event.QuestionReturned](e)
	return a.Question
}
