package poll_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// BenchmarkVotes has 2,000 subscribers change their vote, 1,000 of them at a time,
// each waiting for the answer before they vote again.
func BenchmarkVotes(b *testing.B) {
	s := newStage(b)
	p := s.asks(s.inside(), nil)
	people := make([]ident.Account, 2000)
	for i := range people {
		people[i] = s.Subscriber(s.channel, s.Person(fmt.Sprint("P", i)), 1)
	}
	var next atomic.Int64
	delays := make([]time.Duration, b.N)
	b.ResetTimer()
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				began := time.Now()
				if err := s.votes(people[i%len(people)], p, i%3); err != nil {
					b.Error(err)
					return
				}
				delays[i] = time.Since(began)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(delays)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "votes/s")
	b.ReportMetric(float64(delays[len(delays)*99/100].Milliseconds()), "p99-ms")
	s.closes(p)
}
