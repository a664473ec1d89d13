package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Whoever reads an answer may panic or dislike it, in the first statement of a
// transaction or in a later one: the next transactions find connections that
// work, and nobody waits for a lock of the broken one.
func TestWhoBreaksWhileAnswersComeHarmsNobody(t *testing.T) {
	t.Parallel()
	db, address := opened(t, nil)
	channel := place(t, db)
	public, author := at(channel, room.Public), person(t, db)
	errDisliked := errors.New("disliked")
	breaks := map[string]func(func(...any) error) error{
		"panics":   func(func(...any) error) error { panic("while answers come") },
		"dislikes": func(func(...any) error) error { return errDisliked },
	}
	const many = `SELECT id FROM account UNION ALL SELECT id FROM channel UNION ALL SELECT id FROM log`
	for how, breaks := range breaks {
		for where, job := range map[string]func(context.Context, *store.Tx) error{
			"at the first answer": func(ctx context.Context, tx *store.Tx) error { return tx.Each(ctx, many, nil, breaks) },
			"later": func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.Append(ctx, message(public, author, "", "never kept")); err != nil {
					return err
				}
				return tx.Each(ctx, many, nil, breaks)
			},
			"with answers behind it": func(ctx context.Context, tx *store.Tx) error {
				if err := tx.LockLogs(ctx, channel); err != nil {
					return err
				}
				if err := tx.Later(ctx, many, nil, breaks); err != nil {
					return err
				}
				return tx.Each(ctx, many, nil, func(func(...any) error) error { return nil })
			},
			"at the end": func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.Append(ctx, message(public, author, "", "never kept")); err != nil {
					return err
				}
				return tx.Later(ctx, many, nil, breaks)
			},
		} {
			t.Run(how+" "+where, func(t *testing.T) {
				err := db.Update(t.Context(), func(tx *store.Tx) error { return job(t.Context(), tx) })
				if err == nil || how == "dislikes" && !errors.Is(err, errDisliked) {
					t.Errorf("told %v", err)
				}
				for i := range 20 { // more than there are connections
					if _, err := appendTo(t.Context(), db, message(public, author, "", fmt.Sprintf("%s %s %d", how, where, i))); err != nil {
						t.Fatalf("the next one: %v", err)
					}
				}
			})
		}
	}
	log, err := db.Logs().Log(t.Context(), public)
	if err != nil || log.Head != 2*4*20 {
		t.Errorf("head %d (%v), want %d: something was kept that should not be", log.Head, err, 2*4*20)
	}
	unbroken(t, address)
}

// A node that falls silent in the middle of a transaction holds up the others no
// longer than PostgreSQL is told to wait for it.
func TestASilentNodeLosesItsLocks(t *testing.T) {
	if !onPostgres() {
		t.Skip("SQLite belongs to one process, which runs one transaction after the other")
	}
	t.Parallel()
	silent, address := opened(t, nil)
	channel := place(t, silent)
	public, author := at(channel, room.Public), person(t, silent)
	other := storetest.Open(t, address, time.Now, nil)
	locked, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() { // awaited below
		ended <- silent.Update(context.Background(), func(tx *store.Tx) error {
			if err := tx.LockLogs(context.Background(), channel); err != nil {
				return err
			}
			if _, err := tx.Append(context.Background(), message(public, author, "", "never kept")); err != nil {
				return err
			}
			close(locked)
			<-release
			return nil
		})
	}()
	<-locked
	began := time.Now()
	_, err := appendTo(t.Context(), other, message(public, author, "", "of the other node"))
	t.Logf("figure: a silent node's lock was free after %.1f s", time.Since(began).Seconds())
	close(release)
	if err != nil {
		t.Errorf("the other node: %v", err)
	}
	if err := <-ended; !fault.Is(err, "storage_unavailable") {
		t.Errorf("the silent node was told %v", err)
	}
	if _, err := appendTo(t.Context(), silent, message(public, author, "", "it goes on")); err != nil {
		t.Errorf("the silent node, afterwards: %v", err)
	}
	unbroken(t, address)
}

// The database's own address may say other limits, and nothing else is set.
func TestLimitsOfAConnection(t *testing.T) {
	if !onPostgres() {
		t.Skip("SQLite has no sessions")
	}
	for address, want := range map[string][2]string{
		"":                         {"10s", "5s"},
		"&statement_timeout=60000": {"1min", "5s"},
		"&idle_in_transaction_session_timeout=7000": {"10s", "7s"},
	} {
		db := storetest.Open(t, storetest.URL(t)+address, time.Now, nil)
		var got [2]string
		for i, name := range []string{"statement_timeout", "idle_in_transaction_session_timeout"} {
			if err := db.View(t.Context(), func(tx *store.Tx) error {
				return tx.Each(t.Context(), "SHOW "+name, nil, func(scan func(...any) error) error { return scan(&got[i]) })
			}); err != nil {
				t.Fatal(err)
			}
		}
		if got != want {
			t.Errorf("%q: statement and idle %v, want %v", address, got, want)
		}
	}
}
