// Package storetest opens a real database with nothing in it for a test.
//
// Owns: fresh databases, and the look at what a test leaves in one. Promises:
// SQLite in the test's folder, or, when SUBSPACE_TEST_DATABASE holds a PostgreSQL
// address, a database of its own there that is dropped afterwards; the one with this
// release's schema, of which they are copies, stays. Does not do: fakes.
package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// New opens a database that lives as long as the test, on the real clock.
func New(t testing.TB) *store.DB {
	t.Helper()
	return Open(t, URL(t), time.Now, nil)
}

// Open opens the database at url.
func Open(t testing.TB, url string, now func() time.Time, bell func([]room.Bell)) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), store.Options{URL: url, Now: now, Random: rand.Reader, Bell: bell})
	if err != nil {
		t.Fatalf("open %s: %v", redact(url), err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// Sound fails the test for each promise that the database breaks: those that
// 'subspace doctor' looks at. Call it when the acts of a test are over.
func Sound(t testing.TB, db *store.DB) {
	t.Helper()
	for _, c := range db.Checks() {
		broken, err := c.Broken(context.Background()) // also while the test is cleaned up
		if err != nil {
			t.Errorf("%s: %v", c.Promise, err)
		}
		for _, what := range broken {
			t.Errorf("%s: %s", c.Promise, what)
		}
	}
}

// URL returns the address of a fresh database, whose schema is this release's.
func URL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("SUBSPACE_TEST_DATABASE")
	if base == "" {
		return Empty(t)
	}
	// Copied as files, not page by page through the log: a test's database is small.
	return create(t, base, ` TEMPLATE `+template(t, base)+` STRATEGY FILE_COPY`)
}

// Empty returns the address of a database in which nothing is, not even a schema.
func Empty(t testing.TB) string {
	t.Helper()
	base := os.Getenv("SUBSPACE_TEST_DATABASE")
	if base == "" {
		return "sqlite:" + filepath.Join(t.TempDir(), "subspace.db")
	}
	return create(t, base, "")
}

// create makes a database that is dropped when the test ends.
func create(t testing.TB, base, from string) string {
	t.Helper()
	admin := connect(t, base)
	name := "t" + strings.ToLower(rand.Text()[:20])
	if _, err := admin.Exec(`CREATE DATABASE ` + name + from); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	return address(t, base, name)
}

func connect(t testing.TB, base string) *sql.DB {
	t.Helper()
	admin, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := admin.Close(); err != nil {
			t.Error(err)
		}
	})
	return admin
}

func address(t testing.TB, base, name string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("SUBSPACE_TEST_DATABASE: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

// template returns the name of a database with this release's schema and nothing in
// it, and makes it where no test has before: a copy of it is there ten times sooner
// than a schema is made.
func template(t testing.TB, base string) string {
	t.Helper()
	schema, err := store.Schema()
	if err != nil {
		t.Fatal(err)
	}
	name := "schema_" + schema[:20]
	conn, err := connect(t, base).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()       //nolint:errcheck // gives the lock back, too
	const making = 7311_0001 // tests of several packages ask at once
	if _, err := conn.ExecContext(t.Context(), `SELECT pg_advisory_lock($1)`, making); err != nil {
		t.Fatal(err)
	}
	defer conn.ExecContext(context.WithoutCancel(t.Context()), `SELECT pg_advisory_unlock($1)`, making) //nolint:errcheck // closing does it otherwise
	var there bool
	if err := conn.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		return name
	}
	raw := name + "_" + strings.ToLower(rand.Text()[:8])
	if _, err := conn.ExecContext(t.Context(), `CREATE DATABASE `+raw); err != nil {
		t.Fatalf("create the template: %v", err)
	}
	db, err := store.Open(t.Context(), store.Options{URL: address(t, base, raw), Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatalf("make the schema: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// Only a finished one bears the name.
	if _, err := conn.ExecContext(t.Context(), `ALTER DATABASE `+raw+` RENAME TO `+name); err != nil {
		t.Fatalf("name the template: %v", err)
	}
	return name
}

func redact(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "database"
	}
	return u.Redacted()
}
