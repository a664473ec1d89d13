package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// unhurried lets everybody write as fast as they like.
type unhurried struct{}

func (unhurried) Take(string) error { return nil }

// crossings is how long two writers cross each other.
const crossings = 2 * time.Second

// Two nodes write the same rooms at once, each beginning at the other's end:
// batches of theirs hold the same logs in opposite orders. Nobody waits for
// somebody who waits for them.
func TestCrossingBatchesOfTwoNodesMakeNoDeadlock(t *testing.T) {
	if !onPostgres() {
		t.Skip("two nodes need PostgreSQL: SQLite belongs to one process")
	}
	w := storetest.NewWorld(t)
	channels, author := crossed(w)
	before := deadlocks(t, w.URL)
	var written atomic.Int64
	var nodes sync.WaitGroup
	ctx, end := context.WithTimeout(t.Context(), crossings)
	defer end()
	for n, db := range []*store.DB{w.DB, storetest.Open(t, w.URL, w.Clock.Now, nil)} {
		node := chat.NewService(store.UnitOf(db, func(tx *store.Tx) chat.Tx { return tx }), w.Clock.Now, unhurried{})
		run, stop := context.WithCancel(context.Background())
		var lane sync.WaitGroup
		lane.Go(func() { node.Run(run) }) //nolint:errcheck // ends with run
		defer func() { stop(); lane.Wait() }()
		for i := range 2 * len(channels) { // who writes while a commit runs is written with others
			nodes.Go(func() {
				for k := 0; ctx.Err() == nil; k++ {
					at := i + k
					if n == 1 {
						at = len(channels)*(k+2) - i - k
					}
					_, err := node.Post(context.Background(), chat.Post{
						Address: room.Address{Channel: channels[at%len(channels)], Audience: room.Public}, Author: author,
						Key: fmt.Sprintf("key-%d-%d-%d", n, i, k), Text: "x",
					})
					if err != nil {
						t.Errorf("node %d: %v", n, err)
						return
					}
					written.Add(1)
				}
			})
		}
	}
	nodes.Wait()
	if n := deadlocks(t, w.URL) - before; n != 0 {
		t.Errorf("PostgreSQL had to break %d deadlocks", n)
	}
	if written.Load() == 0 {
		t.Error("nobody got through")
	}
	fmt.Printf("    crossing batches of two nodes: %.0f messages/s, no deadlock\n", float64(written.Load())/crossings.Seconds())
	unbroken(t, w.URL)
	heads := int64(0)
	for _, c := range channels {
		log, err := w.Logs().Log(t.Context(), room.Address{Channel: c, Audience: room.Public})
		if err != nil {
			t.Fatal(err)
		}
		heads += log.Head
	}
	if heads != written.Load() {
		t.Errorf("%d messages stand in the logs, %d were acknowledged", heads, written.Load())
	}
}

// The control: writers who lock the logs as they come to them, and not by id, do
// block each other for good, and the test above would see it.
func TestCrossingWritersWithoutAnOrderDeadlock(t *testing.T) {
	if !onPostgres() {
		t.Skip("two nodes need PostgreSQL: SQLite belongs to one process")
	}
	w := storetest.NewWorld(t)
	channels, _ := crossed(w)
	before := deadlocks(t, w.URL)
	db := inspect(t, w.URL)
	for range 20 {
		var met, both sync.WaitGroup
		met.Add(2)
		for i := range 2 {
			both.Go(func() {
				one, two := channels[i], channels[1-i]
				err := arrivalOrder(t.Context(), db, func() { met.Done(); met.Wait() }, one, two)
				var broken *pgconn.PgError
				if err != nil && !(errors.As(err, &broken) && broken.Code == "40P01") {
					t.Errorf("the control: %v", err)
				}
			})
		}
		both.Wait()
		if deadlocks(t, w.URL) > before {
			return
		}
	}
	t.Error("writers without an order made no deadlock: the test beside this one proves nothing")
}

func crossed(w *storetest.World) (channels []ident.Channel, author ident.Account) {
	author = w.Person("Inès")
	for range 8 {
		channels = append(channels, w.Channel(author))
	}
	return channels, author
}

// arrivalOrder moves the heads of two logs in the order they are named.
func arrivalOrder(ctx context.Context, db *sql.DB, between func(), one, two ident.Channel) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		between()
		return err
	}
	defer tx.Rollback() //nolint:errcheck // nothing is to stay
	const move = `UPDATE log SET head = head + 1 WHERE channel = $1 AND audience = 'public'`
	_, err = tx.ExecContext(ctx, move, one)
	between() // both hold their first
	if err == nil {
		_, err = tx.ExecContext(ctx, move, two)
	}
	return err
}
