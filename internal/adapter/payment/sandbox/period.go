package sandbox

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// Period is how long the sandbox's month is; zero is a calendar month.
type Period time.Duration

// After returns the end of the nth period from start. Calendar months keep the
// day of the start and fall on a shorter month's last day: 31 January, 28
// February, 31 March.
func (p Period) After(start time.Time, n int) time.Time {
	if p > 0 {
		return start.Add(time.Duration(n) * time.Duration(p))
	}
	year, month, day := start.Date()
	first := time.Date(year, month+time.Month(n), 1, 0, 0, 0, 0, start.Location())
	last := first.AddDate(0, 1, -1).Day()
	hour, minute, second := start.Clock()
	return time.Date(first.Year(), first.Month(), min(day, last), hour, minute, second, start.Nanosecond(), start.Location())
}

// due is when the clock next changes sub; zero for never.
func due(sub subscription.SandboxSubscription) time.Time {
	switch {
	case sub.Status == subscription.StatusEnded:
		return time.Time{}
	case !sub.Disputes.IsZero() && sub.Disputes.Before(sub.PeriodEnd):
		return sub.Disputes
	}
	return sub.PeriodEnd
}

// advance is sub as it stands at now, and the events that happened on the way.
// It is pure: whichever node does it, and however late, the outcome is the same.
func advance(sub subscription.SandboxSubscription, p Period, now time.Time) (subscription.SandboxSubscription, []string) {
	var kinds []string
	for at := due(sub); !at.IsZero() && !now.Before(at); at = due(sub) {
		switch {
		case at.Equal(sub.Disputes):
			// the money is back with the buyer, so the seller ends the contract
			sub.DisputedAt, sub.EndedAt, sub.Status = at, at, subscription.StatusEnded
			kinds = append(kinds, kindDisputed, kindDeleted)
		case sub.CancelAtPeriodEnd:
			sub.EndedAt, sub.Status = at, subscription.StatusEnded
			kinds = append(kinds, kindDeleted)
		default:
			sub.Months++
			sub.PeriodStart, sub.PeriodEnd = at, p.After(sub.Started, sub.Months)
			kinds = []string{kindUpdated, kindPaid} // of periods slept through, the last one tells
		}
	}
	sub.Due = due(sub)
	return sub, kinds
}
