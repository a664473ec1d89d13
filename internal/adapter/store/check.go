package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ledger"
	"github.com/subspace-live/subspace/internal/domain/payout"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Check is a promise about the whole database that can be looked at.
type Check struct {
	Promise string
	// Broken says in words what breaks it, each place a sentence; nothing: it is
	// kept. It looks at one moment and changes nothing.
	Broken func(ctx context.Context) ([]string, error)
}

// Checks lists what 'subspace doctor' looks at, and storetest after a test. The
// first is the schema; without it the others mean nothing.
//
// This is the place for yours: who adds a table whose rows promise something
// about other rows adds a line here.
func (db *DB) Checks() []Check {
	all := []Check{
		{"schema: all that this release knows of is there", db.viewing((*Tx).brokenSchema)},
		{"storage: the database finds nothing wrong with itself", db.viewing((*Tx).complaints)},
		{"logs: each head is the number of the log's events and the last of them", db.viewing((*Tx).brokenLogs)},
		{"threads: each counts the messages of its log, and is for the level that its log is for", db.viewing((*Tx).brokenThreads)},
	}
	for _, p := range ledger.Promises() {
		all = append(all, Check{"ledger: " + string(p), db.viewing(func(tx *Tx, ctx context.Context) ([]string, error) {
			return tx.BrokenPromise(ctx, p)
		})})
	}
	return append(all,
		Check{"accounts: each has as many passkeys as it says", db.viewing((*Tx).brokenPasskeys)},
		Check{"channels: each has as many followers as it says", db.viewing((*Tx).brokenFollowers)},
		Check{"reactions: each is to a message that is there", db.viewing((*Tx).brokenReactions)},
		Check{"pins: each is of a message that is there", db.viewing((*Tx).brokenPins)},
		Check{"pictures: each belongs to a message that is there, or to none yet", db.viewing((*Tx).brokenPictures)},
		Check{"emotes: what is not offered any more is kept for messages only", db.viewing((*Tx).brokenEmotes)},
		Check{"questions: nobody votes for their own, what was merged has no votes, and only what is on air is timed", db.viewing((*Tx).brokenQuestions)},
		Check{"polls: each that is closed says what its votes say", db.viewing((*Tx).brokenPolls)},
		Check{"payments: the books say of each sale what the sale says", db.viewing((*Tx).brokenSales)},
		Check{"payouts: each is in the books once, with its statement, and the books hold no other", db.viewing((*Tx).brokenPayouts)},
		Check{"papers: the numbers of each seller and year have no gap", db.viewing((*Tx).brokenNumbers)},
		Check{"payments: nothing differs from what its provider says", db.viewing((*Tx).knownDifferences)})
}

// brokenSales looks at the postings of sales.
func (tx *Tx) brokenSales(ctx context.Context) ([]string, error) {
	found, err := subscription.Audit(ctx, tx)
	return sentencesOf(found), err
}

// brokenPayouts looks at payouts, their postings and statements.
func (tx *Tx) brokenPayouts(ctx context.Context) (out []string, err error) {
	found, err := payout.Audit(ctx, tx)
	for _, f := range found[:min(len(found), 20)] {
		out = append(out, f.String())
	}
	return out, err
}

// brokenQuestions looks at votes and times on air.
func (tx *Tx) brokenQuestions(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Question ' || q.id || ' has the vote of its asker' FROM question_vote v JOIN question q ON q.id = v.question AND q.asker = v.account
		UNION ALL SELECT 'Question ' || q.id || ' was merged and has a vote' FROM question_vote v JOIN question q ON q.id = v.question WHERE q.merged_into <> ''
		UNION ALL SELECT 'Question ' || q.id || ' is not on air, and its time there goes on' FROM airing g JOIN question q ON q.id = g.question
			WHERE g.ended = 0 AND q.state <> 'on_air'`)
}

// brokenNumbers counts papers and statements.
func (tx *Tx) brokenNumbers(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Seller ' || c.seller || ' has numbered ' || c.last || ' papers of ' || c.year || ', and there are ' || COUNT(p.number)
		FROM paper_count c LEFT JOIN (SELECT seller, year, number FROM paper UNION ALL SELECT seller, year, number FROM statement) p
			ON p.seller = c.seller AND p.year = c.year
		GROUP BY c.seller, c.year, c.last HAVING COUNT(p.number) <> c.last ORDER BY c.seller, c.year`)
}

// knownDifferences is what a server found when it last asked the providers. What
// it found in the books brokenSales looks at afresh.
func (tx *Tx) knownDifferences(ctx context.Context) ([]string, error) {
	found, err := tx.Differences(ctx)
	return sentencesOf(slices.DeleteFunc(found, func(d subscription.Difference) bool { return d.Object == "" })), err
}

