package app_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// asked is a question as its asker's page gets it.
type asked struct {
	ID, State, Audience, Room string
	Text                      string
	Votes                     int
	Voted                     bool
	Reply                     *struct{ Text string }
}

func asks(t *testing.T, p *apptest.Person, c apptest.Channel, more map[string]any) asked {
	t.Helper()
	in := map[string]any{"key": rand.Text(), "text": "How hot?"}
	for k, v := range more {
		in[k] = v
	}
	var q asked
	p.Do("POST", c.Path("/questions"), in).Into(t, &q)
	return q
}

// Forty people vote at once, at two nodes: the room is told what stands in the end,
// in a few frames that say how many and never who, and those outside nothing.
func TestARoomIsToldTotalsAndNeverVotes(t *testing.T) {
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
	yuna := a.SignUp("Yuna")
	yuna.Pays("atelier")
	inside := asks(t, yuna, c, nil)
	outside := asks(t, yuna, c, map[string]any{"room": "public"})
	k := c.Owner.Enters("atelier", "public", "space")
	far := yuna.At(b).Enters("atelier", "public", "space")
	free := a.SignUp("Free").At(b)
	page := free.Enters("atelier", "public")
	const voters = 40
	var all sync.WaitGroup
	began := time.Now()
	for i := range voters {
		who := a.Light(fmt.Sprintf("Voter %02d", i))
		all.Go(func() {
			for _, at := range []*apptest.Person{who, who.At(b)} { // the same person twice
				if err := at.Try("PUT", c.Path("/questions/"+outside.ID+"/vote"), nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	c.Owner.Do("PUT", c.Path("/questions/"+inside.ID+"/vote"), nil)
	all.Wait()
	total := func(q asked, n int) func(apptest.Frame) bool {
		return func(f apptest.Frame) bool { return f.Type == "votes" && f.Votes[q.ID] == n }
	}
	for who, s := range map[string]*apptest.Socket{"the owner": k, "at the other node": far, "a free account": page} {
		s.Await(who+": forty votes", total(outside, voters))
	}
	k.Await("one vote inside", total(inside, 1))
	far.Await("one vote inside", total(inside, 1))
	for _, s := range []*apptest.Socket{k, far, page} {
		n := 0
		for _, f := range s.Frames() {
			if f.Type != "votes" {
				continue
			}
			if _, is := f.Votes[outside.ID]; is {
				n++
			}
			if bytes.Contains(f.Raw, []byte("Voter")) {
				t.Errorf("a frame names somebody: %s", f.Raw)
			}
		}
		if most := int(time.Since(began)/(250*time.Millisecond)) + 2; n > most {
			t.Errorf("%d frames of one question in %v", n, time.Since(began))
		}
	}
	if free.Saw(inside.ID) {
		t.Error("a free account was told of a question inside")
	}
	var list struct{ Questions []asked }
	yuna.At(b).Do("GET", c.Path("/questions"), nil).Into(t, &list)
	if len(list.Questions) != 2 || list.Questions[0].ID != outside.ID || list.Questions[0].Votes != voters || list.Questions[1].Voted {
		t.Errorf("the list: %+v", list.Questions)
	}
}

// A question that is for subscribers only is voted for, moved, put on air, answered
// in text and on camera, and merged: a free account, a stranger and the overlay are
// told nothing of it, by any way.
func TestNothingOfAPrivateQuestionReachesOutsiders(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna, rae := s.SignUp("Yuna Sentinel"), s.SignUp("Rae Sentinel")
	for _, p := range []*apptest.Person{yuna, rae} {
		p.Pays("atelier")
	}
	var overlay struct{ Secret string }
	c.Owner.Do("POST", c.Path("/overlay"), nil).Into(t, &overlay)
	layer := s.Stranger()
	lk := layer.Connects()
	if _, err := lk.Calls(map[string]any{"type": "enter", "overlay": overlay.Secret, "room": "public"}); err != nil {
		t.Fatal(err)
	}
	outsiders := map[string]*apptest.Person{"a stranger": s.Stranger(), "a light account": s.Light("Nora"), "a free account": s.SignUp("Free"), "the overlay": layer}
	sockets := map[string]*apptest.Socket{"the overlay": lk}
	for who, p := range outsiders {
		if who != "the overlay" {
			sockets[who] = p.Enters("atelier", "public")
		}
	}
	private := func(text string) asked {
		return asks(t, yuna, c, map[string]any{"text": text, "audience": "space"})
	}
	look := func() {
		t.Helper()
		for _, p := range outsiders {
			for _, path := range []string{
				c.Path(""), "/api/channels", c.Path("/questions"), c.Path("/questions?room=public"), c.Path("/questions?room=public&state=answered"),
				c.Path("/questions?room=public&state=skipped"), c.Path("/questions?room=public&state=on_air"), c.Path("/questions?state=on_air"),
				c.Path("/attention"), c.Path("/rooms/public/events"), c.Path("/rooms/space/events"), "/api/overlay/" + overlay.Secret, "/api/account/export", "/c/atelier",
			} {
				if _, err := p.Ask("GET", path, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	one, two, three := private("sentinel one"), private("sentinel two"), private("sentinel three")
	do := func(by *apptest.Person, method, path string, in any) { by.Do(method, c.Path("/questions/"+path), in) }
	do(rae, "PUT", one.ID+"/vote", nil)
	do(c.Owner, "PUT", two.ID+"/place", map[string]any{"index": 0})
	look()
	do(c.Owner, "POST", one.ID+"/air", nil)
	look()
	do(c.Owner, "POST", one.ID+"/answer", nil)
	do(c.Owner, "POST", two.ID+"/merge", map[string]any{"into": three.ID})
	do(c.Owner, "POST", three.ID+"/text", map[string]any{"text": "sentinel reply"})
	look()
	for _, p := range outsiders {
		for _, id := range []string{one.ID, three.ID} {
			for _, r := range [][2]string{{"PUT", "/vote"}, {"DELETE", "/vote"}, {"POST", "/told"}, {"POST", "/text"}, {"POST", "/merge"}, {"PUT", "/place"}, {"POST", "/air"}} {
				if a, err := p.Ask(r[0], c.Path("/questions/"+id+r[1]), map[string]any{"text": "x", "into": one.ID, "index": 0}); err != nil || (a.Status < 300 && r[1] != "/told") {
					t.Errorf("%s %s: %d %v", r[0], r[1], a.Status, err)
				}
			}
		}
	}
	last := asks(t, rae, c, map[string]any{"text": "the last words", "room": "public"})
	do(c.Owner, "POST", last.ID+"/air", nil)
	for who, k := range sockets {
		k.Await(who+" hears what is public", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "question.aired" })
	}
	for _, word := range []string{"sentinel one", "sentinel two", "sentinel three", "sentinel reply", "Yuna Sentinel", one.ID, two.ID, three.ID, `"waiting":3`} {
		for who, p := range outsiders {
			if p.Saw(word) {
				t.Errorf("%s was told %q", who, word)
			}
		}
	}
	rae.Do("GET", c.Path("/questions?state=answered"), nil)
	rae.Do("GET", c.Path("/rooms/space/events?after=0"), nil)
	for _, word := range []string{"sentinel one", "sentinel reply", one.ID} {
		if !rae.Saw(word) {
			t.Errorf("the scan does not find %q with a subscriber: it proves nothing", word)
		}
	}
}

// Whose question is answered hears of it at once on an open page, finds it on the
// next visit, and is told once.
func TestTheAskerIsToldOnce(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	nora := s.Light("Nora")
	page, other := nora.Enters("atelier", "public"), s.SignUp("Other").Enters("atelier", "public")
	q := asks(t, nora, c, map[string]any{"room": "public"})
	var me struct {
		Me struct{ Answered []asked }
	}
	read := func() []asked {
		t.Helper()
		nora.Do("GET", c.Path(""), nil).Into(t, &me)
		return me.Me.Answered
	}
	if got := read(); len(got) != 0 {
		t.Errorf("told before there is an answer: %+v", got)
	}
	c.Owner.Do("POST", c.Path("/questions/"+q.ID+"/text"), map[string]any{"text": "Cone 6"})
	page.Await("word of the answer", apptest.Type("standing", ""))
	if got := read(); len(got) != 1 || got[0].ID != q.ID || got[0].Reply == nil || got[0].Reply.Text != "Cone 6" {
		t.Errorf("on the page: %+v", got)
	}
	nora.Do("POST", c.Path("/questions/"+q.ID+"/told"), nil)
	if got := read(); len(got) != 0 {
		t.Errorf("told again: %+v", got)
	}
	other.Await("the answer", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "question.replied" })
	for _, f := range other.Frames() {
		if f.Type == "standing" || strings.Contains(string(f.Raw), nora.ID) && f.Event.Kind != "question.asked" {
			t.Errorf("somebody else is told: %s", f.Raw)
		}
	}
}

// With its live a question goes off the air, everywhere, and waits for the next.
func TestAQuestionDoesNotStayOnAirWithoutALive(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	nora := s.Light("Nora")
	c.GoesLive(s)
	q := asks(t, nora, c, map[string]any{"room": "public"})
	c.Owner.Do("POST", c.Path("/questions/"+q.ID+"/air"), nil)
	var before struct {
		OnAir *struct{ Question string } `json:"on_air"`
	}
	nora.Do("GET", c.Path(""), nil).Into(t, &before)
	if before.OnAir == nil || before.OnAir.Question != q.ID {
		t.Fatalf("on air: %+v", before.OnAir)
	}
	c.Owner.Do("POST", c.Path("/live/end"), nil)
	after := before
	after.OnAir = nil
	nora.Do("GET", c.Path(""), nil).Into(t, &after)
	if after.OnAir != nil {
		t.Errorf("still on air: %+v", after.OnAir)
	}
	var waiting struct{ Questions []asked }
	c.Owner.Do("GET", c.Path("/questions"), nil).Into(t, &waiting)
	if len(waiting.Questions) != 1 || waiting.Questions[0].State != "waiting" {
		t.Errorf("in the queue: %+v", waiting.Questions)
	}
	var kinds []string
	for _, e := range nora.History("atelier", "public", 0) {
		kinds = append(kinds, e.Kind)
	}
	if n := len(kinds); n < 2 || kinds[n-2] != "question.returned" || kinds[n-1] != "live.ended" {
		t.Errorf("the public room was told %v", kinds)
	}
}
