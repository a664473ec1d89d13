// Package report turns measured numbers into files and tables.
//
// Owns: medians with their spread, Markdown tables, result files, the sentence
// about the machine. Promises: nothing is discarded: a table says how many rows
// were valid, a file holds every row. Does not do: deciding what is compared.
package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Spread is several measurements of one thing.
type Spread struct{ Median, Min, Max float64 }

// Of returns the spread of values; NaN when there are none.
func Of(values []float64) Spread {
	if len(values) == 0 {
		return Spread{math.NaN(), math.NaN(), math.NaN()}
	}
	v := slices.Sorted(slices.Values(values))
	middle := v[len(v)/2]
	if len(v)%2 == 0 {
		middle = (v[len(v)/2-1] + middle) / 2
	}
	return Spread{middle, v[0], v[len(v)-1]}
}

// String shows the median, and the ends where they differ.
func (s Spread) String() string {
	if math.IsNaN(s.Median) {
		return "–"
	}
	m, a, b := short(s.Median), short(s.Min), short(s.Max)
	if a == b {
		return m
	}
	return fmt.Sprintf("%s (%s–%s)", m, a, b)
}

// short keeps three digits.
func short(f float64) string {
	switch a := math.Abs(f); {
	case a >= 100:
		return fmt.Sprintf("%.0f", f)
	case a >= 10:
		return fmt.Sprintf("%.1f", f)
	default:
		return fmt.Sprintf("%.2f", f)
	}
}

// Percentile returns a percentile of sorted times, in milliseconds.
func Percentile(sorted []time.Duration, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(p*float64(len(sorted)-1))]) / float64(time.Millisecond)
}

// Table is rows of text under headings.
type Table struct {
	Head []string
	Rows [][]string
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// Markdown returns the table with columns of even width, for a terminal too.
func (t *Table) Markdown() string {
	width := make([]int, len(t.Head))
	all := append([][]string{t.Head}, t.Rows...)
	for _, row := range all {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	var b strings.Builder
	for n, row := range all {
		for i, cell := range row {
			b.WriteString("| " + cell + strings.Repeat(" ", width[i]-len([]rune(cell))+1))
		}
		b.WriteString("|\n")
		if n == 0 {
			for _, w := range width {
				b.WriteString("|" + strings.Repeat("-", w+2))
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}

// Write keeps rows as a JSON array, one row to a line, and text beside it.
func Write[T any](folder, name string, rows []T, text string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	var b bytes.Buffer
	b.WriteString("[")
	for i, row := range rows {
		line, err := json.Marshal(row)
		if err != nil {
			return fmt.Errorf("write results: %w", err)
		}
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n")
		b.Write(line)
	}
	b.WriteString("\n]\n")
	for file, content := range map[string][]byte{name + ".json": b.Bytes(), name + ".md": []byte(text)} {
		if err := os.WriteFile(filepath.Join(folder, file), content, 0o644); err != nil {
			return fmt.Errorf("write results: %w", err)
		}
	}
	return nil
}
