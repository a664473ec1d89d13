package subscription_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// fakeProvider is a provider whose every state a test can choose.
type fakeProvider struct {
	now func() time.Time

	mu       sync.Mutex
	sessions map[ident.Checkout]*fakeSession
	subs     map[string]*subscription.Object
	owners   map[string]string // of objects that are neither
	fetches  int
	// onFetch, when set, is called with the answer before it is given.
	onFetch func(o subscription.Object) error
	// onChange, when set, is called while a change of plan is on its way.
	onChange func()
	// down, when set, is what every call answers with.
	down error
	page string // of its own to pay at; empty: it has none
}

type fakeSession struct {
	order   subscription.Order
	sub     string // empty until paid
	charge  *subscription.Charge
	expired bool
}

func newFakeProvider(now func() time.Time) *fakeProvider {
	return &fakeProvider{now: now, sessions: map[ident.Checkout]*fakeSession{}, subs: map[string]*subscription.Object{}}
}

func (p *fakeProvider) Name() string { return "fake" }

func (p *fakeProvider) OpenCheckout(_ context.Context, o subscription.Order) (subscription.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down != nil {
		return subscription.Session{}, p.down
	}
	if _, ok := p.sessions[o.Checkout]; !ok {
		p.sessions[o.Checkout] = &fakeSession{order: o}
	}
	return subscription.Session{Ref: "cs_" + string(o.Checkout), URL: p.page, RenewsAt: p.now().AddDate(0, o.Plan.Interval.Months(), 0)}, nil
}

// session must be called with the lock held.
func (p *fakeProvider) session(ref string) (*fakeSession, error) {
	if s, ok := p.sessions[ident.Checkout(ref[3:])]; ok {
		return s, p.down
	}
	return nil, fault.New(fault.Missing, "no_session", "no such session")
}

func (p *fakeProvider) FetchCheckout(_ context.Context, ref string) (subscription.Session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := p.session(ref)
	if err != nil {
		return subscription.Session{}, err
	}
	return subscription.Session{Ref: ref, Subscription: s.sub, Charge: s.charge, Expired: s.expired}, nil
}

func (p *fakeProvider) ExpireCheckout(_ context.Context, ref string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := p.session(ref)
	if err == nil && (s.sub != "" || s.charge != nil) {
		return fault.New(fault.Conflict, "checkout_paid", "paid")
	}
	if err == nil {
		s.expired = true
	}
	return err
}

func (p *fakeProvider) FetchSubscription(_ context.Context, ref string) (subscription.Object, error) {
	p.mu.Lock()
	p.fetches++
	o, ok := p.subs[ref]
	hook, down := p.onFetch, p.down
	var answer subscription.Object
	if ok {
		answer = copied(*o)
	}
	p.mu.Unlock()
	if down != nil {
		return subscription.Object{}, down
	}
	if !ok {
		return subscription.Object{}, fault.New(fault.Missing, "no_subscription", "no such subscription")
	}
	if hook != nil {
		if err := hook(answer); err != nil {
			return subscription.Object{}, err
		}
	}
	return answer, nil
}

func copied(o subscription.Object) subscription.Object {
	o.Charges = slices.Clone(o.Charges)
	for i := range o.Charges {
		o.Charges[i].Refunds = slices.Clone(o.Charges[i].Refunds)
	}
	return o
}

func (p *fakeProvider) Resolve(_ context.Context, object string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if owner, known := p.owners[object]; known {
		return owner, p.down
	}
	return object, nil
}

func (p *fakeProvider) CancelAtPeriodEnd(_ context.Context, ref string) error {
	p.change(ref, func(o *subscription.Object) { o.CancelAtPeriodEnd = true })
	return p.down
}

func (p *fakeProvider) Pause(_ context.Context, ref string) error {
	p.change(ref, func(o *subscription.Object) { o.Paused = true })
	return p.down
}

func (p *fakeProvider) Resume(_ context.Context, ref string) error {
	p.change(ref, func(o *subscription.Object) { o.CancelAtPeriodEnd, o.Paused = false, false })
	return p.down
}

func (p *fakeProvider) End(_ context.Context, ref string) error {
	p.end(ref)
	return p.down
}

func (p *fakeProvider) PreviewChange(_ context.Context, ref string, to subscription.Plan) (subscription.Proration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.subs[ref]
	due := to.Price
	due.Minor = max(to.Price.Minor-o.Plan.Price.Minor, 0)
	return subscription.Proration{Credit: o.Plan.Price, Due: due, RenewsAt: o.PeriodEnd}, p.down
}

func (p *fakeProvider) ChangeNow(ctx context.Context, ref string, to subscription.Plan, _ string) error {
	if p.onChange != nil {
		p.onChange()
	}
	due, err := p.PreviewChange(ctx, ref, to)
	if err != nil {
		return err
	}
	p.change(ref, func(o *subscription.Object) {
		from := o.Plan
		o.Plan, o.Next = to, subscription.Plan{}
		if from.Interval == to.Interval {
			p.charge(o, subscription.ChargeChange, due.Due)
			return
		}
		o.PeriodStart, o.PeriodEnd = p.now(), p.now().AddDate(0, to.Interval.Months(), 0)
		o.Months += to.Interval.Months()
		p.charge(o, subscription.ChargePeriod, due.Due)
	})
	return nil
}

