package app_test

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// docked is somebody who knows the address of a dock and nothing else.
type docked struct {
	*apptest.Person
	id, secret string
}

// docks makes a dock as OBS has one: by whoever works in the channel, open at a node.
func docks(t *testing.T, at *apptest.Server, by *apptest.Person, c apptest.Channel) docked {
	t.Helper()
	var made struct{ ID, URL string }
	by.Do("POST", c.Path("/docks"), map[string]any{"label": "OBS"}).Into(t, &made)
	u, err := url.Parse(made.URL)
	if err != nil || u.Path != "/dock" || u.RawQuery != "" || u.Fragment == "" {
		t.Fatalf("the address is %s (%v)", strings.Replace(made.URL, u.Fragment, "…", 1), err)
	}
	apptest.Secret(t, u.Fragment)
	d := docked{at.Stranger(), made.ID, u.Fragment}
	d.Name, d.Bearer = "a dock", d.secret
	return d
}

// connects opens a socket that says which dock is calling.
func (d docked) connects(t *testing.T) *apptest.Socket {
	t.Helper()
	k := d.Connects()
	if f, err := k.Calls(map[string]any{"type": "ping"}); err != nil {
		t.Fatal(err, f)
	}
	if err := k.Send(map[string]any{"type": "sign_in", "id": "dock", "dock": d.secret}); err != nil {
		t.Fatal(err)
	}
	k.Await("the dock's greeting", func(f apptest.Frame) bool {
		return f.Type == "hello" && strings.Contains(string(f.Raw), `"dock":{"id":"`+d.id)
	})
	return k
}

// enters opens a socket in both rooms.
func (d docked) enters(t *testing.T) *apptest.Socket {
	t.Helper()
	k := d.connects(t)
	k.Enter("atelier", "public")
	k.Enter("atelier", "space")
	return k
}

// asksInside puts a question of the Sub Space into the queue.
func asksInside(t *testing.T, c apptest.Channel, by *apptest.Person, text string) string {
	t.Helper()
	var q struct{ ID string }
	by.Do("POST", c.Path("/questions"), map[string]any{"key": rand.Text(), "text": text, "anonymous": true}).Into(t, &q)
	return q.ID
}

// By its address alone a dock reads both rooms, writes into them as its maker, airs,
// answers, returns and skips questions, and sees and closes polls.
func TestADockWorksInBothRooms(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna := s.SignUp("Yuna")
	yuna.Pays("atelier")
	viewer := yuna.Enters("atelier", "public", "space")
	d := docks(t, s, c.Owner, c)
	var view struct {
		Channel, Role, Label string
		By                   struct{ ID, Name string }
	}
	d.Do("GET", "/api/dock", nil).Into(t, &view)
	if view.Channel != "atelier" || view.Role != "owner" || view.By.ID != c.Owner.ID || view.Label != "OBS" {
		t.Errorf("the dock is %+v", view)
	}
	k := d.enters(t)
	viewer.Says("atelier", "space", "from inside")
	k.Hears("space", "from inside")
	k.Says("atelier", "space", "by the dock, inside")
	k.Says("atelier", "public", "by the dock, to all")
	viewer.Hears("space", "by the dock, inside")
	if f := viewer.Hears("public", "by the dock, to all"); f.Event.Data.Author.ID != c.Owner.ID {
		t.Errorf("written by %+v", f.Event.Data.Author)
	}
	d.Do("POST", c.Path("/rooms/space/messages"), map[string]any{"key": rand.Text(), "text": "by the dock, without a socket"})
	viewer.Hears("space", "by the dock, without a socket")

	first, second := asksInside(t, c, yuna, "How hot?"), asksInside(t, c, yuna, "How long?")
	d.Do("POST", c.Path("/questions/"+first+"/air"), nil)
	k.Await("it is on air", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "question.aired" })
	d.Do("POST", c.Path("/questions/"+first+"/return"), nil)
	d.Do("POST", c.Path("/questions/"+first+"/air"), nil)
	d.Do("POST", c.Path("/questions/"+first+"/answer"), nil)
	d.Do("POST", c.Path("/questions/"+second+"/skip"), nil)
	viewer.Await("it is answered", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "question.answered" })
	body := string(d.Do("GET", c.Path("/questions?room=space&state=answered"), nil).Body)
	if !strings.Contains(body, "How hot?") {
		t.Errorf("the answered question is not listed: %s", body)
	}
	if strings.Contains(body, yuna.ID) || strings.Contains(body, "Yuna\"") {
		t.Errorf("who stays unnamed is named to a dock: %s", body)
	}

	p := opensPoll(t, c, map[string]any{"room": "space", "question": "Which glaze?", "options": []string{"Celadon", "Shino"}, "results": "end"})
	votes(t, c, yuna, p, 1)
	var list struct {
		Polls []struct {
			ID      string
			Options []struct{ Votes *int }
		}
	}
	d.Do("GET", c.Path("/polls"), nil).Into(t, &list)
	if len(list.Polls) != 1 || list.Polls[0].ID != p || list.Polls[0].Options[1].Votes == nil || *list.Polls[0].Options[1].Votes != 1 {
		t.Errorf("polls %+v", list)
	}
	d.Do("POST", c.Path("/polls/"+p+"/close"), nil)
	viewer.Await("the poll has closed", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "poll.closed" })
}

