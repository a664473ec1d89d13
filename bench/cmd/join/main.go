// Command join measures what it costs when everybody opens the page at once, as
// they do when a live starts: Subspace beside the centrifuge library.
//
// Owns: rounds of 19,000 people who connect and enter a room that holds 50
// messages. Promises: servers take turns, each in a fresh process; a time is from
// the first packet of a connection to the answer that it is in; a row where
// somebody was refused or closed is kept and not valid. Does not do: messages
// (command fanout).
//
// Subspace hands everybody the last 50 messages, the library hands over nothing:
// it keeps no history in this comparison.
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

	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
	"github.com/subspace-live/subspace/bench/internal/report"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "join:", err)
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
	binary := flag.String("binary", filepath.Join(root, "bin", "subspace"), "the server to measure")
	args := flag.String("args", "", "more settings of the server, as on its command line")
	otherBinary := flag.String("other-binary", "", "another build, for the server 'subspace-other' (default the same)")
	otherArgs := flag.String("other-args", "", "settings of 'subspace-other'")
	out := flag.String("out", filepath.Join(root, "bench", "out"), "folder of the results")
	servers := flag.String("servers", "subspace,centrifuge,centrifuge-lean", "who takes turns")
	history := flag.Int("history", 50, "messages in the room")
	flag.IntVar(&e.n, "n", 19_000, "how many people")
	flag.IntVar(&e.window, "window", 1000, "how many of them may be on their way at once")
	flag.IntVar(&e.rounds, "rounds", 3, "how often everybody takes a turn")
	flag.DurationVar(&e.settle, "settle", 10*time.Second, "between joining and reading memory")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	e.log.Tell("building, and setting up accounts")
	turns := strings.Split(*servers, ",")
	e.stage, err = contender.Prepare(ctx, contender.Options{
		Root: root, Servers: turns, N: e.n, Speakers: 16, History: *history,
		Subspace: contender.Build{Binary: *binary, Args: strings.Fields(*args)},
		Other:    contender.Build{Binary: *otherBinary, Args: strings.Fields(*otherArgs)},
	})
	if err != nil {
		return err
	}
	defer e.stage.Close() //nolint:errcheck // a temporary folder
	if err := e.perform(ctx, turns); err != nil {
		return err
	}
	text := table(e.rows) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + text)
	return report.Write(*out, "join", e.rows, text)
}
