package subscription

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// ListMax is the longest list that is read, in bytes.
const ListMax = 1 << 20

// linesMax bounds the work of one list, and the answer to it. A quote that is never
// closed costs a reading of all that follows, so there are few of those.
const (
	linesMax  = 10_000
	quotesMax = 100
)

// Imported says what became of a list.
type Imported struct {
	Granted  int
	Known    int // lines that an earlier import, or an earlier line, had granted
	Troubles []LineTrouble
}

// LineTrouble is a line that granted nothing, and why.
type LineTrouble struct {
	Line   int // as an editor counts, the heading being 1
	Reason string
	Detail string
}

// row is one line of a list.
type row struct {
	line int
	want AwardWish
	tier string
	err  error
}

// Import grants rights from a list of comma-separated values (RFC 4180), or of
// values with semicolons between them, as spreadsheets write it where the comma
// is a decimal point. The first line names the columns, in any order: 'name' of
// the account; 'months' from now on, or 'until' a day (YYYY-MM-DD, its end in
// UTC); and, if wanted, 'tier' by its name and 'note'. Each line stands for
// itself: what can be granted is, the rest is reported by its line. The same
// line grants once, however often the list is imported. Only the owner may.
// Refusals, when nothing of it can be read: list_invalid, list_columns_invalid,
// list_too_large. Troubles of a line: line_unreadable, line_too_long,
// line_nameless, line_time_missing, line_months_invalid, line_until_invalid,
// line_tier_missing, and those of Award.
func (s *Service) Import(ctx context.Context, by ident.Account, channel ident.Channel, list io.Reader) (Imported, error) {
	rows, err := readList(list)
	if err != nil {
		return Imported{}, err
	}
	var out Imported
	for len(rows) > 0 {
		n := min(len(rows), importChunk)
		if err := s.importRows(ctx, by, channel, rows[:n], &out); err != nil {
			return out, err
		}
		rows = rows[n:]
	}
	return out, nil
}

// importChunk bounds the lines of one transaction.
const importChunk = 200

func (s *Service) importRows(ctx context.Context, by ident.Account, channel ident.Channel, rows []row, out *Imported) error {
	var done Imported
	err := s.Store.Update(ctx, func(tx Tx) error {
		done = Imported{}
		if err := s.allowed(ctx, tx, by, channel, access.RunChannel); err != nil {
			return err
		}
		tiers, err := tx.TiersOf(ctx, channel)
		if err != nil {
			return err
		}
		for _, r := range rows {
			granted, err := s.importRow(ctx, tx, by, channel, tiers, r)
			f := fault.Of(err)
			switch {
			case err != nil && f == nil:
				return err
			case f != nil:
				done.Troubles = append(done.Troubles, LineTrouble{r.line, f.Reason, f.Detail})
			case granted:
				done.Granted++
			default:
				done.Known++
			}
		}
		return nil
	})
	if err == nil {
		out.Granted += done.Granted
		out.Known += done.Known
		out.Troubles = append(out.Troubles, done.Troubles...)
	}
	return err
}

func (s *Service) importRow(ctx context.Context, tx Tx, by ident.Account, channel ident.Channel, tiers []Tier, r row) (bool, error) {
	if r.err != nil {
		return false, r.err
	}
	for _, t := range tiers {
		if r.tier != "" && strings.EqualFold(t.Name, r.tier) {
			r.want.Tier = t.ID
		}
	}
	if r.tier != "" && r.want.Tier == "" {
		return false, fault.New(fault.Missing, "line_tier_missing", "The channel has no tier named %q.", r.tier)
	}
	_, fresh, err := s.award(ctx, tx, by, channel, tiers, r.want)
	return fresh, err
}

