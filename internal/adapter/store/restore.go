package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// Stock is what a database is filled from.
type Stock struct {
	Migrations []Migration
	Tables     []StockTable
	// Rows hands on the rows of a table, each as Sink.Row took it.
	Rows func(ctx context.Context, table string, row func(values []any) error) error
	// History is the word for what the logs hold from now on, see DB.History.
	// Filling is idempotent on it: a database that has it is filled already.
	History string
	// Last runs before the commit; nothing is kept when it fails.
	Last func(context.Context) error
}

// StockTable is one table of a stock.
type StockTable struct {
	Name    string
	Columns []string
	Rows    int64
}

// Fits refuses a stock whose schema this release does not know.
func (s Stock) Fits() error {
	known, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	if len(s.Migrations) == 0 {
		return errBrokenStock("it names no migration")
	}
	for i, m := range s.Migrations {
		switch {
		case i >= len(known):
			return fault.New(fault.Conflict, "backup_newer",
				"The backup is of a newer release of Subspace (schema %d, this release knows %d). Nothing was restored. Restore it with that release.", len(s.Migrations), len(known))
		case m.Version != known[i].version:
			return errBrokenStock("its migrations have a gap")
		case m.Checksum != known[i].checksum:
			return fault.New(fault.Conflict, "backup_differs", "Migration %s of the backup is not the one of this release. Nothing was restored.", known[i].name)
		}
	}
	return nil
}

func errBrokenStock(format string, args ...any) *fault.Fault {
	return fault.New(fault.Conflict, "backup_broken", "The backup is damaged: %s. Nothing was restored.", fmt.Sprintf(format, args...))
}

// Fill fills an empty database with a stock and brings it up to date, all in one
// transaction: it is filled or as it was.
func Fill(ctx context.Context, opt Options, s Stock) error {
	if err := s.Fits(); err != nil {
		return err
	}
	e, err := openEngine(ctx, opt.URL)
	if err != nil {
		return err
	}
	db := &DB{engine: e, opt: opt, ids: ident.NewSource(opt.Now, opt.Random)}
	err = db.refusal(e.migrate(ctx, func(r runner) error { return db.fill(ctx, db.begin(r, true), s) }))
	return errors.Join(err, e.close())
}

func (db *DB) fill(ctx context.Context, tx *Tx, s Stock) error {
	if done, err := tx.filled(ctx, s.History); done || err != nil {
		return err
	}
	all, err := readMigrations(migrations)
	if err != nil {
		return err
	}
	if err := noteMigrations(ctx, tx.r); err != nil {
		return err
	}
	then, since := all[:len(s.Migrations)], all[len(s.Migrations):]
	for _, m := range then {
		if err := db.apply(ctx, tx.r, m); err != nil {
			return err
		}
	}
	if err := tx.load(ctx, s); err != nil {
		return err
	}
	for _, m := range since {
		if err := db.apply(ctx, tx.r, m); err != nil {
			return err
		}
	}
	if err := tx.beginHistory(ctx, s.History); err != nil {
		return err
	}
	return s.Last(ctx)
}

// filled reports whether the database has been filled under this history, and
// refuses one that holds anything else.
func (tx *Tx) filled(ctx context.Context, history string) (bool, error) {
	present, err := tx.catalogue(ctx)
	if err != nil || len(present) == 0 {
		return false, err
	}
	if _, ours := present["setting"]; ours {
		if now, _, err := tx.Setting(ctx, historySetting); err != nil || now == history {
			return err == nil, err
		}
	}
	return false, fault.New(fault.Conflict, "restore_not_empty",
		"The database is not empty, and a backup is restored into an empty one only. Nothing was changed. Name another with --database or --data.")
}

