// Command post measures how fast a room takes what people write: durable
// messages, acknowledged after the commit, while thousands listen.
//
// Owns: rounds on SQLite and on PostgreSQL. Promises: the schedule is open, and
// a time runs from when a message was due to when its acknowledgement arrived;
// every post is answered or missed; a row that refused, lost or closed anything
// is kept and not valid. Does not do: comparing with others, who store nothing.
//
//	scripts/with-postgres bin/bench-post
package main

import (
	"context"
	"errors"
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
		fmt.Fprintln(os.Stderr, "post:", err)
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
	args := flag.String("args", "", "more settings of the server, as on its command line")
	out := flag.String("out", filepath.Join(root, "bench", "out"), "folder of the results")
	databases := flag.String("databases", "sqlite,postgres", "where messages are kept")
	rounds := flag.Int("rounds", 3, "how often")
	flag.IntVar(&e.listeners, "listeners", 5000, "how many connections listen in the room")
	flag.IntVar(&e.senders, "senders", 200, "how many write; more where the server's pace is fixed")
	flag.Float64Var(&e.rate, "rate", 5000, "messages per second, all together")
	flag.DurationVar(&e.length, "length", 10*time.Second, "how long")
	flag.Parse()
	e.args = strings.Fields(*args)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	e.pace(ctx)
	for round := 1; round <= *rounds; round++ {
		for database := range strings.SplitSeq(*databases, ",") {
			r := row{Database: database, Round: round, Listeners: e.listeners, Senders: e.senders, Rate: e.rate}
			if err := e.take(ctx, &r); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if errors.Is(err, place.ErrNoCluster) {
					return err
				}
				r.Why = err.Error()
			}
			e.rows = append(e.rows, r)
			e.log.Tell("%s", r)
		}
	}
	text := table(e.rows) + "\n" + report.Machine(time.Now()) + "\n"
	fmt.Print("\n" + text)
	return report.Write(*out, "post", e.rows, text)
}

// pace lets the senders write as fast as the plan says, where the server has
// settings for it, and otherwise brings as many people as its pace needs.
func (e *experiment) pace(ctx context.Context) {
	each := e.rate / float64(e.senders)
	if place.Knows(ctx, e.binary, "message-pace") {
		every := time.Duration(float64(time.Second) / each / 4) // four times what is needed: a late sender may catch up
		e.args = append(e.args, "--message-pace", every.String(), "--message-burst", fmt.Sprint(int(each*10)+10))
		return
	}
	if needed := int(e.rate * 1.1); each > 0.9 && e.senders < needed { // a message a second for each
		e.senders = needed
		e.log.Tell("the server's pace is fixed: %d people write", e.senders)
	}
}
