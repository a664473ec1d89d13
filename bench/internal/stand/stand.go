// Package stand is a crowd in a process of its own: one process holds no more
// sockets than its limit of descriptors allows, and a place has more people.
//
// Owns: the other process, what is said to it and what it answers. Promises: the
// other process is the same program, does nothing else, and ends with this one;
// sessions travel through a pipe and never stand in a list of processes; every
// connection's sequence is checked, not only a sample's. Does not do: counting
// (package crowd), deciding who sits where.
//
// A command that opens stands begins with
//
//	if stand.Called() {
//		return stand.Serve(os.Stdin, os.Stdout)
//	}
package stand

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/subspace-live/subspace/bench/internal/contender"
)

// argument makes a program the process of a stand.
const argument = "stand"

// Called reports whether this process is to be a stand.
func Called() bool { return len(os.Args) == 2 && os.Args[1] == argument }

// Order says who listens where.
type Order struct {
	Room   contender.Native
	N      int
	Window int        // how many may be joining at once
	From   netip.Addr // the first source address
	Within time.Duration
}

// Count is what a stand's connections have been sent.
type Count struct {
	Delivered int64
	Closed    int64
}

// Account is Count with all that is known of how it came.
type Account struct {
	Count
	Uneven     int   // connections that have another number of messages than they should
	OutOfOrder int64 // messages whose sequence was not the next one
	Repeated   int64 // messages whose sequence had passed
	Skips      int64 // stretches that were announced as left out
	P50, P99   float64
	Most       float64 // milliseconds, of one connection in 16
}

// question is what a stand is asked; the first is the order.
type question struct {
	Order   *Order `json:",omitempty"`
	Begin   bool   `json:",omitempty"` // forget what was seen before
	Account bool   `json:",omitempty"` // all of it, where each should have Each messages
	Each    int64  `json:",omitempty"`
}

type answer struct {
	Error   string `json:",omitempty"`
	Account Account
}

// Stand is a crowd elsewhere. Its methods are for one goroutine.
type Stand struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	ask   *json.Encoder
	hear  *json.Decoder
	once  sync.Once
	words strings.Builder // of its error stream; read when it has ended
}

// Open starts a process, has everybody join, and returns when they are in.
func Open(ctx context.Context, order Order) (*Stand, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("open a stand: %w", err)
	}
	s := &Stand{cmd: exec.Command(program, argument)} //nolint:gosec // this program
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	s.cmd.Stderr = &s.words
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("open a stand: %w", err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("open a stand: %w", err)
	}
	s.ask, s.hear = json.NewEncoder(s.in), json.NewDecoder(out)
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("open a stand: %w", err)
	}
	cancelled := context.AfterFunc(ctx, s.kill) // a stand that joins is waited for no longer than that
	_, err = s.put(question{Order: &order})
	cancelled()
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("open a stand: %w %s", err, s.words.String())
	}
	return s, nil
}

// Begin forgets what the connections have seen, but not how much it was.
func (s *Stand) Begin() error {
	_, err := s.put(question{Begin: true})
	return err
}

// Count returns what has come so far.
func (s *Stand) Count() (Count, error) {
	a, err := s.put(question{})
	return a.Count, err
}

// Account returns all there is to know, where each connection should have so
// many messages.
func (s *Stand) Account(each int64) (Account, error) {
	return s.put(question{Account: true, Each: each})
}

// Close ends the connections and waits for the process.
func (s *Stand) Close() {
	s.once.Do(func() {
		s.in.Close() //nolint:errcheck // the end of its input is what ends it
		late := time.AfterFunc(10*time.Second, s.kill)
		defer late.Stop()
		_ = s.cmd.Wait() // how it ended matters to nobody
	})
}

func (s *Stand) kill() { _ = s.cmd.Process.Kill() } // it may have gone

func (s *Stand) put(q question) (Account, error) {
	if err := s.ask.Encode(q); err != nil {
		return Account{}, fmt.Errorf("ask a stand: %w", err)
	}
	var a answer
	if err := s.hear.Decode(&a); err != nil {
		return Account{}, fmt.Errorf("hear a stand: %w", err)
	}
	if a.Error != "" {
		return Account{}, errors.New(a.Error)
	}
	return a.Account, nil
}
