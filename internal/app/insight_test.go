package app_test

import (
	"crypto/rand"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

type figures struct {
	Broadcast string
	Ended     *time.Time
	Messages  struct{ Public, Space int }
	Followers int
	SignUps   int `json:"sign_ups"`
	Gifts     int
	Sales     []struct {
		Count int
		Paid  struct {
			Minor    int64
			Currency string
		}
	}
}

func figuresOf(t testing.TB, c apptest.Channel) (f figures) {
	t.Helper()
	c.Owner.Do("GET", c.Path("/figures"), nil).Into(t, &f)
	return f
}

// recounted counts in logs what happened after the live began: what the figures
// must equal. Those of the Sub Space are given from where they stood then.
func recounted(public, space, thread []apptest.Event) (f figures) {
	began := slices.IndexFunc(public, func(e apptest.Event) bool { return e.Kind == "live.started" })
	count := func(log []apptest.Event, kind string) (n int) {
		for _, e := range log {
			if e.Kind == kind {
				n++
			}
		}
		return n
	}
	for _, e := range public[began:] {
		if e.Kind == "live.ended" {
			break
		}
		if e.Kind == "message.posted" {
			f.Messages.Public++
		}
		if e.Kind == "gift.given" {
			f.Gifts += e.Data.People
		}
	}
	f.Messages.Space = count(space, "message.posted") + count(thread, "message.posted")
	return f
}

// While a live goes on its figures equal what can be counted in the logs and the
// sales; what was before it and what comes after it is not in them.
func TestTheFiguresOfALiveAreARecount(t *testing.T) {
	t.Parallel() // it waits for an encoder
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	early, bea, cy, max := s.SignUp("Early"), s.SignUp("Bea"), s.SignUp("Cy"), s.SignUp("Max")
	if reason := c.Owner.Refused("GET", c.Path("/figures"), nil); reason != "broadcast_missing" {
		t.Errorf("before the first live: %s", reason)
	}
	early.Pays("atelier")
	early.Posts("atelier", "space", "before")
	early.Posts("atelier", "public", "before")
	early.Do("PUT", c.Path("/follow"), nil)
	var thread struct{ ID string }
	c.Owner.Do("POST", c.Path("/threads"), map[string]any{"title": "Glazes", "kind": "topic"}).Into(t, &thread)
	into := func(p *apptest.Person, text string) {
		p.Do("POST", c.Path("/threads/"+thread.ID+"/messages"), map[string]any{"key": rand.Text(), "text": text})
	}
	into(early, "before")
	before := early.History("atelier", "space", 0)

	c.GoesLive(s)
	if at := figuresOf(t, c); at.Messages.Public+at.Messages.Space+at.Followers+at.SignUps+at.Gifts+len(at.Sales) != 0 {
		t.Errorf("a live that has just begun: %+v", at)
	}
	for _, p := range []*apptest.Person{cy, max} {
		p.Posts("atelier", "public", "hello")
	}
	gone := max.Posts("atelier", "public", "rude")
	c.Owner.Do("DELETE", c.Path("/rooms/public/messages/"+strconv.FormatInt(gone, 10)), nil)
	bea.Pays("atelier")
	bea.Posts("atelier", "space", "inside")
	into(bea, "in a thread")
	for range 2 {
		max.Do("PUT", c.Path("/follow"), nil)
		max.Do("DELETE", c.Path("/follow"), nil)
	}
	gives(t, bea, c, map[string]any{"people": 2, "named": true})

	var inThread struct{ Events []apptest.Event }
	bea.Do("GET", c.Path("/threads/"+thread.ID+"/events"), nil).Into(t, &inThread)
	want := recounted(max.History("atelier", "public", 0), bea.History("atelier", "space", before[len(before)-1].Seq),
		inThread.Events[len(inThread.Events)-1:])
	at := figuresOf(t, c)
	if at.Messages != want.Messages || at.Gifts != want.Gifts {
		t.Errorf("figures %+v, counted in the logs %+v", at, want)
	}
	if at.Messages.Public != 2 || at.Messages.Space != 2 || at.Followers != 1 || at.Gifts != 2 || at.SignUps != 1 {
		t.Errorf("figures %+v", at)
	}
	if len(at.Sales) != 1 || at.Sales[0].Count != 2 || at.Sales[0].Paid.Minor != 3*499 || at.Sales[0].Paid.Currency != "EUR" {
		t.Errorf("sales %+v", at.Sales)
	}

	sale := saleTo(t, c, bea)
	c.Owner.Do("POST", c.Path("/sales/"+sale.Provider+"/"+sale.ID+"/refund"), map[string]any{})
	apptest.Eventually(t, "what was paid back is still counted", func() bool { return figuresOf(t, c).Sales[0].Paid.Minor < 3*499 })
	c.Owner.Do("POST", c.Path("/live/end"), nil)
	ended := figuresOf(t, c)
	max.Posts("atelier", "public", "after")
	if after := figuresOf(t, c); ended.Ended == nil || after.Broadcast != at.Broadcast || after.Messages != ended.Messages {
		t.Errorf("after the end %+v, at the end %+v", after, ended)
	}
	for who, p := range map[string]*apptest.Person{"a subscriber": early, "nobody": s.Stranger()} {
		if err := p.Try("GET", c.Path("/figures"), nil, nil); err == nil {
			t.Errorf("%s reads the figures", who)
		}
	}
}
