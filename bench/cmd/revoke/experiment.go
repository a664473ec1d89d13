package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/crowd"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
	"github.com/subspace-live/subspace/bench/internal/speaker"
)

// experiment is one call of the command.
type experiment struct {
	binary, natsd string
	args          []string
	members       int
	leaving       int
	rate          float64
	moderating    int

	log  progress.Log
	rows []row
}

const handle = "ines"

// stage is two nodes with their people.
type stage struct {
	nodes   []*place.Server
	close   []func() // in reverse
	way     way
	owner   place.Person
	members []place.Person // the first of them leave
	leaving int
	sales   map[string]string // how the owner names what a member paid, by name
	ends    time.Time         // of the rights that the clock ends
	asked   []time.Time       // when the owner asked for the right of member i back
	talkers []place.Person    // members too, who stay
	crowds  []*crowd.Crowd    // one on each node, member i at index i
	watch   *watch
	voices  *speaker.Speakers
}

// take is one round with fresh nodes.
func (e *experiment) take(ctx context.Context, r *row) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	s := &stage{way: ways()[r.Way], leaving: e.leaving, watch: newWatch(2 * e.members)}
	defer s.end()
	if err := s.start(ctx, e); err != nil {
		return err
	}
	if err := s.populate(ctx, e, r); err != nil {
		return err
	}
	return s.burst(ctx, e, r)
}

func (s *stage) end() {
	for i := len(s.close) - 1; i >= 0; i-- {
		s.close[i]()
	}
}

// start brings up both nodes on one database.
func (s *stage) start(ctx context.Context, e *experiment) error {
	nodes, err := place.ServeNodes(ctx, place.NodesOptions{Binary: e.binary, NATSD: e.natsd, Names: []string{"first", "second"}, Args: e.args})
	if err != nil {
		return err
	}
	s.nodes = nodes.All
	s.close = append(s.close, nodes.Stop)
	return nil
}

// populate makes the members, has all of them enter on both nodes, and lets some talk.
func (s *stage) populate(ctx context.Context, e *experiment, r *row) error {
	var err error
	if s.owner, err = s.nodes[0].Found(ctx, handle); err != nil {
		return err
	}
	talkers := 8 + int(e.rate*1.5) // each may write once a second
	e.log.Tell("%s: %d people sign up and get in; passwords are hashed, which takes a while", r.Way, e.members+talkers)
	people, err := s.way.enter(ctx, s, e.members+talkers)
	if err != nil {
		return fmt.Errorf("make members: %w", err)
	}
	s.members, s.talkers = people[:e.members], people[e.members:]
	e.log.Tell("they enter, each on both nodes")
	for n, node := range s.nodes {
		c, err := crowd.Join(ctx, crowd.Options{
			Address: node.Host, N: e.members, Window: 128, From: netip.AddrFrom4([4]byte{127, 0, byte(16 + n), 1}),
			Dialect: contender.Native{Host: node.Host, Handle: handle, Room: "space", People: s.members, Shared: 1},
			Watch:   true, Events: func(i int, payload []byte, at time.Time) { s.watch.frame(n*e.members+i, payload, at) },
		})
		if err != nil {
			return err
		}
		s.crowds = append(s.crowds, c)
		s.close = append(s.close, c.Close)
	}
	s.voices, err = speaker.Join(ctx, speaker.Options{
		Address: s.nodes[0].Host, N: len(s.talkers), From: netip.AddrFrom4([4]byte{127, 0, 2, 2}),
		Dialect: contender.Native{Host: s.nodes[0].Host, Handle: handle, Room: "space", People: s.talkers, Shared: 1},
	})
	if err != nil {
		return err
	}
	s.close = append(s.close, s.voices.Close)
	if s.way.ready != nil {
		return s.way.ready(ctx, s)
	}
	return nil
}

// settleFor is how long people talk before the burst and after it.
const settleFor = 3 * time.Second

// burst takes rights while people talk.
func (s *stage) burst(ctx context.Context, e *experiment, r *row) error {
	talk, hush := context.WithCancel(ctx)
	defer hush()
	said := make(chan int64, 1)
	talked := make(chan error, 1)
	go func() { // awaited below
		n, err := s.talk(talk, e.rate)
		said <- n
		talked <- err
	}()
	err := progress.Pause(ctx, settleFor)
	if err == nil {
		r.BurstSeconds, err = s.revoke(ctx, e)
	}
	if err == nil {
		err = progress.Pause(ctx, settleFor)
	}
	hush()
	messages := <-said
	if err := errors.Join(err, <-talked); err != nil {
		return err
	}
	s.await(ctx, e, messages)
	lost, err := s.lost(ctx)
	if err != nil {
		return err
	}
	r.Messages = messages
	r.measure(s, e, lost)
	_, refused, complaint := s.voices.Said()
	r.judge(refused, complaint)
	return nil
}

// talk posts private messages until it is stopped, and returns how many.
func (s *stage) talk(ctx context.Context, rate float64) (int64, error) {
	said := int64(0)
	err := speaker.Recital{
		Lines: chatter.New(1), Count: int(rate * 15 * 60), Rate: rate,
		Say: func(id int64, at time.Time, line string) error {
			said++
			return s.voices.Say(id, at, line)
		},
	}.Perform(ctx)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return said, err
}

// await waits until those who stayed have everything.
func (s *stage) await(ctx context.Context, e *experiment, messages int64) {
	end := time.Now().Add(10 * time.Second)
	for ctx.Err() == nil && time.Now().Before(end) && s.missing(e, messages) > 0 {
		time.Sleep(20 * time.Millisecond)
	}
}

// missing counts the sockets of members who stayed and have not every message.
func (s *stage) missing(e *experiment, messages int64) int {
	missing := 0
	for _, c := range s.crowds {
		for i := e.leaving; i < e.members; i++ {
			if c.Received(i) != messages {
				missing++
			}
		}
	}
	return missing
}
