package subscription

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// DefaultGrace is how long a right outlives its paid period while the provider
// is expected to renew it: long enough for a late payment or a lost event,
// short enough to close the door on silence.
const DefaultGrace = 72 * time.Hour

// Span is how long a right lasts.
type Span struct {
	Starts  time.Time
	Ends    time.Time
	Revoked time.Time // zero unless it was taken back
	Months  int
}

// Grant is the right that one subscription gives.
type Grant struct {
	ID      ident.Grant
	Account ident.Account
	Channel ident.Channel
	Tier    ident.Tier
	Span
}

// GrantSource names grants that come of subscriptions.
const GrantSource = "subscription"

// GrantFor says which right a provider's object gives; false when it gives none.
// It is pure: the same object gives the same right whenever and wherever it is
// read, which is what makes doubled and disordered events harmless.
func GrantFor(o Object, grace time.Duration) (Span, bool) {
	if o.Started.IsZero() || o.PeriodEnd.IsZero() {
		return Span{}, false
	}
	g := Span{Starts: o.Started, Revoked: o.DisputedAt, Months: o.Months}
	switch {
	case o.Status == StatusEnded && !o.EndedAt.IsZero():
		g.Ends = o.EndedAt
	case o.Status == StatusEnded:
		g.Ends = o.PeriodEnd
	case o.Status != StatusActive && o.Status != StatusPastDue:
		return Span{}, false
	case o.CancelAtPeriodEnd:
		g.Ends = o.PeriodEnd // nothing more will come, so nothing can be late
	default:
		g.Ends = o.PeriodEnd.Add(grace)
	}
	return g, true
}

// granted is the grant after the provider's object was read at now. Where the
// object gives no right any more, what was given ends; it does not end again
// later.
func (g Grant) granted(o Object, grace time.Duration, before int, now time.Time) Grant {
	span, ok := GrantFor(o, grace)
	if ok {
		g.Span = span
		g.Months += before
		return g
	}
	if now.Before(g.Ends) {
		g.Ends = now
	}
	return g
}

// why names the change for the channel's log.
func why(old Subscription, known bool, o Object, was, is Grant) string {
	switch {
	case !is.Revoked.IsZero() && was.Revoked.IsZero():
		return "disputed"
	case o.Status == StatusEnded:
		return "ended"
	case o.Status != StatusActive:
		return "payment_failed"
	case !known:
		return "paid"
	case o.CancelAtPeriodEnd && !old.CancelAtPeriodEnd:
		return "cancelled"
	case !o.CancelAtPeriodEnd && old.CancelAtPeriodEnd:
		return "resumed"
	}
	return "renewed"
}
