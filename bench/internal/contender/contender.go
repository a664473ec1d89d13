// Package contender is the servers that are compared, each started in the same
// way and spoken to in its own.
//
// Owns: building and starting Subspace, the send(2) floor and the centrifuge
// library; what their clients say. Promises: a fresh process for every run;
// sessions or tokens are checked by all that speak WebSocket; one message is as
// many bytes on the wire for all, within five percent. Does not do: measuring.
package contender

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/place"
)

// Names of the servers, as they stand in results.
const (
	Subspace       = "subspace"
	Other          = "subspace-other" // another build of it, or other settings
	Floor          = "send-floor"
	Centrifuge     = "centrifuge"
	CentrifugeLean = "centrifuge-lean"
)

// Class says what a server may do to be cheap. Results of two classes are never
// compared.
type Class struct {
	Name  string
	Merge time.Duration // how long messages may wait to leave together
	TLS   bool
}

// Classes are the three there are.
func Classes() []Class {
	return []Class{{Name: "immediate"}, {Name: "merged", Merge: 100 * time.Millisecond}, {Name: "tls", TLS: true}}
}

// Voice posts messages into the room.
type Voice interface {
	Say(id int64, at time.Time, line string) error
	// Said returns how many posts were acknowledged and refused.
	Said() (acknowledged, refused int64, err error)
	Close()
}

// Running is a started server.
type Running struct {
	PID     int
	Address string
	Dialect crowd.Dialect // of listeners
	TLS     *tls.Config
	Voice   Voice
	stop    func()
}

// Stop ends the speakers and the server.
func (r *Running) Stop() {
	if r.Voice != nil {
		r.Voice.Close()
	}
	r.stop()
}

// Options says what to compare.
type Options struct {
	Root     string   // of the repository
	Subspace Build    // what is measured
	Other    Build    // what it may be compared with; no binary: the same one
	Servers  []string // who will be started; none: everybody may be
	N        int      // the most listeners
	Speakers int      // who post; a person may write once a second
	History  int      // messages in the room when people come
}

// Build is a binary of Subspace with settings.
type Build struct {
	Binary string
	Args   []string // more settings, as on the command line
}

// Stage holds what all runs need.
type Stage struct {
	opt         Options
	folder      string // temporary
	prepared    string // Subspace's folder, to be copied
	listeners   []place.Person
	speakers    []place.Person
	envelope    envelope
	floor       string
	hub         string
	certificate certificate
	runs        int
}

// Prepare builds the opponents, sets up Subspace once, and learns how long its
// messages are. Close the stage.
func Prepare(ctx context.Context, opt Options) (*Stage, error) {
	if opt.Other.Binary == "" {
		opt.Other.Binary = opt.Subspace.Binary
	}
	for _, b := range []Build{opt.Subspace, opt.Other} {
		if _, err := os.Stat(b.Binary); err != nil {
			return nil, fmt.Errorf("find the server: %w (make build makes it)", err)
		}
	}
	folder, err := os.MkdirTemp("", "subspace-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	s := &Stage{opt: opt, folder: folder, prepared: filepath.Join(folder, "prepared")}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close removes everything that was made.
func (s *Stage) Close() error { return os.RemoveAll(s.folder) }

func (s *Stage) prepare(ctx context.Context) error {
	if err := s.build(ctx); err != nil {
		return err
	}
	var err error
	if s.certificate, err = newCertificate(s.folder); err != nil {
		return err
	}
	return s.found(ctx)
}

// Start starts a fresh process of a server.
func (s *Stage) Start(ctx context.Context, name string, class Class) (*Running, error) {
	switch name {
	case Subspace:
		return s.startSubspace(ctx, s.opt.Subspace, class)
	case Other:
		return s.startSubspace(ctx, s.opt.Other, class)
	case Floor:
		return s.startFloor(ctx, class)
	case Centrifuge:
		return s.startCentrifuge(ctx, class, false)
	case CentrifugeLean:
		return s.startCentrifuge(ctx, class, true)
	}
	return nil, fmt.Errorf("there is no server %q to compare with", name)
}
