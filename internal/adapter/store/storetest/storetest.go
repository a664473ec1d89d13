// Package storetest opens a real, empty database for a test.
//
// Owns: fresh databases, and the look at what a test leaves in one. Promises:
// SQLite in the test's folder, or, when SUBSPACE_TEST_DATABASE holds a PostgreSQL
// address, a database of its own there that is dropped afterwards. Does not do:
// fakes.
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

// URL returns the address of a fresh database.
func URL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("SUBSPACE_TEST_DATABASE")
	if base == "" {
		return "sqlite:" + filepath.Join(t.TempDir(), "subspace.db")
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatalf("SUBSPACE_TEST_DATABASE: %v", err)
	}
	name := "t" + strings.ToLower(rand.Text()[:20])
	admin, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec(`CREATE DATABASE ` + name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec(`DROP DATABASE ` + name + ` WITH (FORCE)`); err != nil {
			t.Errorf("drop database: %v", err)
		}
		if err := admin.Close(); err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

func redact(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "database"
	}
	return u.Redacted()
}
