package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"
)

// holders returns n groups of width placeholders: ($1,$2),($3,$4),…
func holders(n, width int) string {
	var b strings.Builder
	arg := 1
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j := range width {
			if j > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(arg))
			arg++
		}
		b.WriteByte(')')
	}
	return b.String()
}

// listed returns '($k,$k+1,…)' for n values, the first being number first.
func listed(first, n int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	b.WriteByte(')')
	return b.String()
}

func anys[T any](values []T) []any {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	return args
}

// rounded repeats the last value until there are 1, 2, 4, 8, … of them: in a set
// that changes nothing, and statements for sets come in few sizes.
func rounded[T any](values []T) []T {
	size := 1
	for size < len(values) {
		size *= 2
	}
	out := append(make([]T, 0, size), values...)
	for len(values) > 0 && len(out) < size {
		out = append(out, values[len(values)-1])
	}
	return out
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

// each runs query and scans every row with scan.
func (tx *Tx) each(ctx context.Context, query string, args []any, scan func(scan func(...any) error) error) error {
	rows, err := tx.r.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one scans a single row; false when there is none.
func (tx *Tx) one(ctx context.Context, query string, args []any, dest ...any) (bool, error) {
	err := tx.r.QueryRowContext(ctx, query, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// exec runs a statement and returns how many rows it changed.
func (tx *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := tx.r.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
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
