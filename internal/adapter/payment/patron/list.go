package patron

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// The bounds of a list.
const (
	listMax   = 16 << 20 // bytes
	codeMin   = 8        // letters and digits
	codeMax   = 64
	monthsMax = 1200
)

// line is one patron.
type line struct {
	number  int // as an editor counts, the heading being 1
	channel string
	code    string // digest
	tier    string // empty: the lowest
	until   time.Time
	months  int // paid for in all, to the end of until; 0: the list does not say

	// What follows is what the line means here; meant is false when it names what
	// is not there. Such a line changes nothing.
	meant bool
	of    ident.Channel
	plan  subscription.Plan
}

// paid is how many months a claim of the line stands for: those that the list
// tells and no earlier claim had. Where it does not say, they are counted from
// the claim on.
func (x line) paid(since time.Time, before int) int {
	if x.months > 0 {
		return max(x.months-before, 0)
	}
	n := 0
	for since.AddDate(0, n, 0).Before(x.until) {
		n++
	}
	return n
}

// list is a file that could be read.
type list struct {
	lines  []line
	byCode map[string]int
}

// find returns the line with a code, comparing all of a channel's in constant
// time.
func (l *list) find(channel, code string) (line, bool) {
	at := -1
	for i := range l.lines {
		if l.lines[i].channel == channel && subtle.ConstantTimeCompare([]byte(l.lines[i].code), []byte(code)) == 1 {
			at = i
		}
	}
	if at < 0 {
		return line{}, false
	}
	return l.lines[at], true
}

// digest is what is kept of a claim code. Its letters count as large, and the
// spaces and hyphens between them do not count; false when it cannot be one.
func digest(code string) (string, bool) {
	code = strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
	other := func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	if len(code) < codeMin || len(code) > codeMax || strings.ContainsFunc(code, other) {
		return "", false
	}
	sum := sha256.Sum256([]byte("claim code " + code))
	return hex.EncodeToString(sum[:]), true
}

// readList reads comma-separated values (RFC 4180). The first line names the
// columns, in any order: channel, code, paid_until, months, tier and note.
func readList(file io.Reader) (*list, []subscription.LineTrouble) {
	bounded := &io.LimitedReader{R: file, N: listMax + 1}
	r := csv.NewReader(bounded)
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	heading, err := r.Read()
	if err != nil {
		return nil, []subscription.LineTrouble{wrong(1, "The file is empty, or not one of comma-separated values.")}
	}
	columns, trouble := readHeading(heading)
	if trouble != nil {
		return nil, []subscription.LineTrouble{*trouble}
	}
	l := &list{byCode: map[string]int{}}
	var troubles []subscription.LineTrouble
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if broken := new(csv.ParseError); errors.As(err, &broken) {
			troubles = append(troubles, wrong(broken.StartLine, "This line cannot be read: %v.", broken.Err))
			continue
		}
		if err != nil {
			return nil, append(troubles, wrong(len(l.lines)+1, "The file cannot be read to its end: %v.", err))
		}
		number, _ := r.FieldPos(0)
		if x, trouble := readLine(number, columns, record); trouble != nil {
			troubles = append(troubles, *trouble)
		} else if trouble := l.add(x); trouble != nil {
			troubles = append(troubles, *trouble)
		}
	}
	if bounded.N <= 0 {
		troubles = append(troubles, wrong(1, "A list has at most %d bytes.", listMax))
	}
	return l, troubles
}

func (l *list) add(x line) *subscription.LineTrouble {
	if first, taken := l.byCode[x.code]; taken {
		t := wrong(x.number, "The code of this line is that of line %d too.", l.lines[first].number)
		return &t
	}
	l.byCode[x.code] = len(l.lines)
	l.lines = append(l.lines, x)
	return nil
}

func readHeading(record []string) (map[string]int, *subscription.LineTrouble) {
	columns := map[string]int{}
	for i, name := range record {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		switch name {
		case "channel", "code", "tier", "paid_until", "months", "note":
			columns[name] = i
		default:
			t := wrong(1, "There is no column %q. The columns are channel, code, tier, paid_until, months and note.", name)
			return nil, &t
		}
	}
	for _, name := range []string{"channel", "code", "paid_until"} {
		if _, there := columns[name]; !there {
			t := wrong(1, "The first line names the columns; %s is missing.", name)
			return nil, &t
		}
	}
	return columns, nil
}

func readLine(number int, columns map[string]int, record []string) (line, *subscription.LineTrouble) {
	field := func(name string) string {
		if i, ok := columns[name]; ok && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	refused := func(format string, args ...any) (line, *subscription.LineTrouble) {
		t := wrong(number, format, args...)
		return line{}, &t
	}
	code, sound := digest(field("code"))
	day, err := time.Parse(time.DateOnly, field("paid_until"))
	x := line{number: number, channel: strings.ToLower(field("channel")), code: code, tier: field("tier"), until: day.AddDate(0, 0, 1)}
	switch {
	case len(record) != len(columns):
		return refused("This line has %d fields; the heading has %d.", len(record), len(columns))
	case x.channel == "":
		return refused("This line names no channel.")
	case !sound:
		return refused("A code has %d to %d letters (A to Z) and digits; this line's has not.", codeMin, codeMax)
	case err != nil:
		return refused("paid_until: %q is not a day such as 2027-01-31.", field("paid_until"))
	}
	if months := field("months"); months != "" {
		if x.months, err = strconv.Atoi(months); err != nil || x.months < 0 || x.months > monthsMax {
			return refused("months: %q is not a number of months from 0 to %d.", months, monthsMax)
		}
	}
	return x, nil
}

func wrong(line int, format string, args ...any) subscription.LineTrouble {
	return subscription.LineTrouble{Line: line, Reason: "list_invalid", Detail: fmt.Sprintf(format, args...)}
}
