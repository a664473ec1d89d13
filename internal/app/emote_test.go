package app_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

type emote struct {
	ID, Code, Picture, Tier string
	Level                   int
	Usable                  bool
}

func drawing(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func addsEmote(t *testing.T, s *apptest.Server, c apptest.Channel, code string, level int) (e emote) {
	t.Helper()
	uploads(t, s, c.Owner, c.Path("/emotes?code="+code+"&level="+strconv.Itoa(level)), drawing(t)).Into(t, &e)
	return e
}

func emotesOf(t *testing.T, p *apptest.Person, c apptest.Channel) []emote {
	t.Helper()
	var list struct{ Emotes []emote }
	p.Do("GET", c.Path("/emotes"), nil).Into(t, &list)
	return list.Emotes
}

func usable(all []emote) string {
	var codes []string
	for _, e := range all {
		if e.Usable {
			codes = append(codes, e.Code)
		}
	}
	return strings.Join(codes, " ")
}

// held are the codes that a message's event lists.
func held(t *testing.T, event []byte) string {
	t.Helper()
	var m struct {
		Emotes []struct{ Code, ID string }
	}
	if err := json.Unmarshal(data(t, event), &m); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, e := range m.Emotes {
		codes = append(codes, e.Code)
	}
	return strings.Join(codes, " ")
}

// says writes, and returns what everybody who reads is told that the message holds.
func says(t *testing.T, p *apptest.Person, ear *apptest.Socket, c apptest.Channel, words string) string {
	t.Helper()
	words += " " + rand.Text()
	p.Do("POST", c.Path("/rooms/public/messages"), map[string]any{"key": rand.Text(), "text": words})
	f := ear.Hears("public", words)
	return held(t, f.Event.Raw)
}

// An emote is written by those whose tier it is, at the moment of writing: from everybody
// else its code is words. What was written stays as it was, when the emote is renamed,
// moved to a dearer tier or removed, and after a restart; its picture is everybody's, for
// ever.
func TestAnEmoteIsItsTiers(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	kiln := c.SellsDearer()
	free, yuna, rich := s.Light("Noa"), s.SignUp("Yuna"), s.SignUp("Rich")
	yuna.Pays("atelier")
	var right struct{ ID string }
	c.Owner.Do("POST", c.Path("/rights"), map[string]any{"key": rand.Text(), "name": "Rich", "source": "comp", "months": 1, "tier": kiln}).Into(t, &right)
	apptest.Eventually(t, "not inside", func() bool { return rich.Standing("atelier").Inside })
	ear := s.Stranger().Enters("atelier", "public")
	wave, gold := addsEmote(t, s, c, "wave", 0), addsEmote(t, s, c, "gold", 2)
	addsEmote(t, s, c, "clay", 1)
	ear.Await("that there are emotes", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "emotes.changed" })
	if gold.Tier != "Kiln" || wave.Tier != "" || gold.Level != 2 {
		t.Errorf("added as %+v, %+v", gold, wave)
	}
	all := ":wave: :clay: :gold: :none:"
	for name, who := range map[string]struct {
		p    *apptest.Person
		want string
	}{
		"a free account": {free, "wave"}, "a subscriber": {yuna, "wave clay"},
		"of the dearer tier": {rich, "wave clay gold"}, "the creator": {c.Owner, "wave clay gold"},
	} {
		if got := says(t, who.p, ear, c, all); got != who.want {
			t.Errorf("%s writes %q, want %q", name, got, who.want)
		}
		if got := usable(emotesOf(t, who.p, c)); !sameWords(got, who.want) {
			t.Errorf("%s is offered %q, want %q", name, got, who.want)
		}
	}
	if got := usable(emotesOf(t, s.Stranger(), c)); got != "" {
		t.Errorf("nobody is offered %q", got)
	}
	old := "once " + rand.Text() + " :gold:"
	rich.Posts("atelier", "public", old)
	c.Owner.Do("DELETE", c.Path("/rights/"+right.ID), nil)
	apptest.Eventually(t, "the right has not ended", func() bool { return !rich.Standing("atelier").Inside })
	if got := says(t, rich, ear, c, all); got != "wave" {
		t.Errorf("without the right %q", got)
	}
	c.Owner.Do("PATCH", c.Path("/emotes/"+wave.ID), map[string]any{"code": "hello", "level": 1})
	c.Owner.Do("DELETE", c.Path("/emotes/"+gold.ID), nil)
	s.Stop()
	s = apptest.Start(t, apptest.Options{Data: s.Data, Database: s.Database})
	free, yuna, c.Owner = free.At(s), yuna.At(s), c.Owner.At(s)
	stranger := s.Stranger()
	ear = stranger.Enters("atelier", "public")
	if got := says(t, yuna, ear, c, all+" :hello:"); got != "clay hello" {
		t.Errorf("what a subscriber writes then: %q", got)
	}
	if got := says(t, free, ear, c, ":hello: :wave:"); got != "" {
		t.Errorf("what a free account writes then: %q", got)
	}
	history := stranger.History("atelier", "public", 0)
	i := slices.IndexFunc(history, func(e apptest.Event) bool { return e.Data.Text == old })
	if i < 0 || held(t, history[i].Raw) != "gold" || !bytes.Contains(history[i].Raw, []byte(gold.ID)) {
		t.Errorf("the old message: %s", history[max(i, 0)].Raw)
	}
	for _, e := range []emote{wave, gold} {
		a := stranger.Do("GET", e.Picture, nil)
		if size, err := png.DecodeConfig(bytes.NewReader(a.Body)); err != nil || size.Width != 96 || size.Height != 96 ||
			a.Header.Get("Content-Type") != "image/png" || a.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("the picture of %s: %v %v %v", e.Code, a.Header, size, err)
		}
	}
	if got := emotesOf(t, stranger, c); len(got) != 2 {
		t.Errorf("offered then: %+v", got)
	}
}

