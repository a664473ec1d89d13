// Package child runs the programs that are measured.
//
// Owns: start, the first words a program prints, the end. Promises: a program
// that does not say that it is ready in time has been ended; Stop returns when
// the process is gone; a child does not outlive the benchmark, also when that is
// killed; what a child wrote to its error stream is in the error when it fails.
// Does not do: measuring.
package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Program says what to run.
type Program struct {
	Path string
	Args []string
	// Ready is a piece of the line that says the program is ready.
	Ready string
	// Within is how long that may take; 0 is 20 seconds.
	Within time.Duration
}

// Process is a running child.
type Process struct {
	PID int
	// Ready is the line that said so.
	Ready string

	cmd   *exec.Cmd
	ended chan struct{}

	mu     sync.Mutex
	lines  []string // of standard output
	errors []string // the last ones of the error stream
}

// Start runs a program and waits until it is ready. All programs are given the
// same room by Go's runtime: two processors, the default pace of collection.
func Start(ctx context.Context, p Program) (*Process, error) {
	cmd := exec.Command(p.Path, p.Args...) //nolint:gosec // programs of this repository
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2", "GOGC=100", "GOMEMLIMIT=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Path, err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Path, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Path, err)
	}
	c := &Process{PID: cmd.Process.Pid, cmd: cmd, ended: make(chan struct{})}
	ready := make(chan string, 1)
	var reading sync.WaitGroup
	reading.Go(func() { c.listen(stdout, p.Ready, ready) })
	reading.Go(func() { c.complain(stderr) })
	go func() { // Stop waits for it
		reading.Wait()
		_ = cmd.Wait() // how it ended matters to nobody
		close(c.ended)
	}()
	if p.Within == 0 {
		p.Within = 20 * time.Second
	}
	late := time.NewTimer(p.Within)
	defer late.Stop()
	select {
	case c.Ready = <-ready:
		return c, nil
	case <-c.ended:
		err = errors.New("it ended at its start")
	case <-late.C:
		err = fmt.Errorf("it is not ready after %v", p.Within)
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.Stop()
	return nil, fmt.Errorf("start %s: %w\n%s", p.Path, err, c.Complaints())
}

// Stop asks the child to end, insists after ten seconds, and waits.
func (c *Process) Stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // it may have gone
	select {
	case <-c.ended:
	case <-time.After(10 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.ended
	}
}

// Alive reports whether the child still runs.
func (c *Process) Alive() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

// Line waits for a line of standard output that holds a text.
func (c *Process) Line(ctx context.Context, holds string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		c.mu.Lock()
		for _, line := range c.lines {
			if strings.Contains(line, holds) {
				c.mu.Unlock()
				return line, nil
			}
		}
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("the program never printed %q", holds)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Complaints returns the last lines of the error stream.
func (c *Process) Complaints() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.errors, "\n")
}

// linesKept bounds what is remembered of each stream.
const linesKept = 40

func (c *Process) listen(r io.Reader, word string, ready chan<- string) {
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		c.mu.Lock()
		if len(c.lines) < linesKept {
			c.lines = append(c.lines, scan.Text())
		}
		c.mu.Unlock()
		if strings.Contains(scan.Text(), word) {
			select {
			case ready <- scan.Text():
			default:
			}
		}
	}
	io.Copy(io.Discard, r) //nolint:errcheck // a line too long to scan must not block the child
}

func (c *Process) complain(r io.Reader) {
	scan := bufio.NewScanner(r)
	for scan.Scan() {
		c.mu.Lock()
		if c.errors = append(c.errors, scan.Text()); len(c.errors) > linesKept {
			c.errors = c.errors[1:]
		}
		c.mu.Unlock()
	}
	io.Copy(io.Discard, r) //nolint:errcheck // as above
}
