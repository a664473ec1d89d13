package app_test

import (
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/adapter/passkey/passkeytest"
	"github.com/subspace-live/subspace/internal/app/apptest"
)

// public is how a browser reaches a server under its name.
func public() []string {
	return []string{"X-Forwarded-Host", "live.example.org", "X-Forwarded-Proto", "https"}
}

func phone() *passkeytest.Device { return &passkeytest.Device{Origin: "https://live.example.org"} }

type ceremony struct {
	Ceremony string
	Options  json.RawMessage
}

// under asks as a page of the public address does.
func under(t *testing.T, p *apptest.Person, method, path string, in any) apptest.Answer {
	t.Helper()
	a, err := p.Ask(method, path, in, public()...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func succeeds(t *testing.T, a apptest.Answer, into any) {
	t.Helper()
	if problem := a.Problem(); problem != nil {
		t.Fatal(problem)
	}
	if into != nil {
		a.Into(t, into)
	}
}

func refuses(t *testing.T, what string, a apptest.Answer, reason string) {
	t.Helper()
	if problem := a.Problem(); problem == nil || problem.Reason != reason {
		t.Errorf("%s: %d %s, want %s", what, a.Status, a.Body, reason)
	}
}

func makes(t *testing.T, p *apptest.Person, d *passkeytest.Device, name string) {
	t.Helper()
	var c ceremony
	succeeds(t, under(t, p, "POST", "/api/account/passkeys/invite", nil), &c)
	succeeds(t, under(t, p, "POST", "/api/account/passkeys", map[string]any{
		"ceremony": c.Ceremony, "name": name, "answer": json.RawMessage(d.Make(t, c.Options)),
	}), nil)
}

func answers(t *testing.T, p *apptest.Person, d *passkeytest.Device) map[string]any {
	t.Helper()
	var c ceremony
	succeeds(t, under(t, p, "POST", "/api/passkeys/ask", nil), &c)
	return map[string]any{"ceremony": c.Ceremony, "answer": json.RawMessage(d.Sign(t, c.Options))}
}

type keys struct {
	Passkeys []struct {
		ID, Name string
		UsedAt   *string `json:"used_at"`
	}
}

// A light account becomes full by a passkey, and comes back by it.
func TestPasskeyOpensAnAccount(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	light, d := s.Light("Yuna"), phone()
	if got := light.Refused("POST", "/api/channels/atelier/checkout", map[string]any{"key": rand.Text()}); got != "password_required" {
		t.Errorf("a light account buys: %s", got)
	}
	makes(t, light, d, "phone")
	var session struct{ Account struct{ ID, Kind string } }
	light.Do("GET", "/api/session", nil).Into(t, &session)
	if session.Account.Kind != "full" {
		t.Errorf("after the passkey: %+v", session)
	}
	apptest.Eventually(t, "the gate does not see the new right", func() bool {
		return light.Try("POST", "/api/channels/atelier/checkout", map[string]any{"key": rand.Text(), "of_age": true}, nil) == nil
	})
	back := s.Stranger()
	in := answers(t, back, d)
	a := under(t, back, "POST", "/api/session/passkey", in)
	succeeds(t, a, &session)
	if session.Account.ID != light.ID {
		t.Errorf("back as %+v", session)
	}
	refuses(t, "the same answer again", under(t, s.Stranger(), "POST", "/api/session/passkey", in), "ceremony_over")
	cookie := a.Header.Get("Set-Cookie")
	if !strings.Contains(cookie, "HttpOnly") || !strings.Contains(cookie, "Secure") {
		t.Errorf("the cookie is %s", strings.SplitN(cookie, ";", 2)[1])
	}
}

func TestPasskeysAreLookedAfter(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	yuna, noa, d := s.SignUp("Yuna"), s.SignUp("Noa"), phone()
	makes(t, yuna, d, "phone")
	makes(t, yuna, phone(), "ring")
	var list keys
	yuna.Do("GET", "/api/account", nil).Into(t, &list)
	if len(list.Passkeys) != 2 || list.Passkeys[0].Name != "phone" || list.Passkeys[1].UsedAt != nil {
		t.Fatalf("%+v", list)
	}
	path := "/api/account/passkeys/" + list.Passkeys[1].ID
	refuses(t, "somebody else's", under(t, noa, "DELETE", path, nil), "passkey_missing")
	refuses(t, "somebody else's name", under(t, noa, "PATCH", path, map[string]any{"name": "mine"}), "passkey_missing")
	succeeds(t, under(t, yuna, "PATCH", path, map[string]any{"name": "key ring"}), nil)
	succeeds(t, under(t, yuna, "POST", "/api/account/proof/passkey", answers(t, yuna, d)), nil)
	refuses(t, "a proof by somebody else's passkey", under(t, noa, "POST", "/api/account/proof/passkey", answers(t, noa, d)), "passkey_elsewhere")
	yuna.Do("PUT", "/api/account/password", map[string]any{"password": "another password"}) // a passkey stands for the old one
	yuna.Do("GET", "/api/account", nil).Into(t, &list)
	if list.Passkeys[1].Name != "key ring" || list.Passkeys[0].UsedAt == nil {
		t.Errorf("%+v", list)
	}
	succeeds(t, under(t, yuna, "DELETE", path, nil), nil)
	for _, r := range [][2]string{{"POST", "/api/account/passkeys/invite"}, {"DELETE", path}} {
		refuses(t, r[1]+" by nobody", under(t, s.Stranger(), r[0], r[1], nil), "sign_in")
	}
}

// Where passkeys cannot work the server says why before anybody tries.
func TestPasskeysSayWhereTheyWork(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	for host, want := range map[string]string{
		"127.0.0.1:8080 http": "passkeys_need_name", "[::1]:8080 http": "passkeys_need_name", "192.0.2.7 https": "passkeys_need_name",
		"live.example.org http": "passkeys_need_https", "live.example.org https": "", "localhost:8080 http": "", "studio.localhost:8080 http": "",
	} {
		name, scheme, _ := strings.Cut(host, " ")
		var session struct {
			PasskeysOff string `json:"passkeys_off"`
		}
		a, err := s.Stranger().Ask("GET", "/api/session", nil, "X-Forwarded-Host", name, "X-Forwarded-Proto", scheme)
		if err != nil {
			t.Fatal(err)
		}
		a.Into(t, &session)
		if session.PasskeysOff != want {
			t.Errorf("%s: the session says %q, want %q", host, session.PasskeysOff, want)
		}
		a, err = s.Stranger().Ask("POST", "/api/passkeys/ask", nil, "X-Forwarded-Host", name, "X-Forwarded-Proto", scheme)
		if err != nil {
			t.Fatal(err)
		}
		if problem := a.Problem(); (problem == nil) != (want == "") || (problem != nil && problem.Reason != want) {
			t.Errorf("%s: %s, want %q", host, a.Body, want)
		}
	}
	address := apptest.FreePort(t)
	apptest.Start(t, apptest.Options{Args: []string{"--public-url", "https://live.example.org", "--listen", address}})
	named := apptest.At(t, "http://"+address)
	for origin, want := range map[string]string{named.URL: "passkeys_elsewhere", "https://live.example.org": "", "": ""} {
		a, err := named.Stranger().Ask("POST", "/api/passkeys/ask", nil, "Origin", origin, "Sec-Fetch-Site", "same-origin")
		if err != nil {
			t.Fatal(err)
		}
		if problem := a.Problem(); (problem == nil) != (want == "") || (problem != nil && problem.Reason != want) {
			t.Errorf("a page at %q: %s, want %q", origin, a.Body, want)
		}
	}
}
