package place

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/subspace-live/subspace/bench/internal/child"
)

// NodesOptions says which servers share a place.
type NodesOptions struct {
	Binary string
	NATSD  string // the external NATS
	Names  []string
	Args   []string // more settings of each
}

// Nodes are several servers on one PostgreSQL database and one NATS.
type Nodes struct {
	All []*Server

	bus    *child.Process
	folder string // temporary
}

// ServeNodes starts NATS and all nodes, one after the other. Stop them.
func ServeNodes(ctx context.Context, opt NodesOptions) (*Nodes, error) {
	database, err := Database(ctx)
	if err != nil {
		return nil, err
	}
	n := &Nodes{}
	if err := n.serve(ctx, opt, database); err != nil {
		n.Stop()
		return nil, err
	}
	return n, nil
}

func (n *Nodes) serve(ctx context.Context, opt NodesOptions, database string) error {
	var err error
	if n.bus, err = child.Start(ctx, child.Program{Path: opt.NATSD, Ready: "nats://"}); err != nil {
		return err
	}
	if n.folder, err = os.MkdirTemp("", "subspace-bench-"); err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	for _, name := range opt.Names {
		data := filepath.Join(n.folder, name)
		if err := os.Mkdir(data, 0o700); err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
		args := append([]string{"--database", database, "--nats", strings.TrimSpace(n.bus.Ready), "--node", name}, opt.Args...)
		node, err := Serve(ctx, Options{Binary: opt.Binary, Data: data, Args: args})
		if err != nil {
			return err
		}
		n.All = append(n.All, node)
	}
	return nil
}

// Stop ends the nodes, then what they stood on.
func (n *Nodes) Stop() {
	for i := len(n.All) - 1; i >= 0; i-- {
		n.All[i].Stop()
	}
	if n.bus != nil {
		n.bus.Stop()
	}
	if n.folder != "" {
		os.RemoveAll(n.folder) //nolint:errcheck // temporary
	}
}
