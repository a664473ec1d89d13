package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
)

// experiment is one call of the command.
type experiment struct {
	binary, natsd   string
	args            []string
	n, nodes        int
	rate, burstRate float64
	messages, burst int
	settle          time.Duration
	atMost          float64 // MiB

	log  progress.Log
	rows []row
}

const (
	handle = "ines"
	// shared is how many connections present the same session.
	shared = 10
	// voices is how many people write at each node.
	voices = 8
)

// listeners is how many people sit at one node.
func (e *experiment) listeners() int { return (e.n + shared - 1) / shared }

// memory fills one node and reads what that takes.
func (e *experiment) memory(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "subspace-bench-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // temporary
	serve := func() (*place.Server, error) {
		return place.Serve(ctx, place.Options{Binary: e.binary, Data: folder, Args: e.args})
	}
	e.log.Tell("one node: %d people sign in", e.listeners())
	server, err := serve()
	if err != nil {
		return err
	}
	people, err := invite(ctx, server, e.listeners()+voices)
	server.Stop() // what is measured is a fresh process
	if err != nil {
		return err
	}
	if server, err = serve(); err != nil {
		return err
	}
	h := &house{experiment: e, servers: []*place.Server{server}}
	defer h.end()
	h.close = append(h.close, server.Stop)
	if err := h.gather(ctx, people); err != nil {
		return err
	}
	rows, err := h.talk(ctx, row{Part: "memory", Phase: "paced", Rate: 1}, 10)
	if err != nil {
		return err
	}
	e.keep(rows[:1]) // of one node the sum says nothing more
	return nil
}

// together has one room on several nodes.
func (e *experiment) together(ctx context.Context) error {
	names := make([]string, e.nodes)
	for i := range names {
		names[i] = fmt.Sprintf("node-%d", i+1)
	}
	nodes, err := place.ServeNodes(ctx, place.NodesOptions{Binary: e.binary, NATSD: e.natsd, Names: names, Args: e.args})
	if err != nil {
		return err
	}
	h := &house{experiment: e, servers: nodes.All}
	defer h.end()
	h.close = append(h.close, nodes.Stop)
	all := e.nodes * (e.listeners() + voices)
	e.log.Tell("%d nodes: %d people sign in", e.nodes, all)
	people, err := invite(ctx, nodes.All[0], all)
	if err != nil {
		return err
	}
	if err := h.gather(ctx, people); err != nil {
		return err
	}
	rows, err := h.talk(ctx, row{Part: "nodes", Phase: "paced", Rate: e.rate}, e.messages)
	if err != nil {
		return err
	}
	e.keep(rows)
	if e.burst == 0 {
		return nil
	}
	if rows, err = h.talk(ctx, row{Part: "nodes", Phase: "burst", Rate: e.burstRate}, e.burst); err != nil {
		return err
	}
	e.keep(rows)
	return nil
}

// invite opens the channel and makes people.
func invite(ctx context.Context, server *place.Server, n int) ([]place.Person, error) {
	if _, err := server.Found(ctx, handle); err != nil {
		return nil, err
	}
	people, err := server.Light(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("make accounts: %w", err)
	}
	return people, nil
}

func (e *experiment) keep(rows []row) {
	for _, r := range rows {
		e.log.Tell("%s", r)
	}
	e.rows = append(e.rows, rows...)
}

// hold fails when a row is not valid or one node's memory is over the limit.
func (e *experiment) hold() error {
	for _, r := range e.rows {
		if !r.Valid {
			return fmt.Errorf("a row is not valid: %s", r)
		}
		if r.Part == "memory" && r.Memory > e.atMost {
			return fmt.Errorf("%d connections take %.1f MiB of process memory, more than %g", r.N, r.Memory, e.atMost)
		}
	}
	return nil
}

// mebibytes reads the memory of each server.
func mebibytes(servers []*place.Server) ([]float64, error) {
	out := make([]float64, len(servers))
	for i, s := range servers {
		kib, err := meter.Resident(s.PID)
		if err != nil {
			return nil, err
		}
		out[i] = kib / 1024
	}
	return out, nil
}
