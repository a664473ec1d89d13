package patron

import (
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

const heading = "channel,code,tier,paid_until,months\n"

func TestReadList(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		lines int
		wrong string // line and words of what is wrong; empty: nothing is
	}{
		"one":                       {heading + "atelier,ABCD-EFGH,Gold,2027-01-31,3\n", 1, ""},
		"other columns":             {"\ufeffnote, Code , paid_until,CHANNEL\nfriend,abcd efgh,2027-01-31,Atelier\n", 1, ""},
		"a heading alone":           {heading, 0, ""},
		"quotes over two lines":     {heading + "atelier,ABCDEFGH,\"Gold\nand more\",2027-01-31,3\natelier,ABCDEFGI,,2027-01-31,x\n", 1, "4 months"},
		"nothing":                   {"", 0, "1 empty"},
		"an unknown column":         {"channel,code,paid_until,colour\n", 0, "1 colour"},
		"a missing column":          {"channel,code\n", 0, "1 paid_until"},
		"a short line":              {heading + "atelier,ABCDEFGH,,2027-01-31\n", 0, "2 4 fields"},
		"a line that breaks off":    {heading + "atelier,ABCDEFGH,,2027-01-31,3\natelier,ABCDE", 1, "3 2 fields"},
		"an open quote":             {heading + "\"atelier,ABCDEFGH,,2027-01-31,3\n", 0, "2 read"},
		"no channel":                {heading + ",ABCDEFGH,,2027-01-31,3\n", 0, "2 channel"},
		"a short code":              {heading + "atelier,ABC-DEF-G,,2027-01-31,3\n", 0, "2 code"},
		"a code of other letters":   {heading + "atelier,ÄBCDEFGHI,,2027-01-31,3\n", 0, "2 code"},
		"no day":                    {heading + "atelier,ABCDEFGH,,31/01/2027,3\n", 0, "2 31/01/2027"},
		"a day that is none":        {heading + "atelier,ABCDEFGH,,2027-02-30,3\n", 0, "2 2027-02-30"},
		"no number":                 {heading + "atelier,ABCDEFGH,,2027-01-31,many\n", 0, "2 months"},
		"less than nothing":         {heading + "atelier,ABCDEFGH,,2027-01-31,-1\n", 0, "2 months"},
		"a code twice":              {heading + "atelier,ABCDEFGH,,2027-01-31,3\nother,abcd-efgh,,2027-01-31,3\n", 1, "3 line 2"},
		"the second of three wrong": {heading + "atelier,ABCDEFGH,,2027-01-31,3\natelier,x,,2027-01-31,3\natelier,ABCDEFGI,,2027-01-31,3\n", 2, "3 code"},
	} {
		t.Run(name, func(t *testing.T) {
			l, troubles := readList(strings.NewReader(c.file))
			lines := 0
			if l != nil {
				lines = len(l.lines)
			}
			if lines != c.lines {
				t.Errorf("%d lines, want %d", lines, c.lines)
			}
			if (len(troubles) > 0) != (c.wrong != "") || len(troubles) > 1 {
				t.Fatalf("found %+v", troubles)
			}
			if c.wrong == "" {
				return
			}
			number, words, _ := strings.Cut(c.wrong, " ")
			if got := troubles[0]; number != string(rune('0'+got.Line)) || !strings.Contains(got.Detail, words) {
				t.Errorf("found %+v, want %s", got, c.wrong)
			}
			if strings.Contains(strings.ToUpper(troubles[0].Detail), "ABC") {
				t.Errorf("tells a code: %s", troubles[0].Detail)
			}
		})
	}
}

// What is read from anything: no line without all that a right needs, and no two
// with one code.
func FuzzReadList(f *testing.F) {
	f.Add(heading + "atelier,ABCD-EFGH,Gold,2027-01-31,3\n")
	f.Add("channel,code,paid_until\na,\"b\nc\",2027-01-31\n")
	f.Fuzz(func(t *testing.T, file string) {
		l, troubles := readList(strings.NewReader(file))
		if l == nil {
			if len(troubles) == 0 {
				t.Fatal("neither read nor refused")
			}
			return
		}
		if len(l.byCode) != len(l.lines) {
			t.Fatalf("%d lines with %d codes", len(l.lines), len(l.byCode))
		}
		for _, x := range l.lines {
			if x.channel == "" || len(x.code) != 64 || x.until.IsZero() || x.months < 0 || x.number < 2 {
				t.Fatalf("read %+v", x)
			}
		}
	})
}