// load fills the tables, in the order that their references allow.
func (tx *Tx) load(ctx context.Context, s Stock) error {
	tables, _, err := tx.schema(ctx)
	if err != nil {
		return err
	}
	left := map[string]StockTable{}
	for _, t := range s.Tables {
		left[t.Name] = t
	}
	for _, t := range tables {
		of, ok := left[t.name]
		if !ok {
			return errBrokenStock("the table %s is missing", t.name)
		}
		delete(left, t.name)
		if err := tx.loadTable(ctx, t, of, s); err != nil {
			return err
		}
	}
	for name := range left {
		return errBrokenStock("its schema has no table %s", name)
	}
	return nil
}

func (tx *Tx) loadTable(ctx context.Context, t table, of StockTable, s Stock) error {
	rows, err := newLoadedRows(t, of.Columns)
	if err != nil {
		return err
	}
	n := int64(0)
	err = s.Rows(ctx, t.name, func(values []any) error {
		n++
		if !rows.add(values) {
			return errBrokenStock("row %d of the table %s does not fit", n, t.name)
		}
		if rows.count < loadAtOnce {
			return nil
		}
		return tx.insert(ctx, t.name, rows)
	})
	if err == nil {
		err = tx.insert(ctx, t.name, rows)
	}
	if err != nil {
		return fmt.Errorf("fill %s: %w", t.name, err)
	}
	kept := int64(0)
	if _, err := tx.one(ctx, `SELECT COUNT(*) FROM `+t.name, nil, &kept); err != nil {
		return err
	}
	if n != of.Rows || kept != of.Rows {
		return errBrokenStock("the table %s has %d rows, and %d were kept, where it should have %d", t.name, n, kept, of.Rows)
	}
	return nil
}

// loadAtOnce is how many rows are handed to the database at once.
const loadAtOnce = 512

// loadedRows is rows about to be inserted, column by column.
type loadedRows struct {
	columns []column
	numbers []bool
	count   int
}

// newLoadedRows has the columns of the stock, which must be those of the table.
func newLoadedRows(t table, names []string) (*loadedRows, error) {
	if !slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(t.names()))) {
		return nil, errBrokenStock("the columns of the table %s are %s where they should be %s", t.name, strings.Join(names, ", "), t.list())
	}
	rows := &loadedRows{}
	for _, name := range names {
		i := slices.Index(t.names(), name)
		rows.columns = append(rows.columns, column{name: name})
		rows.numbers = append(rows.numbers, t.columns[i].number)
	}
	rows.clear()
	return rows, nil
}

func (r *loadedRows) clear() {
	r.count = 0
	for i := range r.columns {
		if r.numbers[i] {
			r.columns[i].numbers = make([]int64, 0, loadAtOnce)
		} else {
			r.columns[i].words = make([]string, 0, loadAtOnce)
		}
	}
}

// add takes a row; false: its values are not of the columns' types.
func (r *loadedRows) add(values []any) bool {
	if len(values) != len(r.columns) {
		return false
	}
	for i, v := range values {
		switch v := v.(type) {
		case int64:
			if !r.numbers[i] {
				return false
			}
			r.columns[i].numbers = append(r.columns[i].numbers, v)
		case string:
			if r.numbers[i] {
				return false
			}
			r.columns[i].words = append(r.columns[i].words, v)
		default:
			return false
		}
	}
	r.count++
	return true
}

func (tx *Tx) insert(ctx context.Context, name string, rows *loadedRows) error {
	if rows.count == 0 {
		return nil
	}
	list := ""
	for i, c := range rows.columns {
		if i > 0 {
			list += ", "
		}
		list += c.name
	}
	err := tx.over("fresh", rows.columns, func(with string, args []any) error {
		_, err := tx.exec(ctx, with+`INSERT INTO `+name+` (`+list+`) SELECT * FROM fresh`, args...)
		return err
	})
	rows.clear()
	return err
}

// beginHistory gives the logs another word for what they hold.
func (tx *Tx) beginHistory(ctx context.Context, history string) error {
	_, err := tx.exec(ctx, `INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, historySetting, history)
	return err
}
