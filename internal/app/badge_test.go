package app_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// A creator's picture is on everybody's page without a reload, by an address that
// may be kept for ever.
func TestACreatorDrawsABadge(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	viewer := s.Stranger()
	page := viewer.Enters("atelier", "public")
	put := func(by *apptest.Person, upload []byte) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), "PUT", s.URL+c.Path("/badges/m3"), bytes.NewReader(upload))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/octet-stream")
		for _, cookie := range by.Cookies() {
			r.AddCookie(cookie)
		}
		return http.DefaultClient.Do(r)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewNRGBA(image.Rect(0, 0, 500, 300))); err != nil {
		t.Fatal(err)
	}
	for name, step := range map[string]struct {
		by     *apptest.Person
		upload []byte
		want   int
	}{
		"nobody": {s.Stranger(), picture.Bytes(), 403}, "a viewer": {s.SignUp("Sam"), picture.Bytes(), 403},
		"no picture": {c.Owner, []byte("hello"), 422}, "too much": {c.Owner, make([]byte, 600<<10), 413},
	} {
		if a, err := put(step.by, step.upload); err != nil || a.StatusCode != step.want {
			t.Errorf("%s: %v %v", name, a, err)
		}
	}
	a, err := put(c.Owner, picture.Bytes())
	if err != nil || a.StatusCode != 200 {
		t.Fatal(a, err)
	}
	page.Await("the channel changed", func(f apptest.Frame) bool { return f.Event.Kind == "channel.changed" })
	var seen struct {
		Badges []struct{ Badge, Picture string }
	}
	viewer.Do("GET", c.Path(""), nil).Into(t, &seen)
	if len(seen.Badges) != 1 || seen.Badges[0].Badge != "m3" {
		t.Fatalf("seen %+v", seen)
	}
	got, err := http.Get(s.URL + seen.Badges[0].Picture)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	size, _ := png.DecodeConfig(bytes.NewReader(body))
	if err != nil || size.Width != 72 || size.Height != 72 || got.Header.Get("Content-Type") != "image/png" ||
		got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || got.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v %v %v", got.Header, size, err)
	}
	c.Owner.Do("DELETE", c.Path("/badges/m3"), nil)
	if why := viewer.Refused("GET", seen.Badges[0].Picture, nil); why != "picture_missing" {
		t.Errorf("afterwards: %s", why)
	}
}
