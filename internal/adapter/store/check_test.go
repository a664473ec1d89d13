package store_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/store"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// lived opens a database in which something has happened.
func lived(t testing.TB) (*store.DB, string) {
	t.Helper()
	db, address := opened(t, nil)
	public := at(place(t, db), room.Public)
	for range 3 {
		if _, err := appendTo(t.Context(), db, message(public, person(t, db), "", "hello")); err != nil {
			t.Fatal(err)
		}
	}
	operator := func(k ledger.Kind, asset string) ledger.Account { return ledger.Of(ledger.Operator, k, asset) }
	wallet := ledger.Of("ana", ledger.Wallet, ledger.Coin)
	buy := ledger.Transaction{Key: "buy:1", Kind: "coins", At: time.Now(), Legs: []ledger.Transfer{
		{Debit: operator(ledger.Clearing, "EUR"), Credit: operator(ledger.CoinLiability, "EUR"), Amount: 500},
		{Debit: operator(ledger.Issued, ledger.Coin), Credit: wallet, Amount: 500},
	}}
	dear := ledger.Transaction{Key: "gift:1", Kind: "gift", At: time.Now(), Legs: []ledger.Transfer{
		{Debit: wallet, Credit: operator(ledger.Redeemed, ledger.Coin), Amount: 501},
	}}
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := ledger.Post(t.Context(), tx, buy, dear)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return db, address
}

// broken returns the promises that are broken, each with what breaks it.
func broken(t testing.TB, db *store.DB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, c := range db.Checks() {
		found, err := c.Broken(t.Context())
		if err != nil {
			t.Errorf("%s: %v", c.Promise, err)
		}
		if len(found) > 0 {
			out[c.Promise] = strings.Join(found, "\n")
		}
	}
	return out
}

