package store

import "context"

// Column is column.
type Column = column

// Words is a column of words.
func Words(name string, values ...string) Column { return column{name: name, words: values} }

// Numbers is a column of numbers.
func Numbers(name string, values ...int64) Column { return column{name: name, numbers: values} }

// WithoutDatabase is a transaction that can only make texts: as for PostgreSQL,
// which takes arrays, or as for SQLite.
func WithoutDatabase(arrays bool) *Tx {
	if arrays {
		return &Tx{db: &DB{engine: &postgresEngine{}}}
	}
	return &Tx{db: &DB{engine: &sqliteEngine{}}}
}

// Among is among.
func Among[T ~string | ~int64](tx *Tx, first int, values []T) (condition string, args []any) {
	return among(tx, first, values)
}

// Over is over.
func (tx *Tx) Over(name string, columns []Column, do func(with string, args []any) error) error {
	return tx.over(name, columns, do)
}

// Each is each.
func (tx *Tx) Each(ctx context.Context, query string, args []any, scan func(scan func(...any) error) error) error {
	return tx.each(ctx, query, args, scan)
}

// Later runs a statement as late as before the commit.
func (tx *Tx) Later(ctx context.Context, query string, args []any, scan func(scan func(...any) error) error) error {
	return tx.r.later(ctx, statement{query, args, scan})
}

// Unnamed is unnamed.
func Unnamed(query string) string { return unnamed(query) }

// Holders is holders.
func Holders(n, width int) string { return holders(n, width) }

// ReferredFirst is referredFirst by the tables' names.
func ReferredFirst(names []string, refers map[string][]string) (out []string) {
	var tables []table
	for _, name := range names {
		tables = append(tables, table{name: name})
	}
	for _, t := range referredFirst(tables, refers) {
		out = append(out, t.name)
	}
	return out
}
