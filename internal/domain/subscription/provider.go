package subscription

import (
	"context"
	"time"

	"github.com/subspace-live/subspace/internal/domain/ident"
	"github.com/subspace-live/subspace/internal/domain/money"
)

// Provider charges people. Its methods may be slow and may fail; none is called
// inside a transaction. Every one may be repeated: doing again what is done
// already succeeds. What does not exist is a fault of the kind Missing; what a
// provider cannot do at all is a fault with the reason 'provider_cannot'.
type Provider interface {
	// Name is stored beside what the provider sold and never changes.
	Name() string

	// OpenCheckout is idempotent on the order's checkout.
	OpenCheckout(ctx context.Context, o Order) (Session, error)
	FetchCheckout(ctx context.Context, ref string) (Session, error)
	// ExpireCheckout returns nil only when nobody can pay the checkout any more.
	// One that is paid is a fault with the reason 'checkout_paid'.
	ExpireCheckout(ctx context.Context, ref string) error

	// FetchSubscription returns the object as it is at this moment.
	FetchSubscription(ctx context.Context, ref string) (Object, error)
	// CancelAtPeriodEnd stops further charges; a subscription that owes its
	// period already may end at once.
	CancelAtPeriodEnd(ctx context.Context, ref string) error
	// Pause stops charges until Resume; what is paid stays to its end.
	Pause(ctx context.Context, ref string) error
	// Resume takes back a cancellation or a pause. When the paid period is over
	// by then, the next one begins and is charged now: once, however many ask for it
	// at the same time.
	Resume(ctx context.Context, ref string) error
	// End ends it now. Nothing is charged any more, and nothing is paid back.
	End(ctx context.Context, ref string) error

	// PreviewChange says what ChangeNow would charge at this moment.
	PreviewChange(ctx context.Context, ref string, to Plan) (Proration, error)
	// ChangeNow charges the difference and changes the plan once it is paid. A
	// charge that fails leaves the old plan, with the reason 'card_declined'.
	// The key makes it happen once. ErrRefused says that nothing was charged.
	ChangeNow(ctx context.Context, ref string, to Plan, key string) error
	// ChangeAtPeriodEnd makes the next period one of another plan. The plan that
	// runs takes such a change back.
	ChangeAtPeriodEnd(ctx context.Context, ref string, to Plan) error

	// Refund pays a charge back, wholly or in part. The key makes it happen once.
	Refund(ctx context.Context, r Repayment) error

	// CardPage is where the buyer of a subscription changes the card; back is
	// where the page leads afterwards. Empty: there is no such page.
	CardPage(ctx context.Context, ref, back string) (url string, err error)

	// EventsSince lists the events made after since that may not have arrived.
	EventsSince(ctx context.Context, since time.Time) ([]Event, error)
}

// Resolver is a provider some of whose events name neither a subscription nor a
// checkout, but a thing of its own such as a charge. Whoever is about to refresh
// the object of such an event asks first what it belongs to. What Resolve knows
// already it returns as it is, at no cost.
type Resolver interface {
	// Resolve returns the subscription concerned, or CheckoutObject of a checkout;
	// empty when the object is of nothing that this server sold. It may be slow
	// and may fail, and is not called inside a transaction.
	Resolve(ctx context.Context, object string) (string, error)
}

// Interval is how long one payment lasts.
type Interval string

// The intervals that are sold.
const (
	Month Interval = "month"
	Year  Interval = "year"
)

// Months is how many months one interval counts for.
func (i Interval) Months() int {
	if i == Year {
		return 12
	}
	return 1
}

// Plan is what is charged every interval, and for which tier.
type Plan struct {
	Tier     ident.Tier
	Interval Interval
	Price    money.Amount // what the buyer sees and pays, tax included
}

// Purpose is what a checkout sells.
type Purpose string

// The purposes.
const (
	ForSubscription Purpose = "subscription"
	ForGift         Purpose = "gift" // one payment for months of other people
)

