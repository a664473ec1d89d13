package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/subspace-live/subspace/bench/internal/stand"
)

// Whatever is wrong with a row stands in it, and in the row of all nodes.
func TestARowSaysWhatIsWrongWithIt(t *testing.T) {
	for want, c := range map[string]struct {
		delivered int64
		account   stand.Account
		spoil     func(*row)
		complaint error
	}{
		"":                          {delivered: 120},
		"delivered 19 of 20":        {delivered: 119},
		"2 connections have":        {delivered: 120, account: stand.Account{Uneven: 2}},
		"3 messages out of order":   {delivered: 120, account: stand.Account{OutOfOrder: 3}},
		"1 messages twice":          {delivered: 120, account: stand.Account{Repeated: 1}},
		"1 times something":         {delivered: 120, account: stand.Account{Skips: 1}},
		"4 connections closed":      {delivered: 120, account: stand.Account{Count: stand.Count{Closed: 4}}},
		"5 posts refused":           {delivered: 120, spoil: func(r *row) { r.Refused = 5 }},
		"1 posts without an answer": {delivered: 120, spoil: func(r *row) { r.Unanswered = 1 }},
		"said why":                  {delivered: 120, complaint: errors.New("said why")},
	} {
		r := row{Node: 2, N: 10, Published: 2}
		c.account.Delivered = c.delivered
		r.seen(c.account, 10)
		if c.spoil != nil {
			c.spoil(&r)
		}
		r.judge(c.complaint)
		var all row
		all.add(row{Node: 1, Valid: true})
		all.add(r)
		all.add(row{Node: 3, Valid: true})
		for _, got := range []row{r, all} {
			if got.Valid != (want == "") || !strings.Contains(got.Why, want) {
				t.Errorf("want %q: valid %v, %q", want, got.Valid, got.Why)
			}
		}
	}
}

func TestTooMuchMemoryFails(t *testing.T) {
	e := experiment{atMost: 40, rows: []row{{Part: "memory", N: 19000, Memory: 39, Valid: true}, {Part: "nodes", Memory: 90, Valid: true}}}
	if err := e.hold(); err != nil {
		t.Error(err)
	}
	e.rows[0].Memory = 41
	if err := e.hold(); err == nil || !strings.Contains(err.Error(), "41.0 MiB") {
		t.Errorf("got %v", err)
	}
	e.rows[0].Memory, e.rows[1].Valid = 39, false
	if err := e.hold(); err == nil {
		t.Error("a row that is not valid passes")
	}
}
