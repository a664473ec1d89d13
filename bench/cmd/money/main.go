// Command money measures what the books and the payment providers' events cost: a
// gift, three transfers on five accounts, kept for good before it is answered; and
// an event, from when it is received until its effect is committed.
//
// Owns: rounds on SQLite and on PostgreSQL, of each way to do it. Promises: the
// ways take turns, each on a fresh database; a row in which something was refused
// or lost, or after which the books did not balance, is kept and not valid. Does
// not do: posting and applying. Benchmarks inside the product do
// (internal/domain/ledger/bench_test.go, internal/domain/subscription/
// inbox_bench_test.go), because there is no door to either from outside.
//
//	scripts/with-postgres bin/bench-money
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
		fmt.Fprintln(os.Stderr, "money:", err)
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
	log := progress.Begin()
	folder := flag.String("binaries", filepath.Join(root, "bin"), "where the compiled tests of the product are")
	out := flag.String("out", filepath.Join(root, "bench", "out"), "folder of the results")
	databases := flag.String("databases", "sqlite,postgres", "where everything is kept")
	whats := flag.String("whats", "gift,event", "what is measured")
	rounds := flag.Int("rounds", 3, "how often")
	floor := flag.Float64("at-least", 0, "fail when the median of 'together' is fewer gifts a second")
	flag.Parse()
	var wanted []trial
	for what := range strings.SplitSeq(*whats, ",") {
		t, known := trials()[what]
		if !known {
			return fmt.Errorf("nothing called %q is measured", what)
		}
		wanted = append(wanted, t)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var rows []row
	for round := 1; round <= *rounds; round++ {
		for database := range strings.SplitSeq(*databases, ",") {
			if database == "postgres" && os.Getenv("SUBSPACE_TEST_DATABASE") == "" {
				return place.ErrNoCluster
			}
			for _, t := range wanted {
				for _, way := range t.ways {
					r := row{What: t.what, Database: database, Way: way, Round: round}
					r.measure(ctx, filepath.Join(*folder, t.binary), t)
					if ctx.Err() != nil {
						return ctx.Err()
					}
					rows = append(rows, r)
					log.Tell("%s", r)
				}
			}
		}
	}
	text := "### money\n\n" + tables(rows) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + text)
	if err := report.Write(*out, "money", rows, text); err != nil {
		return err
	}
	return holds(rows, *floor)
}