func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// Only the creator changes what a channel offers, and each refusal says why. What no message
// holds is gone with its picture; a message that is removed tells of no emote any more; and
// of what is written inside nobody outside hears by its emotes.
func TestEmotesByEveryDoor(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna, free := s.SignUp("Yuna"), s.SignUp("Free")
	yuna.Pays("atelier")
	at := c.Path("/emotes?code=wave&level=1")
	for who, p := range map[string]*apptest.Person{"a stranger": s.Stranger(), "a free account": free, "a subscriber": yuna} {
		if a := uploads(t, s, p, at, drawing(t)); a.Problem() == nil || a.Problem().Reason != "owner_only" {
			t.Errorf("%s uploads: %d %s", who, a.Status, a.Body)
		}
	}
	wave := addsEmote(t, s, c, "wave", 1)
	for want, up := range map[string]struct {
		path string
		file []byte
	}{
		"emote_code_taken": {at, drawing(t)}, "emote_code_invalid": {c.Path("/emotes?code=No&level=0"), drawing(t)},
		"level_invalid": {c.Path("/emotes?code=no&level=-1"), drawing(t)}, "picture_invalid": {c.Path("/emotes?code=no"), []byte("hello")},
		"request_too_large": {c.Path("/emotes?code=no"), make([]byte, 600<<10)},
	} {
		if a := uploads(t, s, c.Owner, up.path, up.file); a.Problem() == nil || a.Problem().Reason != want {
			t.Errorf("want %s, got %d %s", want, a.Status, a.Body)
		}
	}
	if got := yuna.Refused("PATCH", c.Path("/emotes/"+wave.ID), map[string]any{"level": 0}); got != "owner_only" {
		t.Errorf("a subscriber changes one: %s", got)
	}
	if got := yuna.Refused("DELETE", c.Path("/emotes/"+wave.ID), nil); got != "owner_only" {
		t.Errorf("a subscriber removes one: %s", got)
	}
	unused := addsEmote(t, s, c, "unused", 0)
	c.Owner.Do("DELETE", c.Path("/emotes/"+unused.ID), nil)
	if got := free.Refused("GET", unused.Picture, nil); got != "picture_missing" {
		t.Errorf("the picture that no message holds: %s", got)
	}
	inside, public := yuna.Enters("atelier", "space"), free.Enters("atelier", "public")
	secret := sentinel("emote")
	seq := yuna.Posts("atelier", "space", secret+" :wave:")
	if f := inside.Hears("space", secret+" :wave:"); held(t, f.Event.Raw) != "wave" {
		t.Errorf("inside: %s", f.Raw)
	}
	thread := threadOf(t, c, map[string]any{"title": "A thread"})
	if err := entersThread(inside, thread); err != nil {
		t.Fatal(err)
	}
	yuna.Do("POST", c.Path("/threads/"+thread+"/messages"), map[string]any{"key": rand.Text(), "text": "thread :wave:"})
	if f := inside.Await("the thread", inThread(thread, "thread :wave:")); held(t, f.Event.Raw) != "wave" {
		t.Errorf("in a thread: %s", f.Raw)
	}
	yuna.Do("DELETE", c.Path("/rooms/space/messages/"+strconv.FormatInt(seq, 10)), nil)
	inside.Await("the removal", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "message.removed" })
	if got := rows(t, s, `SELECT body FROM event`); strings.Contains(got, secret) || strings.Count(got, wave.ID) != 1 { // the thread's
		t.Errorf("of the removed message is left %s", got)
	}
	emotesOf(t, free, c)
	public.Says("atelier", "public", "and now "+rand.Text())
	if free.Saw(secret) {
		t.Error("somebody outside saw words of the Sub Space")
	}
	if a, err := free.Ask("GET", "/api/emotes/no-such", nil); err != nil || a.Status != http.StatusNotFound {
		t.Errorf("an emote that never was: %d %v", a.Status, err)
	}
}