// Order is what a provider is asked to charge.
type Order struct {
	Checkout ident.Checkout // what all that comes of it must carry back
	Purpose  Purpose
	Plan     Plan
	Quantity int           // subscriptions given; 1 unless it is a gift
	Trial    time.Duration // charged only after this; 0 for none
	Account  ident.Account // the buyer, under whom the provider remembers a card
	Country  string        // ISO 3166-1 alpha-2, as the buyer said; empty when unknown
	Title    string        // of the channel and its tier, for the provider's page and receipt
	Language string        // 'en' or 'fr'
	Back     string        // absolute address of the page to return to; empty when there is none
	Expires  time.Time     // after this moment the provider must take no money for it
}

// Session is a checkout as its provider knows it.
type Session struct {
	Ref          string
	URL          string    // the provider's own page to pay at; empty: the till is here
	Subscription string    // what it led to; empty until it is paid, and for gifts
	Charge       *Charge   // what was paid for a gift; nil until then
	RenewsAt     time.Time // when a payment of now would be followed by the next
	Expired      bool      // it cannot be paid any more
}

// Proration is what a change of plan costs today.
type Proration struct {
	Credit   money.Amount // for what is left of the old plan's period
	Due      money.Amount // charged now; never negative
	RenewsAt time.Time    // when the new plan's next period is charged
}

// Repayment is what Refund pays back.
type Repayment struct {
	Charge string
	Amount money.Amount
	Key    string
}

// Status is a provider's word about its subscription, in our terms.
type Status string

// The statuses. Everything an adapter has no certain word for is StatusUnknown.
const (
	StatusIncomplete Status = "incomplete" // nothing was paid yet, and perhaps never will be
	StatusTrialing   Status = "trialing"
	StatusActive     Status = "active"
	StatusPastDue    Status = "past_due" // the provider still tries to charge
	StatusEnded      Status = "ended"
	StatusUnknown    Status = "unknown" // unpaid, paused by the provider, or a word of tomorrow
)

// Object is the current state of one subscription at its provider.
type Object struct {
	Ref      string
	Checkout ident.Checkout // from our metadata; empty on objects that are not ours
	Status   Status
	Plan     Plan // what is paid for now; an upgrade counts once it is paid
	Next     Plan // what the next period will be, when it is another plan
	// CancelAtPeriodEnd says that no further period will be charged.
	CancelAtPeriodEnd bool
	Paused            bool // nothing is charged until it is resumed
	Started           time.Time
	TrialEnd          time.Time // zero when there was no trial
	// PeriodStart and PeriodEnd bound the last period that was paid, or the
	// trial. A provider that moves its own period before the money came must
	// give the older one.
	PeriodStart time.Time
	PeriodEnd   time.Time
	EndedAt     time.Time // zero while it runs
	Months      int       // paid for: twelve for each year
	Card        Card
	Charges     []Charge // those that were paid, oldest first; at least the last 100
}

// Card is what a provider tells of a card. The fingerprint is the same for the
// same card whoever shows it.
type Card struct {
	Brand       string
	Last4       string
	Fingerprint string
}

// ChargeKind is what one charge paid for.
type ChargeKind string

// The kinds of charge.
const (
	ChargePeriod ChargeKind = "period" // a month or year
	ChargeChange ChargeKind = "change" // the difference to a dearer plan
	ChargeGift   ChargeKind = "gift"
)

// Charge is money that a provider took from a buyer.
type Charge struct {
	Ref     string // holds no colon
	Kind    ChargeKind
	Plan    Plan // what it paid for
	Total   money.Amount
	Tax     Tax
	Fee     int64 // what the provider keeps, in the total's minor unit; 0 when it does not say
	At      time.Time
	Card    Card
	Refunds []Refund // oldest first
	Dispute Dispute
	// PeriodStart and PeriodEnd bound what a ChargePeriod paid for.
	PeriodStart time.Time
	PeriodEnd   time.Time
}

