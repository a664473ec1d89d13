package subscription_test

import (
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/domain/subscription"
)

func TestGrantFor(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 5, 1+n, 12, 0, 0, 0, time.UTC) }
	paid := func(change func(*subscription.Object)) subscription.Object {
		o := subscription.Object{
			Ref: "sub", Checkout: "c", Status: subscription.StatusActive,
			Started: day(0), PeriodStart: day(0), PeriodEnd: day(30), Months: 4,
		}
		change(&o)
		return o
	}
	late := day(30).Add(grace)
	for name, c := range map[string]struct {
		object subscription.Object
		want   *subscription.Span
	}{
		"active renewing outlives its period by the grace": {
			paid(func(*subscription.Object) {}), &subscription.Span{Starts: day(0), Ends: late, Paid: day(30), Months: 4},
		},
		"cancelled ends with its period to the second": {
			paid(func(o *subscription.Object) { o.CancelAtPeriodEnd = true }), &subscription.Span{Starts: day(0), Ends: day(30), Paid: day(30), Months: 4},
		},
		"a trial that becomes paid outlives itself by the word of it": {
			paid(func(o *subscription.Object) { o.Status = subscription.StatusTrialing }),
			&subscription.Span{Starts: day(0), Ends: day(30).Add(10 * time.Minute), Paid: day(30), Months: 4},
		},
		"a trial that was cancelled ends to the second": {
			paid(func(o *subscription.Object) { o.Status, o.CancelAtPeriodEnd = subscription.StatusTrialing, true }),
			&subscription.Span{Starts: day(0), Ends: day(30), Paid: day(30), Months: 4},
		},
		"past due keeps the grace": {
			paid(func(o *subscription.Object) { o.Status = subscription.StatusPastDue }),
			&subscription.Span{Starts: day(0), Ends: late, Paid: day(30), Months: 4},
		},
		"cancelled while past due gives no free days": {
			paid(func(o *subscription.Object) { o.Status, o.CancelAtPeriodEnd = subscription.StatusPastDue, true }),
			&subscription.Span{Starts: day(0), Ends: day(30), Paid: day(30), Months: 4},
		},
		"ended ends when it ended": {
			paid(func(o *subscription.Object) { o.Status, o.EndedAt = subscription.StatusEnded, day(7) }),
			&subscription.Span{Starts: day(0), Ends: day(7), Paid: day(7), Months: 4},
		},
		"ended without a moment ends with its period": {
			paid(func(o *subscription.Object) { o.Status = subscription.StatusEnded }),
			&subscription.Span{Starts: day(0), Ends: day(30), Paid: day(30), Months: 4},
		},
		"a dispute revokes at its moment": {
			paid(func(o *subscription.Object) {
				o.Charges = []subscription.Charge{{Ref: "c", Kind: subscription.ChargePeriod, PeriodEnd: day(30), Dispute: subscription.Dispute{State: subscription.DisputeOpen, At: day(2)}}}
			}),
			&subscription.Span{Starts: day(0), Ends: late, Paid: day(30), Revoked: day(2), Months: 4},
		},
		"incomplete gives nothing": {paid(func(o *subscription.Object) { o.Status = subscription.StatusIncomplete }), nil},
		"unknown gives nothing":    {paid(func(o *subscription.Object) { o.Status = subscription.StatusUnknown }), nil},
		"a word of tomorrow gives nothing": {
			paid(func(o *subscription.Object) { o.Status = "hibernating" }), nil,
		},
		"without a period gives nothing": {paid(func(o *subscription.Object) { o.PeriodEnd = time.Time{} }), nil},
		"the zero object gives nothing":  {subscription.Object{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := subscription.GrantFor(c.object, grace)
			if ok != (c.want != nil) || (ok && got != *c.want) {
				t.Errorf("got %+v, %v; want %+v", got, ok, c.want)
			}
		})
	}
}
