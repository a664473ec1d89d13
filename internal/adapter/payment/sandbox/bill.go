package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// How often a charge that failed is tried again before the sandbox gives up and
// ends the subscription, and how long it waits in between, in periods of a day.
const retriesMax = 3

// rules is what billing depends on besides the subscription itself.
type rules struct {
	period       Period
	disputeAfter time.Duration
	retryEvery   time.Duration
}

// sub is a subscription while it is billed. All of it is pure: whichever node
// does it, and however late, the outcome is the same.
type sub = subscription.SandboxSubscription

// due is when the clock next changes s; zero for never.
func (r rules) due(s sub) time.Time {
	if s.Status == subscription.StatusEnded {
		return earliest(s.Disputes, s.Settles)
	}
	next := earliest(s.Disputes, s.Settles)
	switch {
	case s.Status == subscription.StatusPastDue:
		return earliest(next, s.Retry)
	case s.Paused && !s.CancelAtPeriodEnd:
		return next
	}
	return earliest(next, s.PeriodEnd)
}

func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// advance is s as it stands at now, and the events that happened on the way.
func (r rules) advance(s sub, now time.Time) (sub, []string) {
	s = owned(s)
	var kinds []string
	for at := r.due(s); !at.IsZero() && !now.Before(at); at = r.due(s) {
		var happened []string
		switch {
		case at.Equal(s.Disputes):
			s, happened = r.dispute(s, at)
		case at.Equal(s.Settles):
			s, happened = r.decide(s, at)
		case s.CancelAtPeriodEnd:
			s.EndedAt, s.Status = at, subscription.StatusEnded
			happened = []string{kindDeleted}
		default:
			s, happened = r.bill(s, at)
		}
		for _, kind := range happened { // of periods slept through, the last one tells
			if i := slices.Index(kinds, kind); i >= 0 {
				kinds = slices.Delete(kinds, i, i+1)
			}
			kinds = append(kinds, kind)
		}
	}
	s.Due = r.due(s)
	return s, kinds
}

// owned is s with slices of its own.
func owned(s sub) sub {
	s.Charges = slices.Clone(s.Charges)
	for i := range s.Charges {
		s.Charges[i].Refunds = slices.Clone(s.Charges[i].Refunds)
	}
	s.Keys = slices.Clone(s.Keys)
	return s
}

// bill charges the next period at its beginning, or tries again.
func (r rules) bill(s sub, at time.Time) (sub, []string) {
	if (s.Next != subscription.Plan{}) {
		s.Anchor, s.Counted = s.PeriodEnd, 0
		s.Plan, s.Next = s.Next, subscription.Plan{}
	}
	if s.Behaviour == declinesLater {
		if s.Retries == retriesMax {
			s.Status, s.EndedAt, s.Retry = subscription.StatusEnded, at, time.Time{}
			return s, []string{kindFailed, kindDeleted}
		}
		s.Retries++
		s.Status, s.Retry = subscription.StatusPastDue, at.Add(r.retryEvery)
		return s, []string{kindUpdated, kindFailed}
	}
	return r.begin(s, s.PeriodEnd, at), []string{kindUpdated, kindPaid}
}

// begin is s with the period from start on paid at the given moment.
func (r rules) begin(s sub, start, at time.Time) sub {
	months := s.Plan.Interval.Months()
	s.Counted += months
	s.Months += months
	s.PeriodStart, s.PeriodEnd = start, r.period.After(s.Anchor, s.Counted)
	s.Status, s.Retries, s.Retry = subscription.StatusActive, 0, time.Time{}
	return r.charged(s, subscription.ChargePeriod, s.Plan.Price, at)
}

// charged is s with one more charge. Its name follows from the subscription's,
// so that two nodes that bill the same period name it the same.
func (r rules) charged(s sub, kind subscription.ChargeKind, total money.Amount, at time.Time) sub {
	if total.Minor <= 0 {
		return s
	}
	s.Charges = append(s.Charges, subscription.Charge{
		Ref: fmt.Sprintf("ch_%s_%d", strings.TrimPrefix(s.Ref, "sub_"), len(s.Charges)+1), Kind: kind, Plan: s.Plan, Total: total,
		Tax: taxIn(total.Minor, s.Country), Fee: fee(total.Minor), At: at, Card: s.Card,
		PeriodStart: s.PeriodStart, PeriodEnd: s.PeriodEnd,
	})
	if s.Disputes.IsZero() && len(s.Charges) == 1 && (s.Behaviour == disputesLost || s.Behaviour == disputesWon) {
		s.Disputes = at.Add(r.disputeAfter)
	}
	return s
}

// dispute takes the last charge away until it is decided.
func (r rules) dispute(s sub, at time.Time) (sub, []string) {
	s.Disputes = time.Time{}
	c := &s.Charges[len(s.Charges)-1]
	c.Dispute = subscription.Dispute{Ref: "dp_" + strings.TrimPrefix(c.Ref, "ch_"), State: subscription.DisputeOpen, At: at}
	s.Settles = at.Add(r.disputeAfter)
	return s, []string{kindDisputed}
}

// decide ends the open dispute. Of one that is lost, the seller ends the
// contract too.
func (r rules) decide(s sub, at time.Time) (sub, []string) {
	s.Settles = time.Time{}
	for i := range s.Charges {
		d := &s.Charges[i].Dispute
		if d.State != subscription.DisputeOpen {
			continue
		}
		if d.Closed = at; s.Behaviour == disputesWon {
			d.State = subscription.DisputeWon
			continue
		}
		d.State = subscription.DisputeLost
		if s.Status != subscription.StatusEnded {
			s.Status, s.EndedAt = subscription.StatusEnded, at
			return s, []string{kindDisputeClosed, kindDeleted}
		}
	}
	return s, []string{kindDisputeClosed}
}
