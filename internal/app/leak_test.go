package app_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// secretsOfTheSpace are words that only those inside may ever receive.
type secretsOfTheSpace struct {
	message, live, reply, asked, answered, thread, inThread, poll, option, closedPoll, planned, welcome string
}

func (s secretsOfTheSpace) all() map[string]string {
	return map[string]string{
		"a message": s.message, "a message while they watched": s.live, "a reply": s.reply,
		"a thread's title": s.thread, "a message in a thread": s.inThread,
		"a poll": s.poll, "an option of a poll": s.option, "a poll that closed": s.closedPoll,
		"a planned live": s.planned, "words of welcome": s.welcome,
		"a question": s.asked, "a question that was answered unaired": s.answered,
	}
}

func sentinel(what string) string { return "sentinel " + what + " " + rand.Text() }

// leakStage is a channel with a Sub Space, a subscriber inside, and people who
// must never receive a word of it.
type leakStage struct {
	t          *testing.T
	s          *apptest.Server
	c          apptest.Channel
	subscriber *apptest.Person
	inside     *apptest.Socket
	outsiders  map[string]*apptest.Person
	words      secretsOfTheSpace
	thread     string
	note       string   // among staff; not the subscriber's either
	ids        []string // everything of the space that has a name, for guessing
}

func TestNothingOfTheSubSpaceReachesOutsiders(t *testing.T) {
	t.Parallel() // it waits for real time
	l := newLeakStage(t)
	// Everybody has their sockets open before the words are written.
	sockets := map[string][]*apptest.Socket{}
	stream, err := l.subscriber.Listens("atelier", "space")
	if err != nil {
		t.Fatal(err)
	}
	for who, p := range l.outsiders {
		sockets[who] = l.knock(p)
	}
	l.speak()
	for who, p := range l.outsiders {
		sockets[who] = append(sockets[who], l.knock(p)...)
		l.guess(p)
	}
	l.readAll(l.subscriber)
	stream.Hears("space", l.words.reply)
	// What everybody may know is the last word; whoever has it has missed nothing before.
	last := sentinel("public")
	l.c.Owner.Posts("atelier", "public", last)
	l.inside.Hears("public", last)
	for who := range l.outsiders {
		for _, k := range sockets[who] {
			_, _ = k.Calls(map[string]any{"type": "ping"}) // the pong comes after all that was on its way; some sockets are closed
		}
	}
	if !l.outsiders["an anonymous reader"].Saw(last) {
		t.Error("the anonymous reader did not receive the public room: nothing could have leaked")
	}
	holds := func(received [][]byte, words string) bool {
		return slices.ContainsFunc(received, func(b []byte) bool { return bytes.Contains(b, []byte(words)) })
	}
	inside := l.subscriber.Received()
	l.c.Owner.Do("GET", l.c.Path("/people/"+l.subscriber.ID+"/notes"), nil)
	if !l.c.Owner.Saw(l.note) || l.subscriber.Saw(l.note) {
		t.Error("a note among staff is not read by the creator, or is read by whom it is about")
	}
	for who, p := range l.outsiders {
		if p.Saw(l.note) {
			t.Errorf("%s received a note among staff", who)
		}
	}
	for what, words := range l.words.all() {
		if !holds(inside, words) {
			t.Errorf("the subscriber did not receive %s: the scan proves nothing", what)
		}
	}
	for who, p := range l.outsiders {
		received := p.Received() // read once: it is a great deal
		for what, words := range l.words.all() {
			if holds(received, words) {
				t.Errorf("%s received %s of the Sub Space", who, what)
			}
		}
		if slices.ContainsFunc(received, func(b []byte) bool { return bytes.Contains(b, []byte(`"inside":`)) && countsInside(b) }) {
			t.Errorf("%s was told how many are inside", who)
		}
		if p.Saw(`"wow"`) {
			t.Errorf("%s was told of a reaction inside", who)
		}
		if len(received) < 50 {
			t.Errorf("%s received only %d answers: hardly anything was tried", who, len(received))
		}
	}
}

// countsInside reports whether a frame or body tells how many are inside atelier.
func countsInside(b []byte) bool {
	return !bytes.Contains(b, []byte(`"channel":"elsewhere"`)) && apptest.CountsInside(b)
}

