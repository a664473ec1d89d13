package subscription

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// DefaultGrace is how long a right outlives its paid period while the provider
// is expected to renew it: long enough for a late payment or a lost event,
// short enough to close the door on silence.
const DefaultGrace = 72 * time.Hour

// conversion is how long a right outlives a trial that becomes paid: the provider's
// word of the first payment takes a moment, and nobody who pays is to be outside
// meanwhile.
const conversion = 10 * time.Minute

// Span is how long a right lasts.
type Span struct {
	Starts  time.Time
	Ends    time.Time
	Paid    time.Time // until when it is paid for; grace comes after
	Revoked time.Time // zero unless it was taken back
	Months  int
}

// Grant is the right that one subscription gives.
type Grant struct {
	ID      ident.Grant
	Account ident.Account
	Channel ident.Channel
	Tier    ident.Tier
	Source  string
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
	revoked, shorter := o.TakenBack(), false
	if left, less := o.covered(); less {
		revoked, shorter = time.Time{}, left.until.Before(o.PeriodEnd)
		o.PeriodEnd = left.until
	}
	g := Span{Starts: o.Started, Paid: o.PeriodEnd, Revoked: revoked, Months: o.Months}
	switch o.Status {
	case StatusEnded:
		g.Ends = o.PeriodEnd
		if !o.EndedAt.IsZero() && !(shorter && o.EndedAt.After(o.PeriodEnd)) {
			g.Ends = o.EndedAt
		}
	case StatusTrialing, StatusActive, StatusPastDue:
		g.Ends = o.PeriodEnd
		if o.Status == StatusTrialing {
			grace = min(grace, conversion)
		}
		if !o.CancelAtPeriodEnd && !o.Paused && !shorter { // else nothing more will come, so nothing can be late
			g.Ends = o.PeriodEnd.Add(grace)
		}
	default:
		return Span{}, false
	}
	if g.Ends.Before(g.Paid) {
		g.Paid = g.Ends
	}
	return g, true
}

// granted is the grant after the provider's object was read at now. Where the
// object gives no right any more, what was given ends; it does not end again
// later.
func (g Grant) granted(o Object, grace time.Duration, now time.Time) Grant {
	span, ok := GrantFor(o, grace)
	if ok {
		g.Span = span
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
		return takenBackWhy(o)
	case is.Revoked.IsZero() && !was.Revoked.IsZero() && o.Status != StatusEnded:
		return "restored"
	case o.Status == StatusEnded:
		return "ended"
	case o.Status == StatusTrialing && !known:
		return "trial"
	case o.Status != StatusActive && o.Status != StatusTrialing:
		return "payment_failed"
	case !known:
		return "paid"
	case is.Tier != was.Tier:
		return "plan_changed"
	case o.Paused && old.State != Paused:
		return "paused"
	case !o.Paused && old.State == Paused:
		return "resumed"
	case o.CancelAtPeriodEnd && !old.CancelAtPeriodEnd:
		return "cancelled"
	case !o.CancelAtPeriodEnd && old.CancelAtPeriodEnd:
		return "resumed"
	}
	return "renewed"
}

// takenBackWhy tells a dispute from a refund.
func takenBackWhy(o Object) string {
	for _, c := range o.Charges {
		if c.Dispute.State == DisputeOpen || c.Dispute.State == DisputeLost {
			return "disputed"
		}
	}
	return "refunded"
}