// Tax is what of a total belongs to a state.
type Tax struct {
	Minor   int64  // contained in the total
	Rate    int64  // in basis points; 0 when no single rate applies
	Country string // where the buyer is, ISO 3166-1 alpha-2; empty when unknown
	// Proof is a second sign of the country, such as that of the card (EU
	// 282/2011, article 24b); empty when there is none.
	Proof string
}

// Refund is money that went back to the buyer.
type Refund struct {
	Ref    string
	Amount int64 // in the charge's minor unit
	At     time.Time
}

// DisputeState is where a buyer's complaint at the bank stands.
type DisputeState string

// The states of a dispute. One that is open or lost took its money away.
const (
	DisputeNone DisputeState = ""
	DisputeOpen DisputeState = "open"
	DisputeWon  DisputeState = "won"
	DisputeLost DisputeState = "lost"
)

// Dispute is the buyer's complaint about one charge.
type Dispute struct {
	Ref    string
	State  DisputeState
	At     time.Time // when it was opened
	Closed time.Time // zero while it is open
}

// Refunded is how much of the charge went back.
func (c Charge) Refunded() int64 {
	var sum int64
	for _, r := range c.Refunds {
		sum += r.Amount
	}
	return sum
}

// TakenBack is when the whole charge stopped being ours: refunded in full, or
// disputed and not won. Zero while it is ours.
func (c Charge) TakenBack() time.Time {
	var last time.Time
	if n := len(c.Refunds); n > 0 {
		last = c.Refunds[n-1].At
	}
	return takenBack(c.Dispute, c.Total.Minor-c.Refunded(), last)
}

// takenBack is when a charge of which so much is left stopped being ours; last is
// when something went back, zero for never.
func takenBack(d Dispute, left int64, last time.Time) time.Time {
	var at time.Time
	if d.State == DisputeOpen || d.State == DisputeLost {
		at = d.At
	}
	if left <= 0 && !last.IsZero() && (at.IsZero() || last.Before(at)) {
		at = last
	}
	return at
}

// TakenBack is when the payment for the period that runs was taken back; zero
// while it stands. Payments for earlier periods are past, and a change's
// difference pays no period.
func (o Object) TakenBack() time.Time {
	for _, c := range o.Charges {
		if c.Kind == ChargePeriod && c.PeriodEnd.Equal(o.PeriodEnd) {
			if at := c.TakenBack(); !at.IsZero() {
				return at
			}
		}
	}
	return time.Time{}
}

// normal returns o with its times as the store keeps them, so that comparing
// what was read with what came sees no difference where there is none.
func (o Object) normal() Object {
	round(&o.Started, &o.TrialEnd, &o.PeriodStart, &o.PeriodEnd, &o.EndedAt)
	o.Charges = append([]Charge(nil), o.Charges...)
	for i := range o.Charges {
		o.Charges[i] = o.Charges[i].normal()
	}
	return o
}

func (c Charge) normal() Charge {
	round(&c.At, &c.PeriodStart, &c.PeriodEnd, &c.Dispute.At, &c.Dispute.Closed)
	c.Refunds = append([]Refund(nil), c.Refunds...)
	for i := range c.Refunds {
		round(&c.Refunds[i].At)
	}
	return c
}

func round(times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = time.UnixMilli(t.UnixMilli()).UTC()
		}
	}
}

// Event is a provider's hint that one of its objects changed. What it changed
// to is asked of the provider: the words of an event may be old.
type Event struct {
	Provider string
	ID       string
	Kind     string
	Object   string // the subscription concerned, or CheckoutObject of a checkout; empty when none is
	Terminal bool   // it can only take a right away, and goes before those that give one
}

// checkoutPrefix tells the objects of events about checkouts from subscriptions.
const checkoutPrefix = "checkout:"

// CheckoutObject names a provider's checkout as the object of an event.
func CheckoutObject(ref string) string { return checkoutPrefix + ref }
