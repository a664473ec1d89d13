package ledger_test

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // for those who do it by hand
	_ "modernc.org/sqlite"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

const writers = 8

// race lets all writers act at the same moment, round after round, and returns
// how many of them won in each.
func race(rounds int, act func(writer, round int) (won bool)) []int {
	wins := make([]atomic.Int64, rounds)
	var all sync.WaitGroup
	gates := make([]sync.WaitGroup, rounds) // all have come before anybody goes
	for i := range gates {
		gates[i].Add(writers)
	}
	for w := range writers {
		all.Go(func() {
			for r := range rounds {
				gates[r].Done()
				gates[r].Wait()
				if act(w, r) {
					wins[r].Add(1)
				}
			}
		})
	}
	all.Wait()
	out := make([]int, rounds)
	for i := range wins {
		out[i] = int(wins[i].Load())
	}
	return out
}

func (b *books) nodes() []*store.DB {
	nodes := make([]*store.DB, writers)
	for i := range nodes {
		nodes[i] = b.node()
	}
	return nodes
}

// Eight servers spend the last 100 coins of a wallet, all of them, at once: one
// does it, and seven are told that there is nothing left.
func TestTheLastCoinsAreSpentOnce(t *testing.T) {
	b, rounds := newBooks(t), 300
	if testing.Short() {
		rounds = 60
	}
	var purchases []ledger.Transaction
	for r := range rounds {
		purchases = append(purchases, bought(key("buy:%d", r), key("ana-%d", r), 100))
	}
	b.post(purchases...)
	nodes := b.nodes()
	for r, won := range race(rounds, func(w, r int) bool {
		out, err := post(t.Context(), nodes[w], gift(key("gift:%d:%d", r, w), key("ana-%d", r), "kiln", 100))
		if err != nil {
			t.Errorf("round %d: %v", r, err)
			return false
		}
		if !out[0].Posted() && (!refusedWith(out[0], "balance_short") || out[0].Hindrance != wallet(key("ana-%d", r))) {
			t.Errorf("round %d: %+v", r, out[0])
		}
		return out[0].Posted()
	}) {
		if left := b.net(wallet(key("ana-%d", r))); won != 1 || left != 0 {
			t.Errorf("round %d: %d spent them, %d coins are left", r, won, left)
		}
	}
	if got := b.net(ledger.Of("kiln", ledger.CreatorPayable, "EUR")); got != int64(rounds)*80 {
		t.Errorf("the creator is owed %d", got)
	}
}

// The same race with what comes to mind first: read, decide, write. If nobody
// overspent here, the test above could not fail either.
func TestTheNaiveWaySpendsThemTwice(t *testing.T) {
	b := newBooks(t)
	const rounds = 100
	hand := byHand(t, b.url)
	for _, text := range []string{
		`CREATE TABLE purse (id BIGINT NOT NULL PRIMARY KEY, coins BIGINT NOT NULL CHECK (coins >= 0))`,
		`INSERT INTO purse (id, coins) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99) SELECT i, 100 FROM n`,
	} {
		if _, err := hand.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	over := 0
	for _, won := range race(rounds, func(_, r int) bool {
		won, err := naive(t.Context(), hand, r)
		if err != nil && onPostgres() {
			t.Errorf("round %d: %v", r, err)
		}
		return won && err == nil
	}) {
		if won > 1 {
			over++
		}
	}
	t.Logf("figure: read, decide, write spent the last coins more than once in %d of %d rounds", over, rounds)
	if onPostgres() && over == 0 {
		t.Error("nobody overspent: this race proves nothing")
	}
}

// naive spends all coins of a purse in a transaction. SQLite refuses the second of
// two that have read when it writes; PostgreSQL lets it.
func naive(ctx context.Context, db *sql.DB, purse int) (won bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	var coins int64
	if err := tx.QueryRowContext(ctx, `SELECT coins FROM purse WHERE id = $1`, purse).Scan(&coins); err != nil {
		return false, err
	}
	if coins < 100 {
		return false, nil
	}
	if _, err := tx.ExecContext(ctx, `UPDATE purse SET coins = $1 WHERE id = $2`, coins-100, purse); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

// byHand opens the database beside the store.
func byHand(t testing.TB, address string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", address
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxIdleConns(writers)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// A retry may meet the first attempt on its way, on any server.
func TestTheSameKeyAtOnceIsPostedOnce(t *testing.T) {
	b := newBooks(t)
	nodes := b.nodes()
	const rounds = 50
	var repeated atomic.Int64
	for r, won := range race(rounds, func(w, r int) bool {
		out, err := post(t.Context(), nodes[w], bought(key("buy:%d", r), "ana", 3))
		if err != nil {
			t.Errorf("round %d: %v", r, err)
			return false
		}
		if out[0].Repeated {
			repeated.Add(1)
		}
		return out[0].Posted()
	}) {
		if won != writers {
			t.Errorf("round %d: %d of %d were told that it is posted", r, won, writers)
		}
	}
	if got := b.net(wallet("ana")); got != 3*rounds || repeated.Load() != rounds*(writers-1) {
		t.Errorf("the wallet holds %d, %d answers were repetitions", got, repeated.Load())
	}
}

// Sets that name the same accounts and keys in any order, old and new, never wait
// for each other in a circle.
func TestNobodyWaitsInACircle(t *testing.T) {
	b := newBooks(t)
	nodes, rounds := b.nodes(), 60
	if !onPostgres() {
		rounds = 5 // its one writer waits for nobody
	}
	for r, won := range race(rounds, func(w, r int) bool {
		var set []ledger.Transaction
		for i := range 10 {
			n := i
			if w%2 == 1 {
				n = 9 - i
			}
			// The same keys for two writers each; accounts begun in this round and before.
			set = append(set,
				bought(key("new:%d:%d:%d", r, w/2, n), key("new-%d-%d", r, n), 2),
				bought(key("old:%d:%d:%d", r, w/2, n), key("old-%d", n), 2))
		}
		out, err := post(t.Context(), nodes[w], set...)
		if err != nil {
			t.Errorf("round %d: %v", r, err)
			return false
		}
		for _, o := range out {
			if !o.Posted() {
				t.Errorf("round %d: %+v", r, o)
			}
		}
		return true
	}) {
		if won != writers {
			t.Errorf("round %d: %d of %d", r, won, writers)
		}
	}
	if !onPostgres() {
		return
	}
	for _, n := range nodes { // a connection tells its statistics at its end at the latest
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	var deadlocks int64
	if err := byHand(t, b.url).QueryRow(`SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()`).Scan(&deadlocks); err != nil {
		t.Fatal(err)
	}
	if deadlocks > 0 {
		t.Errorf("PostgreSQL had to end %d transactions that waited for each other", deadlocks)
	}
}
