package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
	"github.com/subspace-live/subspace/bench/internal/speaker"
	"github.com/subspace-live/subspace/bench/internal/stand"
)

// house is servers that are one place, each with a stand full of people and a
// few who write.
type house struct {
	experiment *experiment
	servers    []*place.Server
	stands     []*stand.Stand
	voices     []*speaker.Speakers
	close      []func() // in reverse

	empty, full []float64 // MiB of each server, before anybody came and when all have settled
	kernel      float64   // MiB that the servers' ends of the sockets take in the kernel
	joining     float64   // seconds
	said        int64
	lines       *chatter.Lines
}

func (h *house) end() {
	for i := len(h.close) - 1; i >= 0; i-- {
		h.close[i]()
	}
}

// joinLimit is how long a stand may take to fill.
const joinLimit = 5 * time.Minute

// gather lets everybody in, and reads memory before and after. People are
// listeners of the first server, of the second, …, and then those who write.
func (h *house) gather(ctx context.Context, people []place.Person) error {
	h.lines = chatter.New(1)
	seats := h.experiment.listeners()
	writers := people[seats*len(h.servers):]
	for i, server := range h.servers {
		v, err := speaker.Join(ctx, speaker.Options{
			Address: server.Host, N: voices, Dialect: room(server, writers[i*voices:(i+1)*voices], 1),
			From: netip.AddrFrom4([4]byte{127, 0, 2, byte(2 + i)}),
		})
		if err != nil {
			return err
		}
		h.voices = append(h.voices, v)
		h.close = append(h.close, v.Close)
	}
	if err := progress.Pause(ctx, time.Second); err != nil { // what the start has left to do
		return err
	}
	var err error
	if h.empty, err = mebibytes(h.servers); err != nil {
		return err
	}
	kernel, err := meter.Kernel()
	if err != nil {
		return err
	}
	h.experiment.log.Tell("%d connections come in", h.experiment.n*len(h.servers))
	began := time.Now()
	if err := h.seat(ctx, people[:seats*len(h.servers)]); err != nil {
		return err
	}
	h.joining = time.Since(began).Seconds()
	if err := progress.Pause(ctx, h.experiment.settle); err != nil {
		return err
	}
	if h.full, err = mebibytes(h.servers); err != nil {
		return err
	}
	after, err := meter.Kernel()
	h.kernel = (after - kernel) / 2 / 1024 // the other half is the people's end
	return err
}

// seat fills a stand at each server, all at once. Each has addresses of its own.
func (h *house) seat(ctx context.Context, people []place.Person) error {
	h.stands = make([]*stand.Stand, len(h.servers))
	errs := make([]error, len(h.servers))
	seats := len(people) / len(h.servers)
	var filling sync.WaitGroup
	for i, server := range h.servers {
		filling.Go(func() {
			h.stands[i], errs[i] = stand.Open(ctx, stand.Order{
				Room: room(server, people[i*seats:(i+1)*seats], shared), N: h.experiment.n, Window: 256,
				From: netip.AddrFrom4([4]byte{127, 0, byte(16 + i), 1}), Within: joinLimit,
			})
		})
	}
	filling.Wait()
	for _, s := range h.stands {
		if s != nil {
			h.close = append(h.close, s.Close)
		}
	}
	return errors.Join(errs...)
}

func room(server *place.Server, people []place.Person, each int) contender.Native {
	return contender.Native{Host: server.Host, Handle: handle, Room: "public", People: people, Shared: each}
}

// talk has the servers' people write in turn, and returns a row for each server
// and one for all.
func (h *house) talk(ctx context.Context, r row, count int) ([]row, error) {
	for _, s := range h.stands {
		if err := s.Begin(); err != nil {
			return nil, err
		}
	}
	before, spent, began := h.said, meter.Spent{}, time.Now()
	spent, err := meter.Spend(h.pids()...)
	if err != nil {
		return nil, err
	}
	err = speaker.Recital{
		Lines: h.lines, First: h.said, Count: count, Rate: r.Rate,
		Say: func(id int64, at time.Time, line string) error {
			h.said++
			return h.voices[int(id)%len(h.voices)].Say(id/int64(len(h.voices)), at, line)
		},
	}.Perform(ctx)
	if err != nil {
		return nil, fmt.Errorf("say what is to be said: %w", err)
	}
	if err := h.await(ctx); err != nil {
		return nil, err
	}
	after, err := meter.Spend(h.pids()...)
	if err != nil {
		return nil, err
	}
	r.N, r.Published, r.Seconds = h.experiment.n, h.said-before, time.Since(began).Seconds()
	return h.account(r, after.Since(spent), before)
}

func (h *house) pids() []int {
	pids := make([]int, len(h.servers))
	for i, s := range h.servers {
		pids[i] = s.PID
	}
	return pids
}

// patience is how long nothing may come before what is missing counts as lost.
const patience = 20 * time.Second

// await waits until everybody has everything, or nothing has come for a while.
func (h *house) await(ctx context.Context) error {
	wanted := h.said * int64(h.experiment.n*len(h.servers))
	last, at := int64(-1), time.Now()
	for {
		all := int64(0)
		for _, s := range h.stands {
			c, err := s.Count()
			if err != nil {
				return err
			}
			all += c.Delivered
		}
		if all != last {
			last, at = all, time.Now()
		}
		if all >= wanted || time.Since(at) > patience {
			return progress.Pause(ctx, time.Second) // what is said twice comes late
		}
		if err := progress.Pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// account asks every stand what it has seen since a number of messages.
func (h *house) account(r row, cost meter.Spent, before int64) ([]row, error) {
	after, err := mebibytes(h.servers)
	if err != nil {
		return nil, err
	}
	var rows []row
	sum := r
	sum.N *= len(h.servers)
	for i, s := range h.stands {
		a, err := s.Account(h.said)
		if err != nil {
			return nil, err
		}
		var complaint error
		own := r
		own.Node, own.Join = i+1, h.joining
		own.Empty, own.Memory, own.After = h.empty[i], h.full[i]-h.empty[i], after[i]-h.empty[i]
		own.seen(a, before)
		own.Acknowledged, own.Refused, complaint = h.voices[i].Said()
		own.Unanswered = h.saidAt(i) - own.Acknowledged - own.Refused
		own.judge(complaint)
		sum.add(own)
		rows = append(rows, own)
	}
	sum.Join, sum.Kernel = h.joining, h.kernel
	if len(h.servers) == 1 {
		rows[0].Kernel = h.kernel
		rows[0].spent(cost)
	}
	sum.spent(cost)
	return append(rows, sum), nil
}

// saidAt counts what was posted at one server: they take turns.
func (h *house) saidAt(i int) int64 {
	n := int64(len(h.servers))
	return (h.said + n - 1 - int64(i)) / n
}
