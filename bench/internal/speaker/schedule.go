package speaker

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/bench/internal/chatter"
)

// Recital is lines said at a steady rate.
type Recital struct {
	Lines *chatter.Lines
	First int64 // the number of the first line
	Count int
	Rate  float64 // per second
	Say   func(id int64, at time.Time, line string) error
}

// Perform says all lines at their times and returns when the last was sent. A
// line that is late is sent at once, with the time it was due.
func (r Recital) Perform(ctx context.Context) error {
	began := time.Now()
	wait := time.NewTimer(0)
	defer wait.Stop()
	for i := range r.Count {
		due := began.Add(time.Duration(float64(i) / r.Rate * float64(time.Second)))
		if d := time.Until(due); d > 0 {
			wait.Reset(d)
			select {
			case <-wait.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := r.Say(r.First+int64(i), due, r.Lines.Next()); err != nil {
			return err
		}
	}
	return nil
}