// readList reads all lines; those that cannot be read keep their trouble.
func readList(list io.Reader) ([]row, error) {
	text, err := io.ReadAll(io.LimitReader(list, ListMax+1))
	if err != nil {
		return nil, err
	}
	if len(text) > ListMax {
		return nil, bad("list_too_large", "A list has at most %d bytes. Import it in parts.", ListMax)
	}
	r := newRecords(text)
	heading, _, err := r.next()
	if err != nil {
		return nil, bad("list_invalid", "The list is empty, or not one of comma-separated values.")
	}
	columns, err := readHeading(heading)
	if err != nil {
		return nil, err
	}
	var rows []row
	for quotes := 0; ; {
		record, line, err := r.next()
		if errors.Is(err, csv.ErrQuote) {
			if quotes++; quotes > quotesMax {
				return nil, bad("list_invalid", "Quotes are wrong in more than %d lines. Is it a list of comma-separated values?", quotesMax)
			}
		}
		trouble := new(csv.ParseError)
		switch {
		case errors.Is(err, io.EOF):
			return rows, nil
		case errors.As(err, &trouble):
			rows = append(rows, row{line: line, err: bad("line_unreadable", "This line cannot be read: %v.", trouble.Err)})
		case err != nil:
			return nil, err
		default:
			rows = append(rows, readRow(line, columns, record))
		}
		if len(rows) > linesMax {
			return nil, bad("list_too_large", "A list has at most %d lines. Import it in parts.", linesMax)
		}
	}
}

// records reads one record after the other. What cannot be read spoils the line
// that it begins on, and reading goes on with the next: a quote that is never
// closed would swallow all the others.
type records struct {
	*csv.Reader
	separator rune
	rest      []byte // what Reader was given
	before    int    // lines before it
}

func newRecords(text []byte) *records {
	r := &records{separator: separator(text)}
	r.begin(text, 0)
	return r
}

func (r *records) begin(rest []byte, before int) {
	r.Reader, r.rest, r.before = csv.NewReader(bytes.NewReader(rest)), rest, before
	r.Comma = r.separator
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
}

// next returns a record, or a csv.ParseError, and the line that it begins on.
func (r *records) next() (record []string, line int, err error) {
	began := r.InputOffset()
	record, err = r.Read()
	if trouble := new(csv.ParseError); errors.As(err, &trouble) {
		line = r.before + trouble.StartLine
		_, rest, _ := bytes.Cut(bytes.TrimLeft(r.rest[began:], "\r\n"), []byte("\n"))
		r.begin(rest, line)
	} else if err == nil {
		line, _ = r.FieldPos(0)
		line += r.before
	}
	return record, line, err
}

// separator is what stands between the columns of the heading.
func separator(text []byte) rune {
	heading, _, _ := bytes.Cut(text, []byte{'\n'})
	if bytes.ContainsRune(heading, ';') && !bytes.ContainsRune(heading, ',') {
		return ';'
	}
	return ','
}

func readHeading(record []string) (map[string]int, error) {
	columns := map[string]int{}
	for i, name := range record {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		switch name {
		case "name", "tier", "months", "until", "note":
			columns[name] = i
		default:
			return nil, bad("list_columns_invalid", "There is no column %q. The columns are name, months or until, tier and note.", name)
		}
	}
	_, months := columns["months"]
	_, until := columns["until"]
	if _, name := columns["name"]; !name || (!months && !until) {
		return nil, bad("list_columns_invalid", "The first line names the columns: name, and months or until.")
	}
	return columns, nil
}

func readRow(line int, columns map[string]int, record []string) row {
	field := func(name string) string {
		if i, ok := columns[name]; ok && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	r := row{line: line, tier: field("tier"), want: AwardWish{Name: field("name"), Source: SourceImport, Note: field("note")}}
	months, until := field("months"), field("until")
	switch {
	case len(record) > len(columns):
		r.err = bad("line_too_long", "This line has more fields than the heading.")
	case r.want.Name == "":
		r.err = bad("line_nameless", "This line names nobody.")
	case (months == "") == (until == ""):
		r.err = bad("line_time_missing", "A line says either for how many months or until which day.")
	case months != "":
		n, err := strconv.Atoi(months)
		if r.want.Months = n; err != nil || n < 1 || n > awardMonthsMax {
			r.err = bad("line_months_invalid", "%q is not a number of months from 1 to %d.", months, awardMonthsMax)
		}
	default:
		at, err := time.Parse(time.DateOnly, until)
		if r.want.Until = at.AddDate(0, 0, 1); err != nil {
			r.err = bad("line_until_invalid", "%q is not a day such as 2027-01-31.", until)
		}
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{strings.ToLower(r.want.Name), strings.ToLower(r.tier), months, until}, "\x00")))
	r.want.Key = SourceImport + ":" + hex.EncodeToString(sum[:16])
	return r
}

func bad(reason, format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, reason, format, args...)
}
