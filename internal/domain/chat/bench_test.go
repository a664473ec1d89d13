package chat_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/chat"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/room"
)

// What it costs to write a message durably, without sockets: 200 people who each
// wait for the answer before they write again.
//
//	go test -run - -bench Post -benchtime 30000x ./internal/domain/chat
//	scripts/with-postgres go test -run - -bench Post -benchtime 30000x ./internal/domain/chat
func BenchmarkPost(b *testing.B) {
	s := newStage(b, nil)
	people := make([]ident.Account, 200)
	for i := range people {
		people[i] = s.Light(fmt.Sprint("Viewer ", i))
	}
	b.ResetTimer()
	var next atomic.Int64
	var all sync.WaitGroup
	delays := make([]time.Duration, b.N)
	for _, who := range people {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(b.N); n = next.Add(1) - 1 {
				began := time.Now()
				if _, err := s.chat.Post(b.Context(), chat.Post{
					Address: s.at(room.Public), Author: who, Key: fmt.Sprintf("key-%08d", n),
					Text: "good evening to everybody, how do you keep the glaze from running?",
				}); err != nil {
					b.Error(err)
					return
				}
				delays[n] = time.Since(began)
			}
		})
	}
	all.Wait()
	slices.Sort(delays)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.ReportMetric(float64(delays[len(delays)/2].Milliseconds()), "p50-ms")
	b.ReportMetric(float64(delays[len(delays)*99/100].Milliseconds()), "p99-ms")
}
