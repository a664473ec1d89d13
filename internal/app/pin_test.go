package app_test

import (
	"crypto/rand"
	"strconv"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// What is pinned is told to those in the room and to whoever comes later, and to
// nobody outside; unpinned and removed it is gone from every door.
func TestAPinIsShownToWhoeverComes(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna, free := s.SignUp("Yuna"), s.SignUp("Free")
	yuna.Pays("atelier")
	free.Enters("atelier", "public")
	k := yuna.Enters("atelier", "public", "space")
	words := sentinel("pinned")
	seq := c.Owner.Posts("atelier", "space", words)
	path := c.Path("/rooms/space/messages/" + strconv.FormatInt(seq, 10))
	if got := yuna.Refused("PUT", path+"/pin", nil); got != "moderators_only" {
		t.Errorf("a subscriber pins: %s", got)
	}
	c.Owner.Do("PUT", path+"/pin", nil)
	k.Await("the pin", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "message.pinned" })
	stands := func() bool {
		t.Helper()
		f := yuna.Enters("atelier").Enter("atelier", "space")
		return strings.Contains(string(f.Raw), `"pinned":{"seq":`+strconv.FormatInt(seq, 10))
	}
	if !stands() {
		t.Error("whoever comes later is not told")
	}
	c.Owner.Do("DELETE", path+"/pin", nil)
	k.Await("the end of it", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "message.unpinned" })
	if stands() {
		t.Error("what was unpinned is still told")
	}
	c.Owner.Do("PUT", path+"/pin", nil)
	apptest.Eventually(t, "not pinned again", stands)
	s.Stop() // nothing in memory tells of it any more
	s = apptest.Start(t, apptest.Options{Data: s.Data, Database: s.Database})
	owner := c.Owner.At(s)
	if f := owner.Enters("atelier").Enter("atelier", "space"); !strings.Contains(string(f.Raw), `"pinned":{"seq":`) {
		t.Errorf("after a restart: %s", f.Raw)
	}
	owner.Do("DELETE", path, nil)
	apptest.Eventually(t, "a removed message stands above the chat", func() bool {
		return !strings.Contains(string(owner.Enters("atelier").Enter("atelier", "space").Raw), `"pinned"`)
	})
	if strings.Contains(rows(t, s, `SELECT body FROM event`), words) {
		t.Error("the words of a removed message are still kept")
	}
	announced := sentinel("announced")
	owner.Do("POST", c.Path("/rooms/public/messages"), map[string]any{"key": rand.Text(), "text": announced, "announcement": true})
	if got := free.At(s).Refused("POST", c.Path("/rooms/public/messages"), map[string]any{"key": rand.Text(), "text": "look", "announcement": true}); got != "moderators_only" {
		t.Errorf("a viewer announces: %s", got)
	}
	if !strings.Contains(string(owner.Enters("atelier").Enter("atelier", "public").Raw), `"announcement":true`) {
		t.Error("the announcement does not say what it is")
	}
	if free.Saw(words) {
		t.Error("somebody outside was told what is pinned inside")
	}
}
