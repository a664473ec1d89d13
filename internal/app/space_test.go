package app_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// twoNodes starts two servers on one database, or one where it is SQLite.
func twoNodes(t *testing.T) (a, b *apptest.Server) {
	t.Helper()
	options := apptest.Options{Database: storetest.URL(t)}
	if !onPostgres() {
		a = apptest.Start(t, options)
		return a, a
	}
	options.Args = []string{"--nats", "nats://" + natsServer(t)}
	return apptest.Start(t, options), apptest.Start(t, options)
}

// setsUp changes how the Sub Space is set up.
func setsUp(c apptest.Channel, change map[string]any) {
	c.Owner.Do("PATCH", c.Path("/space/setup"), change)
}

// keysOf lists the keys of an object's JSON.
func keysOf(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var v map[string]json.RawMessage
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return strings.Join(slices.Sorted(maps.Keys(v)), " ")
}

// Whatever combination the creator ticks, those outside are told that and no more:
// by REST, in the page's first HTML, on the socket and by server-sent events.
func TestOutsideIsToldWhatWasTicked(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna := s.SignUp("Yuna")
	yuna.Pays("atelier")
	yuna.Enters("atelier", "public", "space")
	said, line, welcome := sentinel("said"), sentinel("line"), sentinel("welcome")
	yuna.Posts("atelier", "space", said)
	setsUp(c, map[string]any{"line": line, "welcome": welcome})
	page := string(s.Stranger().Do("GET", "/c/atelier", nil).Body)
	for ticks := range 8 {
		people, reply, words := ticks&1 == 1, ticks&2 == 2, ticks&4 == 4
		t.Run(fmt.Sprintf("people %v, reply %v, line %v", people, reply, words), func(t *testing.T) {
			for who, p := range map[string]*apptest.Person{"nobody": s.Stranger(), "a viewer": s.Light(fmt.Sprintf("Sam %d", ticks))} {
				k := p.Enters("atelier", "public")
				stream, err := p.Listens("atelier", "public")
				if err != nil {
					t.Fatal(err)
				}
				doors := map[*apptest.Socket]int{k: k.Mark(), stream: stream.Mark()}
				setsUp(c, map[string]any{"tell_people": people, "tell_reply": reply, "tell_line": words, "name": who + rand.Text()[:6]})
				for door, mark := range doors {
					door.Since(mark, "the change", func(f apptest.Frame) bool { return f.Event.Kind == "channel.changed" })
				}
				var out struct{ Teaser json.RawMessage }
				answer := p.Do("GET", c.Path("/space"), nil)
				answer.Into(t, &out)
				if got := keysOf(t, answer.Body); got != "level name opens picture teaser" {
					t.Errorf("%s is told %s", who, got)
				}
				var want []string
				for key, told := range map[string]bool{"people": people, "reply": reply, "line": words} {
					if told {
						want = append(want, key)
					}
				}
				slices.Sort(want)
				if got := keysOf(t, out.Teaser); got != strings.Join(want, " ") {
					t.Errorf("%s is told %s of %v", who, out.Teaser, want)
				}
				if got := string(p.Do("GET", "/c/atelier", nil).Body); got != page {
					t.Errorf("the page of %s is another:\n%s", who, got)
				}
				for _, secret := range []string{said, welcome, `"at_least":1`} {
					if p.Saw(secret) {
						t.Errorf("%s received %q", who, secret)
					}
				}
				if p.Saw(line) != words {
					t.Errorf("%s received the line: %v, ticked %v", who, !words, words)
				}
				for _, b := range append(k.Frames(), stream.Frames()...) {
					if countsInside(b.Raw) || bytes.Contains(b.Raw, []byte("teaser")) || bytes.Contains(b.Raw, []byte(line)) {
						t.Errorf("%s received the frame %s", who, b.Raw)
					}
				}
			}
		})
	}
	var inside struct{ Welcome string }
	yuna.Do("GET", c.Path("/space"), nil).Into(t, &inside)
	if inside.Welcome != welcome {
		t.Errorf("a subscriber is welcomed with %q", inside.Welcome)
	}
}