func newLeakStage(t *testing.T) *leakStage {
	s := apptest.Start(t, apptest.Options{Args: []string{"--sandbox-period", "8s"}})
	l := &leakStage{t: t, s: s, c: s.Found("atelier"), subscriber: s.SignUp("Yuna")}
	other := s.Another(l.c, "elsewhere")
	l.words = secretsOfTheSpace{
		sentinel("message"), sentinel("live"), sentinel("reply"), sentinel("question"), sentinel("answered"),
		sentinel("title"), sentinel("thread"), sentinel("poll"), sentinel("option"), sentinel("closed poll"),
		sentinel("planned"), sentinel("welcome"),
	}
	expired, banned, elsewhere := s.SignUp("Expired"), s.SignUp("Banned"), s.SignUp("Elsewhere")
	subscription := expired.Pays("atelier")
	expired.Do("POST", "/api/subscriptions/"+subscription+"/cancel", nil)
	banned.Pays("atelier")
	l.c.Bans(banned)
	elsewhere.Pays("elsewhere")
	l.subscriber.Pays("atelier")
	l.inside = l.subscriber.Enters("atelier", "public", "space")
	apptest.Eventually(t, "the cancelled subscription has not ended", func() bool { return !expired.Standing("atelier").Inside })
	l.outsiders = map[string]*apptest.Person{
		"an anonymous reader": s.Stranger(), "a light account": s.Light("Nora"), "a free account": s.SignUp("Free"),
		"a banned subscriber": banned, "an expired subscriber": expired,
		"a subscriber of another channel": elsewhere, "the creator of another channel": other.Owner,
	}
	return l
}

// speak writes everything that may be written inside.
func (l *leakStage) speak() {
	first := l.subscriber.Posts("atelier", "space", l.words.message)
	l.inside.Says("atelier", "space", l.words.live)
	l.subscriber.Do("POST", l.c.Path("/rooms/space/messages"), map[string]any{"key": rand.Text(), "text": l.words.reply, "reply_to": first})
	var q struct{ ID string }
	l.subscriber.Do("POST", l.c.Path("/questions"), map[string]any{"key": rand.Text(), "text": l.words.asked, "anonymous": true}).Into(l.t, &q)
	l.ids = append(l.ids, q.ID)
	l.subscriber.Do("POST", l.c.Path("/questions"), map[string]any{"key": rand.Text(), "text": l.words.answered}).Into(l.t, &q)
	l.c.Owner.Do("POST", l.c.Path("/questions/"+q.ID+"/skip"), nil)
	l.ids = append(l.ids, q.ID)
	l.thread = threadOf(l.t, l.c, map[string]any{"title": l.words.thread})
	l.subscriber.Do("POST", l.c.Path("/threads/"+l.thread+"/messages"), map[string]any{"key": rand.Text(), "text": l.words.inThread})
	l.ids = append(l.ids, l.thread)
	l.polls()
	var plan struct{ ID string }
	l.c.Owner.Do("POST", l.c.Path("/schedule"), map[string]any{
		"title": l.words.planned, "starts": time.Now().Add(time.Hour).Format(time.RFC3339), "private": true,
	}).Into(l.t, &plan)
	l.ids = append(l.ids, plan.ID)
	l.c.Owner.Do("PATCH", l.c.Path("/space/setup"), map[string]any{"welcome": l.words.welcome})
	l.note = sentinel("note")
	l.c.Owner.Do("POST", l.c.Path("/people/"+l.subscriber.ID+"/notes"), map[string]any{"text": l.note})
	l.c.Owner.Do("PUT", l.c.Path("/rooms/space/messages/"+strconv.FormatInt(first, 10)+"/pin"), nil)
	l.subscriber.Do("PUT", reactTo(l.c, "rooms/space", first, "wow"), nil)
	l.inside.Await("the reaction", stirred("space", first, "wow", 1))
	l.inside.Hears("space", l.words.reply)
	for _, e := range l.c.Owner.History("atelier", "space", 0) {
		l.ids = append(l.ids, e.Log, e.ID)
	}
	l.ids = append(l.ids, l.subscriber.Subscription("atelier"), l.subscriber.ID)
}

// polls asks those inside: in the room once and once more, and in a thread.
func (l *leakStage) polls() {
	for _, question := range []string{l.words.closedPoll, l.words.poll} {
		p := opensPoll(l.t, l.c, map[string]any{"room": "space", "question": question, "options": []string{l.words.option, "Another"}})
		votes(l.t, l.c, l.subscriber, p, 0)
		l.ids = append(l.ids, p)
		if question == l.words.closedPoll {
			l.c.Owner.Do("POST", l.c.Path("/polls/"+p+"/close"), nil)
		}
	}
	p := opensPoll(l.t, l.c, map[string]any{"room": "thread", "thread": l.thread, "question": l.words.poll, "options": []string{l.words.option, "Another"}})
	votes(l.t, l.c, l.subscriber, p, 0)
	l.ids = append(l.ids, p)
}

