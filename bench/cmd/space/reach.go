package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/report"
)

// reach is how long something takes to be with everybody who listens.
type reach struct {
	What      string  `json:"what"`
	Database  string  `json:"database"`
	Listeners int     `json:"listeners"`
	Moments   int     `json:"moments"`
	P50       float64 `json:"p50_ms"` // from the request's beginning to the frame, of all listeners
	P99       float64 `json:"p99_ms"`
	Slowest   float64 `json:"slowest_ms"`
	Missed    int     `json:"missed"`
	Why       string  `json:"why,omitempty"` // it is not valid
}

func (r reach) String() string {
	if r.Why != "" {
		return fmt.Sprintf("%s, %s: not valid: %s", r.What, r.Database, r.Why)
	}
	return fmt.Sprintf("%s, %s: at %d listeners after p50 %.1f ms, p99 %.1f ms; %d missed", r.What, r.Database, r.Listeners, r.P50, r.P99, r.Missed)
}

func reachTable(rows []reach) string {
	t := report.Table{Head: []string{"what", "database", "listeners", "moments", "p50 ms", "p99 ms", "slowest ms", "missed", "valid"}}
	for _, r := range rows {
		valid := "yes"
		if r.Why != "" {
			valid = "no: " + r.Why
		}
		t.Add(r.What, r.Database, fmt.Sprint(r.Listeners), fmt.Sprint(r.Moments),
			fmt.Sprintf("%.1f", r.P50), fmt.Sprintf("%.1f", r.P99), fmt.Sprintf("%.1f", r.Slowest), fmt.Sprint(r.Missed), valid)
	}
	return t.Markdown()
}

// watchers notes when each listener received the frame that is looked for.
type watchers struct {
	needles atomic.Pointer[[][]byte]
	came    []atomic.Int64
	count   atomic.Int64
}

func (w *watchers) see(i int, payload []byte, at time.Time) {
	needles := w.needles.Load()
	if needles == nil {
		return
	}
	for _, needle := range *needles {
		if !bytes.Contains(payload, needle) {
			return
		}
	}
	if w.came[i].CompareAndSwap(0, at.UnixNano()) {
		w.count.Add(1)
	}
}

// moment does something and returns how long each listener waited for what it looks
// like; missed are those for whom it did not come.
func (w *watchers) moment(ctx context.Context, do func() error, looks ...string) (waited []time.Duration, missed int, err error) {
	needles := make([][]byte, len(looks))
	for i, s := range looks {
		needles[i] = []byte(s)
	}
	for i := range w.came {
		w.came[i].Store(0)
	}
	w.count.Store(0)
	w.needles.Store(&needles)
	began := time.Now()
	if err := do(); err != nil {
		return nil, 0, err
	}
	for end := began.Add(patience); int(w.count.Load()) < len(w.came) && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(5 * time.Millisecond)
	}
	w.needles.Store(nil)
	for i := range w.came {
		if at := w.came[i].Load(); at > 0 {
			waited = append(waited, time.Duration(at-began.UnixNano()))
		} else {
			missed++
		}
	}
	return waited, missed, nil
}

// spread measures, in one full room, how long a question on air and the total of
// reactions take to be with everybody.
func (e *experiment) spread(ctx context.Context, database string) ([]reach, error) {
	ctx, cancel := context.WithTimeout(ctx, 6*time.Minute)
	defer cancel()
	const shared = 10 // connections of one listener
	needed := (e.listeners + shared - 1) / shared
	st, err := e.newStage(ctx, database, needed+e.moments)
	if err != nil {
		return nil, err
	}
	defer st.close()
	w := &watchers{came: make([]atomic.Int64, e.listeners)}
	room, err := crowd.Join(ctx, crowd.Options{
		Address: st.server.Host, N: e.listeners, Window: 256, From: netip.AddrFrom4([4]byte{127, 0, 16, 1}), Events: w.see,
		Dialect: contender.Native{Host: st.server.Host, Handle: handle, Room: "public", People: st.people[:needed], Shared: shared},
	})
	if err != nil {
		return nil, err
	}
	defer room.Close()
	s := &spreading{st: st, w: w, actors: st.people[needed:]}
	var out []reach
	for what, one := range map[string]func(context.Context, int) ([]time.Duration, int, error){"a question on air": s.airs, "reactions of twenty": s.reacts} {
		r := reach{What: what, Database: database, Listeners: e.listeners, Moments: e.moments}
		var all []time.Duration
		for i := range e.moments {
			waited, missed, err := one(ctx, i)
			if err != nil {
				return nil, err
			}
			all = append(all, waited...)
			r.Missed += missed
		}
		slices.Sort(all)
		r.P50, r.P99, r.Slowest = report.Percentile(all, 0.5), report.Percentile(all, 0.99), report.Percentile(all, 1)
		if r.Missed > 0 {
			r.Why = fmt.Sprintf("%d listeners were not told", r.Missed)
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b reach) int { return strings.Compare(a.What, b.What) })
	return out, nil
}

// spreading is what is done in the full room.
type spreading struct {
	st     *stage
	w      *watchers
	actors []place.Person
}

// airs puts a question on air that one of the people asked in public.
func (s *spreading) airs(ctx context.Context, i int) ([]time.Duration, int, error) {
	var q struct{ ID string }
	if err := s.call(ctx, s.actors[i], "POST", "/questions", map[string]any{
		"key": fmt.Sprintf("question-%04d", i), "text": fmt.Sprintf("Question %d?", i), "room": "public",
	}, &q); err != nil {
		return nil, 0, err
	}
	waited, missed, err := s.w.moment(ctx, func() error {
		return s.call(ctx, s.st.owner, "POST", "/questions/"+q.ID+"/air", nil, nil)
	}, `"question.aired"`, q.ID)
	if err != nil {
		return nil, 0, err
	}
	return waited, missed, s.call(ctx, s.st.owner, "POST", "/questions/"+q.ID+"/answer", nil, nil)
}

// together is how many react at once.
const together = 20

// reacts has many react to one message at the same time, and looks for their total.
func (s *spreading) reacts(ctx context.Context, i int) ([]time.Duration, int, error) {
	var posted struct{ Seq int64 }
	if err := s.call(ctx, s.st.owner, "POST", "/rooms/public/messages", map[string]any{
		"key": fmt.Sprintf("reactions-%04d", i), "text": fmt.Sprintf("Look at this: %d", i),
	}, &posted); err != nil {
		return nil, 0, err
	}
	path := fmt.Sprintf("/rooms/public/messages/%d/reactions/wow", posted.Seq)
	return s.w.moment(ctx, func() error {
		var all sync.WaitGroup
		refused := make([]error, together)
		for n := range together {
			all.Go(func() { refused[n] = s.call(ctx, s.st.people[n], "PUT", path, nil, nil) })
		}
		all.Wait()
		return errors.Join(refused...)
	}, `"reactions"`, fmt.Sprintf(`"%d":{"wow":%d}`, posted.Seq, together))
}

func (s *spreading) call(ctx context.Context, by place.Person, method, path string, in, out any) error {
	return s.st.caller.Call(ctx, by, method, "/api/channels/"+handle+path, in, out)
}
