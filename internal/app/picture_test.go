package app_test

import (
	"bytes"
	"crypto/rand"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// shot is a JPEG with Exif that names a place.
func shot(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
	}
	m.Set(1, 1, color.White)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	app1 := append([]byte{0xff, 0xe1, 0, 45}, "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00GPS:45.7640N4.8357E!"...)
	app1[3] = byte(len(app1) - 2)
	return append(append([]byte{0xff, 0xd8}, app1...), b.Bytes()[2:]...)
}

// uploads sends a file as a browser does.
func uploads(t *testing.T, s *apptest.Server, by *apptest.Person, path string, file []byte) apptest.Answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+path, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	for _, cookie := range by.Cookies() {
		r.AddCookie(cookie)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	a := apptest.Answer{Status: res.StatusCode, Header: res.Header}
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return a
}

// A picture of an update is seen by those whose tier opens the thread, without what
// the camera knew, and kept by no cache. To everybody else it is as one that never
// was, with a session and without; removed, it is to everybody.
func TestAPictureIsForThoseInside(t *testing.T) {
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
	few := threadOf(t, c, map[string]any{"title": "for few", "level": 2, "kind": "update"})
	topic := threadOf(t, c, map[string]any{"title": "a topic"})
	pictures := c.Path("/threads/" + few + "/pictures")
	for who, p := range map[string]*apptest.Person{"a stranger": s.Stranger(), "a free account": free, "below the tier": yuna, "who may only read": rich} {
		if a := uploads(t, s, p, pictures, shot(t)); a.Problem() == nil || a.Problem().Reason != "owner_only" {
			t.Errorf("%s uploads: %d %s", who, a.Status, a.Body)
		}
	}
	for want, up := range map[string]struct {
		path string
		file []byte
	}{
		"photo_invalid": {pictures, shot(t)[:300]}, "picture_animated": {pictures, []byte("GIF89a\x01\x00\x01\x00")},
		"pictures_elsewhere": {c.Path("/threads/" + topic + "/pictures"), shot(t)}, "request_too_large": {pictures, make([]byte, 13<<20)},
	} {
		if a := uploads(t, s, c.Owner, up.path, up.file); a.Problem() == nil || a.Problem().Reason != want {
			t.Errorf("want %s, got %d %s", want, a.Status, a.Body)
		}
	}
	var pic struct {
		ID            string
		Width, Height int
	}
	uploads(t, s, c.Owner, pictures, shot(t)).Into(t, &pic)
	if pic.Width != 400 || pic.Height != 300 {
		t.Fatalf("kept as %+v", pic)
	}
	at := pictures + "/" + pic.ID
	gone := func(who string, p *apptest.Person) {
		t.Helper()
		a, err := p.Ask("GET", at, nil)
		never, _ := p.Ask("GET", pictures+"/06h0000000000000000000000", nil)
		if err != nil || a.Status != 404 || a.Problem().Reason != "picture_missing" || string(a.Body) != string(never.Body) || apptest.JSON(a.Header["Cache-Control"]) != apptest.JSON(never.Header["Cache-Control"]) {
			t.Errorf("%s: %d %s, of one that never was %d %s", who, a.Status, a.Body, never.Status, never.Body)
		}
	}
	gone("before it is shown", rich)
	k := rich.Enters("atelier", "space")
	if err := entersThread(k, few); err != nil {
		t.Fatal(err)
	}
	write := func(in map[string]any) apptest.Answer {
		t.Helper()
		a, err := c.Owner.Ask("POST", c.Path("/threads/"+few+"/messages"), in)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	five := make([]map[string]any, 5)
	for i := range five {
		five[i] = map[string]any{"id": pic.ID}
	}
	for want, wish := range map[string]any{
		"too_many_pictures": five, "picture_missing": []map[string]any{{"id": pic.ID}, {"id": pic.ID}}, "alt_invalid": []map[string]any{{"id": pic.ID, "alt": "a\x00b"}},
	} {
		if got := write(map[string]any{"key": rand.Text(), "text": "refused", "pictures": wish}).Problem(); got == nil || got.Reason != want {
			t.Errorf("want %s, got %v", want, got)
		}
	}
	if got := c.Owner.Refused("POST", c.Path("/rooms/space/messages"), map[string]any{"key": rand.Text(), "text": "x", "pictures": five[:1]}); got != "pictures_elsewhere" {
		t.Errorf("in the room: %s", got)
	}
	alt := sentinel("alt")
	var posted struct{ Seq int64 }
	write(map[string]any{"key": rand.Text(), "text": "an update", "pictures": []map[string]any{{"id": pic.ID, "alt": alt}}}).Into(t, &posted)
	k.Await("the update", func(f apptest.Frame) bool { return f.Type == "event" && bytes.Contains(f.Raw, []byte(alt)) })
	a := rich.Do("GET", at, nil)
	if m, err := jpeg.DecodeConfig(bytes.NewReader(a.Body)); err != nil || m.Width != 400 || bytes.Contains(a.Body, []byte("GPS")) ||
		a.Header.Get("Cache-Control") != "private, no-store" || a.Header.Get("Content-Type") != "image/jpeg" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v %v %v", m, err, a.Header)
	}
	for who, p := range map[string]*apptest.Person{"a stranger": s.Stranger(), "a free account": free, "below the tier": yuna} {
		gone(who, p)
		if a, _ := p.Ask("GET", "/api/channels/nowhere/threads/"+few+"/pictures/"+pic.ID, nil); a.Status != 404 || a.Problem().Reason != "picture_missing" {
			t.Errorf("%s, of no channel: %s", who, a.Body)
		}
		if p.Saw(alt) {
			t.Errorf("%s was told what it shows", who)
		}
	}
	if a := write(map[string]any{"key": rand.Text(), "text": "again", "pictures": five[:1]}); a.Problem() == nil || a.Problem().Reason != "picture_missing" {
		t.Errorf("shown twice: %s", a.Body)
	}
	c.Bans(rich)
	gone("who was shut out", rich)
	c.Owner.Do("DELETE", c.Path("/threads/"+few+"/messages/"+strconv.FormatInt(posted.Seq, 10)), nil)
	gone("the creator, after it was removed", c.Owner)
	if left := rows(t, s, `SELECT id FROM picture`); left != "" {
		t.Errorf("still kept: %s", left)
	}
}
