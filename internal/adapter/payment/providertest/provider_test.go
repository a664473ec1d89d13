package providertest_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/payment/patron"
	"github.com/subspace-live/subspace/internal/adapter/payment/providertest"
	"github.com/subspace-live/subspace/internal/adapter/payment/sandbox"
	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/account"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// One suite for all sources of money: whoever takes the payments, the same acts
// are followed by the same rights.
func TestEveryProviderGivesTheSameRights(t *testing.T) {
	for name, outside := range map[string]func(*testing.T, *storetest.World) providertest.Outside{
		"sandbox": rehearsed, "fake": faked, "patrons": listed,
	} {
		t.Run(name, func(t *testing.T) {
			providertest.Run(t, func(t *testing.T) (providertest.Place, providertest.Outside) {
				w := storetest.NewWorld(t)
				return place(t, w), outside(t, w)
			})
		})
	}
}

func place(t *testing.T, w *storetest.World) providertest.Place {
	w.Clock.Advance(4 * time.Hour) // midnight
	names := map[ident.Account]string{}
	person := func(name string) ident.Account {
		t.Helper()
		id := ident.Make[ident.Account](w.IDs)
		names[id] = fmt.Sprintf("%s %d", name, len(names))
		if err := w.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.InsertAccount(t.Context(), account.Account{
				ID: id, Name: names[id], Folded: account.Fold(names[id]), Password: "set", Created: w.Clock.Now(),
			})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	owner := person("Owner")
	return providertest.Place{
		Store: store.UnitOf(w.DB, func(tx *store.Tx) subscription.Tx { return tx }), IDs: w.IDs, Now: w.Clock.Now, Advance: w.Clock.Advance,
		Owner: owner, Channel: w.Channel(owner), Person: person, Name: func(id ident.Account) string { return names[id] }, Random: rand.Reader,
	}
}

// rehearsed is the sandbox, whose month is one of the calendar.
func rehearsed(t *testing.T, w *storetest.World) providertest.Outside {
	box, err := sandbox.New(t.Context(), sandbox.Config{
		Store: store.UnitOf(w.DB, func(tx *store.Tx) sandbox.Tx { return tx }), IDs: w.IDs, Now: w.Clock.Now, Random: rand.Reader,
		Log: slog.New(slog.DiscardHandler), DisputeAfter: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	return providertest.Outside{
		Provider: box,
		Pay: func(s *subscription.Service, c subscription.Checkout) error {
			_, err := sandbox.NewTill(box, s).Pay(t.Context(), c.Account, c.ID, "4242424242424242", false)
			return err
		},
		Renew: func(string) {
			if err := box.Advance(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		End: func(ref string) {
			if err := box.End(t.Context(), ref); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// listed is the list of patrons, and the operator who keeps it by hand.
func listed(t *testing.T, w *storetest.World) providertest.Outside {
	file := filepath.Join(t.TempDir(), "patrons.csv")
	list := patron.New(patron.Config{
		Store: store.UnitOf(w.DB, func(tx *store.Tx) patron.Tx { return tx }), IDs: w.IDs, Now: w.Clock.Now,
		Log: slog.New(slog.DiscardHandler), File: file,
	})
	lines := map[string]string{} // by code
	code := func(by ident.Account) string { return "CODE" + string(by) }
	codes := map[string]string{} // by the provider's name of a subscription
	write := func() {
		t.Helper()
		text := "channel,code,paid_until\n"
		for code, until := range lines {
			text += "channel-1," + code + "," + until + "\n"
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := list.Look(t.Context(), deaf{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	month := func() string { return w.Clock.Now().AddDate(0, 1, -1).Format(time.DateOnly) }
	return providertest.Outside{
		Provider: list,
		Cannot:   []providertest.Act{providertest.Cancel, providertest.Pause, providertest.Change, providertest.Refund, providertest.Give},
		Pay: func(s *subscription.Service, c subscription.Checkout) error {
			lines[code(c.Account)] = month()
			write()
			if _, err := patron.NewDesk(list, s, deaf{}).Claim(t.Context(), c.Account, "192.0.2.1", c.ID, code(c.Account)); err != nil {
				return err
			}
			session, err := list.FetchCheckout(t.Context(), c.Ref)
			codes[session.Subscription] = code(c.Account)
			return err
		},
		Renew: func(ref string) { lines[codes[ref]] = month(); write() },
		End:   func(ref string) { delete(lines, codes[ref]); write() },
	}
}

// deaf drops what it is told: the suite brings events itself.
type deaf struct{}

func (deaf) Receive(context.Context, subscription.Event) error { return nil }
