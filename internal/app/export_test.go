package app_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

type exported struct {
	Version       int `json:"subspace_export"`
	Account       []struct{ ID, Name, Language string }
	Addresses     []struct{ Address, State string }
	Passkeys      []struct{ Name string }
	Sessions      []struct{ Browser string }
	Channels      []struct{ Channel string }
	Moderates     []struct{ Channel string }
	Messages      []struct{ Channel, Room, Text string }
	Questions     []struct{ Text, State string }
	Subscriptions []struct {
		Channel, State string
		PriceMinor     int64 `json:"price_minor"`
		Cancel         bool  `json:"cancel_at_period_end"`
	}
	Payments []struct {
		Channel string
		Total   int64 `json:"total_minor"`
	}
	Purchases []struct{ Channel, Purpose, State string }
	Papers    []struct {
		Kind, Number, Buyer string
		Gross               int64 `json:"gross_minor"`
	}
	Limits    []struct{ Raised *string }
	Rights    []struct{ Channel, Source string }
	Sanctions []struct {
		Kind  string
		Until *string
	}
	Complete bool
}

func exportOf(t *testing.T, p *apptest.Person) (apptest.Answer, exported) {
	t.Helper()
	a := p.Do("GET", "/api/account/export", nil)
	var out exported
	a.Into(t, &out)
	if !out.Complete || out.Version != 1 || !strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the document is not whole: %.200s…", a.Body)
	}
	return a, out
}

// Everything that is kept of a person, and nothing of anybody else.
func TestExportHoldsAllOfOneAndNothingOfOthers(t *testing.T) {
	c := startWithMail(t)
	atelier := c.Found("atelier")
	yuna, noa := c.SignUp("Yuna"), c.SignUp("Noa Nakamura")
	address := c.reachable(yuna)
	theirs := c.reachable(noa)
	for _, p := range []*apptest.Person{yuna, noa} {
		p.Pays("atelier")
	}
	mine := map[string]string{}
	for _, what := range []string{"public", "space", "reply", "question"} {
		mine[what] = sentinel(what)
	}
	other := []string{sentinel("other"), sentinel("other asked"), sentinel("other's reply")}
	seq := noa.Posts("atelier", "space", other[0])
	yuna.Posts("atelier", "public", mine["public"])
	first := yuna.Posts("atelier", "space", mine["space"])
	yuna.Do("POST", atelier.Path("/rooms/space/messages"), map[string]any{"key": rand.Text(), "text": mine["reply"], "reply_to": seq})
	noa.Do("POST", atelier.Path("/rooms/space/messages"), map[string]any{"key": rand.Text(), "text": other[2], "reply_to": first})
	ask(t, yuna, atelier, mine["question"])
	ask(t, noa, atelier, other[1])
	removed := sentinel("removed")
	yuna.Do("DELETE", atelier.Path("/rooms/public/messages/"+strconv.FormatInt(yuna.Posts("atelier", "public", removed), 10)), nil)
	makes(t, yuna, phone(), "phone")
	elsewhere := c.Another(atelier, "elsewhere")
	elsewhere.Owner.Do("POST", elsewhere.Path("/sanctions"), map[string]any{"account": yuna.ID, "kind": "timeout", "seconds": 60, "reason": other[0]})

	a, doc := exportOf(t, yuna)
	if len(doc.Account) != 1 || doc.Account[0].ID != yuna.ID || doc.Account[0].Name != "Yuna" || doc.Account[0].Language != "en" {
		t.Errorf("account: %+v", doc.Account)
	}
	if len(doc.Addresses) != 1 || doc.Addresses[0].Address != address || doc.Addresses[0].State != "confirmed" {
		t.Errorf("%d addresses", len(doc.Addresses))
	}
	var said []string
	for _, m := range doc.Messages {
		said = append(said, m.Channel+" "+m.Room+" "+m.Text)
	}
	for _, want := range []string{"atelier public " + mine["public"], "atelier space " + mine["space"], "atelier space " + mine["reply"]} {
		if !slices.Contains(said, want) {
			t.Errorf("no message %q", want)
		}
	}
	if len(said) != 3 || len(doc.Questions) != 1 || doc.Questions[0].Text != mine["question"] {
		t.Errorf("messages %q, questions %+v", said, doc.Questions)
	}
	if len(doc.Passkeys) != 1 || len(doc.Sessions) != 1 || len(doc.Channels)+len(doc.Moderates) != 0 {
		t.Errorf("passkeys %v, sessions %v, channels %v %v", doc.Passkeys, doc.Sessions, doc.Channels, doc.Moderates)
	}
	if len(doc.Subscriptions) != 1 || doc.Subscriptions[0].PriceMinor != 499 || doc.Subscriptions[0].Cancel || len(doc.Rights) != 1 || len(doc.Payments) != 1 || doc.Payments[0].Total != 499 {
		t.Errorf("subscriptions %+v, rights %+v, payments %+v", doc.Subscriptions, doc.Rights, doc.Payments)
	}
	if len(doc.Purchases) != 1 || doc.Purchases[0].State != "complete" || len(doc.Papers) != 1 || doc.Papers[0].Buyer != "Yuna" || doc.Papers[0].Gross != 499 || len(doc.Limits) != 1 {
		t.Errorf("purchases %+v, papers %+v, limits %+v", doc.Purchases, doc.Papers, doc.Limits)
	}
	if len(doc.Sanctions) != 1 || doc.Sanctions[0].Kind != "timeout" || doc.Sanctions[0].Until == nil {
		t.Errorf("sanctions %+v", doc.Sanctions)
	}
	for _, words := range append(other, removed, theirs, "Noa", noa.ID, elsewhere.Owner.ID, elsewhere.Owner.Name, atelier.Owner.ID, atelier.Owner.Name, "argon2id") {
		if strings.Contains(string(a.Body), words) {
			t.Errorf("the document holds %q", words)
		}
	}
	for _, cookie := range yuna.Cookies() {
		if strings.Contains(string(a.Body), cookie.Value) {
			t.Error("the document holds what opens a session")
		}
	}
	if _, doc := exportOf(t, atelier.Owner); len(doc.Channels) != 1 || doc.Channels[0].Channel != "atelier" {
		t.Errorf("the owner's channels: %+v", doc.Channels)
	}
}