// A tier's badge stands in place of everybody's, by what the message told when it was
// written; the list says which pictures there are.
func TestATiersBadgeByEveryDoor(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	kiln := c.SellsDearer()
	yuna, rich := s.SignUp("Yuna"), s.SignUp("Rich")
	yuna.Pays("atelier")
	c.Owner.Do("POST", c.Path("/rights"), map[string]any{"key": rand.Text(), "name": "Rich", "source": "comp", "months": 1, "tier": kiln})
	apptest.Eventually(t, "not inside", func() bool { return rich.Standing("atelier").Inside })
	put := func(query string) apptest.Answer {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "PUT", s.URL+c.Path("/badges/m1"+query), bytes.NewReader(drawing(t)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/octet-stream")
		for _, cookie := range c.Owner.Cookies() {
			r.AddCookie(cookie)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return apptest.Answer{Status: res.StatusCode}
	}
	ear := s.Stranger().Enters("atelier", "public")
	tierOf := func(p *apptest.Person) string {
		t.Helper()
		words := "hello " + rand.Text()
		p.Do("POST", c.Path("/rooms/public/messages"), map[string]any{"key": rand.Text(), "text": words})
		var m struct{ Author struct{ Tier string } }
		if err := json.Unmarshal(data(t, ear.Hears("public", words).Event.Raw), &m); err != nil {
			t.Fatal(err)
		}
		return m.Author.Tier
	}
	if got := tierOf(rich); got != "" {
		t.Errorf("before there are pictures the tier is told: %q", got)
	}
	if put("").Status != 200 || put("?tier="+kiln).Status != 200 || put("?tier=nowhere").Status != 404 {
		t.Error("pictures are not taken as they should")
	}
	if got := tierOf(rich); got != kiln {
		t.Errorf("of the tier is told %q", got)
	}
	if got := tierOf(yuna); got != "" {
		t.Errorf("of a tier without pictures is told %q", got)
	}
	var seen struct {
		Badges     []struct{ Badge, Picture string }
		TierBadges []struct{ Tier, Badge, Picture string } `json:"tier_badges"`
	}
	rich.Do("GET", c.Path(""), nil).Into(t, &seen)
	if len(seen.Badges) != 1 || len(seen.TierBadges) != 1 || seen.TierBadges[0].Tier != kiln || seen.TierBadges[0].Badge != "m1" {
		t.Fatalf("listed %+v", seen)
	}
	if a := s.Stranger().Do("GET", seen.TierBadges[0].Picture, nil); a.Header.Get("Content-Type") != "image/png" {
		t.Errorf("its picture: %v", a.Header)
	}
	c.Owner.Do("DELETE", c.Path("/badges/m1?tier="+kiln), nil)
	apptest.Eventually(t, "the tier is still told", func() bool { return tierOf(rich) == "" })
}