// What becomes of a patron who paid to the end of March, as list and clock go on.
func TestAfter(t *testing.T) {
	day := func(month time.Month, d int) time.Time { return time.Date(2026, month, d, 0, 0, 0, 0, time.UTC) }
	low := subscription.Plan{Tier: "low", Interval: subscription.Month, Price: money.Amount{Minor: 499, Currency: "EUR"}}
	gold := subscription.Plan{Tier: "gold", Interval: subscription.Month, Price: money.Amount{Minor: 999, Currency: "EUR"}}
	was := func(change func(*subscription.Patron)) subscription.Patron {
		p := subscription.Patron{Channel: "c", Object: subscription.Object{
			Status: subscription.StatusActive, Plan: low, Started: day(3, 1), PeriodStart: day(3, 1), PeriodEnd: day(4, 1), Months: 1,
		}}
		if change != nil {
			change(&p)
		}
		return p
	}
	says := func(until time.Time, months int) word {
		return word{line: line{until: until, months: months, plan: low, of: "c"}}
	}
	other := says(day(4, 1), 1)
	other.line.plan = gold
	dearer := says(day(4, 1), 1)
	dearer.line.plan.Price.Minor = 599
	for name, c := range map[string]struct {
		was  subscription.Patron
		word word
		now  time.Time
		want subscription.Patron
		kind string
	}{
		"the same": {was(nil), says(day(4, 1), 1), day(3, 9), was(nil), ""},
		"no list":  {was(nil), word{silent: true}, day(3, 9), was(nil), ""},
		"extended": {was(nil), says(day(5, 1), 2), day(3, 30), was(func(p *subscription.Patron) {
			p.PeriodStart, p.PeriodEnd, p.Months = day(4, 1), day(5, 1), 2
		}), kindRenewed},
		"extended late": {was(func(p *subscription.Patron) { p.Status = subscription.StatusPastDue }), says(day(5, 1), 2), day(4, 6), was(func(p *subscription.Patron) {
			p.PeriodStart, p.PeriodEnd, p.Months = day(4, 1), day(5, 1), 2
		}), kindRenewed},
		"late": {was(nil), says(day(4, 1), 1), day(4, 1), was(func(p *subscription.Patron) { p.Status = subscription.StatusPastDue }), kindLate},
		"late without a list": {was(nil), word{silent: true}, day(4, 1), was(func(p *subscription.Patron) {
			p.Status = subscription.StatusPastDue
		}), kindLate},
		"given up": {was(func(p *subscription.Patron) { p.Status = subscription.StatusPastDue }), says(day(4, 1), 1), day(4, 15), was(func(p *subscription.Patron) {
			p.Status, p.EndedAt = subscription.StatusEnded, day(4, 1)
		}), kindEnded},
		"an earlier day that is to come": {was(nil), says(day(3, 21), 1), day(3, 9), was(func(p *subscription.Patron) {
			p.PeriodEnd, p.CancelAtPeriodEnd = day(3, 21), true
		}), kindShort},
		"that day, come": {
			was(func(p *subscription.Patron) { p.PeriodEnd, p.CancelAtPeriodEnd = day(3, 21), true }), says(day(3, 21), 1), day(3, 21),
			was(func(p *subscription.Patron) {
				p.PeriodEnd, p.CancelAtPeriodEnd, p.Status, p.EndedAt = day(3, 21), true, subscription.StatusEnded, day(3, 21)
			}), kindEnded,
		},
		"an earlier day that is over": {was(nil), says(day(3, 5), 1), day(3, 9), was(func(p *subscription.Patron) {
			p.PeriodEnd, p.CancelAtPeriodEnd, p.Status, p.EndedAt = day(3, 5), true, subscription.StatusEnded, day(3, 5)
		}), kindEnded},
		"a later day after an earlier one": {
			was(func(p *subscription.Patron) { p.PeriodEnd, p.CancelAtPeriodEnd = day(3, 21), true }), says(day(4, 1), 1), day(3, 9),
			was(func(p *subscription.Patron) { p.PeriodStart = day(3, 21) }), kindRenewed,
		},
		"gone": {was(nil), word{gone: true}, day(3, 9), was(func(p *subscription.Patron) {
			p.Status, p.EndedAt = subscription.StatusEnded, day(3, 9)
		}), kindEnded},
		"gone during the grace": {was(func(p *subscription.Patron) { p.Status = subscription.StatusPastDue }), word{gone: true}, day(4, 2), was(func(p *subscription.Patron) {
			p.Status, p.EndedAt = subscription.StatusEnded, day(4, 1)
		}), kindEnded},
		"ended for ever": {
			was(func(p *subscription.Patron) { p.Status, p.EndedAt = subscription.StatusEnded, day(3, 9) }), says(day(5, 1), 1), day(3, 10),
			was(func(p *subscription.Patron) { p.Status, p.EndedAt = subscription.StatusEnded, day(3, 9) }), "",
		},
		"another tier":             {was(nil), other, day(3, 9), was(func(p *subscription.Patron) { p.Plan = gold }), kindChanged},
		"another price of a tier":  {was(nil), dearer, day(3, 9), was(nil), ""},
		"more months":              {was(nil), says(day(4, 1), 7), day(3, 9), was(func(p *subscription.Patron) { p.Months = 7 }), kindChanged},
		"months that are not told": {was(nil), says(day(4, 1), 0), day(3, 9), was(nil), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, kind := after(c.was, c.word, c.now)
			if got.CancelAtPeriodEnd != c.want.CancelAtPeriodEnd || got.Status != c.want.Status || got.Plan != c.want.Plan || got.Months != c.want.Months ||
				!got.PeriodStart.Equal(c.want.PeriodStart) || !got.PeriodEnd.Equal(c.want.PeriodEnd) || !got.EndedAt.Equal(c.want.EndedAt) || kind != c.kind {
				t.Errorf("%s\ngot  %+v\nwant %+v, %s", kind, got.Object, c.want.Object, c.kind)
			}
		})
	}
}

// A line that names no channel of ours leaves its patron alone: somebody
// mistyped. One that names another channel is gone from this one.
func TestSays(t *testing.T) {
	l := &list{byCode: map[string]int{"here": 0, "there": 1, "nowhere": 2}, lines: []line{
		{code: "here", meant: true, of: "c"}, {code: "there", meant: true, of: "d"}, {code: "nowhere"},
	}}
	for code, want := range map[string]word{
		"here": {line: l.lines[0]}, "there": {gone: true, line: l.lines[1]}, "nowhere": {silent: true}, "never": {gone: true},
	} {
		if got := l.says(subscription.Patron{Channel: ident.Channel("c"), Code: code}); got != want {
			t.Errorf("%s: %+v", code, got)
		}
	}
	if got := (*list)(nil).says(subscription.Patron{Code: "here"}); !got.silent {
		t.Errorf("without a list: %+v", got)
	}
}
