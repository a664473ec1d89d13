// Package progress tells whoever waits for a benchmark how far it is.
//
// Owns: lines with the seconds since the beginning, on the error stream, and
// pauses. Promises: a pause ends with its context. Does not do: results.
package progress

import (
	"context"
	"fmt"
	"os"
	"time"
)

// Log is one benchmark's progress.
type Log struct{ began time.Time }

// Begin starts the clock.
func Begin() Log { return Log{time.Now()} }

// Tell prints a line.
func (l Log) Tell(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%4.0fs  %s\n", time.Since(l.began).Seconds(), fmt.Sprintf(format, args...))
}

// Pause waits.
func Pause(ctx context.Context, d time.Duration) error {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