// knock opens sockets and tries every door, guessed names included.
func (l *leakStage) knock(p *apptest.Person) []*apptest.Socket {
	l.t.Helper()
	open := p.Connects()
	tried := 0
	try := func(channel, room string, cursor any) {
		if tried++; tried%6 == 0 { // before the server calls it too many
			open.Close()
			open = p.Connects()
		}
		frame := map[string]any{"type": "enter", "channel": channel, "room": room}
		if cursor != nil {
			frame["cursor"] = cursor
		}
		if _, err := open.Calls(frame); errors.Is(err, apptest.ErrEnded) {
			open = p.Connects()
		}
	}
	for _, cursor := range []any{nil, 0, 1, -1} {
		try("atelier", "space", cursor)
		try("atelier", "channel", cursor)
	}
	for _, room := range []string{"Space", "space ", "moderators", "../space", "public/space", ""} {
		try("atelier", room, nil)
	}
	for _, channel := range append([]string{"ATELIER", "elsewhere"}, l.ids...) {
		try(channel, "space", 0)
	}
	// By server-sent events, too.
	for _, room := range []string{"space", "channel", "Space", "space%20", "..%2fspace", "public"} {
		for _, cursor := range []string{"", "0", "1"} {
			if k, err := p.Listens("atelier", room, "Last-Event-ID", cursor); err == nil && room == "public" && cursor == "" {
				l.t.Cleanup(k.Close) // this one stays
			} else if err == nil {
				k.Close()
			}
		}
	}
	// And one that stays in the public room, asking the private one for favours.
	k := p.Connects()
	for _, frame := range []map[string]any{
		{"type": "enter", "channel": "atelier", "room": "public"},
		{"type": "enter", "channel": "atelier", "room": "space", "cursor": 0},
		{"type": "post", "channel": "atelier", "room": "space", "key": rand.Text(), "text": "let me in"},
		{"type": "post", "channel": "atelier", "room": "public", "key": rand.Text(), "text": "look", "reply_to": 2},
		{"type": "leave", "channel": "atelier", "room": "space"},
	} {
		if _, err := k.Calls(frame); err != nil && strings.Contains(err.Error(), "closed") {
			return []*apptest.Socket{open} // the banned are asked to stay away
		}
	}
	return []*apptest.Socket{open, k}
}

// guess asks every route of the API, each parameter filled with every name there is.
func (l *leakStage) guess(p *apptest.Person) {
	l.t.Helper()
	for _, r := range l.s.Routes() {
		for _, path := range l.fill(r.Path) {
			if r.Method == "DELETE" && path == "/api/session" {
				continue // they would only shut themselves out
			}
			var in any
			if r.Method != "GET" {
				in = map[string]any{
					"key": rand.Text(), "text": "guess", "token": "guess", "name": "", "password": "guess", "kind": "ban",
					"account": l.subscriber.ID, "card": "guess",
				}
			}
			if _, err := p.Ask(r.Method, path, in); err != nil {
				l.t.Fatalf("%s %s: %v", r.Method, path, err)
			}
		}
	}
	for _, path := range []string{
		"/", "/c/atelier", "/c/atelier/space", "/c/atelier?room=space", "/overlay/guess", "/account", "/metrics", "/healthz", "/readyz",
		"/hls/guess/atelier/main.m3u8", "/api/channels/atelier/rooms/space/events/../../space/events",
		"/api/channels/atelier/rooms/SPACE/events", "/api/channels/atelier/rooms/space%2Fevents",
	} {
		if _, err := p.Ask("GET", path, nil, "X-Forwarded-Host", "evil.example", "Authorization", "Bearer "+l.subscriber.ID); err != nil {
			l.t.Fatal(err)
		}
	}
}

