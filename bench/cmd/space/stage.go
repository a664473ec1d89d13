package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/subspace-live/subspace/bench/internal/meter"
	"github.com/subspace-live/subspace/bench/internal/place"
	"github.com/subspace-live/subspace/bench/internal/progress"
)

// experiment is one call of the command.
type experiment struct {
	binary                   string
	voters, hands, listeners int
	rate                     float64
	length                   time.Duration
	moments                  int

	log   progress.Log
	votes []row
	reach []reach
}

const handle, options = "ines", 3

// stage is a fresh server with a channel, people, and a poll that is open.
type stage struct {
	server *place.Server
	caller *place.Caller
	owner  place.Person
	people []place.Person
	poll   string
	folder string
}

// newStage starts the server on a database, with so many people of a name alone.
func (e *experiment) newStage(ctx context.Context, database string, people int) (*stage, error) {
	folder, err := os.MkdirTemp("", "subspace-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	st := &stage{folder: folder}
	if err := st.begin(ctx, e.binary, database, people); err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

func (st *stage) begin(ctx context.Context, binary, database string, people int) (err error) {
	args := []string{"--message-burst", "1000"} // the creator posts as often as is measured
	if database == "postgres" {
		address, err := place.Database(ctx)
		if err != nil {
			return err
		}
		args = append(args, "--database", address)
	}
	if st.server, err = place.Serve(ctx, place.Options{Binary: binary, Data: st.folder, Args: args}); err != nil {
		return err
	}
	if st.owner, err = st.server.Found(ctx, handle); err != nil {
		return err
	}
	if st.people, err = st.server.Light(ctx, people); err != nil {
		return fmt.Errorf("make accounts: %w", err)
	}
	st.caller = place.NewCaller(st.server.URL, "127.0.2.2")
	var poll struct{ ID string }
	err = st.caller.Call(ctx, st.owner, "POST", "/api/channels/"+handle+"/polls", map[string]any{
		"key": "the-only-one", "room": "public", "question": "Which?", "options": []string{"A", "B", "C"}, "changeable": true,
	}, &poll)
	st.poll = poll.ID
	return err
}

func (st *stage) close() {
	if st.caller != nil {
		st.caller.Close()
	}
	if st.server != nil {
		st.server.Stop()
	}
	os.RemoveAll(st.folder) //nolint:errcheck // temporary
}

// take is one round of votes on one database by one door, with a fresh server.
func (e *experiment) take(ctx context.Context, r *row) error {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Minute)
	defer cancel()
	st, err := e.newStage(ctx, r.Database, e.voters)
	if err != nil {
		return err
	}
	defer st.close()
	vote := e.byHTTP
	if r.Door == "socket" {
		vote = e.bySocket
	}
	spent, err := meter.Spend(st.server.PID)
	if err != nil {
		return err
	}
	want, refusal := vote(ctx, st, r)
	cost, err := meter.Spend(st.server.PID)
	if err != nil {
		return err
	}
	r.Micros = cost.Since(spent).Per(int64(r.Acknowledged))
	var result struct{ Options []struct{ Votes int } }
	if err := st.caller.Call(ctx, st.owner, "POST", "/api/channels/"+handle+"/polls/"+st.poll+"/close", nil, &result); err != nil {
		return err
	}
	if len(want) != len(result.Options) {
		return fmt.Errorf("the votes did not come to an end: %w", refusal)
	}
	for i, o := range result.Options {
		r.Lost += max(0, want[i]-o.Votes)
	}
	if r.Refused > 0 || r.Lost > 0 {
		return fmt.Errorf("%d refused, of which the first: %v; %d lost", r.Refused, refusal, r.Lost)
	}
	return nil
}
