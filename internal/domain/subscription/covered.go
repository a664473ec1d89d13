package subscription

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
)

// cover is what payments that stand pay for.
type cover struct {
	tier  ident.Tier
	until time.Time
}

// covered says what is still paid for of the period that runs when a part of it
// was taken back: without the difference to a dearer plan it is the plan before;
// without the payment for a longer period that took the place of one which is paid,
// it is that one, to its end. False when nothing was taken back, or nothing is left.
func (o Object) covered() (cover, bool) {
	base := o.paysPeriod()
	if base < 0 {
		return cover{}, false
	}
	lost := o.Charges[base].TakenBack()
	if lost.IsZero() {
		tier, broken := o.chain(base)
		return cover{tier, o.PeriodEnd}, broken
	}
	for i := base - 1; i >= 0; i-- {
		c := o.Charges[i]
		if c.Kind != ChargePeriod {
			continue
		}
		if !c.TakenBack().IsZero() || !c.PeriodEnd.After(o.Charges[base].PeriodStart) {
			break // it is over where the other begins
		}
		tier, _ := o.chain(i)
		return cover{tier, c.PeriodEnd}, true
	}
	return cover{}, false
}

// paysPeriod is the place of the payment for the period that runs; below zero when
// there is none.
func (o Object) paysPeriod() int {
	for i := len(o.Charges) - 1; i >= 0; i-- {
		if c := o.Charges[i]; c.Kind == ChargePeriod && c.PeriodEnd.Equal(o.PeriodEnd) {
			return i
		}
	}
	return -1
}

// chain follows the changes within a period from its payment on: each paid the
// difference to the plan before it, so that one which was taken back takes those
// after it along.
func (o Object) chain(base int) (tier ident.Tier, broken bool) {
	tier = o.Charges[base].Plan.Tier
	for _, c := range o.Charges[base+1:] {
		if c.Kind != ChargeChange {
			break
		}
		if !c.TakenBack().IsZero() {
			return tier, true
		}
		tier = c.Plan.Tier
	}
	return tier, false
}

// TierFor says of which tier the right is that o gives, when its plan is of tier. It
// is pure, as GrantFor is.
func TierFor(o Object, tier ident.Tier) ident.Tier {
	if left, less := o.covered(); less && left.tier != "" {
		return left.tier
	}
	return tier
}

// fell reports whether a part of the period that runs was taken back: what is left
// of it is no credit for another plan, whatever the provider counts.
func (s Subscription) fell(sales []Sale) bool {
	for _, x := range sales {
		within := x.PeriodEnd.Equal(s.PeriodEnd)
		if x.Kind == ChargeChange {
			within = !x.At.Before(s.PeriodStart)
		}
		if within && !x.takenBack().IsZero() {
			return true
		}
	}
	return false
}
