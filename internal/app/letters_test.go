package app_test

import (
	"net/http"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// Whoever reads caught letters can sign in as anybody: nobody beyond this machine
// may, nor a page from elsewhere whose name leads here.
func TestCaughtLettersAreShownOnThisMachineOnly(t *testing.T) {
	s := apptest.Start(t, apptest.Options{Direct: true, Args: []string{"--smtp-url", "catch:"}})
	for name, c := range map[string]struct {
		host, forwarded string
		status          int
	}{
		"here":            {"", "", http.StatusOK},
		"by a name":       {"localhost:8080", "", http.StatusOK},
		"by IPv6":         {"[::1]:8080", "", http.StatusOK},
		"by a proxy":      {"", "192.0.2.7", http.StatusNotFound},
		"by another name": {"evil.example", "", http.StatusNotFound},
		"in disguise":     {"localhost.evil.example:8080", "", http.StatusNotFound},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/letters", nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Host = c.host; c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, c.status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
