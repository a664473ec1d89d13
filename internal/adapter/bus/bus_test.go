package bus_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/bus"
	"github.com/subspace-live/subspace/internal/domain/event"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// However many bells ring at once, of however many logs and however long, each
// arrives as it was rung, and those of one log in their order.
func TestBellsThatRingTogetherArriveOneByOne(t *testing.T) {
	b, err := bus.Open(t.Context(), "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	heard := make(chan room.Bell, 2000)
	if err := b.OnBell(func(bell room.Bell) { heard <- bell }); err != nil {
		t.Fatal(err)
	}
	var rung []room.Bell
	ring := func(log string, seq int64, size int) {
		body := fmt.Sprintf(`{"log":%q,"seq":%d,"text":%q}`, log, seq, strings.Repeat("x", size))
		rung = append(rung, room.Bell{
			Address: room.Address{Audience: room.Public, Channel: ident.Channel("of-" + log)},
			Encoded: event.Encoded{Log: ident.Log(log), Seq: seq, Bytes: []byte(body)},
		})
	}
	for i := range int64(200) {
		ring("a", i+1, 200)
		if i%7 == 0 {
			ring("b", 50+i, 200) // with gaps
		}
	}
	for i := range int64(40) {
		ring("c", i+1, 30<<10) // more than one message of NATS may hold
	}
	b.Ring(rung)
	b.Ring(nil)
	for i, want := range rung {
		select {
		case got := <-heard:
			if got.Address != want.Address || got.Log != want.Log || got.Seq != want.Seq || string(got.Bytes) != string(want.Bytes) {
				t.Fatalf("bell %d is %v %d, want %v %d", i, got.Log, got.Seq, want.Log, want.Seq)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("after %d of %d bells there is nothing", i, len(rung))
		}
	}
}
