package hls

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// desk is where facts are read, one question after the other.
type desk struct {
	facts  map[access.Subject]access.Facts
	asked  []int // how many at once
	hangs  bool  // until the end of the context
	broken error
}

func (d *desk) Facts(ctx context.Context, subjects []access.Subject) (map[access.Subject]access.Facts, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.asked = append(d.asked, len(subjects))
	if d.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	out := map[access.Subject]access.Facts{}
	for _, s := range subjects {
		if f, ok := d.facts[s]; ok {
			out[s] = f
		}
	}
	return out, d.broken
}

// audience is a private live with so many members, an open one with a viewer who is
// not known, and their tickets.
func audience(members int) (*Door, *desk, []media.Ticket, *time.Time) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := &desk{facts: map[access.Subject]access.Facts{}}
	var tickets []media.Ticket
	for i := range members {
		t := media.Ticket{Account: ident.Account(fmt.Sprint("member", i)), Channel: "private"}
		tickets = append(tickets, t)
		d.facts[subjectOf(t)] = access.Facts{
			Account: t.Account, Channel: t.Channel, LiveAudience: access.LiveSubscribers,
			Grants: []access.Grant{{Starts: now.Add(-time.Hour), Ends: now.Add(time.Hour)}},
		}
	}
	open := media.Ticket{Channel: "open"}
	d.facts[subjectOf(open)] = access.Facts{Channel: "open"}
	clock := func() time.Time { return now }
	return NewDoor(Config{Gate: access.NewGate(d, clock), Now: clock}), d, append(tickets, open), &now
}

func reasons(errs []error) []string {
	out := make([]string, len(errs))
	for i, err := range errs {
		if err != nil {
			out[i] = fault.Of(err).Reason
		}
	}
	return out
}

func TestTheRightsOfAllAreReadInOneGo(t *testing.T) {
	door, d, tickets, now := audience(200)
	look := func(want ...int) {
		t.Helper()
		d.asked = nil
		for i, reason := range reasons(door.Still(t.Context(), append(tickets, tickets[0]))) {
			if reason != "" {
				t.Fatalf("%v: %s", tickets[i], reason)
			}
		}
		if fmt.Sprint(d.asked) != fmt.Sprint(want) {
			t.Errorf("asked about %v at once, want %v", d.asked, want)
		}
	}
	look(201)
	*now = now.Add(FreshFor - 1)
	look()
	*now = now.Add(1)
	look(201)
}

func TestStillSaysWhoMayNotGoOn(t *testing.T) {
	door, d, tickets, now := audience(3)
	door.Still(t.Context(), tickets)
	*now = now.Add(FreshFor)
	f := d.facts[subjectOf(tickets[1])]
	f.Grants = nil
	d.facts[subjectOf(tickets[1])] = f
	delete(d.facts, subjectOf(tickets[2]))
	if got := reasons(door.Still(t.Context(), tickets)); fmt.Sprint(got) != "[ subscribers_only channel_missing ]" {
		t.Errorf("%q", got)
	}
}

func TestRightsThatCannotBeReadHoldForTheirLease(t *testing.T) {
	for name, fail := range map[string]func(*desk){
		"slow":   func(d *desk) { d.hangs = true },
		"broken": func(d *desk) { d.broken = errors.New("the database is away") },
	} {
		t.Run(name, func(t *testing.T) {
			door, d, tickets, now := audience(3)
			door.Still(t.Context(), tickets)
			fail(d)
			look := func(want string) {
				t.Helper()
				d.asked = nil
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				defer cancel()
				if got := reasons(door.Still(ctx, tickets)); fmt.Sprint(got) != want {
					t.Errorf("%q, want %s", got, want)
				}
				if len(d.asked) != 1 {
					t.Errorf("asked %d times", len(d.asked))
				}
			}
			*now = now.Add(access.Lease - 1)
			look("[   ]")
			*now = now.Add(1)
			look("[unconfirmed unconfirmed unconfirmed ]")
		})
	}
}
