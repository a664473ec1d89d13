package app_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

func reasonOf(err error) string {
	var p *apptest.Problem
	if errors.As(err, &p) {
		return p.Reason
	}
	return fmt.Sprint(err)
}

// gapless fails unless the events have every sequence from first to last once.
func gapless(t *testing.T, events []apptest.Event, first, last int64) {
	t.Helper()
	want := first
	for _, e := range events {
		if e.Seq != want {
			t.Fatalf("sequence %d where %d was due", e.Seq, want)
		}
		want++
	}
	if want != last+1 {
		t.Fatalf("the last sequence is %d, want %d", want-1, last)
	}
}

func TestMessageReachesEverybodyInTheRoomWithTheSameBytes(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	reader := s.Stranger().Enters("atelier", "public")
	writer := s.Light("Nora").Enters("atelier", "public")
	ack, err := writer.Post("atelier", "public", rand.Text(), "first light")
	if err != nil {
		t.Fatal(err)
	}
	live := reader.Hears("public", "first light")
	if string(live.Event.Raw) != string(ack.Event.Raw) {
		t.Errorf("the reader got %s, the writer's ack holds %s", live.Event.Raw, ack.Event.Raw)
	}
	history := c.Owner.History("atelier", "public", 0)
	if last := history[len(history)-1]; string(last.Raw) != string(ack.Event.Raw) {
		t.Errorf("the log holds %s, the ack %s", last.Raw, ack.Event.Raw)
	}
}

func TestPublicRoomIsReadWithoutAccountAndWrittenWithOne(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	nobody := s.Stranger().Enters("atelier", "public")
	if _, err := nobody.Post("atelier", "public", rand.Text(), "hello"); reasonOf(err) != "sign_in" {
		t.Errorf("writing without an account: %v", err)
	}
	if _, err := nobody.EnterAt("atelier", "space", 0); reasonOf(err) != "sign_in" {
		t.Errorf("the Sub Space without an account: %v", err)
	}
	light := s.Light("Nora").Enters("atelier", "public")
	light.Says("atelier", "public", "a light account may write here")
	if _, err := light.EnterAt("atelier", "space", 0); reasonOf(err) != "subscribers_only" {
		t.Errorf("the Sub Space without paying: %v", err)
	}
}

// A crowd whose sessions nobody has asked for yet is told apart, also from those
// whose cookie opens nothing.
func TestACrowdThatComesAtOnceIsToldApart(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	var people []*apptest.Person
	for i := range 12 {
		people = append(people, s.Light(fmt.Sprintf("Viewer %c", "bcdfghkptvxz"[i])), s.Stranger())
	}
	var all sync.WaitGroup
	for i, p := range people {
		all.Go(func() {
			headers := []string{"Accept-Language", "fr"}
			if p.Name == "" && i%4 == 1 {
				headers = append(headers, "Cookie", "theme=dark; subspace_session=opens-nothing")
			}
			k, err := p.Dial(headers...)
			if err != nil {
				t.Error(err)
				return
			}
			want := `"account":null`
			if p.Name != "" {
				want = fmt.Sprintf(`"name":%q`, p.Name)
			}
			if f := k.Await("hello", apptest.Type("hello", "")); !strings.Contains(string(f.Raw), want) {
				t.Errorf("%q is greeted with %s", p.Name, f.Raw)
			}
			if _, err := k.EnterAt("atelier", "public", 0); err != nil {
				t.Errorf("%q enters: %v", p.Name, err)
			}
		})
	}
	all.Wait()
}