// A room that is open during lives only opens to open pages when the live begins,
// and closes when it ends; what was written stays. On two nodes where the database
// lets there be two.
func TestTheSpaceOpensWithTheLive(t *testing.T) {
	t.Parallel() // it waits for real time
	a, b := twoNodes(t)
	c := a.Found("atelier")
	yuna, sam, mod := a.SignUp("Yuna"), b.SignUp("Sam"), a.SignUp("Mod")
	c.Owner.Do("PUT", c.Path("/moderators/Mod"), nil)
	yuna.Pays("atelier")
	k := yuna.At(b).Enters("atelier", "public", "space")
	outside := sam.Enters("atelier", "public")
	staff := mod.Enters("atelier", "public", "space")
	kept := sentinel("kept")
	yuna.Posts("atelier", "space", kept)
	mark := k.Mark()
	setsUp(c, map[string]any{"opens": "lives"})
	closed := func(f apptest.Frame) bool { return f.Type == "closed" && f.Room == "space" }
	if f := k.Since(mark, "the door closes", closed); f.Reason != "between_lives" {
		t.Errorf("closed with %s", f.Reason)
	}
	if why := yuna.Refused("POST", c.Path("/rooms/space/messages"), map[string]any{"key": rand.Text(), "text": "hello"}); why != "between_lives" {
		t.Errorf("writing between lives: %s", why)
	}
	if st := yuna.Standing("atelier"); st.Inside || st.Reason != "between_lives" {
		t.Errorf("between lives: %+v", st)
	}
	mark = k.Mark()
	c.GoesLive(a)
	k.Since(mark, "the door opens", func(f apptest.Frame) bool { return f.Type == "door" && f.Room == "space" })
	if f := k.Enter("atelier", "space"); !bytes.Contains(f.Raw, []byte(kept)) {
		t.Errorf("what was written is gone: %s", f.Raw)
	}
	k.Says("atelier", "space", "here we are")
	mark = k.Mark()
	c.Owner.Do("POST", c.Path("/live/end"), nil)
	k.Since(mark, "the door closes", closed)
	staff.Says("atelier", "space", "staff stay")
	if f, err := outside.Find(0, func(f apptest.Frame) bool { return f.Type == "door" }); err == nil {
		t.Errorf("a viewer is told of a door: %s", f.Raw)
	}
	if got := yuna.Refused("GET", c.Path("/rooms/space/events"), nil); got != "between_lives" {
		t.Errorf("reading after the live: %s", got)
	}
}

func TestTheSpacesPictureIsDrawnAnew(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	put := func(by *apptest.Person, upload []byte) int {
		r, err := http.NewRequestWithContext(t.Context(), "PUT", s.URL+c.Path("/space/picture"), bytes.NewReader(upload))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/octet-stream")
		for _, cookie := range by.Cookies() {
			r.AddCookie(cookie)
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		return a.StatusCode
	}
	if got := put(s.SignUp("Sam"), picture.Bytes()); got != 403 {
		t.Errorf("a viewer: %d", got)
	}
	if got := put(c.Owner, make([]byte, 600<<10)); got != 413 {
		t.Errorf("too much: %d", got)
	}
	if got := put(c.Owner, append(picture.Bytes(), "a second file"...)); got != 200 {
		t.Fatalf("the creator: %d", got)
	}
	var seen struct{ Picture string }
	s.Stranger().Do("GET", c.Path("/space"), nil).Into(t, &seen)
	a := s.Stranger().Do("GET", seen.Picture, nil)
	size, err := png.DecodeConfig(bytes.NewReader(a.Body))
	if err != nil || size.Width != 128 || size.Height != 128 || a.Header.Get("Content-Type") != "image/png" || bytes.Contains(a.Body, []byte("second")) {
		t.Errorf("%+v %v %v", size, err, a.Header)
	}
}
