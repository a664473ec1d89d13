// Command video measures what watching costs a server: processor time for each
// thousand viewers of low-latency HLS, and for a stream that nobody watches.
//
// Owns: the same stream into Subspace, whole and with its gate, and into the
// gohlslib library, as it is and behind a cache that asks it each question once.
// Promises: they take turns, a fresh process each time; viewers get the same parts
// of half a second; a row in which something was refused or came late is kept and
// not valid; it fails when the ratios are below what is asked. Does not do:
// decoding, latency (the browser tests look at that).
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
		fmt.Fprintln(os.Stderr, "video:", err)
		os.Exit(1)
	}
}

// limit ends a benchmark that hangs.
const limit = 10 * time.Minute

func run() error {
	root, err := place.Root()
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	e := experiment{log: progress.Begin()}
	flag.StringVar(&e.subspace, "binary", filepath.Join(root, "bin", "subspace"), "the server to measure")
	flag.StringVar(&e.gohlslib, "opponent", filepath.Join(root, "bin", "bench-gohlslib"), "the program around the library")
	out := flag.String("out", filepath.Join(root, "bench", "out"), "folder of the results")
	servers := flag.String("servers", strings.Join([]string{ours, library, cached}, ","), "who takes turns")
	flag.IntVar(&e.viewers, "n", 300, "how many viewers")
	rounds := flag.Int("rounds", 3, "how often everybody takes a turn")
	flag.DurationVar(&e.idle, "idle", 8*time.Second, "how long nobody watches")
	flag.DurationVar(&e.window, "window", 12*time.Second, "how long the viewers are measured")
	asIs := flag.Float64("at-least", 2, "fail when the library as it is costs less than this many times as much for each viewer")
	behindCache := flag.Float64("at-least-cached", 1.5, "the same behind the cache")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := e.prepare(ctx); err != nil {
		return err
	}
	defer os.RemoveAll(e.folder) //nolint:errcheck // a temporary folder
	for round := 1; round <= *rounds; round++ {
		for server := range strings.SplitSeq(*servers, ",") {
			r := row{Server: server, Round: round, Viewers: e.viewers}
			if err := e.measure(ctx, &r); err != nil {
				r.Why = err.Error()
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.Valid = r.Why == ""
			e.rows = append(e.rows, r)
			e.log.Tell("%s", r)
		}
	}
	text := "### video\n\n" + table(e.rows) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + text)
	if err := report.Write(*out, "video", e.rows, text); err != nil {
		return err
	}
	return holds(e.rows, map[string]float64{library: *asIs, cached: *behindCache})
}
