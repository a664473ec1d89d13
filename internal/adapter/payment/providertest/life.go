package providertest

import (
	"time"

	"github.com/subspace-live/subspace/internal/domain/fault"
	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/subscription"
)

// life is a subscription from its checkout over cancelling, resuming, pausing
// and two renewals to the end of what was paid.
func life(s *stage) {
	by, ctx := s.Person("Subscriber"), s.Context()
	c := s.checkout(by)
	s.stands("with an open checkout", by, right{})
	s.must(s.Pay(s.service, c))
	s.stands("paid, and nobody told yet", by, right{})
	s.deliver()
	inside := right{inside: true, until: s.month(1).Add(grace), tier: s.low.ID, tenure: 1, state: subscription.Active}
	s.stands("told", by, inside)
	s.deliver()
	s.stands("told again", by, inside)
	list, err := s.service.List(ctx, by)
	s.must(err)
	if c, err = s.service.CheckoutByID(ctx, by, c.ID); err != nil || c.State != subscription.CheckoutComplete || len(list) != 1 {
		s.Fatalf("the checkout is %+v of %d subscriptions, %v", c, len(list), err)
	}
	id, ref := list[0].ID, list[0].Ref

	kept := inside
	kept.until = s.month(1)
	if s.can(Cancel, by, func() error { _, err := s.service.Cancel(ctx, by, id); return err }) {
		s.stands("cancelled", by, kept)
		s.deliver()
		s.stands("cancelled, and told", by, kept)
		_, err = s.service.Resume(ctx, by, id)
		s.must(err)
		s.stands("resumed", by, inside)
	}
	paused := kept
	paused.state = subscription.Paused
	if s.can(Pause, by, func() error { _, err := s.service.Pause(ctx, by, id); return err }) {
		s.stands("paused", by, paused)
		_, err = s.service.Resume(ctx, by, id)
		s.must(err)
		s.stands("resumed after a pause", by, inside)
	}
	for n := 1; n <= 2; n++ {
		s.to(s.month(n))
		s.stands("at the end of a period", by, inside)
		s.Renew(ref)
		s.stands("renewed, and nobody told yet", by, inside)
		s.deliver()
		inside.until, inside.tenure = s.month(n+1).Add(grace), n+1
		s.stands("renewed", by, inside)
	}
	if s.can(Cancel, by, func() error { _, err := s.service.Cancel(ctx, by, id); return err }) {
		inside.until = s.month(3)
	}
	s.to(inside.until.Add(-time.Millisecond))
	s.stands("a moment before the end", by, inside)
	s.Advance(time.Millisecond)
	inside.inside = false
	s.stands("at the end", by, inside)
}

// plans changes to a dearer plan at once, and back at the period's end.
func plans(s *stage) {
	by, ctx := s.Person("Subscriber"), s.Context()
	ref := s.subscribe(by)
	list, err := s.service.List(ctx, by)
	s.must(err)
	id := list[0].ID
	s.Advance(10 * 24 * time.Hour)
	inside := right{inside: true, until: s.month(1).Add(grace), tier: s.low.ID, tenure: 1, state: subscription.Active}
	var most int64
	if !s.can(Change, by, func() error {
		p, err := s.service.PreviewChange(ctx, by, id, s.gold.ID, subscription.Month)
		if most = p.Proration.Due.Minor; err == nil && (!p.Now || most <= 0 || most > 500) {
			s.Errorf("to a dearer plan: %+v", p)
		}
		return err
	}) {
		s.refuses(s.Provider.ChangeNow(ctx, ref, list[0].Plan, "key"), "provider_cannot")
		s.refuses(s.Provider.ChangeAtPeriodEnd(ctx, ref, list[0].Plan), "provider_cannot")
		s.deliver()
		s.stands("after all was refused", by, inside)
		return
	}
	for range 2 { // the same key charges once
		_, err = s.service.Change(ctx, by, id, s.gold.ID, subscription.Month, most, "up")
		if err != nil {
			s.refuses(err, "same_plan")
		}
	}
	inside.tier = s.gold.ID
	s.stands("on the dearer plan", by, inside)
	s.deliver()
	s.stands("on the dearer plan, and told", by, inside)
	_, err = s.service.Change(ctx, by, id, s.low.ID, subscription.Month, 0, "down")
	s.must(err)
	s.stands("with a cheaper plan to come", by, inside)
	s.to(s.month(1))
	s.Renew(ref)
	s.deliver()
	inside.tier, inside.until, inside.tenure = s.low.ID, s.month(2).Add(grace), 2
	s.stands("on the cheaper plan", by, inside)
}

