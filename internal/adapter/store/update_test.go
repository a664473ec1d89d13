package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// Refusals, panics and accidents of some leave the others whole.
func TestManyUpdatesAtOnceHarmNoNeighbour(t *testing.T) {
	db, address := opened(t, nil)
	public := at(place(t, db), room.Public)
	author := person(t, db)
	const jobs = 200
	refused := fault.New(fault.Denied, "not_today", "Not today.")
	errs := make([]error, jobs)
	var all sync.WaitGroup
	for i := range jobs {
		all.Go(func() {
			errs[i] = db.Update(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.Append(t.Context(), message(public, author, fmt.Sprintf("key-%05d", i), "x")); err != nil {
					return err
				}
				switch i % 10 {
				case 3:
					return refused
				case 5:
					panic("a job that breaks")
				case 7:
					_, err := tx.Append(t.Context(), message(public, author, fmt.Sprintf("key-%05d", i), "twice"))
					return err
				}
				return nil
			})
		})
	}
	all.Wait()
	kept := int64(0)
	for i, err := range errs {
		switch i % 10 {
		case 3:
			if !fault.Is(err, "not_today") {
				t.Errorf("job %d: %v, want its own refusal", i, err)
			}
		case 5:
			if err == nil || fault.Of(err) != nil || !strings.Contains(err.Error(), "panic") {
				t.Errorf("job %d: %v, want the panic as an error", i, err)
			}
		case 7:
			if err == nil {
				t.Errorf("job %d broke a constraint and was told nothing", i)
			}
		default:
			if err != nil {
				t.Errorf("job %d: %v", i, err)
			}
			kept++
		}
	}
	log, err := db.Logs().Log(t.Context(), public)
	if err != nil || log.Head != kept {
		t.Errorf("head %d (%v), want %d", log.Head, err, kept)
	}
	unbroken(t, address)
}

// A bell carries only what stands in the database when it rings.
func TestBellsRingAfterTheCommitAndInOrder(t *testing.T) {
	var db *store.DB
	var mu sync.Mutex
	var rung []room.Bell
	early := 0
	bell := func(bs []room.Bell) {
		for _, b := range bs {
			log, err := db.Logs().Log(context.Background(), b.Address)
			mu.Lock()
			if err != nil || log.Head < b.Seq {
				early++
			}
			rung = append(rung, b)
			mu.Unlock()
		}
	}
	db, _ = opened(t, bell)
	public := at(place(t, db), room.Public)
	author := person(t, db)
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Append(t.Context(), message(public, author, "", "never written")); err != nil {
			return err
		}
		return errors.New("changed my mind")
	}); err == nil {
		t.Fatal("an update that failed reported success")
	}
	if len(rung) != 0 {
		t.Fatalf("a bell rang for what was rolled back: %v", rung)
	}
	for i := range 20 {
		if _, err := appendTo(t.Context(), db, message(public, author, "", fmt.Sprint(i)), message(public, author, "", "and")); err != nil {
			t.Fatal(err)
		}
	}
	if early > 0 {
		t.Errorf("%d bells rang before their commit", early)
	}
	if len(rung) != 40 {
		t.Fatalf("%d bells, want 40", len(rung))
	}
	page, err := db.Logs().Page(t.Context(), public, room.NoCursor, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range rung {
		if b.Seq != int64(i+1) || string(b.Bytes) != string(page.Events[i].Bytes) {
			t.Errorf("bell %d is sequence %d with %s", i, b.Seq, b.Bytes)
		}
	}
}

