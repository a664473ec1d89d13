package app_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/internal/app/apptest"
)

// database opens a server's database beside it, as an inspector.
func database(t testing.TB, s *apptest.Server) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", s.Database
	if file, ok := strings.CutPrefix(s.Database, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // it only read
	return db
}

// rows returns every value of a query, one a line.
func rows(t testing.TB, s *apptest.Server, query string) string {
	t.Helper()
	r, err := database(t, s).Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for r.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := r.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			fmt.Fprintf(&out, "%v ", v)
		}
		out.WriteByte('\n')
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
