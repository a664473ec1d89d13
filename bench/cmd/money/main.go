// Command money measures what a gift costs the books: three transfers on five
// accounts, kept for good before it is answered.
//
// Owns: rounds on SQLite and on PostgreSQL, of three ways to post. Promises: the
// ways take turns, each on a fresh database; a time runs from the wish to the
// answer after the commit; a row in which a gift was refused, or after which the
// books did not balance, is kept and not valid. Does not do: posting. A benchmark
// inside the product does (internal/domain/ledger/bench_test.go), because there
// is no door to the books from outside.
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
	binary := flag.String("binary", filepath.Join(root, "bin", "ledger.test"), "the compiled tests of internal/domain/ledger")
	out := flag.String("out", filepath.Join(root, "bench", "out"), "folder of the results")
	databases := flag.String("databases", "sqlite,postgres", "where the books are kept")
	ways := flag.String("ways", "together,single,plain", "how gifts are posted")
	rounds := flag.Int("rounds", 3, "how often")
	gifts := flag.Int("gifts", 20_000, "how many gifts in a round; ways that are slow take a tenth")
	floor := flag.Float64("at-least", 0, "fail when the median of 'together' is fewer gifts a second")
	flag.Parse()

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
			for way := range strings.SplitSeq(*ways, ",") {
				r := row{Database: database, Way: way, Round: round, Gifts: share(*gifts, database, way)}
				r.measure(ctx, *binary)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				rows = append(rows, r)
				log.Tell("%s", r)
			}
		}
	}
	text := table(rows) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + text)
	if err := report.Write(*out, "money", rows, text); err != nil {
		return err
	}
	return holds(rows, *floor)
}

// share keeps a round to a few seconds.
func share(gifts int, database, way string) int {
	if way == "plain" || (way == "single" && database == "postgres") {
		return max(1, gifts/10)
	}
	return gifts
}
