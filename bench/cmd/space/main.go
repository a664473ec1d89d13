// Command space measures what many people do at once in a room: how fast votes of a
// poll are taken through the doors that people use, and how long a question on air
// and the total of reactions take to be with everybody who listens.
//
// Owns: rounds on SQLite and on PostgreSQL. Promises: the schedule is open, and a
// time runs from when a vote was due to when its answer arrived; at the end the
// poll is closed, and its result compared with the last vote of each person that
// was acknowledged. A row that refused or lost anything is kept and not valid.
//
//	scripts/with-postgres bin/bench-space
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
		fmt.Fprintln(os.Stderr, "space:", err)
		os.Exit(1)
	}
}

// limit ends a benchmark that hangs.
const limit = 20 * time.Minute

func run() error {
	root, err := place.Root()
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	e := experiment{log: progress.Begin()}
	flag.StringVar(&e.binary, "binary", filepath.Join(root, "bin", "subspace"), "the server to measure")
	out := flag.String("out", filepath.Join(root, "bench", "out"), "folder of the results")
	databases := flag.String("databases", "sqlite,postgres", "where votes are kept")
	doors := flag.String("doors", "socket,http", "how votes are given")
	rounds := flag.Int("rounds", 1, "how often")
	flag.IntVar(&e.voters, "voters", 5000, "how many people change their vote, in turn")
	flag.IntVar(&e.hands, "hands", 500, "how many of them at a time")
	flag.Float64Var(&e.rate, "rate", 5000, "votes per second, all together")
	flag.DurationVar(&e.length, "length", 10*time.Second, "how long")
	flag.IntVar(&e.listeners, "listeners", 5000, "how many listen where questions go on air and people react; 0 leaves that out")
	flag.IntVar(&e.moments, "moments", 30, "how often each of those happens")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for round := 1; round <= *rounds; round++ {
		for database := range strings.SplitSeq(*databases, ",") {
			for door := range strings.SplitSeq(*doors, ",") {
				r := row{Database: database, Door: door, Round: round, Voters: e.voters, Rate: e.rate}
				if err := e.take(ctx, &r); err != nil {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					r.Why = err.Error()
				}
				e.votes = append(e.votes, r)
				e.log.Tell("%s", r)
			}
			if e.listeners == 0 {
				continue
			}
			found, err := e.spread(ctx, database)
			if err != nil {
				return err
			}
			for _, r := range found {
				e.log.Tell("%s", r)
			}
			e.reach = append(e.reach, found...)
		}
	}
	votes := table(e.votes) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + votes)
	if err := report.Write(*out, "space-votes", e.votes, votes); err != nil || e.listeners == 0 {
		return err
	}
	reach := reachTable(e.reach) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + reach)
	return report.Write(*out, "space-reach", e.reach, reach)
}