// moneyBack pays a part back, which changes nothing, and then all, which closes
// the door; the next payment opens it again.
func moneyBack(s *stage) {
	by, ctx := s.Person("Subscriber"), s.Context()
	ref := s.subscribe(by)
	inside := right{inside: true, until: s.month(1).Add(grace), tier: s.low.ID, tenure: 1, state: subscription.Active}
	sales, err := s.service.Sales(ctx, s.Owner, s.Channel, "", "", "")
	s.must(err)
	if !s.can(Refund, by, func() error {
		charge := "none"
		if len(sales) > 0 {
			charge = sales[0].Charge
		}
		return s.Provider.Refund(ctx, subscription.Repayment{Charge: charge, Amount: s.low.Prices[0].Amount, Key: "k"})
	}) {
		if len(sales) > 0 {
			s.Errorf("it cannot pay back what it sold: %+v", sales)
		}
		return
	}
	if len(sales) != 1 || sales[0].Total != s.low.Prices[0].Amount {
		s.Fatalf("sold %+v", sales)
	}
	s.deliver()
	inside.inside = false
	s.stands("paid back in full outside, and told", by, inside)
	for range 2 {
		s.must(s.Provider.Refund(ctx, subscription.Repayment{Charge: sales[0].Charge, Amount: s.low.Prices[0].Amount, Key: "k"}))
	}
	s.deliver()
	if is := s.sale(sales[0].Charge); is.Refunded != is.Total.Minor {
		s.Errorf("paid back once, it stands as %+v", is)
	}
	s.to(s.month(1))
	s.Renew(ref)
	s.deliver()
	inside.inside, inside.until, inside.tenure = true, s.month(2).Add(grace), 2
	s.stands("paid for again", by, inside)
	sales, err = s.service.Sales(ctx, s.Owner, s.Channel, "", "", "")
	s.must(err)
	_, err = s.service.Refund(ctx, s.Owner, s.Channel, s.Provider.Name(), sales[0].Charge, subscription.RefundWish{Amount: 100})
	s.must(err)
	s.stands("a part paid back", by, inside)
	_, err = s.service.Refund(ctx, s.Owner, s.Channel, s.Provider.Name(), sales[0].Charge, subscription.RefundWish{End: true})
	s.must(err)
	inside.inside, inside.state = false, subscription.Ended
	s.stands("the rest paid back, and ended", by, inside)
}

func (s *stage) sale(charge string) (sale subscription.Sale) {
	s.Helper()
	s.must(s.Place.Store.View(s.Context(), func(tx subscription.Tx) (err error) {
		sale, _, err = tx.SaleByCharge(s.Context(), s.Provider.Name(), charge)
		return err
	}))
	return sale
}

// comingBack lets the provider end what it sold, and its holder buy anew.
func comingBack(s *stage) {
	by := s.Person("Subscriber")
	ref := s.subscribe(by)
	s.Advance(5 * 24 * time.Hour)
	s.End(ref)
	s.deliver()
	over := right{tier: s.low.ID, tenure: 1, state: subscription.Ended}
	s.stands("ended there", by, over)
	s.to(s.month(1))
	s.stands("where the period would have ended", by, over)
	s.subscribe(by)
	s.stands("back again", by, right{inside: true, until: s.month(2).Add(grace), tier: s.low.ID, tenure: 2, state: subscription.Active})
}

// silence brings no event at all: what was paid is found by asking, and without
// any news the door closes by the clock.
func silence(s *stage) {
	by, ctx := s.Person("Subscriber"), s.Context()
	c := s.checkout(by)
	s.must(s.Pay(s.service, c))
	_, err := s.service.Progress(ctx, c.ID, subscription.CheckoutPending, "")
	s.must(err)
	s.Advance(time.Minute)
	s.must(s.service.Reconcile(ctx))
	inside := s.right(by)
	if !inside.inside {
		s.Fatalf("a payment whose event is lost opens nothing: %+v", inside)
	}
	events, err := s.Provider.EventsSince(ctx, s.Now())
	if s.must(err); len(events) > 0 {
		s.Errorf("made since now: %+v", events)
	}
	s.to(inside.until)
	if s.right(by).inside {
		s.Error("open without news")
	}
}