func TestEachBrokenPromiseIsFound(t *testing.T) {
	sqlite, postgres := "sqlite ", "postgres " // only there
	for name, c := range map[string]struct {
		spoil []string
		want  map[string]string // beginning of the promise: words of what breaks it
	}{
		"nothing": {},
		"a head that is too high": {
			[]string{`UPDATE log SET head = head + 1 WHERE audience = 'public'`},
			map[string]string{"logs:": "has the head 4 and 3 events, the last 3"},
		},
		"a passkey that nobody has": {
			[]string{`UPDATE account SET passkeys = 1 WHERE id = (SELECT MIN(id) FROM account)`},
			map[string]string{"accounts:": "says it has 1 passkeys, and has 0"},
		},
		"somebody who votes for themselves": {
			[]string{
				`INSERT INTO question (id, channel, asker, key, shown, text, state, asked, aired, answered, merged_into)
					SELECT 'q1', MIN(c.id), MIN(c.owner), 'k', '', 'why', 'skipped', 1, 0, 0, 'q2' FROM channel c`,
				`INSERT INTO question_vote (question, account, at) SELECT 'q1', asker, 1 FROM question`,
				`INSERT INTO broadcast (id, channel, title, state, node, take, started, interrupted, ended, seen) SELECT 'b1', channel, '', 'ended', 'n', 1, 1, 0, 2, 1 FROM question`,
				`INSERT INTO airing (question, number, broadcast, began, ended) VALUES ('q1', 1, 'b1', 1, 0)`,
			},
			map[string]string{"questions:": "Question q1 has the vote of its asker\nQuestion q1 was merged and has a vote\nQuestion q1 is not on air, and its time there goes on"},
		},
		"polls that miscount": {
			[]string{
				`INSERT INTO poll (id, log, opener, key, question, changeable, live, opened, closes, closed)
					SELECT v.id, l.id, (SELECT MIN(id) FROM account), v.id, 'Which?', 1, 1, 1, 0, v.closed
					FROM (SELECT 'p1' AS id, 2 AS closed UNION ALL SELECT 'p2', 0) v JOIN log l ON l.audience = 'public'`,
				`INSERT INTO poll_option (poll, number, words, votes) VALUES ('p1', 0, 'A', 2), ('p1', 1, 'B', 0), ('p2', 0, 'A', 1)`,
				`INSERT INTO poll_vote (poll, account, choice, at) SELECT 'p1', MIN(id), 0, 1 FROM account`,
			},
			map[string]string{"polls:": "Poll p1 says that 2 chose option 0, and there are 1\nPoll p2 is open and says already that 1 chose option 0"},
		},
		"an event that is gone": {
			[]string{`DELETE FROM event WHERE seq = 2`},
			map[string]string{"logs:": "has the head 3 and 2 events, the last 3"},
		},
		"a thread that miscounts": {
			[]string{
				`INSERT INTO log (id, channel, audience, level, head) SELECT 't', channel, 'thread', 2, 0 FROM log WHERE audience = 'public'`,
				`INSERT INTO thread (id, channel, kind, level, title, prompt, opener, opened, pinned, closed, archived, messages, last, moved)
					SELECT 't', channel, 'topic', 1, 'Glazes', '', (SELECT MIN(id) FROM account), 0, 0, 0, 0, 1, 1, 0 FROM log WHERE id = 't'`,
			},
			map[string]string{"threads:": "Thread t counts 1 messages up to 1, and its log holds 0 up to 0; it is for level 1, its log for 2"},
		},
		"one side of an asset": {
			[]string{`UPDATE ledger_account SET debits = debits + 7 WHERE kind = 'clearing'`},
			map[string]string{
				"ledger: debits and credits": "The debits in EUR are the credits and 7",
				"ledger: each account holds": "The account clearing of operator in EUR holds 507 and 0, its transfers add up to 500 and 0",
			},
		},
		"both sides of an account": {
			[]string{`UPDATE ledger_account SET debits = debits + 1, credits = credits + 1 WHERE kind = 'wallet'`},
			map[string]string{"ledger: each account holds": "The account wallet of ana in COIN holds 1 and 501, its transfers add up to 0 and 500"},
		},
		"an account without its rule": {
			[]string{`UPDATE ledger_account SET rule = 0 WHERE kind = 'wallet'`},
			map[string]string{"ledger: no account breaks": "The account wallet of ana in COIN has rule 0, its kind 1"},
		},
		"an overdrawn wallet": {
			[]string{
				sqlite + `PRAGMA ignore_check_constraints = 1`,
				postgres + `ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_check`,
				`UPDATE ledger_account SET debits = 501 WHERE kind = 'wallet'`,
				`UPDATE ledger_account SET credits = 501 WHERE kind = 'redeemed'`,
				`UPDATE ledger_transaction SET outcome = 'posted', reason = '' WHERE key = 'gift:1'`,
				`INSERT INTO ledger_transfer (transaction_key, leg, debit, credit, asset, amount)
					SELECT 'gift:1', 1, w.id, r.id, 'COIN', 501 FROM ledger_account w, ledger_account r WHERE w.kind = 'wallet' AND r.kind = 'redeemed'`,
			},
			map[string]string{
				"ledger: no account breaks": "The account wallet of ana in COIN holds 501 and 500 against rule 1",
				sqlite + "storage:":         "CHECK constraint failed in ledger_account",
			},
		},
		"transfers that are gone": {
			[]string{`DELETE FROM ledger_transfer`, `UPDATE ledger_account SET debits = 0, credits = 0`},
			map[string]string{"ledger: what was posted": "Transaction buy:1 is posted and has 0 transfers, the last of them number 0"},
		},
		"the first of two transfers": {
			[]string{`DELETE FROM ledger_transfer WHERE leg = 1`, `UPDATE ledger_account SET debits = 0, credits = 0 WHERE asset = 'EUR'`},
			map[string]string{"ledger: what was posted": "Transaction buy:1 is posted and has 1 transfers, the last of them number 2"},
		},
		"a refusal that moved something": {
			[]string{`UPDATE ledger_transaction SET outcome = 'refused', reason = 'balance_short' WHERE key = 'buy:1'`},
			map[string]string{"ledger: what was posted": "Transaction buy:1 is refused and has 2 transfers"},
		},
		"a session of nobody": {
			[]string{
				sqlite + `INSERT INTO session (hash, id, account, expires) VALUES ('h', 'i', 'nobody', 0)`,
				postgres + `ALTER TABLE session ADD CONSTRAINT odd CHECK (expires > 5) NOT VALID`,
			},
			map[string]string{"storage:": "session"},
		},
		"a missing migration": {
			[]string{`DELETE FROM schema_migration WHERE version = 5`},
			map[string]string{"schema:": "Migration 0005_ledger.sql is missing"},
		},
		"a newer schema": {
			[]string{`INSERT INTO schema_migration (version, name, checksum, at) VALUES (9001, '9001_future.sql', 'x', 0)`},
			map[string]string{"schema:": "newer release"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			db, address := lived(t)
			spoil(t, inspect(t, address), c.spoil)
			got := broken(t, db)
			for beginning, words := range c.want {
				beginning, onlySQLite := strings.CutPrefix(beginning, sqlite)
				if onlySQLite && onPostgres() {
					continue
				}
				found := false
				for promise, what := range got {
					if strings.HasPrefix(promise, beginning) && strings.Contains(what, words) {
						found = true
						delete(got, promise)
					}
				}
				if !found {
					t.Errorf("%s nothing tells %q", beginning, words)
				}
			}
			if len(got) > 0 {
				t.Errorf("not expected: %v", got)
			}
		})
	}
}

