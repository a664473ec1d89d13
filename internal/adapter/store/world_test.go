package store_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// people numbers accounts and channels over all tests of this package.
var people atomic.Int64

func makeID[T ~string]() T {
	return ident.Make[T](ident.NewSource(time.Now, rand.Reader))
}

// person inserts an account.
func person(t testing.TB, db *store.DB) ident.Account {
	t.Helper()
	id := makeID[ident.Account]()
	n := people.Add(1)
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertAccount(t.Context(), account.Account{ID: id, Name: fmt.Sprintf("P%d", n), Folded: fmt.Sprintf("p%d", n), Created: time.Now()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// place inserts a channel.
func place(t testing.TB, db *store.DB) ident.Channel {
	t.Helper()
	owner, id := person(t, db), makeID[ident.Channel]()
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertChannel(t.Context(), channel.Channel{
			ID: id, Handle: fmt.Sprintf("c%d", people.Add(1)), Title: "A place", Owner: owner,
			LiveAudience: access.LivePublic, Created: time.Now(),
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func at(c ident.Channel, a room.Audience) room.Address { return room.Address{Channel: c, Audience: a} }

func message(to room.Address, author ident.Account, key, text string) room.Entry {
	return room.Entry{Address: to, Author: author, Key: key, Payload: event.MessagePosted{Author: event.Author{ID: author}, Text: text}}
}

// appendTo writes entries in a transaction of their own.
func appendTo(ctx context.Context, db *store.DB, entries ...room.Entry) (out []event.Encoded, err error) {
	err = db.Update(ctx, func(tx *store.Tx) error {
		out, err = tx.Append(ctx, entries...)
		return err
	})
	return out, err
}

// inspect opens the database beside the store.
func inspect(t testing.TB, address string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", address
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) //nolint:errcheck // an inspector's
	return db
}

// unbroken fails unless every log's head is its largest and its number of events.
func unbroken(t testing.TB, address string) {
	t.Helper()
	rows, err := inspect(t, address).Query(`SELECT l.id, l.head, COUNT(e.seq), COALESCE(MAX(e.seq), 0)
		FROM log l LEFT JOIN event e ON e.log = l.id GROUP BY l.id, l.head`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var head, count, most int64
		if err := rows.Scan(&id, &head, &count, &most); err != nil {
			t.Fatal(err)
		}
		if head != count || head != most {
			t.Errorf("log %s has head %d, %d events, the last %d", id, head, count, most)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func onPostgres() bool { return os.Getenv("SUBSPACE_TEST_DATABASE") != "" }

// opened is a database with its address.
func opened(t testing.TB, bell func([]room.Bell)) (*store.DB, string) {
	t.Helper()
	address := storetest.URL(t)
	return storetest.Open(t, address, time.Now, bell), address
}
