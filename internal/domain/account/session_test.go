package account_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/account"
)

func TestSessionsAreListedAndEnded(t *testing.T) {
	r := newReception(t)
	here := r.signedUp("Yuna")
	r.clock.Advance(time.Hour)
	from := account.Visitor{Origin: "x", Device: account.Device{Browser: "Firefox", System: "Windows"}}
	there, err := r.SignIn(t.Context(), "Yuna", good, from)
	if err != nil {
		t.Fatal(err)
	}
	noa := r.signedUp("Noa")
	all, err := r.SessionsOf(t.Context(), here.Session)
	if err != nil || len(all) != 2 || all[0].ID != there.Session.ID || all[1].ID != here.Session.ID {
		t.Fatalf("%+v %v", all, err)
	}
	if d := all[0].Device; d.Browser != "Firefox" || d.System != "Windows" || !all[0].Created.Equal(r.clock.Now()) {
		t.Errorf("the newest is %+v", all[0])
	}
	if err := r.EndSession(t.Context(), here.Session, noa.Session.ID); reason(err) != "session_missing" || !r.open(noa.Token) {
		t.Errorf("somebody else's session: %v", err)
	}
	if err := r.EndSession(t.Context(), here.Session, there.Session.ID); err != nil || r.open(there.Token) || !r.open(here.Token) {
		t.Errorf("the other session: %v", err)
	}
	if err := r.EndSession(t.Context(), here.Session, there.Session.ID); reason(err) != "session_missing" {
		t.Errorf("once more: %v", err)
	}
	for range 3 {
		if there, err = r.SignIn(t.Context(), "Yuna", good, at("x")); err != nil {
			t.Fatal(err)
		}
	}
	ended, err := r.EndOthers(t.Context(), here.Session)
	if err != nil || len(ended) != 3 || r.open(there.Token) || !r.open(here.Token) || !r.open(noa.Token) {
		t.Errorf("ended %v, %v", ended, err)
	}
}

// An ended session is forgotten at once also by doors that only send.
func TestEndedSessionIsForgottenAtOnce(t *testing.T) {
	r := newReception(t)
	here := r.signedUp("Yuna")
	for name, end := range map[string]func(account.Opened) error{
		"one": func(o account.Opened) error { return r.EndSession(t.Context(), here.Session, o.Session.ID) },
		"all": func(account.Opened) error { _, err := r.EndOthers(t.Context(), here.Session); return err },
	} {
		there, err := r.SignIn(t.Context(), "Yuna", good, at("x"))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := r.Listening(t.Context(), there.Token); err != nil || !ok {
			t.Fatal(ok, err)
		}
		if err := end(there); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := r.Listening(t.Context(), there.Token); err != nil || ok {
			t.Errorf("%s: still listening (%v)", name, err)
		}
	}
}

// The last request is kept to the day, and costs no write of its own.
func TestSessionsAreSeenToTheDay(t *testing.T) {
	r := newReception(t)
	o := r.signedUp("Yuna")
	seen := func() time.Time {
		t.Helper()
		if err := r.NoteSeen(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := r.SessionsOf(t.Context(), o.Session)
		if err != nil {
			t.Fatal(err)
		}
		return all[0].Seen
	}
	first := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if got := seen(); !got.Equal(first) {
		t.Errorf("at the beginning: %v", got)
	}
	r.clock.Advance(3*time.Hour + 59*time.Minute)
	r.open(o.Token)
	if got := seen(); !got.Equal(first) {
		t.Errorf("later that day: %v", got)
	}
	r.clock.Advance(48 * time.Hour)
	if got := seen(); !got.Equal(first) {
		t.Errorf("without a request: %v", got)
	}
	r.open(o.Token)
	if got := seen(); !got.Equal(first.Add(48 * time.Hour)) {
		t.Errorf("two days later: %v", got)
	}
}

func TestOthersMayStaySignedIn(t *testing.T) {
	r := newReception(t)
	here := r.signedUp("Yuna")
	there, err := r.SignIn(t.Context(), "Yuna", good, at("x"))
	if err != nil {
		t.Fatal(err)
	}
	ended, err := r.Service.SetPassword(t.Context(), here.Session, good, other, true)
	if err != nil || len(ended) != 0 || !r.open(there.Token) {
		t.Errorf("ended %v, %v", ended, err)
	}
	session, _, err := r.Whose(t.Context(), here.Token)
	if err != nil {
		t.Fatal(err)
	}
	ended, err = r.Service.SetPassword(t.Context(), session, other, good, false)
	if err != nil || len(ended) != 1 || ended[0] != there.Session.ID || r.open(there.Token) {
		t.Errorf("ended %v, %v", ended, err)
	}
}
