package app_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// layer is somebody who knows the secret of an overlay and nothing else.
type layer struct {
	*apptest.Person
	secret string
	socket *apptest.Socket
}

// layered opens the overlay of a channel as OBS does.
func layered(t *testing.T, s *apptest.Server, c apptest.Channel) layer {
	t.Helper()
	var made struct{ Secret string }
	c.Owner.Do("POST", c.Path("/overlay"), nil).Into(t, &made)
	l := layer{Person: s.Stranger(), secret: made.Secret}
	l.socket = l.Connects()
	if _, err := l.socket.Calls(map[string]any{"type": "enter", "overlay": l.secret, "room": "public"}); err != nil {
		t.Fatal(err)
	}
	return l
}

type layerState struct {
	Look map[string]string
	Goal *struct {
		Words      string
		Of, People int
	}
	Alerts map[string]bool
}

func (l layer) shown(t *testing.T) (state layerState) {
	t.Helper()
	l.Do("GET", "/api/overlay/"+l.secret, nil).Into(t, &state)
	return state
}

// counted is a frame of a kind that says a number.
func counted(kind string, n int) func(apptest.Frame) bool {
	return func(f apptest.Frame) bool {
		var said struct {
			Type   string
			People int
		}
		return json.Unmarshal(f.Raw, &said) == nil && said.Type == kind && said.People == n
	}
}

// within waits for a frame and logs how long that took: a second is promised, and a
// machine that has other things to do may take longer.
func within(t *testing.T, l layer, what string, mark int, match func(apptest.Frame) bool) {
	t.Helper()
	began := time.Now()
	l.socket.Since(mark, what, match)
	t.Logf("%s after %d ms", what, time.Since(began).Milliseconds())
}

func sets(c apptest.Channel, change map[string]any) {
	c.Owner.Do("PATCH", c.Path("/overlay/setup"), change)
}

// The overlay follows how it is set up and the number of people who hold a right:
// bought, given, paid back and run out, without a reload and to nobody else.
func TestTheOverlayShowsTheGoal(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	l := layered(t, s, c)
	viewer := s.Light("Nora")
	var crowd []*apptest.Socket
	for range 8 { // enough for the overlay's own loop, too
		crowd = append(crowd, viewer.Enters("atelier", "public"))
	}
	if at := l.shown(t); at.Goal != nil || at.Look["theme"] != "dark" || !at.Alerts["gifts"] || at.Alerts["subscriptions"] {
		t.Errorf("at first %+v", at)
	}
	bea := s.SignUp("Bea")
	bea.Pays("atelier")

	mark := l.socket.Mark()
	sets(c, map[string]any{"theme": "light", "goal": "bottom", "goal_on": true, "goal_of": 3, "goal_words": "Kiln"})
	within(t, l, "it is set up in another way", mark, apptest.Type("overlay", ""))
	within(t, l, "the goal", mark, counted("goal", 1))
	if at := l.shown(t); at.Goal == nil || at.Goal.Words != "Kiln" || at.Goal.Of != 3 || at.Goal.People != 1 || at.Look["theme"] != "light" || at.Look["goal"] != "bottom" {
		t.Errorf("set up: %+v", at)
	}

	cy := s.SignUp("Cy")
	mark = l.socket.Mark()
	cy.Pays("atelier")
	within(t, l, "somebody subscribed", mark, counted("goal", 2))
	viewer.Posts("atelier", "public", "hello")
	mark = l.socket.Mark()
	gives(t, bea, c, map[string]any{"people": 1, "named": true})
	within(t, l, "somebody was given it", mark, counted("goal", 3))
	mark = l.socket.Mark()
	sale := saleTo(t, c, cy)
	c.Owner.Do("POST", c.Path("/sales/"+sale.Provider+"/"+sale.ID+"/refund"), map[string]any{})
	within(t, l, "it was paid back", mark, counted("goal", 2))
	if at := l.shown(t); at.Goal.People != 2 {
		t.Errorf("after a refund: %+v", at.Goal)
	}

	mark = l.socket.Mark()
	sets(c, map[string]any{"goal_on": false})
	within(t, l, "it is set up in another way", mark, apptest.Type("overlay", ""))
	dee := s.SignUp("Dee")
	dee.Pays("atelier")
	viewer.Posts("atelier", "public", "the last word")
	l.socket.Hears("public", "the last word")
	if at := l.shown(t); at.Goal != nil {
		t.Errorf("hidden, and told: %+v", at.Goal)
	}
	for _, f := range l.socket.Frames()[mark:] {
		if f.Type == "goal" || f.Type == "begun" {
			t.Errorf("told while it is hidden: %s", f.Raw)
		}
	}
	for _, k := range crowd {
		k.Hears("public", "the last word")
		for _, f := range k.Frames() {
			if f.Type == "goal" || f.Type == "begun" || f.Type == "overlay" || strings.Contains(string(f.Raw), "overlay.changed") {
				t.Errorf("a viewer is told %s", f.Raw)
			}
		}
	}
	for _, private := range []string{cy.ID, bea.ID, "499", sale.ID} {
		if l.Saw(private) {
			t.Errorf("the overlay saw %q", private)
		}
	}
}