// beyond lists what a socket of a dock is refused, and why.
func beyond(thread string, p string) map[string]map[string]any {
	post := func(room string, more map[string]any) map[string]any {
		f := map[string]any{"type": "post", "channel": "atelier", "room": room, "key": rand.Text(), "text": "beyond"}
		for k, v := range more {
			f[k] = v
		}
		return f
	}
	return map[string]map[string]any{
		"the channel's business": {"type": "enter", "channel": "atelier", "room": "channel"},
		"a thread":               {"type": "enter", "channel": "atelier", "room": "thread", "thread": thread},
		"another public chat":    {"type": "enter", "channel": "second", "room": "public"},
		"another Sub Space":      {"type": "enter", "channel": "second", "room": "space"},
		"an announcement":        post("public", map[string]any{"announcement": true}),
		"words in a thread":      post("thread", map[string]any{"thread": thread}),
		"words elsewhere":        post("public", map[string]any{"channel": "second"}),
		"a vote":                 {"type": "vote", "channel": "atelier", "poll": p, "option": 0},
	}
}

// docksOf makes a dock of the creator's, who has a second channel too: known to
// somebody with nothing else, and in the creator's own browser.
func docksOf(t *testing.T, l *leakStage) []docked {
	t.Helper()
	l.c.Owner.Do("POST", "/api/channels", map[string]any{"handle": "second", "title": "Theirs too", "owner": l.c.Owner.Name})
	d := docks(t, l.s, l.c.Owner, l.c)
	withCookie := docked{l.c.Owner.At(l.s), d.id, d.secret}
	withCookie.Bearer = d.secret
	return []docked{d, withCookie}
}

// routesOfDocks lists what a dock may ask.
func routesOfDocks() []apptest.Route {
	return []apptest.Route{
		{Method: "GET", Path: "/api/dock"},
		{Method: "GET", Path: "/api/channels/{channel}/rooms/{room}/events"},
		{Method: "POST", Path: "/api/channels/{channel}/rooms/{room}/messages"},
		{Method: "GET", Path: "/api/channels/{channel}/questions"},
		{Method: "POST", Path: "/api/channels/{channel}/questions/{question}/air"},
		{Method: "POST", Path: "/api/channels/{channel}/questions/{question}/answer"},
		{Method: "POST", Path: "/api/channels/{channel}/questions/{question}/return"},
		{Method: "POST", Path: "/api/channels/{channel}/questions/{question}/skip"},
		{Method: "GET", Path: "/api/channels/{channel}/polls"},
		{Method: "POST", Path: "/api/channels/{channel}/polls/{poll}/close"},
	}
}

// Every route but those of a dock refuses its address before it reads anything, with or
// without the cookie of its maker beside it.
func TestADockIsRefusedEveryOtherRoute(t *testing.T) {
	t.Parallel() // it waits for real time
	l := newLeakStage(t)
	l.speak()
	both := docksOf(t, l)
	routes, met := l.s.Routes(), 0
	for _, r := range routes {
		if slices.Contains(routesOfDocks(), r) {
			met++
			continue
		}
		for _, who := range both {
			for _, path := range l.fill(r.Path) {
				a, err := who.Ask(r.Method, path, nil)
				if err != nil {
					t.Fatal(err)
				}
				if p := a.Problem(); p == nil || p.Status != http.StatusForbidden || p.Reason != "beyond_dock" {
					t.Errorf("%s %s answers %d: %v", r.Method, path, a.Status, p)
				}
			}
		}
	}
	if met != len(routesOfDocks()) || len(routes) < 100 {
		t.Errorf("%d of %d routes of docks are among %d", met, len(routesOfDocks()), len(routes))
	}
}