func sentencesOf(found []subscription.Difference) (out []string) {
	for _, d := range found[:min(len(found), 20)] {
		out = append(out, d.String())
	}
	return out
}

// viewing asks a question on a snapshot, which may take long in a large database.
func (db *DB) viewing(ask func(*Tx, context.Context) ([]string, error)) func(context.Context) ([]string, error) {
	return func(ctx context.Context) (found []string, err error) {
		err = db.Snapshot(ctx, func(tx *Tx) error {
			found, err = ask(tx, ctx)
			return err
		})
		return found, err
	}
}

// sentences returns the rows of a query that writes one sentence in each. Twenty
// are enough to know that something is wrong.
func (tx *Tx) sentences(ctx context.Context, query string, args ...any) (found []string, err error) {
	err = tx.each(ctx, query+` LIMIT 20`, args, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		found = append(found, s)
		return err
	})
	return found, err
}

func (tx *Tx) brokenSchema(ctx context.Context) (found []string, err error) {
	all, err := readMigrations(migrations)
	if err != nil {
		return nil, err
	}
	applied, err := appliedMigrations(ctx, tx.r)
	if err != nil {
		return nil, err
	}
	if err := checkApplied(all, applied); err != nil {
		return []string{fault.Of(err).Detail}, nil
	}
	for _, m := range all {
		if _, done := applied[m.version]; !done {
			found = append(found, "Migration "+m.name+" is missing: it is made when a server of this release starts.")
		}
	}
	return found, nil
}

func (tx *Tx) complaints(ctx context.Context) ([]string, error) {
	return tx.db.engine.complaints(ctx, tx.r)
}

func (tx *Tx) brokenLogs(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Log ' || l.id || ' has the head ' || l.head || ' and ' || COUNT(e.seq) || ' events, the last ' || COALESCE(MAX(e.seq), 0)
		FROM log l LEFT JOIN event e ON e.log = l.id GROUP BY l.id, l.head
		HAVING l.head <> COUNT(e.seq) OR l.head <> COALESCE(MAX(e.seq), 0) ORDER BY l.id`)
}

// brokenThreads looks at what threads say of their logs. In a thread only messages
// are ever removed.
func (tx *Tx) brokenThreads(ctx context.Context) ([]string, error) {
	return tx.sentences(ctx, `SELECT 'Thread ' || t.id || ' counts ' || t.messages || ' messages up to ' || t.last || ', and its log holds ' ||
			COUNT(e.seq) || ' up to ' || COALESCE(MAX(e.seq), 0) || '; it is for level ' || t.level || ', its log for ' || l.level
		FROM thread t JOIN log l ON l.id = t.id
		LEFT JOIN event e ON e.log = t.id AND e.kind IN ('message.posted', 'message.tombstone')
		GROUP BY t.id, t.messages, t.last, t.level, l.level
		HAVING t.messages <> COUNT(e.seq) OR t.last <> COALESCE(MAX(e.seq), 0) OR t.level <> l.level ORDER BY t.id`)
}

// complaints implements engine.
func (e *sqliteEngine) complaints(ctx context.Context, r runner) (found []string, err error) {
	_, err = r.run(ctx,
		statement{`PRAGMA integrity_check(20)`, nil, func(scan func(...any) error) error {
			var s string
			err := scan(&s)
			if s != "ok" {
				found = append(found, s)
			}
			return err
		}},
		statement{`PRAGMA foreign_key_check`, nil, func(scan func(...any) error) error {
			var table, parent string
			var row, key sql.NullInt64
			err := scan(&table, &row, &parent, &key)
			found = append(found, fmt.Sprintf("Row %d of %s refers to a row of %s that is not there", row.Int64, table, parent))
			return err
		}})
	return found, err
}

// complaints implements engine. PostgreSQL reads no table through for us; it
// knows which constraints and indexes cannot be relied on, and which pages it
// could not read.
func (e *postgresEngine) complaints(ctx context.Context, r runner) (found []string, err error) {
	row := func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		found = append(found, s)
		return err
	}
	_, err = r.run(ctx,
		statement{`SELECT 'Constraint ' || conname || ' of ' || conrelid::regclass::text || ' was never validated' FROM pg_constraint WHERE NOT convalidated`, nil, row},
		statement{`SELECT 'Index ' || indexrelid::regclass::text || ' is not valid' FROM pg_index WHERE NOT indisvalid`, nil, row},
		statement{`SELECT checksum_failures || ' pages had a wrong checksum' FROM pg_stat_database
			WHERE datname = current_database() AND checksum_failures > 0`, nil, row})
	return found, err
}
