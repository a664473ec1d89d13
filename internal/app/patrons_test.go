package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/config"
)

// Who pays elsewhere stands in a file: they come in by their code, beside those
// who pay here, and go out when the file forgets them.
func TestAPatronComesInByACodeAndLeavesWithTheLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "patrons.csv")
	apptest.Secret(t, "K7QM2TZP9WXA", "K7QM-2TZP-9WXA", "k7qm 2tzp 9wxa")
	write := func(lines ...string) {
		t.Helper()
		text := "channel,code,paid_until\n" + strings.Join(lines, "\n") + "\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly)
	write("atelier,K7QM-2TZP-9WXA," + day)
	s := apptest.Start(t, apptest.Options{Args: []string{"--patrons", file}})
	c := s.Found("atelier")
	patron, buyer := s.SignUp("Patron"), s.SignUp("Buyer")
	var sold struct{ Providers []string }
	patron.Do("GET", c.Path("/tiers"), nil).Into(t, &sold)
	if !slices.Equal(sold.Providers, []string{"sandbox", "patrons"}) {
		t.Errorf("sold by %v", sold.Providers)
	}
	if err := buyer.Pay("atelier"); err != nil {
		t.Fatal(err)
	}
	var checkout struct {
		ID, Provider, State string
		Sandbox             bool
	}
	patron.Do("POST", c.Path("/checkout"), map[string]any{"key": "k", "provider": "patrons", "of_age": true}).Into(t, &checkout)
	if checkout.Provider != "patrons" || checkout.Sandbox || checkout.State != "open" {
		t.Fatalf("got %+v", checkout)
	}
	claim := "/api/patrons/checkouts/" + checkout.ID + "/claim"
	if reason := patron.Refused("POST", "/api/sandbox/checkouts/"+checkout.ID+"/pay", map[string]any{"card": "4242424242424242"}); reason != "checkout_elsewhere" {
		t.Errorf("the sandbox answers %s", reason)
	}
	if reason := buyer.Refused("POST", claim, map[string]any{"code": "K7QM2TZP9WXA"}); reason != "checkout_missing" {
		t.Errorf("a stranger is answered %s", reason)
	}
	apptest.Eventually(t, "the code is not taken", func() bool {
		return patron.Try("POST", claim, map[string]any{"code": "k7qm 2tzp 9wxa"}, nil) == nil
	})
	apptest.Eventually(t, "the patron is not inside", func() bool { return patron.Standing("atelier").Inside })
	apptest.Eventually(t, "the buyer is not inside", func() bool { return buyer.Standing("atelier").Inside })
	id := patron.Subscription("atelier")
	if reason := patron.Refused("POST", "/api/subscriptions/"+id+"/cancel", nil); reason != "provider_cannot" {
		t.Errorf("cancelling is answered %s", reason)
	}
	write("atelier,K7QM-2TZP-9WXA,soon")
	said, err := doctorOf(t, s, file)
	if err == nil || !strings.Contains(said, "WRONG  patrons: ") || !strings.Contains(said, "patrons.csv, line 2: paid_until") || strings.Contains(said, "K7QM") {
		t.Errorf("the doctor says\n%s%v", said, err)
	}
	write()
	apptest.Eventually(t, "the patron is still inside", func() bool { return !patron.Standing("atelier").Inside })
	if !buyer.Standing("atelier").Inside {
		t.Error("the buyer had to go too")
	}
	if said, err := doctorOf(t, s, file); err != nil {
		t.Errorf("the doctor says\n%s%v", said, err)
	}
}

// doctorOf is what the doctor says about a server that follows a list of patrons.
func doctorOf(t *testing.T, s *apptest.Server, file string) (said string, err error) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Database, cfg.Patrons = s.Data, s.Database, file
	var out strings.Builder
	err = app.Doctor(t.Context(), cfg, app.Surroundings{
		Now: time.Now, Tell: func(format string, args ...any) { fmt.Fprintf(&out, format, args...) },
	})
	return out.String(), err
}

func TestWithoutAListThereIsNoRouteForCodes(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	p := s.SignUp("Somebody")
	if reason := p.Refused("POST", "/api/patrons/checkouts/x/claim", map[string]any{"code": "ABCDEFGH"}); reason != "route_missing" {
		t.Errorf("answered %s", reason)
	}
	if reason := p.Refused("POST", c.Path("/checkout"), map[string]any{"key": "k", "provider": "patrons", "of_age": true}); reason != "provider_unknown" {
		t.Errorf("answered %s", reason)
	}
}
