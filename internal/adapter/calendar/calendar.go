// Package calendar writes planned lives as calendars read them (RFC 5545).
//
// Owns: what an entry of a calendar says of a plan. Promises: an entry keeps its name
// over all changes, with a sequence that grows; what is off says so; times are in
// UTC, and each calendar shows its reader's own. Does not do: deciding who may know
// of which plan.
package calendar

import (
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/subspace-live/subspace/internal/domain/schedule"
)

// Write returns a calendar of the plans; base is the server's address.
func Write(c schedule.Calendar, base string) []byte {
	cal := ics.NewCalendarFor("subspace")
	cal.SetProductId("-//Subspace//Schedule//EN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRCalName(plain(c.Channel.OwnerName))
	for _, p := range c.Plans {
		e := cal.AddEvent(string(p.ID) + "@subspace")
		e.SetDtStampTime(p.Changed)
		e.SetModifiedAt(p.Changed)
		e.SetSequence(p.Revision)
		e.SetStartAt(p.Starts)
		e.SetEndAt(p.Starts.Add(lasts(p)))
		e.SetSummary(plain(p.Title))
		e.SetURL(base + "/c/" + c.Channel.Handle)
		e.SetStatus(ics.ObjectStatusConfirmed)
		if p.Cancelled {
			e.SetStatus(ics.ObjectStatusCancelled)
		}
	}
	return []byte(cal.Serialize(ics.WithNewLineWindows))
}

// lasts is how long an entry is shown: an hour where nobody said.
func lasts(p schedule.Plan) time.Duration {
	if p.Length == 0 {
		return time.Hour
	}
	return p.Length
}

// plain is a text without what no line of a calendar may hold: a text of ours is
// clean, and one that is not must not end a line.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), ""))
}
