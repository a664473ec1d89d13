package store

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// among returns a condition that holds for the values, such as 'IN ($2,$3)', and
// its arguments, of which the first is number first; it holds for nothing when
// there are none. Prepared statements are found by their text, so there are few:
// PostgreSQL takes an array; for SQLite the last value is repeated, which changes
// no set, until there are 1, 2, 4, 8, ….
func among[T ~string | ~int64](tx *Tx, first int, values []T) (condition string, args []any) {
	if tx.db.engine.takesArrays() {
		return "= ANY($" + strconv.Itoa(first) + ")", []any{values}
	}
	size := min(1, len(values))
	for size < len(values) {
		size *= 2
	}
	for i := range size {
		args = append(args, values[min(i, len(values)-1)])
	}
	return "IN " + listed(first, size), args
}

// column is one column of a table that a statement is handed: words or numbers.
type column struct {
	name    string
	words   []string
	numbers []int64
}

// tableChunk is how many rows of a table SQLite is handed at once. Longer
// statements cost more to prepare and gain nothing.
const tableChunk = 64

// over runs a statement over the rows of a table that it reads under a name:
// do is handed the text to begin with, 'WITH name (…) AS (…)', and its
// arguments. PostgreSQL gets all rows as arrays; SQLite gets them in chunks of
// 64, 32, 16, … rows, so that there are few texts. Without rows nothing is run.
func (tx *Tx) over(name string, columns []column, do func(with string, args []any) error) error {
	names, rows := make([]string, len(columns)), 0
	for i, c := range columns {
		names[i], rows = c.name, max(len(c.words), len(c.numbers))
	}
	if rows == 0 {
		return nil
	}
	head := "WITH " + name + " (" + strings.Join(names, ", ") + ") AS ("
	if tx.db.engine.takesArrays() {
		types, args := make([]string, len(columns)), make([]any, len(columns))
		for i, c := range columns {
			types[i], args[i] = "$"+strconv.Itoa(i+1)+"::text[]", c.words
			if c.numbers != nil {
				types[i], args[i] = "$"+strconv.Itoa(i+1)+"::bigint[]", c.numbers
			}
		}
		return do(head+"SELECT * FROM unnest("+strings.Join(types, ", ")+")) ", args)
	}
	for from, size := 0, tableChunk; from < rows; {
		if size > rows-from {
			size /= 2
			continue
		}
		args := make([]any, 0, size*len(columns))
		for row := from; row < from+size; row++ {
			for _, c := range columns {
				if c.numbers != nil {
					args = append(args, c.numbers[row])
				} else {
					args = append(args, c.words[row])
				}
			}
		}
		if err := do(head+"VALUES "+holders(size, len(columns))+") ", args); err != nil {
			return err
		}
		from += size
	}
	return nil
}

// set returns the statements that run text over the rows of a table, as over
// does; without rows there is nothing to run.
func (tx *Tx) set(name string, columns []column, text string, row func(scan func(...any) error) error) (all []statement) {
	if len(columns[0].words) == 0 && len(columns[0].numbers) == 0 {
		return nil
	}
	err := tx.over(name, columns, func(with string, args []any) error {
		all = append(all, statement{with + text, args, row})
		return nil
	})
	_ = err // nothing was run
	return all
}

// holders returns n groups of width placeholders: ($1,$2),($3,$4),…
func holders(n, width int) string {
	b := make([]byte, 0, n*width*5)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendList(b, 1+i*width, width)
	}
	return string(b)
}

// listed returns '($k,$k+1,…)' for n values, the first being number first.
func listed(first, n int) string { return string(appendList(nil, first, n)) }

func appendList(b []byte, first, n int) []byte {
	b = append(b, '(')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, '$'), int64(first+i), 10)
	}
	return append(b, ')')
}

// forUpdate ends a query whose rows must not change until the transaction ends.
func (tx *Tx) forUpdate() string {
	if tx.locks {
		return ` FOR UPDATE`
	}
	return ""
}

// forUpdateOf is forUpdate for the rows of one table of a query.
func (tx *Tx) forUpdateOf(table string) string {
	if tx.locks {
		return ` FOR UPDATE OF ` + table
	}
	return ""
}

// forShareOf ends a query on the rows of one table of which others may read the
// same, and nobody changes them until the transaction ends.
func (tx *Tx) forShareOf(table string) string {
	if tx.locks {
		return ` FOR SHARE OF ` + table
	}
	return ""
}

func anys[T any](values []T) []any {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return args
}

// distinct returns the values without repeats, in order of first appearance.
func distinct[T comparable](values []T) []T {
	seen := make(map[T]bool, len(values))
	out := values[:0:0]
	for _, v := range values {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// statement is a text with its arguments. Row is called for each row of the
// answer; nil: there are none.
type statement struct {
	text string
	args []any
	row  func(scan func(...any) error) error
}

// each runs query and scans every row with scan.
func (tx *Tx) each(ctx context.Context, query string, args []any, scan func(scan func(...any) error) error) error {
	_, err := tx.r.run(ctx, statement{query, args, scan})
	return err
}

// one scans a single row; false when there is none.
func (tx *Tx) one(ctx context.Context, query string, args []any, dest ...any) (found bool, err error) {
	err = tx.each(ctx, query, args, func(scan func(...any) error) error {
		if found {
			return nil
		}
		found = true
		return scan(dest...)
	})
	return found && err == nil, err
}

// exec runs a statement and returns how many rows it changed.
func (tx *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	return tx.r.run(ctx, statement{text: query, args: args})
}

// changed is exec for callers who ask whether anything changed.
func (tx *Tx) changed(ctx context.Context, query string, args ...any) (bool, error) {
	n, err := tx.exec(ctx, query, args...)
	return n > 0, err
}

// millis stores a time; the zero time, 'never', is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
