package api

import (
	"net/http/httptest"
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

// A socket's cookie travels with whatever page opens it, and the page of a network
// in between has our name.
func TestAPageWithoutTLSIsNotOursWhereWeSpeakIt(t *testing.T) {
	for _, c := range []struct {
		public, origin string
		want           bool
	}{
		{"", "http://live.example.org", true},
		{"", "https://live.example.org", true}, // a proxy that was not named speaks TLS
		{"https://live.example.org", "https://live.example.org", true},
		{"https://live.example.org", "http://live.example.org", false},
		{"http://live.example.org", "http://live.example.org", true},
		{"https://live.example.org", "https://elsewhere.example.org", false},
		{"https://live.example.org", "null", false},
		{"https://live.example.org", "", true},
	} {
		a := &API{opt: Options{PublicURL: c.public}}
		r := httptest.NewRequest("GET", "http://live.example.org/ws", nil)
		r.Header.Set("Origin", c.origin)
		if got := a.SameOrigin(r); got != c.want {
			t.Errorf("a page of %q at %q: %v, want %v", c.origin, c.public, got, c.want)
		}
	}
}
