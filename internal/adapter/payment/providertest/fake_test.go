package providertest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/subspace-live/subspace/internal/adapter/payment/providertest"
	"github.com/subspace-live/subspace/internal/adapter/store/storetest"
	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// fake is the least that a provider can be: some maps, and a list of events.
type fake struct {
	now      func() time.Time
	sessions map[string]*session
	subs     map[string]*subscription.Object
	keys     map[string]bool
	events   []made
}

type session struct {
	subscription.Session
	order subscription.Order
}

type made struct {
	at time.Time
	subscription.Event
}

func faked(t *testing.T, w *storetest.World) providertest.Outside {
	f := &fake{now: w.Clock.Now, sessions: map[string]*session{}, subs: map[string]*subscription.Object{}, keys: map[string]bool{}}
	return providertest.Outside{
		Provider: f,
		Pay:      func(_ *subscription.Service, c subscription.Checkout) error { return f.pay(c.Ref) },
		Renew:    f.renew,
		End: func(ref string) {
			if err := f.End(t.Context(), ref); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func (f *fake) Name() string { return "fake" }

func (f *fake) OpenCheckout(_ context.Context, o subscription.Order) (subscription.Session, error) {
	ref := "cs_" + string(o.Checkout)
	if f.sessions[ref] == nil {
		f.sessions[ref] = &session{subscription.Session{Ref: ref, RenewsAt: f.now().AddDate(0, o.Plan.Interval.Months(), 0)}, o}
	}
	return f.sessions[ref].Session, nil
}

func (f *fake) FetchCheckout(_ context.Context, ref string) (subscription.Session, error) {
	s := f.sessions[ref]
	if s == nil {
		return subscription.Session{}, errNothing()
	}
	out := s.Session
	out.Expired = s.Expired || (!s.paid() && !f.now().Before(s.order.Expires))
	return out, nil
}

func (s *session) paid() bool { return s.Subscription != "" || s.Charge != nil }

func (f *fake) ExpireCheckout(_ context.Context, ref string) error {
	s := f.sessions[ref]
	switch {
	case s == nil:
		return errNothing()
	case s.paid():
		return fault.New(fault.Conflict, "checkout_paid", "paid")
	}
	s.Expired = true
	return nil
}

func (f *fake) pay(ref string) error {
	s := f.sessions[ref]
	if s.Expired || !f.now().Before(s.order.Expires) {
		return fault.New(fault.Conflict, "checkout_expired", "expired")
	}
	if s.order.Purpose == subscription.ForGift {
		total, err := s.order.Plan.Price.Mul(int64(s.order.Quantity))
		s.Charge = &subscription.Charge{Ref: "ch_" + ref, Kind: subscription.ChargeGift, Plan: s.order.Plan, Total: total, At: f.now()}
		f.tell(subscription.CheckoutObject(ref), false)
		return err
	}
	s.Subscription = "sub_" + ref
	o := &subscription.Object{
		Ref: s.Subscription, Checkout: s.order.Checkout, Status: subscription.StatusActive, Plan: s.order.Plan, Started: f.now(), PeriodEnd: f.now(),
	}
	f.subs[o.Ref] = o
	f.bill(o)
	return nil
}

// bill begins the period after the one that was paid.
func (f *fake) bill(o *subscription.Object) {
	if (o.Next != subscription.Plan{}) {
		o.Plan, o.Next = o.Next, subscription.Plan{}
	}
	o.Months += o.Plan.Interval.Months()
	o.PeriodStart, o.PeriodEnd = o.PeriodEnd, o.Started.AddDate(0, o.Months, 0)
	f.charge(o, subscription.ChargePeriod, o.Plan.Price)
}

func (f *fake) charge(o *subscription.Object, kind subscription.ChargeKind, total money.Amount) {
	o.Charges = append(o.Charges, subscription.Charge{
		Ref: fmt.Sprintf("ch_%s_%d", o.Ref, len(o.Charges)), Kind: kind, Plan: o.Plan, Total: total, At: f.now(), PeriodStart: o.PeriodStart, PeriodEnd: o.PeriodEnd,
	})
	f.tell(o.Ref, false)
}

func (f *fake) renew(ref string) { f.bill(f.subs[ref]) }

func (f *fake) tell(object string, terminal bool) {
	f.events = append(f.events, made{f.now(), subscription.Event{
		Provider: "fake", ID: fmt.Sprint("evt_", len(f.events)), Kind: "changed", Object: object, Terminal: terminal,
	}})
}

func (f *fake) FetchSubscription(_ context.Context, ref string) (subscription.Object, error) {
	if f.subs[ref] == nil {
		return subscription.Object{}, errNothing()
	}
	o := *f.subs[ref]
	o.Charges = slices.Clone(o.Charges)
	for i := range o.Charges {
		o.Charges[i].Refunds = slices.Clone(o.Charges[i].Refunds)
	}
	return o, nil
}

func (f *fake) change(ref string, terminal bool, do func(o *subscription.Object)) error {
	if f.subs[ref] == nil {
		return errNothing()
	}
	do(f.subs[ref])
	f.tell(ref, terminal)
	return nil
}

func (f *fake) CancelAtPeriodEnd(_ context.Context, ref string) error {
	return f.change(ref, false, func(o *subscription.Object) { o.CancelAtPeriodEnd = true })
}

func (f *fake) Pause(_ context.Context, ref string) error {
	return f.change(ref, false, func(o *subscription.Object) { o.Paused = true })
}

func (f *fake) Resume(_ context.Context, ref string) error {
	return f.change(ref, false, func(o *subscription.Object) { o.CancelAtPeriodEnd, o.Paused = false, false })
}

func (f *fake) End(_ context.Context, ref string) error {
	return f.change(ref, true, func(o *subscription.Object) { o.Status, o.EndedAt = subscription.StatusEnded, f.now() })
}

func (f *fake) PreviewChange(_ context.Context, ref string, to subscription.Plan) (subscription.Proration, error) {
	o := f.subs[ref]
	p := subscription.Proration{Credit: o.Plan.Price, Due: to.Price, RenewsAt: o.PeriodEnd}
	p.Due.Minor = max(to.Price.Minor-o.Plan.Price.Minor, 0)
	return p, nil
}

func (f *fake) ChangeNow(ctx context.Context, ref string, to subscription.Plan, key string) error {
	if f.keys[key] {
		return nil
	}
	p, err := f.PreviewChange(ctx, ref, to)
	if err != nil {
		return err
	}
	f.keys[key] = true
	return f.change(ref, false, func(o *subscription.Object) {
		o.Plan, o.Next = to, subscription.Plan{}
		f.charge(o, subscription.ChargeChange, p.Due)
	})
}

func (f *fake) ChangeAtPeriodEnd(_ context.Context, ref string, to subscription.Plan) error {
	return f.change(ref, false, func(o *subscription.Object) {
		if o.Next = to; to == o.Plan {
			o.Next = subscription.Plan{}
		}
	})
}

func (f *fake) Refund(_ context.Context, r subscription.Repayment) error {
	back := func(c *subscription.Charge, object string) {
		if !f.keys[r.Key] {
			f.keys[r.Key] = true
			c.Refunds = append(c.Refunds, subscription.Refund{Ref: "re_" + r.Key, Amount: r.Amount.Minor, At: f.now()})
			f.tell(object, true)
		}
	}
	for _, o := range f.subs {
		for i := range o.Charges {
			if o.Charges[i].Ref == r.Charge {
				back(&o.Charges[i], o.Ref)
				return nil
			}
		}
	}
	for ref, s := range f.sessions {
		if s.Charge != nil && s.Charge.Ref == r.Charge {
			back(s.Charge, subscription.CheckoutObject(ref))
			return nil
		}
	}
	return errNothing()
}

func (f *fake) CardPage(context.Context, string, string) (string, error) { return "", nil }

func (f *fake) EventsSince(_ context.Context, since time.Time) (out []subscription.Event, err error) {
	for _, e := range f.events {
		if e.at.After(since) {
			out = append(out, e.Event)
		}
	}
	return out, nil
}

func errNothing() *fault.Fault { return fault.New(fault.Missing, "nothing", "there is no such thing") }
