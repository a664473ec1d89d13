package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/mail"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// What has expired goes, a bounded number at a time; what still means something
// stays.
func TestWhatHasExpiredIsDeletedAndNothingElse(t *testing.T) {
	const day = 24 * time.Hour
	var ahead atomic.Int64 // days
	begin := time.Now()
	now := func() time.Time { return begin.Add(time.Duration(ahead.Load()) * day) }
	db := storetest.Open(t, storetest.URL(t), now, nil)
	who := person(t, db)
	retired := func(limit, want int) {
		t.Helper()
		n, err := db.Retire(t.Context(), limit)
		if err != nil || n != want {
			t.Errorf("after %d days %d rows are retired, want %d (%v)", ahead.Load(), n, want, err)
		}
	}
	put := func(i int) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			ctx, name := t.Context(), fmt.Sprint(i)
			if err := tx.InsertSession(ctx, "s"+name, account.Session{ID: makeID[ident.Session](), Account: account.Account{ID: who}, Expires: begin.Add(2 * day)}); err != nil {
				return err
			}
			if err := tx.PutMailLink(ctx, "m"+name, account.MailLink{Account: who, Purpose: account.ToConfirm, Expires: begin.Add(day)}); err != nil {
				return err
			}
			if err := tx.PutCeremony(ctx, "c"+name, account.Ceremony{Expires: begin.Add(day)}); err != nil {
				return err
			}
			for _, key := range []string{"sent", "waits"} {
				if err := tx.QueueLetter(ctx, mail.Letter{Key: key + name, Kind: "sample"}); err != nil {
					return err
				}
			}
			if err := tx.SettleLetter(ctx, "sent"+name, "sent", begin); err != nil {
				return err
			}
			if err := tx.PutLink(ctx, "l"+name, who, begin.Add(day)); err != nil {
				return err
			}
			if _, err := tx.InsertEvent(ctx, subscription.Event{Provider: "p", ID: "done" + name, Object: "done"}, begin); err != nil {
				return err
			}
			if _, err := tx.InsertEvent(ctx, subscription.Event{Provider: "p", ID: "open" + name, Object: "open"}, begin); err != nil {
				return err
			}
			if err := tx.InsertSandboxEvents(ctx, subscription.SandboxEvent{ID: "e" + name, Created: begin, Due: begin}); err != nil {
				return err
			}
			if err := tx.InsertPatronEvent(ctx, subscription.PatronEvent{ID: "p" + name, Created: begin}); err != nil {
				return err
			}
			for _, ref := range []string{"paid", "left"} {
				c := subscription.PatronCheckout{Ref: ref + name, Checkout: ident.Checkout(ref + name), Expires: begin}
				if _, err := tx.InsertPatronCheckout(ctx, c); err != nil {
					return err
				}
				if c.Subscription = "x"; ref == "paid" {
					if _, err := tx.SetPatronCheckout(ctx, c); err != nil {
						return err
					}
				}
				x := subscription.SandboxSession{Ref: ref + name, Checkout: ident.Checkout(ref + name), Plan: subscription.Plan{Price: money.Amount{Minor: 499, Currency: "EUR"}}, Created: begin, Expires: begin}
				if _, err := tx.InsertSandboxSession(ctx, x); err != nil {
					return err
				}
				if x.Paid = true; ref == "paid" {
					if _, err := tx.SetUnpaidSandboxSession(ctx, x); err != nil {
						return err
					}
				}
			}
			return nil
		}
	}
	for i := range 3 {
		if err := db.Update(t.Context(), put(i)); err != nil {
			t.Fatal(err)
		}
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		turn, err := tx.TakeTurn(t.Context(), "p", "done", begin, begin.Add(time.Minute))
		if err != nil {
			return err
		}
		_, err = tx.SettleTurn(t.Context(), "p", "done", turn, begin, "applied")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	retired(100, 0)
	ahead.Store(1)
	retired(2, 6)   // links and ceremonies, not all at once
	retired(100, 3) // the third of each
	ahead.Store(2)
	retired(100, 3) // sessions
	ahead.Store(29)
	retired(100, 0)
	ahead.Store(31)
	retired(100, 18) // letters that were sent, events that were applied, given up or old, checkouts that nobody paid or claimed
	ahead.Store(400)
	retired(100, 0)
	err = db.View(t.Context(), func(tx *store.Tx) error {
		due, err := tx.DueObjects(t.Context(), now(), 10)
		if err != nil || len(due) != 1 || due[0].Object != "open" {
			t.Errorf("what was never applied: %v %v", due, err)
		}
		_, found, err := tx.SandboxSession(t.Context(), "paid0")
		if err != nil || !found {
			t.Errorf("a paid session is gone: %v", err)
		}
		if _, found, err := tx.PatronCheckout(t.Context(), "paid0"); err != nil || !found {
			t.Errorf("a claimed checkout is gone: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
