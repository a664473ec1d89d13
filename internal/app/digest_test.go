package app_test

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// later is the real clock, which can be put forward.
type later struct{ by atomic.Int64 }

func (l *later) Now() time.Time { return time.Now().Add(time.Duration(l.by.Load())) }

func (l *later) Passes(d time.Duration) { l.by.Add(int64(d)) }

type missed struct {
	Since, Until  string
	Worth         bool
	Mentions      []struct{ Name, Text string }
	Updates       []struct{ ID, Text string }
	Polls         []struct{ ID, Question string }
	Answers       []struct{ Text, Reply string }
	Threads       []struct{ Title string }
	Missed        int
	MissedThreads int `json:"missed_threads"`
}

func comesTo(p *apptest.Person, c apptest.Channel) { p.Do("PUT", c.Path("/visit"), nil) }

func missedBy(t *testing.T, p *apptest.Person, c apptest.Channel) (d missed) {
	t.Helper()
	p.Do("GET", c.Path("/digest"), nil).Into(t, &d)
	return d
}

func postsInto(p *apptest.Person, c apptest.Channel, thread, text string) {
	p.Do("POST", c.Path("/threads/"+thread+"/messages"), map[string]any{"key": rand.Text(), "text": text})
}

// What happened while a subscriber was away is told when they are back, on all
// their devices and after a restart, until they put it away on one.
func TestWhatWasMissedIsToldUntilItIsPutAway(t *testing.T) {
	t.Parallel() // it waits for real time
	clock := &later{}
	s := apptest.Start(t, apptest.Options{Now: clock.Now})
	c := s.Found("atelier")
	yuna, noa := s.SignUp("Yuna"), s.SignUp("Noa")
	yuna.Pays("atelier")
	noa.Pays("atelier")
	comesTo(yuna, c)
	if d := missedBy(t, yuna, c); d.Worth {
		t.Errorf("somebody new is told %+v", d)
	}
	clock.Passes(26 * time.Hour)
	update := threadOf(t, c, map[string]any{"title": "News", "kind": "update"})
	postsInto(c.Owner, c, update, "the kiln is lit")
	for i := range 8 {
		noa.Posts("atelier", "space", fmt.Sprint("small talk ", i))
	}
	clock.Passes(time.Hour)
	comesTo(yuna, c)
	s.Stop()
	s = apptest.Start(t, apptest.Options{Now: clock.Now, Data: s.Data, Database: s.Database})
	phone, c := yuna.At(s), apptest.Channel{Handle: c.Handle, Owner: c.Owner.At(s)}
	d := missedBy(t, phone, c)
	if !d.Worth || len(d.Updates) != 1 || d.Updates[0].ID != update || d.Updates[0].Text != "the kiln is lit" || d.Missed != 8 {
		t.Errorf("told %+v", d)
	}
	phone.Do("POST", c.Path("/digest/told"), map[string]any{"until": d.Until})
	if d := missedBy(t, yuna.At(s), c); d.Worth || d.Missed != 0 {
		t.Errorf("told again: %+v", d)
	}
	if reason := phone.Refused("POST", c.Path("/digest/told"), map[string]any{"until": "soon"}); reason != "request_invalid" {
		t.Errorf("no moment: %s", reason)
	}
}

// accountOf is a person's name for the server.
func accountOf(t *testing.T, p *apptest.Person) string {
	t.Helper()
	var session struct{ Account struct{ ID string } }
	p.Do("GET", "/api/session", nil).Into(t, &session)
	return session.Account.ID
}

// A mention by socket reaches the one who is meant in the message and in their
// digest, and nobody who may not read the room hears of one.
func TestAMentionReachesWhomItMeans(t *testing.T) {
	t.Parallel() // it waits for real time
	clock := &later{}
	s := apptest.Start(t, apptest.Options{Now: clock.Now})
	c := s.Found("atelier")
	kiln := c.SellsDearer()
	rich, yuna, free := s.SignUp("Rich"), s.SignUp("Yuna"), s.SignUp("Free")
	if err := rich.Buy("atelier", "4242424242424242", map[string]any{"tier": kiln}); err != nil {
		t.Fatal(err)
	}
	yuna.Pays("atelier")
	apptest.Eventually(t, "not inside", func() bool { return rich.Standing("atelier").Inside })
	comesTo(yuna, c)
	clock.Passes(time.Hour)
	few := threadOf(t, c, map[string]any{"title": "for few", "level": 2})
	said, secret := sentinel("said"), sentinel("secret")
	ids := []string{accountOf(t, yuna), accountOf(t, free)}
	outside, inside := free.Enters("atelier", "public"), rich.Enters("atelier", "public", "space")
	if err := entersThread(inside, few); err != nil {
		t.Fatal(err)
	}
	mark := inside.Mark()
	text := func(words string) string { return "@Yuna @Free " + words }
	for _, at := range []map[string]any{{"room": "space", "text": text(said)}, {"room": "thread", "thread": few, "text": text(secret)}} {
		at["type"], at["channel"], at["key"], at["mentions"] = "post", "atelier", rand.Text(), ids
		if _, err := inside.Calls(at); err != nil {
			t.Fatal(err)
		}
	}
	meant := inside.Since(mark, "the words", func(f apptest.Frame) bool {
		return f.Type == "event" && f.Room == "space" && f.Event.Data.Text == text(said)
	})
	if raw := string(meant.Raw); !strings.Contains(raw, `"mentions":[{"id":"`+ids[0]+`","name":"Yuna"},{"id":"`+ids[1]+`","name":"Free"}]`) {
		t.Errorf("told: %s", raw)
	}
	hidden := inside.Since(mark, "the words in the thread", inThread(few, text(secret)))
	if !strings.Contains(string(hidden.Raw), `"name":"Yuna"`) || !strings.Contains(string(hidden.Raw), `"name":"Free"`) {
		t.Errorf("a mention tells who may read it: %s", hidden.Raw)
	}
	clock.Passes(time.Hour)
	comesTo(yuna, c)
	if d := missedBy(t, yuna, c); len(d.Mentions) != 1 || d.Mentions[0].Name != "Rich" || d.Mentions[0].Text != text(said) || yuna.Saw(secret) {
		t.Errorf("told %+v", d)
	}
	last := sentinel("last")
	c.Owner.Posts("atelier", "public", last)
	outside.Hears("public", last)
	if free.Saw(said) || free.Saw(secret) {
		t.Error("who is outside heard of a mention")
	}
	six := make([]string, 6)
	if reason := rich.Refused("POST", c.Path("/rooms/public/messages"), map[string]any{"key": rand.Text(), "text": "all", "mentions": six}); reason != "too_many_mentions" {
		t.Errorf("six: %s", reason)
	}
}

