package notify

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/subspace-live/subspace/internal/domain/text"
)

// filler puts a letter's data into the places of its words.
type filler struct {
	data     map[string]string
	language string
	server   string
	missing  string // the first place that nothing was given for
}

// fill replaces every {place} of s.
func (f *filler) fill(s string) string { return f.replace(s, f.show) }

// fillPath is fill for a path, in which a value cannot begin anything new.
func (f *filler) fillPath(s string) string {
	return f.replace(s, func(place string) string { return url.PathEscape(f.value(place)) })
}

func (f *filler) replace(s string, with func(place string) string) string {
	var b strings.Builder
	for {
		before, rest, open := strings.Cut(s, "{")
		b.WriteString(before)
		if !open {
			return b.String()
		}
		place, after, _ := strings.Cut(rest, "}")
		b.WriteString(with(place))
		s = after
	}
}

func (f *filler) value(name string) string {
	v, ok := f.data[name]
	if !ok && f.missing == "" {
		f.missing = name
	}
	return v
}

func (f *filler) show(place string) string {
	if place == "server" {
		return f.server
	}
	name, form, _ := strings.Cut(place, "|")
	switch v := f.value(name); form {
	case "money":
		return f.money(v)
	case "day":
		return f.day(v)
	default:
		return oneLine(v)
	}
}

// money shows '499 EUR' as 4.99 EUR or 4,99 EUR. All currencies that prices may
// be set in have hundredths.
func (f *filler) money(v string) string {
	minor, currency, _ := strings.Cut(v, " ")
	n, err := strconv.ParseInt(minor, 10, 64)
	if err != nil {
		return oneLine(v)
	}
	sign, point, gap := "", ".", " "
	if n < 0 {
		sign, n = "-", -n
	}
	if f.language == "fr" {
		point, gap = ",", "\u00a0"
	}
	cents := strconv.FormatInt(100+n%100, 10)[1:]
	return sign + strconv.FormatInt(n/100, 10) + point + cents + gap + oneLine(currency)
}

// day shows '2026-12-01' as 1 December 2026 or 1er décembre 2026.
func (f *filler) day(v string) string {
	t, err := time.Parse(time.DateOnly, v)
	if err != nil {
		return oneLine(v)
	}
	if f.language != "fr" {
		return t.Format("2 January 2006")
	}
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	number := strconv.Itoa(t.Day())
	if t.Day() == 1 {
		number = "1er"
	}
	return number + " " + months[t.Month()-1] + " " + strconv.Itoa(t.Year())
}

// steers reports what ends a line or turns the order of reading, and white space.
func steers(r rune) bool { return unicode.IsSpace(r) || text.Steers(r) || r == unicode.ReplacementChar }