// 32 writers over several logs leave no gap, whatever order they lock in.
func TestSequencesHaveNoGapUnderManyWriters(t *testing.T) {
	db, address := opened(t, nil)
	channels := []ident.Channel{place(t, db), place(t, db), place(t, db)}
	author := person(t, db)
	const writers, rounds = 32, 8
	var all sync.WaitGroup
	errs := make(chan error, writers*rounds)
	for w := range writers {
		all.Go(func() {
			for r := range rounds {
				// each transaction takes two channels, in either order
				one, two := channels[(w+r)%3], channels[(w+2*r+1)%3]
				errs <- db.Update(t.Context(), func(tx *store.Tx) error {
					if err := tx.LockLogs(t.Context(), one, two); err != nil {
						return err
					}
					_, err := tx.Append(t.Context(),
						message(at(one, room.Public), author, "", "x"), message(at(two, room.Space), author, "", "x"),
						message(at(two, room.Public), author, "", "x"))
					return err
				})
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	unbroken(t, address)
	total := int64(0)
	for _, c := range channels {
		for _, a := range []room.Audience{room.Public, room.Space} {
			log, err := db.Logs().Log(t.Context(), at(c, a))
			if err != nil {
				t.Fatal(err)
			}
			total += log.Head
		}
	}
	if total != 3*writers*rounds {
		t.Errorf("%d events, want %d", total, 3*writers*rounds)
	}
}

// Logs are locked by id, so that writers who name them in another order wait
// and do not block each other for good.
func TestLockOrderMakesNoDeadlock(t *testing.T) {
	if !onPostgres() {
		t.Skip("SQLite has one writer: there is nothing to lock")
	}
	db, address := opened(t, nil)
	one, two := place(t, db), place(t, db)
	author := person(t, db)
	before := deadlocks(t, address)
	var all sync.WaitGroup
	for w := range 16 {
		all.Go(func() {
			for range 15 {
				a, b := one, two
				if w%2 == 1 {
					a, b = b, a
				}
				_, err := appendTo(t.Context(), db, message(at(a, room.Public), author, "", "x"), message(at(b, room.Public), author, "", "x"))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := deadlocks(t, address) - before; n != 0 {
		t.Errorf("PostgreSQL had to break %d deadlocks", n)
	}
	unbroken(t, address)
}

func deadlocks(t *testing.T, address string) (n int64) {
	t.Helper()
	db := inspect(t, address)
	if _, err := db.Exec(`SELECT pg_stat_force_next_flush()`); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestKeyOfAnAuthorWritesOncePerLog(t *testing.T) {
	db, _ := opened(t, nil)
	c := place(t, db)
	one, two := person(t, db), person(t, db)
	public, space := at(c, room.Public), at(c, room.Space)
	first, err := appendTo(t.Context(), db, message(public, one, "same-key", "x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := appendTo(t.Context(), db, message(public, one, "same-key", "x")); err == nil {
		t.Error("one author's key was written twice into one log")
	}
	for name, e := range map[string]room.Entry{
		"another author": message(public, two, "same-key", "x"), "another log": message(space, one, "same-key", "x"),
		"no key": message(public, one, "", "x"), "no key again": message(public, one, "", "x"),
	} {
		if _, err := appendTo(t.Context(), db, e); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	err = db.View(t.Context(), func(tx *store.Tx) error {
		key := chat.Key{Address: public, Author: one, Key: "same-key"}
		events, err := tx.EventsByKey(t.Context(), []chat.Key{key, {Address: public, Author: two, Key: "other-key"}})
		if err == nil && (len(events) != 1 || string(events[key].Bytes) != string(first[0].Bytes)) {
			t.Errorf("by key: %v, want the first event alone", events)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCallerWhoWentAwayWritesNothing(t *testing.T) {
	db, _ := opened(t, nil)
	public := at(place(t, db), room.Public)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := appendTo(ctx, db, message(public, person(t, db), "", "x")); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled write: %v", err)
	}
	if log, err := db.Logs().Log(t.Context(), public); err != nil || log.Head != 0 {
		t.Errorf("head %d, %v", log.Head, err)
	}
}

func TestClosedStoreAnswers(t *testing.T) {
	db, address := opened(t, nil)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 2)
	go func() { done <- db.Update(context.Background(), func(*store.Tx) error { return nil }) }()
	go func() { done <- db.View(context.Background(), func(*store.Tx) error { return nil }) }()
	for range 2 {
		select {
		case err := <-done:
			if err == nil {
				t.Error("a closed store said yes")
			}
		case <-time.After(10 * time.Second):
			t.Fatal("a closed store does not answer")
		}
	}
	if err := db.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	unbroken(t, address)
}
