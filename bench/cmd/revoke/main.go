// Command revoke measures how soon a door closes: two nodes on one PostgreSQL and
// one NATS, thousands in a Sub Space while people talk there, and a burst of bans.
//
// Owns: the nodes, the members, the burst, the times. Promises: for each socket of
// a banned member the time runs from the event of the ban, which is written inside
// its transaction just before the commit, to the last private message that reached
// the socket; a member who was not banned must miss nothing. Does not do: other
// ways to lose a right, which ring the same bell.
//
//	scripts/with-postgres bin/bench-revoke -natsd bin/natsd
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
	"github.com/subspace-live/subspace/bench/internal/report"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "revoke:", err)
		os.Exit(1)
	}
}

// limit ends a benchmark that hangs.
const limit = 30 * time.Minute

func run() error {
	root, err := place.Root()
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	e := experiment{log: progress.Begin()}
	flag.StringVar(&e.binary, "binary", filepath.Join(root, "bin", "subspace"), "the server to measure")
	flag.StringVar(&e.natsd, "natsd", filepath.Join(root, "bin", "natsd"), "the external NATS")
	args := flag.String("args", "", "more settings of the servers, as on their command line")
	out := flag.String("out", filepath.Join(root, "bench", "out"), "folder of the results")
	rounds := flag.Int("rounds", 1, "how often")
	flag.IntVar(&e.members, "members", 2500, "how many pay; each has a socket on both nodes")
	flag.IntVar(&e.bans, "bans", 2000, "how many of them are banned")
	flag.Float64Var(&e.rate, "rate", 10, "private messages per second")
	flag.IntVar(&e.moderating, "at-once", 16, "bans on their way at once")
	flag.Parse()
	e.args = strings.Fields(*args)
	if e.bans > e.members {
		return fmt.Errorf("there are %d members and %d bans", e.members, e.bans)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for round := 1; round <= *rounds; round++ {
		r := row{Round: round, Sockets: 2 * e.members, Bans: e.bans, Rate: e.rate}
		if err := e.take(ctx, &r); err != nil {
			return err
		}
		e.rows = append(e.rows, r)
		e.log.Tell("%s", r)
	}
	text := table(e.rows) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + text)
	return report.Write(*out, "revoke", e.rows, text)
}
