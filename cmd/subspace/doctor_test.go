package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
)

// What a script sees: 0 for a sound database, also beside the server that has the
// folder, and 1 for another.
func TestProgramExaminesADatabaseInUse(t *testing.T) {
	dir := t.TempDir()
	r := started(t, []string{"serve", "--data", dir, "--listen", "127.0.0.1:0", "--rtmp-listen", "127.0.0.1:0", "--rtc-listen", "off"})
	if said, code := ends(t, nil, "doctor", "--data", dir); code != 0 || !strings.Contains(said, "ok     storage: ") {
		t.Errorf("beside the server it ended with %d: %s", code, said)
	}
	if said, code := ends(t, []string{"SUBSPACE_DATA=" + dir}, "doctor"); code != 0 {
		t.Errorf("by the environment it ended with %d: %s", code, said)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "subspace.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO ledger_transaction (key, kind, digest, at, outcome, reason, hindrance) VALUES ('k', 'gift', '', 1, 'posted', '', 0)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if said, code := ends(t, nil, "doctor", "--data", dir); code != 1 || !strings.Contains(said, "WRONG  ledger: ") || !strings.Contains(said, "1 of ") {
		t.Errorf("with a transaction that moved nothing it ended with %d: %s", code, said)
	}
	r.stop(t)
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no database": {[]string{"--data", t.TempDir()}, 1, "database_missing"},
		"a wrong key": {[]string{"--folder", dir}, 2, "folder"},
		"help":        {[]string{"--help"}, 0, "-database"},
	} {
		if said, code := ends(t, nil, append([]string{"doctor"}, c.args...)...); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s: it ended with %d: %s", name, code, said)
		}
	}
}
