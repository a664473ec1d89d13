package contender

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// buildLimit is ample for a first build with an empty cache.
const buildLimit = 5 * time.Minute

// build compiles the opponents that will be needed into the stage's folder.
func (s *Stage) build(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	s.floor, s.hub = filepath.Join(s.folder, "floor"), filepath.Join(s.folder, "centrifuge")
	bench := filepath.Join(s.opt.Root, "bench")
	if s.needs(Floor) {
		if err := run(ctx, bench, "cc", "-O2", "-Wall", "-o", s.floor, "floor/floor.c"); err != nil {
			return err
		}
	}
	if s.needs(Centrifuge) || s.needs(CentrifugeLean) {
		return run(ctx, bench, "go", "build", "-o", s.hub, "./cmd/centrifuge")
	}
	return nil
}

func (s *Stage) needs(server string) bool {
	return len(s.opt.Servers) == 0 || slices.Contains(s.opt.Servers, server)
}

// run runs a command to its end in a folder.
func run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}
