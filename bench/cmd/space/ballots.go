package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
	"github.com/subspace-live/subspace/bench/internal/contender"
	"github.com/subspace-live/subspace/bench/internal/report"
	"github.com/subspace-live/subspace/bench/internal/speaker"
	"github.com/subspace-live/subspace/bench/internal/wire"
)

// ballots is how votes are spoken of on the socket (docs/protocol.md).
type ballots struct {
	contender.Native
	poll   string
	voters int
}

// choice is what the vote with a number is for.
func (b ballots) choice(id int64) int { return int(id+id/int64(b.voters)) % options }

// Post is the vote with a number; nothing of a line is in it.
func (b ballots) Post(id int64, _ time.Time, _ string) []byte {
	frame := fmt.Sprintf(`{"type":"vote","id":"%d","channel":%q,"poll":%q,"option":%d}`, id, b.Handle, b.poll, b.choice(id))
	return wire.Masked(nil, wire.Text, []byte(frame))
}

// Answers reads which votes are stored, and which were refused.
func (ballots) Answers(payload []byte, answered func(int64, error)) {
	var f struct{ Type, ID, Reason string }
	if err := json.Unmarshal(payload, &f); err != nil {
		answered(-1, fmt.Errorf("read an answer: %w", err))
		return
	}
	if f.Type != "voted" && f.Type != "refused" {
		return
	}
	id, err := strconv.ParseInt(f.ID, 10, 64)
	if err != nil {
		id = -1
	}
	if f.Type == "refused" {
		err = fmt.Errorf("refused: %s", f.Reason)
	}
	answered(id, err)
}

// patience is how long answers may take after the last vote.
const patience = 10 * time.Second

// bySocket has people vote in turn, each on a socket of their own, as pages do.
func (e *experiment) bySocket(ctx context.Context, st *stage, r *row) ([]int, error) {
	count := int(e.rate * e.length.Seconds())
	b := ballots{contender.Native{Host: st.server.Host, Handle: handle, Room: "public", People: st.people, Shared: 1}, st.poll, len(st.people)}
	acks := speaker.NewAcks(count)
	voices, err := speaker.Join(ctx, speaker.Options{
		Address: st.server.Host, N: len(st.people), Dialect: b, From: netip.AddrFrom4([4]byte{127, 0, 3, 1}), Acknowledged: acks.Put,
	})
	if err != nil {
		return nil, err
	}
	defer voices.Close()
	if err := (speaker.Recital{Lines: chatter.New(1), Count: count, Rate: e.rate, Say: func(id int64, at time.Time, line string) error {
		acks.Due(id, at)
		return voices.Say(id, at, line)
	}}).Perform(ctx); err != nil {
		return nil, err
	}
	acks.Await(ctx, int64(count), patience)
	a := acks.Window(0, count)
	r.Sent, r.Acknowledged, r.Refused = count, int(a.Acknowledged), count-int(a.Acknowledged)
	r.P50, r.P99, r.Slowest = report.Percentile(a.Delays, 0.5), report.Percentile(a.Delays, 0.99), report.Percentile(a.Delays, 1)
	if a.Span > 0 {
		r.Achieved = float64(a.Acknowledged) / a.Span.Seconds()
	}
	last := map[int]int{}
	for id := range int64(count) {
		if acks.Acknowledged(id) {
			last[int(id)%len(st.people)] = b.choice(id)
		}
	}
	want := make([]int, options)
	for _, choice := range last {
		want[choice]++
	}
	_, _, complaint := voices.Said()
	return want, complaint
}
