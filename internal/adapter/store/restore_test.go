package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
)

// targets are empty databases of the kinds there are.
func targets(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "subspace.db")}
	if onPostgres() {
		all["postgresql"] = storetest.Empty(t)
	}
	return all
}

// What one database was filled with another's copy it holds as it was, whatever
// kind both are, and goes on from there.
func TestFilledDatabaseHoldsTheSame(t *testing.T) {
	_, address, public := eventful(t)
	s := copied(t, address, nil)
	for kind, to := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			if err := store.Fill(t.Context(), options(to), s.stock("new")); err != nil {
				t.Fatal(err)
			}
			again := copied(t, to, nil)
			if got, want := again.words(), s.words(); got != want {
				t.Errorf("it holds\n%s\ninstead of\n%s", got, want)
			}
			if !slices.Equal(again.Migrations, s.Migrations) || again.Kind != kind {
				t.Errorf("of kind %s with the migrations %v", again.Kind, again.Migrations)
			}
			db := storetest.Open(t, to, time.Now, nil)
			storetest.Sound(t, db)
			out, err := appendTo(t.Context(), db, message(public, person(t, db), "", "afterwards"))
			if err != nil || out[0].Seq != 9 {
				t.Errorf("the next event: %v, %v", out, err)
			}
			if word, err := db.History(t.Context()); err != nil || word != "new" {
				t.Errorf("the history is %q, %v", word, err)
			}
		})
	}
}

// Of a stock that does not fit nothing is kept.
func TestStockThatDoesNotFitLeavesNothing(t *testing.T) {
	_, address, _ := eventful(t)
	empty := targets(t)
	for name, c := range map[string]struct {
		change func(*shelf)
		reason string
	}{
		"no migrations":       {func(s *shelf) { s.Migrations = nil }, "backup_broken"},
		"another migration":   {func(s *shelf) { s.Migrations[1].Checksum = "x" }, "backup_differs"},
		"a gap of migrations": {func(s *shelf) { s.Migrations = s.Migrations[1:] }, "backup_broken"},
		"a later migration": {func(s *shelf) {
			s.Migrations = append(s.Migrations, store.Migration{Version: len(s.Migrations) + 1, Name: "9999_later.sql"})
		}, "backup_newer"},
		"a table is missing":    {func(s *shelf) { s.tables = s.tables[1:] }, "backup_broken"},
		"an unknown table":      {func(s *shelf) { s.tables = append(s.tables, store.StockTable{Name: "karaoke"}) }, "backup_broken"},
		"a column is missing":   {func(s *shelf) { s.tables[0].Columns = s.tables[0].Columns[1:] }, "backup_broken"},
		"a value is missing":    {func(s *shelf) { s.rows["account"][0] = s.rows["account"][0][1:] }, "backup_broken"},
		"words for a number":    {func(s *shelf) { s.rows["event"][2][1] = "three" }, "backup_broken"},
		"a number for words":    {func(s *shelf) { s.rows["event"][2][0] = int64(3) }, "backup_broken"},
		"a row too few":         {func(s *shelf) { s.rows["event"] = s.rows["event"][1:] }, "backup_broken"},
		"a setting too few":     {func(s *shelf) { s.rows["setting"] = s.rows["setting"][1:] }, "backup_broken"},
		"an owner is missing":   {func(s *shelf) { s.rows["account"] = s.rows["account"][1:]; s.tables[s.at("account")].Rows-- }, ""},
		"a row stands twice":    {func(s *shelf) { s.rows["event"][1] = s.rows["event"][0] }, ""},
		"a value out of bounds": {func(s *shelf) { s.rows["log"][0][3] = int64(-1) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, to := range empty {
				s := copied(t, address, nil)
				c.change(s)
				err := store.Fill(t.Context(), options(to), s.stock("new"))
				if f := fault.Of(err); err == nil || (c.reason != "" && (f == nil || f.Reason != c.reason || !strings.Contains(f.Detail, "Nothing was restored"))) {
					t.Errorf("%s: %v, want %s", kind, err, c.reason)
				}
				if left := tables(t, to); len(left) > 0 {
					t.Errorf("%s: %v are left", kind, left)
				}
			}
		})
	}
}

func (s *shelf) at(name string) int {
	return slices.IndexFunc(s.tables, func(t store.StockTable) bool { return t.Name == name })
}

