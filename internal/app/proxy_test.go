package app_test

import (
	"net"
	"net/http"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

func sessionCookie(t *testing.T, h http.Header) *http.Cookie {
	t.Helper()
	r := http.Response{Header: h}
	for _, c := range r.Cookies() {
		if c.Name == "subspace_session" {
			return c
		}
	}
	t.Fatalf("no session cookie in %v", h)
	return nil
}

func TestSessionCookieIsKeptFromScriptsAndForeignPages(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	for scheme, secure := range map[string]bool{"http": false, "https": true} {
		a, err := s.Stranger().Ask("POST", "/api/session/light", map[string]any{"name": "Over " + scheme}, "X-Forwarded-Proto", scheme)
		if err != nil {
			t.Fatal(err)
		}
		c := sessionCookie(t, a.Header)
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure != secure {
			t.Errorf("by %s the cookie is %v", scheme, c)
		}
	}
}

// Headers that a proxy would set count only from configured proxies.
func TestForwardedHeadersCountOnlyFromConfiguredProxies(t *testing.T) {
	direct := apptest.Start(t, apptest.Options{Direct: true})
	direct.Found("atelier")
	behind := apptest.Start(t, apptest.Options{})
	behind.Found("atelier")
	if c := lightCookie(t, direct, "https"); c.Secure {
		t.Error("a stranger's X-Forwarded-Proto made the cookie Secure")
	}
	if c := lightCookie(t, behind, "https"); !c.Secure {
		t.Error("a proxy's X-Forwarded-Proto did not make the cookie Secure")
	}
	const host = "live.example.org"
	if _, err := direct.Stranger().Dial("Origin", "https://"+host, "X-Forwarded-Host", host); err == nil {
		t.Error("a stranger's X-Forwarded-Host let a foreign page in")
	}
	if _, err := behind.Stranger().Dial("Origin", "https://"+host, "X-Forwarded-Host", host); err != nil {
		t.Errorf("a proxy's X-Forwarded-Host did not count: %v", err)
	}
	// Guessing is slowed down by address: one that is only claimed frees nobody.
	if spent(t, direct) != "too_many_attempts" {
		t.Error("a stranger got a fresh budget of guesses by claiming other addresses")
	}
	if spent(t, behind) == "too_many_attempts" {
		t.Error("people behind a proxy share one budget of guesses")
	}
}

func lightCookie(t *testing.T, s *apptest.Server, scheme string) *http.Cookie {
	t.Helper()
	a, err := s.Stranger().Ask("POST", "/api/session/light", map[string]any{"name": "By " + scheme}, "X-Forwarded-Proto", scheme)
	if err != nil {
		t.Fatal(err)
	}
	return sessionCookie(t, a.Header)
}

// spent tries wrong links from many claimed addresses and returns the last reason.
func spent(t *testing.T, s *apptest.Server) (reason string) {
	t.Helper()
	for range 90 {
		reason = s.Stranger().Refused("POST", "/api/session/link", map[string]any{"token": "guess"})
	}
	return reason
}

func TestGuessingAPasswordIsSlowedDown(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	nora := s.SignUp("Nora")
	p := s.Stranger()
	var last apptest.Answer
	for range 7 {
		var err error
		if last, err = p.Ask("POST", "/api/session", map[string]any{"name": "Nora", "password": "a wrong guess"}); err != nil {
			t.Fatal(err)
		}
	}
	if last.Status != http.StatusTooManyRequests || last.Problem().Reason != "too_many_attempts" || last.Header.Get("Retry-After") == "" {
		t.Errorf("the seventh guess: %d %s, Retry-After %q", last.Status, last.Body, last.Header.Get("Retry-After"))
	}
	// The budget is the guesser's: Nora herself still gets in from elsewhere.
	s.Stranger().Do("POST", "/api/session", map[string]any{"name": "Nora", "password": nora.Password})
}

// Behind a proxy loopback is no wall: nobody subscribes for nothing there unless
// the operator knows it.
func TestSandboxStaysShutWhereStrangersReachIt(t *testing.T) {
	for name, c := range map[string]struct {
		listen string
		args   []string
	}{
		"behind a proxy":   {"127.0.0.1", []string{"--proxies", "127.0.0.0/8"}},
		"a public address": {"127.0.0.1", []string{"--public-url", "https://live.example.org"}},
		"every interface":  {"0.0.0.0", nil},
	} {
		address := apptest.FreePort(t)
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		apptest.Start(t, apptest.Options{Direct: true, Args: append(c.args, "--listen", net.JoinHostPort(c.listen, port))})
		var session struct{ Sandbox bool }
		p := apptest.At(t, "http://"+address).Stranger()
		p.Do("GET", "/api/session", nil).Into(t, &session)
		if session.Sandbox {
			t.Errorf("%s: the sandbox takes payments", name)
		}
		if a, err := p.Ask("POST", "/api/webhooks/sandbox", map[string]any{}); err != nil || a.Status < 400 {
			t.Errorf("%s: its webhook answers %d, %v", name, a.Status, err)
		}
	}
}