// A digest holds nothing of a dearer tier's threads, also not in a number, and
// nothing at all for who is outside, never was inside, or was.
func TestADigestLeaksNothing(t *testing.T) {
	t.Parallel() // it waits for real time
	clock := &later{}
	s := apptest.Start(t, apptest.Options{Now: clock.Now})
	c := s.Found("atelier")
	kiln := c.SellsDearer()
	rich, yuna, free, lapsed := s.SignUp("Rich"), s.SignUp("Yuna"), s.SignUp("Free"), s.SignUp("Lapsed")
	if err := rich.Buy("atelier", "4242424242424242", map[string]any{"tier": kiln}); err != nil {
		t.Fatal(err)
	}
	yuna.Pays("atelier")
	lapsed.Pays("atelier")
	apptest.Eventually(t, "not inside", func() bool { return rich.Standing("atelier").Inside })
	for _, p := range []*apptest.Person{rich, yuna, lapsed} {
		comesTo(p, c)
	}
	sale := saleTo(t, c, lapsed)
	c.Owner.Do("POST", c.Path("/sales/"+sale.Provider+"/"+sale.ID+"/refund"), map[string]any{})
	apptest.Eventually(t, "still inside", func() bool { return !lapsed.Standing("atelier").Inside })
	clock.Passes(2 * time.Hour)

	few := map[string]string{"a thread": sentinel("thread"), "an update": sentinel("update"), "a poll": sentinel("poll")}
	all := map[string]string{"words inside": sentinel("words"), "a poll inside": sentinel("inside"), "an answer": sentinel("answer")}
	topic := threadOf(t, c, map[string]any{"title": few["a thread"], "level": 2})
	news := threadOf(t, c, map[string]any{"title": "for few", "kind": "update", "level": 2})
	postsInto(c.Owner, c, news, few["an update"])
	postsInto(c.Owner, c, topic, "for few")
	ask := func(room, thread, question string) {
		c.Owner.Do("POST", c.Path("/polls"), map[string]any{"key": rand.Text(), "room": room, "thread": thread, "question": question, "options": []string{"a", "b"}})
	}
	ask("thread", topic, few["a poll"])
	ask("space", "", all["a poll inside"])
	open := threadOf(t, c, map[string]any{"title": "for all", "kind": "update"})
	postsInto(c.Owner, c, open, all["words inside"])
	var q struct{ ID string }
	yuna.Do("POST", c.Path("/questions"), map[string]any{"key": rand.Text(), "text": "Why?", "audience": "space"}).Into(t, &q)
	c.Owner.Do("POST", c.Path("/questions/"+q.ID+"/text"), map[string]any{"text": all["an answer"]})
	clock.Passes(time.Hour)

	for _, p := range []*apptest.Person{rich, yuna} {
		comesTo(p, c)
	}
	if d := missedBy(t, rich, c); len(d.Updates) != 2 || len(d.Polls) != 2 || len(d.Threads) != 1 || d.MissedThreads != 1 || len(d.Answers) != 1 {
		t.Errorf("the dearer tier is told %+v", d)
	}
	if d := missedBy(t, yuna, c); len(d.Updates) != 1 || len(d.Polls) != 1 || len(d.Threads) != 0 || d.MissedThreads != 0 || d.Missed != 0 || len(d.Answers) != 1 {
		t.Errorf("the first tier is told %+v", d)
	}
	for p, want := range map[*apptest.Person]string{free: "subscribers_only", lapsed: "right_revoked", s.Stranger(): "sign_in"} {
		for path, method := range map[string]string{"/visit": "PUT", "/digest": "GET", "/digest/told": "POST"} {
			var in any
			if method == "POST" {
				in = map[string]any{"until": clock.Now().UTC().Format(time.RFC3339)}
			}
			if reason := p.Refused(method, c.Path(path), in); reason != want {
				t.Errorf("%s of %q: %s, want %s", path, p.Name, reason, want)
			}
		}
	}
	for what, secret := range few {
		if !rich.Saw(secret) || yuna.Saw(secret) {
			t.Errorf("%s of the dearer tier: %v reached it, %v the first", what, rich.Saw(secret), yuna.Saw(secret))
		}
	}
	for what, secret := range all {
		if !yuna.Saw(secret) || free.Saw(secret) || lapsed.Saw(secret) {
			t.Errorf("%s: the subscriber %v, outside %v, lapsed %v", what, yuna.Saw(secret), free.Saw(secret), lapsed.Saw(secret))
		}
	}
	for _, b := range yuna.Received() {
		if strings.Contains(string(b), topic) || strings.Contains(string(b), news) {
			t.Errorf("the name of a dearer thread reached the first tier: %s", b)
		}
	}
}
