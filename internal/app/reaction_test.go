package app_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

type reactions struct {
	Seq    int64
	Counts map[string]int
	Mine   []string
}

// reactTo is where a reaction to a message of a room is.
func reactTo(c apptest.Channel, room string, seq int64, emoji string) string {
	return c.Path("/" + room + "/messages/" + strconv.FormatInt(seq, 10) + "/reactions/" + emoji)
}

func stirred(room string, seq int64, emoji string, n int) func(apptest.Frame) bool {
	return func(f apptest.Frame) bool {
		return f.Type == "reactions" && f.Room == room && f.Reactions[seq] != nil && f.Reactions[seq][emoji] == n
	}
}

// Forty people react at once, at two nodes: the room is told what stands in the end
// within a second, in a few frames that say how many and never who; whoever comes
// later reads the same; the log has nothing of it.
func TestARoomIsToldReactionsAndNeverWhose(t *testing.T) {
	t.Parallel() // it waits for real time
	nats, db := natsServer(t), storetest.URL(t)
	node := func(name string) *apptest.Server {
		return apptest.Start(t, apptest.Options{Database: db, Args: []string{"--nats", "nats://" + nats, "--node", name}})
	}
	a := node("a")
	b := a
	if onPostgres() { // SQLite belongs to one process
		b = node("b")
	}
	c := a.Found("atelier")
	seq := c.Owner.Posts("atelier", "public", "hello")
	events := len(c.Owner.History("atelier", "public", 0))
	near, far := c.Owner.Enters("atelier", "public"), a.SignUp("Far").At(b).Enters("atelier", "public")
	const people = 40
	var all sync.WaitGroup
	began := time.Now()
	for i := range people {
		who := a.Light(fmt.Sprintf("Reader %02d", i))
		all.Go(func() {
			for _, at := range []*apptest.Person{who, who.At(b)} { // the same person twice
				if err := at.Try("PUT", reactTo(c, "rooms/public", seq, "fire"), nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	last := time.Now()
	for who, k := range map[string]*apptest.Socket{"near": near, "far": far} {
		f := k.Await(who+": forty", stirred("public", seq, "fire", people))
		if d := f.At.Sub(last); d > time.Second {
			t.Errorf("%s: told %v after the last one", who, d)
		}
		n := 0
		for _, f := range k.Frames() {
			if f.Type != "reactions" {
				continue
			}
			if n++; bytes.Contains(f.Raw, []byte("Reader")) || bytes.Contains(f.Raw, []byte("account")) {
				t.Errorf("a frame says who: %s", f.Raw)
			}
		}
		if most := int(time.Since(began)/(250*time.Millisecond)) + 2; n > most {
			t.Errorf("%s: %d frames in %v", who, n, time.Since(began))
		}
	}
	var mine reactions
	c.Owner.Do("PUT", reactTo(c, "rooms/public", seq, "heart"), nil).Into(t, &mine)
	if mine.Counts["fire"] != people || mine.Counts["heart"] != 1 || apptest.JSON(mine.Mine) != `["heart"]` {
		t.Errorf("answered %+v", mine)
	}
	c.Owner.Do("DELETE", reactTo(c, "rooms/public", seq, "heart"), nil)
	for who, p := range map[string]*apptest.Person{"a stranger": a.Stranger(), "at the other node": c.Owner.At(b)} {
		var page struct{ Reactions []reactions }
		p.Do("GET", c.Path("/rooms/public/events"), nil).Into(t, &page)
		var list struct{ Reactions []reactions }
		p.Do("GET", c.Path("/rooms/public/reactions?from=1&to=100"), nil).Into(t, &list)
		want := fmt.Sprintf(`[{"Seq":%d,"Counts":{"fire":%d},"Mine":[]}]`, seq, people)
		if apptest.JSON(page.Reactions) != want || apptest.JSON(list.Reactions) != want {
			t.Errorf("%s reads %s and %s", who, apptest.JSON(page.Reactions), apptest.JSON(list.Reactions))
		}
	}
	if got := len(c.Owner.History("atelier", "public", 0)); got != events {
		t.Errorf("the log has %d events, it had %d: reactions are none", got, events)
	}
}

// Nothing of reactions inside reaches those outside, nor of a tier's thread those of
// a lower tier: no number, no name, no frame, and refusals that say nothing.
func TestReactionsInsideLeaveNoTrace(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	kiln := c.SellsDearer()
	rich, yuna, free := s.SignUp("Rich"), s.SignUp("Yuna"), s.SignUp("Free")
	if err := rich.Buy("atelier", "4242424242424242", map[string]any{"tier": kiln}); err != nil {
		t.Fatal(err)
	}
	yuna.Pays("atelier")
	apptest.Eventually(t, "not inside", func() bool { return rich.Standing("atelier").Inside })
	thread := threadOf(t, c, map[string]any{"title": "for few", "level": 2, "kind": "update"})
	inSpace := c.Owner.Posts("atelier", "space", "inside")
	var posted struct{ Seq int64 }
	c.Owner.Do("POST", c.Path("/threads/"+thread+"/messages"), map[string]any{"key": rand.Text(), "text": "an update"}).Into(t, &posted)
	inside, below, outside := rich.Enters("atelier", "public", "space"), yuna.Enters("atelier", "public", "space"), free.Enters("atelier", "public")
	if err := entersThread(inside, thread); err != nil {
		t.Fatal(err)
	}
	// An update is the creator's to write, and everybody's who reads it to react to.
	rich.Do("PUT", reactTo(c, "threads/"+thread, posted.Seq, "sad"), nil)
	rich.Do("PUT", reactTo(c, "rooms/space", inSpace, "wow"), nil)
	f := inside.Await("the update", stirred("thread", posted.Seq, "sad", 1))
	if f.Thread != thread {
		t.Errorf("told in %s", f.Raw)
	}
	below.Await("the room", stirred("space", inSpace, "wow", 1))
	for p, want := range map[*apptest.Person][2]string{yuna: {"", "thread_missing"}, free: {"subscribers_only", "subscribers_only"}} {
		for _, r := range []struct{ method, room, thread string }{
			{"PUT", reactTo(c, "rooms/space", inSpace, "clap"), reactTo(c, "threads/"+thread, posted.Seq, "clap")},
			{"DELETE", reactTo(c, "rooms/space", inSpace, "clap"), reactTo(c, "threads/"+thread, posted.Seq, "clap")},
			{"GET", c.Path("/rooms/space/reactions?to=100"), c.Path("/threads/" + thread + "/reactions?to=100")},
		} {
			if want[0] != "" {
				if got := p.Refused(r.method, r.room, nil); got != want[0] {
					t.Errorf("%s, %s of the room: %s", p.Name, r.method, got)
				}
			}
			if got := p.Refused(r.method, r.thread, nil); got != want[1] {
				t.Errorf("%s, %s of the thread: %s", p.Name, r.method, got)
			}
		}
	}
	// What everybody may know is the last word: who has it has missed nothing before.
	public := c.Owner.Posts("atelier", "public", "hello")
	rich.Do("PUT", reactTo(c, "rooms/public", public, "heart"), nil)
	for _, k := range []*apptest.Socket{below, outside} {
		k.Await("what is public", stirred("public", public, "heart", 1))
	}
	for p, never := range map[*apptest.Person][]string{yuna: {`"sad"`}, free: {`"sad"`, `"wow"`}} {
		for _, word := range never {
			if p.Saw(word) {
				t.Errorf("%s was told of %s", p.Name, word)
			}
		}
	}
	// The right is lost, and with it the reactions of the room, also one's own.
	c.Bans(yuna)
	if got := yuna.Refused("PUT", reactTo(c, "rooms/space", inSpace, "clap"), nil); got != "banned" {
		t.Errorf("banned: %s", got)
	}
	var doc struct {
		Reactions []struct{ Channel, Room, Emoji string }
	}
	if err := json.Unmarshal(rich.Do("GET", "/api/account/export", nil).Body, &doc); err != nil || len(doc.Reactions) != 3 {
		t.Errorf("in the own data: %+v %v", doc.Reactions, err)
	}
	if body := string(c.Owner.Do("GET", "/api/account/export", nil).Body); strings.Contains(body, `"sad"`) {
		t.Error("the creator's data hold somebody else's reaction")
	}
}
