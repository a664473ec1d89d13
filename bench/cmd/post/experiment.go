package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
	"github.com/subspace-live/subspace/bench/internal/speaker"
)

// experiment is one call of the command.
type experiment struct {
	binary             string
	args               []string
	listeners, senders int
	rate               float64
	length             time.Duration

	log  progress.Log
	rows []row
}

const handle = "ines"

// take is one round on one database, with a fresh server.
func (e *experiment) take(ctx context.Context, r *row) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Minute)
	defer cancel()
	folder, err := os.MkdirTemp("", "subspace-bench-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // temporary
	args := e.args
	if r.Database == "postgres" {
		address, err := place.Database(ctx)
		if err != nil {
			return err
		}
		args = append([]string{"--database", address}, args...)
	}
	server, err := place.Serve(ctx, place.Options{Binary: e.binary, Data: folder, Args: args})
	if err != nil {
		return err
	}
	defer server.Stop()
	if _, err := server.Found(ctx, handle); err != nil {
		return err
	}
	const shared = 10 // connections of one listener
	needed := (e.listeners + shared - 1) / shared
	people, err := server.Light(ctx, needed+e.senders)
	if err != nil {
		return fmt.Errorf("make accounts: %w", err)
	}
	room := contender.Native{Host: server.Host, Handle: handle, Room: "public", People: people[:needed], Shared: shared}
	s := &session{experiment: e, row: r, server: server, acks: speaker.NewAcks(int(e.rate*(e.length+warm).Seconds()) + 1)}
	if s.crowd, err = crowd.Join(ctx, crowd.Options{
		Address: server.Host, N: e.listeners, Dialect: room, Window: 256,
		From: netip.AddrFrom4([4]byte{127, 0, 16, 1}), Strict: true,
	}); err != nil {
		return err
	}
	defer s.crowd.Close()
	room.People, room.Shared = people[needed:], 1
	if s.speakers, err = speaker.Join(ctx, speaker.Options{
		Address: server.Host, N: e.senders, Dialect: room, From: netip.AddrFrom4([4]byte{127, 0, 2, 2}),
		Acknowledged: s.acks.Put,
	}); err != nil {
		return err
	}
	defer s.speakers.Close()
	return s.write(ctx)
}

// session is a room full of people.
type session struct {
	experiment *experiment
	row        *row
	server     *place.Server
	crowd      *crowd.Crowd
	speakers   *speaker.Speakers
	acks       *speaker.Acks
}

// warm is how long people write before anything counts.
const warm = 2 * time.Second

// patience is how long answers may take after the last post.
const patience = 10 * time.Second

// write posts on schedule and waits for the answers.
func (s *session) write(ctx context.Context) error {
	rate := s.experiment.rate
	lines := chatter.New(uint64(s.row.Round))
	early := int(rate * warm.Seconds())
	say := func(id int64, at time.Time, line string) error {
		s.acks.Due(id, at)
		return s.speakers.Say(id, at, line)
	}
	if err := (speaker.Recital{Lines: lines, Count: early, Rate: rate, Say: say}).Perform(ctx); err != nil {
		return fmt.Errorf("warm up: %w", err)
	}
	s.acks.Await(ctx, int64(early), patience)
	s.crowd.Begin()
	tally, began := s.crowd.Tally(), time.Now()
	spent, err := meter.Spend(s.server.PID)
	if err != nil {
		return err
	}
	count := int(rate * s.experiment.length.Seconds())
	r := speaker.Recital{Lines: lines, First: int64(early), Count: count, Rate: rate, Say: say}
	if err := r.Perform(ctx); err != nil {
		return fmt.Errorf("post: %w", err)
	}
	s.acks.Await(ctx, int64(early+count), patience)
	cost, err := meter.Spend(s.server.PID)
	if err != nil {
		return err
	}
	s.row.Posted, s.row.Seconds = int64(count), time.Since(began).Seconds()
	s.row.written(s.acks.Window(early, count), cost.Since(spent))
	s.row.heard(s.crowd.Tally().Since(tally), s.crowd.Seen())
	_, _, complaint := s.speakers.Said()
	s.row.judge(complaint)
	return nil
}
