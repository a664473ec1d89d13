package place

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// ErrNoCluster says that there is no PostgreSQL to make a database on.
var ErrNoCluster = errors.New("no PostgreSQL: run the command by scripts/with-postgres")

// Database makes a fresh database on the cluster of scripts/with-postgres and
// returns its address.
func Database(ctx context.Context) (string, error) {
	cluster := os.Getenv("SUBSPACE_TEST_DATABASE")
	if cluster == "" {
		return "", ErrNoCluster
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	name := fmt.Sprintf("bench_%d", time.Now().UnixNano())
	cmd := exec.CommandContext(ctx, "psql", "--quiet", "--no-psqlrc", "--command", "CREATE DATABASE "+name, cluster) //nolint:gosec // the name is ours
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("make a database: %w\n%s", err, out)
	}
	return strings.Replace(cluster, "/postgres?", "/"+name+"?", 1), nil
}

// Knows reports whether a server has a setting.
func Knows(ctx context.Context, binary, setting string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	help, _ := exec.CommandContext(ctx, binary, "serve", "--help").CombinedOutput() //nolint:gosec // the server itself; it ends with a code of its own
	return strings.Contains(string(help), "-"+setting)
}
