package app_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// repaired is what the repair says about a server's database.
func repaired(t testing.TB, s *apptest.Server) (said string, err error) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Database = s.Data, s.Database
	var out strings.Builder
	err = app.RepairPayments(t.Context(), cfg, app.Surroundings{
		Now: time.Now, Log: slog.New(slog.DiscardHandler), Tell: func(format string, args ...any) { fmt.Fprintf(&out, format, args...) },
	})
	return out.String(), err
}

// A right that was spoiled by hand comes back, what nobody can explain is left and
// found by the doctor, and with SQLite all this waits for the server to stop.
func TestRepairingPayments(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Found("atelier")
	robbed, lost := s.SignUp("Robbed"), s.SignUp("Lost")
	for _, p := range []*apptest.Person{robbed, lost} {
		if err := p.Pay("atelier"); err != nil {
			t.Fatal(err)
		}
		apptest.Eventually(t, p.Name+" is not inside", func() bool { return p.Standing("atelier").Inside })
	}
	books := database(t, s)
	apptest.Eventually(t, "events of the purchases are not settled", func() bool { // the first of them opens the door
		var waiting int
		err := books.QueryRow(`SELECT (SELECT COUNT(*) FROM sandbox_event WHERE sent = 0) + (SELECT COUNT(*) FROM inbox WHERE done = 0)`).Scan(&waiting)
		return err == nil && waiting == 0
	})
	said, err := repaired(t, s)
	if alone := strings.HasPrefix(s.Database, "sqlite:"); alone && !fault.Is(err, "data_in_use") || !alone && (err != nil || !strings.HasPrefix(said, "ok     ")) {
		t.Errorf("beside the server: %v\n%s", err, said)
	}
	s.Stop()
	if said, err := repaired(t, s); err != nil || !strings.HasPrefix(said, "ok     ") {
		t.Errorf("of a sound database it says: %v\n%s", err, said)
	}
	id := robbed.ID
	for _, change := range []string{
		`UPDATE access_grant SET ends = 1000, paid = 1000 WHERE account = '` + id + `'`,
		`DELETE FROM sandbox_subscription WHERE checkout IN (SELECT id FROM checkout WHERE account = '` + lost.ID + `')`,
	} {
		if _, err := books.Exec(change); err != nil {
			t.Fatal(err)
		}
	}
	said, err = repaired(t, s)
	if err == nil || !strings.Contains(err.Error(), "1 differences are left") {
		t.Errorf("it ends with %v", err)
	}
	for _, words := range []string{"mended   sandbox sub_", "(right_differs)", "LEFT     sandbox sub_", "(object_missing)"} {
		if !strings.Contains(said, words) {
			t.Errorf("it does not say %q:\n%s", words, said)
		}
	}
	said, err = examined(t, s.Data, s.Database)
	if err == nil || !strings.Contains(said, "WRONG  payments: nothing differs") || !strings.Contains(said, "(object_missing)") {
		t.Errorf("the doctor says\n%s%v", said, err)
	}
	again := apptest.Start(t, apptest.Options{Data: s.Data, Database: s.Database})
	if !robbed.At(again).Standing("atelier").Inside {
		t.Error("who was robbed is outside")
	}
	apptest.Eventually(t, "the metrics do not tell", func() bool {
		res, err := http.Get(again.URL + "/metrics")
		if err != nil {
			return false
		}
		metrics, err := io.ReadAll(res.Body)
		return errors.Join(err, res.Body.Close()) == nil && strings.Contains(string(metrics), "\nsubspace_payment_differences 1\n")
	})
}

// Settings that name no provider cannot repair, and a folder without a database
// stays without.
func TestRepairNeedsADatabaseAndAProvider(t *testing.T) {
	cfg := config.Default()
	cfg.Data = t.TempDir()
	sur := app.Surroundings{Now: time.Now, Log: slog.New(slog.DiscardHandler), Tell: func(string, ...any) {}}
	if err := app.RepairPayments(t.Context(), cfg, sur); !fault.Is(err, "database_missing") {
		t.Errorf("without a database: %v", err)
	}
	s := apptest.Start(t, apptest.Options{})
	s.Stop()
	cfg.Data, cfg.Database, cfg.Listen = s.Data, s.Database, "0.0.0.0:80"
	if err := app.RepairPayments(t.Context(), cfg, sur); !fault.Is(err, "payments_off") {
		t.Errorf("without a provider: %v", err)
	}
}
