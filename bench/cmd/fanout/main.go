// Command fanout measures what one message to N people costs: Subspace beside
// the send(2) floor and the centrifuge library, in one interleaved run.
//
// Owns: the plan (classes, sizes, rates, rounds), the runs, the table. Promises:
// servers take turns, each in a fresh process; a row is valid only if everything
// arrived once, nobody was closed and the rate was held; invalid rows are kept.
// Does not do: judging: goals stand in the issue, ratios in the table.
//
//	go -C bench run ./cmd/fanout -n 1000 -rounds 1 -class immediate -servers subspace,send-floor
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
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
		fmt.Fprintln(os.Stderr, "fanout:", err)
		os.Exit(1)
	}
}

// limit ends a benchmark that hangs.
const limit = 90 * time.Minute

func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	e, plans, err := parse()
	if err != nil {
		return err
	}
	most, rate, servers := 0, 0.0, []string{}
	for _, p := range plans {
		most, servers = max(most, p.n), append(servers, p.servers...)
		for _, r := range p.rates {
			rate = max(rate, r)
		}
	}
	e.log.Tell("building, and setting up accounts")
	e.stage, err = contender.Prepare(ctx, contender.Options{
		Root: e.root, N: most, Servers: servers,
		Subspace: contender.Build{Binary: e.binary, Args: strings.Fields(e.args)},
		Other:    contender.Build{Binary: e.otherBinary, Args: strings.Fields(e.otherArgs)},
		Speakers: 16 + int(rate*1.2), // each may write once a second
	})
	if err != nil {
		return err
	}
	defer e.stage.Close() //nolint:errcheck // a temporary folder
	for _, p := range plans {
		if err := e.perform(ctx, p); err != nil {
			return err
		}
	}
	text := tables(e.rows) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + text)
	if err := report.Write(e.out, "fanout", e.rows, text); err != nil {
		return err
	}
	return hold(e.rows, e.atMost)
}

// parse reads the flags into what is to be done.
func parse() (*experiment, []plan, error) {
	e := &experiment{log: progress.Begin()}
	flag.StringVar(&e.binary, "binary", "", "the server to measure (default bin/subspace)")
	flag.StringVar(&e.args, "args", "", "more settings of the server, as on its command line")
	flag.StringVar(&e.otherBinary, "other-binary", "", "another build, for the server 'subspace-other' (default the same)")
	flag.StringVar(&e.otherArgs, "other-args", "", "settings of 'subspace-other'")
	flag.Float64Var(&e.atMost, "at-most", 0, "fail when a delivery costs more than so many times the floor's in every round, or something is lost, doubled or out of order")
	flag.StringVar(&e.out, "out", "", "folder of the results (default bench/out)")
	flag.IntVar(&e.rounds, "rounds", 3, "how often everybody takes a turn")
	flag.IntVar(&e.deliveries, "deliveries", 500_000, "fewest deliveries of a row")
	flag.DurationVar(&e.shortest, "shortest", 5*time.Second, "shortest time of a row")
	flag.DurationVar(&e.settle, "settle", 10*time.Second, "between joining and reading memory")
	full := flag.Bool("full", false, "all sizes and classes")
	class := flag.String("class", "", "only this class: immediate, merged, tls")
	n := flag.Int("n", 0, "only this many listeners")
	servers := flag.String("servers", "", "only these, with commas")
	rates := flag.String("rate", "", "only these messages per second, with commas")
	flag.Parse()
	root, err := place.Root()
	if err != nil {
		return nil, nil, fmt.Errorf("find the repository: %w", err)
	}
	e.root = root
	if e.binary == "" {
		e.binary = filepath.Join(root, "bin", "subspace")
	}
	if e.out == "" {
		e.out = filepath.Join(root, "bench", "out")
	}
	plans := planned(*full || *class == "tls")
	if plans, err = narrow(plans, *class, *n, *servers, *rates); err != nil {
		return nil, nil, err
	}
	return e, plans, nil
}

// plan is one size of one class.
type plan struct {
	class   contender.Class
	n       int
	rates   []float64
	servers []string
}

// planned lists what is measured. 19,000 people are sent less, because two cores
// that also run the people cannot send them more.
func planned(full bool) []plan {
	all := []string{contender.Subspace, contender.Centrifuge, contender.CentrifugeLean, contender.Floor}
	best := []string{contender.Subspace, contender.CentrifugeLean, contender.Floor}
	classes := contender.Classes()
	immediate, merged, tls := classes[0], classes[1], classes[2]
	if !full {
		return []plan{{immediate, 5000, []float64{10}, all}, {merged, 5000, []float64{20, 30, 50}, best}}
	}
	return []plan{
		{immediate, 1000, []float64{10}, all},
		{immediate, 5000, []float64{10}, all},
		{immediate, 19000, []float64{1}, all},
		{merged, 1000, []float64{20, 30, 50}, all},
		{merged, 5000, []float64{20, 30, 50}, all},
		{tls, 1500, []float64{10}, all[:3]},
	}
}

// narrow keeps what the flags ask for.
func narrow(plans []plan, class string, n int, servers, rates string) ([]plan, error) {
	var kept []plan
	seen := map[string]bool{}
	for _, p := range plans {
		if class != "" && p.class.Name != class {
			continue
		}
		if n != 0 { // any size may be asked for: one plan of each class is enough
			if seen[p.class.Name] {
				continue
			}
			seen[p.class.Name], p.n = true, n
		}
		if servers != "" {
			p.servers = strings.Split(servers, ",")
		}
		if rates != "" {
			p.rates = nil
			for word := range strings.SplitSeq(rates, ",") {
				r, err := strconv.ParseFloat(word, 64)
				if err != nil || r <= 0 {
					return nil, fmt.Errorf("a rate is a number above zero, not %q", word)
				}
				p.rates = append(p.rates, r)
			}
		}
		kept = append(kept, p)
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("there is no class %q", class)
	}
	return kept, nil
}