func TestWhoComesBackWithACursorMissesNothing(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	writers := make([]*apptest.Socket, 4)
	for i := range writers {
		writers[i] = s.Light(fmt.Sprintf("Writer %c", 'A'+i)).Connects()
	}
	reader := s.Stranger()
	first := reader.Connects()
	entered, err := first.EnterAt("atelier", "public", 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := entered.Head
	began := seen
	var all []apptest.Event
	for round := range 6 {
		for i, w := range writers {
			w.Says("atelier", "public", fmt.Sprintf("round %d by %d", round, i))
		}
		if round%2 == 0 { // away while the next round is written
			last := fmt.Sprintf("round %d by %d", round, len(writers)-1)
			first.Hears("public", last)
			first.Close()
			continue
		}
		stream := first.Stream("atelier", "public")
		if round == 1 {
			stream = stream[len(entered.Events):]
		}
		all = append(all, stream...)
		if len(all) > 0 {
			seen = all[len(all)-1].Seq
		}
		first = reader.Connects()
		if _, err := first.EnterAt("atelier", "public", seen); err != nil {
			t.Fatal(err)
		}
	}
	all = append(all, first.Stream("atelier", "public")...)
	gapless(t, all, began+1, began+int64(6*len(writers)))
}

func TestNewcomerGetsTheNewestPageAndTheCursorOfTheRest(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	for i := range 10 {
		w := s.Light(fmt.Sprintf("Writer %c", 'P'+i)).Connects()
		for j := range 7 {
			w.Says("atelier", "public", fmt.Sprintf("%d of %d", j, i))
		}
	}
	page := s.Stranger().Connects().Enter("atelier", "public")
	if !page.More || len(page.Events) != 50 {
		t.Fatalf("more %v with %d events, want the newest 50 of more", page.More, len(page.Events))
	}
	gapless(t, page.Events, page.Head-49, page.Head)
	gapless(t, c.Owner.History("atelier", "public", 0), 1, page.Head)
	events := func(query string) (got struct {
		Events []apptest.Event
		More   bool
	},
	) {
		c.Owner.Do("GET", c.Path("/rooms/public/events"+query), nil).Into(t, &got)
		return got
	}
	if first := events("?after=0&limit=3"); !first.More {
		t.Error("nothing more after the first three")
	} else {
		gapless(t, first.Events, 1, 3)
	}
	gapless(t, events("?limit=3").Events, page.Head-2, page.Head)
	gapless(t, events("?before=10&limit=3").Events, 7, 9)
	gapless(t, c.Owner.History("atelier", "public", 3), 4, page.Head)
}

func TestFramesThatAreWrongCloseWithTheirCode(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	flood := func(k *apptest.Socket) {
		for range 200 {
			if k.Send(map[string]any{"type": "ping", "id": "x"}) != nil {
				return // closed: what was wanted
			}
		}
	}
	text := func(b string) func(*apptest.Socket) {
		return func(k *apptest.Socket) { k.Write(websocket.MessageText, []byte(b)) } //nolint:errcheck // the close frame tells
	}
	for name, c := range map[string]struct {
		send func(*apptest.Socket)
		code int
	}{
		"half an object":     {text(`{"type":"ping"`), 4000},
		"not an object":      {text(`["ping"]`), 4000},
		"nothing":            {text(``), 4000},
		"null":               {text(` null`), 4000},
		"a number as a word": {text(`{"type":7}`), 4000},
		"a sequence too far": {text(`{"type":"post","reply_to":1e99}`), 4000},
		"not even UTF-8":     {text("\xff\xfe{}"), 1007},
		"binary": {func(k *apptest.Socket) {
			k.Write(websocket.MessageBinary, []byte(`{"type":"ping","id":"x"}`)) //nolint:errcheck // the close frame tells
		}, 4000},
		"larger than 8 KiB": {text(`{"type":"ping","id":"` + strings.Repeat("x", 9<<10) + `"}`), 4009},
		"too many":          {flood, 4029},
	} {
		t.Run(name, func(t *testing.T) {
			k := s.Stranger().Connects()
			c.send(k)
			if code := k.Ended(); code != c.code {
				t.Errorf("closed with %d, want %d", code, c.code)
			}
		})
	}
}

func TestFramesThatCannotBeDoneAreRefusedAndTheSocketStays(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	k := s.Light("Nora").Connects()
	for reason, frame := range map[string]map[string]any{
		"frame_unknown":    {"type": "subscribe"},
		"channel_missing":  {"type": "enter", "channel": "nowhere", "room": "public"},
		"room_missing":     {"type": "enter", "channel": "atelier", "room": "attic"},
		"owner_only":       {"type": "enter", "channel": "atelier", "room": "channel"},
		"overlay_revoked":  {"type": "enter", "overlay": "guess", "room": "public"},
		"text_empty":       {"type": "post", "channel": "atelier", "room": "public", "key": rand.Text(), "text": " \n "},
		"text_too_long":    {"type": "post", "channel": "atelier", "room": "public", "key": rand.Text(), "text": strings.Repeat("é", 501)},
		"key_invalid":      {"type": "post", "channel": "atelier", "room": "public", "key": "short", "text": "x"},
		"subscribers_only": {"type": "vote", "channel": "atelier", "poll": "nowhere", "option": 0},
		"option_missing":   {"type": "vote", "channel": "atelier", "poll": "nowhere"},
		"reply_missing":    {"type": "post", "channel": "atelier", "room": "public", "key": rand.Text(), "text": "x", "reply_to": 999},
	} {
		f, err := k.Calls(frame)
		if reasonOf(err) != reason {
			t.Errorf("%v: refused with %v, want %s", frame, err, reason)
		}
		if len(f.Detail) < 10 {
			t.Errorf("%s says %q: no sentence for a human", reason, f.Detail)
		}
	}
	k.Says("atelier", "public", "still here")
}

// A zero byte is text to JSON and an accident to some databases.
func TestZeroBytesInNamesAreOrdinaryRefusals(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	k := c.Owner.Connects()
	for _, frame := range []map[string]any{
		{"type": "enter", "channel": "a\x00", "room": "public"},
		{"type": "post", "channel": "a\x00", "room": "public", "key": rand.Text(), "text": "x"},
		{"type": "enter", "overlay": "a\x00", "room": "public"},
	} {
		_, err := k.Calls(frame)
		switch reasonOf(err) {
		case "channel_missing", "overlay_revoked", "text_invalid":
		default:
			t.Errorf("%q: %v", frame, err)
		}
	}
	for _, ask := range []struct {
		method, path string
		in           any
	}{
		{"GET", "/api/channels/a%00", nil},
		{"GET", "/api/channels/a%00/rooms/public/events", nil},
		{"GET", "/api/checkouts/a%00", nil},
		{"GET", "/api/overlay/a%00", nil},
		{"POST", c.Path("/questions/a%00/skip"), map[string]any{}},
		{"POST", "/api/subscriptions/a%00/cancel", map[string]any{}},
		{"DELETE", c.Path("/sanctions/a%00"), nil},
		{"PUT", c.Path("/moderators/a%00"), nil},
		{"POST", c.Path("/sanctions"), map[string]any{"account": "a\x00", "kind": "ban"}},
		{"POST", c.Path("/sanctions"), map[string]any{"account": s.Light("Zoe").ID, "kind": "ban", "reason": "a\x00b"}},
		{"POST", "/api/session", map[string]any{"name": "a\x00", "password": "some password"}},
		{"POST", "/api/session/light", map[string]any{"name": "ab\x00cd"}},
		{"POST", c.Path("/checkout"), map[string]any{"key": "a\x00"}},
		{"PATCH", c.Path(""), map[string]any{"title": "a\x00b"}},
		{"PATCH", c.Path(""), map[string]any{"broadcast_title": "a\x00b"}},
	} {
		a, err := c.Owner.Ask(ask.method, ask.path, ask.in)
		if err != nil || a.Status >= 500 {
			t.Errorf("%s %s %q: %d %s %v", ask.method, ask.path, ask.in, a.Status, a.Body, err)
		}
	}
}

func TestForeignPagesOpenNoSocketAndChangeNothing(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	for _, origin := range []string{"https://evil.example", "null", "http://127.0.0.1:1", "not an address"} {
		if _, err := c.Owner.Dial("Origin", origin); err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("a socket from %q: %v", origin, err)
		}
	}
	own, err := c.Owner.Dial("Origin", s.URL)
	if err != nil {
		t.Fatalf("a socket from our own page: %v", err)
	}
	own.Await("hello", apptest.Type("hello", ""))
	for _, h := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://evil.example"},
	} {
		for _, r := range []struct {
			method, path string
			in           any
		}{
			{"PATCH", c.Path(""), map[string]any{"title": "taken over"}},
			{"POST", c.Path("/rooms/public/messages"), map[string]any{"key": rand.Text(), "text": "taken over"}},
			{"DELETE", "/api/session", nil},
			{"POST", c.Path("/overlay"), nil},
		} {
			a, err := c.Owner.Ask(r.method, r.path, r.in, h...)
			if err != nil || a.Status != http.StatusForbidden || a.Problem().Reason != "foreign_origin" {
				t.Errorf("%s %s with %v: %d %s %v", r.method, r.path, h, a.Status, a.Body, err)
			}
		}
	}
	if a := c.Owner.Do("GET", c.Path(""), nil); strings.Contains(string(a.Body), "taken over") {
		t.Errorf("a foreign page changed the channel: %s", a.Body)
	}
}

