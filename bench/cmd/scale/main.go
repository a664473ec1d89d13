// Command scale looks at what many connections take and get: the memory of one
// node that is full, and five nodes with 95,000 people in one room.
//
// Owns: the two parts, the generator's processes, the limit of memory. Promises:
// a row is valid only if every message reached every connection exactly once and
// in order, nobody was closed and every post was acknowledged: counted and
// compared by sequence on every connection; rows that are not valid are kept.
// Does not do: comparing with others (command fanout), or judging speed: five
// servers and all their people share one machine here.
//
//	scripts/with-postgres bin/bench-scale -natsd bin/natsd
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
	"github.com/subspace-live/subspace/bench/internal/stand"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// limit ends a benchmark that hangs.
const limit = 30 * time.Minute

func run() error {
	if stand.Called() {
		return stand.Serve(os.Stdin, os.Stdout)
	}
	e, parts, out, err := parse()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, part := range parts {
		switch part {
		case "memory":
			err = e.memory(ctx)
		case "nodes":
			err = e.together(ctx)
		default:
			err = fmt.Errorf("there is no part %q", part)
		}
		if err != nil {
			return err
		}
	}
	text := table(e.rows) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + text)
	if err := report.Write(out, "scale", e.rows, text); err != nil {
		return err
	}
	return e.hold()
}

// parse reads the flags into what is to be done.
func parse() (e *experiment, parts []string, out string, err error) {
	root, err := place.Root()
	if err != nil {
		return nil, nil, "", fmt.Errorf("find the repository: %w", err)
	}
	e = &experiment{log: progress.Begin()}
	flag.StringVar(&e.binary, "binary", filepath.Join(root, "bin", "subspace"), "the server to measure")
	flag.StringVar(&e.natsd, "natsd", filepath.Join(root, "bin", "natsd"), "the external NATS")
	args := flag.String("args", "", "more settings of the servers, as on their command line")
	flag.StringVar(&out, "out", filepath.Join(root, "bench", "out"), "folder of the results")
	only := flag.String("parts", "memory,nodes", "what is done")
	flag.IntVar(&e.n, "n", 19_000, "connections of each node")
	flag.IntVar(&e.nodes, "nodes", 5, "nodes of the second part")
	flag.Float64Var(&e.rate, "rate", 0.5, "messages per second that the nodes' people are sent")
	flag.IntVar(&e.messages, "messages", 60, "how many of them")
	flag.Float64Var(&e.burstRate, "burst-rate", 10, "the same for a burst, which no two cores carry: order must hold all the same")
	flag.IntVar(&e.burst, "burst", 30, "how many messages it has; 0: there is none")
	flag.DurationVar(&e.settle, "settle", 10*time.Second, "between joining and reading memory")
	flag.Float64Var(&e.atMost, "memory-at-most", 40, "fail when the first part's connections take more MiB of process memory")
	flag.Parse()
	e.args = strings.Fields(*args)
	if e.n < 1 || e.nodes < 1 || e.rate <= 0 || e.burstRate <= 0 {
		return nil, nil, "", fmt.Errorf("a number that is not above zero: %d connections, %d nodes, %g and %g messages a second", e.n, e.nodes, e.rate, e.burstRate)
	}
	return e, strings.Split(*only, ","), out, nil
}
