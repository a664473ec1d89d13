package app_test

import (
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// threadOf opens a thread and returns its name.
func threadOf(t *testing.T, c apptest.Channel, want map[string]any) string {
	t.Helper()
	var th struct{ ID string }
	c.Owner.Do("POST", c.Path("/threads"), want).Into(t, &th)
	return th.ID
}

// entersThread goes into a thread by socket.
func entersThread(k *apptest.Socket, thread string) error {
	_, err := k.Calls(map[string]any{"type": "enter", "channel": "atelier", "room": "thread", "thread": thread})
	return err
}

func inThread(thread, text string) func(apptest.Frame) bool {
	return func(f apptest.Frame) bool {
		return f.Type == "event" && f.Room == "thread" && f.Thread == thread && f.Event.Data.Text == text
	}
}

// A subscriber's reply appears in its thread only, on every door, and is still
// there after a restart.
func TestAThreadHoldsItsOwnWords(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna, noa := s.SignUp("Yuna"), s.SignUp("Noa")
	yuna.Pays("atelier")
	noa.Pays("atelier")
	glazes, kilns := threadOf(t, c, map[string]any{"title": "Glazes"}), threadOf(t, c, map[string]any{"prompt": "introduce"})
	inside := noa.Enters("atelier", "public", "space")
	if err := entersThread(inside, glazes); err != nil {
		t.Fatal(err)
	}
	if err := entersThread(inside, kilns); err != nil {
		t.Fatal(err)
	}
	mark := inside.Mark()
	words, reply := "words "+rand.Text(), "reply "+rand.Text()
	var posted struct{ Seq int64 }
	yuna.Do("POST", c.Path("/threads/"+glazes+"/messages"), map[string]any{"key": rand.Text(), "text": words}).Into(t, &posted)
	if _, err := inside.Calls(map[string]any{
		"type": "post", "channel": "atelier", "room": "thread", "thread": glazes, "key": rand.Text(), "text": reply, "reply_to": posted.Seq,
	}); err != nil {
		t.Fatal(err)
	}
	inside.Since(mark, "the reply", inThread(glazes, reply))
	moved := inside.Since(mark, "which threads moved", func(f apptest.Frame) bool {
		return f.Type == "threads" && len(f.Moved) == 1 && f.Moved[0].Last != nil && f.Moved[0].Last.Text == reply
	})
	if moved.Moved[0].Thread != glazes {
		t.Errorf("moved: %+v", moved.Moved)
	}
	for _, f := range inside.Frames()[mark:] {
		if f.Type == "event" && (f.Room != "thread" || f.Thread != glazes) {
			t.Errorf("heard in %s %s: %s", f.Room, f.Thread, f.Raw)
		}
	}
	s.Stop()
	s = apptest.Start(t, apptest.Options{Data: s.Data, Database: s.Database})
	yuna = yuna.At(s)
	var log struct {
		Events []apptest.Event
	}
	yuna.Do("GET", c.Path("/threads/"+glazes+"/events"), nil).Into(t, &log)
	if len(log.Events) != 3 || log.Events[1].Data.Text != words || log.Events[2].Data.Text != reply {
		t.Errorf("after a restart: %+v", log.Events)
	}
}

// To somebody whose tier does not open it, and to everybody outside, a thread does
// not exist: on no door, by no list, in no passing frame.
func TestAThreadOfATierLeavesNoTrace(t *testing.T) {
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
	sockets := map[*apptest.Person]*apptest.Socket{
		rich: rich.Enters("atelier", "public", "space"), yuna: yuna.Enters("atelier", "public", "space"), free: free.Enters("atelier", "public"),
	}
	title, words := sentinel("title"), sentinel("words")
	thread := threadOf(t, c, map[string]any{"title": title, "level": 2})
	if err := entersThread(sockets[rich], thread); err != nil {
		t.Fatal(err)
	}
	mark := sockets[rich].Mark()
	rich.Do("POST", c.Path("/threads/"+thread+"/messages"), map[string]any{"key": rand.Text(), "text": words})
	sockets[rich].Since(mark, "the words", inThread(thread, words))

	for p, want := range map[*apptest.Person]string{yuna: "thread_missing", free: "subscribers_only"} {
		for _, id := range []string{thread, "06h0000000000000000000000"} { // whether it exists or not
			for _, try := range []struct {
				method, path string
				in           any
			}{
				{"GET", "/events", nil},
				{"POST", "/messages", map[string]any{"key": rand.Text(), "text": "in?"}},
				{"DELETE", "/messages/1", nil},
				{"PUT", "/reading", map[string]any{"seq": 1}},
				{"GET", "/stream", nil},
			} {
				if p == yuna && try.path == "/stream" {
					continue // begins, and is refused by a frame: below
				}
				if reason := p.Refused(try.method, c.Path("/threads/"+id+try.path), try.in); reason != want {
					t.Errorf("%s %s %s: %s, want %s", p.Name, try.method, try.path, reason, want)
				}
			}
			var refused *apptest.Problem
			if err := entersThread(sockets[p], id); !errors.As(err, &refused) || refused.Reason != want {
				t.Errorf("%s enters %s: %v", p.Name, id, err)
			}
		}
	}
	// Those inside are told in turn what moves: this one comes after what may not.
	all := threadOf(t, c, map[string]any{"title": "for all"})
	c.Owner.Do("POST", c.Path("/threads/"+all+"/messages"), map[string]any{"key": rand.Text(), "text": "for all"})
	sockets[yuna].Await("which threads moved", func(f apptest.Frame) bool {
		return f.Type == "threads" && strings.Contains(string(f.Raw), all)
	})
	yuna.Do("GET", c.Path("/threads"), nil)
	yuna.Do("GET", c.Path("/threads?archived=true"), nil)
	yuna.History("atelier", "space", 0)
	rich.Do("GET", c.Path("/threads"), nil)
	// What all may know is the last word; whoever has it has missed nothing before.
	last := sentinel("last")
	rich.Posts("atelier", "space", last)
	sockets[yuna].Hears("space", last)
	for what, secret := range map[string]string{"the title": title, "the words": words} {
		if !rich.Saw(secret) {
			t.Errorf("%s reached nobody: nothing could have leaked", what)
		}
		for _, p := range []*apptest.Person{yuna, free} {
			if p.Saw(secret) {
				t.Errorf("%s received %s", p.Name, what)
			}
		}
	}
	if slices.ContainsFunc(yuna.Received(), func(b []byte) bool { return strings.Contains(string(b), thread) }) {
		t.Error("the name of the thread reached somebody of the first tier, who had to guess it")
	}
}

// Whose right is lost hears nothing more of a thread: the door closes behind them,
// by socket and by event stream.
func TestALostRightShutsThreads(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	thread := threadOf(t, c, map[string]any{"title": "Glazes"})
	for what, lose := range map[string]func(*apptest.Person){
		"ban": c.Bans,
		"refund": func(p *apptest.Person) {
			sale := saleTo(t, c, p)
			c.Owner.Do("POST", c.Path("/sales/"+sale.Provider+"/"+sale.ID+"/refund"), map[string]any{})
		},
	} {
		yuna := s.SignUp("Yuna " + what)
		yuna.Pays("atelier")
		socket := yuna.Connects()
		if err := entersThread(socket, thread); err != nil {
			t.Fatal(err)
		}
		stream, err := yuna.ListensTo("/api/channels/atelier/threads/" + thread + "/stream")
		if err != nil {
			t.Fatal(err)
		}
		stream.Await("the stream is open", apptest.Type("entered", "thread"))
		lose(yuna)
		after := sentinel("after")
		c.Owner.Do("POST", c.Path("/threads/"+thread+"/messages"), map[string]any{"key": rand.Text(), "text": after})
		for _, k := range []*apptest.Socket{socket, stream} {
			if f := k.Await("the thread closes", apptest.Type("closed", "thread")); f.Thread != thread {
				t.Errorf("%s: closed %s", what, f.Raw)
			}
		}
		if yuna.Saw(after) {
			t.Errorf("%s: words that came later were received", what)
		}
		if reason := yuna.Refused("GET", c.Path("/threads"), nil); reason == "" {
			t.Errorf("%s: threads are still listed", what)
		}
	}
}

// Who keeps a lower tier stays inside, and loses what was for the higher one.
func TestALostTierShutsItsThreadsOnly(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	kiln := c.SellsDearer()
	all, few := threadOf(t, c, map[string]any{"title": "for all"}), threadOf(t, c, map[string]any{"title": "for few", "level": 2})
	yuna := s.SignUp("Yuna")
	yuna.Pays("atelier")
	var right struct{ ID string }
	c.Owner.Do("POST", c.Path("/rights"), map[string]any{"key": rand.Text(), "name": "Yuna", "source": "comp", "months": 1, "tier": kiln}).Into(t, &right)
	k := yuna.Enters("atelier", "space")
	for _, id := range []string{all, few} {
		apptest.Eventually(t, "the thread is not open", func() bool { return entersThread(k, id) == nil })
	}
	c.Owner.Do("DELETE", c.Path("/rights/"+right.ID), nil)
	if f := k.Await("the thread of the tier closes", apptest.Type("closed", "thread")); f.Thread != few {
		t.Errorf("closed %s", f.Raw)
	}
	said, hidden := sentinel("said"), sentinel("hidden")
	c.Owner.Do("POST", c.Path("/threads/"+few+"/messages"), map[string]any{"key": rand.Text(), "text": hidden})
	c.Owner.Do("POST", c.Path("/threads/"+all+"/messages"), map[string]any{"key": rand.Text(), "text": said})
	k.Await("what is for all", inThread(all, said))
	if yuna.Saw(hidden) {
		t.Error("words of the lost tier were received")
	}
	for _, f := range k.Frames() {
		if f.Type == "closed" && f.Thread != few {
			t.Errorf("closed too: %s", f.Raw)
		}
	}
}
