package calendar_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	parser "github.com/emersion/go-ical"
	"pgregory.net/rapid"

	"github.com/subspace-live/subspace/internal/adapter/calendar"
	"github.com/subspace-live/subspace/internal/domain/channel"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/schedule"
)

func noon() time.Time { return time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC) }

// Whatever a title holds, another reader of calendars finds it whole, and every line
// is as long as the standard lets it be.
func TestACalendarIsReadBack(t *testing.T) {
	pieces := rapid.OneOf(
		rapid.SampledFrom([]string{
			"\n", "\r\n", `\`, `\n`, `\,`, ",", ";", ":", `"`, "👩‍🚀", "é", " ", "  ", "BEGIN:VEVENT", "END:VCALENDAR", "<b>", "> ", "שלום", "\u2028", "\ufeff", "=", "\t",
		}),
		rapid.StringMatching(`[a-z]{1,90}`), rapid.StringN(0, 40, -1),
	)
	rapid.Check(t, func(t *rapid.T) {
		var plans []schedule.Plan
		for i := range rapid.IntRange(0, 4).Draw(t, "plans") {
			plans = append(plans, schedule.Plan{
				ID: ident.Plan("p" + string(rune('0'+i))), Title: strings.Join(rapid.SliceOfN(pieces, 1, 12).Draw(t, "title"), ""),
				Starts: noon().Add(time.Duration(rapid.IntRange(0, 100_000).Draw(t, "minutes")) * time.Minute),
				Length: time.Duration(rapid.IntRange(0, 1440).Draw(t, "length")) * time.Minute, Changed: noon(),
				Cancelled: rapid.Bool().Draw(t, "cancelled"), Revision: rapid.IntRange(0, 9).Draw(t, "revision"),
			})
		}
		b := calendar.Write(schedule.Calendar{Channel: channel.Channel{Handle: "ines", OwnerName: pieces.Draw(t, "owner")}, Plans: plans}, "https://example.org")
		checkLines(t, b)
		cal, err := parser.NewDecoder(bytes.NewReader(b)).Decode()
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		events := cal.Events()
		if len(events) != len(plans) {
			t.Fatalf("%d of %d plans are read\n%s", len(events), len(plans), b)
		}
		for i, e := range events {
			checkEvent(t, e, plans[i], b)
		}
	})
}

func checkLines(t *rapid.T, b []byte) {
	lines := strings.Split(string(b), "\r\n")
	if lines[len(lines)-1] != "" {
		t.Fatalf("the last line has no end: %q", b)
	}
	for _, line := range lines {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("a line of %d octets: %q", len(line), line)
		}
	}
}

func checkEvent(t *rapid.T, e parser.Event, p schedule.Plan, b []byte) {
	title, err := e.Props.Text(parser.PropSummary)
	want := strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ReplaceAll(p.Title, "\r\n", "\n"))
	if err != nil || title != want {
		t.Fatalf("the title %q is read as %q (%v)\n%s", want, title, err, b)
	}
	starts, err := e.DateTimeStart(time.UTC)
	if err != nil || !starts.Equal(p.Starts) {
		t.Fatalf("starts %v, read as %v (%v)", p.Starts, starts, err)
	}
	length := p.Length
	if length == 0 {
		length = time.Hour
	}
	if ends, err := e.DateTimeEnd(time.UTC); err != nil || !ends.Equal(p.Starts.Add(length)) {
		t.Fatalf("ends %v (%v)", ends, err)
	}
	status, err := e.Status()
	if err != nil || (status == parser.EventCancelled) != p.Cancelled {
		t.Fatalf("cancelled %v, read as %q (%v)", p.Cancelled, status, err)
	}
	if seq, err := e.Props.Get(parser.PropSequence).Int(); err != nil || seq != p.Revision {
		t.Fatalf("revision %d, read as %d (%v)", p.Revision, seq, err)
	}
	if uid, err := e.Props.Text(parser.PropUID); err != nil || uid != string(p.ID)+"@subspace" {
		t.Fatalf("called %q (%v)", uid, err)
	}
	if !strings.HasSuffix(e.Props.Get(parser.PropDateTimeStart).Value, "Z") || e.Props.Get(parser.PropDateTimeStamp) == nil {
		t.Fatalf("times are not in UTC\n%s", b)
	}
}