// A right that ends by the clock leaves the goal without anybody saying so.
func TestTheGoalFollowsTheClock(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{Args: []string{"--sandbox-period", "6s"}})
	c := s.Found("atelier")
	sets(c, map[string]any{"goal_on": true})
	l := layered(t, s, c)
	bea := s.SignUp("Bea")
	mark := l.socket.Mark()
	subscription := bea.Pays("atelier")
	within(t, l, "somebody subscribed", mark, counted("goal", 1))
	mark = l.socket.Mark()
	bea.Do("POST", "/api/subscriptions/"+subscription+"/cancel", nil)
	within(t, l, "it ran out", mark, counted("goal", 0))
	if at := l.shown(t); at.Goal.People != 0 {
		t.Errorf("run out: %+v", at.Goal)
	}
}

// That somebody subscribed is shown where the creator wants it, within a second, and
// never who. Who comes back is told nothing of before.
func TestTheOverlaySaysThatSomebodySubscribed(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	l := layered(t, s, c)
	quiet, bea, cy := s.SignUp("Quiet"), s.SignUp("Bea"), s.SignUp("Cy")
	quiet.Pays("atelier")
	mark := l.socket.Mark()
	sets(c, map[string]any{"subscriptions": true})
	within(t, l, "it is set up in another way", mark, apptest.Type("overlay", ""))
	c.Owner.Posts("atelier", "public", "now")
	l.socket.Hears("public", "now")
	for _, f := range l.socket.Frames() {
		if f.Type == "begun" {
			t.Errorf("told of who subscribed before the creator wanted it: %s", f.Raw)
		}
	}
	bea.Pays("atelier")
	within(t, l, "somebody subscribed", mark, counted("begun", 1))
	c.Owner.Posts("atelier", "public", "welcome")
	l.socket.Hears("public", "welcome")
	told := 0
	for _, f := range l.socket.Frames() {
		if f.Type == "begun" {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	again := layer{Person: s.Stranger(), secret: l.secret}
	again.socket = again.Connects()
	if _, err := again.socket.Calls(map[string]any{"type": "enter", "overlay": l.secret, "room": "public"}); err != nil {
		t.Fatal(err)
	}
	cy.Pays("atelier")
	within(t, again, "another subscribed", 0, counted("begun", 1))
	n := 0
	for _, f := range again.socket.Frames() {
		if f.Type == "begun" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("who came back was told %d times", n)
	}
	for _, name := range []string{"Bea", bea.ID, "Cy", cy.ID, "Quiet", quiet.ID} {
		if l.Saw(name) || again.Saw(name) {
			t.Errorf("the overlay saw %q", name)
		}
	}
}

// A revoked address is shut at once: what is open closes, and neither the state nor
// any more news is told. Nobody but the creator reads or changes the set-up.
func TestARevokedOverlayIsToldNothingMore(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	sets(c, map[string]any{"subscriptions": true, "goal_on": true})
	l := layered(t, s, c)
	c.Owner.Do("DELETE", c.Path("/overlay"), nil)
	l.socket.Await("the door closes", func(f apptest.Frame) bool { return f.Type == "closed" && f.Reason == "overlay_revoked" })
	mark := l.socket.Mark()
	bea := s.SignUp("Bea")
	bea.Pays("atelier")
	if reason := l.Refused("GET", "/api/overlay/"+l.secret, nil); reason != "overlay_revoked" {
		t.Errorf("the state: %s", reason)
	}
	fresh := layered(t, s, c)
	within(t, fresh, "the goal", 0, counted("goal", 1))
	if more := l.socket.Frames()[mark:]; len(more) != 0 {
		t.Errorf("told after it was revoked: %s", more[0].Raw)
	}
	for _, p := range []*apptest.Person{s.Stranger(), bea, l.Person} {
		for method, in := range map[string]any{"GET": nil, "PATCH": map[string]any{"goal_of": 1}} {
			if reason := p.Refused(method, c.Path("/overlay/setup"), in); reason != "owner_only" {
				t.Errorf("%s %s: %s", p.Name, method, reason)
			}
		}
	}
}

// On two nodes of one database an overlay on either hears of what happens at the other.
func TestOverlaysOfAnotherNodeFollow(t *testing.T) {
	t.Parallel() // it waits for real time
	a, b := twoNodes(t)
	c := a.Found("atelier")
	l := layered(t, b, c)
	mark := l.socket.Mark()
	sets(c, map[string]any{"subscriptions": true, "goal_on": true})
	within(t, l, "it is set up in another way", mark, apptest.Type("overlay", ""))
	a.SignUp("Bea").Pays("atelier")
	within(t, l, "the goal", mark, counted("goal", 1))
	within(t, l, "somebody subscribed", mark, counted("begun", 1))
}
