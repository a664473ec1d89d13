package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/app"
	"github.com/subspace-live/subspace/internal/app/apptest"
	"github.com/subspace-live/subspace/internal/config"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// examined is what the doctor says about a server's database.
func examined(t testing.TB, data, database string) (said string, err error) {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.Database = data, database
	var out strings.Builder
	err = app.Doctor(t.Context(), cfg, app.Surroundings{
		Now: time.Now, Tell: func(format string, args ...any) { fmt.Fprintf(&out, format, args...) },
	})
	return out.String(), err
}

// The doctor comes while the server works, and afterwards.
func TestDoctorLooksAtARunningServer(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	c := s.Found("atelier")
	lines := 0
	for _, at := range []string{"while it runs", "after it stopped"} {
		said, err := examined(t, s.Data, s.Database)
		if err != nil {
			t.Errorf("%s: %v\n%s", at, err, said)
		}
		lines = strings.Count(said, "\n")
		if lines < 7 || strings.Count(said, "ok     ") != lines || !strings.Contains(said, "ledger: ") {
			t.Errorf("%s it says\n%s", at, said)
		}
		if at == "while it runs" {
			c.Owner.Do("PATCH", c.Path(""), map[string]any{"title": "Still working"})
			s.Stop()
		}
	}
	for _, change := range []string{`UPDATE log SET head = head + 1 WHERE audience = 'public'`} {
		if _, err := database(t, s).Exec(change); err != nil {
			t.Fatal(err)
		}
	}
	said, err := examined(t, s.Data, s.Database)
	if err == nil || fault.Of(err) != nil || !strings.Contains(err.Error(), fmt.Sprintf("1 of %d checks", lines)) {
		t.Errorf("with a wrong head: %v", err)
	}
	if !strings.Contains(said, "WRONG  logs: ") || !strings.Contains(said, "\n       Log ") || strings.Count(said, "ok     ") != lines-1 {
		t.Errorf("with a wrong head it says\n%s", said)
	}
}

// Without the schema of this release there is nothing more to look at.
func TestDoctorStopsAtAForeignSchema(t *testing.T) {
	s := apptest.Start(t, apptest.Options{})
	s.Stop()
	if _, err := database(t, s).Exec(`INSERT INTO schema_migration (version, name, checksum, at) VALUES (9001, 'future', 'x', 0)`); err != nil {
		t.Fatal(err)
	}
	said, err := examined(t, s.Data, s.Database)
	if err == nil || !strings.HasPrefix(said, "WRONG  schema: ") || !strings.Contains(said, "newer release") || strings.Contains(said, "ledger") {
		t.Errorf("it says\n%s%v", said, err)
	}
}

// A folder that the doctor saw is as it was: no lock, no database made.
func TestDoctorMakesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := examined(t, dir, ""); !fault.Is(err, "database_missing") {
		t.Errorf("without a folder: %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder: %v", err)
	}
	if _, err := examined(t, dir, strings.Replace(storetest.Empty(t), "subspace.db", "none.db", 1)); err == nil {
		t.Error("an empty database was called sound")
	}
}