// spoil runs statements on one connection; some are for one database alone.
func spoil(t testing.TB, db *sql.DB, statements []string) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // an inspector's
	for _, s := range statements {
		text, onlySQLite := strings.CutPrefix(s, "sqlite ")
		text, onlyPostgres := strings.CutPrefix(text, "postgres ")
		if (onlySQLite && onPostgres()) || (onlyPostgres && !onPostgres()) {
			continue
		}
		if _, err := conn.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// An index that does not say what its table says.
func TestADamagedFileIsFound(t *testing.T) {
	if onPostgres() {
		t.Skip("PostgreSQL looks after its own files")
	}
	_, address := lived(t)
	raw := inspect(t, address)
	spoil(t, raw, []string{
		`PRAGMA writable_schema = 1`,
		`UPDATE sqlite_schema SET sql = replace(sql, '> 0', '>= 0') WHERE name = 'event_answers'`,
	})
	db := inspected(t, address)
	got := broken(t, db)
	for promise := range got {
		if !strings.HasPrefix(promise, "storage:") {
			t.Errorf("not expected: %s: %s", promise, got[promise])
		}
	}
	if len(got) != 1 || !strings.Contains(strings.Join(slices.Collect(maps.Values(got)), ""), "event_answers") {
		t.Errorf("found %v", got)
	}
}

func inspected(t testing.TB, address string) *store.DB {
	t.Helper()
	db, err := store.Inspect(t.Context(), store.Options{URL: address, Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Whoever looks sees what is there while others write, and changes nothing.
func TestInspectingOnlyReads(t *testing.T) {
	_, address := lived(t)
	db := inspected(t, address)
	before := state(t, address)
	if got := broken(t, db); len(got) > 0 {
		t.Errorf("found %v", got)
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.PutSettingOnce(t.Context(), "a", "b")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "to be looked at") {
		t.Errorf("an update: %v", err)
	}
	err = db.View(t.Context(), func(tx *store.Tx) error {
		_, err := tx.PutSettingOnce(t.Context(), "a", "b")
		return err
	})
	if err == nil {
		t.Error("a view wrote")
	}
	if after := state(t, address); after != before {
		t.Error("the database is not as it was")
	}
}

// A database of an older release is told of, and not brought up to date.
func TestInspectingMigratesNothing(t *testing.T) {
	address := storetest.Empty(t)
	db, err := open(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	spoil(t, inspect(t, address), []string{
		`DROP TABLE ledger_transfer`, `DROP TABLE ledger_transaction`, `DROP TABLE ledger_account`, `DELETE FROM schema_migration WHERE version = 5`,
	})
	looking := inspected(t, address)
	found, err := looking.Checks()[0].Broken(t.Context())
	if err != nil || len(found) != 1 || !strings.Contains(found[0], "0005_ledger.sql") {
		t.Errorf("found %v, %v", found, err)
	}
	for _, c := range looking.Checks() {
		if !strings.HasPrefix(c.Promise, "ledger:") {
			continue
		}
		if _, err := c.Broken(t.Context()); err == nil {
			t.Errorf("%s: the ledger was looked at though there is none", c.Promise)
		}
		return
	}
	t.Error("nothing looks at the ledger")
}

func TestInspectingWhatIsNotThere(t *testing.T) {
	for address, reason := range map[string]string{
		"sqlite:" + t.TempDir() + "/none.db":                   "database_missing",
		"mysql://localhost/x":                                  "database_url_invalid",
		"postgres://nobody@127.0.0.1:1/none?connect_timeout=2": "storage_unavailable",
	} {
		db, err := store.Inspect(t.Context(), store.Options{URL: address, Now: time.Now, Random: rand.Reader})
		if err == nil {
			err = errors.Join(errors.New("it was opened"), db.Close())
		}
		if !fault.Is(err, reason) {
			t.Errorf("%s: %v, want %s", address, err, reason)
		}
	}
}
