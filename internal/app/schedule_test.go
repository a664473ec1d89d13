package app_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// plansLive plans a live in an hour and returns its name.
func plansLive(t *testing.T, c apptest.Channel, title string, private bool) string {
	t.Helper()
	var plan struct{ ID string }
	c.Owner.Do("POST", c.Path("/schedule"), map[string]any{
		"title": title, "starts": time.Now().Add(time.Hour).Format(time.RFC3339), "private": private,
	}).Into(t, &plan)
	return plan.ID
}

// A plan reaches open pages at once, each in the room of those who may know of it;
// a calendar shows them to whoever may know of them when it asks.
func TestAPlanReachesPagesAndCalendars(t *testing.T) {
	t.Parallel() // it waits for real time
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	yuna, sam := s.SignUp("Yuna"), s.SignUp("Sam")
	yuna.Pays("atelier")
	inside, outside := yuna.Enters("atelier", "public", "space"), sam.Enters("atelier", "public")
	edited := func(room string) func(apptest.Frame) bool {
		return func(f apptest.Frame) bool {
			return f.Type == "event" && f.Room == room && f.Event.Kind == "schedule.edited"
		}
	}
	open, hidden := sentinel("open")+", with; signs\\", sentinel("hidden")
	plansLive(t, c, hidden, true)
	inside.Await("the private plan", edited("space"))
	if _, err := outside.Find(0, edited("public")); err == nil {
		t.Error("a private plan is told outside")
	}
	public := plansLive(t, c, open, false)
	outside.Await("the public plan", edited("public"))

	theirs, his := yuna.Calendar(c), sam.Calendar(c)
	unfold := func(path string) string {
		a := s.Stranger().Do("GET", path, nil) // whoever has the address
		if got := a.Header.Get("Content-Type"); got != "text/calendar; charset=utf-8" || a.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("sent as %v", a.Header)
		}
		if bytes.Count(a.Body, []byte("\n")) != bytes.Count(a.Body, []byte("\r\n")) {
			t.Errorf("lines do not end as they should: %q", a.Body)
		}
		return strings.ReplaceAll(string(a.Body), "\r\n ", "")
	}
	escaped := strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`).Replace(open)
	if got := unfold(theirs); !strings.Contains(got, hidden) || !strings.Contains(got, escaped) || !strings.Contains(got, "/c/atelier") {
		t.Errorf("a subscriber's calendar holds\n%s", got)
	}
	if got := unfold(his); strings.Contains(got, hidden) || !strings.Contains(got, escaped) {
		t.Errorf("a viewer's calendar holds\n%s", got)
	}
	c.Owner.Do("DELETE", c.Path("/schedule/"+public), nil)
	if got := unfold(his); !strings.Contains(got, "STATUS:CANCELLED") || !strings.Contains(got, "SEQUENCE:1") {
		t.Errorf("what is off stands there as\n%s", got)
	}
	subscription := yuna.Subscription("atelier")
	c.Bans(yuna)
	if why := s.Stranger().Refused("GET", theirs, nil); why != "banned" {
		t.Errorf("the calendar of somebody who is shut out: %s", why)
	}
	c.Lifts(yuna)
	yuna.Do("POST", "/api/subscriptions/"+subscription+"/cancel", nil)
	fresh := yuna.Calendar(c)
	if why := s.Stranger().Refused("GET", theirs, nil); why != "calendar_revoked" {
		t.Errorf("the old address: %s", why)
	}
	yuna.Do("DELETE", c.Path("/schedule/calendar"), nil)
	if why := s.Stranger().Refused("GET", fresh, nil); why != "calendar_revoked" {
		t.Errorf("the revoked address: %s", why)
	}
	secret := strings.Split(fresh, "/")[3]
	if strings.Contains(rows(t, s, `SELECT account, channel, hash FROM calendar_feed`), secret) {
		t.Error("an address is kept as it is")
	}
}

// A calendar's address lets nobody in: it is nobody's session.
func TestACalendarsAddressIsNoSession(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	path := c.Owner.Calendar(c)
	secret := strings.Split(path, "/")[3]
	for _, p := range []string{c.Path("/space/setup"), c.Path("/ingest")} {
		a, err := s.Stranger().Ask("GET", p, nil, "Authorization", "Bearer "+secret)
		if err != nil || a.Status < 400 {
			t.Errorf("%s: %d %v", p, a.Status, err)
		}
	}
	if why := s.Stranger().Refused("POST", c.Path("/schedule/calendar"), nil); why != "sign_in" {
		t.Errorf("nobody's calendar: %s", why)
	}
}