// What a dock may ask it may ask of its own channel's two rooms alone, and do nothing by
// it that is beyond it.
func TestADockIsRefusedOtherPlaces(t *testing.T) {
	t.Parallel() // it waits for real time
	l := newLeakStage(t)
	l.speak()
	post := func(more map[string]any) map[string]any {
		more["key"], more["text"] = rand.Text(), "beyond"
		return more
	}
	asked := sentinel("asked in a thread")
	other := threadOf(t, l.c, map[string]any{"title": sentinel("another thread")})
	p := opensPoll(t, l.c, map[string]any{"room": "thread", "thread": other, "question": asked})
	closes := l.c.Path("/polls/" + p + "/close")
	for _, who := range docksOf(t, l) {
		who.Do("GET", l.c.Path("/polls"), nil)
		if !who.Saw(l.words.poll) {
			t.Error("it is not told of the polls of its rooms")
		}
		for path, in := range map[string]map[string]any{
			"/api/channels/second/rooms/public/events":                   nil,
			"/api/channels/second/rooms/space/events":                    nil,
			"/api/channels/second/questions":                             nil,
			"/api/channels/second/polls":                                 nil,
			"/api/channels/second/polls?room=public":                     nil,
			"/api/channels/atelier/rooms/channel/events":                 nil,
			"/api/channels/atelier/polls?room=thread&thread=" + l.thread: nil,
			"/api/channels/second/rooms/public/messages":                 post(map[string]any{}),
			"/api/channels/atelier/rooms/public/messages":                post(map[string]any{"announcement": true}),
			"/api/channels/second/questions/x/air":                       {},
			"/api/channels/second/questions/x/skip":                      {},
			"/api/channels/second/polls/x/close":                         {},
			closes:                                                       {},
		} {
			method, body := "POST", any(in)
			if in == nil {
				method, body = "GET", nil
			}
			if why := who.Refused(method, path, body); why != "beyond_dock" {
				t.Errorf("%s %s: %s", method, path, why)
			}
		}
		if who.Saw(l.words.inThread) || who.Saw(l.words.thread) || who.Saw(asked) || who.Saw(l.note) || who.Saw(l.words.planned) {
			t.Error("it read what is beyond it")
		}
		for what, frame := range beyond(l.thread, l.ids[len(l.ids)-3]) {
			_, err := who.connects(t).Calls(frame)
			var p *apptest.Problem
			if !errors.As(err, &p) || p.Reason != "beyond_dock" {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	if polls := pollsOf(t, l.c, l.c.Owner, ""); !slices.ContainsFunc(polls, func(q polled) bool { return q.ID == p && q.ClosedAt == nil }) {
		t.Errorf("the thread's poll is not open to its creator: %+v", polls)
	}
}

// What moves in threads is told to those who read them, and not to a dock in the room.
func TestADockIsToldNothingOfThreads(t *testing.T) {
	t.Parallel() // it waits for real time
	l := newLeakStage(t)
	l.speak()
	k := docks(t, l.s, l.c.Owner, l.c).enters(t)
	mark := l.inside.Mark()
	l.subscriber.Do("POST", l.c.Path("/threads/"+l.thread+"/messages"), map[string]any{"key": rand.Text(), "text": sentinel("thread")})
	l.inside.Since(mark, "the thread moved", func(f apptest.Frame) bool { return f.Type == "threads" })
	l.subscriber.Posts("atelier", "space", "the last word")
	k.Hears("space", "the last word")
	for _, f := range k.Frames() {
		if f.Type == "threads" || f.Type == "event" && f.Thread != "" {
			t.Errorf("it is told of threads: %s", f.Raw)
		}
	}
}

// The dock of another channel's creator is as far outside as anybody.
func TestNothingOfTheSubSpaceReachesADockOfAnotherChannel(t *testing.T) {
	t.Parallel() // it waits for real time
	l := newLeakStage(t)
	other := apptest.Channel{Handle: "elsewhere", Owner: l.outsiders["the creator of another channel"]}
	d := docks(t, l.s, other.Owner, other)
	knocks := func() (open []*apptest.Socket) {
		k := d.connects(t)
		k.Enter("elsewhere", "public")
		for _, room := range []string{"space", "public", "channel"} {
			if _, err := k.Calls(map[string]any{"type": "enter", "channel": "atelier", "room": room, "cursor": 0}); err == nil {
				t.Errorf("it came into %s", room)
			}
		}
		return append(open, k)
	}
	open := knocks()
	l.speak()
	open = append(open, knocks()...)
	l.guess(d.Person)
	for _, k := range open {
		if _, err := k.Calls(map[string]any{"type": "ping"}); err != nil {
			t.Fatal(err)
		}
	}
	l.readAll(l.subscriber)
	for what, words := range l.words.all() {
		if !l.subscriber.Saw(words) {
			t.Errorf("the subscriber did not receive %s: the scan proves nothing", what)
		}
		if d.Saw(words) {
			t.Errorf("the dock of another channel received %s", what)
		}
	}
}

// gone waits until a dock's socket says that its address opens nothing, and logs how
// long that took: a second is promised, and a machine that has other things to do may
// take longer.
func gone(t *testing.T, k *apptest.Socket, why string) {
	t.Helper()
	began := time.Now()
	for _, room := range []string{"public", "space"} {
		k.Await("the "+room+" room closes", func(f apptest.Frame) bool { return f.Type == "closed" && f.Room == room && f.Reason == "dock_revoked" })
	}
	if code := k.Ended(); code != 4001 {
		t.Errorf("%s: the socket ends with %d", why, code)
	}
	t.Logf("%s: closed after %d ms", why, time.Since(began).Milliseconds())
}

// A revoked dock is shut at once, wherever it is open: its sockets close, and neither a
// route nor a new socket opens.
func TestARevokedDockIsToldNothingMore(t *testing.T) {
	t.Parallel() // it waits for real time
	a, b := twoNodes(t)
	c := a.Found("atelier")
	here, there := docks(t, a, c.Owner, c), docks(t, b, c.Owner, c)
	one, two := here.enters(t), there.enters(t)
	stays := docks(t, b, c.Owner, c).enters(t)
	c.Owner.Do("DELETE", c.Path("/docks/"+there.id), nil)
	gone(t, two, "revoked at the other node")
	c.Owner.Do("DELETE", c.Path("/docks/"+here.id), nil)
	gone(t, one, "revoked here")
	mark := two.Mark()
	c.Owner.Posts("atelier", "space", "among us")
	stays.Hears("space", "among us")
	if more := two.Frames()[mark:]; len(more) != 0 || there.Saw("among us") || here.Saw("among us") {
		t.Error("told after it was revoked")
	}
	for _, d := range []docked{here, there} {
		for _, path := range []string{"/api/dock", c.Path("/questions"), c.Path("/rooms/public/events"), "/api/channels"} {
			if why := d.Refused("GET", path, nil); why != "dock_revoked" {
				t.Errorf("%s: %s", path, why)
			}
		}
		k := d.Connects()
		_, err := k.Calls(map[string]any{"type": "sign_in", "dock": d.secret})
		var p *apptest.Problem
		if !errors.As(err, &p) || p.Reason != "dock_revoked" {
			t.Errorf("a new socket: %v", err)
		}
	}
	var log struct{ Acts []auditedAct }
	c.Owner.Do("GET", c.Path("/audit"), nil).Into(t, &log)
	acts := map[string]int{}
	for _, e := range log.Acts {
		if e.Thing == "OBS" {
			acts[e.Act]++
		}
	}
	if acts["dock.made"] != 3 || acts["dock.revoked"] != 2 {
		t.Errorf("the audit log has %v", acts)
	}
}

// A moderator's dock does no more than they do, and theirs alone are told to them.
func TestADockOfAModerator(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	maud := s.SignUp("Maud")
	c.Owner.Do("PUT", c.Path("/moderators/Maud"), nil)
	mod, own := docks(t, s, maud, c), docks(t, s, c.Owner, c)
	q := asksInside(t, c, c.Owner, "Mine?")
	for _, verb := range []string{"/air", "/answer", "/return"} {
		if why := mod.Refused("POST", c.Path("/questions/"+q+verb), nil); why != "owner_only" {
			t.Errorf("a moderator's dock, %s: %s", verb, why)
		}
	}
	mod.Do("POST", c.Path("/questions/"+q+"/skip"), nil)
	if why := mod.Refused("GET", c.Path("/polls"), nil); why != "owner_only" {
		t.Errorf("all polls: %s", why)
	}
	list := string(c.Owner.Do("GET", c.Path("/docks"), nil).Body)
	if !strings.Contains(list, mod.id) || !strings.Contains(list, "Maud") || strings.Count(list, `"used_at":null`) != 1 {
		t.Errorf("the creator's list: %s", list)
	}
	if strings.Contains(list, mod.secret) || strings.Contains(list, own.secret) {
		t.Error("a secret is told again")
	}
	if strings.Contains(string(maud.Do("GET", c.Path("/docks"), nil).Body), own.id) || maud.Refused("DELETE", c.Path("/docks/"+own.id), nil) != "dock_missing" {
		t.Error("a moderator sees or revokes the creator's dock")
	}
	for _, p := range []*apptest.Person{s.Stranger(), s.Light("Nora")} {
		if why := p.Refused("POST", c.Path("/docks"), map[string]any{"label": "OBS"}); why != "moderators_only" && why != "sign_in" {
			t.Errorf("%s makes one: %s", p.Name, why)
		}
	}
}

// A dock ends with what its maker was: dismissed, signed out everywhere, with another
// password.
func TestADockEndsWithItsMaker(t *testing.T) {
	t.Parallel() // it waits for real time
	a, b := twoNodes(t)
	c := a.Found("atelier")
	maud := a.SignUp("Maud")
	c.Owner.Do("PUT", c.Path("/moderators/Maud"), nil)
	mod, own := docks(t, b, maud, c), docks(t, b, c.Owner, c)
	k, ownSocket := mod.enters(t), own.enters(t)
	c.Owner.Do("DELETE", c.Path("/moderators/Maud"), nil)
	gone(t, k, "dismissed")
	c.Owner.Do("PUT", c.Path("/moderators/Maud"), nil)
	if why := mod.Refused("GET", "/api/dock", nil); why != "dock_revoked" {
		t.Errorf("appointed again: %s", why)
	}
	c.Owner.Do("DELETE", "/api/account/sessions", nil)
	gone(t, ownSocket, "signed out everywhere")
	own = docks(t, b, c.Owner, c)
	ownSocket = own.enters(t)
	fresh := "pass " + rand.Text()
	apptest.Secret(t, fresh)
	change := map[string]any{"current": c.Owner.Password, "password": fresh, "keep_sessions": true}
	c.Owner.Do("PUT", "/api/account/password", change)
	gone(t, ownSocket, "another password that keeps the browsers")
	if why := own.Refused("GET", "/api/dock", nil); why != "dock_revoked" {
		t.Errorf("after another password: %s", why)
	}
	ownSocket = docks(t, b, c.Owner, c).enters(t)
	change["current"], change["keep_sessions"] = fresh, false
	c.Owner.Do("PUT", "/api/account/password", change)
	gone(t, ownSocket, "another password")
}

// A browser that has somebody's cookie is a dock and not them, once it says so; who has
// said so is nobody else after.
func TestADockForgetsTheCookie(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	other := s.Another(c, "elsewhere")
	d := docks(t, s, c.Owner, c)
	visitor := docked{other.Owner.At(s), d.id, d.secret}
	k := visitor.enters(t)
	if f := k.Frames()[0]; !strings.Contains(string(f.Raw), other.Owner.ID) {
		t.Fatalf("the cookie does not count at first: %s", f.Raw)
	}
	if _, err := k.Calls(map[string]any{"type": "enter", "channel": "elsewhere", "room": "space"}); err == nil {
		t.Error("the cookie opens its own Sub Space")
	}
	if _, err := k.Calls(map[string]any{"type": "sign_in", "dock": d.secret}); err == nil {
		t.Error("it says twice who it is")
	}
	visitor.Do("DELETE", "/api/session", nil) // of the cookie; without the dock's address
	k.Says("atelier", "public", "still here")
	late := d.enters(t)
	if _, err := late.Calls(map[string]any{"type": "sign_in", "dock": d.secret}); err == nil {
		t.Error("a dock in a room says again who it is")
	}
}

// Whoever has not shown lately who they are does so before they get an address: a
// browser that was left open is not enough.
func TestADockWantsToKnowWhoIsThere(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	nora := s.Light("Nora")
	password := "pass " + rand.Text()
	apptest.Secret(t, password)
	nora.Do("PUT", "/api/account/password", map[string]any{"password": password})
	c.Owner.Do("PUT", c.Path("/moderators/Nora"), nil)
	if why := nora.Refused("POST", c.Path("/docks"), map[string]any{"label": "OBS"}); why != "proof_needed" {
		t.Errorf("without showing who they are: %s", why)
	}
	nora.Do("POST", "/api/account/proof", map[string]any{"password": password})
	docks(t, s, nora, c).enters(t)
}
