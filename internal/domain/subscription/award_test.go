package subscription_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// nameOf is what person called somebody.
func (w *world) nameOf(id ident.Account) (name string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		names, err := tx.Names(w.t.Context(), []ident.Account{id})
		name = names[id]
		return err
	})
	return name
}

func TestARightIsGivenAndTakenBack(t *testing.T) {
	w := newWorld(t)
	friend := w.person(false) // who was given a right needs no password
	wish := subscription.AwardWish{Name: strings.ToUpper(w.nameOf(friend)), Source: subscription.SourceComp, Months: 2, Note: "thanks", Key: "k"}
	_, err := w.service.Award(t.Context(), friend, w.channel, wish)
	wantReason(t, err, "owner_only")
	first, err := w.service.Award(t.Context(), w.owner, w.channel, wish)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := w.service.Award(t.Context(), w.owner, w.channel, wish); err != nil || again.Grant.ID != first.Grant.ID {
		t.Errorf("again: %+v, %v", again, err)
	}
	if d := w.inside(friend); !d.Allowed || !d.Until.Equal(w.clock.Now().AddDate(0, 2, 0)) {
		t.Errorf("got %+v", d)
	}
	if n := w.facts(friend).Tenure(w.clock.Now()); n != 0 {
		t.Errorf("a comp is worth %d months", n)
	}
	wantReason(t, w.service.Revoke(t.Context(), friend, w.channel, first.Grant.ID), "owner_only")
	wantReason(t, w.service.Revoke(t.Context(), w.owner, w.channel, "nothing"), "award_missing")
	for range 2 {
		if err := w.service.Revoke(t.Context(), w.owner, w.channel, first.Grant.ID); err != nil {
			t.Fatal(err)
		}
	}
	if d := w.inside(friend); d.Allowed || d.Reason != "right_revoked" {
		t.Errorf("got %+v", d)
	}
	bought := w.person(true)
	sub, _ := w.subscribe(bought)
	wantReason(t, w.service.Revoke(t.Context(), w.owner, w.channel, sub.Grant), "award_missing")
}

func TestWhatCannotBeGiven(t *testing.T) {
	w := newWorld(t)
	name := w.nameOf(w.person(true))
	for why, c := range map[string]struct {
		change func(*subscription.AwardWish)
		reason string
	}{
		"to nobody":        {func(a *subscription.AwardWish) { a.Name = "nobody" }, "account_missing"},
		"to the owner":     {func(a *subscription.AwardWish) { a.Name = w.nameOf(w.owner) }, "owner_is_staff"},
		"no time":          {func(a *subscription.AwardWish) { a.Months = 0 }, "award_invalid"},
		"too long":         {func(a *subscription.AwardWish) { a.Months = 37 }, "award_invalid"},
		"backwards":        {func(a *subscription.AwardWish) { a.Months = -1 }, "award_invalid"},
		"until yesterday":  {func(a *subscription.AwardWish) { a.Months, a.Until = 0, w.clock.Now().Add(-day) }, "award_invalid"},
		"two ends":         {func(a *subscription.AwardWish) { a.Until = w.clock.Now().Add(day) }, "award_invalid"},
		"as bought":        {func(a *subscription.AwardWish) { a.Source = "subscription" }, "award_invalid"},
		"a tier elsewhere": {func(a *subscription.AwardWish) { a.Tier = "nowhere" }, "tier_missing"},
		"a long note":      {func(a *subscription.AwardWish) { a.Note = strings.Repeat("x", 201) }, "award_invalid"},
		"without a key":    {func(a *subscription.AwardWish) { a.Key = "" }, "key_invalid"},
	} {
		wish := subscription.AwardWish{Name: name, Source: subscription.SourceManual, Months: 1, Key: "k" + why}
		c.change(&wish)
		_, err := w.service.Award(t.Context(), w.owner, w.channel, wish)
		if t.Run(why, func(t *testing.T) { wantReason(t, err, c.reason) }); t.Failed() {
			return
		}
	}
}

// TestAListOfFiveHundred has three bad lines: what is good is granted, what is
// bad is named by its line, and importing it again grants nothing.
func TestAListOfFiveHundred(t *testing.T) {
	w := newWorld(t)
	w.tier("Gold", 999, 0)
	var list strings.Builder
	list.WriteString("name,months,until,tier,note\r\n")
	holders := w.persons(500, false)
	for i := range holders {
		name := fmt.Sprintf("person%d", w.people-len(holders)+i+1)
		switch i + 2 { // the line in the file
		case 100:
			fmt.Fprintf(&list, "nobody by this name,3,,,\n")
		case 200:
			fmt.Fprintf(&list, "%s,three,,,\n", name)
		case 300:
			fmt.Fprintf(&list, "%s,3,,Platinum,\n", name)
		case 400:
			fmt.Fprintf(&list, "%s,,2026-03-31,gold,\"paid, in cash\"\n", name)
		default:
			fmt.Fprintf(&list, "%s,3,,,\n", name)
		}
	}
	got, err := w.service.Import(t.Context(), w.owner, w.channel, strings.NewReader(list.String()))
	if err != nil || got.Granted != 497 || got.Known != 0 || len(got.Troubles) != 3 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for i, want := range []subscription.LineTrouble{{Line: 100, Reason: "account_missing"}, {Line: 200, Reason: "line_months_invalid"}, {Line: 300, Reason: "line_tier_missing"}} {
		if x := got.Troubles[i]; x.Line != want.Line || x.Reason != want.Reason || x.Detail == "" {
			t.Errorf("got %+v, want %+v", x, want)
		}
	}
	if d := w.inside(holders[398]); !d.Allowed || !d.Until.Equal(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("until the end of a day: %+v", d)
	}
	if n := w.facts(holders[0]).Tenure(w.clock.Now().AddDate(0, 2, 0)); n != 3 {
		t.Errorf("three months are worth %d", n)
	}
	if w.inside(holders[98]).Allowed || w.inside(holders[198]).Allowed {
		t.Error("a bad line let somebody in")
	}
	got, err = w.service.Import(t.Context(), w.owner, w.channel, strings.NewReader(list.String()))
	if err != nil || got.Granted != 0 || got.Known != 497 || len(got.Troubles) != 3 {
		t.Errorf("the second time: %+v, %v", got, err)
	}
	_, err = w.service.Import(t.Context(), w.person(true), w.channel, strings.NewReader(list.String()))
	wantReason(t, err, "owner_only")
}

func TestListsThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct{ list, reason string }{
		"empty":             {"", "list_invalid"},
		"no heading":        {"anna,3\n", "list_columns_invalid"},
		"no name":           {"months,tier\n3,\n", "list_columns_invalid"},
		"no time":           {"name,tier\nanna,\n", "list_columns_invalid"},
		"an unknown column": {"name,months,price\nanna,3,9\n", "list_columns_invalid"},
		"two separators":    {"name;months,until\nanna;3\n", "list_columns_invalid"},
		"too long":          {"name,months\n" + strings.Repeat("anna,3\n", subscription.ListMax/7+1), "list_too_large"},
		"too many lines":    {"name,months\n" + strings.Repeat("a\n", 10_001), "list_too_large"},
		"too many quotes":   {"name,months\n" + strings.Repeat("\"a,3\n", 101), "list_invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.service.Import(t.Context(), w.owner, w.channel, strings.NewReader(c.list))
			wantReason(t, err, c.reason)
		})
	}
	anna := w.nameOf(w.person(false))
	for line, reason := range map[string]string{
		anna + ",0,,":         "line_months_invalid",
		anna + ",37,,":        "line_months_invalid",
		anna + ",,,":          "line_time_missing",
		anna + ",3,2027-1-1,": "line_time_missing",
		anna + ",,tomorrow,":  "line_until_invalid",
		anna + ",,2020-01-01": "award_invalid",
		anna + ",3,,,,":       "line_too_long",
		",3,,":                "line_nameless",
		"\"" + anna + ",3,,":  "line_unreadable",
	} {
		got, err := w.service.Import(t.Context(), w.owner, w.channel, strings.NewReader("\ufeffName, Months ,until,note\n"+line+"\n"))
		if err != nil || got.Granted != 0 || len(got.Troubles) != 1 || got.Troubles[0].Line != 2 || got.Troubles[0].Reason != reason {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
	}
}

// A quote that is opened and never closed spoils its own line and no other.
func TestAnOpenQuoteSpoilsItsOwnLine(t *testing.T) {
	w := newWorld(t)
	w.persons(6, false)
	list := "name,months,note\r\n" +
		"person2,1,\r\n" +
		"\r\n" +
		"person3,1,\"never closed\r\n" + // line 4
		"person4,1,\"two\r\nlines\"\r\n" + // 5 and 6
		"\"person5,1,\r\n" + // 7
		"person6,1,\"closed\"\r\n" +
		"person7,1,a \"bare\" one\r\n" // 9
	got, err := w.service.Import(t.Context(), w.owner, w.channel, strings.NewReader(list))
	if err != nil || got.Granted != 3 || got.Known != 0 {
		t.Errorf("granted %d, %v", got.Granted, err)
	}
	var lines []int
	for _, x := range got.Troubles {
		lines = append(lines, x.Line)
	}
	if !slices.Equal(lines, []int{4, 7, 9}) {
		t.Errorf("troubles %+v", got.Troubles)
	}
}

// Spreadsheets write semicolons where the comma is a decimal point.
func TestAListWithSemicolons(t *testing.T) {
	w := newWorld(t)
	anna := w.person(false)
	list := "\ufeffname;months;note\r\n" + w.nameOf(anna) + ";3;\"paid; 4,99\"\r\n"
	got, err := w.service.Import(t.Context(), w.owner, w.channel, strings.NewReader(list))
	if err != nil || got.Granted != 1 || !w.inside(anna).Allowed {
		t.Errorf("got %+v, %v", got, err)
	}
}

// The owner sees why somebody was given a right.
func TestSubscribersBearTheNoteOfTheirRight(t *testing.T) {
	w := newWorld(t)
	friend := w.person(false)
	wish := subscription.AwardWish{Name: w.nameOf(friend), Source: subscription.SourceManual, Months: 2, Note: "by transfer", Key: "k"}
	if _, err := w.service.Award(t.Context(), w.owner, w.channel, wish); err != nil {
		t.Fatal(err)
	}
	w.subscribe(w.person(true))
	got, err := w.service.Subscribers(t.Context(), w.owner, w.channel, "")
	if err != nil || len(got) != 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for _, x := range got {
		if (x.Note == "by transfer") != (x.Account == friend) {
			t.Errorf("got %+v", x)
		}
	}
}
