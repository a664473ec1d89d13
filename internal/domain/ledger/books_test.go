package ledger_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func onPostgres() bool { return os.Getenv("SUBSPACE_TEST_DATABASE") != "" }

// books is a database with its ledger.
type books struct {
	t     testing.TB
	url   string
	db    *store.DB
	plays int // of stories
}

// newBooks returns empty books, which must be sound when the test ends.
func newBooks(t testing.TB) *books {
	t.Helper()
	b := &books{t: t, url: storetest.URL(t)}
	b.db = storetest.Open(t, b.url, time.Now, nil)
	t.Cleanup(func() { storetest.Sound(t, b.db) })
	return b
}

// node is a database as the next server would have it opened; on SQLite, which has
// one writer, it is the same.
func (b *books) node() *store.DB {
	if !onPostgres() {
		return b.db
	}
	return storetest.Open(b.t, b.url, time.Now, nil)
}

func post(ctx context.Context, db *store.DB, transactions ...ledger.Transaction) (out []ledger.Outcome, err error) {
	err = db.Update(ctx, func(tx *store.Tx) error {
		out, err = ledger.Post(ctx, tx, transactions...)
		return err
	})
	return out, err
}

func (b *books) post(transactions ...ledger.Transaction) []ledger.Outcome {
	b.t.Helper()
	out, err := post(b.t.Context(), b.db, transactions...)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *books) balance(a ledger.Account) (found ledger.Balance) {
	b.t.Helper()
	err := b.db.View(b.t.Context(), func(tx *store.Tx) (err error) {
		all, err := tx.Balances(b.t.Context(), []ledger.Account{a})
		found = all[a]
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

func (b *books) net(a ledger.Account) int64 {
	b.t.Helper()
	return b.balance(a).Net()
}

func evening() time.Time { return time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC) }

func wallet(owner string) ledger.Account { return ledger.Of(owner, ledger.Wallet, ledger.Coin) }

func operators(kind ledger.Kind, asset string) ledger.Account {
	return ledger.Of(ledger.Operator, kind, asset)
}

// bought is the purchase of coins of one cent each.
func bought(key, who string, coins int64) ledger.Transaction {
	return ledger.Transaction{Key: key, Kind: "coins", At: evening(), Legs: []ledger.Transfer{
		{operators(ledger.Clearing, "EUR"), operators(ledger.CoinLiability, "EUR"), coins},
		{operators(ledger.Issued, ledger.Coin), wallet(who), coins},
	}}
}

// gift is coins spent for a channel, of whose worth the platform keeps a fifth.
func gift(key, from, channel string, coins int64) ledger.Transaction {
	fee := coins / 5
	return ledger.Transaction{Key: key, Kind: "gift", At: evening(), Legs: []ledger.Transfer{
		{wallet(from), operators(ledger.Redeemed, ledger.Coin), coins},
		{operators(ledger.CoinLiability, "EUR"), ledger.Of(channel, ledger.CreatorPayable, "EUR"), coins - fee},
		{operators(ledger.CoinLiability, "EUR"), operators(ledger.Revenue, "EUR"), fee},
	}}
}

func key(format string, args ...any) string { return fmt.Sprintf(format, args...) }