func TestOnlyAnEmptyDatabaseIsFilled(t *testing.T) {
	_, address, _ := eventful(t)
	s := copied(t, address, nil)
	for kind, to := range targets(t) {
		if _, err := inspect(t, to).Exec(`CREATE TABLE holiday_note (words TEXT NOT NULL)`); err != nil {
			t.Fatal(err)
		}
		if err := store.Fill(t.Context(), options(to), s.stock("new")); !fault.Is(err, "restore_not_empty") {
			t.Errorf("%s with a stranger's table: %v", kind, err)
		}
		if left := tables(t, to); len(left) != 1 {
			t.Errorf("%s: now there are %v", kind, left)
		}
	}
	if err := store.Fill(t.Context(), options(address), s.stock("new")); !fault.Is(err, "restore_not_empty") {
		t.Errorf("a database that lives: %v", err)
	}
	if now := copied(t, address, nil); now.words() != s.words() {
		t.Error("a database that lives was changed")
	}
}

// A restore that was broken off after its commit finds that it is done; one that
// fails at its very end leaves nothing.
func TestFillingIsDoneOnceOrNotAtAll(t *testing.T) {
	_, address, _ := eventful(t)
	s := copied(t, address, nil)
	for kind, to := range targets(t) {
		failing := s.stock("new")
		failing.Last = func(context.Context) error { return errors.New("no room for the files") }
		if err := store.Fill(t.Context(), options(to), failing); err == nil {
			t.Errorf("%s: the end failed and nobody was told", kind)
		}
		if left := tables(t, to); len(left) > 0 {
			t.Errorf("%s: %v are left", kind, left)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if err := store.Fill(gone, options(to), s.stock("new")); err == nil || len(tables(t, to)) > 0 {
			t.Errorf("%s: after somebody gave up: %v, %v", kind, err, tables(t, to))
		}
		for _, c := range []struct{ history, reason string }{{"new", ""}, {"new", ""}, {"newer", "restore_not_empty"}} {
			err := store.Fill(t.Context(), options(to), s.stock(c.history))
			if (c.reason == "" && err != nil) || (c.reason != "" && !fault.Is(err, c.reason)) {
				t.Errorf("%s: filling it under %q: %v", kind, c.history, err)
			}
		}
	}
}

// A backup of an older release is brought up to date.
func TestOlderSchemaIsFilledAndBroughtUpToDate(t *testing.T) {
	old := storetest.Empty(t)
	db := inspect(t, old)
	do := func(statement string, args ...any) {
		t.Helper()
		if _, err := db.Exec(statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	do(`CREATE TABLE schema_migration (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, at BIGINT NOT NULL)`)
	for i, name := range []string{"0001_foundation.sql", "0002_live.sql", "0003_question.sql", "0004_subscription.sql"} {
		text, err := os.ReadFile(filepath.Join("migrations", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range strings.Split(string(text), ";\n") {
			if strings.TrimSpace(statement) != "" {
				do(statement)
			}
		}
		do(`INSERT INTO schema_migration (version, name, checksum, at) VALUES ($1, $2, $3, 0)`, i+1, name, fmt.Sprintf("%x", sha256.Sum256(text)))
	}
	do(`INSERT INTO account (id, name, folded, password, operator, created) VALUES ('a', 'Yuna', 'yuna', '', 0, 1)`)
	do(`INSERT INTO channel (id, handle, title, owner, space_open, live_audience, created) VALUES ('c', 'atelier', 'A place', 'a', 1, 'public', 1)`)
	do(`INSERT INTO tier (id, channel, price_minor, currency, on_sale, created) VALUES ('t', 'c', 499, 'EUR', 1, 1)`)
	do(`INSERT INTO access_grant (id, account, channel, tier, source, starts, ends, revoked, months) VALUES ('g', 'a', 'c', 't', 'subscription', 1, 2, 0, 3)`)
	do(`INSERT INTO subscription (id, account, channel, tier, provider, ref, access_grant, state, cancel_at_period_end, price_minor, currency,
		started, period_start, period_end, ended, months, months_before) VALUES ('s', 'a', 'c', 't', 'sandbox', 'r', 'g', 'active', 0, 499, 'EUR', 1, 1, 2, 0, 3, 0)`)
	s := copied(t, old, nil)
	if len(s.Migrations) != 4 || s.Current || s.at("tier_price") >= 0 || s.at("tier") < 0 {
		t.Fatalf("copied %v after %v", s.tables, s.Migrations)
	}
	for kind, to := range targets(t) {
		if err := store.Fill(t.Context(), options(to), s.stock("new")); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		now := copied(t, to, nil)
		if !now.Current || len(now.rows["account"]) != 1 || len(now.rows["subscription"]) != 1 || len(now.rows["tier_price"]) != 1 {
			t.Errorf("%s: after %v there are %v", kind, now.Migrations, now.rows)
		}
		storetest.Sound(t, storetest.Open(t, to, time.Now, nil))
	}
}
