package api

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// A budget of tries belongs to a household: whoever has an IPv6 network could
// otherwise draw a fresh address for each guess.
func TestOriginIsAHousehold(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:5000":           "192.0.2.7",
		"[2001:db8:1:2::7]:5000":   "2001:db8:1:2::/64",
		"[2001:db8:1:2:9::1]:5000": "2001:db8:1:2::/64",
		"[2001:db8:1:3::7]:5000":   "2001:db8:1:3::/64",
		"[::ffff:192.0.2.7]:5000":  "::ffff:192.0.2.7",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		if got := (Proxies{}).Origin(r); got != want {
			t.Errorf("%s comes from %s, want %s", remote, got, want)
		}
	}
}

// A cookie that was given over TLS is never sent without it, also where the proxy
// that speaks TLS was not named.
func TestCookieIsSecureUnderAPublicAddressOfTLS(t *testing.T) {
	for public, want := range map[string]bool{"https://live.example.org": true, "http://live.example.org": false, "": false} {
		a := &API{opt: Options{PublicURL: public}}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Forwarded-Proto", "https") // from nobody we know
		if got := (caller{secure: a.secure(r)}).cookie("token").Secure; got != want {
			t.Errorf("public address %q: secure %v, want %v", public, got, want)
		}
	}
}

// A socket's cookie travels with whatever page opens it, and so does that of a
// request from a browser which does not say where it comes from. The page of a
// network in between has our name.
func TestOnlyPagesOfOurOwnOriginAreOurs(t *testing.T) {
	proxy := Proxies{netip.MustParsePrefix("192.0.2.1/32")} // httptest's requests come from there
	for _, c := range []struct {
		public, host, forwarded, origin string
		want                            bool
	}{
		{"", "live.example.org", "", "http://live.example.org", true},
		{"", "live.example.org", "", "https://live.example.org", true}, // a proxy that was not named speaks TLS
		{"", "live.example.org", "", "https://LIVE.example.org", true},
		{"", "live.example.org", "", "ftp://live.example.org", false},
		{"", "live.example.org", "", "http://live.example.org:8080", false},
		{"", "live.example.org:8080", "", "http://live.example.org:8080", true},
		{"", "live.example.org:8080", "", "http://live.example.org", false},
		{"", "live.example.org:443", "", "https://live.example.org", true}, // a proxy may write the port out
		{"", "live.example.org:443", "", "http://live.example.org", false},
		{"", "live.example.org:80", "", "http://live.example.org", true},
		{"", "10.0.0.5:8080", "https live.example.org", "https://live.example.org", true},
		{"", "10.0.0.5:8080", "https live.example.org", "http://live.example.org", false},
		{"", "10.0.0.5:8080", "https live.example.org:8443", "https://live.example.org:8443", true},
		{"", "10.0.0.5:8080", "https live.example.org:8443", "https://live.example.org", false},
		{"", "10.0.0.5:8080", "https live.example.org", "http://10.0.0.5:8080", false},
		{"https://live.example.org", "live.example.org", "", "https://live.example.org", true},
		{"https://live.example.org", "live.example.org", "", "http://live.example.org", false},
		{"https://live.example.org", "10.0.0.5:8080", "", "https://live.example.org", true}, // a proxy that does not say what it was asked
		{"https://live.example.org", "10.0.0.5:8080", "", "https://live.example.org:443", true},
		{"https://live.example.org", "10.0.0.5:8080", "", "http://live.example.org", false},
		{"https://live.example.org", "10.0.0.5:8080", "", "https://live.example.org:8443", false},
		{"http://live.example.org", "live.example.org", "", "http://live.example.org", true},
		{"https://live.example.org", "live.example.org", "", "https://elsewhere.example.org", false},
		{"https://live.example.org", "live.example.org", "", "null", false},
		{"https://live.example.org", "live.example.org", "", "", true}, // a program
	} {
		a := &API{opt: Options{PublicURL: c.public}}
		r := httptest.NewRequest("POST", "http://here/ws", nil)
		r.Host = c.host
		if c.forwarded != "" {
			a.opt.Proxies = proxy
			scheme, host, _ := strings.Cut(c.forwarded, " ")
			r.Header.Set("X-Forwarded-Proto", scheme)
			r.Header.Set("X-Forwarded-Host", host)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if got := a.SameOrigin(r); got != c.want {
			t.Errorf("a page of %q at %+v: %v, want %v", c.origin, c, got, c.want)
		}
		if c.want {
			continue
		}
		answer := httptest.NewRecorder()
		a.guard(http.NotFoundHandler()).ServeHTTP(answer, r)
		if answer.Code != http.StatusForbidden {
			t.Errorf("a request of a page of %q at %+v was let through", c.origin, c)
		}
	}
}