func TestSigningOutClosesTheSockets(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	p := s.Light("Nora")
	k := p.Enters("atelier", "public")
	other := s.Light("Otto").Enters("atelier", "public")
	p.Do("DELETE", "/api/session", nil)
	if code := k.Ended(); code != 4001 {
		t.Errorf("closed with %d, want 4001", code)
	}
	other.Says("atelier", "public", "still here")
}

func TestNewPasswordClosesTheOtherSockets(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	here := s.SignUp("Nora")
	there := s.Stranger()
	there.Do("POST", "/api/session", map[string]any{"name": "Nora", "password": here.Password})
	k, other := here.Enters("atelier", "public"), there.Enters("atelier", "public")
	here.Do("PUT", "/api/account/password", map[string]any{"password": "another password", "current": here.Password})
	if code := other.Ended(); code != 4001 {
		t.Errorf("the other session's socket closed with %d, want 4001", code)
	}
	k.Says("atelier", "public", "still here")
}

func TestStoppingServerSendsEverybodyElsewhere(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	k := s.Stranger().Enters("atelier", "public")
	s.Stop()
	if code := k.Ended(); code != 1001 && code != 1012 {
		t.Errorf("closed with %d, want 'going away'", code)
	}
}

func onPostgres() bool { return os.Getenv("SUBSPACE_TEST_DATABASE") != "" }
