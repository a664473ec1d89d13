package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// shelf keeps a copy in memory.
type shelf struct {
	store.Copied
	tables []store.StockTable
	rows   map[string][][]any
	begun  func(table string) // called when a table begins
}

func (s *shelf) Table(name string, columns []string) error {
	s.tables = append(s.tables, store.StockTable{Name: name, Columns: columns})
	if s.begun != nil {
		s.begun(name)
	}
	return nil
}

func (s *shelf) Row(values []any) error {
	t := &s.tables[len(s.tables)-1]
	t.Rows++
	s.rows[t.Name] = append(s.rows[t.Name], slices.Clone(values))
	return nil
}

func (s *shelf) stock(history string) store.Stock {
	return store.Stock{
		Migrations: s.Migrations, Tables: s.tables, History: history,
		Rows: func(_ context.Context, table string, row func([]any) error) error {
			for _, values := range s.rows[table] {
				if err := row(values); err != nil {
					return err
				}
			}
			return nil
		},
		Last: func(context.Context) error { return nil },
	}
}

// words are the rows of all tables in an order of their own; what a history is
// called is left out.
func (s *shelf) words() string {
	var all []string
	for name, rows := range s.rows {
		for _, values := range rows {
			if line := fmt.Sprintf("%s %#v", name, values); !strings.Contains(line, `"history"`) {
				all = append(all, line)
			}
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func reading(t testing.TB, address string) *store.DB {
	t.Helper()
	db, err := store.Inspect(t.Context(), options(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func options(address string) store.Options {
	return store.Options{URL: address, Now: time.Now, Random: rand.Reader}
}

func copied(t testing.TB, address string, begun func(string)) *shelf {
	t.Helper()
	s := &shelf{rows: map[string][][]any{}, begun: begun}
	var err error
	if s.Copied, err = reading(t, address).Copy(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// eventful is a database in which something was said, odd words among it.
func eventful(t testing.TB) (*store.DB, string, room.Address) {
	t.Helper()
	db, address := opened(t, nil)
	public := at(place(t, db), room.Public)
	author := person(t, db)
	for _, text := range []string{"", "plain", `"quoted" \ back`, "é ü 漢字 👩🏽‍🎨", "line\u2028separator", "<b>&amp;</b>", "two\nlines\ttab", strings.Repeat("long ", 2000)} {
		if _, err := appendTo(t.Context(), db, message(public, author, "", text)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.SettingOnce(t.Context(), "playback_secret", "kept"); err != nil {
		t.Fatal(err)
	}
	return db, address, public
}

// tables lists what a database holds.
func tables(t testing.TB, address string) []string {
	t.Helper()
	query := `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	if file, is := strings.CutPrefix(address, "sqlite:"); is {
		if _, err := os.Stat(file); err != nil {
			return nil
		}
		query = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	}
	rows, err := inspect(t, address).Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Whatever a migration makes is in a backup, and can be: Copy refuses columns of
// a type that no backup holds.
func TestCopyHoldsEveryTable(t *testing.T) {
	_, address := opened(t, nil)
	s := copied(t, address, nil)
	var names []string
	for _, table := range s.tables {
		names = append(names, table.Name)
	}
	slices.Sort(names)
	want := slices.DeleteFunc(tables(t, address), func(name string) bool { return name == "schema_migration" })
	if !slices.Equal(names, want) || len(s.Migrations) == 0 || !s.Current {
		t.Errorf("copied %v of %v; migrations %v, current %v", names, want, s.Migrations, s.Current)
	}
	kind := "sqlite"
	if onPostgres() {
		kind = "postgresql"
	}
	if s.Kind != kind {
		t.Errorf("the database is said to be %q", s.Kind)
	}
}

// Tables of somebody else in the same database are left alone.
func TestCopyHoldsNothingOfOthers(t *testing.T) {
	_, address := opened(t, nil)
	if _, err := inspect(t, address).Exec(`CREATE TABLE holiday_note (words VARCHAR(10))`); err != nil {
		t.Fatal(err)
	}
	for _, table := range copied(t, address, nil).tables {
		if table.Name == "holiday_note" {
			t.Error("a stranger's table was copied")
		}
	}
}

// A copy shows one moment, however long it takes, and nobody waits for it.
func TestCopyIsOfOneMoment(t *testing.T) {
	db, address, public := eventful(t)
	author := person(t, db)
	before := copied(t, address, nil)
	s := copied(t, address, func(table string) {
		if _, err := appendTo(t.Context(), db, message(public, author, "", "while "+table+" is copied")); err != nil {
			t.Errorf("writing while %s is copied: %v", table, err)
		}
	})
	if s.words() != before.words() {
		t.Error("the copy holds what was written while it was made")
	}
	if log, err := db.Logs().Log(t.Context(), public); err != nil || log.Head != int64(8+len(s.tables)) {
		t.Errorf("the log ends at %d: %v", log.Head, err)
	}
}

func TestHistoryStaysUntilABackupIsRestored(t *testing.T) {
	db, address := opened(t, nil)
	word, err := db.History(t.Context())
	if err != nil || len(word) < 10 {
		t.Fatalf("%q, %v", word, err)
	}
	if again, err := storetest.Open(t, address, time.Now, nil).History(t.Context()); err != nil || again != word {
		t.Errorf("another node says %q, %v", again, err)
	}
}

func TestWhatIsNoDatabaseOfOursIsNotCopied(t *testing.T) {
	empty := storetest.Empty(t)
	if _, err := inspect(t, empty).Exec(`CREATE TABLE holiday_note (words TEXT NOT NULL)`); err != nil {
		t.Fatal(err)
	}
	_, newer := opened(t, nil)
	if _, err := inspect(t, newer).Exec(`INSERT INTO schema_migration (version, name, checksum, at) VALUES (9001, 'future', 'x', 0)`); err != nil {
		t.Fatal(err)
	}
	for address, reason := range map[string]string{empty: "database_missing", newer: "database_newer"} {
		if _, err := reading(t, address).Copy(t.Context(), refusing{}); !fault.Is(err, reason) {
			t.Errorf("%v, want %s", err, reason)
		}
	}
}

// A table comes after those it refers to, also when a migration made it anew.
func TestTablesComeAfterThoseTheyReferTo(t *testing.T) {
	address := "sqlite:" + filepath.Join(t.TempDir(), "subspace.db")
	storetest.Open(t, address, time.Now, nil)
	s := copied(t, address, nil)
	rows, err := inspect(t, address).Query(`SELECT t.name, f."table" FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var from, to string
		if err := rows.Scan(&from, &to); err != nil {
			t.Fatal(err)
		}
		if s.at(from) < s.at(to) {
			t.Errorf("%s comes before %s, which it refers to", from, to)
		}
	}
	if err := rows.Err(); err != nil || n < 10 {
		t.Errorf("%d references, %v", n, err)
	}
	refers := map[string][]string{"a": {"d", "a"}, "b": {"a"}, "d": {"e"}, "x": {"y"}, "y": {"x"}}
	got := store.ReferredFirst([]string{"a", "b", "c", "d", "e", "x", "y"}, refers)
	if want := []string{"e", "d", "a", "b", "c", "y", "x"}; !slices.Equal(got, want) {
		t.Errorf("in the order %v, want %v", got, want)
	}
}

// A database gives up on a transaction of a node that says nothing; a copy and a
// restore have something else to do now and then.
func TestCopyingAndFillingMayTakeTheirTime(t *testing.T) {
	if !onPostgres() {
		t.Skip("SQLite does not wait for anybody")
	}
	impatient := func(address string) string { return address + "&idle_in_transaction_session_timeout=100" }
	busy := func(string) { <-time.After(300 * time.Millisecond) }
	_, address, _ := eventful(t)
	s := &shelf{rows: map[string][][]any{}, begun: func(table string) {
		if table == "event" {
			busy(table)
		}
	}}
	var err error
	if s.Copied, err = reading(t, impatient(address)).Copy(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	stock := s.stock("new")
	stock.Last = func(context.Context) error { busy(""); return nil }
	if err := store.Fill(t.Context(), options(impatient(storetest.Empty(t))), stock); err != nil {
		t.Error(err)
	}
}

// A sink that has no more room ends the copy with what it says, not with what
// the database makes of it.
func TestSinkThatRefusesIsHeard(t *testing.T) {
	_, address, _ := eventful(t)
	full := &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC} // to a driver it looks like a lost connection
	for _, r := range []refusing{{atTable: true, err: full}, {err: full}} {
		if _, err := reading(t, address).Copy(t.Context(), r); !errors.Is(err, full) || fault.Of(err) != nil {
			t.Errorf("refused: %v", err)
		}
	}
}

// refusing is a sink that takes no table, or no row.
type refusing struct {
	atTable bool
	err     error
}

func (r refusing) Table(string, []string) error {
	if r.atTable {
		return r.err
	}
	return nil
}

func (r refusing) Row([]any) error { return r.err }

// While a large database is copied, writers go on as before.
func TestCopyHoldsUpNoWriter(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a large database")
	}
	db, address := opened(t, nil)
	public := at(place(t, db), room.Public)
	author := person(t, db)
	for range 80 {
		many := make([]room.Entry, 500)
		for i := range many {
			many[i] = message(public, author, "", strings.Repeat("words ", 20))
		}
		if _, err := appendTo(t.Context(), db, many...); err != nil {
			t.Fatal(err)
		}
	}
	from := reading(t, address)
	during := make(chan struct{})
	var took time.Duration
	var all sync.WaitGroup
	all.Go(func() {
		defer close(during)
		began := time.Now()
		for range 3 {
			if _, err := from.Copy(t.Context(), refusing{}); err != nil {
				t.Error(err)
			}
		}
		took = time.Since(began) / 3
	})
	busy := writes(t, db, public, author, during)
	all.Wait()
	alone := make(chan struct{})
	time.AfterFunc(2*took, func() { close(alone) })
	calm := writes(t, db, public, author, alone)
	t.Logf("figure: a backup reads 40,000 messages in %d ms; meanwhile a write takes %s, otherwise %s",
		took.Milliseconds(), spread(busy), spread(calm))
	if len(busy) < 10 || busy[len(busy)-1] > 5*time.Second {
		t.Errorf("%d writes while copying, the longest took %v", len(busy), busy[len(busy)-1])
	}
}

// writes writes one message after the other until over is closed, and returns how
// long each took, sorted.
func writes(t *testing.T, db *store.DB, to room.Address, author ident.Account, over chan struct{}) (took []time.Duration) {
	t.Helper()
	for {
		began := time.Now()
		if _, err := appendTo(t.Context(), db, message(to, author, "", "x")); err != nil {
			t.Error(err)
		}
		took = append(took, time.Since(began))
		select {
		case <-over:
			slices.Sort(took)
			return took
		default:
		}
	}
}

func spread(sorted []time.Duration) string {
	of := func(share int) float64 { return float64(sorted[(len(sorted)-1)*share/100].Microseconds()) / 1000 }
	return fmt.Sprintf("%.1f ms (p99 %.1f, longest %.1f, %d writes)", of(50), of(99), of(100), len(sorted))
}