func (p *fakeProvider) ChangeAtPeriodEnd(_ context.Context, ref string, to subscription.Plan) error {
	p.change(ref, func(o *subscription.Object) {
		if o.Next = to; to == o.Plan {
			o.Next = subscription.Plan{}
		}
	})
	return p.down
}

func (p *fakeProvider) Refund(_ context.Context, r subscription.Repayment) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	back := subscription.Refund{Ref: "re_" + r.Key, Amount: r.Amount.Minor, At: p.now()}
	for _, o := range p.subs {
		for i := range o.Charges {
			again := slices.ContainsFunc(o.Charges[i].Refunds, func(x subscription.Refund) bool { return x.Ref == back.Ref })
			if o.Charges[i].Ref == r.Charge && !again {
				o.Charges[i].Refunds = append(o.Charges[i].Refunds, back)
			}
		}
	}
	for _, s := range p.sessions {
		if s.charge != nil && s.charge.Ref == r.Charge {
			s.charge.Refunds = append(s.charge.Refunds, back)
		}
	}
	return p.down
}

func (p *fakeProvider) CardPage(context.Context, string, string) (string, error) { return "", p.down }

func (p *fakeProvider) EventsSince(context.Context, time.Time) ([]subscription.Event, error) {
	return nil, p.down
}

func (p *fakeProvider) change(ref string, f func(*subscription.Object)) subscription.Object {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p.subs[ref])
	return copied(*p.subs[ref])
}

func (p *fakeProvider) hook(f func(subscription.Object) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onFetch = f
}

// pay begins a subscription for a calendar month or year.
func (p *fakeProvider) pay(c ident.Checkout) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ref, now := p.sessions[c], "sub_"+string(c), p.now()
	s.sub = ref
	months := s.order.Plan.Interval.Months()
	o := &subscription.Object{
		Ref: ref, Checkout: c, Status: subscription.StatusActive, Plan: s.order.Plan, Started: now,
		PeriodStart: now, PeriodEnd: now.AddDate(0, months, 0), Months: months,
		Card: subscription.Card{Brand: "visa", Last4: "4242", Fingerprint: "fp_" + ref},
	}
	if s.order.Trial > 0 {
		o.Status, o.TrialEnd, o.Months = subscription.StatusTrialing, now.Add(s.order.Trial), 0
		o.PeriodEnd = o.TrialEnd
	} else {
		p.charge(o, subscription.ChargePeriod, o.Plan.Price)
	}
	p.subs[ref] = o
	return ref
}

// charge adds a payment of a fifth of tax for the period that o is in.
func (p *fakeProvider) charge(o *subscription.Object, kind subscription.ChargeKind, total money.Amount) {
	if total.Minor == 0 {
		return
	}
	o.Charges = append(o.Charges, subscription.Charge{
		Ref: fmt.Sprintf("ch_%s_%d", o.Ref, len(o.Charges)+1), Kind: kind, Plan: o.Plan, Total: total,
		Tax: subscription.Tax{Minor: total.Minor / 6, Rate: 2000, Country: "FR"}, Fee: 30, At: p.now(),
		PeriodStart: o.PeriodStart, PeriodEnd: o.PeriodEnd,
	})
}

// renew is a paid further period.
func (p *fakeProvider) renew(ref string) { p.change(ref, p.renewed) }

func (p *fakeProvider) renewed(o *subscription.Object) {
	if (o.Next != subscription.Plan{}) {
		o.Plan, o.Next = o.Next, subscription.Plan{}
	}
	o.Status, o.PeriodStart = subscription.StatusActive, o.PeriodEnd
	o.PeriodEnd = o.PeriodEnd.AddDate(0, o.Plan.Interval.Months(), 0)
	o.Months += o.Plan.Interval.Months()
	p.charge(o, subscription.ChargePeriod, o.Plan.Price)
}

// dispute takes the last payment back until it is settled.
func dispute(o *subscription.Object, at time.Time) {
	if n := len(o.Charges); n > 0 && o.Charges[n-1].Dispute.State == subscription.DisputeNone {
		o.Charges[n-1].Dispute = subscription.Dispute{Ref: "dp_" + o.Charges[n-1].Ref, State: subscription.DisputeOpen, At: at}
	}
}

// settle ends the open disputes.
func settle(o *subscription.Object, as subscription.DisputeState, at time.Time) {
	for i := range o.Charges {
		if d := &o.Charges[i].Dispute; d.State == subscription.DisputeOpen {
			d.State, d.Closed = as, at
		}
	}
}

func (p *fakeProvider) end(ref string) {
	p.change(ref, func(o *subscription.Object) { o.Status, o.EndedAt = subscription.StatusEnded, p.now() })
}
