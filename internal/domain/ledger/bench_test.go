package ledger_test

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/batch"
	"github.com/subspace-live/subspace/internal/domain/ledger"
)

// What a gift costs the books, durably: 200 people who each wait for the answer
// before they give again, to 20 channels. A gift is three transfers on five
// accounts, of which three are the same for everybody.
//
//	make bench-money
//	go test -run - -bench Gift -benchtime 20000x ./internal/domain/ledger
//	scripts/with-postgres go test -run - -bench Gift -benchtime 20000x ./internal/domain/ledger
//
// 'together' is a batch.Writer: gifts that arrive while the previous commit runs
// are posted in one call. 'single' is a call and a transaction of the store for
// each gift. 'plain' is the control: a transaction for each gift on connections of
// its own, a statement for each step, on the same tables.
func BenchmarkGift(b *testing.B) {
	b.Run("together", func(b *testing.B) { giving(b, (*books).together) })
	b.Run("single", func(b *testing.B) { giving(b, (*books).single) })
	b.Run("plain", func(b *testing.B) { giving(b, (*books).plain) })
}

// give posts one gift and returns after its commit.
type give func(ctx context.Context, t ledger.Transaction) (posted bool, err error)

func giving(b *testing.B, open func(*books) give) {
	const givers, channels = 200, 20
	books := newBooks(b)
	var begun []ledger.Transaction // nobody is a newcomer
	for g := range givers {
		begun = append(begun, bought(key("buy:%d", g), key("giver-%d", g), int64(b.N)*10+100))
	}
	for c := range channels {
		begun = append(begun, gift(key("first:%d", c), "giver-0", key("channel-%d", c), 5))
	}
	books.post(begun...)
	post := open(books)
	b.ResetTimer()
	var next, posted atomic.Int64
	var all sync.WaitGroup
	delays := make([]time.Duration, b.N)
	for g := range givers {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(b.N); n = next.Add(1) - 1 {
				began := time.Now()
				ok, err := post(b.Context(), gift(key("gift:%d", n), key("giver-%d", g), key("channel-%d", n%channels), 10))
				if err != nil {
					b.Error(err)
					return
				}
				if ok {
					posted.Add(1)
				}
				delays[n] = time.Since(began)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	if posted.Load() != int64(b.N) {
		b.Errorf("%d of %d were posted", posted.Load(), b.N)
	}
	slices.Sort(delays)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "gifts/s")
	b.ReportMetric(float64(delays[len(delays)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(delays[len(delays)*99/100].Microseconds())/1000, "p99-ms")
}

// wish is one gift on its way through a writer.
type wish struct {
	ledger.Transaction
	outcome ledger.Outcome
}

func (b *books) together() give {
	w := batch.NewWriter(func(ctx context.Context, jobs []*wish) error {
		set := make([]ledger.Transaction, len(jobs))
		for i, j := range jobs {
			set[i] = j.Transaction
		}
		out, err := post(ctx, b.db, set...)
		for i, o := range out {
			jobs[i].outcome = o
		}
		return err
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }() // the cleanup waits
	b.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	})
	return func(ctx context.Context, t ledger.Transaction) (bool, error) {
		g := &wish{Transaction: t}
		err := w.Do(ctx, g)
		return err == nil && g.outcome.Posted(), err
	}
}

func (b *books) single() give {
	return func(ctx context.Context, t ledger.Transaction) (bool, error) {
		out, err := post(ctx, b.db, t)
		return err == nil && out[0].Posted(), err
	}
}

// plain knows the numbers of accounts by heart; all else it asks the database.
func (b *books) plain() give {
	db := byHand(b.t, b.url)
	begin := `BEGIN`
	if onPostgres() {
		db.SetMaxOpenConns(16) // as many as the store has
	} else {
		db.SetMaxOpenConns(1) // there is one writer
		begin = `BEGIN IMMEDIATE`
	}
	numbers := map[ledger.Account]int64{}
	rows, err := db.Query(`SELECT id, owner, kind, asset FROM ledger_account`)
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var a ledger.Account
		if err := rows.Scan(&id, &a.Owner, &a.Kind, &a.Asset); err != nil {
			b.t.Fatal(err)
		}
		numbers[a] = id
	}
	if err := rows.Err(); err != nil {
		b.t.Fatal(err)
	}
	return func(ctx context.Context, t ledger.Transaction) (posted bool, err error) {
		conn, err := db.Conn(ctx)
		if err != nil {
			return false, err
		}
		defer conn.Close() //nolint:errcheck // it goes back to the pool
		if _, err := conn.ExecContext(ctx, begin); err != nil {
			return false, err
		}
		end := `ROLLBACK`
		if posted, err = byStatements(ctx, conn, numbers, t); err == nil && posted {
			end = `COMMIT`
		}
		_, ending := conn.ExecContext(ctx, end)
		if err == nil {
			err = ending
		}
		return posted && err == nil, err
	}
}

func byStatements(ctx context.Context, conn *sql.Conn, numbers map[ledger.Account]int64, t ledger.Transaction) (posted bool, err error) {
	var n int64
	do := func(text string, args ...any) bool {
		if err != nil {
			return false
		}
		var done sql.Result
		if done, err = conn.ExecContext(ctx, text, args...); err == nil {
			n, err = done.RowsAffected()
		}
		return err == nil && n == 1
	}
	ok := do(`INSERT INTO ledger_transaction (key, kind, digest, at, outcome, reason, hindrance) VALUES ($1, $2, 'by hand', $3, 'posted', '', 0)
		ON CONFLICT (key) DO NOTHING`, t.Key, t.Kind, t.At.UnixMilli())
	moved := map[int64][2]int64{}
	for _, l := range t.Legs {
		from, to := moved[numbers[l.Debit]], moved[numbers[l.Credit]]
		from[0] += l.Amount
		to[1] += l.Amount
		moved[numbers[l.Debit]], moved[numbers[l.Credit]] = from, to
	}
	for _, id := range slices.Sorted(maps.Keys(moved)) { // so that nobody waits in a circle
		ok = ok && do(`UPDATE ledger_account SET debits = debits + $1, credits = credits + $2 WHERE id = $3
			AND (rule = 0 OR (rule = 1 AND debits + $4 <= credits + $5) OR (rule = 2 AND credits + $6 <= debits + $7))`,
			moved[id][0], moved[id][1], id, moved[id][0], moved[id][1], moved[id][1], moved[id][0])
	}
	for i, l := range t.Legs {
		ok = ok && do(`INSERT INTO ledger_transfer (transaction_key, leg, debit, credit, asset, amount) VALUES ($1, $2, $3, $4, $5, $6)`,
			t.Key, i+1, numbers[l.Debit], numbers[l.Credit], l.Debit.Asset, l.Amount)
	}
	return ok, err
}