func ask(t *testing.T, p *apptest.Person, c apptest.Channel, text string) {
	t.Helper()
	p.Do("POST", c.Path("/questions"), map[string]any{"key": rand.Text(), "text": text})
}

// Longer than a page: each message once, in order, and what has no words is told too.
func TestLongExportIsWhole(t *testing.T) {
	s := apptest.Start(t, apptest.Options{Args: []string{"--message-burst", "100000", "--message-pace", "1ms"}})
	c := s.Found("atelier")
	const many = 450
	owner := c.Owner
	for _, room := range []string{"public", "space"} {
		k := owner.Enters("atelier", room)
		for i := range many {
			k.Says("atelier", room, fmt.Sprintf("%s %03d", room, i))
		}
	}
	_, doc := exportOf(t, owner)
	next := map[string]int{}
	for _, m := range doc.Messages {
		if want := fmt.Sprintf("%s %03d", m.Room, next[m.Room]); m.Text != want {
			t.Fatalf("%q where %q should stand", m.Text, want)
		}
		next[m.Room]++
	}
	if next["public"] != many || next["space"] != many {
		t.Errorf("told of %v", next)
	}
}

func TestExportsAreOnesOwnAndLimited(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	if got := s.Stranger().Refused("GET", "/api/account/export", nil); got != "sign_in" {
		t.Errorf("of nobody: %s", got)
	}
	p, limited := s.SignUp("Yuna"), 0
	for range 5 {
		a, err := p.Ask("GET", "/api/account/export", nil)
		if err != nil {
			t.Fatal(err)
		}
		if problem := a.Problem(); problem != nil && problem.Reason == "too_many_attempts" {
			limited++
		} else if !json.Valid(a.Body) {
			t.Errorf("not JSON: %s", a.Body)
		}
	}
	if limited != 2 {
		t.Errorf("%d of 5 exports were refused", limited)
	}
}
