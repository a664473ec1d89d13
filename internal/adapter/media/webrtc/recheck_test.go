package webrtc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/media"
	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// answers is a door that says the same of everybody, or of one something else.
type answers struct {
	all   error
	of    map[ident.Account]error
	looks int
}

func (*answers) Admit(*http.Request, string, string) (media.Ticket, error) {
	return media.Ticket{}, nil
}

func (a *answers) Still(_ context.Context, tickets []media.Ticket) []error {
	a.looks++
	out := make([]error, len(tickets))
	for i, t := range tickets {
		out[i] = a.all
		if err := a.of[t.Account]; err != nil {
			out[i] = err
		}
	}
	return out
}

// watchers is a server with viewers who are connected to nothing.
func watchers(door Door, now *time.Time, count int) (*Server, []*viewer) {
	s := New(Config{Door: door, Viewers: count, Now: func() time.Time { return *now }})
	var all []*viewer
	for i := range count {
		v := &viewer{
			peer: &peer{done: make(chan struct{})}, confirmed: *now,
			ticket: media.Ticket{Session: fmt.Sprint(i), Account: ident.Account(fmt.Sprint(i / 2)), Channel: "c"},
		}
		s.viewers[v] = struct{}{}
		all = append(all, v)
	}
	return s, all
}

func ended(all []*viewer) (count int) {
	for _, v := range all {
		if v.cause() != nil {
			count++
		}
	}
	return count
}

func TestOneLookAsksForAll(t *testing.T) {
	now := time.Unix(0, 0)
	no := fault.New(fault.Denied, "subscribers_only", "no")
	door := &answers{of: map[ident.Account]error{"3": no}}
	s, all := watchers(door, &now, 200)
	s.recheck(t.Context())
	if door.looks != 1 || ended(all) != 2 {
		t.Errorf("%d looks, %d viewers were sent away, want both of one person", door.looks, ended(all))
	}
	if !errors.Is(all[6].cause(), no) || !errors.Is(all[7].cause(), no) {
		t.Errorf("%v, %v", all[6].cause(), all[7].cause())
	}
}

func TestAViewerIsKeptForALeaseWhileRightsCannotBeRead(t *testing.T) {
	for name, err := range map[string]error{"the gate": access.Unconfirmed(), "the deadline": context.DeadlineExceeded} {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(0, 0)
			door := &answers{}
			s, all := watchers(door, &now, 4)
			now = now.Add(access.Lease)
			s.recheck(t.Context()) // confirms
			door.all = err
			now = now.Add(access.Lease - 1)
			if s.recheck(t.Context()); ended(all) != 0 {
				t.Fatalf("%d entitled viewers were sent away", ended(all))
			}
			now = now.Add(1)
			if s.recheck(t.Context()); ended(all) != 4 {
				t.Errorf("%d of 4 were sent away whose right is not known any more", ended(all))
			}
		})
	}
}
