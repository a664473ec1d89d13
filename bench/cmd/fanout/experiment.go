package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/progress"
	"github.com/subspace-live/subspace/bench/internal/report"
	"github.com/subspace-live/subspace/bench/internal/speaker"
)

// experiment is one call of the command.
type experiment struct {
	root, binary, args, out string
	otherBinary, otherArgs  string
	atMost                  float64
	rounds, deliveries      int
	shortest, settle        time.Duration

	stage *contender.Stage
	log   progress.Log
	rows  []row
}

// perform lets all servers take turns. A run that fails is a row that says why.
func (e *experiment) perform(ctx context.Context, p plan) error {
	for round := 1; round <= e.rounds; round++ {
		for _, server := range p.servers {
			rows := e.take(ctx, p, server, round)
			if err := ctx.Err(); err != nil {
				return err
			}
			for _, r := range rows {
				e.log.Tell("%s", r)
			}
			e.rows = append(e.rows, rows...)
		}
	}
	return nil
}

// runLimit bounds one process's turn.
const runLimit = 8 * time.Minute

// take is one turn of one server: a fresh process, all rates.
func (e *experiment) take(ctx context.Context, p plan, server string, round int) []row {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	base := row{Class: p.class.Name, N: p.n, Server: server, Round: round}
	t := &turn{experiment: e, plan: p, row: base, lines: chatter.New(uint64(1000*p.n + round))}
	defer t.end()
	if err := t.gather(ctx, server); err != nil {
		return t.failed(p.rates, err)
	}
	var rows []row
	for i, rate := range p.rates {
		r, err := t.measure(ctx, rate)
		if err != nil {
			return append(rows, t.failed(p.rates[i:], err)...)
		}
		rows = append(rows, r)
		if t.behind() {
			return append(rows, t.failed(p.rates[i+1:], errBehind)...)
		}
	}
	return rows
}

// errBehind ends a turn whose server would begin the next rate with the last
// one's messages.
var errBehind = errors.New("not tried: messages of the rate before have not arrived")

// turn is one server with its crowd.
type turn struct {
	experiment *experiment
	plan       plan
	row        row // what is known before any message
	lines      *chatter.Lines
	running    *contender.Running
	crowd      *crowd.Crowd
	said       int64 // messages so far
}

func (t *turn) end() {
	if t.crowd != nil {
		t.crowd.Close()
	}
	if t.running != nil {
		t.running.Stop()
	}
}

// failed fills the rows that will not be measured.
func (t *turn) failed(rates []float64, err error) []row {
	rows := make([]row, len(rates))
	for i, rate := range rates {
		rows[i] = t.row
		rows[i].Rate, rows[i].Why = rate, err.Error()
	}
	return rows
}

// gather starts the server, brings everybody in, and reads what that took.
func (t *turn) gather(ctx context.Context, server string) error {
	var err error
	if t.running, err = t.experiment.stage.Start(ctx, server, t.plan.class); err != nil {
		return err
	}
	if err := progress.Pause(ctx, time.Second); err != nil { // what the start has left to do
		return err
	}
	before, err := meter.Read(t.running.PID)
	if err != nil {
		return err
	}
	t.row.RSSEmpty = before.Resident
	if t.crowd, err = crowd.Join(ctx, crowd.Options{
		Address: t.running.Address, N: t.plan.n, Dialect: t.running.Dialect, TLS: t.running.TLS, Window: 256,
		From: netip.AddrFrom4([4]byte{127, 0, 16, 1}),
	}); err != nil {
		return err
	}
	if err := progress.Pause(ctx, 200*time.Millisecond); err != nil { // answers still on their way
		return err
	}
	after, err := meter.Spend(t.running.PID)
	if err != nil {
		return err
	}
	all, _ := t.crowd.Joining()
	t.row.JoinSeconds, t.row.JoinCPU = all.Seconds(), after.Since(before.Spent).Per(int64(t.plan.n))
	settle := t.experiment.settle
	if t.plan.class.Merge > 0 || server == contender.Floor {
		settle = min(settle, time.Second) // memory is the other classes' subject
	}
	if err := progress.Pause(ctx, settle); err != nil {
		return err
	}
	idle, err := meter.Read(t.running.PID)
	if err != nil {
		return err
	}
	n := float64(t.plan.n)
	t.row.RSS = (idle.Resident - before.Resident) / n
	t.row.Kernel = (idle.Kernel - before.Kernel) / 2 / n // the other half is the crowd's end
	return nil
}

// measure sends at one rate: first to warm up, then in earnest.
func (t *turn) measure(ctx context.Context, rate float64) (row, error) {
	if err := t.recite(ctx, rate, int(math.Ceil(rate*max(1, 2/rate)))); err != nil {
		return row{}, err
	}
	seconds := max(t.experiment.shortest.Seconds(), float64(t.experiment.deliveries)/rate/float64(t.plan.n))
	count := int(math.Ceil(seconds * rate))
	t.crowd.Begin()
	tally, began := t.crowd.Tally(), time.Now()
	spent, err := meter.Spend(t.running.PID)
	if err != nil {
		return row{}, err
	}
	if err := t.recite(ctx, rate, count); err != nil {
		return row{}, err
	}
	cost, err := meter.Spend(t.running.PID)
	if err != nil {
		return row{}, err
	}
	r := t.row
	r.Rate, r.Published, r.Seconds = rate, int64(count), time.Since(began).Seconds()
	r.spent(cost.Since(spent))
	r.counted(t.crowd.Tally().Since(tally), t.crowd.Seen(), t.plan.class.Merge)
	resident, err := meter.Resident(t.running.PID)
	if err != nil {
		return row{}, err
	}
	r.RSSAfter = (resident - r.RSSEmpty) / float64(t.plan.n)
	acknowledged, refused, err := t.running.Voice.Said()
	r.judge(t.crowd.Uneven(t.said), t.said-acknowledged, refused, err)
	return r, nil
}

// patience is how long nothing may come before what is missing counts as lost,
// drainLimit how far behind a server may be.
const (
	patience   = 3 * time.Second
	drainLimit = 10 * time.Second
)

// recite posts on schedule and waits until everybody has everything.
func (t *turn) recite(ctx context.Context, rate float64, count int) error {
	r := speaker.Recital{Lines: t.lines, First: t.said, Count: count, Rate: rate, Say: t.running.Voice.Say}
	if err := r.Perform(ctx); err != nil {
		return fmt.Errorf("say what is to be said: %w", err)
	}
	t.said += int64(count)
	drain, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	t.crowd.Await(drain, t.said*int64(t.plan.n), patience)
	return ctx.Err()
}

// behind reports whether something has not arrived.
func (t *turn) behind() bool { return t.crowd.Tally().Delivered < t.said*int64(t.plan.n) }

// percentiles reads the delays of a window.
func percentiles(w crowd.Window) (p50, p99 float64) {
	return report.Percentile(w.Delays, 0.5), report.Percentile(w.Delays, 0.99)
}