// checkouts are opened once however often they are asked for, and nobody pays one
// that has expired or was given up.
func checkouts(s *stage) {
	ctx := s.Context()
	by := s.Person("Buyer")
	c := s.checkout(by)
	order := subscription.Order{
		Checkout: c.ID, Purpose: subscription.ForSubscription, Plan: c.Plan, Quantity: 1, Account: by, Country: "FR", Title: "A place", Language: "en", Expires: c.Expires,
	}
	for range 2 {
		again, err := s.Provider.OpenCheckout(ctx, order)
		if s.must(err); again.Ref != c.Ref {
			s.Errorf("opened twice: %q and %q", again.Ref, c.Ref)
		}
	}
	if x, err := s.Provider.FetchCheckout(ctx, c.Ref); err != nil || x.Expired || x.Subscription != "" || x.Charge != nil {
		s.Errorf("an open one is %+v, %v", x, err)
	}
	for range 2 {
		s.must(s.Provider.ExpireCheckout(ctx, c.Ref))
	}
	s.unpayable("given up", by, c)

	by = s.Person("Sleeper")
	c = s.checkout(by)
	s.to(c.Expires.Add(time.Minute))
	s.unpayable("expired", by, c)
	if x, err := s.Provider.FetchCheckout(ctx, c.Ref); err != nil || !x.Expired {
		s.Errorf("an expired one is %+v, %v", x, err)
	}
	s.must(s.service.ReconcileCheckouts(ctx))
	if c, err := s.service.CheckoutByID(ctx, by, c.ID); err != nil || c.State != subscription.CheckoutExpired {
		s.Errorf("we have %+v, %v", c, err)
	}

	by = s.Person("Payer")
	c = s.checkout(by)
	s.must(s.Pay(s.service, c))
	s.refuses(s.Provider.ExpireCheckout(ctx, c.Ref), "checkout_paid")
	s.deliver()
	s.refuses(s.Provider.ExpireCheckout(ctx, c.Ref), "checkout_paid")
	if !s.right(by).inside {
		s.Error("who paid is outside")
	}
}

func (s *stage) unpayable(what string, by ident.Account, c subscription.Checkout) {
	s.Helper()
	if err := s.Pay(s.service, c); err == nil {
		s.Errorf("%s, and paid all the same", what)
	}
	s.deliver()
	if s.right(by).inside {
		s.Errorf("%s, and inside all the same", what)
	}
}

// gifts are one payment for a month of somebody else.
func gifts(s *stage) {
	ctx := s.Context()
	by, friend := s.Person("Giver"), s.Person("Friend")
	var c subscription.Checkout
	if !s.can(Give, friend, func() (err error) {
		c, err = s.service.OpenGift(ctx, by, s.Channel, subscription.GiftWish{Key: "k", Name: s.Name(friend), Months: 1, Country: "FR", Agreement: subscription.Agreement{OfAge: true}})
		return err
	}) {
		return
	}
	s.must(s.Pay(s.service, c))
	s.stands("paid, and nobody told yet", friend, right{})
	s.deliver()
	s.Advance(time.Second)
	s.stands("given a month", friend, right{inside: true, until: s.month(1), tenure: 1})
	s.stands("having given it", by, right{})
	sales, err := s.service.Sales(ctx, s.Owner, s.Channel, "", "", "")
	s.must(err)
	if len(sales) != 1 || sales[0].Kind != subscription.ChargeGift {
		s.Fatalf("sold %+v", sales)
	}
	_, err = s.service.Refund(ctx, s.Owner, s.Channel, s.Provider.Name(), sales[0].Charge, subscription.RefundWish{})
	s.must(err)
	s.stands("the gift paid back", friend, right{tenure: 1})
}

// unknown is asked about what does not exist.
func unknown(s *stage) {
	ctx, p := s.Context(), s.Provider
	_, err := p.FetchSubscription(ctx, "sub_nothing")
	s.missing("a subscription", err)
	_, err = p.FetchCheckout(ctx, "cs_nothing")
	s.missing("a checkout", err)
	s.missing("a checkout to give up", p.ExpireCheckout(ctx, "cs_nothing"))
	e := subscription.Event{Provider: p.Name(), ID: "evt_nothing", Kind: "changed", Object: "sub_nothing"}
	s.must(s.inbox.Receive(ctx, e))
	if _, err := s.inbox.Settle(ctx); err == nil {
		s.Error("an event about nothing was applied")
	}
	s.Advance(time.Hour)
	if n, err := s.inbox.Settle(ctx); err != nil || n != 0 {
		s.Errorf("an event about nothing is tried for ever: %d, %v", n, err)
	}
}

func (s *stage) missing(what string, err error) {
	s.Helper()
	if f := fault.Of(err); f == nil || f.Kind != fault.Missing {
		s.Errorf("%s that is not there: %v", what, err)
	}
}
