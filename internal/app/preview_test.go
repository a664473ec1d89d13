package app_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// pageOf is a site on this machine that says in its title what its path is, and
// counts how often it is asked.
func pageOf(t *testing.T) (address string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<title>about %s</title>", strings.TrimPrefix(r.URL.Path, "/"))
	}))
	t.Cleanup(site.Close)
	return strings.TrimPrefix(site.URL, "http://"), asked
}

// Switched off nothing is fetched; switched on those in the room see what a link leads
// to, and nobody else; removed it is gone.
func TestALinkIsShownToThoseInTheRoom(t *testing.T) {
	t.Parallel() // it waits for real time
	site, asked := pageOf(t)
	s := apptest.Start(t, apptest.Options{Args: []string{"--link-rehearsal", site}})
	c := s.Found("atelier")
	yuna, free := s.SignUp("Yuna"), s.SignUp("Free")
	yuna.Pays("atelier")
	out := free.Enters("atelier", "public")
	in := yuna.Enters("atelier", "public", "space")
	yuna.Posts("atelier", "space", "http://"+site+"/off")
	if got := yuna.Refused("PATCH", c.Path(""), map[string]any{"preview_space": true}); got != "owner_only" {
		t.Errorf("a subscriber switches previews on: %s", got)
	}
	c.Set(map[string]any{"preview_space": true})
	yuna.Posts("atelier", "public", "http://"+site+"/public-is-off")
	word := rand.Text()
	seq := yuna.Posts("atelier", "space", "see http://"+site+"/"+word)
	shown := func(f apptest.Frame) bool {
		return f.Type == "event" && f.Event.Kind == "message.previewed" && strings.Contains(string(f.Event.Raw), `"title":"about `+word)
	}
	in.Await("the preview", shown)
	if n := asked.Load(); n != 1 {
		t.Errorf("the site was asked %d times", n)
	}
	var seen, others struct {
		Previews struct{ Allowed, Public, Space bool }
	}
	yuna.Do("GET", c.Path(""), nil).Into(t, &seen)
	free.Do("GET", c.Path(""), nil).Into(t, &others)
	if p := seen.Previews; !p.Allowed || p.Public || !p.Space {
		t.Errorf("inside: %+v", p)
	}
	if p := others.Previews; p.Space {
		t.Errorf("outside: %+v", p)
	}
	yuna.Do("DELETE", c.Path("/rooms/space/messages/"+strconv.FormatInt(seq, 10)), nil)
	in.Await("the removal", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "message.removed" })
	if f := yuna.Enters("atelier").Enter("atelier", "space"); strings.Contains(string(f.Raw), word) {
		t.Error("whoever comes later is told what was removed")
	}
	if strings.Contains(rows(t, s, `SELECT body FROM event`), word) {
		t.Error("what was removed is still kept")
	}
	if _, err := out.Calls(map[string]any{"type": "ping"}); err != nil {
		t.Fatal(err)
	}
	if free.Saw(word) {
		t.Error("somebody outside received the preview of a private message")
	}
	if !strings.Contains(metricsOf(t, s), `subspace_link_previews_total{outcome="shown"} 1`) {
		t.Error("operators do not see that a preview was shown")
	}
}

// metricsOf is what operators see.
func metricsOf(t *testing.T, s *apptest.Server) string {
	t.Helper()
	answer, err := http.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The operator has the last word.
func TestAnOperatorForbidsPreviews(t *testing.T) {
	t.Parallel()
	site, asked := pageOf(t)
	s := apptest.Start(t, apptest.Options{Args: []string{"--link-rehearsal", site}})
	c := s.Found("atelier")
	c.Set(map[string]any{"preview_public": true})
	s.Stop()
	s = apptest.Start(t, apptest.Options{Data: s.Data, Database: s.Database, Args: []string{"--link-rehearsal", site, "--link-previews", "off"}})
	owner := c.Owner.At(s)
	if got := owner.Refused("PATCH", c.Path(""), map[string]any{"preview_space": true}); got != "previews_off" {
		t.Errorf("%s", got)
	}
	var channel struct {
		Previews struct{ Allowed, Public, Space bool }
	}
	owner.Do("GET", c.Path(""), nil).Into(t, &channel)
	if p := channel.Previews; p.Allowed || p.Public {
		t.Errorf("%+v", p)
	}
	owner.Posts("atelier", "public", "http://"+site+"/forbidden")
	s.Stop() // what was begun is finished
	if n := asked.Load(); n != 0 {
		t.Errorf("the site was asked %d times", n)
	}
}

// A name that leads to this machine is not followed without the rehearsal's leave.
func TestNothingOnThisMachineIsFetched(t *testing.T) {
	t.Parallel()
	site, asked := pageOf(t)
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	c.Set(map[string]any{"preview_public": true})
	for _, host := range []string{site, strings.Replace(site, "127.0.0.1", "localhost", 1), "localhost", "127.0.0.1"} {
		c.Owner.Posts("atelier", "public", "http://"+host+"/x")
	}
	apptest.Eventually(t, "the addresses came to nothing", func() bool {
		return strings.Contains(metricsOf(t, s), `subspace_link_previews_total{outcome="nothing"} 4`)
	})
	if n := asked.Load(); n != 0 {
		t.Errorf("the site was asked %d times", n)
	}
}