// fill returns the path with its parameters replaced by guesses.
func (l *leakStage) fill(path string) []string {
	guesses := func(name string) []string {
		switch name {
		case "channel":
			if strings.Count(path, "{") > 1 { // what else is in the path is guessed with the right channel
				return []string{"atelier"}
			}
			return append([]string{"atelier", "Atelier"}, l.ids[len(l.ids)-4:]...)
		case "room":
			return []string{"space", "public", "channel"}
		case "thread":
			return []string{l.thread, l.subscriber.ID}
		case "seq":
			return []string{"1", "2", "3"}
		case "emoji":
			return []string{"sad"}
		case "name":
			return []string{"Yuna"}
		case "account":
			return []string{l.subscriber.ID}
		}
		return l.ids
	}
	paths := []string{path}
	for {
		if !strings.Contains(paths[0], "{") {
			break
		}
		var next []string
		for _, p := range paths {
			begin, end := strings.Index(p, "{"), strings.Index(p, "}")
			for _, g := range guesses(p[begin+1 : end]) {
				next = append(next, p[:begin]+url.PathEscape(g)+p[end+1:])
			}
		}
		paths = next
	}
	if strings.HasSuffix(path, "/events") {
		for _, p := range paths {
			paths = append(paths, p+"?after=1&limit=500", p+"?before=1000&limit=500")
		}
	}
	if strings.HasSuffix(path, "/polls") {
		for _, p := range paths[:len(paths):len(paths)] {
			paths = append(paths, p+"?room=public", p+"?room=space", p+"?room=thread&thread="+l.thread)
		}
	}
	if strings.HasSuffix(path, "/reactions") {
		for _, p := range paths[:len(paths):len(paths)] {
			paths = append(paths, p+"?from=1&to=500")
		}
	}
	if strings.HasSuffix(path, "/questions") {
		for _, p := range paths[:len(paths):len(paths)] {
			for _, state := range []string{"waiting", "on_air", "answered", "skipped"} {
				paths = append(paths, p+"?state="+state)
			}
		}
	}
	return paths
}

// readAll is what somebody inside reads by REST.
func (l *leakStage) readAll(p *apptest.Person) {
	l.t.Helper()
	p.History("atelier", "space", 0)
	p.Do("GET", l.c.Path("/threads"), nil)
	p.Do("GET", l.c.Path("/polls?room=space"), nil)
	p.Do("GET", l.c.Path("/schedule"), nil)
	p.Do("GET", l.c.Path("/space"), nil)
	p.Do("GET", l.c.Path("/questions"), nil)
	p.Do("GET", l.c.Path("/questions?state=skipped"), nil)
}

func TestRemovedWordsAreGoneFromTheDatabase(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	nora := s.Light("Nora")
	k := nora.Enters("atelier", "public")
	words := sentinel("removed")
	seq := k.Says("atelier", "public", words)
	kept := sentinel("kept")
	k.Says("atelier", "public", kept)
	nora.Do("DELETE", c.Path("/rooms/public/messages/"+strconv.FormatInt(seq, 10)), nil)
	k.Await("the removal", func(f apptest.Frame) bool {
		return f.Type == "event" && f.Event.Kind == "message.removed" && slices.Contains(f.Event.Data.Seqs, seq)
	})
	bodies := rows(t, s, `SELECT body FROM event`)
	if strings.Contains(bodies, words) {
		t.Error("the words of a removed message still stand in the event table")
	}
	if !strings.Contains(bodies, kept) {
		t.Error("the scan does not find the words of the message that was kept: it proves nothing")
	}
	e := s.Stranger().History("atelier", "public", seq-1)[0]
	if e.Kind != "message.tombstone" || e.Data.By != "author" || strings.Contains(string(e.Raw), "Nora") {
		t.Errorf("in its place stands %s", e.Raw)
	}
}

func TestNoSecretOfAPersonIsStoredPlain(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	p := s.SignUp("Nora")
	var overlay struct{ Secret string }
	c.Owner.Do("POST", c.Path("/overlay"), nil).Into(t, &overlay)
	link, err := s.SignInLink(t.Context(), p.Name, "/")
	if err != nil {
		t.Fatal(err)
	}
	_, secret, _ := strings.Cut(link, "#")
	stored := rows(t, s, `SELECT hash FROM session`) + rows(t, s, `SELECT hash FROM sign_in_link`) + rows(t, s, `SELECT password FROM account`)
	if !strings.Contains(stored, "$argon2id$") {
		t.Fatalf("no password is stored as argon2id: the scan reads the wrong tables:\n%s", stored)
	}
	var files []byte
	if file, ok := strings.CutPrefix(s.Database, "sqlite:"); ok {
		for _, f := range []string{file, file + "-wal"} {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, b...)
		}
	}
	for what, words := range map[string]string{
		"a password": p.Password, "a session": p.Cookies()[0].Value, "the owner's session": c.Owner.Cookies()[0].Value, "a sign-in link": secret,
	} {
		if len(words) < 20 {
			t.Fatalf("%s is %q: nothing to look for", what, words)
		}
		if strings.Contains(stored, words) || bytes.Contains(files, []byte(words)) {
			t.Errorf("%s is stored as it is", what)
		}
	}
	if !bytes.Contains(files, []byte(p.ID)) && !onPostgres() {
		t.Error("the scan of the files does not even find the account: it proves nothing")
	}
}
