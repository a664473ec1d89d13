package sandbox

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// forwardMax is how far one call may go.
const forwardMax = 3 * 366 * 24 * time.Hour

// Forward lets time pass for one subscription: what lies ahead of it comes
// nearer by d, and what has come by then happens. Moving the subscription's
// times back instead of the clock leaves everybody else alone.
func (s *Sandbox) Forward(ctx context.Context, ref string, d time.Duration) error {
	if d <= 0 || d > forwardMax {
		return fault.New(fault.Invalid, "forward_invalid", "Time passes forward, and at most three years at once.")
	}
	d = d.Truncate(time.Millisecond)
	return s.change(ctx, ref, func(x sub) (sub, []string, error) {
		x, kinds := s.rules().advance(back(owned(x), d), s.moment())
		return x, append(kinds, kindUpdated), nil
	})
}

// back is x with all its times earlier by d.
func back(x sub, d time.Duration) sub {
	earlier(d, &x.Started, &x.TrialEnd, &x.PeriodStart, &x.PeriodEnd, &x.EndedAt, &x.Anchor, &x.Retry, &x.Disputes, &x.Settles)
	for i := range x.Charges {
		c := &x.Charges[i]
		earlier(d, &c.At, &c.PeriodStart, &c.PeriodEnd, &c.Dispute.At, &c.Dispute.Closed)
		for j := range c.Refunds {
			earlier(d, &c.Refunds[j].At)
		}
	}
	return x
}

func earlier(d time.Duration, times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = t.Add(-d)
		}
	}
}

var _ subscription.Provider = (*Sandbox)(nil)
