package store

import (
	"context"
	"fmt"
	"regexp"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// Migration is a step of the schema that a database has taken.
type Migration struct {
	Version        int
	Name, Checksum string
}

// Sink takes what a copy holds: tables one after the other, each with its rows.
type Sink interface {
	Table(name string, columns []string) error
	// Row takes one row's values, strings and int64s, in the order of the columns.
	// They are the caller's again when it returns.
	Row(values []any) error
}

// Copied tells what was copied.
type Copied struct {
	Kind       string // of database
	Migrations []Migration
	Current    bool // they are all that this release knows
}

// Copy hands the sink every row of every table as they are at one moment. Nobody
// who writes meanwhile waits for it. What the sink refuses ends it and is
// returned as it is.
func (db *DB) Copy(ctx context.Context, sink Sink) (out Copied, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out.Kind = db.engine.kind()
	var refused error // by the sink: no trouble of the database's
	err = db.Snapshot(ctx, func(tx *Tx) error {
		tables, applied, err := tx.schema(ctx)
		if err != nil {
			return err
		}
		known, err := readMigrations(migrations)
		if err != nil {
			return err
		}
		for _, m := range known[:len(applied)] {
			out.Migrations = append(out.Migrations, Migration{m.version, m.name, m.checksum})
		}
		for _, t := range tables {
			if refused, err = tx.copyTable(ctx, t, sink, cancel); err != nil {
				return err
			}
		}
		out.Current = len(applied) == len(known)
		return nil
	})
	if refused != nil {
		err = refused
	}
	return out, err
}

// copyTable hands over one table. What the sink refuses is returned apart, and
// cancel called, so that the database need not send the rest.
func (tx *Tx) copyTable(ctx context.Context, t table, sink Sink, cancel func()) (refused, err error) {
	if refused = sink.Table(t.name, t.names()); refused != nil {
		return refused, refused
	}
	words, numbers := make([]string, len(t.columns)), make([]int64, len(t.columns))
	into, values := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i, c := range t.columns {
		if into[i] = &words[i]; c.number {
			into[i] = &numbers[i]
		}
	}
	err = tx.each(ctx, `SELECT `+t.list()+` FROM `+t.name, nil, func(scan func(...any) error) error {
		if err := scan(into...); err != nil {
			return fmt.Errorf("a row of %s: %w", t.name, err)
		}
		for i, c := range t.columns {
			if values[i] = words[i]; c.number {
				values[i] = numbers[i]
			}
		}
		if refused = sink.Row(values); refused != nil {
			cancel()
		}
		return refused
	})
	return refused, err
}

// table is one of our tables as the database has it.
type table struct {
	name    string
	columns []tableColumn
}

type tableColumn struct {
	name   string
	number bool
}

func (t table) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// list returns the columns' names with commas.
func (t table) list() string {
	list := ""
	for i, c := range t.columns {
		if i > 0 {
			list += ", "
		}
		list += c.name
	}
	return list
}

// schema returns our tables, none before one that it refers to, and the migrations
// that were applied. A database without any, or from a newer release, is refused.
// Tables that no migration made are somebody else's.
func (tx *Tx) schema(ctx context.Context) ([]table, map[int]string, error) {
	present, err := tx.catalogue(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := present["schema_migration"]; !ok {
		return nil, nil, fault.New(fault.Missing, "database_missing", "This database holds nothing of Subspace. Name the server's own with --data or --database.")
	}
	known, err := readMigrations(migrations)
	if err != nil {
		return nil, nil, err
	}
	applied, err := appliedMigrations(ctx, tx.r)
	if err != nil {
		return nil, nil, err
	}
	if err := checkApplied(known, applied); err != nil {
		return nil, nil, err
	}
	var ours []table
	for _, name := range made(known) {
		columns, ok := present[name]
		if !ok {
			continue // made by a later migration, or dropped by one
		}
		t := table{name: name}
		for _, c := range columns {
			if c[1] != "text" && c[1] != "bigint" {
				return nil, nil, fmt.Errorf("column %s of table %s is of type %s, which no backup holds", c[0], name, c[1])
			}
			t.columns = append(t.columns, tableColumn{c[0], c[1] == "bigint"})
		}
		ours = append(ours, t)
	}
	ours, err = tx.inOrder(ctx, ours)
	return ours, applied, err
}

// inOrder puts the tables that others refer to before those.
func (tx *Tx) inOrder(ctx context.Context, tables []table) ([]table, error) {
	refers := map[string][]string{}
	err := tx.each(ctx, tx.db.engine.references(), nil, func(scan func(...any) error) error {
		var from, to string
		err := scan(&from, &to)
		refers[from] = append(refers[from], to)
		return err
	})
	return referredFirst(tables, refers), err
}

// referredFirst leaves the order as it is where nothing speaks against it.
func referredFirst(tables []table, refers map[string][]string) (out []table) {
	seen := map[string]bool{}
	var take func(name string)
	take = func(name string) {
		if seen[name] {
			return // also one that refers to itself
		}
		seen[name] = true
		for _, to := range refers[name] {
			take(to)
		}
		for _, t := range tables {
			if t.name == name {
				out = append(out, t)
			}
		}
	}
	for _, t := range tables {
		take(t.name)
	}
	return out
}

// catalogue returns name and type of the columns of each table there is.
func (tx *Tx) catalogue(ctx context.Context) (map[string][][2]string, error) {
	present := map[string][][2]string{}
	err := tx.each(ctx, tx.db.engine.columns(), nil, func(scan func(...any) error) error {
		var table string
		var c [2]string
		err := scan(&table, &c[0], &c[1])
		present[table] = append(present[table], c)
		return err
	})
	return present, err
}

// made lists the tables that migrations make, in their order.
func made(all []migration) []string {
	makes := regexp.MustCompile(`(?i)\b(?:CREATE TABLE(?: IF NOT EXISTS)?|RENAME TO)\s+(\w+)`)
	var names []string
	for _, m := range all {
		for _, found := range makes.FindAllStringSubmatch(m.text, -1) {
			names = append(names, found[1])
		}
	}
	return distinct(names)
}
