package app_test

import (
	"crypto/rand"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// present is a gift's checkout as its giver sees it.
type present struct {
	ID, State, Reason string
	Quantity          int
	Total             struct{ Minor int64 }
	Gift              *struct {
		Given, Left int
		Settled     bool
	}
}

// gives opens a gift and pays it with the sandbox's good card.
func gives(t *testing.T, p *apptest.Person, c apptest.Channel, want map[string]any) present {
	t.Helper()
	body := map[string]any{"key": rand.Text(), "of_age": true, "country": "FR"}
	maps.Copy(body, want)
	var g present
	p.Do("POST", c.Path("/gift"), body).Into(t, &g)
	if g.State != "open" || g.Gift != nil {
		t.Fatalf("opened: %+v", g)
	}
	p.Do("POST", "/api/sandbox/checkouts/"+g.ID+"/pay", map[string]any{"card": "4242424242424242"})
	apptest.Eventually(t, "the gift is not given", func() bool {
		p.Do("GET", "/api/checkouts/"+g.ID, nil).Into(t, &g)
		return g.State == "complete"
	})
	return g
}

// toldGifts is what the public log says of gifts.
func toldGifts(p *apptest.Person, c apptest.Channel) []apptest.Event {
	all := p.History(c.Handle, "public", 0)
	return slices.DeleteFunc(all, func(e apptest.Event) bool { return e.Kind != "gift.given" })
}

// A gift to the room opens the doors of open pages, says in the public chat what
// was given, and to its giver what found nobody.
func TestAGiftToTheRoomOpensDoorsAndIsTold(t *testing.T) {
	t.Parallel() // it waits for the rest to be paid back

	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	giver, one, two, silent := s.SignUp("Bea"), s.SignUp("Cy"), s.Light("Di"), s.SignUp("El")
	one.Posts("atelier", "public", "hello")
	two.Posts("atelier", "public", "hello")
	open := one.Enters("atelier", "public")

	g := gives(t, giver, c, map[string]any{"people": 5, "named": true})
	if g.Quantity != 5 || g.Total.Minor != 5*499 || g.Gift == nil || g.Gift.Given != 2 || g.Gift.Left != 3 {
		t.Errorf("the giver reads %+v, %+v", g, g.Gift)
	}
	open.Await("the door opens", func(f apptest.Frame) bool { return f.Type == "door" })
	open.Await("the room is told", func(f apptest.Frame) bool { return f.Type == "event" && f.Event.Kind == "gift.given" })
	for _, p := range []*apptest.Person{one, two} {
		m := p.Standing("atelier")
		if !m.Inside || m.Gift == nil || m.Gift.From != "Bea" || m.Gift.Months != 1 || m.Gift.Starts.After(time.Now().Add(time.Minute)) {
			t.Errorf("%s stands there as %+v, given %+v", p.Name, m, m.Gift)
		}
	}
	for _, p := range []*apptest.Person{giver, silent} {
		if m := p.Standing("atelier"); m.Inside || m.Gift != nil {
			t.Errorf("%s stands there as %+v", p.Name, m)
		}
	}
	told := toldGifts(s.Stranger(), c)
	if len(told) != 1 {
		t.Fatalf("told %d times", len(told))
	}
	d := told[0].Data
	if slices.Sort(d.To); d.Name != "Bea" || d.Months != 1 || d.People != 2 || !slices.Equal(d.To, []string{"Cy", "Di"}) {
		t.Errorf("the chat says %+v", d)
	}
	apptest.Eventually(t, "the rest is not paid back", func() bool {
		giver.Do("GET", "/api/checkouts/"+g.ID, nil).Into(t, &g)
		return g.Gift.Settled
	})
	if sale := saleTo(t, c, giver); sale.Refundable.Minor != 2*499 {
		t.Errorf("of the sale %d are left", sale.Refundable.Minor)
	}
}

// A giver who stays unnamed is named to nobody but the seller, and a subscriber
// gets a gift after what they have paid.
func TestAnUnnamedGiftToASubscriberWaits(t *testing.T) {
	t.Parallel()

	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	giver, one := s.SignUp("Bea"), s.SignUp("Cy")
	one.Pays("atelier")
	g := gives(t, giver, c, map[string]any{"name": "cy", "months": 3})
	if g.Gift == nil || g.Gift.Given != 3 || g.Gift.Left != 0 || !g.Gift.Settled {
		t.Errorf("the giver reads %+v", g.Gift)
	}
	m := one.Standing("atelier")
	if m.Gift == nil || m.Gift.From != "" || m.Gift.Months != 3 || !m.Gift.Starts.After(time.Now().AddDate(0, 0, 20)) {
		t.Errorf("they stand there as %+v, given %+v", m, m.Gift)
	}
	told := toldGifts(one, c)
	if len(told) != 1 || told[0].Data.Name != "" || told[0].Data.Months != 3 || !slices.Equal(told[0].Data.To, []string{"Cy"}) {
		t.Errorf("the chat says %+v", told)
	}
	if one.Saw("Bea") {
		t.Error("who gave reached who got it")
	}
	if sale := saleTo(t, c, giver); sale.Buyer != "Bea" {
		t.Errorf("the seller sees %+v", sale)
	}
}

// A refused gift says why, and a subscriber may pay for one.
func TestWhoMayGive(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	giver := s.SignUp("Bea")
	giver.Pays("atelier")
	for _, x := range []struct {
		want   map[string]any
		reason string
	}{
		{map[string]any{"name": "nobody", "months": 1}, "account_missing"},
		{map[string]any{"name": c.Owner.Name, "months": 1}, "gift_refused"},
		{map[string]any{"name": "Bea", "months": 1}, "gift_to_self"},
		{map[string]any{"name": "Bea", "months": 13}, "gift_invalid"},
		{map[string]any{"people": 101}, "gift_invalid"},
	} {
		x.want["key"] = rand.Text()
		if reason := giver.Refused("POST", c.Path("/gift"), x.want); reason != x.reason {
			t.Errorf("%v is refused with %s", x.want, reason)
		}
	}
	s.SignUp("Cy")
	gives(t, giver, c, map[string]any{"name": "Cy", "months": 1})
	var first, again present
	wish := map[string]any{"key": rand.Text(), "people": 3, "country": "FR"}
	giver.Do("POST", c.Path("/gift"), wish).Into(t, &first)
	wish["key"] = rand.Text() // another tab
	giver.Do("POST", c.Path("/gift"), wish).Into(t, &again)
	if first.ID != again.ID {
		t.Error("two tabs opened two checkouts of one gift")
	}
}
