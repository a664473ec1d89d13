package store_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func open(address string) (*store.DB, error) {
	return store.Open(context.Background(), store.Options{URL: address, Now: time.Now, Random: rand.Reader})
}

func TestOpenMigratesAndAnswers(t *testing.T) {
	db := storetest.Open(t, storetest.Empty(t), time.Now, nil)
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestReopenedDatabaseHasWhatWasWritten(t *testing.T) {
	address := storetest.URL(t)
	db, err := open(address)
	if err != nil {
		t.Fatal(err)
	}
	public := at(place(t, db), room.Public)
	if _, err := appendTo(t.Context(), db, message(public, person(t, db), "", "kept")); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := storetest.Open(t, address, time.Now, nil)
	page, err := again.Logs().Page(t.Context(), public, room.NoCursor, 0, 10)
	if err != nil || len(page.Events) != 1 || !strings.Contains(string(page.Events[0].Bytes), "kept") {
		t.Errorf("after reopening: %v, %v", page, err)
	}
}

// Several processes that start at once on an empty database all come up.
func TestStartsAtTheSameMomentMigrateOnce(t *testing.T) {
	address := storetest.Empty(t)
	const starts = 4
	dbs := make([]*store.DB, starts)
	var all sync.WaitGroup
	for i := range starts {
		all.Go(func() {
			var err error
			if dbs[i], err = open(address); err != nil {
				t.Errorf("start %d: %v", i, err)
			}
		})
	}
	all.Wait()
	for _, db := range dbs {
		if db == nil {
			continue
		}
		if err := db.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	var n, distinct int
	if err := inspect(t, address).QueryRow(`SELECT COUNT(*), COUNT(DISTINCT version) FROM schema_migration`).Scan(&n, &distinct); err != nil {
		t.Fatal(err)
	}
	if n == 0 || n != distinct {
		t.Errorf("%d migrations noted, %d of them different", n, distinct)
	}
}

// A database that this release does not know is refused and left as it is.
func TestUnknownDatabaseIsRefusedUntouched(t *testing.T) {
	for reason, change := range map[string]string{
		"database_newer":   `INSERT INTO schema_migration (version, name, checksum, at) VALUES (9001, '9001_future.sql', 'x', 0)`,
		"database_differs": `UPDATE schema_migration SET checksum = 'another' WHERE version = 1`,
	} {
		t.Run(reason, func(t *testing.T) {
			address := storetest.URL(t)
			db, err := open(address)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			raw := inspect(t, address)
			if _, err := raw.Exec(change); err != nil {
				t.Fatal(err)
			}
			before := state(t, address)
			db, err = open(address)
			if err == nil {
				db.Close() //nolint:errcheck // the test fails anyway
				t.Fatal("the database was opened")
			}
			f := fault.Of(err)
			if f == nil || f.Reason != reason || !strings.Contains(f.Detail, "Nothing was changed") {
				t.Errorf("refused with %v", err)
			}
			if after := state(t, address); after != before {
				t.Error("the database is not as it was")
			}
		})
	}
}

// state is what must not change: the file's bytes, or the catalogue and migrations.
func state(t *testing.T, address string) string {
	t.Helper()
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if _, err := inspect(t, address).Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		return string(sum[:])
	}
	var out string
	err := inspect(t, address).QueryRow(`SELECT string_agg(version || checksum, ',' ORDER BY version) ||
		(SELECT string_agg(relname || relnatts, ',' ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
		FROM schema_migration`).Scan(&out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUnwritableFolderSaysSo(t *testing.T) {
	if os.Getuid() == 0 {
		// Nothing is unwritable for root but what is no folder at all.
		file := filepath.Join(t.TempDir(), "a file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		refusedFolder(t, filepath.Join(file, "data"))
		refusedFolder(t, "/proc/subspace") // a file system that takes no files
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	refusedFolder(t, dir)
	refusedFolder(t, filepath.Join(dir, "below"))
}

func refusedFolder(t *testing.T, dir string) {
	t.Helper()
	_, err := open("sqlite:" + filepath.Join(dir, "subspace.db"))
	f := fault.Of(err)
	if f == nil || f.Reason != "data_not_writable" || !strings.Contains(f.Detail, dir) {
		t.Errorf("%s: %v", dir, err)
	}
}

func TestDatabaseAddressesThatCannotWork(t *testing.T) {
	for address, reason := range map[string]string{
		"mysql://localhost/x": "database_url_invalid",
		"subspace.db":         "database_url_invalid",
		"postgres://nobody@127.0.0.1:1/none?connect_timeout=2":    "storage_unavailable",
		"postgres://nobody@/none?host=/nowhere&connect_timeout=2": "storage_unavailable",
	} {
		if _, err := open(address); !fault.Is(err, reason) {
			t.Errorf("%s: %v, want %s", address, err, reason)
		}
	}
}

func TestFileThatIsNoDatabaseIsRefusedUntouched(t *testing.T) {
	file := filepath.Join(t.TempDir(), "subspace.db")
	words := []byte(strings.Repeat("these are somebody's holiday notes\n", 100))
	if err := os.WriteFile(file, words, 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := open("sqlite:" + file); err == nil {
		db.Close() //nolint:errcheck // the test fails anyway
		t.Fatal("a file of notes was opened as a database")
	} else if !strings.Contains(err.Error(), file) {
		t.Errorf("the message does not name the file: %v", err)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(words) {
		t.Errorf("the file was changed (%v)", err)
	}
}

// A database holds secrets: only its owner reads it, whatever the umask.
func TestDatabaseIsItsOwnersAlone(t *testing.T) {
	if onPostgres() {
		t.Skip("PostgreSQL keeps its files itself")
	}
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	file := filepath.Join(t.TempDir(), "subspace.db")
	storetest.Open(t, "sqlite:"+file, time.Now, nil)
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}
