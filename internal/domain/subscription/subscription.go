// Package subscription sells the way into a Sub Space, month by month.
//
// Owns: tiers and their price, checkouts, subscriptions as providers report
// them, the inbox of provider events, and the one rule (GrantFor) that turns a
// provider's object into a right. Promises: a right follows from what the
// provider says now and never from what an event claims, so that events may
// come twice, in any order or not at all; a state and the events that tell of
// it commit together; applying the same state again changes nothing; when no
// news comes, the door closes by the clock. Does not do: charging (a Provider
// does), verifying signatures, deciding at the doors (package access reads the
// grants).
package subscription

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/access"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
)

// State is where a subscription stands.
type State string

// The states. Ended is for ever; who comes back buys a new one.
const (
	Trialing State = "trialing"
	Active   State = "active"
	PastDue  State = "past_due"
	Paused   State = "paused"
	Ended    State = "ended"
)

// Subscription is one person paying for one channel, as its provider last said.
type Subscription struct {
	ID       ident.Subscription
	Account  ident.Account
	Channel  ident.Channel
	Provider string
	Ref      string // the provider's name for it
	Grant    ident.Grant

	State             State
	Plan              Plan // agreed at the checkout or by a change; a new price of the tier leaves it alone
	Next              Plan // what follows at the period's end, when it is another plan
	CancelAtPeriodEnd bool
	Started           time.Time
	TrialEnd          time.Time // zero when there was no trial
	PeriodStart       time.Time
	PeriodEnd         time.Time
	EndedAt           time.Time // zero while it runs
	Months            int       // paid for within this subscription; twelve for each year
	MonthsBefore      int       // within earlier ones: a pause costs no tenure
	CardBrand         string
	CardLast4         string
	// Refused says why we ended what the provider had begun; empty: we did not.
	Refused string
}

// Tenure is how many months the person has paid for on the channel in all.
func (s Subscription) Tenure() int { return s.MonthsBefore + s.Months }

// TenureAt is how many of those months have begun at now: what is paid ahead
// counts as it begins, for its owner as for everybody else.
func (s Subscription) TenureAt(now time.Time) int {
	paid := s.PeriodEnd
	if !s.EndedAt.IsZero() && s.EndedAt.Before(paid) {
		paid = s.EndedAt
	}
	return access.Facts{Grants: []access.Grant{{Paid: paid, Months: s.Tenure()}}}.Tenure(now)
}

// after is s as the provider's object says. An object from before plans were
// told keeps the plan that s has.
func (s Subscription) after(o Object) Subscription {
	s.CancelAtPeriodEnd = o.CancelAtPeriodEnd
	s.TrialEnd, s.PeriodStart, s.PeriodEnd, s.EndedAt = o.TrialEnd, o.PeriodStart, o.PeriodEnd, o.EndedAt
	s.Months, s.Next = o.Months, o.Next
	s.CardBrand, s.CardLast4 = o.Card.Brand, o.Card.Last4
	if o.Plan.Tier != "" {
		s.Plan = o.Plan
	}
	switch {
	case o.Status == StatusEnded:
		s.State = Ended
	case o.Paused:
		s.State = Paused
	case o.Status == StatusTrialing:
		s.State = Trialing
	case o.Status == StatusActive:
		s.State = Active
	default:
		s.State = PastDue // alive at the provider, and it does not pay
	}
	return s
}

// Owned is a subscription with what its owner is shown beside it.
type Owned struct {
	Subscription
	Handle      string
	Title       string
	TierName    string
	NextTier    string    // the name of the tier of Next; empty when there is none
	AccessUntil time.Time // when the door closes without further payment; zero when it never opened
	// Reduced says that the right is of another tier than the plan's, because a part
	// of what paid for the period that runs was taken back.
	Reduced bool
}

func errMissing() *fault.Fault {
	return fault.New(fault.Missing, "subscription_missing", "You have no such subscription.")
}

func errEnded() *fault.Fault {
	return fault.New(fault.Conflict, "subscription_ended", "This subscription has already ended.")
}
