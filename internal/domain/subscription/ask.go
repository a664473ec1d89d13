package subscription

import (
	"context"
	"errors"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
)

// How long a provider is waited for: longer where a person looks on while money
// moves, because a wish that is given up may still be granted.
const (
	askTimeout  = 30 * time.Second
	askAgainIn  = 5 * time.Second
	unavailable = "provider_unavailable"
	cannot      = "provider_cannot"
)

// ErrRefused is in what a provider answers who refuses for a reason that nobody here
// is told: for the person it did not answer, but nothing was done, nor will be.
var ErrRefused = errors.New("the provider refused")

// ask puts one question to a provider. What it refuses is a fault and comes back
// as it is. Any other trouble is one of the way there (nobody answers, too late,
// not what was asked): it becomes provider_unavailable, here and nowhere else.
func ask(ctx context.Context, limit time.Duration, question func(context.Context) error) error {
	asking, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := question(asking)
	if err == nil || fault.Of(err) != nil || ctx.Err() != nil {
		return err
	}
	return fault.New(fault.Unavailable, unavailable,
		"The payment provider does not answer right now. Please try again in a moment; nothing is charged twice.").After(askAgainIn).Because(err)
}
