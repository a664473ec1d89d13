// Command revoke measures how soon a door closes: two nodes on one PostgreSQL and
// one NATS, thousands in a Sub Space while people talk there, and a burst of losses:
// by ban, by a payment that is paid back, by the clock.
//
// Owns: the nodes, the members, the burst, the times. Promises: for each socket of
// who leaves the time runs from the event of the loss, which is written inside its
// transaction just before the commit, or from when the right ends by the clock, to
// the last private message that reached the socket; who stays must miss nothing.
// Does not do: other doors than the socket's, which the product's tests try.
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
	list := flag.String("ways", "ban,refund,expiry", "how rights are lost, one after the other")
	flag.IntVar(&e.members, "members", 2500, "how many are inside; each has a socket on both nodes")
	flag.IntVar(&e.leaving, "leaving", 2000, "how many of them lose the right")
	flag.Float64Var(&e.rate, "rate", 10, "private messages per second")
	flag.IntVar(&e.moderating, "at-once", 16, "calls on their way at once")
	flag.Parse()
	e.args = strings.Fields(*args)
	if e.leaving > e.members {
		return fmt.Errorf("there are %d members and %d are to leave", e.members, e.leaving)
	}
	names, err := named(*list)
	if err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for round := 1; round <= *rounds; round++ {
		for _, name := range names {
			r := row{Way: name, Round: round, Sockets: 2 * e.members, Leaving: e.leaving, Rate: e.rate}
			if err := e.take(ctx, &r); err != nil {
				return err
			}
			e.rows = append(e.rows, r)
			e.log.Tell("%s", r)
		}
	}
	text := table(e.rows) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + text)
	return report.Write(*out, "revoke", e.rows, text)
}
